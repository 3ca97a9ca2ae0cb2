// SPDX-License-Identifier: MIT
// Bodies of hub/shard.hpp: the turn, its inbox, its timers, its hooks, shutdown.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <exception>
#include <cstring>
#include <new>
#include <utility>

#include <pumphouse/hub/shard.hpp>
#include <pumphouse/hub/shard_commands.hpp>

namespace pumphouse {

PUMPHOUSE_DECL Shard::Shard(std::shared_ptr<HubCore> core, Hooks& hooks, std::size_t index)
    : core_{std::move(core)},
      hooks_{hooks},
      tracer_{core_->options.tracer},
      intake_{hooks.intake(core_->options)},
      index_{index} {
    logs_.budget = &core_->budget;
    everybody_.use = Room::Use::all;
    everybody_.options = &hooks_.room_options({});
}

PUMPHOUSE_DECL TurnResult Shard::turn(Time now, TurnBudget const& budget) {
    now_ = now;
    until_ = budget.until;
    units_given_ = units_left_ = budget.units;
    ++stats_.turns;
    if (!has_started_) {
        wheel_.start(now);
        has_started_ = true;
    }
    bool const was_inside = std::exchange(HubCore::is_inside_turn(), true);
    take_inbox();
    // A turn that runs out of budget in one phase begins the next turn with the one after it.
    using PhaseBody = void (Shard::*)();
    static constexpr std::array<PhaseBody, 5> phases{&Shard::run_inbox, &Shard::run_timers,
                                                     &Shard::read_pass, &Shard::flush_slice,
                                                     &Shard::run_hooks};
    std::size_t const begin = first_phase_;
    first_phase_ = 0;
    for (std::size_t i = 0; i < phases.size(); ++i) {
        std::size_t const phase = (begin + i) % phases.size();
        (this->*phases[phase])();
        if (units_left_ == 0) {
            first_phase_ = (phase + 1) % phases.size();
            break;
        }
    }
    settle();
    end_clients();
    HubCore::is_inside_turn() = was_inside;
    publish_stats();

    TurnResult result;
    result.units = units_given_ - units_left_;
    result.more = has_work();
    result.next_deadline = wheel_.next();
    if (room_wheel_) result.next_deadline = std::min(result.next_deadline, room_wheel_->next());
    result.next_deadline = std::min(result.next_deadline, users_due_);
    if (history_wheel_) {
        result.next_deadline = std::min(result.next_deadline, history_wheel_->next());
    }
    if (shutdown_ == Shutdown::draining && clients_ != nullptr) {
        result.next_deadline = std::min(
            {result.next_deadline, shutdown_deadline_, next_batch_, next_progress_});
    }
    result.finished =
        shutdown_ == Shutdown::draining && clients_ == nullptr && ending_.empty();
    return result;
}

PUMPHOUSE_DECL bool Shard::has_work() const noexcept {
    return incoming_ != nullptr || queue_first_ != nullptr || dirty_first_ != nullptr ||
           !ready_.empty() || !bulk_.empty() || !events_.empty() || !ending_.empty() ||
           !presence_due_.empty() || is_announcing_ ||
           core_->inbox(index_).has_nodes();
}

// Before the shard may go to sleep, and now and then while it does not.
PUMPHOUSE_DECL void Shard::publish_stats() noexcept {
    constexpr std::chrono::milliseconds often_enough{50};
    if (has_work() && now_ - published_at_ < often_enough) return;
    published_at_ = now_;
    stats_.clients = client_count_;
    stats_.users = users_.size();
    stats_.rooms = rooms_.size();
    stats_.log_bytes = logs_.memory.in_use_bytes();
    stats_.kept_bytes = logs_.memory.kept_bytes();
    stats_.unflushed_bytes = logs_.unflushed_bytes;
    core_->publish(index_, stats_);
}

PUMPHOUSE_DECL bool Shard::spend() noexcept {
    if (units_left_ == 0) return false;
    if (until_ != Time::max() && units_left_ % 32 == 0 && hooks_.now() >= until_) {
        units_given_ -= units_left_;
        units_left_ = 0;
        return false;
    }
    --units_left_;
    return true;
}

PUMPHOUSE_DECL void Shard::take_inbox() noexcept {
    Node* const taken = core_->inbox(index_).take();
    if (taken == nullptr) return;
    (incoming_ != nullptr ? incoming_last_->next : incoming_) = taken;
    incoming_last_ = taken;
    while (incoming_last_->next != nullptr) incoming_last_ = incoming_last_->next;
}

PUMPHOUSE_DECL void Shard::run_inbox() {
    if (!events_.empty()) run_events();
    while (incoming_ != nullptr && spend()) {
        Node& node = *incoming_;
        incoming_ = node.next;
        run_node(node);
        // Nothing comes between a join and its hook.
        if (!events_.empty()) run_events();
    }
}

PUMPHOUSE_DECL void Shard::run_node(Node& node) {
    switch (node.kind) {
        case Node::Kind::register_client: return open(*static_cast<SlotNode&>(node).slot);
        case Node::Kind::unregister_client: {
            Slot& slot = *static_cast<SlotNode&>(node).slot;
            slot.close_has_come = true;
            slot.close_is_queued = false;
            if (slot.client == nullptr) return static_cast<void>(core_->slots.try_reuse(slot));
            CloseCode const code = Slot::code_of(slot.state.load());
            return start_close(*slot.client, code, CloseCause::host, text_of(code));
        }
        case Node::Kind::signal: {
            Slot& slot = *static_cast<SlotNode&>(node).slot;
            Ready const what = Slots::lower(slot);
            if (slot.client == nullptr) return static_cast<void>(core_->slots.try_reuse(slot));
            return signalled(*slot.client, what);
        }
        case Node::Kind::block: {
            Block& block = Block::of(node);
            return tracer_ == nullptr ? run_block(block) : run_traced(block);
        }
        case Node::Kind::command: {
            std::unique_ptr<Command> const command{static_cast<Command*>(&node)};
            return command->run(*this);
        }
    }
}

PUMPHOUSE_DECL void Shard::run_block(Block& block) {
    if (block.kind == Block::Kind::forward) return receive_forward(block);
    if (block.number != 0) {
        auto const now = std::chrono::nanoseconds{now_.time_since_epoch()}.count();
        auto const began = static_cast<std::int64_t>(block.number);  // in this turn, perhaps
        auto const waited = std::max<std::int64_t>(now - began, 0);
        stats_.queue_delay.observe(static_cast<std::uint64_t>(waited));
    }
    Append what;
    what.opcode = block.opcode;
    what.payload = block.payload();
    what.compressed = block.compressed();
    what.budget_bytes = block.budget_bytes;
    what.holds_budget = block.holds_budget;
    if (block.kind == Block::Kind::erase) {
        erase_here(block.room(), block.key);
        if (what.holds_budget) core_->budget.give_back(1, what.budget_bytes);
    } else if (block.kind == Block::Kind::expiry) {
        Time at{};
        std::memcpy(&at, what.payload.data(), sizeof at);
        set_expiry(block.client, at);
        core_->budget.give_back(1, what.budget_bytes);
    } else if (block.kind == Block::Kind::leave) {
        leave_for_host(block.client, block.room());
        core_->budget.give_back(1, what.budget_bytes);
    } else if (block.kind == Block::Kind::direct) {
        if (ClientBase* const client = find(block.client)) {
            send_here(*client, what);
        } else if (what.holds_budget) {
            core_->budget.give_back(1, what.budget_bytes);
        }
    } else {
        what.excluded = block.client;
        what.key = block.key;
        Room* const room = block.room().empty() ? &everybody_ : find_room(block.room());
        if (room != nullptr) {
            broadcast_here(*room, what);
        } else if (what.holds_budget) {
            core_->budget.give_back(1, what.budget_bytes);  // a room nobody is in
        }
    }
    core_->blocks.release(block);
}

PUMPHOUSE_DECL void Shard::run_timers() {
    wheel_.advance(now_, units_left_, [this](Timer& timer) {
        static_cast<void>(spend());
        fire(static_cast<ClientBase&>(timer));
    });
    if (room_wheel_) {
        room_wheel_->advance(now_, units_left_, [this](Timer& timer) {
            static_cast<void>(spend());
            auto const& due = static_cast<RoomTimer&>(timer);
            bool const is_flush = due.what == RoomTimer::For::flush;
            is_flush ? flush_paced(*due.room) : presence_is_due(*due.room);
        });
    }
    if (now_ >= next_batch_) finish_batch();
    if (now_ >= next_progress_ && clients_ != nullptr) log_progress();
    if (history_wheel_) {
        history_wheel_->advance(now_, units_left_, [this](Timer& timer) {
            static_cast<void>(spend());
            history_is_due(*static_cast<RoomTimer&>(timer).room);
        });
    }
    if (now_ < shutdown_deadline_) return;
    shutdown_deadline_ = Time::max();
    abort_everybody();
}

// Hooks are the host's code: what they throw ends that client, and nothing else.
PUMPHOUSE_DECL void Shard::guarded(ClientId id, auto&& hook) {
    try {
        return hook();
    } catch (std::exception const& problem) {
        hook_threw(id, problem.what());
    } catch (...) {
        hook_threw(id, "no std::exception");
    }
    if (ClientBase* const client = find(id)) {
        violated(*client, CloseCode::internal_error, CloseCause::hook,
                 text_of(CloseCode::internal_error));
    }
}

PUMPHOUSE_DECL void Shard::hook_threw(ClientId id, std::string_view what) noexcept {
    ++stats_.hooks_threw;
    std::array const fields{LogField{"client", id.value()}, LogField{"what", what}};
    hooks_.log({LogLevel::error, "a hook threw", fields});
}

// Whoever has come in is told who is there before anybody is told what has changed since.
PUMPHOUSE_DECL void Shard::run_hooks() {
    run_events();
    if (events_.empty()) tell_presence();
}

PUMPHOUSE_DECL void Shard::run_events() {
    events_running_.swap(events_);
    std::size_t done = 0;
    for (; done < events_running_.size() && spend(); ++done) {
        std::visit([this](auto& event) { tell(event); }, events_running_[done]);
    }
    events_.insert(events_.begin(), std::make_move_iterator(events_running_.begin() +
                                                            static_cast<std::ptrdiff_t>(done)),
                   std::make_move_iterator(events_running_.end()));
    events_running_.clear();
}

PUMPHOUSE_DECL void Shard::tell(JoinedEvent& event) {
    ClientBase* const client = find(event.client);
    if (client == nullptr || client->phase != ClientBase::Phase::open) return;
    auto& pending = find_join(*client, event.ticket);
    if (!pending) return;
    auto const told = std::exchange(pending, std::move(pending->next));
    if (user_rooms::is_reserved(told->room)) {  // the library's own; hosts know `identify`
        if (event.outcome) return;
        return violated(*client, CloseCode::policy_violation, CloseCause::limit,
                        "too many connections of this user");
    }
    guarded(event.client, [&] { hooks_.joined(*this, event.client, told->room, event.outcome); });
    release(event.client, told->room);
}

PUMPHOUSE_DECL void Shard::tell(LeftEvent& event) {
    if (find(event.client) == nullptr) return;
    guarded(event.client, [&] { hooks_.left(*this, event.client, event.room, event.because); });
}

// --- shutdown: close the doors everywhere, let what was accepted arrive, then see clients off --

PUMPHOUSE_DECL void ShutdownCommand::run(Shard& shard) { shard.begin_shutdown(); }
PUMPHOUSE_DECL void ExpiryCommand::run(Shard& shard) { shard.set_expiry(client, at); }
PUMPHOUSE_DECL void LastAcceptedCommand::run(Shard& shard) { shard.tell_doors_closed(); }
PUMPHOUSE_DECL void DoorsClosedCommand::run(Shard& shard) { shard.doors_are_closed(); }

PUMPHOUSE_DECL void Shard::begin_shutdown() {
    if (shutdown_ != Shutdown::none) return;
    shutdown_ = Shutdown::doors;
    core_->inbox(index_).close_doors();
    core_->forward(index_, new LastAcceptedCommand);
}

// What was accepted has been run, and forwarded where it has to go: the word follows it.
PUMPHOUSE_DECL void Shard::tell_doors_closed() {
    for (std::size_t i = 0; i < core_->shard_count(); ++i) {
        core_->forward(i, new DoorsClosedCommand);
    }
}

PUMPHOUSE_DECL void Shard::doors_are_closed() {
    if (++doors_seen_ == core_->shard_count()) finish_everybody();
}

PUMPHOUSE_DECL void Shard::finish_everybody() {
    shutdown_ = Shutdown::draining;
    while (lingering_first_ != nullptr) end_lingering(*lingering_first_);
    shutdown_deadline_ = now_ + core_->shutdown_options().deadline;
    clients_at_shutdown_ = client_count_;
    next_to_see_off_ = clients_;
    is_announcing_ = true;
    next_batch_ = now_;
    next_progress_ = now_ + std::chrono::seconds{1};
    finish_batch();
}

PUMPHOUSE_DECL void Shard::finish_batch() {
    if (is_announcing_ && !announce_shutdown()) return;
    auto const& options = core_->shutdown_options();
    bool const has_batches =
        options.batch_clients != 0 && options.batch_interval > Duration::zero();
    std::size_t left = has_batches ? options.batch_clients : clients_at_shutdown_;
    while (next_to_see_off_ != nullptr && left-- != 0) {
        ClientBase& client = *next_to_see_off_;
        next_to_see_off_ = client.next_client;
        see_off(client);
    }
    next_batch_ = next_to_see_off_ != nullptr ? now_ + options.batch_interval : Time::max();
}

// All are told before any is closed. False: the budget is used up.
PUMPHOUSE_DECL bool Shard::announce_shutdown() {
    while (next_to_see_off_ != nullptr) {
        if (!spend()) return false;
        ClientBase& client = *next_to_see_off_;
        next_to_see_off_ = client.next_client;
        announce_shutdown(client);
    }
    is_announcing_ = false;
    next_to_see_off_ = clients_;
    return true;
}

// The hints to reconnect are spread evenly over the clients, in
// the order of being closed.
PUMPHOUSE_DECL void Shard::announce_shutdown(ClientBase& client) {
    double const share = static_cast<double>(announced_++) /
                         static_cast<double>(std::max<std::size_t>(clients_at_shutdown_, 1));
    std::chrono::duration<double> const spread = core_->shutdown_options().reconnect_spread;
    auto const retry_after =
        std::chrono::duration_cast<std::chrono::milliseconds>(spread * std::min(share, 1.0));
    if (client.phase == ClientBase::Phase::open) {
        guarded(client.id, [&] { hooks_.shutting_down(*this, client.id, retry_after); });
    }
}

PUMPHOUSE_DECL void Shard::see_off(ClientBase& client) {
    start_close(client, CloseCode::going_away, CloseCause::shutdown,
                text_of(CloseCode::going_away));
}

PUMPHOUSE_DECL void Shard::log_progress() {
    std::array const fields{LogField{"shard", index_}, LogField{"clients", client_count_},
                            LogField{"of", clients_at_shutdown_}};
    hooks_.log({LogLevel::info, "draining", fields});
    next_progress_ = now_ + std::chrono::seconds{1};
}

PUMPHOUSE_DECL void Shard::abort_everybody() {
    next_to_see_off_ = nullptr;
    is_announcing_ = false;
    while (clients_ != nullptr) {
        explain(*clients_, CloseCode::going_away, CloseCause::shutdown, {});
        end(*clients_, CloseHow::abort);
    }
}

PUMPHOUSE_DECL Shard::~Shard() {
    // Whoever drove this shard has stopped. Clients that are still here are told and ended.
    shutdown_ = Shutdown::draining;
    core_->inbox(index_).close_doors();
    take_inbox();
    Node* const last = core_->inbox(index_).close();
    (incoming_ != nullptr ? incoming_last_->next : incoming_) = last;
    while (Node* const node = incoming_) {
        incoming_ = node->next;
        if (node->kind == Node::Kind::command) {
            delete static_cast<Command*>(node);
        } else if (node->kind == Node::Kind::block) {
            Block& block = Block::of(*node);
            if (block.holds_budget) core_->budget.give_back(1, block.budget_bytes);
            core_->blocks.release(block);
        } else if (node->kind == Node::Kind::register_client) {
            Slot& slot = *static_cast<SlotNode*>(node)->slot;
            delete std::exchange(slot.incoming, nullptr);
            core_->slots.end(slot);
        }
    }
    abort_everybody();
    end_clients();
    for (ReadyLine* const line : {&ready_, &bulk_}) {
        while (!line->empty()) pop_ready(*line);
    }
    while (queue_first_ != nullptr) pop_queued();
    settle();
    auto const end_log = [this](Room& room) {
        if (room.log != nullptr) log_slab_.end(*std::exchange(room.log, nullptr));
    };
    end_log(everybody_);
    rooms_.clear(end_log);
}

}  // namespace pumphouse
