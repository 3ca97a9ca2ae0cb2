// SPDX-License-Identifier: MIT
//
// The head of an HTTP request: whatever stands there, it is refused or understood, the same each
// time, and what is understood has no line ends in it.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <pumphouse/server/request_head.hpp>

namespace {

void require(bool holds, char const* what) {
    if (holds) return;
    std::fprintf(stderr, "%s\n", what);
    std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string text{reinterpret_cast<char const*>(data), size};
    if (!text.ends_with("\r\n\r\n")) text += "\r\n\r\n";
    pumphouse::RequestHead head;
    pumphouse::RequestHead again;
    bool const is_refused = static_cast<bool>(head.parse(text));
    require(static_cast<bool>(again.parse(text)) == is_refused, "twice read, it is another head");
    if (is_refused) return 0;
    static_cast<void>(head.wants_websocket());
    static_cast<void>(head.waits_for_continue());
    static_cast<void>(head.check_body(1000));
    require(head.request.path.find_first_of("\r\n") == std::string::npos ||
                text.find('%') != std::string::npos,
            "a path with a line end in it");
    return 0;
}
