// SPDX-License-Identifier: MIT
//
// listen_on: the listening sockets for an address and a port. `localhost` is 127.0.0.1 and ::1,
// an empty address every one of this machine; what the machine does not have is left out. Port 0
// lets the kernel choose, the same port for all of them.
//
// Throws std::system_error, "cannot listen on localhost:8080: Address already in use".
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/strand.hpp>

#include <pumphouse/config.hpp>

namespace pumphouse {

using ServerStrand = asio::strand<asio::io_context::executor_type>;
using Acceptor = asio::ip::tcp::acceptor;

std::vector<Acceptor> listen_on(ServerStrand const& strand, std::string const& address,
                                std::uint16_t port, int backlog);

}  // namespace pumphouse

#if !defined(PUMPHOUSE_SEPARATE_COMPILATION)
#include <pumphouse/impl/listen.ipp>
#endif
