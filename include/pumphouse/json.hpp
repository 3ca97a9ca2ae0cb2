// SPDX-License-Identifier: MIT
//
// JSON for Pumphouse: JsonCodec, and json::encode and json::decode for everything else.
#pragma once

#include <pumphouse/codec/json/json_codec.hpp>
