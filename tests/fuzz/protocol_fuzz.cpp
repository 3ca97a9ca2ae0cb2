// SPDX-License-Identifier: MIT
//
// Fuzzes the room protocol. Each line of the input is a frame that one client sends to a hub, where
// another listens. Whatever the frames are: nothing crashes, the hub answers with JSON, what is
// passed on is passed on unchanged, and nothing that is heard has another sender than the one that
// the server knows.

#include <pumphouse/client/memory_peer.hpp>
#include <pumphouse/protocol.hpp>

#include <rapidjson/document.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/expect.hpp"

namespace {

using namespace pumphouse::protocol;

struct Clock {
    static pumphouse::Time now() noexcept { return pumphouse::Time{std::chrono::seconds{1}}; }
};

struct Host : RoomProtocol<Host> {
    using clock = Clock;
    static constexpr bool allows_broadcast_to_all = true;
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
        drain();
    }

    void send(std::string_view frame) {
        sender_.send(pumphouse::text(frame));
        settle();
        drain();
    }

    bool is_over() { return sender_.closed().has_value(); }

private:
    void settle() {
        while (hub_.poll().more) {
        }
    }

    void drain() {
        while (auto const heard = sender_.receive()) parsed(heard->payload);
        while (auto const heard = listener_.receive()) {
            auto const message = parsed(heard->payload);
            if (message.HasMember("from")) EXPECT(message["from"].GetString() == from_);
            std::string_view const type = message["type"].GetString();
            bool const is_known = type == "broadcast" || type == "room_message" ||
                                  type == "room_joined" || type == "user_joined_room" ||
                                  type == "user_left_room" || type == "private_message";
            EXPECT(is_known);
            if (type == "broadcast" || type == "room_message") EXPECT(message.HasMember("from"));
        }
    }

    pumphouse::Hub<Host> hub_;
    pumphouse::MemoryPeer sender_;
    pumphouse::MemoryPeer listener_;
    std::string from_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string_view input{reinterpret_cast<char const*>(data), size};
    World world;
    while (!input.empty() && !world.is_over()) {
        auto const end = input.find('\n');
        world.send(input.substr(0, end));
        input.remove_prefix(end == input.npos ? input.size() : end + 1);
    }
    return 0;
}
