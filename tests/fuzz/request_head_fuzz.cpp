// SPDX-License-Identifier: MIT
//
// The head of an HTTP request: whatever stands there, it is refused or understood, the same each
// time, and what is understood has no line ends in it.
#include <cstddef>
#include <cstdint>
#include <string>

#include <pumphouse/server/request_head.hpp>

#include "fuzz/expect.hpp"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string text{reinterpret_cast<char const*>(data), size};
    if (!text.ends_with("\r\n\r\n")) text += "\r\n\r\n";
    pumphouse::RequestHead head;
    pumphouse::RequestHead again;
    bool const is_refused = static_cast<bool>(head.parse(text));
    EXPECT(static_cast<bool>(again.parse(text)) == is_refused);
    if (is_refused) return 0;
    static_cast<void>(head.wants_websocket());
    static_cast<void>(head.waits_for_continue());
    static_cast<void>(head.check_body(1000));
    EXPECT(head.request.path.find_first_of("\r\n") == std::string::npos ||
                text.find('%') != std::string::npos);
    return 0;
}
