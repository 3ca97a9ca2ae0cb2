// SPDX-License-Identifier: MIT
//
// Whose connection it is: only proxies that are named are believed, and only what they wrote.
#include <pumphouse/server/upgrade/forwarded.hpp>

#include "support/catch.hpp"
#include "support/problem_of.hpp"

using pumphouse::ForwardedAddress;
using pumphouse::HttpRequest;
using pumphouse::Network;
using pumphouse::PeerAddress;
using pumphouse::ProxyOptions;

namespace {

PeerAddress address(std::string_view text) { return PeerAddress::parse(text).value(); }

std::string client(std::string_view peer, std::string value,
                   ProxyOptions::Header header = ProxyOptions::Header::x_forwarded_for) {
    ForwardedAddress const forwarded{
        {.trusted_proxies = {"10.0.0.0/8", "2001:db8:1::/48", "127.0.0.1"}, .header = header}};
    HttpRequest request;
    bool const is_element = header == ProxyOptions::Header::forwarded;
    request.headers = {{is_element ? "forwarded" : "x-forwarded-for", std::move(value)},
                       {is_element ? "X-Forwarded-For" : "Forwarded", "for=198.51.100.99"}};
    return forwarded.client_of(address(peer), request).text();
}

}  // namespace

TEST_CASE("an address has one spelling") {
    CHECK(address("192.0.2.1").text() == "192.0.2.1");
    CHECK(address("::ffff:192.0.2.1") == address("192.0.2.1"));
    CHECK(address("2001:DB8:0::1").text() == "2001:db8::1");
    CHECK(address("2001:db8::1").customer() == address("2001:db8::2").customer());
    CHECK(address("2001:db8:0:1::1").customer() != address("2001:db8::1").customer());
    CHECK(address("192.0.2.1").customer() != address("192.0.2.2").customer());
    for (char const* const text : {"", "localhost", "192.0.2", "192.0.2.256", "192.0.2.1 ",
                                   "[::1]", "fe80::1%eth0", "192.0.2.1:80", "0x7f.1"}) {
        CAPTURE(text);
        CHECK_FALSE(PeerAddress::parse(text));
    }
}

TEST_CASE("a network holds the addresses whose first bits are its own") {
    auto const holds = [](std::string_view network, std::string_view text) {
        return Network::parse(network).value().holds(address(text));
    };
    CHECK(holds("10.0.0.0/8", "10.255.0.1"));
    CHECK_FALSE(holds("10.0.0.0/8", "11.0.0.1"));
    CHECK(holds("172.16.0.0/12", "172.31.255.255"));
    CHECK_FALSE(holds("172.16.0.0/12", "172.32.0.0"));
    CHECK(holds("192.0.2.1", "192.0.2.1"));
    CHECK_FALSE(holds("192.0.2.1", "192.0.2.2"));
    CHECK(holds("192.0.2.1/32", "192.0.2.1"));
    CHECK(holds("0.0.0.0/0", "192.0.2.1"));
    CHECK_FALSE(holds("0.0.0.0/0", "::1"));
    CHECK(holds("2001:db8::/33", "2001:db8:7fff::1"));
    CHECK_FALSE(holds("2001:db8::/33", "2001:db8:8000::1"));
    CHECK(holds("::1/128", "::1"));
    for (char const* const text : {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1",
                                   "10.0.0.0/8x", "::/129", "localhost", "10.0.0.0/8/8"}) {
        CAPTURE(text);
        CHECK_FALSE(Network::parse(text));
        CHECK(support::problem_of([&] { ForwardedAddress{{.trusted_proxies = {text}}}; })
                  .starts_with("trusted_proxies: \"" + std::string{text} + '"'));
    }
}

TEST_CASE("who is no named proxy stands for himself, whatever he sends") {
    CHECK(client("203.0.113.5", "192.0.2.1") == "203.0.113.5");
    CHECK(client("203.0.113.5", "10.0.0.1, 192.0.2.1") == "203.0.113.5");
    CHECK(client("11.0.0.1", "192.0.2.1") == "11.0.0.1");
}

TEST_CASE("a named proxy is believed about the one it has seen, and no further") {
    CHECK(client("10.0.0.1", "192.0.2.1") == "192.0.2.1");
    CHECK(client("127.0.0.1", "2001:db8::7") == "2001:db8::7");
    // What stands before was written by the client.
    CHECK(client("10.0.0.1", "198.51.100.1, 192.0.2.1") == "192.0.2.1");
    CHECK(client("10.0.0.1", "127.0.0.1, 192.0.2.1") == "192.0.2.1");
    // Through two of ours.
    CHECK(client("10.0.0.1", "198.51.100.1, 192.0.2.1, 10.0.0.2") == "192.0.2.1");
    CHECK(client("10.0.0.1", "192.0.2.1,2001:db8:1::5 , 10.0.0.2") == "192.0.2.1");
    // Ports, as some write them.
    CHECK(client("10.0.0.1", "192.0.2.1:4711") == "192.0.2.1");
    CHECK(client("10.0.0.1", "[2001:db8::7]:4711") == "2001:db8::7");
    CHECK(client("10.0.0.1", "[2001:db8::7]") == "2001:db8::7");
}

TEST_CASE("a proxy that names nobody stands for itself") {
    CHECK(client("10.0.0.1", "") == "10.0.0.1");
    CHECK(client("10.0.0.1", "unknown") == "10.0.0.1");
    CHECK(client("10.0.0.1", "192.0.2.1, _hidden") == "10.0.0.1");
    CHECK(client("10.0.0.1", ", ,") == "10.0.0.1");
    CHECK(client("10.0.0.1", "192.0.2.1, [") == "10.0.0.1");
}

TEST_CASE("a quote that the client has left open hides nothing") {
    CHECK(client("10.0.0.1", "\", 192.0.2.1") == "192.0.2.1");
    auto const standard = ProxyOptions::Header::forwarded;
    CHECK(client("10.0.0.1", "for=\", for=192.0.2.1", standard) == "192.0.2.1");
    CHECK(client("10.0.0.1", "for=\"x;, for=\"[2001:db8::7]:1\"", standard) == "2001:db8::7");
}

TEST_CASE("only the header that the proxies write is read, the standard one by option") {
    auto const standard = ProxyOptions::Header::forwarded;
    CHECK(client("10.0.0.1", "for=192.0.2.1", standard) == "192.0.2.1");
    CHECK(client("10.0.0.1", "For=\"[2001:db8::7]:4711\";proto=https;by=10.0.0.1", standard) ==
          "2001:db8::7");
    CHECK(client("10.0.0.1", "for=198.51.100.1, proto=http; for=192.0.2.1", standard) ==
          "192.0.2.1");
    CHECK(client("10.0.0.1", "for=192.0.2.1, for=10.0.0.2", standard) == "192.0.2.1");
    CHECK(client("10.0.0.1", "for=unknown", standard) == "10.0.0.1");
    CHECK(client("10.0.0.1", "proto=https", standard) == "10.0.0.1");
}
