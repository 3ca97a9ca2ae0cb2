// SPDX-License-Identifier: MIT
//
// RawCodec: no codec. The application sends and receives messages as they are, uncopied.
#pragma once

#include <pumphouse/codec/codec.hpp>

namespace pumphouse {

struct RawCodec {
    using value_type = Message;

    Opcode encode(Message const& message, std::string& out) const {
        out.append(message.payload);
        return message.opcode;
    }
    Decoded<Message> decode(Message message) const { return message; }
};

static_assert(Codec<RawCodec>);

}  // namespace pumphouse
