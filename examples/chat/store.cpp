// SPDX-License-Identifier: MIT
// The store over SQLite's C interface (https://www.sqlite.org/cintro.html).
#include "store.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <utility>

namespace chat {

namespace {

constexpr const char* schema = R"sql(
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    CREATE TABLE IF NOT EXISTS messages (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        room TEXT NOT NULL,
        name TEXT NOT NULL,
        text TEXT NOT NULL,
        timestamp TEXT NOT NULL
    );
    CREATE INDEX IF NOT EXISTS messages_by_room ON messages (room, id);
)sql";

constexpr const char* insert_sql =
    "INSERT INTO messages (room, name, text, timestamp) VALUES (?1, ?2, ?3, ?4)";
constexpr const char* select_sql =
    "SELECT id, name, text, timestamp FROM messages WHERE room = ?1 "
    "ORDER BY id DESC LIMIT ?2";

// One use of a prepared statement: binds, steps, and leaves it clean for the next use.
class Run {
public:
    explicit Run(sqlite3_stmt* statement) : statement_{statement} {}
    ~Run() {
        sqlite3_reset(statement_);
        sqlite3_clear_bindings(statement_);
    }
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;

    // The text must live as long as this run. A null pointer would be bound as NULL, not as "".
    void bind(int place, std::string_view text) {
        const char* data = text.empty() ? "" : text.data();
        sqlite3_bind_text64(statement_, place, data, text.size(), SQLITE_STATIC, SQLITE_UTF8);
    }
    void bind(int place, int number) { sqlite3_bind_int(statement_, place, number); }

    int step() { return sqlite3_step(statement_); }

    std::string text(int column) const {
        const auto* data = sqlite3_column_text(statement_, column);
        const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
        return data ? std::string{reinterpret_cast<const char*>(data), size} : std::string{};
    }
    std::int64_t number(int column) const { return sqlite3_column_int64(statement_, column); }

private:
    sqlite3_stmt* statement_;
};

}  // namespace

void Store::CloseDatabase::operator()(sqlite3* database) const { sqlite3_close(database); }

void Store::FinalizeStatement::operator()(sqlite3_stmt* statement) const {
    sqlite3_finalize(statement);
}

Result<Store> Store::open(const std::string& path) {
    Store store{path};
    sqlite3* database = nullptr;
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    const int opened = sqlite3_open_v2(path.c_str(), &database, flags, nullptr);
    store.database_.reset(database);  // there to be closed, and to say why, after a failure too
    if (opened != SQLITE_OK) return store.failure("opened");
    sqlite3_busy_timeout(database, 1000);  // ms to wait for another process that writes
    // The schema first: statements are prepared against its table.
    const bool ready = store.execute(schema) && store.prepare(store.insert_, insert_sql) &&
                       store.prepare(store.select_, select_sql);
    if (!ready) return store.failure("opened");
    return store;
}

Result<SavedMessage> Store::save(std::string_view room, std::string_view user,
                                 std::string_view text, pumphouse::Timestamp now) {
    SavedMessage saved{0, std::string{user}, std::string{text}, pumphouse::to_text(now)};
    Run run{insert_.get()};
    run.bind(1, room);
    run.bind(2, saved.user);
    run.bind(3, saved.text);
    run.bind(4, saved.timestamp);
    if (run.step() != SQLITE_DONE) return failure("written");
    saved.id = sqlite3_last_insert_rowid(database_.get());
    return saved;
}

Result<std::vector<SavedMessage>> Store::last(std::string_view room, int limit) {
    Run run{select_.get()};
    run.bind(1, room);
    run.bind(2, std::max(limit, 0));  // SQLite takes a negative limit for none
    std::vector<SavedMessage> messages;
    int step = run.step();
    for (; step == SQLITE_ROW; step = run.step()) {
        messages.push_back({run.number(0), run.text(1), run.text(2), run.text(3)});
    }
    if (step != SQLITE_DONE) return failure("read");
    std::ranges::reverse(messages);
    return messages;
}

bool Store::execute(const char* sql) {
    return sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr) == SQLITE_OK;
}

bool Store::prepare(Statement& statement, const char* sql) {
    sqlite3_stmt* prepared = nullptr;
    const auto flags = SQLITE_PREPARE_PERSISTENT;
    const int result = sqlite3_prepare_v3(database_.get(), sql, -1, flags, &prepared, nullptr);
    statement.reset(prepared);
    return result == SQLITE_OK;
}

Error Store::failure(std::string_view doing) const {
    std::string message = "The database \"" + path_ + "\" could not be ";
    message.append(doing).append(": ").append(sqlite3_errmsg(database_.get())).append(".");
    return {"storage_failed", std::move(message)};
}

}  // namespace chat
