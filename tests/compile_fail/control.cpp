// SPDX-License-Identifier: MIT
// expect: compiles
//
// The control of this folder: with the same flags, what should compile does.
#include <pumphouse/version.hpp>

static_assert(!pumphouse::version.empty());
