// SPDX-License-Identifier: MIT
//
// The library's log in a spdlog logger. Needs spdlog.
#pragma once

#include <pumphouse/observe/spdlog/spdlog_handler.hpp>
#include <pumphouse/pumphouse.hpp>
