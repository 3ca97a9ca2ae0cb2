// SPDX-License-Identifier: MIT
//
// The decoder of length-prefixed frames.
#include <pumphouse/transport/length_prefixed_decoder.hpp>

#include "fuzz/decoder_fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    fuzz::run<pumphouse::LengthPrefixedDecoder>(data, size);
    return 0;
}
