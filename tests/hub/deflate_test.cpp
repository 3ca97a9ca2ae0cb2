// SPDX-License-Identifier: MIT
//
// Compressed messages in a hub (core rule 4): compressed once, by whoever sends them, and only
// where somebody takes them so; every client gets what was sent.
#include <pumphouse/transport/deflate/deflate_format.hpp>

#include <atomic>
#include <string>
#include <vector>

#include "support/deflated.hpp"
#include "support/test_hub.hpp"

using namespace pumphouse;
using namespace support;

namespace {

std::atomic<int> compressions{0};

std::string_view count_and_compress(std::string_view payload) noexcept {
    ++compressions;
    return deflate_format.compress(payload);
}

WireFormat const counting_format = [] {
    WireFormat format = deflate_format;
    format.compress = &count_and_compress;
    return format;
}();

struct Bytes {
    std::string all;
    std::size_t most_at_once = ~std::size_t{0};  // then it says blocked
    bool is_open = true;
    Readiness readiness;

    std::vector<SentMessage> messages() const { return sent_messages(all); }
    std::vector<std::string> payloads() const {
        std::vector<std::string> payloads;
        for (auto const& each : messages()) payloads.push_back(each.payload);
        return payloads;
    }
};

class BytesTransport {
public:
    BytesTransport(Bytes& bytes, WireFormat const& format) noexcept
        : bytes_{bytes}, format_{format} {}
    WireFormat const& wire_format() const noexcept { return format_; }
    bool attach(Readiness readiness) {
        bytes_.readiness = std::move(readiness);
        return true;
    }
    ReadResult read(Receiver&) {
        return bytes_.is_open ? ReadResult::drained : ReadResult::ended;
    }
    WriteResult write(std::span<ConstBuffer const> buffers) noexcept {
        WriteResult result;
        for (auto const& each : buffers) {
            std::size_t const take = std::min(each.bytes, bytes_.most_at_once - result.taken);
            bytes_.all.append(reinterpret_cast<char const*>(each.data), take);
            result.taken += take;
            result.blocked |= take != each.bytes;
        }
        return result;
    }
    void close(CloseHow) noexcept { bytes_.readiness = {}; }

private:
    Bytes& bytes_;
    WireFormat const& format_;
};

struct Scene {
    explicit Scene(std::size_t shards = 1, HubOptions options = {}) {
        compressions = 0;
        options.shards = shards;
        hub = std::make_unique<TestHub>(options);
    }
    ~Scene() { hub.reset(); }  // while its wires are there

    Bytes& connect(std::vector<std::string> rooms, WireFormat const& format = counting_format) {
        Bytes& bytes = wires.emplace_back();
        auto client = std::make_unique<Client<BytesTransport>>(bytes, format);
        auto const answer = (*hub)->register_channel().push(std::move(client));
        REQUIRE(answer);
        ids.push_back(answer.id);
        hub->script.rooms[answer.id.value()] = std::move(rooms);
        return bytes;
    }

    std::deque<Bytes> wires;
    std::vector<ClientId> ids;
    std::unique_ptr<TestHub> hub;
};

std::string words(std::size_t bytes, int which = 0) {
    std::string out;
    for (int i = which; out.size() < bytes; ++i) out += "word " + std::to_string(i % 100) + ' ';
    out.resize(bytes);
    return out;
}

std::uint64_t frames_made(TestHub& hub) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < hub->shard_count(); ++i) sum += hub->shard(i).logs().frames_made;
    return sum;
}

}  // namespace

TEST_CASE("deflate: a message is compressed once and framed once per lane, on one to four shards") {
    for (std::size_t shards = 1; shards <= 4; ++shards) {
        Scene scene{shards};
        TestHub& hub = *scene.hub;
        for (int i = 0; i < 24; ++i) {
            scene.connect({"lobby"}, i % 2 == 0 ? counting_format : websocket_format);
        }
        hub.settle();
        auto before = frames_made(hub);
        for (int i = 0; i < 5; ++i) hub.broadcast("lobby", words(2000, i));
        CHECK(compressions == 5);  // in the calls, before any shard has had a turn
        hub.settle();
        REQUIRE(hub->broadcast_all(text(words(3000))) == Accepted::accepted);
        hub.settle();
        CHECK(compressions == 6);
        CHECK(frames_made(hub) - before == 12);
        before = frames_made(hub);
        for (std::size_t shard = 0; shard < shards; ++shard) {
            hub.local(shard).broadcast("lobby", text(words(4000)));
        }
        hub.settle();
        CHECK(compressions == static_cast<int>(6 + shards));
        CHECK(frames_made(hub) - before == 2 * shards);
        std::vector<std::string> expected;
        for (int i = 0; i < 5; ++i) expected.push_back(words(2000, i));
        expected.push_back(words(3000));
        for (std::size_t i = 0; i < shards; ++i) expected.push_back(words(4000));
        for (std::size_t i = 0; i < scene.wires.size(); ++i) {
            CHECK(scene.wires[i].payloads() == expected);
            for (auto const& each : scene.wires[i].messages()) {
                CHECK(each.is_compressed == (i % 2 == 0));
            }
        }
    }
}

TEST_CASE("deflate: nobody compresses while nobody takes it so") {
    Scene scene{2};
    Bytes& plain = scene.connect({"lobby"}, websocket_format);
    scene.hub->settle();
    scene.hub->broadcast("lobby", words(2000));
    scene.hub->settle();
    CHECK(compressions == 0);

    Bytes& other = scene.connect({"elsewhere"});
    scene.hub->settle();
    ClientId const id = scene.ids.back();
    scene.hub->local(std::size_t{0}).broadcast("nowhere", text(words(2000)));
    scene.hub->settle();
    other.is_open = false;
    other.readiness.readable();
    scene.hub->settle();
    CHECK(scene.hub->script.closed_reason(id) != nullptr);
    compressions = 0;
    scene.hub->broadcast("lobby", words(2000));
    scene.hub->settle();
    CHECK(compressions == 0);
    CHECK(plain.payloads() == std::vector<std::string>(2, words(2000)));
}

TEST_CASE("deflate: small and binary messages are left alone, unless a message says otherwise") {
    Scene scene;
    Bytes& wire = scene.connect({"lobby"});
    scene.hub->settle();
    auto const is_sent_compressed = [&](Message message) {
        wire.all.clear();
        REQUIRE((*scene.hub)->broadcast("lobby", message) == Accepted::accepted);
        scene.hub->settle();
        auto const sent = wire.messages();
        REQUIRE(sent.size() == 1);
        CHECK(sent[0].payload == message.payload);
        CHECK(sent[0].opcode == static_cast<int>(message.opcode));
        return sent[0].is_compressed;
    };
    std::string const large = words(1024);
    std::string const small = words(1023);
    CHECK(is_sent_compressed(text(large)));
    CHECK_FALSE(is_sent_compressed(text(small)));
    CHECK_FALSE(is_sent_compressed(binary(large)));
    CHECK_FALSE(is_sent_compressed(with(Compress::never, text(large))));
    CHECK(is_sent_compressed(with(Compress::always, text(small))));
    CHECK(is_sent_compressed(with(Compress::always, binary(large))));
    CHECK_FALSE(is_sent_compressed(with(Compress::always, text("x"))));  // it would not get smaller
    CHECK_FALSE(is_sent_compressed(text("")));
}

TEST_CASE("deflate: options say from what size on, and whether binary messages too") {
    HubOptions options;
    options.compress_from_bytes = 100;
    options.compress_binary = true;
    Scene scene{1, options};
    Bytes& wire = scene.connect({"lobby"});
    scene.hub->settle();
    REQUIRE((*scene.hub)->broadcast("lobby", binary(words(100))) == Accepted::accepted);
    scene.hub->settle();
    CHECK(wire.messages().at(0).is_compressed);

    options.compress_from_bytes = 0;
    Scene none{1, options};
    Bytes& plain = none.connect({"lobby"});
    none.hub->settle();
    none.hub->broadcast("lobby", words(5000));
    none.hub->settle();
    CHECK_FALSE(plain.messages().at(0).is_compressed);
}

TEST_CASE("deflate: envelope and compressed payload inflate to the whole, on one to four shards") {
    for (std::size_t shards = 1; shards <= 4; ++shards) {
        Scene scene{shards};
        for (int i = 0; i < 8; ++i) scene.connect({"wrapped", "placed"});
        scene.hub->settle();
        for (int i = 0; i < 3; ++i) {
            scene.hub->broadcast("wrapped", words(2000, i));
            scene.hub->settle();  // between rooms no order is promised across shards
            scene.hub->broadcast("placed", words(200'000, i));
            scene.hub->settle();
        }
        CHECK(compressions == 6);
        auto const expected = scene.wires[0].payloads();
        REQUIRE(expected.size() == 6);
        for (std::size_t i = 0; i < 6; ++i) {
            std::string const text = words(i % 2 == 0 ? 2000 : 200'000, static_cast<int>(i / 2));
            CHECK(expected[i].substr(place_envelope.bytes) == text);
            CHECK(expected[i][place_envelope.bytes - 1] == '|');
        }
        for (Bytes const& each : scene.wires) {
            CHECK(each.payloads() == expected);
            for (auto const& message : each.messages()) CHECK(message.is_compressed);
        }
    }
}

TEST_CASE("deflate: the past comes as it is, what follows compressed") {
    for (std::size_t shards = 1; shards <= 3; ++shards) {
        Scene scene{shards};
        scene.connect({"kept"}, websocket_format);
        scene.hub->settle();
        for (int i = 0; i < 4; ++i) scene.hub->broadcast("kept", words(2000, i));
        scene.hub->settle();
        Bytes& late = scene.connect({});
        scene.hub->settle();
        ClientId const id = scene.ids.back();
        scene.hub->local(id).join(id, "kept", from_history);
        scene.hub->settle();
        scene.hub->broadcast("kept", words(2000, 4));
        scene.hub->settle();
        auto const got = late.messages();
        REQUIRE(got.size() == 5);
        for (std::size_t i = 0; i < 5; ++i) {
            CHECK(got[i].payload == words(2000, static_cast<int>(i)));
            CHECK(got[i].is_compressed == (i == 4));
        }
    }
}

TEST_CASE("deflate: values of keys are kept as they were sent") {
    for (std::size_t shards = 1; shards <= 3; ++shards) {
        Scene scene{shards};
        for (int i = 0; i < 4; ++i) scene.connect({"keyed"});
        scene.hub->settle();
        scene.hub->broadcast("keyed", words(2000, 1), keyed("a"));
        scene.hub->broadcast("keyed", words(2000, 2), keyed("b"));
        scene.hub->broadcast("keyed", words(2000, 3), keyed("a"));
        scene.hub->settle();
        Bytes& late = scene.connect({});
        scene.hub->settle();
        ClientId const id = scene.ids.back();
        scene.hub->local(id).join(id, "keyed", from_history);
        scene.hub->settle();
        CHECK(late.payloads() == std::vector<std::string>{words(2000, 2), words(2000, 3)});
    }
}

TEST_CASE("deflate: a direct message is compressed by whoever sends it, if its client takes it") {
    Scene scene;
    Bytes& wire = scene.connect({});
    Bytes& plain = scene.connect({}, websocket_format);
    scene.hub->settle();
    for (ClientId const each : scene.ids) {
        scene.hub->local(each).send(each, text(words(2000)));
        REQUIRE((*scene.hub)->send(each, text(words(2000, 1))) == Accepted::accepted);
        scene.hub->settle();
    }
    CHECK(compressions == 2);
    auto const sent = wire.messages();
    REQUIRE(sent.size() == 2);
    CHECK(sent[0].is_compressed);
    CHECK(sent[0].payload == words(2000));
    CHECK(sent[1].is_compressed);
    CHECK(sent[1].payload == words(2000, 1));
    CHECK(plain.payloads() == wire.payloads());
}

TEST_CASE("deflate: a direct message is compressed in the call, from a thread or another shard") {
    Scene scene{2};
    Bytes& wire = scene.connect({});
    scene.connect({}, websocket_format);
    scene.hub->settle();
    ClientId const compressing = scene.ids[0];
    ClientId const plain = scene.ids[1];
    auto& budget = (*scene.hub)->core()->budget;
    std::string const large = words(2000);
    auto const packed = static_cast<std::int64_t>(deflate_format.compress(large).size());
    REQUIRE((*scene.hub)->send(compressing, text(large)) == Accepted::accepted);
    CHECK(compressions == 1);
    CHECK(budget.bytes() == 2000 + packed);
    scene.hub->settle();
    REQUIRE((*scene.hub)->send(plain, text(large)) == Accepted::accepted);
    CHECK(compressions == 1);
    scene.hub->settle();
    for (std::size_t shard = 0; shard < 2; ++shard) {
        scene.hub->local(shard).send(compressing, text(large));
        CHECK(compressions == static_cast<int>(2 + shard));
        scene.hub->settle();
    }
    CHECK(budget.bytes() == 0);
    CHECK(wire.payloads() == std::vector<std::string>(3, large));
    for (auto const& each : wire.messages()) CHECK(each.is_compressed);
}

TEST_CASE("deflate: a notification is compressed in the call, once for all devices of a user") {
    for (std::size_t shards = 1; shards <= 3; ++shards) {
        Scene scene{shards};
        for (int i = 0; i < 3; ++i) scene.connect({});
        Bytes& plain = scene.connect({}, websocket_format);
        scene.hub->settle();
        for (ClientId const each : scene.ids) {
            REQUIRE(scene.hub->local(each).identify(each, "ada"));
            scene.hub->settle();
            if (each == scene.ids[1]) break;
        }
        std::size_t devices = 0;
        auto const count = [&](std::size_t found) { devices = found; };
        std::string const large = words(2000);
        REQUIRE((*scene.hub)->notify("ada", text(large), count) == Accepted::accepted);
        CHECK(compressions == 1);
        scene.hub->settle();
        CHECK(devices == 2);
        for (std::size_t i = 0; i < 2; ++i) {
            auto const got = scene.wires[i].messages();
            REQUIRE(got.size() == 1);
            CHECK(got[0].is_compressed);
            CHECK(got[0].payload == large);
        }
        CHECK(plain.all.empty());
        REQUIRE((*scene.hub)->notify("nobody", text(large), count) == Accepted::accepted);
        scene.hub->settle();
        CHECK(devices == 0);
        CHECK((*scene.hub)->core()->budget.bytes() == 0);
    }
}

TEST_CASE("deflate: what is compressed counts in the budget of the inbox until it has gone") {
    Scene scene{2};
    for (int i = 0; i < 4; ++i) scene.connect({"lobby"});
    scene.hub->settle();
    auto& budget = (*scene.hub)->core()->budget;
    CHECK(budget.bytes() == 0);
    std::string const text = words(10'000);
    auto const compressed = static_cast<std::int64_t>(deflate_format.compress(text).size());
    scene.hub->broadcast("lobby", text);
    CHECK(budget.bytes() == 10'000 + compressed);
    scene.hub->settle();
    CHECK(budget.bytes() == 0);
    CHECK(budget.messages() == 0);
}

TEST_CASE("deflate: a torn compressed frame goes on where it stopped") {
    Scene scene;
    Bytes& wire = scene.connect({"lobby"});
    scene.hub->settle();
    wire.most_at_once = 7;
    for (int i = 0; i < 5; ++i) scene.hub->broadcast("lobby", words(1500, i));
    scene.hub->settle();
    for (int i = 0; i < 5000 && wire.readiness; ++i) {
        wire.readiness.writable();
        scene.hub->settle();
    }
    CHECK(wire.payloads() == std::vector<std::string>{words(1500, 0), words(1500, 1),
                                                      words(1500, 2), words(1500, 3),
                                                      words(1500, 4)});
}
