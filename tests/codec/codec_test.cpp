// SPDX-License-Identifier: MIT
//
// codec/codec.hpp: values instead of bytes in hooks and verbs, and what happens to a message that
// is no value.
#include <charconv>
#include <vector>

#include <pumphouse/pumphouse.hpp>

#include "support/catch.hpp"

using namespace pumphouse;

namespace {

struct Bid {
    int price = 0;
};

struct BidCodec {
    using value_type = Bid;
    Opcode encode(Bid const& bid, std::string& out) const {
        out += "bid " + std::to_string(bid.price);
        return Opcode::binary;
    }
    Decoded<Bid> decode(Message message) const {
        Bid bid;
        auto const digits = message.payload.substr(0, 9);
        auto const [end, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), bid.price);
        if (error != std::errc{} || end != digits.data() + digits.size()) {
            return Decoded<Bid>::failure("a bid is a number");
        }
        return bid;
    }
};
static_assert(Codec<BidCodec>);
static_assert(Codec<RawCodec>);
static_assert(!Codec<Bid>);

struct Auction : DefaultPolicy {
    using codec = BidCodec;
    void on_open(auto& hub, ClientId client) { hub.join(client, "auction"); }
    void on_message(auto& hub, ClientId client, Bid const& bid) {
        bids->push_back(bid.price);
        hub.broadcast("auction", Bid{bid.price + 1}, except(client));
        hub.send(client, Bid{bid.price});
    }
    void on_close(auto&, ClientId, CloseReason const& reason) {
        *closed = reason.code;
        *why = reason.text;
    }
    std::vector<int>* bids = nullptr;
    CloseCode* closed = nullptr;
    std::string* why = nullptr;
};

struct Patient : Auction {
    void on_bad_message(LocalHub<Patient>& hub, ClientId client, std::string_view text) {
        hub.send(client, pumphouse::text(text));
    }
};

template <typename Policy>
struct Fixture {
    Fixture() {
        Policy policy;
        policy.bids = &bids;
        policy.closed = &closed;
        policy.why = &why;
        hub = std::make_unique<Hub<Policy>>(HubOptions{}, policy);
        for (auto* peer : {&one, &two}) {
            auto const answer = hub->register_channel().push(peer->connect());
            REQUIRE(answer);
        }
        run();
    }
    ~Fixture() { hub.reset(); }
    void run() {
        while (hub->poll().more) {
        }
    }
    std::vector<int> bids;
    CloseCode closed{};
    std::string why;
    MemoryPeer one;
    MemoryPeer two;
    std::unique_ptr<Hub<Policy>> hub;
};

}  // namespace

TEST_CASE("codec: hooks and verbs speak values, and messages are their encoding") {
    Fixture<Auction> fixture;
    fixture.one.send(text("41"));
    fixture.run();
    CHECK(fixture.bids == std::vector<int>{41});
    auto const to_two = fixture.two.receive();
    REQUIRE(to_two);
    CHECK(to_two->payload == "bid 42");
    CHECK(to_two->opcode == Opcode::binary);
    CHECK(fixture.one.receive()->payload == "bid 41");
    REQUIRE(fixture.hub->broadcast("auction", Bid{7}) == Accepted::accepted);
    fixture.run();
    CHECK(fixture.one.receive()->payload == "bid 7");
    REQUIRE(fixture.hub->broadcast("auction", text("as it is")) == Accepted::accepted);
    fixture.run();
    CHECK(fixture.one.receive()->payload == "as it is");
}

TEST_CASE("codec: a message that is no value closes with 3501 and says what was wrong") {
    Fixture<Auction> fixture;
    fixture.one.send(text("a lot"));
    fixture.run();
    CHECK(fixture.one.closed() == CloseCode::bad_request);
    fixture.run();
    CHECK(fixture.closed == CloseCode::bad_request);
    CHECK(fixture.why == "a bid is a number");
    CHECK(fixture.bids.empty());
    CHECK_FALSE(fixture.two.closed());
}

TEST_CASE("codec: on_bad_message decides instead, where the policy has it") {
    Fixture<Patient> fixture;
    fixture.one.send(text("a lot"));
    fixture.run();
    CHECK(fixture.one.receive()->payload == "a bid is a number");
    CHECK_FALSE(fixture.one.closed());
}

TEST_CASE("codec: the raw codec hands messages over as they are") {
    RawCodec const codec;
    std::string out;
    CHECK(codec.encode(binary("bytes"), out) == Opcode::binary);
    CHECK(out == "bytes");
    std::string_view const payload = "payload";
    CHECK(codec.decode(text(payload)).value->payload.data() == payload.data());
}
