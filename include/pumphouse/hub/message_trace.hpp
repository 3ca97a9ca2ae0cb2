// SPDX-License-Identifier: MIT
//
// MessageTrace: the two spans of one message that was read: `websocket.read_message`, and
// `websocket.process_<type>` around the host's hook. The second begins when the host says of which
// type the message is (`hub.trace(type, sender)`), when something is broadcast or sent, or when
// the hook has returned, whatever is first. On the stack of its shard, while the hook runs.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include <pumphouse/fwd.hpp>
#include <pumphouse/observe/tracing/span.hpp>

namespace pumphouse {

/// The name of a type of messages, of the letters, digits and _ of a literal: so there are as many
/// spans' names as the program has in its text, whatever peers send.
class MessageType {
public:
    static constexpr std::size_t max_bytes = 40;

    template <std::size_t N>
    consteval MessageType(char const (&text)[N]) : text_{text, N - 1} {
        if (text_.empty() || text_.size() > max_bytes) throw "a type has 1 to 40 bytes";
        for (char const c : text_) {
            bool const is_fine = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
            if (!is_fine) throw "a type is of lower case letters, digits and _";
        }
    }

    constexpr std::string_view text() const noexcept { return text_; }

private:
    std::string_view text_;
};

class MessageTrace final : public ActiveSpan {
public:
    struct Facts {
        TraceContext connection{};  // linked to
        bool is_trusted = false;
        MessageType type;  // when the host names none
        Time began{};
    };

    MessageTrace(Tracer& tracer, Facts const& facts) noexcept
        : ActiveSpan{{}, &begin_unnamed},
          tracer_{tracer},
          facts_{facts},
          type_{facts.type},
          read_{tracer, {.name = "websocket.read_message",
                         .kind = SpanKind::server,
                         .link = facts.connection,
                         .at = facts.began}} {
        context_ = read_.context();
    }

    /// The first one counts. A sender that may be believed is the parent, else it is linked to.
    TraceContext const& process(MessageType type, TraceContext const& sender) noexcept {
        if (has_begun_) return context_;
        has_begun_ = true;
        begin_ = nullptr;
        type_ = type;
        bool const is_child = facts_.is_trusted && sender.is_valid();
        TraceContext const& parent = is_child ? sender : read_.context();
        if (!is_child && !read_.is_recorded()) return context_;  // nor is what is below it
        std::array<char, prefix.size() + MessageType::max_bytes> name;
        auto const end = std::copy(prefix.begin(), prefix.end(), name.begin());
        auto const last = std::copy(type.text().begin(), type.text().end(), end);
        process_ = Span{tracer_,
                        {.name = {name.data(), static_cast<std::size_t>(last - name.begin())},
                         .kind = SpanKind::consumer,
                         .parent = parent,
                         .is_remote = is_child,
                         .link = is_child ? read_.context() : sender,
                         .at = facts_.began}};
        context_ = process_.context();
        return context_;
    }

    bool is_recorded() const noexcept { return read_.is_recorded() || process_.is_recorded(); }

    /// The hook has returned. `attributes` but for `message.type`, for which the first has room.
    void end(Time at, std::span<LogField> attributes, std::string_view problem) noexcept {
        process(type_, {});
        if (!is_recorded()) return;
        attributes.front() = LogField{"message.type", type_.text()};
        SpanEnd const end{at, attributes, problem};
        process_.end(end);
        read_.end(end);
    }

private:
    static constexpr std::string_view prefix = "websocket.process_";

    static void begin_unnamed(ActiveSpan& self) noexcept {
        auto& trace = static_cast<MessageTrace&>(self);
        trace.process(trace.type_, {});
    }

    Tracer& tracer_;
    Facts const facts_;
    MessageType type_;
    Span read_;
    Span process_;
    bool has_begun_ = false;
};

}  // namespace pumphouse
