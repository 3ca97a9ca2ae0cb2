// SPDX-License-Identifier: MIT
// Bodies of hub/shard.hpp: the spans of connections, messages and broadcasts. Nothing here runs
// where there is no tracer.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include <pumphouse/client/client_trace.hpp>
#include <pumphouse/hub/message_trace.hpp>
#include <pumphouse/hub/shard.hpp>

namespace pumphouse {

namespace detail {

// As many words as the program has in its text, which bounds what traces are grouped by.
inline MessageType type_of(Opcode opcode) noexcept {
    return opcode == Opcode::binary ? binary_messages : text_messages;
}

// Of what a hook broadcasts or sends: the type of the message it was about.
inline MessageType type_of_active(Opcode opcode) noexcept {
    MessageType const type = ActiveSpan::current_type();
    return type.is_none() ? type_of(opcode) : type;
}

}  // namespace detail

// --- connections ------------------------------------------------------------------------------

PUMPHOUSE_DECL ClientTrace* Shard::trace_of(ClientBase const& client) noexcept {
    return client.extra ? client.extra->trace.get() : nullptr;
}

PUMPHOUSE_DECL void Shard::trace_opened(ClientBase& client) {
    if (!client.extra) client.extra = std::make_unique<ClientExtra>();
    auto& trace = client.extra->trace;
    if (!trace) trace = std::make_unique<ClientTrace>();
    trace->connection = Span{*tracer_,
                             {.name = "websocket.connection",
                              .kind = SpanKind::server,
                              .parent = trace->upgrade,
                              .at = hooks_.now()}};
}

PUMPHOUSE_DECL void Shard::trace_closed(ClientBase& client, Ending const& ending) noexcept {
    ClientTrace* const trace = trace_of(client);
    if (trace == nullptr) return;
    Time const now = hooks_.now();
    give_up_writes(client, "the client was closed");
    std::array const attributes{
        LogField{"client.id", client.id.value()},
        LogField{"connection.type", client.wire_format().name},
        LogField{"websocket.close_code", static_cast<int>(ending.code)},
        LogField{"websocket.close_cause", name_of(ending.cause)}};
    std::string_view problem =
        ending.text.empty() ? name_of(ending.cause) : std::string_view{ending.text};
    if (is_expected(ending.code)) problem = {};
    trace->connection.end({now, attributes, problem});
}

// --- messages that are read -------------------------------------------------------------------

PUMPHOUSE_DECL void Shard::handle_traced(ClientBase& client, Message message, auto&& handle) {
    ClientTrace const* const of_client = trace_of(client);
    ClientId const id = client.id;
    MessageTrace::Facts facts{.type = detail::type_of(message.opcode), .began = hooks_.now()};
    if (of_client != nullptr) {
        facts.connection = of_client->connection.context();
        // A host that has said who it is has verified that.
        facts.is_trusted = of_client->is_trusted || client.user != nullptr;
    }
    MessageTrace trace{*tracer_, facts};
    std::string_view problem = "a hook threw";
    message_trace_ = &trace;
    message_type_ = {};
    guarded(id, [&] {
        handle();
        problem = {};
    });
    message_trace_ = nullptr;
    std::array attributes{LogField{"message.type", ""},
                          LogField{"client.id", id.value()},
                          LogField{"connection.type", client.wire_format().name},
                          LogField{"message.opcode", facts.type.text()},
                          LogField{"message.size", message.payload.size()}};
    trace.end(hooks_.now(), attributes, problem);
}

// --- broadcasts and direct messages -----------------------------------------------------------

// What another thread or shard had in hand when it made the block.
PUMPHOUSE_DECL void Shard::run_traced(Block& block) {
    std::optional<ActiveSpan> active;
    if (block.is_traced) {
        BlockTrace trace;
        std::memcpy(&trace, block.trace(), sizeof trace);
        active.emplace(trace.context, trace.type);
    }
    accepted_at_ = block.number != 0 ? Time{std::chrono::duration_cast<Duration>(
                                           std::chrono::nanoseconds{block.number})}
                                     : Time::max();
    run_block(block);
    accepted_at_ = Time::max();
}

PUMPHOUSE_DECL std::size_t Shard::members_everywhere(Room const& room) const noexcept {
    std::size_t count = room.members.size();
    if (room.use == Room::Use::all) return core_->slots.live();
    for (std::size_t i = 0; room.home && i < core_->shard_count(); ++i) {
        if (i != index_) count += room.home->replicas[i].members;
    }
    return count;
}

// One span, however many it is for.
PUMPHOUSE_DECL void Shard::fan_out_traced(Room& room, Append& what) {
    TraceContext const parent = ActiveSpan::current();
    if (parent.is_valid() && !parent.is_sampled()) return fan_out(room, what);
    Time const now = hooks_.now();
    Span span{*tracer_,
              {.name = "websocket.broadcast",
               .kind = SpanKind::producer,
               .parent = parent,
               .at = std::min(accepted_at_, now)}};
    std::size_t const members = span.is_recorded() ? members_everywhere(room) : 0;
    std::size_t const size = what.payload.size();
    bool const leaves_out = what.excluded && members != 0 &&
                            (room.use == Room::Use::all ||
                             core_->shard_of(what.excluded) != index_ ||
                             is_member(what.excluded, room.name));
    fan_out(room, what);
    if (!span.is_recorded()) return;
    // Of a user's own room the name is who he is.
    std::string_view const name =
        user_rooms::is_reserved(room.name) ? std::string_view{"(user)"} : room.name;
    std::array const attributes{
        LogField{"room", name}, LogField{"broadcast.recipients", members - leaves_out},
        LogField{"message.type", detail::type_of_active(what.opcode).text()},
        LogField{"message.size", size}};
    span.end({hooks_.now(), attributes});
}

// It has got its record; the span ends when the transport has taken it.
PUMPHOUSE_DECL void Shard::trace_write(ClientBase& client, Append const& what) {
    ClientTrace* const trace = trace_of(client);
    bool const is_pending = trace != nullptr && client.direct != nullptr &&
                            client.direct->cursor < client.direct->room->head() &&  // not skipped
                            client.phase != ClientBase::Phase::ended &&
                            trace->writes.size() < ClientTrace::max_writes;
    if (!is_pending) return;
    TraceContext const parent = ActiveSpan::current();
    if (parent.is_valid() && !parent.is_sampled()) return;
    Span span{*tracer_,
              {.name = "websocket.write_message",
               .kind = SpanKind::producer,
               .parent = parent,
               .link = trace->connection.context(),
               .at = std::min(accepted_at_, hooks_.now())}};
    if (!span.is_recorded()) return;
    trace->writes.push_back({client.direct->room->head() - 1, what.payload.size(),
                             detail::type_of_active(what.opcode), std::move(span)});
}

PUMPHOUSE_DECL void Shard::end_write(ClientBase const& client, TracedWrite& write,
                                     std::string_view problem) noexcept {
    std::array const attributes{
        LogField{"client.id", client.id.value()},
        LogField{"connection.type", client.wire_format().name},
        LogField{"message.type", write.type.text()},
        LogField{"message.size", write.bytes}};
    write.span.end({hooks_.now(), attributes, problem});
}

// After a visit: what its cursor has passed is gone, but for a frame that is in flight.
PUMPHOUSE_DECL void Shard::end_writes(ClientBase& client) noexcept {
    ClientTrace* const trace = trace_of(client);
    bool const has_any = trace != nullptr && !trace->writes.empty();
    if (!has_any || client.direct == nullptr) return;  // they were discarded: see trace_closed
    bool const is_torn = client.in_flight && client.in_flight.membership == client.direct;
    std::uint64_t const taken = client.direct->cursor - (is_torn ? 1 : 0);
    std::erase_if(trace->writes, [&](TracedWrite& each) {
        if (each.record >= taken) return false;
        end_write(client, each, {});
        return true;
    });
}

PUMPHOUSE_DECL void Shard::give_up_writes(ClientBase& client, std::string_view why) noexcept {
    ClientTrace* const trace = trace_of(client);
    if (trace == nullptr) return;
    for (TracedWrite& each : trace->writes) end_write(client, each, why);
    trace->writes.clear();
}

}  // namespace pumphouse
