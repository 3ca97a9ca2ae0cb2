// SPDX-License-Identifier: MIT
//
// The FrameDecoder of RFC 6455.
#include <pumphouse/transport/websocket/frame_decoder.hpp>

#include "fuzz/decoder_fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    fuzz::run<pumphouse::websocket::FrameDecoder>(data, size);
    return 0;
}
