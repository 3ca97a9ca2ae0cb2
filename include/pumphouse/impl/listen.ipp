// SPDX-License-Identifier: MIT
// Bodies of server/listen.hpp.
#pragma once

#include <system_error>
#include <utility>

#include <asio/ip/v6_only.hpp>

#include <pumphouse/server/listen.hpp>

namespace pumphouse {

namespace detail {

// One name may stand for several addresses: the endpoints to try, and whether all must work.
struct ListenPlan {
    std::vector<asio::ip::tcp::endpoint> endpoints;
    bool needs_all = true;
};

inline ListenPlan plan_listening(ServerStrand const& strand, std::string const& address,
                                 std::uint16_t port, asio::error_code& error) {
    using asio::ip::tcp;
    if (address == "localhost") {
        return {{{asio::ip::address_v4::loopback(), port},
                 {asio::ip::address_v6::loopback(), port}},
                false};
    }
    if (address.empty()) return {{{tcp::v4(), port}, {tcp::v6(), port}}, false};
    asio::error_code not_a_number;
    auto const number = asio::ip::make_address(address, not_a_number);
    if (!not_a_number) return {{{number, port}}, true};

    tcp::resolver resolver{strand};
    ListenPlan plan;
    for (auto const& found : resolver.resolve(address, std::to_string(port),
                                              tcp::resolver::numeric_service, error)) {
        plan.endpoints.push_back(found.endpoint());
    }
    return plan;
}

inline Acceptor open_acceptor(ServerStrand const& strand, asio::ip::tcp::endpoint const& where,
                              bool is_alone, int backlog, asio::error_code& error) {
    Acceptor acceptor{strand};
    acceptor.open(where.protocol(), error);
    if (!error) acceptor.set_option(Acceptor::reuse_address(true), error);
    if (!error && where.address().is_v6()) {
        // Beside an IPv4 socket on the same port it must keep to its own kind.
        acceptor.set_option(asio::ip::v6_only(!is_alone), error);
    }
    if (!error) acceptor.bind(where, error);
    if (!error) acceptor.listen(backlog, error);
    if (!error) acceptor.native_non_blocking(true, error);
    return acceptor;
}

inline bool is_missing_family(asio::error_code const& error) {
    return error == asio::error::address_family_not_supported ||
           error == std::errc::address_not_available;
}

// One attempt; with port 0 the first socket's port is the others' too.
inline std::vector<Acceptor> try_listening(ServerStrand const& strand, ListenPlan const& plan,
                                           int backlog, asio::error_code& error) {
    std::vector<Acceptor> open;
    bool const is_alone = plan.endpoints.size() == 1;
    for (auto where : plan.endpoints) {
        if (where.port() == 0 && !open.empty()) where.port(open.front().local_endpoint().port());
        Acceptor acceptor = open_acceptor(strand, where, is_alone, backlog, error);
        if (!error) {
            open.push_back(std::move(acceptor));
        } else if (plan.needs_all || !is_missing_family(error)) {
            return {};
        }
    }
    if (!open.empty()) error = {};
    return open;
}

}  // namespace detail

PUMPHOUSE_DECL std::vector<Acceptor> listen_on(ServerStrand const& strand,
                                               std::string const& address, std::uint16_t port,
                                               int backlog) {
    asio::error_code error;
    auto const plan = detail::plan_listening(strand, address, port, error);
    std::vector<Acceptor> open;
    // The kernel's choice for one address may be taken on the other: let it choose again.
    for (int attempt = 0; attempt < 8 && !error; ++attempt) {
        open = detail::try_listening(strand, plan, backlog, error);
        if (port != 0 || error != asio::error::address_in_use) break;
        if (attempt < 7) error = {};
    }
    if (open.empty()) {
        std::string const name = address.find(':') == std::string::npos ? address
                                                                        : '[' + address + ']';
        throw std::system_error{error, "cannot listen on " + name + ':' + std::to_string(port)};
    }
    return open;
}

}  // namespace pumphouse
