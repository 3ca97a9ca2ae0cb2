// SPDX-License-Identifier: MIT
//
// Reads a text into a value, in one pass: RapidJSON's events go straight to the members they are
// for. There is no tree in between, for three reasons: what a hostile text can make the program
// keep is what the host's own type holds, not a multiple of the text; raw members keep their
// bytes, which a tree of parsed numbers has lost; and an error is found where it is, with its path.
//
// RapidJSON parses iteratively and the reader has its own stack, so that depth is a limit and not
// a crash. Nothing is thrown for bad input; std::bad_alloc passes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <pumphouse/codec/json/json_error.hpp>
#include <pumphouse/codec/json/json_options.hpp>
#include <pumphouse/codec/json/json_shape.hpp>
#include <pumphouse/config.hpp>

namespace pumphouse::json {

/// Fills the target's object. False: the text is not that; `error` says why, and the object holds
/// whatever came before.
bool read(std::string_view text, JsonOptions const& options, Target target, JsonError& error);

/// Looks for the member `tag_name` of the object that `text` begins with, wherever it stands in
/// it. False: there is none, or it is no string; `error` says so. Without an error: what comes
/// before it is no JSON.
bool find_tag(std::string_view text, std::string& tag, JsonError& error);

}  // namespace pumphouse::json

#if !defined(PUMPHOUSE_SEPARATE_COMPILATION)
#include <pumphouse/impl/json_reader.ipp>
#endif
