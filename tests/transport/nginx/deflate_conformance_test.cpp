// SPDX-License-Identifier: MIT
//
// The conformance suite through a real nginx that passes on the agreement on permessage-deflate,
// and what clients compress.
#include <pumphouse/testing/transport_conformance.hpp>

#include <memory>
#include <stdexcept>
#include <string>

#include <pumphouse/transport/deflate/deflate.hpp>
#include <pumphouse/transport/websocket/permessage_deflate.hpp>

#include "support/catch.hpp"
#include "transport/deflate/deflate_harness.hpp"
#include "transport/nginx/nginx.hpp"

using namespace pumphouse;

namespace {

template <typename Harness>
std::unique_ptr<Harness> through_nginx() {
    DeflateAgreement agreement;
    auto const agree = [&](std::string const& offers) {
        agreement = agree_on_deflate(offers, *deflate());
        if (agreement.answer.empty()) throw std::runtime_error{"nginx keeps the offer to itself"};
        return agreement.answer;
    };
    SocketPair const pair = nginx_test::Nginx::shared().connect({"permessage-deflate", agree});
    return std::make_unique<Harness>(pair, agreement.terms);
}

template <typename Harness>
void conforms_through_nginx() {
    for (auto const& each : testing::transport_conformance(through_nginx<Harness>)) {
        SECTION(std::string{each.name}) { CHECK(each.run() == ""); }
    }
}

}  // namespace

TEST_CASE("a WebSocket that agrees on compression through nginx conforms") {
    conforms_through_nginx<DeflateHarness>();
}
TEST_CASE("a WebSocket whose client compresses conforms through nginx") {
    conforms_through_nginx<CompressingHarness>();
}
