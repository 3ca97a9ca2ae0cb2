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

namespace pumphouse {

template <typename Policy>
class Hub final : public HubBase, private Hooks {
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
        : policy_{std::move(policy)} {
        static_cast<void>(CheckHookNames<Policy>{});
        static_cast<void>(CheckRoomKinds<Policy>{});
        if (auto const problem = problem_with(options); !problem.empty()) {
            throw std::invalid_argument{"HubOptions: " + std::string{problem}};
        }
        start(options, filter != nullptr ? filter->in_front_of(*this) : *this);
        if (has_keyed_rooms()) core()->is_keyed = &is_keyed;
        core()->clock = &read_clock;
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

    Time now() const noexcept override { return read_clock(); }

    Policy& policy() noexcept { return policy_; }

private:
    friend class LocalHub<Policy>;
    using Local = LocalHub<Policy>;
    static constexpr bool has_session =
        !std::is_empty_v<Session> || !std::is_trivially_destructible_v<Session>;

    // The bytes stay good until the next call on this thread.
    Message encode(Value const& value) const {
        thread_local std::string bytes;
        bytes.clear();
        Opcode const opcode = codec_.encode(value, bytes);
        return {bytes, opcode};
    }

    static Time read_clock() noexcept {
        auto const since_epoch = Policy::clock::now().time_since_epoch();
        return Time{std::chrono::duration_cast<Duration>(since_epoch)};
    }

    std::uint64_t random() override { return Policy::random(); }

    JoinDecision decide(Local& local, ClientId client, std::string_view room) {
        if constexpr (has_may_join<Policy>) {
            constexpr bool says_bool = requires {
                { policy_.may_join(local, client, room) } -> std::same_as<bool>;
            };
            constexpr bool decides = requires {
                { policy_.may_join(local, client, room) } -> std::same_as<JoinDecision>;
            };
            static_assert(says_bool || decides,
                          "Policy: may_join must be callable as bool (or JoinDecision) "
                          "may_join(LocalHub<Policy>&, ClientId, std::string_view room)");
            if constexpr (says_bool) {
                return policy_.may_join(local, client, room) ? JoinDecision::allow
                                                             : JoinDecision::refuse;
            } else {
                return policy_.may_join(local, client, room);
            }
        }
        return JoinDecision::allow;
    }

    static constexpr bool has_keyed_rooms() noexcept {
        for (auto const& kind : Policy::room_kinds) {
            if (kind.options.is_keyed()) return true;
        }
        return false;
    }

    // The first kind whose prefix fits; the hub-wide room and users' are of none, and never keyed.
    static bool is_keyed(std::string_view room) noexcept {
        if (room.empty() || user_rooms::is_reserved(room)) return false;
        for (auto const& kind : Policy::room_kinds) {
            if (room.starts_with(kind.prefix)) return kind.options.is_keyed();
        }
        return false;
    }

    // What nobody joins has no place to come back to.
    static constexpr RoomOptions hub_wide_room = [] {
        RoomOptions options = Policy::room;
        options.history_messages = 0;
        options.history_age = Duration::zero();
        options.envelope = {};
        return options;
    }();

    RoomOptions const& room_options(std::string_view room) const noexcept override {
        if (user_rooms::is_reserved(room)) return Policy::user_room;
        if (room.empty()) return hub_wide_room;
        for (auto const& kind : Policy::room_kinds) {
            if (room.starts_with(kind.prefix)) return kind.options;
        }
        return Policy::room;
    }

    void* open_session(Shard&, ClientId) override {
        if constexpr (has_session) {
            return new Session{};
        } else {
            return &no_session_;
        }
    }

    void end_session(void* session) noexcept override {
        if constexpr (has_session) delete static_cast<Session*>(session);
    }

    void opened(Shard& shard, ClientId client) override {
        if constexpr (has_on_open<Policy>) {
            Local local{*this, shard};
            static_assert(requires { policy_.on_open(local, client); },
                          "Policy: on_open must be callable as "
                          "on_open(LocalHub<Policy>&, ClientId)");
            policy_.on_open(local, client);
        }
    }

    Intake intake(HubOptions const& options) const noexcept override {
        bool const streams = has_on_chunk<Policy>;
        return {Policy::accepts, streams ? options.stream_from_bytes : Intake::never,
                options.max_stream_bytes};
    }

    void received(Shard& shard, ClientId client, Chunk const& chunk) override {
        if constexpr (has_on_chunk<Policy>) {
            Local local{*this, shard};
            static_assert(requires { policy_.on_chunk(local, client, chunk); },
                          "Policy: on_chunk must be callable as "
                          "on_chunk(LocalHub<Policy>&, ClientId, Chunk const&)");
            policy_.on_chunk(local, client, chunk);
        }
    }

    void received(Shard& shard, ClientId client, Message message) override {
        if constexpr (!has_on_message<Policy> && has_on_chunk<Policy>) {
            received(shard, client,
                     Chunk{message.payload, message.opcode, true, true, message.payload.size()});
        } else if constexpr (has_on_message<Policy>) {
            Local local{*this, shard};
            static_assert(requires(Value const& value) {
                              policy_.on_message(local, client, value);
                          },
                          "Policy: on_message must be callable as on_message(LocalHub<Policy>&, "
                          "ClientId, value) with a value of its codec; RawCodec's is Message");
            if constexpr (std::same_as<typename Policy::codec, RawCodec>) {
                policy_.on_message(local, client, message);
            } else {
                auto decoded = codec_.decode(message);
                if (!decoded.value) return refuse_message(local, client, decoded.error);
                policy_.on_message(local, client, std::as_const(*decoded.value));
            }
        }
    }

    void refuse_message(Local& local, ClientId client, std::string_view why) {
        if constexpr (has_on_bad_message<Policy>) {
            static_assert(requires { policy_.on_bad_message(local, client, why); },
                          "Policy: on_bad_message must be callable as "
                          "on_bad_message(LocalHub<Policy>&, ClientId, std::string_view why)");
            policy_.on_bad_message(local, client, why);
        } else {
            local.close(client, CloseCode::bad_request, why);
        }
    }

    void joined(Shard& shard, ClientId client, std::string_view room,
                Joined const& outcome) override {
        if constexpr (has_on_joined<Policy>) {
            Local local{*this, shard};
            static_assert(requires { policy_.on_joined(local, client, room, outcome); },
                          "Policy: on_joined must be callable as on_joined(LocalHub<Policy>&, "
                          "ClientId, std::string_view room, Joined const&)");
            policy_.on_joined(local, client, room, outcome);
        }
    }

    void left(Shard& shard, ClientId client, std::string_view room,
              LeftBecause because) override {
        if constexpr (has_on_left<Policy>) {
            Local local{*this, shard};
            static_assert(requires { policy_.on_left(local, client, room, because); },
                          "Policy: on_left must be callable as on_left(LocalHub<Policy>&, "
                          "ClientId, std::string_view room, LeftBecause)");
            policy_.on_left(local, client, room, because);
        }
    }

    void presence(Shard& shard, std::string_view room, PresenceChange const& change) override {
        if constexpr (has_on_presence<Policy>) {
            Local local{*this, shard};
            static_assert(requires { policy_.on_presence(local, room, change); },
                          "Policy: on_presence must be callable as on_presence(LocalHub<Policy>&, "
                          "std::string_view room, PresenceChange const&)");
            policy_.on_presence(local, room, change);
        }
    }

    void users(Shard& shard, UserChange const& change) override {
        if constexpr (has_on_users<Policy>) {
            Local local{*this, shard};
            static_assert(requires { policy_.on_users(local, change); },
                          "Policy: on_users must be callable as on_users(LocalHub<Policy>&, "
                          "UserChange const&)");
            policy_.on_users(local, change);
        }
    }

    void offline(Shard& shard, std::string_view user, Message message) override {
        if constexpr (has_on_offline<Policy>) {
            Local local{*this, shard};
            static_assert(requires { policy_.on_offline(local, user, message); },
                          "Policy: on_offline must be callable as on_offline(LocalHub<Policy>&, "
                          "std::string_view user, Message)");
            policy_.on_offline(local, user, message);
        }
    }

    void rate_limited(Shard& shard, ClientId client) override {
        if constexpr (has_on_rate_limited<Policy>) {
            Local local{*this, shard};
            static_assert(requires { policy_.on_rate_limited(local, client); },
                          "Policy: on_rate_limited must be callable as "
                          "on_rate_limited(LocalHub<Policy>&, ClientId)");
            policy_.on_rate_limited(local, client);
        }
    }

    void shutting_down(Shard& shard, ClientId client,
                       std::chrono::milliseconds retry_after) override {
        if constexpr (has_on_shutdown<Policy>) {
            Local local{*this, shard};
            static_assert(requires { policy_.on_shutdown(local, client, retry_after); },
                          "Policy: on_shutdown must be callable as on_shutdown(LocalHub<Policy>&, "
                          "ClientId, std::chrono::milliseconds retry_after)");
            policy_.on_shutdown(local, client, retry_after);
        }
    }

    void closed(Shard& shard, ClientId client, CloseReason const& reason) override {
        if constexpr (has_on_close<Policy>) {
            Local local{*this, shard};
            static_assert(requires { policy_.on_close(local, client, reason); },
                          "Policy: on_close must be callable as "
                          "on_close(LocalHub<Policy>&, ClientId, CloseReason const&)");
            policy_.on_close(local, client, reason);
        }
    }

    void log(LogRecord const& record) noexcept override {
        if constexpr (has_on_log<Policy>) {
            static_assert(requires { policy_.on_log(record); },
                          "Policy: on_log must be callable as on_log(LogRecord const&)");
            try {
                policy_.on_log(record);
            } catch (...) {  // a logger in trouble is not the hub's trouble
            }
        }
    }

    Policy policy_;
    [[no_unique_address]] typename Policy::codec codec_;
    std::conditional_t<has_session, std::byte, Session> no_session_{};  // one for all
    std::size_t first_polled_ = 0;
};

}  // namespace pumphouse
