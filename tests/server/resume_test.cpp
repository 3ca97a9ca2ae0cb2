// SPDX-License-Identifier: MIT
//
// Coming back over real sockets (core rule 10): whoever drops at random gets exactly what it
// missed, or is told that it is not recovered; a long replay over a slow link arrives whole.

#include "server/served.hpp"

#include <cstdio>
#include <memory>
#include <semaphore>
#include <string>

#include <pumphouse/testing/simulation/random.hpp>

using namespace served;
using pumphouse::simulation::Random;

namespace {

constexpr std::uint64_t seed = 20'260'417;
constexpr std::uint64_t kept = 64;    // messages that a room "kept" has
constexpr int whole_history = 300;    // and a room "deep"

// Every message begins with its offset, in 20 characters, and a bar.
void write_offset(Position at, char* out) noexcept {
    char digits[21];
    std::snprintf(digits, sizeof digits, "%20llu", static_cast<unsigned long long>(at.offset));
    std::copy(digits, digits + 20, out);
    out[20] = '|';
}

// "now ROOM", "history ROOM" and "after EPOCH OFFSET ROOM" join; the answer is "joined RECOVERED
// EPOCH OFFSET REPLAYED", before anything of the room.
struct Resuming : DefaultPolicy {
    static constexpr Envelope place{21, &write_offset};
    static constexpr std::array room_kinds{
        RoomKind{"kept", {.history_messages = kept, .envelope = place}},
        RoomKind{"deep", {.history_messages = whole_history, .envelope = place}}};

    void on_message(auto& hub, ClientId client, Message message) {
        std::string const text{message.payload};
        unsigned long long epoch = 0, offset = 0;
        Since since = text.starts_with("history ") ? from_history : from_now;
        if (std::sscanf(text.c_str(), "after %llu %llu", &epoch, &offset) == 2) {
            since = after({epoch, offset});
        }
        hub.join(client, std::string_view{text}.substr(text.rfind(' ') + 1), since);
    }
    void on_joined(auto& hub, ClientId client, std::string_view, Joined const& joined) {
        hub.send(client, text("joined " + std::to_string(joined.recovered) + " " +
                              std::to_string(joined.position.epoch) + " " +
                              std::to_string(joined.position.offset) + " " +
                              std::to_string(joined.replayed)));
    }
};

struct Answer {
    int recovered = -1;
    Position position;
    std::uint64_t replayed = 0;
};

// A client that remembers where it was. What it hears is checked one by one.
class Traveller {
public:
    Traveller(std::uint16_t port, std::string room) : port_{port}, room_{std::move(room)} {}

    bool is_here() const { return connection_ != nullptr; }
    bool has_been_here() const { return has_been_here_; }
    std::uint64_t last() const { return last_.offset; }
    void drop() { connection_.reset(); }

    void ask_to_return() {
        connection_ = std::make_unique<peer::Connection>(port_);
        REQUIRE(connection_->upgrade("/ws").starts_with("HTTP/1.1 101 "));
        connection_->say(has_been_here_ ? "after " + std::to_string(last_.epoch) + " " +
                                              std::to_string(last_.offset) + " " + room_
                                        : "now " + room_);
    }

    Answer come_back() {
        ask_to_return();
        Answer answer;
        unsigned long long epoch = 0, offset = 0, replayed = 0;
        std::string const said = connection_->hear();
        INFO("heard: " << said);
        REQUIRE(std::sscanf(said.c_str(), "joined %d %llu %llu %llu", &answer.recovered, &epoch,
                            &offset, &replayed) == 4);
        answer.position = {epoch, offset};
        answer.replayed = replayed;
        // Recovered: from where it was. Else from what is new now; the rest is lost, and said so.
        if (answer.recovered == 0) last_ = answer.position;
        REQUIRE(answer.position.epoch == last_.epoch);
        has_been_here_ = true;
        return answer;
    }

    // The next one, which must be the next one. False: the connection was closed instead.
    bool hear_next() {
        auto const frame = connection_->receive_frame();
        if (frame.opcode() != static_cast<int>(Opcode::text)) return false;
        std::string const expected = std::to_string(last_.offset + 1);
        REQUIRE(frame.payload.size() > 21);
        CHECK(frame.payload.substr(21) == expected);
        CHECK(std::stoull(frame.payload) == last_.offset + 1);
        ++last_.offset;
        return true;
    }
    void hear_until(std::uint64_t offset) {
        while (last_.offset < offset) REQUIRE(hear_next());
    }

private:
    std::uint16_t port_;
    std::string room_;
    std::unique_ptr<peer::Connection> connection_;
    Position last_;
    bool has_been_here_ = false;
};

HubOptions with_shards(std::size_t shards) {
    HubOptions options;
    options.shards = shards;
    return options;
}

void publish(Hub<Resuming>& hub, std::string_view room, std::uint64_t number) {
    while (hub.broadcast(room, text(std::to_string(number))) == Accepted::full) {
        std::this_thread::yield();
    }
}

}  // namespace

TEST_CASE("who drops at random and comes back gets exactly what was missed, or is told no") {
    for (std::size_t const shards : {1U, 3U}) {
        Server<Resuming> site{{}, {}, with_shards(shards)};
        site.run(static_cast<int>(shards));
        Random random = Random::sub(seed, shards);
        std::vector<Traveller> travellers;
        for (int i = 0; i < 8; ++i) travellers.emplace_back(site.port(), "kept-1");
        travellers.front().come_back();  // from here on there is a room
        std::uint64_t published = 0;
        int recoveries = 0, refusals = 0;
        for (int step = 0; step < 600; ++step) {
            INFO(shards << " shards, step " << step);
            Traveller& one = travellers[random.below(travellers.size())];
            if (random.one_in(3)) {
                for (auto count = random.between(1, 12); count-- != 0;) {
                    publish(site.hub, "kept-1", ++published);
                }
            } else if (one.is_here()) {
                // It drops with none, some or all of it heard.
                if (!random.one_in(4)) one.hear_until(random.between(one.last(), published));
                if (random.one_in(2)) one.drop();
            } else if (one.has_been_here() && random.one_in(8)) {
                one.ask_to_return();
                one.drop();  // before the answer
            } else {
                bool const is_first = !one.has_been_here();
                std::uint64_t const missed = published - one.last();
                Answer const answer = one.come_back();
                CHECK(answer.position.offset == published);
                if (is_first) continue;
                // Who has missed nothing, or as much as is kept, is recovered: no more, no less.
                CHECK(answer.recovered == (missed <= kept));
                CHECK(answer.replayed == (missed <= kept ? missed : 0));
                ++(answer.recovered != 0 ? recoveries : refusals);
            }
        }
        for (auto& each : travellers) {
            if (!each.is_here()) each.come_back();
            each.hear_until(published);
        }
        CHECK(recoveries > 20);
        CHECK(refusals > 5);
    }
}

TEST_CASE("who drops while another thread publishes has neither a gap nor a duplicate") {
    constexpr std::uint64_t all = 3000;
    for (std::size_t const shards : {1U, 3U}) {
        Server<Resuming> site{{}, {}, with_shards(shards)};
        site.run(static_cast<int>(shards));
        Random random = Random::sub(seed, 10 + shards);
        std::vector<Traveller> travellers;
        for (int i = 0; i < 5; ++i) travellers.emplace_back(site.port(), "kept-2");
        for (auto& each : travellers) each.come_back();

        // It publishes as much as it was allowed to, at whatever moment it gets to.
        std::counting_semaphore<> allowed{0};
        std::uint64_t permits = 0;
        std::jthread const publisher{[&] {
            for (std::uint64_t number = 1; number <= all; ++number) {
                allowed.acquire();
                publish(site.hub, "kept-2", number);
            }
        }};
        auto const permit = [&](std::uint64_t more) {
            more = std::min(more, all - permits);
            permits += more;
            allowed.release(static_cast<std::ptrdiff_t>(more));
        };
        int recoveries = 0;
        while (permits < all) {
            Traveller& one = travellers[random.below(travellers.size())];
            permit(random.between(1, 20));
            if (!one.is_here()) recoveries += one.come_back().recovered;
            permit(random.between(1, 20));
            if (random.one_in(2)) one.hear_until(random.between(one.last(), permits));
            if (random.one_in(2)) one.drop();
        }
        for (auto& each : travellers) {
            if (!each.is_here()) recoveries += each.come_back().recovered;
            each.hear_until(all);
        }
        INFO(shards << " shards");
        CHECK(recoveries > 10);
    }
}

TEST_CASE("300 messages of 4 KiB are replayed whole over a slow link, and what is new follows") {
    Server<Resuming> site;
    site.run();
    std::string const filler(4096 - 4, 'x');
    auto const message = [&](int number) { return std::to_string(1000 + number) + filler; };
    peer::Connection first{site.port()};
    first.upgrade("/ws");
    first.say("now deep");
    CHECK(first.hear().starts_with("joined "));
    for (int i = 1; i <= whole_history; ++i) {
        REQUIRE(site.hub.broadcast("deep", text(message(i))) == Accepted::accepted);
        CHECK(first.hear().substr(21) == message(i));
    }

    peer::Connection slow{site.port(), "2048"};
    slow.upgrade("/ws");
    slow.say("history deep");
    // The replay does not fit: the hub has to wait for this reader, again and again.
    REQUIRE(peer::eventually([&] { return site.hub.stats().shards.stalled_clients == 1; }));
    for (int i = 1; i <= 20; ++i) {
        REQUIRE(site.hub.broadcast("deep", text(message(whole_history + i))) ==
                Accepted::accepted);
    }
    CHECK(slow.hear().starts_with("joined 0 "));
    for (int i = 1; i <= whole_history + 20; ++i) {
        std::string const heard = slow.hear();
        REQUIRE(heard.size() == 21 + 4096);
        CHECK(std::stoi(heard) == i);
        REQUIRE(heard.substr(21) == message(i));
    }
}
