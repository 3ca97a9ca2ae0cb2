// SPDX-License-Identifier: MIT
//
// After warm-up, no allocation and no lock on a shard's thread or in `broadcast` and `send`, per
// message or per delivered message: counted. A program of its own, because it replaces operator
// new and stands in front of the C library's locks.
#include <dlfcn.h>
#include <pthread.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include <pumphouse/client/client.hpp>
#include <pumphouse/hub/hub.hpp>
#include <pumphouse/transport/length_prefixed_format.hpp>
#include <pumphouse/transport/websocket_format.hpp>

#include "support/counted_memory.hpp"

namespace {

using support::allocations;
using support::is_counting;

std::atomic<std::uint64_t> locks{0};

}  // namespace

// The linker takes these before the C library's.
extern "C" int pthread_mutex_lock(pthread_mutex_t* mutex) {
    using Function = int (*)(pthread_mutex_t*);
    static Function const real = reinterpret_cast<Function>(dlsym(RTLD_NEXT, "pthread_mutex_lock"));
    if (is_counting) ++locks;
    return real(mutex);
}
extern "C" int pthread_mutex_trylock(pthread_mutex_t* mutex) {
    using Function = int (*)(pthread_mutex_t*);
    static Function const real =
        reinterpret_cast<Function>(dlsym(RTLD_NEXT, "pthread_mutex_trylock"));
    if (is_counting) ++locks;
    return real(mutex);
}

namespace {

using namespace pumphouse;

struct Counted {
    std::uint64_t bytes = 0;
    std::uint64_t writes = 0;
};

// Takes everything and counts.
class CountingTransport {
public:
    CountingTransport(Counted& counted, WireFormat const& format) noexcept
        : counted_{counted}, format_{format} {}
    WireFormat const& wire_format() const noexcept { return format_; }
    bool attach(Readiness readiness) {
        readiness_ = std::move(readiness);
        return true;
    }
    ReadResult read(Receiver& receiver) {
        receiver.message(text("relay this, it is forty bytes long, said he"));
        return ReadResult::drained;
    }
    WriteResult write(std::span<ConstBuffer const> buffers) noexcept {
        WriteResult result;
        for (auto const& each : buffers) result.taken += each.bytes;
        counted_.bytes += result.taken;
        ++counted_.writes;
        return result;
    }
    void close(CloseHow) noexcept { readiness_ = {}; }
    void say() { readiness_.readable(); }

private:
    Counted& counted_;
    WireFormat const& format_;
    Readiness readiness_;
};

struct Relay : DefaultPolicy {
    void on_open(auto& hub, ClientId client) { hub.join(client, "lobby"); }
    void on_message(auto& hub, ClientId client, Message message) {
        hub.broadcast("lobby", message);
        hub.broadcast("lobby", message, except(client));
        hub.send(client, message);
    }
};

constexpr std::size_t members = 100;
constexpr int warm_up_rounds = 3000;
constexpr int counted_rounds = 1000;

class Scene {
public:
    explicit Scene(std::size_t shards) {
        HubOptions options;
        options.shards = shards;
        hub_ = std::make_unique<Hub<Relay>>(options);
        for (std::size_t i = 0; i < members; ++i) {
            WireFormat const& format = i % 4 == 0 ? length_prefixed_format : websocket_format;
            auto client = std::make_unique<Client<CountingTransport>>(counted_[i], format);
            transports_[i] = &client->transport();
            ids_[i] = hub_->register_channel().push(std::move(client)).id;
        }
        run();
    }

    Hub<Relay>& hub() noexcept { return *hub_; }
    ClientId id(int round) const noexcept {
        return ids_[static_cast<std::size_t>(round) % members];
    }
    void say(int round) { transports_[static_cast<std::size_t>(round) % members]->say(); }
    void run() {
        while (hub_->poll().more) {
        }
    }
    std::uint64_t bytes() const noexcept {
        std::uint64_t sum = 0;
        for (Counted const& each : counted_) sum += each.bytes;
        return sum;
    }

private:
    std::array<Counted, members> counted_{};
    std::array<CountingTransport*, members> transports_{};
    std::array<ClientId, members> ids_{};
    std::unique_ptr<Hub<Relay>> hub_;
};

int failures = 0;

void expect(bool holds, char const* what) {
    if (holds) return;
    std::printf("FAILED: %s\n", what);
    ++failures;
}

// What happens in one round, from outside and then in the turns that follow.
using Act = void (*)(Scene&, int round);

void count(char const* name, std::size_t shards, Act act) {
    Scene scene{shards};
    for (int i = 0; i < warm_up_rounds; ++i) {
        act(scene, i);
        scene.run();
    }
    std::uint64_t const before = scene.bytes();
    allocations = locks = 0;
    is_counting = true;
    for (int i = 0; i < counted_rounds; ++i) {
        act(scene, i);
        scene.run();
    }
    is_counting = false;
    auto const delivered = scene.bytes() - before;
    std::printf("%-44s %zu shard%s: %llu bytes delivered, %llu allocations, %llu locks\n", name,
                shards, shards == 1 ? " " : "s", static_cast<unsigned long long>(delivered),
                static_cast<unsigned long long>(allocations.load()),
                static_cast<unsigned long long>(locks.load()));
    expect(delivered >= static_cast<std::uint64_t>(counted_rounds) * 30, "nothing was delivered");
    expect(allocations == 0, "memory was allocated");
    expect(locks == 0, "a lock was taken");
}

void is_taken(Accepted answer) { expect(answer == Accepted::accepted, "a message was refused"); }

// The same with a shard on a thread of its own that never has to wait for long.
void count_threads() {
    Scene scene{2};
    auto const round = [&] {
        auto const answer = scene.hub().broadcast("lobby", text("a message of forty bytes, or so"));
        expect(answer != Accepted::closed, "a message was refused");
        static_cast<void>(scene.hub().send(scene.id(1), text("a direct message")));
        scene.hub().shard(0).turn(scene.hub().now(), {});
    };
    // The other thread may not run for as long as the counted rounds take; then everything they
    // send waits for it. So much has been in use once before.
    for (int i = 0; i < 2 * counted_rounds; ++i) round();
    scene.run();

    std::atomic<bool> is_over{false};
    std::atomic<bool> is_warm{false};
    std::thread other{[&] {
        while (!is_over.load()) {
            is_counting = is_warm.load();
            scene.hub().shard(1).turn(scene.hub().now(), {});
        }
        is_counting = false;
    }};
    for (int i = 0; i < 20 * warm_up_rounds; ++i) round();
    allocations = locks = 0;
    is_warm = true;
    is_counting = true;
    for (int i = 0; i < counted_rounds; ++i) round();
    is_counting = false;
    is_warm = false;
    is_over = true;
    other.join();
    std::printf("%-44s 2 shards: %llu allocations, %llu locks\n", "two shards on two threads",
                static_cast<unsigned long long>(allocations.load()),
                static_cast<unsigned long long>(locks.load()));
    expect(locks == 0, "a lock was taken");
    expect(allocations == 0, "memory was allocated");
}

}  // namespace

int main() {
    // The counters count.
    is_counting = true;
    int* volatile counted = new int{1};  // volatile, or the pair may be left out
    delete counted;
    std::mutex mutex;
    { std::scoped_lock const lock{mutex}; }
    is_counting = false;
    expect(allocations == 1, "the counter of allocations does not count");
    expect(locks == 1, "the counter of locks does not count");

    for (std::size_t const shards : {1U, 2U, 3U}) {
        count("a broadcast from outside", shards, [](Scene& scene, int) {
            is_taken(scene.hub().broadcast("lobby", text("a message of some forty bytes")));
        });
        count("ten broadcasts, 30 B to 30 KiB", shards, [](Scene& scene, int round) {
            static std::string const payload(30'000, 'x');
            for (int i = 0; i < 10; ++i) {
                auto const size = static_cast<std::size_t>((round + i) % 20 == 0 ? 30'000 : 30 + i);
                is_taken(scene.hub().broadcast("lobby", text({payload.data(), size})));
            }
        });
        count("a broadcast to everybody, but one", shards, [](Scene& scene, int round) {
            is_taken(scene.hub().broadcast_all(text("a message of forty bytes, more or less"),
                                               except(scene.id(round))));
        });
        count("a direct message from outside", shards, [](Scene& scene, int round) {
            is_taken(scene.hub().send(scene.id(round), text("a message of some forty bytes")));
        });
        count("a hook that broadcasts and sends", shards,
              [](Scene& scene, int round) { scene.say(round); });
    }
    count_threads();
    return failures == 0 ? 0 : 1;
}
