// SPDX-License-Identifier: MIT
//
// The load generator: connects some clients to one server, lets messages go round among them (see
// generator.hpp) and prints one line of JSON: rate, latency, and the server's CPU time per delivery
// and memory per client. Dead clients never read; a server that lets them slow the others down
// shows it here. It ends by itself, with an error when a delivery is wrong or nothing moves for 10
// s.

#include "generator.hpp"
#include "program.hpp"
#include "server_process.hpp"

#include <cstdio>
#include <span>
#include <thread>

namespace pumphouse::bench {
namespace {

using namespace std::chrono_literals;

constexpr auto settling = 300ms;  // a server may join a client only after it has answered
constexpr auto idle_settling = 2s;
constexpr auto dead_verdict = 2s;
constexpr int dead_receive_buffer = 4096;

struct Result {
    double rss_per_client = 0;
    double seconds = 0;
    CpuTime cpu{};
    Measured measured{};
    std::size_t dead_closed = 0;
};

// ---- clients -----------------------------------------------------------------------------------

/// Dead ones are spread evenly, so that they stand between the living in the server's tables.
bool is_dead(std::size_t index, const Options& options) {
    const auto dead_before = [&](std::size_t i) { return i * options.dead / options.clients; };
    return dead_before(index) != dead_before(index + 1);
}

std::vector<Client> connect_all(const Options& options) {
    std::vector<Client> clients;
    clients.reserve(options.clients);
    for (std::size_t i = 0; i < options.clients; ++i) {
        const bool dead = is_dead(i, options);
        const auto several = 0x7F000002u + static_cast<std::uint32_t>(i % 8);
        const Dial dial{.port = static_cast<std::uint16_t>(options.port),
                        .from = options.source_addresses ? several : source_address(i),
                        .receive_buffer = dead ? dead_receive_buffer : 0};
        clients.push_back({open_websocket(dial, options.tls), dead});
    }
    return clients;
}

/// That the server has left stands behind all that was never read.
bool closed_by_server(Client& client, std::span<char> buffer) {
    for (;;) {
        const auto got = client.stream.receive(buffer.data(), buffer.size());
        if (got <= 0) return got == 0 || errno != EAGAIN;
    }
}

std::size_t count_dead_closed(std::vector<Client>& clients) {
    std::vector<Client*> undecided;
    for (Client& client : clients) {
        if (client.dead) undecided.push_back(&client);
    }
    const std::size_t dead = undecided.size();
    std::vector<char> buffer(1024 * 1024);
    const auto end = Clock::now() + dead_verdict;
    while (!undecided.empty() && Clock::now() < end) {
        std::erase_if(undecided, [&](auto* client) { return closed_by_server(*client, buffer); });
        std::this_thread::sleep_for(5ms);
    }
    return dead - undecided.size();
}

// ---- the run -----------------------------------------------------------------------------------

/// The measured part, between two looks at the clock and at the server.
void measure(const Options& options, const ServerProcess& server, Generator& generator,
             Result& result) {
    generator.run_for(std::chrono::seconds{options.warmup});
    generator.start_measuring();
    const auto start = Clock::now();
    const auto cpu = server.cpu_time();
    if (options.messages > 0) generator.run_for_messages(options.messages);
    else generator.run_for(std::chrono::seconds{options.seconds});
    result.cpu = server.cpu_time() - cpu;
    result.seconds = std::chrono::duration<double>(Clock::now() - start).count();
    result.measured = generator.measured();
}

double per(double amount, double count) { return count > 0 ? amount / count : 0; }

void print(const Options& options, const Result& result) {
    const Histogram& latency = result.measured.latency;
    const auto delivered = static_cast<double>(latency.total());
    const auto us = [&](double share) { return double(latency.percentile(share)) / 1000; };
    std::printf("{\"clients\": %zu, \"size\": %zu, \"window\": %zu, \"dead\": %zu, "
                "\"seconds\": %.3f, \"messages\": %.0f, \"delivered\": %.0f, "
                "\"delivered_per_second\": %.0f, \"messages_per_read\": %.2f, ",
                options.clients, options.size, options.window, options.dead, result.seconds,
                double(result.measured.messages), delivered, per(delivered, result.seconds),
                per(delivered, double(result.measured.reads)));
    std::printf("\"cpu_us\": %.4f, \"cpu_user_us\": %.4f, \"cpu_system_us\": %.4f, "
                "\"latency_us\": {\"p50\": %.1f, \"p95\": %.1f, \"p99\": %.1f, \"max\": %.1f}, ",
                per(result.cpu.total(), delivered), per(result.cpu.user(), delivered),
                per(result.cpu.system(), delivered), us(.50), us(.95), us(.99),
                double(latency.max()) / 1000);
    std::printf("\"rss_per_client\": %.1f, \"dead_closed\": %zu}\n", result.rss_per_client,
                result.dead_closed);
}

void run(const Options& options) {
    raise_descriptor_limit(options.clients);
    wait_for_server(static_cast<std::uint16_t>(options.port));
    std::this_thread::sleep_for(settling);
    const ServerProcess server{static_cast<int>(options.pid)};
    const auto rss_before = static_cast<double>(server.resident_bytes());

    auto clients = connect_all(options);
    std::this_thread::sleep_for(options.idle ? Clock::duration{idle_settling} : settling);
    const double rss = static_cast<double>(server.resident_bytes()) - rss_before;
    Result result{.rss_per_client = per(rss, static_cast<double>(options.clients))};

    if (!options.idle) {
        Generator generator{options, clients};
        generator.join_all();
        measure(options, server, generator, result);
        generator.finish();
        result.dead_closed = count_dead_closed(clients);
    }
    print(options, result);
}

}  // namespace
}  // namespace pumphouse::bench

int main(int argc, char** argv) {
    using namespace pumphouse::bench;
    return run_program("load", {argv + 1, argv + argc}, &run);
}
