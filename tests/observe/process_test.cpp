// SPDX-License-Identifier: MIT
#include <pumphouse/observe/process.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "support/catch.hpp"

TEST_CASE("process: what the kernel says is there, and moves when something is used") {
    auto const before = pumphouse::process_usage();
    CHECK(before.resident_bytes > 100'000);
    CHECK(before.virtual_bytes >= before.resident_bytes);
    CHECK(before.max_descriptors >= before.open_descriptors);
    CHECK(before.threads >= 1);
    auto const now = std::chrono::duration<double>(
                         std::chrono::system_clock::now().time_since_epoch())
                         .count();
    CHECK(before.started_at > now - 3600);
    CHECK(before.started_at < now + 60);

    int const descriptor = ::open("/dev/null", O_RDONLY);
    REQUIRE(descriptor != -1);
    std::jthread another{[](std::stop_token stop) {
        while (!stop.stop_requested()) std::this_thread::yield();
    }};
    auto const after = pumphouse::process_usage();
    CHECK(after.open_descriptors == before.open_descriptors + 1);
    CHECK(after.threads > before.threads);  // a sanitizer has threads of its own
    CHECK(after.cpu_seconds >= before.cpu_seconds);
    ::close(descriptor);
}
