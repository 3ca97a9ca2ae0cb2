// SPDX-License-Identifier: MIT
// The store: what is saved is kept whole and in order, and every failure is said.
#include "store.hpp"

#include "support/catch.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>

using namespace chat;

namespace {

// A folder of its own for each test, gone with it.
struct Folder {
    std::filesystem::path path;

    Folder() {
        std::string name = (std::filesystem::temp_directory_path() / "chat-store-XXXXXX").string();
        REQUIRE(mkdtemp(name.data()) != nullptr);
        path = name;
    }
    ~Folder() { std::filesystem::remove_all(path); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    std::string file(const char* name) const { return (path / name).string(); }
};

const pumphouse::Timestamp then{};

Store opened(const std::string& path) {
    auto store = Store::open(path);
    if (!store) FAIL(store.error().message);
    return std::move(*store);
}

}  // namespace

TEST_CASE("what is saved is answered as it is kept") {
    Store store = opened(":memory:");
    const pumphouse::Timestamp when =
        std::chrono::sys_days{std::chrono::January / 2 / 2026} + std::chrono::hours{3} +
        std::chrono::minutes{4} + std::chrono::milliseconds{5678};
    const auto saved = store.save("lobby", "Ada", "hi", when);
    REQUIRE(saved);
    CHECK(*saved == SavedMessage{1, "Ada", "hi", "2026-01-02T03:04:05.678Z"});
    const auto kept = store.last("lobby", 50);
    REQUIRE(kept);
    REQUIRE(kept->size() == 1);
    CHECK(kept->front() == *saved);
}

TEST_CASE("the last messages of a room come oldest first, and of that room alone") {
    Store store = opened(":memory:");
    for (int i = 1; i <= 6; ++i) {
        REQUIRE(store.save(i % 2 == 0 ? "even" : "odd", "Ada", std::to_string(i), then));
    }
    const auto last = store.last("even", 2);
    REQUIRE(last);
    REQUIRE(last->size() == 2);
    CHECK(last->at(0).text == "4");
    CHECK(last->at(1).text == "6");
    CHECK(store.last("even", 50)->size() == 3);
    CHECK(store.last("nowhere", 50)->empty());
    CHECK(store.last("even", 0)->empty());
    CHECK(store.last("even", -1)->empty());
}

TEST_CASE("text is data, never SQL, and keeps every byte") {
    Store store = opened(":memory:");
    const std::string text{"'); DROP TABLE messages; --\n\0z\xF0\x9F\x98\x80", 34};
    REQUIRE(store.save("'", "\"", text, then));
    REQUIRE(store.save("'", "", "", then));
    const auto last = store.last("'", 50);
    REQUIRE(last);
    REQUIRE(last->size() == 2);
    CHECK(last->at(0).text == text);
    CHECK(last->at(1).text.empty());
}

TEST_CASE("messages outlive the store, and ids go on") {
    const Folder folder;
    const std::string file = folder.file("chat.db");
    REQUIRE(opened(file).save("lobby", "Ada", "before", then));
    Store again = opened(file);
    const auto after = again.save("lobby", "Ada", "after", then);
    REQUIRE(after);
    CHECK(after->id == 2);
    CHECK(again.last("lobby", 50)->size() == 2);
}

TEST_CASE("a moved store goes on") {
    Store first = opened(":memory:");
    REQUIRE(first.save("lobby", "Ada", "one", then));
    Store second = std::move(first);
    REQUIRE(second.save("lobby", "Ada", "two", then));
    CHECK(second.last("lobby", 50)->size() == 2);
}

TEST_CASE("a path that cannot be opened is named with the reason") {
    const Folder folder;
    const std::string nowhere = folder.file("no/such/folder/chat.db");
    const auto missing = Store::open(nowhere);
    REQUIRE_FALSE(missing);
    CHECK(missing.error().code == "storage_failed");
    CHECK(missing.error().message ==
          "The database \"" + nowhere + "\" could not be opened: unable to open database file.");

    const std::string text = folder.file("notes.txt");
    std::ofstream{text} << std::string(4096, 'x');
    const auto foreign = Store::open(text);
    REQUIRE_FALSE(foreign);
    CHECK(foreign.error().message ==
          "The database \"" + text + "\" could not be opened: file is not a database.");
}

TEST_CASE("a message that cannot be saved is an error, and the store goes on after it") {
    const Folder folder;
    Store store = opened(folder.file("chat.db"));
    REQUIRE(store.save("lobby", "Ada", "one", then));

    // A disk without room, played by a limit on file sizes.
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    rlimit before{};
    REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
    rlimit tiny = before;
    tiny.rlim_cur = 4096;
    REQUIRE(setrlimit(RLIMIT_FSIZE, &tiny) == 0);
    const auto failed = store.save("lobby", "Ada", std::string(100'000, 'x'), then);
    REQUIRE(setrlimit(RLIMIT_FSIZE, &before) == 0);
    std::signal(SIGXFSZ, handler);

    REQUIRE_FALSE(failed);
    CHECK(failed.error().code == "storage_failed");
    CHECK(failed.error().message.find("could not be written") != std::string::npos);
    REQUIRE(store.save("lobby", "Ada", "two", then));
    CHECK(store.last("lobby", 50)->size() == 2);
}
