// SPDX-License-Identifier: MIT
//
// Compression for Pumphouse's WebSocket servers (permessage-deflate), by zlib: `deflate()` is what
// a server's option `compression` takes.
#pragma once

#include <pumphouse/pumphouse.hpp>

#include <pumphouse/transport/deflate/deflate.hpp>
