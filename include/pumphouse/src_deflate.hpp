// SPDX-License-Identifier: MIT
//
// The bodies of compression by zlib, beside those of src.hpp, for the one translation unit that
// compiles them when PUMPHOUSE_SEPARATE_COMPILATION is defined for all.
#pragma once

#include <pumphouse/deflate.hpp>
#include <pumphouse/src.hpp>

#include <pumphouse/impl/deflate.ipp>
#include <pumphouse/impl/deflate_format.ipp>
