// SPDX-License-Identifier: MIT
//
// The library's version, once as text and once as numbers for the preprocessor.
// The build reads these numbers; nothing else states them.
#pragma once

#include <string_view>

#define PUMPHOUSE_VERSION_MAJOR 0
#define PUMPHOUSE_VERSION_MINOR 1
#define PUMPHOUSE_VERSION_PATCH 0

namespace pumphouse {

inline constexpr std::string_view version = "0.1.0";

}  // namespace pumphouse
