// SPDX-License-Identifier: MIT
//
// `traceparent` and `tracestate` of whatever bytes: what is read is valid, bounded, and read again
// from what is written of it.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <pumphouse/observe/tracing/trace_context.hpp>

#include "fuzz/expect.hpp"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string_view const text{reinterpret_cast<char const*>(data), size};
    std::string_view const parent = text.substr(0, text.find('\n'));
    std::string_view const state = text.substr(std::min(parent.size() + 1, text.size()));
    if (auto const context = pumphouse::read_traceparent(parent)) {
        EXPECT(context->is_valid());
        EXPECT(parent.size() >= pumphouse::traceparent_bytes);
        std::string const written = pumphouse::to_traceparent(*context);
        EXPECT(written.size() == pumphouse::traceparent_bytes);
        EXPECT(pumphouse::read_traceparent(written) == context);
    }
    std::string const list = pumphouse::read_tracestate(state);
    EXPECT(list.size() <= pumphouse::max_tracestate_bytes);
    EXPECT(list.size() <= state.size());
    EXPECT(pumphouse::read_tracestate(list) == list);
    return 0;
}
