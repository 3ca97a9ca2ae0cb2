// SPDX-License-Identifier: MIT
//
// The whole std-only core. Sockets and servers are headers of their own (websocket.hpp, tcp.hpp,
// asio.hpp), so that nothing heavy comes with this one.
#pragma once

#include <pumphouse/client/client.hpp>
#include <pumphouse/client/memory_peer.hpp>
#include <pumphouse/codec/codec.hpp>
#include <pumphouse/codec/raw_codec.hpp>
#include <pumphouse/fwd.hpp>
#include <pumphouse/hub/hub.hpp>
#include <pumphouse/hub/policy.hpp>
#include <pumphouse/message/close.hpp>
#include <pumphouse/message/message.hpp>
#include <pumphouse/transport/memory_transport.hpp>
#include <pumphouse/version.hpp>
