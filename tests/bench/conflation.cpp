// SPDX-License-Identifier: MIT
//
// What one reader that is far too slow costs the others in a room that conflates: 10,000 keys, 50
// members that take everything at once, and one that takes a hundredth of the traffic. All in
// memory and in one thread, so that only the library is measured. Runs with and without the slow
// reader take turns; what is printed are medians.
//
//     conflation [--rounds 9] [--updates 400000]
#include <time.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <pumphouse/client/client.hpp>
#include <pumphouse/hub/hub.hpp>
#include <pumphouse/transport/websocket_format.hpp>

namespace {

using namespace pumphouse;

constexpr std::size_t keys = 10'000;
constexpr std::size_t fast_members = 50;
constexpr std::size_t payload_bytes = 64;
constexpr std::size_t updates_per_turn = 100;
constexpr std::size_t slowness = 100;

struct Wire {
    std::uint64_t credit = ~std::uint64_t{0};  // bytes it takes
    std::uint64_t taken = 0;
    Readiness readiness;

    void take(std::uint64_t more) {
        credit = more;
        readiness.writable();
    }
};

class BenchTransport {
public:
    explicit BenchTransport(Wire& wire) noexcept : wire_{wire} {}
    WireFormat const& wire_format() const noexcept { return websocket_format; }
    bool attach(Readiness readiness) {
        wire_.readiness = std::move(readiness);
        return true;
    }
    ReadResult read(Receiver&) { return ReadResult::drained; }
    WriteResult write(std::span<ConstBuffer const> buffers) noexcept {
        std::uint64_t offered = 0;
        for (auto const& each : buffers) offered += each.bytes;
        std::uint64_t const taken = std::min(offered, wire_.credit);
        wire_.credit -= wire_.credit == ~std::uint64_t{0} ? 0 : taken;
        wire_.taken += taken;
        WriteResult result;
        result.taken = static_cast<std::size_t>(taken);
        result.blocked = taken < offered;
        return result;
    }
    void close(CloseHow) noexcept { wire_.readiness = {}; }

private:
    Wire& wire_;
};

struct Market : DefaultPolicy {
    static constexpr std::array room_kinds{
        RoomKind{"conflate", {.overflow = Overflow::conflate}},
    };
    void on_open(auto& hub, ClientId client) {
        hub.join(client, "conflate");
        hub.join(client, "plain");
    }
};

double cpu_seconds() {
    timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

struct Result {
    double nanoseconds = 0;  // of CPU, per update and fast member
    std::size_t memory_bytes = 0;
    std::size_t memory_bytes_half_way = 0;
    std::uint64_t conflated = 0;
    std::uint64_t slow_delivered = 0;
    std::size_t live_entries = 0;
    bool is_sound = true;
};

Result run(std::string_view room, bool has_slow, std::size_t updates) {
    HubOptions options;
    options.write_deadline = Duration::zero();
    std::deque<Wire> wires;  // outlive the hub, whose clients let go of them
    Hub<Market> hub{options};
    std::vector<ClientId> ids;
    for (std::size_t i = 0; i < fast_members + has_slow; ++i) {
        auto client = std::make_unique<Client<BenchTransport>>(wires.emplace_back());
        ids.push_back(hub.register_channel().push(std::move(client)).id);
    }
    while (hub.poll().more) {
    }
    LocalHub<Market> local{hub, hub.shard(0)};
    Wire* const slow = has_slow ? &wires.back() : nullptr;
    if (slow != nullptr) slow->credit = 0;
    std::string payload(payload_bytes, 'x');
    std::uint64_t chance = 88172645463325252ULL;
    std::uint64_t const frame = websocket_format.frame_bytes(payload_bytes);
    std::size_t said = 0;  // each key once, then any
    Result result;
    auto const turns = [&](std::size_t count) {
        for (std::size_t turn = 0; turn < count; ++turn) {
            for (std::size_t i = 0; i < updates_per_turn; ++i) {
                chance ^= chance << 13, chance ^= chance >> 7, chance ^= chance << 17;
                std::uint64_t const key = 1 + (said < keys ? said : chance % keys);
                ++said;
                std::memcpy(payload.data(), &chance, sizeof chance);
                if (local.broadcast(room, text(payload), keyed(key)) != Accepted::accepted) {
                    result.is_sound = false;
                }
            }
            if (slow != nullptr) slow->take(updates_per_turn * frame / slowness);
            hub.poll();
        }
    };
    std::size_t const half = updates / updates_per_turn / 2;
    turns(half);  // warm, and every key has a value
    result.memory_bytes_half_way = hub.shard(0).logs().memory.in_use_bytes();
    double const begin = cpu_seconds();
    turns(half);
    double const took = cpu_seconds() - begin;
    result.memory_bytes = hub.shard(0).logs().memory.in_use_bytes();
    result.nanoseconds =
        took * 1e9 / static_cast<double>(half * updates_per_turn) / fast_members;
    if (slow == nullptr) return result;
    Ledger const ledger = local.ledger(ids.back(), room);
    auto const& live = *hub.shard(0).room(room)->live();
    result.conflated = ledger.conflated;
    result.slow_delivered = ledger.delivered;
    result.live_entries = live.size();
    result.is_sound &= ledger.balances() && live.size() <= keys &&
                       live.entries().size() <= 2 * keys && hub.client_count() == ids.size();
    // What is pending for it is at most one value per key: it gets no more than that from here on.
    std::uint64_t const before = slow->taken;
    slow->take(~std::uint64_t{0});
    while (hub.poll().more) {
    }
    result.is_sound &= slow->taken - before <= (keys + 1) * frame;
    result.is_sound &= local.ledger(ids.back(), room).pending == 0;
    return result;
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

std::size_t option(int count, char** arguments, std::string_view name, std::size_t otherwise) {
    for (int i = 1; i + 1 < count; ++i) {
        if (arguments[i] != name) continue;
        std::string_view const text{arguments[i + 1]};
        std::from_chars(text.data(), text.data() + text.size(), otherwise);
    }
    return otherwise;
}

}  // namespace

int main(int count, char** arguments) {
    std::size_t const rounds = std::max<std::size_t>(option(count, arguments, "--rounds", 9), 1);
    std::size_t const updates =
        std::max<std::size_t>(option(count, arguments, "--updates", 400'000), 2000);
    std::vector<double> plain, alone, with_slow, ratios;
    Result last;
    bool is_sound = true;
    for (std::size_t i = 0; i < rounds; ++i) {
        plain.push_back(run("plain", false, updates).nanoseconds);
        Result const without = run("conflate", false, updates);
        last = run("conflate", true, updates);
        alone.push_back(without.nanoseconds);
        with_slow.push_back(last.nanoseconds);
        ratios.push_back(last.nanoseconds / without.nanoseconds);
        is_sound = is_sound && without.is_sound && last.is_sound;
    }
    std::printf("| %zu members, %zu keys, %zu B, %zu updates a turn | ns per update and member |\n",
                fast_members, keys, payload_bytes, updates_per_turn);
    std::printf("|---|---|\n");
    std::printf("| a room without keys | %.1f |\n", median(plain));
    std::printf("| a room that conflates | %.1f |\n", median(alone));
    std::printf("| the same, and one reader %zu times too slow | %.1f |\n", slowness,
                median(with_slow));
    std::printf("\nratio with / without the slow reader: %.3f (median of %zu)\n", median(ratios),
                rounds);
    std::printf("the slow reader got %llu values, %llu were superseded, at most %zu were pending\n",
                static_cast<unsigned long long>(last.slow_delivered),
                static_cast<unsigned long long>(last.conflated), last.live_entries);
    std::printf("memory of the shard's logs and values: %zu bytes half way, %zu at the end\n",
                last.memory_bytes_half_way, last.memory_bytes);
    bool const is_flat = last.memory_bytes <= last.memory_bytes_half_way + (64 << 10);
    if (is_sound && is_flat) return 0;
    std::printf("FAILED: %s\n", is_sound ? "memory grew" : "the ledger or a bound does not hold");
    return 1;
}
