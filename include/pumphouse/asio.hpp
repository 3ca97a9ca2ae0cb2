// SPDX-License-Identifier: MIT
//
// Pumphouse on the host's asio::io_context: `asio_driver(io, hub)` runs a hub there.
#pragma once

#include <pumphouse/pumphouse.hpp>

#include <pumphouse/hub/asio_driver.hpp>
