// SPDX-License-Identifier: MIT
// Bodies of hub/shard.hpp: closing, from the reason to the end of a client.
#pragma once

#include <utility>

#include <pumphouse/hub/shard.hpp>

namespace pumphouse {

PUMPHOUSE_DECL bool Shard::close(ClientId id, CloseCode code, std::string_view text) {
    if (core_->slots.begin_close(id, code) != Slots::Close::begun) return false;
    Slot& slot = *core_->slots.find(id);
    ClientBase* const client = find(id);
    if (client == nullptr) {  // of another shard: the code goes, the text stays here
        auto const pushed = core_->inbox(core_->shard_of(id)).push_from_peer(slot.unregister_node);
        if (pushed == Inbox::Push::queued_and_wake) core_->wake(core_->shard_of(id));
        return pushed != Inbox::Push::closed;
    }
    slot.close_has_come = true;
    start_close(*client, code, CloseCause::host, text.empty() ? text_of(code) : text);
    return true;
}

// The first reason stays.
PUMPHOUSE_DECL void Shard::explain(ClientBase& client, CloseCode code, CloseCause cause,
                                   std::string_view text) {
    if (client.ending) return;
    client.ending = std::make_unique<Ending>();
    client.ending->code = code;
    client.ending->cause = cause;
    client.ending->text = text.substr(0, max_control_bytes - 2);
}

// Gently: what is pending goes out first.
PUMPHOUSE_DECL void Shard::start_close(ClientBase& client, CloseCode code, CloseCause cause,
                                       std::string_view text) {
    if (client.phase != ClientBase::Phase::open) return;
    explain(client, code, cause, text);
    client.phase = ClientBase::Phase::finishing;
    if (!client.is_stalled) queue(client);
}

PUMPHOUSE_DECL void Shard::peer_closed(ClientBase& client, CloseCode code, std::string_view text) {
    if (std::exchange(client.peer_has_closed, true)) return;
    if (client.phase == ClientBase::Phase::ended) return;
    if (client.phase == ClientBase::Phase::close_sent) {
        if (!client.torn_control) end(client, CloseHow::gently);
        return;
    }
    explain(client, code, CloseCause::peer, text);
    close_now(client);
}

PUMPHOUSE_DECL void Shard::violated(ClientBase& client, CloseCode code, CloseCause cause,
                                    std::string_view text) {
    if (client.phase > ClientBase::Phase::finishing) return;
    client.ending.reset();
    explain(client, code, cause, text);
    close_now(client);
}

// The close frame is next. What is pending is discarded, and its rooms let go of it.
PUMPHOUSE_DECL void Shard::close_now(ClientBase& client) {
    if (client.phase >= ClientBase::Phase::closing) return;
    if (!client.wire_format().has_control_frames) return end(client, CloseHow::gently);
    client.phase = ClientBase::Phase::closing;
    part_from_all(client);
    queue_control(client);
    end_streams(client);
}

// What of a piece is in flight still goes out, so that a close frame can follow.
PUMPHOUSE_DECL void Shard::end_streams(ClientBase& client) {
    stats_.ledger.in_flight -= client.has_open_stream();
    stats_.ledger.discarded_close += client.has_open_stream();
    client.streams.reset();
}

PUMPHOUSE_DECL void Shard::evict(ClientBase& client, CloseCode code, CloseCause cause) {
    if (client.phase == ClientBase::Phase::ended) return;
    if (client.phase == ClientBase::Phase::open) explain(client, code, cause, text_of(code));
    end(client, CloseHow::abort);
}

// Its rooms let go of it at once; the rest happens when the turn ends.
PUMPHOUSE_DECL void Shard::end(ClientBase& client, CloseHow how) {
    if (client.phase == ClientBase::Phase::ended) return;
    bool const was_told = client.phase == ClientBase::Phase::close_sent;
    client.phase = ClientBase::Phase::ended;
    client.close_how = how;
    client.peer_has_closed |= was_told;  // no second goodbye
    part_from_all(client);
    wheel_.clear(client);
    if (next_to_see_off_ == &client) next_to_see_off_ = client.next_client;
    if (client.next_client != nullptr) client.next_client->previous_client = client.previous_client;
    (client.previous_client != nullptr ? client.previous_client->next_client : clients_) =
        client.next_client;
    --client_count_;
    ending_.push_back(&client);
}

PUMPHOUSE_DECL void Shard::end_clients() {
    // Hooks that run here may end more clients; those are seen off too.
    while (!ending_.empty()) {
        ending_running_.swap(ending_);
        for (ClientBase* const client : ending_running_) finish_end(*client);
        ending_running_.clear();
        settle();
    }
}

// An evicted client at a record boundary is told why, if its transport still takes that.
PUMPHOUSE_DECL void Shard::say_goodbye(ClientBase& client) {
    bool const can_be_told = client.close_how == CloseHow::abort && !client.peer_has_closed &&
                             client.ending && client.ending->cause != CloseCause::transport &&
                             client.wire_format().has_control_frames;
    bool const is_torn = client.in_flight && client.in_flight.taken != 0;
    if (!can_be_told || is_torn || client.torn_control) return;
    client.phase = ClientBase::Phase::closing;
    Visit visit{visit_context(), client};
    bool const is_told = visit.run(nullptr) == Visit::Result::done &&
                         client.phase == ClientBase::Phase::close_sent;
    if (is_told) client.close_how = CloseHow::gently;
    client.phase = ClientBase::Phase::ended;
}

PUMPHOUSE_DECL void Shard::finish_end(ClientBase& client) {
    end_streams(client);
    say_goodbye(client);
    if (client.in_flight) {
        if (client.in_flight.piece == Piece::data) {
            --stats_.ledger.in_flight;
            ++stats_.ledger.discarded_close;
        }
        Log::drop(logs_.memory, *client.in_flight.segment);
        client.in_flight = {};
    }
    if (client.torn_control) Log::drop(logs_.memory, *client.torn_control->segment);
    client.torn_control.reset();
    client.close_transport(client.close_how);
    core_->inbound_bytes.fetch_sub(client.unfinished, std::memory_order_relaxed);
    if (client.wire_format().compress != nullptr) core_->count_compressing_client(-1);

    Ending const ending = client.ending ? std::move(*client.ending) : Ending{};
    ++stats_.clients_closed;
    auto const cause = static_cast<std::size_t>(ending.cause);
    ++stats_.closed_by_cause[cause];
    auto const lived = std::chrono::nanoseconds{now_ - client.opened_at}.count();
    stats_.connection_time[cause].observe(static_cast<std::uint64_t>(lived));
    stats_.transport_failures += ending.cause == CloseCause::transport;
    stats_.stalled_clients -= client.is_stalled;
    try {
        hooks_.closed(*this, client.id, {ending.code, ending.cause, ending.text});
    } catch (std::exception const& problem) {  // there is nobody left to close for it
        hook_threw(client.id, problem.what());
    } catch (...) {
        hook_threw(client.id, "no std::exception");
    }
    log_close(client, ending);
    if (tracer_ != nullptr) trace_closed(client, ending);
    if (client.session != nullptr) hooks_.end_session(std::exchange(client.session, nullptr));
    Slot& slot = *core_->slots.find(client.id);
    slot.client = nullptr;
    core_->slots.end(slot);
    client.is_over = true;
    delete_if_idle(client);
}

PUMPHOUSE_DECL void Shard::log_close(ClientBase const& client, Ending const& ending) noexcept {
    bool const is_normal = is_expected(ending.code);
    stats_.unexpected_closes += !is_normal;
    std::array const fields{
        LogField{"client", client.id.value()},
        LogField{"code", static_cast<int>(ending.code)},
        LogField{"cause", name_of(ending.cause)},
        LogField{"text", ending.text},
        LogField{"seconds", std::chrono::duration<double>(now_ - client.opened_at).count()}};
    hooks_.log({is_normal ? LogLevel::info : LogLevel::error, "a client was closed", fields});
}

PUMPHOUSE_DECL void Shard::delete_if_idle(ClientBase& client) noexcept {
    if (client.is_over && !client.is_ready && !client.is_queued) delete &client;
}

}  // namespace pumphouse
