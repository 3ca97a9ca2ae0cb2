// SPDX-License-Identifier: MIT
//
// The FrameDecoder of a peer that compresses: frames as they come, and whatever bytes as what a
// compressed message is, in fragments.
#include <pumphouse/transport/deflate/deflate.hpp>
#include <pumphouse/transport/websocket/frame_decoder.hpp>

#include "fuzz/decoder_fuzz.hpp"
#include "transport/wire.hpp"

namespace {

// The largest window: zlib takes what points behind a smaller one as long as it goes no further
// than what was inflated with it, so there the cut would make a difference.
using Base = pumphouse::websocket::InflatingFrameDecoder;
struct Decoder : Base {
    explicit Decoder(std::size_t max_message_bytes)
        : Base{max_message_bytes, {pumphouse::deflate(), 15}} {}
};

std::string as_message(int opcode, std::string_view payload, std::size_t fragment_bytes) {
    std::string stream;
    int first = opcode | 0x40;
    do {
        std::size_t const take = std::min(fragment_bytes, payload.size());
        bool const is_last = take == payload.size();
        stream += wire::WebSocketFrame{first | (is_last ? wire::fin : 0),
                                       std::string{payload.substr(0, take)}}
                      .bytes();
        payload.remove_prefix(take);
        first = 0;
    } while (!payload.empty());
    return stream + wire::masked(pumphouse::Opcode::text, "behind");
}

}  // namespace

template <>
constexpr std::size_t fuzz::held_beside<Decoder> = std::size_t{48} << 10;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size < 3) return 0;
    std::size_t const step = data[0] % 64 + 1;
    std::string const rest{reinterpret_cast<char const*>(data) + 2, size - 2};
    bool const is_stream = data[1] % 4 == 0;
    int const opcode = data[1] % 2 + 1;
    fuzz::run_cut<Decoder>(is_stream ? rest : as_message(opcode, rest, data[1] + 1U), step);
    return 0;
}
