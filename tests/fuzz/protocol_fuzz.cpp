// SPDX-License-Identifier: MIT
//
// Fuzzes the room protocol. Each line of the input is a frame that one client sends to a hub, where
// another listens. Whatever the frames are: nothing crashes, the hub says nothing but JSON, what is
// no request is answered with its error and nothing else happens, what is passed on is passed on
// unchanged, and nothing that is heard has another sender than the one that the server knows.

#include <pumphouse/client/memory_peer.hpp>
#include <pumphouse/protocol.hpp>

#include <rapidjson/document.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "fuzz/expect.hpp"

namespace {

using namespace pumphouse::protocol;

struct Clock {
    static pumphouse::Time now() noexcept { return pumphouse::Time{std::chrono::seconds{1}}; }
};

struct WallClock {
    static Timestamp now() noexcept { return {}; }
};

struct Host : RoomProtocol<Host> {
    using clock = Clock;
    using wall_clock = WallClock;
    static constexpr bool allows_broadcast_to_all = true;

    // The same ids and epochs each time: what is found is found again.
    static std::uint64_t random() noexcept { return ++random_numbers; }
    inline static std::uint64_t random_numbers = 0;
};

rapidjson::Document parsed(std::string const& json) {
    rapidjson::Document document;
    document.Parse<rapidjson::kParseValidateEncodingFlag | rapidjson::kParseIterativeFlag>(
        json.data(), json.size());
    EXPECT(!document.HasParseError());
    EXPECT(document.IsObject());
    EXPECT(document.HasMember("type") && document["type"].IsString());
    return document;
}

class World {
public:
    World() {
        static_cast<void>(hub_.register_channel().push(sender_.connect()));
        static_cast<void>(hub_.register_channel().push(listener_.connect()));
        settle();
        from_ = parsed(sender_.receive()->payload)["id"].GetString();
        parsed(listener_.receive()->payload);
        listener_.send(pumphouse::text(R"({"type":"join_room","room":"lobby"})"));
        sender_.send(pumphouse::text(R"({"type":"join_room","room":"lobby"})"));
        settle();
        heard_by(sender_);
        heard_by(listener_);
    }

    void send(std::string_view frame) {
        auto const result = read(frame);
        sender_.send(pumphouse::text(frame));
        settle();
        auto const answers = heard_by(sender_);
        auto const passed_on = heard_by(listener_);
        if (is_over()) {  // the connection's own rule, below the protocol
            EXPECT(!pumphouse::is_utf8(frame) && passed_on.empty());
            return;
        }
        if (auto const* const error = std::get_if<Error>(&result)) {
            EXPECT(answers.size() == 1 && passed_on.empty());
            auto const answer = parsed(answers[0]);
            EXPECT(answer["type"] == "error");
            EXPECT(answer["code"].GetString() == error->code);
            return;
        }
        auto const& request = std::get<Request>(result);
        for (auto const& each : passed_on) check_passed_on(each, data_of(request));
        bool const is_speech = std::holds_alternative<RoomMessage>(request.body) ||
                               std::holds_alternative<Broadcast>(request.body) ||
                               std::holds_alternative<PrivateMessage>(request.body);
        EXPECT(is_speech || !answers.empty());
        EXPECT(!answers.empty() || !passed_on.empty());
        for (auto const& each : answers) check_stamp(parsed(each));
    }

    bool is_over() { return sender_.closed().has_value(); }

private:
    void settle() {
        while (hub_.poll().more) {
        }
    }

    static std::vector<std::string> heard_by(pumphouse::MemoryPeer& peer) {
        std::vector<std::string> all;
        while (auto heard = peer.receive()) all.push_back(std::move(heard->payload));
        return all;
    }

    static RawJson data_of(Request const& request) {
        return std::visit(
            [](auto const& body) -> RawJson {
                if constexpr (requires { body.data; }) return body.data;
                else return {};
            },
            request.body);
    }

    void check_stamp(rapidjson::Document const& message) const {
        if (message.HasMember("from")) EXPECT(message["from"].GetString() == from_);
        EXPECT(!message.HasMember("user"));
        if (!message.HasMember("timestamp")) return;
        EXPECT(message["timestamp"] == "1970-01-01T00:00:00.000Z");
    }

    void check_passed_on(std::string const& json, RawJson data) const {
        auto const message = parsed(json);
        check_stamp(message);
        std::string_view const type = message["type"].GetString();
        if (type == "user_joined_room" || type == "user_left_room") return;
        EXPECT(type == "broadcast" || type == "room_message" || type == "private_message");
        EXPECT(message.HasMember("from"));
        EXPECT(json.find("\"data\":" + std::string{data} + ",\"timestamp\":") != json.npos);
    }

    pumphouse::Hub<Host> hub_;
    pumphouse::MemoryPeer sender_;
    pumphouse::MemoryPeer listener_;
    std::string from_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string_view input{reinterpret_cast<char const*>(data), size};
    Host::random_numbers = 0;
    World world;
    while (!input.empty() && !world.is_over()) {
        auto const end = input.find('\n');
        world.send(input.substr(0, end));
        input.remove_prefix(end == input.npos ? input.size() : end + 1);
    }
    return 0;
}
