// SPDX-License-Identifier: MIT
//
// Span: a started span that is ended once. And ActiveSpan: what a thread works on just now, so
// that what it hands to a hub becomes a child of that.
#pragma once

#include <utility>

#include <pumphouse/message/message_type.hpp>
#include <pumphouse/observe/tracing/tracer.hpp>

namespace pumphouse {

class Span {
public:
    Span() noexcept = default;
    Span(Tracer& tracer, SpanStart const& start) noexcept
        : tracer_{&tracer}, started_{tracer.start(start)}, began_{start.at} {}
    Span(Span&& other) noexcept
        : tracer_{other.tracer_},
          started_{std::exchange(other.started_, {})},
          began_{other.began_} {}
    Span& operator=(Span&& other) noexcept {
        Span taken{std::move(other)};
        std::swap(tracer_, taken.tracer_);
        std::swap(started_, taken.started_);
        std::swap(began_, taken.began_);
        return *this;
    }
    ~Span() { end({.at = began_, .problem = "abandoned"}); }

    TraceContext const& context() const noexcept { return started_.context; }
    bool is_recorded() const noexcept { return started_.record != nullptr; }

    /// The first one counts.
    void end(SpanEnd const& end) noexcept {
        if (started_.record == nullptr) return;
        tracer_->end(started_, end);
        started_.record = nullptr;
    }

private:
    Tracer* tracer_ = nullptr;
    StartedSpan started_{};
    Time began_{};
};

/// While it lives, what this thread broadcasts and sends is a child of that span:
///
///   pumphouse::ActiveSpan const active{context};
///   hub.broadcast("lobby", text);
///
/// Ends on the thread and in the scope where it began.
class ActiveSpan {
public:
    explicit ActiveSpan(TraceContext const& context) noexcept
        : ActiveSpan{context, current_type()} {}
    /// Of a message of that type, which may be another thread's.
    ActiveSpan(TraceContext const& context, MessageType type) noexcept
        : context_{context}, message_type_{type} {
        top() = this;
    }
    ActiveSpan(ActiveSpan const&) = delete;
    ActiveSpan& operator=(ActiveSpan const&) = delete;
    ~ActiveSpan() { top() = outer_; }

    /// Invalid when there is none.
    static TraceContext current() noexcept {
        ActiveSpan* const innermost = top();
        if (innermost == nullptr) return {};
        if (auto const begin = std::exchange(innermost->begin_, nullptr)) begin(*innermost);
        return innermost->context_;
    }

    /// What the message is that is at work; none: nobody has named it, or there is none.
    static MessageType current_type() noexcept {
        return top() != nullptr ? top()->message_type_ : MessageType{};
    }

protected:
    /// One that begins when somebody asks for it first.
    using Begin = void (*)(ActiveSpan&) noexcept;
    ActiveSpan(TraceContext const& context, Begin begin) noexcept
        : context_{context}, begin_{begin} {
        top() = this;
    }

    TraceContext context_;
    MessageType message_type_{};
    Begin begin_ = nullptr;

private:
    static ActiveSpan*& top() noexcept {
        thread_local ActiveSpan* innermost = nullptr;
        return innermost;
    }

    ActiveSpan* outer_ = top();
};

}  // namespace pumphouse
