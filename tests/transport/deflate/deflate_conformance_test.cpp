// SPDX-License-Identifier: MIT
//
// The conformance suite on a WebSocket whose client compresses all that it sends, and on one that
// has agreed on compression and does not use it.
#include <pumphouse/testing/transport_conformance.hpp>

#include <memory>
#include <string>

#include <pumphouse/transport/deflate/deflate.hpp>

#include "support/catch.hpp"
#include "transport/deflate/deflate_harness.hpp"
#include "transport/socket_pair.hpp"

using namespace pumphouse;

namespace {

template <typename Harness>
void conforms(CompressionTerms const& terms) {
    for (auto const& each : testing::transport_conformance(
             [&] { return std::make_unique<Harness>(tcp_pair(), terms); })) {
        SECTION(std::string{each.name}) { CHECK(each.run() == ""); }
    }
}

}  // namespace

TEST_CASE("a WebSocket that has agreed on compression conforms") {
    conforms<DeflateHarness>({deflate(), 15});
}
TEST_CASE("a WebSocket whose client compresses conforms") {
    conforms<CompressingHarness>({deflate(), 15});
}
TEST_CASE("a WebSocket that could compress and has agreed on nothing conforms") {
    conforms<DeflateHarness>({});
}
