// SPDX-License-Identifier: MIT
//
// Pumphouse over WebSocket: a server with hubs by path and HTTP routes, on the host's io_context.
#pragma once

#include <pumphouse/asio.hpp>

#include <pumphouse/server/end_on_signals.hpp>
#include <pumphouse/server/websocket_server.hpp>
#include <pumphouse/transport/websocket/websocket_transport.hpp>
