// SPDX-License-Identifier: MIT
// Bodies of hub/shard.hpp: clients that come, the read pump, timers.
#pragma once

#include <algorithm>
#include <utility>

#include <pumphouse/hub/shard.hpp>
#include <pumphouse/hub/shard_commands.hpp>

namespace pumphouse {

// The read pump's end for one batch of one client.
class Reading final : public Receiver {
public:
    Reading(Shard& shard, ClientBase& client) noexcept : shard_{shard}, client_{client} {}

    void message(Message message) override {
        if (!wants_messages()) return;
        if (message.payload.size() > shard_.core_->options.max_message_bytes) {
            return violation(CloseCode::message_too_big, text_of(CloseCode::message_too_big));
        }
        if (!takes(intake().accepts, message.opcode)) {
            return violation(CloseCode::unsupported_data, text_of(CloseCode::unsupported_data));
        }
        heard();
        client_.message_deadline = Time::max();  // what is unfinished now began after this one
        if (client_.rate && !shard_.is_within_rate(client_, message.payload.size())) return;
        ++shard_.stats_.messages_received;
        shard_.stats_.received(message.opcode).count(message.payload.size());
        bool const is_measured = shard_.spot_checks_.is_due();
        auto const hand_over = [&] { shard_.hooks_.received(shard_, client_.id, message); };
        auto const handle = [&] { is_measured ? measured(message, hand_over) : hand_over(); };
        if (shard_.tracer_ != nullptr) [[unlikely]] {
            return shard_.handle_traced(client_, message, handle);
        }
        shard_.guarded(client_.id, handle);
    }

    // The peer cannot answer a ping in the middle of a frame: each piece proves that it is alive,
    // and gives the next one its time.
    void chunk(Chunk const& chunk) override {
        if (!wants_messages()) return;
        auto const& options = shard_.core_->options;
        client_.heartbeat.pong(shard_.now_, options.heartbeat);
        if (options.message_deadline > Duration::zero()) {
            client_.message_deadline =
                chunk.is_last ? Time::max() : shard_.now_ + options.message_deadline;
        }
        client_.is_in_chunks = !chunk.is_last;
        shard_.arm(client_);
        if (client_.rate && !shard_.is_chunk_within_rate(client_, chunk)) return;
        if (chunk.is_last) {
            ++shard_.stats_.messages_received;
            shard_.stats_.received(chunk.opcode).count(chunk.total_bytes);
        }
        shard_.guarded(client_.id,
                       [&] { shard_.hooks_.received(shard_, client_.id, chunk); });
    }

    // What a client says while it is closed is heard by nobody: in pieces, so that none is kept.
    Intake const& intake() const noexcept override {
        static constexpr Intake unheard{
            .stream_from_bytes = 0, .max_stream_bytes = std::uint64_t{1} << 30};
        return client_.phase < ClientBase::Phase::closing ? shard_.intake_ : unheard;
    }

    void ping(std::string_view payload) override {
        if (!wants_messages() || payload.size() > max_control_bytes) return;
        heard();
        if (!client_.pong) client_.pong = std::make_unique<PendingPong>();
        client_.pong->bytes = static_cast<std::uint8_t>(payload.size());
        std::copy(payload.begin(), payload.end(), client_.pong->payload.begin());
        shard_.queue_control(client_);
    }

    void pong(std::string_view) override {
        if (!client_.takes_data()) return;
        client_.heartbeat.pong(shard_.now_, shard_.core_->options.heartbeat);
        shard_.arm(client_);
    }

    void close(CloseCode code, std::string_view text) override {
        shard_.peer_closed(client_, code, text);
    }

    void violation(CloseCode code, std::string_view text) override {
        ++shard_.stats_.protocol_violations;
        shard_.violated(client_, code, CloseCause::protocol, text);
    }

    bool wants_messages() const noexcept override {
        return client_.phase == ClientBase::Phase::open;
    }

private:
    // Something whole that is no pong.
    void heard() {
        auto const& options = shard_.core_->options.heartbeat;
        client_.heartbeat.message(shard_.now_, options);
        if (options.any_traffic) shard_.arm(client_);
    }

    void measured(Message message, auto const& handle) {
        std::uint32_t const messages = shard_.spot_checks_.take();
        shard_.message_type_ = {};
        Time const began = shard_.hooks_.now();
        handle();
        shard_.core_->count_processing(shard_.index_, shard_.message_type_, message.opcode,
                                       shard_.hooks_.now() - began, messages);
    }

    Shard& shard_;
    ClientBase& client_;
};

PUMPHOUSE_DECL ClientBase* Shard::find(ClientId id) const noexcept {
    Slot* const slot = core_->slots.find(id);
    if (slot == nullptr || core_->shard_of(id) != index_) return nullptr;
    ClientBase* const client = slot->client;
    if (client == nullptr || client->id != id) return nullptr;
    return client->phase == ClientBase::Phase::ended ? nullptr : client;
}

PUMPHOUSE_DECL void Shard::open(Slot& slot) {
    ClientBase& client = *std::exchange(slot.incoming, nullptr);
    slot.client = &client;
    logs_.formats[client.lane] = core_->format(client.lane);
    if (client.wire_format().compress != nullptr) core_->count_compressing_client(1);
    client.next_client = clients_;
    if (clients_ != nullptr) clients_->previous_client = &client;
    clients_ = &client;
    ++client_count_;
    enter(client, everybody_, everybody_.head());
    ++stats_.clients_opened;
    client.own_rooms = 1;
    if (core_->options.rate.is_set()) client.rate = std::make_unique<ClientRate>();
    client.opened_at = now_;
    client.heartbeat.start(now_, core_->options.heartbeat);
    if (tracer_ != nullptr) trace_opened(client);
    Readiness readiness{core_,
                        [](void* core, ClientId id, Ready what) noexcept {
                            static_cast<HubCore*>(core)->signal(id, what);
                        },
                        client.id, poller_, &client};
    bool attached = false;
    guarded(client.id, [&] {
        client.session = hooks_.open_session(*this, client.id);
        attached = client.attach(std::move(readiness));
    });
    if (client.phase == ClientBase::Phase::ended) return;
    if (client.extra && client.extra->expires_in != Duration::max()) {
        client.extra->expires_at = now_ + client.extra->expires_in;
    }
    if (!attached) {
        explain(client, CloseCode::internal_error, CloseCause::transport,
                "the transport could not be attached");
        return end(client, CloseHow::abort);
    }
    arm(client);
    bool const is_verified =
        client.extra && client.extra->request && !client.extra->request->user.empty();
    if (is_verified) identify(client.id, client.extra->request->user);
    guarded(client.id, [&] { hooks_.opened(*this, client.id); });
    if (client.extra) client.extra->request.reset();
    if (client.expires_at() == Time::max() && trace_of(client) == nullptr) client.extra.reset();
    if (shutdown_ != Shutdown::draining) return;
    announce_shutdown(client);  // it came before the doors closed
    see_off(client);
}

// --- the read pump ----------------------------------------------------------------------------

PUMPHOUSE_DECL void Shard::ready(void* token, Ready what) noexcept {
    signalled(*static_cast<ClientBase*>(token), what);
}

PUMPHOUSE_DECL void Shard::signalled(ClientBase& client, Ready what) noexcept {
    if (client.phase == ClientBase::Phase::ended) return;
    auto const flags = static_cast<unsigned>(what);
    if (flags & static_cast<unsigned>(Ready::readable)) append_ready(client);
    bool const is_writable = flags & static_cast<unsigned>(Ready::writable);
    if (is_writable && client.is_stalled) unstall(client);
}

PUMPHOUSE_DECL void Shard::append_ready(ClientBase& client) noexcept {
    if (!client.is_ready) (client.sends_large_batches ? bulk_ : ready_).push(client);
}

PUMPHOUSE_DECL ClientBase* Shard::pop_ready(ReadyLine& line) noexcept {
    ClientBase& client = line.pop();
    if (client.phase != ClientBase::Phase::ended) return &client;
    delete_if_idle(client);
    return nullptr;
}

PUMPHOUSE_DECL void Shard::read_pass() {
    bool const was_crowded_out = std::exchange(crowds_out_, false);
    if (!was_crowded_out) {
        read_bulk();
        crowds_out_ = units_left_ == 0;
    }
    read_ready();
    if (was_crowded_out) read_bulk();
}

PUMPHOUSE_DECL void Shard::read_ready() {
    constexpr int max_passes = 4;
    constexpr std::uint64_t enough_unflushed = 64U << 10;
    std::uint64_t const before = logs_.unflushed_bytes;
    for (int pass = 0; pass < max_passes; ++pass) {
        if (poller_ != nullptr) poller_->collect(*this);
        ClientBase const* const last = ready_.last();
        if (ready_.empty()) return;
        for (bool is_last = false; !is_last && !ready_.empty();) {
            if (!may_read()) return;
            is_last = ready_.first() == last;
            ClientBase* const client = pop_ready(ready_);
            if (client != nullptr) read_client(*client);
        }
        if (logs_.unflushed_bytes >= before + enough_unflushed) return;
    }
}

// Up to a large batch. First, so that those who always have a little do not keep it from its turn;
// after them, where it has used up the last budget.
PUMPHOUSE_DECL void Shard::read_bulk() {
    bool was_large = false;
    while (!was_large && !bulk_.empty() && may_read()) {
        ClientBase* const client = pop_ready(bulk_);
        if (client == nullptr) continue;
        read_client(*client);
        was_large = client->sends_large_batches;
    }
}

PUMPHOUSE_DECL bool Shard::may_read() noexcept {
    return logs_.unflushed_bytes <= core_->options.max_unflushed_bytes && spend();
}

PUMPHOUSE_DECL void Shard::read_client(ClientBase& client) {
    read_batch_of(client);
    if (!events_.empty()) run_events();
}

PUMPHOUSE_DECL void Shard::read_batch_of(ClientBase& client) {
    Reading reading{*this, client};
    ReadResult result = ReadResult::failed;
    std::uint64_t const violations = stats_.protocol_violations;
    try {
        result = client.read(reading);
    } catch (...) {
        explain(client, CloseCode::internal_error, CloseCause::transport, "the transport threw");
    }
    // A little that is compressed and was refused may have been much.
    bool const was_refused = stats_.protocol_violations != violations;
    client.sends_large_batches = result == ReadResult::full || was_refused;
    if (client.phase == ClientBase::Phase::ended) return;
    count_unfinished(client, client.unfinished_bytes());
    switch (result) {
        case ReadResult::full:
        case ReadResult::more: append_ready(client); break;
        case ReadResult::drained: break;
        case ReadResult::ended:
            explain(client, CloseCode::abnormal, CloseCause::peer, {});
            end(client, CloseHow::gently);
            break;
        case ReadResult::failed:
            explain(client, CloseCode::abnormal, CloseCause::transport, {});
            end(client, CloseHow::abort);
            break;
    }
}

// What all clients keep of unfinished messages is bounded, and so is the time one may take.
PUMPHOUSE_DECL void Shard::count_unfinished(ClientBase& client, std::size_t bytes) {
    auto const& options = core_->options;
    bool const is_due = bytes != 0 && options.message_deadline > Duration::zero();
    if (is_due && client.message_deadline == Time::max()) {
        client.message_deadline = now_ + options.message_deadline;
        arm(client);
    }
    if (bytes == client.unfinished) return;
    std::size_t const added = bytes - client.unfinished;  // wraps around when it is less
    auto& kept = core_->inbound_bytes;
    std::size_t const all = kept.fetch_add(added, std::memory_order_relaxed) + added;
    bool const has_grown = bytes > client.unfinished;
    client.unfinished = static_cast<std::uint32_t>(bytes);
    if (bytes == 0) {
        if (!client.is_in_chunks) client.message_deadline = Time::max();
        return;
    }
    // At once: while the peer took its time to answer a close frame, its bytes would be kept.
    if (has_grown && options.max_inbound_bytes != 0 && all > options.max_inbound_bytes) {
        evict(client, CloseCode::try_again_later, CloseCause::limit);
    }
}

// --- deadlines --------------------------------------------------------------------------------

PUMPHOUSE_DECL void Shard::fire(ClientBase& client) {
    auto const& options = core_->options;
    bool const is_bounded = options.write_deadline > Duration::zero();
    if (is_bounded && client.blocked_since != Time::max() &&
        now_ - client.blocked_since >= options.write_deadline) {
        return evict(client, CloseCode::slow, CloseCause::write_deadline);
    }
    if (client.close_deadline <= now_) return end(client, CloseHow::abort);
    if (client.message_deadline <= now_) {
        return evict(client, CloseCode::slow, CloseCause::read_deadline);
    }
    end_waits(client);
    if (client.phase == ClientBase::Phase::open && client.expires_at() <= now_) {
        start_close(client, CloseCode::token_expired, CloseCause::expired,
                    text_of(CloseCode::token_expired));
    }
    if (client.takes_data()) {
        switch (client.heartbeat.due(now_, options.heartbeat)) {
            case Heartbeat::Due::nothing: break;
            case Heartbeat::Due::ping:
                if (!client.wire_format().has_control_frames) break;
                client.is_ping_due = true;
                queue_control(client);
                break;
            case Heartbeat::Due::no_pong:
                return evict(client, CloseCode::no_pong, CloseCause::no_pong);
            case Heartbeat::Due::idle:
                return evict(client, CloseCode::going_away, CloseCause::idle);
        }
    }
    arm(client);
}

// Later deadlines are found when the timer fires; only earlier ones move it.
PUMPHOUSE_DECL void Shard::arm(ClientBase& client) noexcept {
    auto const& options = core_->options;
    Time due = std::min(client.close_deadline, client.message_deadline);
    if (client.takes_data()) due = std::min(due, client.heartbeat.deadline(options.heartbeat));
    if (client.phase == ClientBase::Phase::open) due = std::min(due, client.expires_at());
    if (client.blocked_since != Time::max() && options.write_deadline > Duration::zero()) {
        due = std::min(due, client.blocked_since + options.write_deadline);
    }
    for (PendingJoin const* each = client.joins.get(); each != nullptr; each = each->next.get()) {
        due = std::min(due, each->deadline);
    }
    if (due < client.due) wheel_.set(client, due);
}

PUMPHOUSE_DECL bool Shard::set_expiry(ClientId id, Time at) {
    if (core_->shard_of(id) != index_) {
        if (!core_->slots.is_open(id)) return false;
        auto command = std::make_unique<ExpiryCommand>();
        command->client = id;
        command->at = at;
        core_->forward(core_->shard_of(id), command.release());
        return true;
    }
    ClientBase* const client = find(id);
    if (client == nullptr || client->phase != ClientBase::Phase::open) return false;
    client->set_expiry(std::max(at, now_));
    arm(*client);
    return true;
}

PUMPHOUSE_DECL ClientRequest const& Shard::request(ClientId id) const noexcept {
    static ClientRequest const none;
    ClientBase const* const client = find(id);
    bool const has_one = client != nullptr && client->extra && client->extra->request;
    return has_one ? *client->extra->request : none;
}

PUMPHOUSE_DECL void* Shard::session(ClientId id) const noexcept {
    Slot* const slot = core_->slots.find(id);
    if (slot == nullptr || core_->shard_of(id) != index_) return nullptr;
    bool const is_it = slot->client != nullptr && slot->client->id == id;
    return is_it ? slot->client->session : nullptr;
}

}  // namespace pumphouse
