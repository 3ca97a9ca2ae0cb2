// SPDX-License-Identifier: MIT
//
// MessageTrace: the two spans of one message that was read: `websocket.read_message`, and
// `websocket.process_<type>` around the host's hook. The second begins when the host asks for it
// (`hub.trace(type, sender)`), when something is broadcast or sent, or when the hook has returned,
// whatever is first. On the stack of its shard, while the hook runs.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include <pumphouse/fwd.hpp>
#include <pumphouse/message/message_type.hpp>
#include <pumphouse/observe/tracing/span.hpp>

namespace pumphouse {

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
          read_{tracer, {.name = "websocket.read_message",
                         .kind = SpanKind::server,
                         .link = facts.connection,
                         .at = facts.began}} {
        context_ = read_.context();
    }

    /// What the message is; the second span is called by what is known when it begins.
    void name(MessageType type) noexcept { message_type_ = type; }

    /// The first one counts. A sender that may be believed is the parent, else it is linked to.
    TraceContext const& process(TraceContext const& sender) noexcept {
        if (has_begun_) return context_;
        has_begun_ = true;
        begin_ = nullptr;
        bool const is_child = facts_.is_trusted && sender.is_valid();
        TraceContext const& parent = is_child ? sender : read_.context();
        if (!is_child && !read_.is_recorded()) return context_;  // nor is what is below it
        std::array<char, prefix.size() + MessageType::max_bytes> name;
        auto const end = std::copy(prefix.begin(), prefix.end(), name.begin());
        std::string_view const type = this->type().text();
        auto const last = std::copy(type.begin(), type.end(), end);
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
        process({});
        if (!is_recorded()) return;
        attributes.front() = LogField{"message.type", type().text()};
        SpanEnd const end{at, attributes, problem};
        process_.end(end);
        read_.end(end);
    }

private:
    static constexpr std::string_view prefix = "websocket.process_";

    static void begin_unnamed(ActiveSpan& self) noexcept {
        static_cast<MessageTrace&>(self).process({});
    }

    MessageType type() const noexcept {
        return message_type_.is_none() ? facts_.type : message_type_;
    }

    Tracer& tracer_;
    Facts const facts_;
    Span read_;
    Span process_;
    bool has_begun_ = false;
};

}  // namespace pumphouse
