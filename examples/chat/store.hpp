// SPDX-License-Identifier: MIT
// Store: the chat's memory, one SQLite file. A saved message is there after the process dies; the
// last ones may be lost if the machine does (WAL with synchronous = NORMAL: one write and no disk
// flush per message). Errors are values with the code "storage_failed" and SQLite's own words.
// A Store belongs to one thread at a time and blocks it for the time of a write.
#pragma once

#include "result.hpp"
#include "saved_message.hpp"

#include <pumphouse/message/timestamp.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace chat {

class Store {
public:
    // Opens the file, or makes it with its schema. ":memory:" is a store that nobody sees again.
    static Result<Store> open(const std::string& path);

    // The answer is the message as it was saved, with its id and time.
    Result<SavedMessage> save(std::string_view room, std::string_view user, std::string_view text,
                              pumphouse::Timestamp now);

    // The newest messages of the room, at most `limit`, the oldest of them first.
    Result<std::vector<SavedMessage>> last(std::string_view room, int limit);

private:
    struct CloseDatabase {
        void operator()(sqlite3* database) const;
    };
    struct FinalizeStatement {
        void operator()(sqlite3_stmt* statement) const;
    };
    using Statement = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

    explicit Store(std::string path) : path_{std::move(path)} {}

    bool execute(const char* sql);
    bool prepare(Statement& statement, const char* sql);
    Error failure(std::string_view doing) const;

    std::string path_;
    std::unique_ptr<sqlite3, CloseDatabase> database_;  // declared first: outlives its statements
    Statement insert_;
    Statement select_;
};

}  // namespace chat
