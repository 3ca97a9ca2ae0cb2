// SPDX-License-Identifier: MIT
//
// deflate(): permessage-deflate by zlib, as a server's option `compression` takes it:
//
//   pumphouse::WebSocketServer server{io, hub, {.compression = pumphouse::deflate()}};
#pragma once

#include <pumphouse/config.hpp>
#include <pumphouse/transport/deflate/deflate_format.hpp>
#include <pumphouse/transport/websocket/compression.hpp>

namespace pumphouse {

/// There is one, with static storage. Any thread.
Compression const* deflate() noexcept;

}  // namespace pumphouse

#if !defined(PUMPHOUSE_SEPARATE_COMPILATION)
#include <pumphouse/impl/deflate.ipp>
#endif
