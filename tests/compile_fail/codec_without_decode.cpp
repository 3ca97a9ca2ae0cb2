// SPDX-License-Identifier: MIT
// expect: Policy: codec must have value_type, encode(value, std::string&) -> Opcode and
#include <pumphouse/pumphouse.hpp>

using namespace pumphouse;

struct HalfACodec {
    using value_type = int;
    Opcode encode(int const& value, std::string& out) const;
#ifdef PUMPHOUSE_CONTROL
    Decoded<int> decode(Message message) const;
#endif
};

struct Chat : DefaultPolicy {
    using codec = HalfACodec;
};

Hub<Chat> hub;
