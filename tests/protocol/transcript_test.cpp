// SPDX-License-Identifier: MIT
//
// The transcripts of docs/protocol.md, played against a hub. Whatever is random in them (ids,
// epochs) stands for itself: the first time it is seen it is learned, and from then on it has to
// be the same.

#include <pumphouse/protocol/room_protocol.hpp>

#include "protocol/specification.hpp"
#include "protocol/test_server.hpp"
#include "support/catch.hpp"

#include <array>
#include <memory>

using namespace pumphouse::protocol;
using namespace support;

namespace {

struct Stage : RoomProtocol<Stage> {
    using clock = SteadyClock;
    using wall_clock = WallClock;
    static constexpr std::array room_kinds{
        pumphouse::RoomKind{"kept/", speaking({.history_messages = 100})}};

    void on_client(auto& hub, pumphouse::ClientId client) { hub.identify(client, who); }

    std::string who;  // is connecting
};

class Player {
public:
    void play(std::string const& line) {
        INFO(line);
        auto const space = line.find(' ');
        std::string const who = line.substr(0, space);
        std::string const what = line.substr(space + 1);
        if (line == "the server says goodbye") return goodbye();
        if (line == "the server restarts") return restart();
        if (line == "100 ms pass") return server_->pass(std::chrono::milliseconds{100});
        if (what == "connects") return connect(who);
        if (what == "is lost") return server_->vanish(who);
        if (what.starts_with("is closed with ")) {
            auto const code = server_->people.at(who)->closed();
            REQUIRE(code);
            CHECK(std::to_string(static_cast<int>(*code)) == what.substr(15));
            server_->people.erase(who);
            return;
        }
        REQUIRE(what.size() > 2);
        if (what.front() == '>') return server_->say(who, translated(what.substr(2)));
        REQUIRE(what.front() == '<');
        auto& queue = heard_[who];
        for (auto& each : server_->hear_all(who)) queue.push_back(std::move(each));
        REQUIRE_FALSE(queue.empty());
        compare(queue.front(), what.substr(2));
        queue.erase(queue.begin());
    }

    /// Nobody has heard anything that the transcript does not have.
    void end() {
        for (auto const& [name, peer] : server_->people) server_->hear_nothing(name);
        for (auto const& [name, queue] : heard_) {
            INFO(name);
            CHECK(queue.empty());
        }
    }

private:
    void connect(std::string const& who) {
        server_->hub.policy().who = who;
        heard_[who].push_back(server_->connect(who));
    }

    void goodbye() {
        server_->hub.shutdown();
        server_->settle();
    }
    void restart() { server_ = std::make_unique<TestServer<Stage>>(); }

    static bool is_random(std::string_view text, std::size_t at) {
        if (at + 18 > text.size() || text[at] != '"' || text[at + 17] != '"') return false;
        auto const digits = text.substr(at + 1, 16);
        return digits.find_first_not_of("0123456789abcdef") == digits.npos;
    }

    void compare(std::string const& heard, std::string const& expected) {
        INFO("heard: " << heard);
        REQUIRE(heard.size() == expected.size());
        for (std::size_t at = 0; at < expected.size(); ++at) {
            if (!is_random(expected, at) || !is_random(heard, at)) {
                if (heard[at] != expected[at]) CHECK(heard.substr(at) == expected.substr(at));
                continue;
            }
            auto const& known = real_.try_emplace(expected.substr(at + 1, 16),
                                                  heard.substr(at + 1, 16)).first->second;
            CHECK(known == heard.substr(at + 1, 16));
            at += 17;
        }
    }

    std::string translated(std::string text) const {
        for (std::size_t at = 0; at < text.size(); ++at) {
            if (!is_random(text, at)) continue;
            auto const known = real_.find(text.substr(at + 1, 16));
            if (known != real_.end()) text.replace(at + 1, 16, known->second);
            at += 17;
        }
        return text;
    }

    std::unique_ptr<TestServer<Stage>> server_ = std::make_unique<TestServer<Stage>>();
    std::map<std::string, std::vector<std::string>> heard_;
    std::map<std::string, std::string> real_;  // by what the page has
};

}  // namespace

TEST_CASE("every transcript of the specification happens as it is written") {
    auto const transcripts = examples("transcript");
    REQUIRE(transcripts.size() == 3);
    for (auto const& transcript : transcripts) {
        INFO(transcript.heading);
        Player player;
        for (auto const& line : transcript.lines) player.play(line);
        player.end();
    }
}
