// SPDX-License-Identifier: MIT
//
// A hub inside a game loop of 60 ticks a second: the loop calls `poll` with a budget and stays the
// master of its time. Hooks run inside `poll`, so they may touch the world without a lock.
//
//     inside_a_game_loop [seconds]        (2 when not said)
#include "bot.hpp"
#include "world.hpp"

#include <pumphouse/pumphouse.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <thread>

struct Game : pumphouse::DefaultPolicy {
    World world;
    std::uint64_t moves = 0;

    void on_open(auto&, auto client) { world.enter(client.value()); }
    void on_message(auto&, auto client, pumphouse::Message message) {
        auto const text = message.payload;
        int speed = 0;
        std::from_chars(text.data(), text.data() + text.size(), speed);
        world.steer(client.value(), std::clamp(speed, -3, 3));
        ++moves;
    }
    void on_close(auto&, auto client, pumphouse::CloseReason const&) {
        world.leave(client.value());
    }
};

using Clock = std::chrono::steady_clock;
constexpr Clock::duration tick_time = Clock::duration{std::chrono::seconds{1}} / 60;

/// Of a tick's 16.7 ms the hub may have this much; what is left over waits for the next tick.
constexpr auto hub_time = std::chrono::milliseconds{3};

/// After a pause (a debugger, a busy machine) at most so many ticks are made up for.
constexpr int max_catch_up = 5;

void tick(pumphouse::Hub<Game>& hub, std::uint64_t number) {
    auto const until = hub.now() + hub_time;
    hub.poll({.until = until});  // what the players want
    World& world = hub.policy().world;
    world.step(std::chrono::duration<double>(tick_time).count());
    // `full`: the players are so far behind that this snapshot may as well be left out.
    static_cast<void>(hub.broadcast_all(pumphouse::text(world.snapshot(number))));
    hub.poll({.until = until});  // what they get to see
}

std::uint64_t run_loop(pumphouse::Hub<Game>& hub, Clock::duration time) {
    std::uint64_t ticks = 0;
    auto const end = Clock::now() + time;
    Clock::time_point last = Clock::now();
    Clock::duration owed{0};
    for (auto now = last; now < end; now = Clock::now()) {
        owed += now - last;
        last = now;
        for (int i = 0; owed >= tick_time; ++i) {
            owed -= tick_time;
            if (i < max_catch_up) tick(hub, ++ticks);
        }
        std::this_thread::sleep_for(tick_time - owed);
    }
    return ticks;
}

int main(int argc, char** argv) {
    double const seconds = argc > 1 ? std::atof(argv[1]) : 2;
    auto const time = std::chrono::duration_cast<Clock::duration>(
        std::chrono::duration<double>(seconds));
    pumphouse::Hub<Game> hub;
    std::array<Bot, 4> bots;
    for (auto& bot : bots) {
        if (!hub.register_channel().push(bot.connect())) return 1;
        bot.start();
    }

    std::uint64_t const ticks = run_loop(hub, time);

    // Everybody gets what is pending and is told of the end; then `finished` says so.
    hub.shutdown();
    while (!hub.poll().finished) std::this_thread::sleep_for(std::chrono::milliseconds{1});
    std::uint64_t sent = 0;
    std::uint64_t received = 0;
    for (auto& bot : bots) {
        bot.join();
        sent += bot.sent;
        received += bot.received;
    }
    std::printf("%.1f s: %llu ticks, %llu of %llu moves arrived, %llu of %llu snapshots\n", seconds,
                static_cast<unsigned long long>(ticks),
                static_cast<unsigned long long>(hub.policy().moves),
                static_cast<unsigned long long>(sent), static_cast<unsigned long long>(received),
                static_cast<unsigned long long>(ticks * bots.size()));
}
