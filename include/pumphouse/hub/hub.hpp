// SPDX-License-Identifier: MIT
//
// Hub<Policy>: the set of clients and rooms, and what happens in them. A hub does nothing by
// itself; one of three drives it: `run(stop_token)` on threads of its own, the host's io_context
// (AsioDriver, which the servers bring along), or the host's own loop with `poll(budget)`.
//
// Every public call is safe from any thread and after shutdown; inside hooks use the LocalHub
// they are given. Whoever drives the hub must have stopped before it is destroyed; clients that
// are still there then are ended, and `on_close` runs for them.
#pragma once

#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <pumphouse/hub/condition_driver.hpp>
#include <pumphouse/hub/hooks_filter.hpp>
#include <pumphouse/hub/hub_base.hpp>
#include <pumphouse/hub/local_hub.hpp>
#include <pumphouse/hub/policy_check.hpp>
#include <pumphouse/hub/policy_hooks.hpp>

namespace pumphouse {

template <typename Policy>
class Hub final : public HubBase, private PolicyHooks<Policy> {
    static_assert(!std::is_final_v<Policy>, "Policy: must not be final");
    static_assert(std::is_base_of_v<DefaultPolicy, Policy>,
                  "Policy: inherit pumphouse::DefaultPolicy");
    static_assert(Codec<typename Policy::codec>,
                  "Policy: codec must have value_type, encode(value, std::string&) -> Opcode and "
                  "decode(Message) -> Decoded<value_type>");
    static_assert(std::same_as<decltype(Policy::accepts), Accepts const>,
                  "Policy: accepts must be a constant: "
                  "static constexpr pumphouse::Accepts accepts = pumphouse::Accepts::text");
    static_assert(problem_with(Policy::options).empty(),
                  "Policy: options make no sense; pass them to Hub's constructor to read why");

public:
    using Value = typename Policy::codec::value_type;
    using Session = typename Policy::Session;

    /// Throws std::invalid_argument that names the first option that makes no sense.
    explicit Hub(HubOptions const& options = Policy::options) : Hub{options, Policy{}} {}
    explicit Hub(Policy policy) : Hub{Policy::options, std::move(policy)} {}
    /// A `filter` (null: none) lives longer than the hub.
    Hub(HubOptions const& options, Policy policy, HooksFilter* filter = nullptr)
        : Hook{std::move(policy)} {
        static_cast<void>(CheckHookNames<Policy>{});
        static_cast<void>(CheckRoomKinds<Policy>{});
        if (auto const problem = problem_with(options); !problem.empty()) {
            throw std::invalid_argument{"HubOptions: " + std::string{problem}};
        }
        start(options, filter != nullptr ? filter->in_front_of(*this) : *this);
        if (Hook::has_keyed_rooms()) core()->is_keyed = &Hook::is_keyed;
        core()->clock = &Hook::read_clock;
    }
    ~Hub() { stop(); }

    /// To all members of a room, but one if asked: `except(client)`; in a keyed room `keyed(key)`.
    [[nodiscard]] Accepted broadcast(std::string_view room, Message message,
                                     Delivery delivery = nobody) {
        return core()->broadcast(room, message, delivery);
    }
    [[nodiscard]] Accepted broadcast(std::string_view room, Value const& value,
                                     Delivery delivery = nobody)
        requires(!std::same_as<Value, Message>)
    {
        return core()->broadcast(room, encode(value), delivery);
    }

    /// To every client.
    [[nodiscard]] Accepted broadcast_all(Message message, Delivery delivery = nobody) {
        return core()->broadcast_all(message, delivery);
    }

    /// To one client.
    [[nodiscard]] Accepted send(ClientId client, Message message) {
        return core()->send(client, message);
    }
    [[nodiscard]] Accepted send(ClientId client, Value const& value)
        requires(!std::same_as<Value, Message>)
    {
        return core()->send(client, encode(value));
    }

    /// To all devices of a user; nobody when he is not there.
    [[nodiscard]] Accepted send_to_user(std::string_view user, Message message) {
        return core()->send_to_user(user, message);
    }
    [[nodiscard]] Accepted send_to_user(std::string_view user, Value const& value)
        requires(!std::same_as<Value, Message>)
    {
        return core()->send_to_user(user, encode(value));
    }

    /// As `send_to_user`; `done` is told how many devices it goes to, on a shard's thread. With
    /// none, `on_offline` is told before it. Told exactly once when this answers `accepted`, and
    /// none when `closed`; else not at all.
    [[nodiscard]] Accepted notify(std::string_view user, Message message,
                                  std::function<void(std::size_t)> done = {}) {
        if (message.payload.size() > core()->options.max_message_bytes) return Accepted::too_large;
        if (!core()->is_user(user)) return Accepted::gone;
        if (!core()->budget.try_take(message.payload.size())) return Accepted::full;
        auto command = std::make_unique<NotifyCommand>();
        command->user = user;
        command->opcode = message.opcode;
        command->payload = message.payload;
        std::string_view const packed = core()->compressed(message);
        bool const has_place = !packed.empty() && core()->budget.try_add(packed.size());
        if (has_place) command->compressed = packed;
        command->core = core();
        command->done = std::move(done);
        std::size_t const home = core()->home_of(user_rooms::name_of(user));
        return core()->post(home, command.release()) ? Accepted::accepted : Accepted::closed;
    }

    /// Forgets the value of a key of a keyed room, in the order of what this thread broadcasts to
    /// it. Who joins or catches up later does not get it; nobody is told.
    [[nodiscard]] Accepted erase(std::string_view room, std::uint64_t key) {
        return core()->erase(room, key);
    }
    [[nodiscard]] Accepted erase(std::string_view room, std::string_view key) {
        return core()->erase(room, key_of(key));
    }

    /// To one client, a message that is read from its source piece by piece, as the client takes
    /// it: in order with what else is sent to it, which waits meanwhile. The source ends on the
    /// client's shard; on this thread when it is not accepted. A client whose wire format has no
    /// fragments gets nothing of it.
    [[nodiscard]] Accepted send_stream(ClientId client, Opcode opcode,
                                       std::unique_ptr<PayloadSource> source) {
        return core()->push(client, std::make_unique<StreamCommand>(client, opcode,
                                                                    std::move(source), true));
    }

    /// The source of the client's stream has more, after it had nothing yet.
    void stream_ready(ClientId client) noexcept { core()->signal(client, Ready::writable); }

    /// Takes a client out of a room; `on_left` is told, unless its joining was not told yet: then
    /// neither is. In the order of what this thread sends to the client.
    [[nodiscard]] Accepted leave(ClientId client, std::string_view room) {
        return core()->leave(client, room);
    }

    /// When a client's token ends, on the hub's clock (`now()`): it is closed with 3005 then,
    /// unless it is set again. `Time::max()`: never.
    [[nodiscard]] Accepted set_expiry(ClientId client, Time at) {
        return core()->set_expiry(client, at);
    }

    /// Closes a client gently.
    Unregistered close(ClientId client, CloseCode code = CloseCode::normal) noexcept {
        return core()->unregister_client(client, code);
    }

    /// Runs the hub on a thread per shard, this one among them. Returns after `shutdown`, or
    /// after a stop was asked for (which shuts down), when every client is gone.
    void run(std::stop_token stop = {}) {
        std::stop_callback const on_stop{stop, [this] { shutdown(); }};
        std::vector<std::jthread> others;
        for (std::size_t i = 1; i < shard_count(); ++i) {
            others.emplace_back([this, i] { ConditionDriver{*this, i}.run(); });
        }
        ConditionDriver{*this, 0}.run();
    }

    /// One turn of every shard on this thread, at most `units` of work in all (what a unit is:
    /// TurnBudget). For a host with a loop of its own, always the same thread.
    TurnResult poll(std::size_t units = TurnBudget::unlimited) { return poll(TurnBudget{units}); }
    TurnResult poll(TurnBudget budget) {
        TurnResult all;
        all.finished = true;
        Time const at = now();
        // Each call begins with another shard, so that a small budget starves none.
        first_polled_ = (first_polled_ + 1) % shard_count();
        for (std::size_t i = 0; i < shard_count(); ++i) {
            Shard& each = shard((first_polled_ + i) % shard_count());
            TurnResult const result = each.turn(at, budget);
            if (budget.units != TurnBudget::unlimited) budget.units -= result.units;
            all.units += result.units;
            all.more |= result.more;
            all.finished &= result.finished;
            all.next_deadline = std::min(all.next_deadline, result.next_deadline);
        }
        // A shard may have been given work by one that came after it.
        for (std::size_t i = 0; i < shard_count(); ++i) all.more |= shard(i).has_work();
        // A later shard may have sent something to one that had its turn before.
        for (std::size_t i = 0; i < shard_count(); ++i) all.more |= !shard(i).sleep();
        return all;
    }

    /// The policy's clock.
    Time now() const noexcept override { return Hook::read_clock(); }

    Policy& policy() noexcept { return this->policy_; }

private:
    friend class LocalHub<Policy>;
    friend class PolicyHooks<Policy>;
    using Hook = PolicyHooks<Policy>;

    // The bytes stay good until the next call on this thread.
    Message encode(Value const& value) const {
        thread_local std::string bytes;
        bytes.clear();
        Opcode const opcode = this->codec_.encode(value, bytes);
        return {bytes, opcode};
    }

    std::size_t first_polled_ = 0;
};

}  // namespace pumphouse
