// SPDX-License-Identifier: MIT
//
// Whatever comes in, the JSON codec makes a value or an error in words of it; what it makes a value
// of is sent on as a message that means the same, for good.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <pumphouse/json.hpp>
#include <pumphouse/transport/utf8.hpp>

#include "codec/json/messages.hpp"
#include "fuzz/expect.hpp"

namespace {

using namespace pumphouse;

template <typename T>
void try_out(std::string_view text, JsonOptions const& options) {
    auto const result = json::decode<T>(text, options);
    if (!result) {
        EXPECT(result.error.kind != JsonError::Kind::none);
        EXPECT(!result.error.what.empty());
        EXPECT(is_utf8(result.error.text()));
        return;
    }
    std::string const again = json::encode(*result.value);
    auto const back = json::decode<T>(again);
    EXPECT(back.value.has_value());
    EXPECT(*back.value == *result.value);
    EXPECT(json::encode(*back.value) == again);
    EXPECT(is_utf8(again));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string_view const text{reinterpret_cast<char const*>(data), size};
    try_out<messages::Any>(text, {});
    try_out<messages::Order>(text, {.max_depth = 4, .max_bytes = 1000, .max_elements = 20});
    try_out<std::vector<messages::Point>>(text, {.unknown_members = UnknownMembers::refuse});
    try_out<RawJson>(text, {});
    return 0;
}
