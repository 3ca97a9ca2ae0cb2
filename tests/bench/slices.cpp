// SPDX-License-Identifier: MIT
//
// Asks how long a join and a direct message take while a message is being given to a crowd, and
// while nothing happens. A process of its own, with less right to the processor, is the crowd and
// reads what it gets. In this one a member of the crowd says the next thing when it has heard the
// last, and it came in first, so it hears last: the crowd is being given something all the time. A
// client outside of the crowd asks, waits for the answer, waits for a moment that no slice knows,
// and asks again. Both run in real time where that is permitted: how long the crowd keeps them from
// the processor is not the server's doing. Prints one line of JSON.

#include "frame.hpp"
#include "histogram.hpp"
#include "program.hpp"
#include "server_process.hpp"
#include "websocket.hpp"

#include <poll.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/wait.h>

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <random>
#include <span>
#include <thread>
#include <vector>

namespace pumphouse::bench {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto patience = 10'000;  // milliseconds
constexpr auto settling = 1s;
constexpr std::uint32_t mask = 0x9E3779B9u;

Stream connect(const Options& options, std::size_t index) {
    return open_websocket({.port = static_cast<std::uint16_t>(options.port),
                           .from = source_address(index)},
                          false);
}

// ---- the crowd ---------------------------------------------------------------------------------

/// Reads until the server ends a connection. Tells the pipe when all are there.
[[noreturn]] void be_the_crowd(const Options& options, int told) {
    std::vector<Stream> streams;
    const int epoll = checked(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
    for (std::size_t i = 0; i < options.clients; ++i) {
        streams.push_back(connect(options, i));
        epoll_event event{.events = EPOLLIN, .data = {.u64 = i}};
        checked(epoll_ctl(epoll, EPOLL_CTL_ADD, streams.back().fd(), &event), "epoll_ctl");
    }
    errno = 0;
    if (nice(10) == -1 && errno != 0) throw std::runtime_error{"nice"};
    checked(static_cast<int>(::write(told, "!", 1)), "write");
    std::array<epoll_event, 1024> events;
    std::vector<char> buffer(256 * 1024);
    for (;;) {
        const int ready = epoll_wait(epoll, events.data(), int(events.size()), -1);
        for (int i = 0; i < ready; ++i) {
            Stream& stream = streams[events[static_cast<std::size_t>(i)].data.u64];
            const auto got = stream.receive(buffer.data(), buffer.size());
            if (got == 0 || (got < 0 && errno != EAGAIN)) std::_Exit(0);
        }
    }
}

class Crowd {
public:
    explicit Crowd(const Options& options) {
        int ends[2];
        checked(pipe(ends), "pipe");
        process_ = checked(fork(), "fork");
        if (process_ == 0) {
            try {
                be_the_crowd(options, ends[1]);
            } catch (const std::exception& error) {
                std::fprintf(stderr, "slices: %s\n", error.what());
                std::_Exit(1);
            }
        }
        ::close(ends[1]);
        char one = 0;
        const bool is_there = ::read(ends[0], &one, 1) == 1;
        ::close(ends[0]);
        if (!is_there) throw std::runtime_error{"the crowd did not come"};
    }
    Crowd(const Crowd&) = delete;
    Crowd& operator=(const Crowd&) = delete;
    ~Crowd() {
        kill(process_, SIGKILL);
        waitpid(process_, nullptr, 0);
    }

private:
    pid_t process_ = -1;
};

// ---- the two in this process -------------------------------------------------------------------

class Client {
public:
    explicit Client(Stream stream) : stream_{std::move(stream)} {}

    void say(std::string_view payload) {
        std::string frame;
        append_masked_frame(frame, binary_frame, payload, mask);
        const auto sent = stream_.send(frame.data(), frame.size());
        if (sent != static_cast<ssize_t>(frame.size())) throw std::runtime_error{"cannot send"};
    }

    /// The next binary message; answers pings on the way.
    std::string hear() {
        for (;;) {
            const Frame frame = parse_frame(unread_);
            if (frame.bytes == 0) {
                receive();
                continue;
            }
            const std::string payload{frame.payload};
            const auto first = frame.first;
            unread_.erase(0, frame.bytes);
            if (first == binary_frame) return payload;
            if (first == close_frame) throw std::runtime_error{"the server closes a client"};
        }
    }

    bool has_something(int milliseconds) {
        if (!unread_.empty()) return true;
        pollfd wanted{stream_.fd(), POLLIN, 0};
        return poll(&wanted, 1, milliseconds) > 0;
    }

private:
    void receive() {
        std::array<char, 65536> some;
        pollfd wanted{stream_.fd(), POLLIN, 0};
        if (poll(&wanted, 1, patience) <= 0) throw std::runtime_error{"no answer for 10 s"};
        const auto got = stream_.receive(some.data(), some.size());
        if (got <= 0) throw std::runtime_error{"the server ended a connection"};
        unread_.append(some.data(), static_cast<std::size_t>(got));
    }

    Stream stream_;
    std::string unread_;
};

/// Says the next thing when it has heard one, so that always `window` of them are on their way.
class Speaker {
public:
    Speaker(Client& client, const Options& options)
        : client_{client}, said_(options.size, 'b'), window_{options.window} {}
    void start() {
        for (std::size_t i = 0; i < window_; ++i) client_.say(said_);
        thread_ = std::jthread{[this](std::stop_token stop) {
            std::size_t under_way = window_;
            while (under_way != 0) {
                if (!client_.has_something(patience)) std::_Exit(1);
                client_.hear();
                ++rounds_;
                --under_way;
                if (stop.stop_requested()) continue;
                client_.say(said_);
                ++under_way;
            }
        }};
    }
    void finish() {
        thread_.request_stop();
        thread_.join();
    }
    std::size_t rounds() const { return rounds_; }

private:
    Client& client_;
    std::string said_;
    std::size_t window_;
    std::atomic<std::size_t> rounds_{0};
    std::jthread thread_;
};

struct Latencies {
    Histogram direct, join;  // nanoseconds
};

Latencies ask_for(Client& client, Clock::duration time) {
    Latencies result;
    std::minstd_rand random{1};
    const auto end = Clock::now() + time;
    for (bool joins = false; Clock::now() < end; joins = !joins) {
        std::this_thread::sleep_for(std::chrono::microseconds{random() % 3000});
        const auto start = Clock::now();
        client.say(joins ? "j" : "d");
        client.hear();
        const std::chrono::nanoseconds took = Clock::now() - start;
        (joins ? result.join : result.direct).add(static_cast<std::uint64_t>(took.count()));
    }
    return result;
}

/// This thread and those it makes. False: not permitted.
bool run_in_real_time() {
    const sched_param lowest{.sched_priority = 1};
    return sched_setscheduler(0, SCHED_FIFO, &lowest) == 0;
}

std::uint64_t slices_so_far(Client& client) {
    client.say("s");
    return std::stoull(client.hear().substr(1));
}

double us(std::uint64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1000; }

void print(const char* name, const Histogram& histogram) {
    std::printf("\"%s\": {\"count\": %.0f, \"p50\": %.1f, \"p99\": %.1f, \"max\": %.1f}, ", name,
                double(histogram.total()), us(histogram.percentile(.50)),
                us(histogram.percentile(.99)), us(histogram.max()));
}

void run(const Options& options) {
    raise_descriptor_limit(options.clients);
    wait_for_server(static_cast<std::uint16_t>(options.port));
    const ServerProcess server{static_cast<int>(options.pid)};
    Client last_to_hear{connect(options, 0)};
    std::this_thread::sleep_for(settling);  // it is in the crowd before all others
    const Crowd crowd{options};
    Client asking{connect(options, 0)};
    asking.say("q");
    std::this_thread::sleep_for(settling);

    const bool is_real_time = run_in_real_time();
    const Clock::duration time = std::chrono::seconds{options.seconds};
    const Latencies idle = ask_for(asking, time);
    Speaker speaker{last_to_hear, options};
    speaker.start();
    ask_for(asking, std::chrono::seconds{options.warmup});
    const auto cpu = server.cpu_time();
    const auto slices = slices_so_far(asking);
    const auto rounds = speaker.rounds();
    const Latencies loaded = ask_for(asking, time);
    const auto slices_made = slices_so_far(asking) - slices;
    const double cpu_us = (server.cpu_time() - cpu).total();
    const auto rounds_made = speaker.rounds() - rounds;
    speaker.finish();

    std::printf("{\"clients\": %zu, \"size\": %zu, \"window\": %zu, \"slice_us\": %.1f, "
                "\"deliveries_per_second\": %.0f, \"real_time\": %s, ",
                options.clients, options.size, options.window,
                cpu_us / static_cast<double>(slices_made == 0 ? 1 : slices_made),
                static_cast<double>(rounds_made * (options.clients + 1)) /
                    static_cast<double>(options.seconds),
                is_real_time ? "true" : "false");
    print("idle_direct", idle.direct);
    print("idle_join", idle.join);
    print("loaded_direct", loaded.direct);
    print("loaded_join", loaded.join);
    std::printf("\"seconds\": %zu}\n", options.seconds);
}

}  // namespace
}  // namespace pumphouse::bench

int main(int argc, char** argv) {
    using namespace pumphouse::bench;
    return run_program("slices", {argv + 1, argv + argc}, &run);
}
