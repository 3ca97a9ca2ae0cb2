// SPDX-License-Identifier: MIT
//
// Pumphouse over TCP: clients that speak length-prefixed frames, on the host's io_context.
#pragma once

#include <pumphouse/asio.hpp>

#include <pumphouse/server/tcp_server.hpp>
#include <pumphouse/transport/tcp/tcp_transport.hpp>
