// SPDX-License-Identifier: MIT
//
// Fuzzes the reader of the room protocol: any bytes are a request within all limits or an error,
// and what is passed on comes out of the writer as it went in.

#include <pumphouse/protocol.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "fuzz/expect.hpp"

namespace {

using namespace pumphouse::protocol;

// What is read once is read again from what is written of it.
void check_reading(std::string_view frame) {
    auto const result = read(frame);
    if (auto const* const error = std::get_if<Error>(&result)) {
        EXPECT(!error->code.empty() && !error->message.empty());
        auto const again = read(written(*error));
        EXPECT(std::holds_alternative<Request>(again));
        return;
    }
    auto const& request = std::get<Request>(result);
    EXPECT(pumphouse::is_utf8(request.request_id));
    if (auto const* const echo = std::get_if<Echo>(&request.body)) {
        EXPECT(frame.find(echo->data) != frame.npos);
        std::string const answer = written(EchoAnswer{request.request_id, echo->data, {}});
        auto const again = read(answer, {.max_message_bytes = answer.size()});
        EXPECT(std::get<Echo>(std::get<Request>(again).body).data == echo->data);
        EXPECT(std::get<Request>(again).request_id == request.request_id);
    }
    if (auto const* const join = std::get_if<JoinRoom>(&request.body)) {
        EXPECT(pumphouse::is_utf8(join->room) && !join->room.empty());
        if (join->since) EXPECT(join->since->offset <= max_offset);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    check_reading({reinterpret_cast<char const*>(data), size});
    return 0;
}
