// SPDX-License-Identifier: MIT
//
// Draft: a message that a client wants said, complete and stamped, before anybody has got it. The
// host's `on_said` sees it, may change it, refuse it, or keep it and have it delivered later, from
// any thread, by `deliver`.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include <pumphouse/message/client_id.hpp>
#include <pumphouse/protocol/error.hpp>
#include <pumphouse/message/timestamp.hpp>
#include <pumphouse/observe/tracing/trace_context.hpp>

namespace pumphouse::protocol {

struct Draft {
    enum class Kind : std::uint8_t {
        room_message,     // to the others in `room`
        broadcast,        // to all in `room`; without one to everybody
        private_message,  // to `to`
    };

    Kind kind = Kind::broadcast;
    std::string room = {};
    std::string data = "null";  // JSON; what the host puts here has to be
    std::string from = {};      // the sender's public id; empty: the server itself
    std::string user = {};      // the sender's user id, if it has one
    std::string to = {};        // a public id
    std::string request_id = {};
    Timestamp timestamp{};
    std::uint64_t key = 0;  // in a keyed room, whose value it is: see key_of; clients name none
    ClientId client{};      // the sender
    ClientId recipient{};   // whom `to` names
    TraceContext trace{};   // the span that it belongs to; invalid: none
    bool passes_trace_on = false;  // the sender has named one: so whoever gets it is told
};

/// What `on_said` answers.
class Verdict {
public:
    enum class What : std::uint8_t { publish, later, refuse };

    constexpr Verdict(What what) : what_{what} {}
    /// Refuses, with this error as the answer.
    Verdict(Error error) : what_{What::refuse}, error_{std::move(error)} {}
    Verdict(ErrorCode code) : Verdict{Error{code}} {}

    What what() const noexcept { return what_; }
    Error& error() noexcept { return error_; }

private:
    What what_;
    Error error_{};
};

/// It is delivered when the hook has returned.
inline constexpr Verdict::What publish = Verdict::What::publish;
/// The host has copied the draft, and calls `deliver` or `answer` for it.
inline constexpr Verdict::What later = Verdict::What::later;

}  // namespace pumphouse::protocol
