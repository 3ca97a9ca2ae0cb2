// SPDX-License-Identifier: MIT
//
// What an idle room of two members costs, at 100,000 rooms: at most 300 bytes of heap and its name.
// Its members and its places in the tables are counted in. With several shards, a room whose
// members live on different ones is there more than once. A program of its own, because it counts
// memory.
#include <array>
#include <chrono>
#include <cstdio>
#include <string>

#include <pumphouse/client/memory_peer.hpp>
#include <pumphouse/hub/hub.hpp>

#include "support/counted_memory.hpp"

namespace {

using namespace pumphouse;
using namespace std::chrono_literals;

constexpr std::size_t rooms = 100'000;

struct Pairs : DefaultPolicy {
    static constexpr std::array room_kinds{
        RoomKind{"paced/", {.flush_interval = 100ms}},
        RoomKind{"resumes/", {.envelope = {1, [](Position, char* out) noexcept { *out = ' '; }}}},
    };
};

void settle(Hub<Pairs>& hub) {
    while (hub.poll().more) {
    }
}

// Each is as long as the others.
std::string name_of(std::string_view kind, std::size_t number) {
    std::string const digits = std::to_string(number);
    return std::string{kind} + std::string(6 - digits.size(), '0') + digits;
}

double bytes_of_name(std::string_view kind) {
    std::string const name = name_of(kind, 0);
    auto const before = support::heap_bytes.load();
    std::string const copy{std::string_view{name}};
    return static_cast<double>(support::heap_bytes - before);
}

// Two clients are in all of them; what the clients themselves cost is there before.
double bytes_per_room(std::string_view kind, std::size_t shards, bool is_used) {
    HubOptions options;
    options.shards = shards;
    options.max_rooms_per_client = 0;
    Hub<Pairs> hub{options};
    std::array<MemoryPeer, 2> peers;
    std::array<ClientId, 2> ids{};
    for (std::size_t i = 0; i < peers.size(); ++i) {
        ids[i] = hub.register_channel().push(peers[i].connect()).id;
    }
    settle(hub);
    auto const before = support::heap_bytes.load();
    for (std::size_t i = 0; i < rooms; ++i) {
        std::string const name = name_of(kind, i);
        for (ClientId const id : ids) {
            LocalHub<Pairs> local{hub, hub.shard(hub.core()->shard_of(id))};
            static_cast<void>(local.join(id, name));
        }
        settle(hub);
        if (!is_used) continue;
        static_cast<void>(hub.broadcast(name, text("hello")));
        settle(hub);
        for (auto& each : peers) {
            while (each.receive()) {
            }
        }
    }
    settle(hub);
    if (hub.room_count() != rooms) return 1e9;
    return static_cast<double>(support::heap_bytes - before) / double{rooms};
}

}  // namespace

int main() {
    int failures = 0;
    struct Case {
        char const* name;
        std::string_view kind;
        std::size_t shards;
        bool is_used;
        double most;
    };
    for (Case const& each : {
             Case{"never used", "pair/", 1, false, 300},
             Case{"a message was said", "pair/", 1, true, 300},
             Case{"a long name", "pairs of two who are friends/", 1, true, 300},
             Case{"positions", "resumes/", 1, true, 300},
             Case{"a flush interval", "paced/", 1, true, 440},
             Case{"members on two shards", "pair/", 2, true, 540},
             Case{"the same, of four", "pair/", 4, true, 640},
         }) {
        double const bytes =
            bytes_per_room(each.kind, each.shards, each.is_used) - bytes_of_name(each.kind);
        std::printf("an idle room of two, %-22s %6.1f bytes and its name, at most %.0f\n",
                    each.name, bytes, each.most);
        failures += bytes > each.most;
    }
    return failures == 0 ? 0 : 1;
}
