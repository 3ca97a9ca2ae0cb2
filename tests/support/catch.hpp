// SPDX-License-Identifier: MIT
//
// Catch2 under one name: the tests build with 2.13 (Debian) and with 3.x (elsewhere).
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif
