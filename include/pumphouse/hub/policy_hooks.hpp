// SPDX-License-Identifier: MIT
//
// PolicyHooks: calls a policy's hooks. What a policy does not have is not there at run time either;
// what it has and cannot be called as it is does not compile, with a sentence that says how it must
// be callable.
#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <pumphouse/hub/hooks.hpp>
#include <pumphouse/hub/local_hub.hpp>
#include <pumphouse/hub/policy_check.hpp>

namespace pumphouse {

/// A Hub<Policy>'s own part.
template <typename Policy>
class PolicyHooks : protected Hooks {
protected:
    using Value = typename Policy::codec::value_type;
    using Session = typename Policy::Session;
    using Local = LocalHub<Policy>;

    explicit PolicyHooks(Policy policy) : policy_{std::move(policy)} {}

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
            Local local{hub(), shard};
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
            Local local{hub(), shard};
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
            Local local{hub(), shard};
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
            Local local{hub(), shard};
            static_assert(requires { policy_.on_joined(local, client, room, outcome); },
                          "Policy: on_joined must be callable as on_joined(LocalHub<Policy>&, "
                          "ClientId, std::string_view room, Joined const&)");
            policy_.on_joined(local, client, room, outcome);
        }
    }

    void left(Shard& shard, ClientId client, std::string_view room,
              LeftBecause because) override {
        if constexpr (has_on_left<Policy>) {
            Local local{hub(), shard};
            static_assert(requires { policy_.on_left(local, client, room, because); },
                          "Policy: on_left must be callable as on_left(LocalHub<Policy>&, "
                          "ClientId, std::string_view room, LeftBecause)");
            policy_.on_left(local, client, room, because);
        }
    }

    void presence(Shard& shard, std::string_view room, PresenceChange const& change) override {
        if constexpr (has_on_presence<Policy>) {
            Local local{hub(), shard};
            static_assert(requires { policy_.on_presence(local, room, change); },
                          "Policy: on_presence must be callable as on_presence(LocalHub<Policy>&, "
                          "std::string_view room, PresenceChange const&)");
            policy_.on_presence(local, room, change);
        }
    }

    void users(Shard& shard, UserChange const& change) override {
        if constexpr (has_on_users<Policy>) {
            Local local{hub(), shard};
            static_assert(requires { policy_.on_users(local, change); },
                          "Policy: on_users must be callable as on_users(LocalHub<Policy>&, "
                          "UserChange const&)");
            policy_.on_users(local, change);
        }
    }

    void offline(Shard& shard, std::string_view user, Message message) override {
        if constexpr (has_on_offline<Policy>) {
            Local local{hub(), shard};
            static_assert(requires { policy_.on_offline(local, user, message); },
                          "Policy: on_offline must be callable as on_offline(LocalHub<Policy>&, "
                          "std::string_view user, Message)");
            policy_.on_offline(local, user, message);
        }
    }

    void rate_limited(Shard& shard, ClientId client) override {
        if constexpr (has_on_rate_limited<Policy>) {
            Local local{hub(), shard};
            static_assert(requires { policy_.on_rate_limited(local, client); },
                          "Policy: on_rate_limited must be callable as "
                          "on_rate_limited(LocalHub<Policy>&, ClientId)");
            policy_.on_rate_limited(local, client);
        }
    }

    void shutting_down(Shard& shard, ClientId client,
                       std::chrono::milliseconds retry_after) override {
        if constexpr (has_on_shutdown<Policy>) {
            Local local{hub(), shard};
            static_assert(requires { policy_.on_shutdown(local, client, retry_after); },
                          "Policy: on_shutdown must be callable as on_shutdown(LocalHub<Policy>&, "
                          "ClientId, std::chrono::milliseconds retry_after)");
            policy_.on_shutdown(local, client, retry_after);
        }
    }

    void closed(Shard& shard, ClientId client, CloseReason const& reason) override {
        if constexpr (has_on_close<Policy>) {
            Local local{hub(), shard};
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

private:
    static constexpr bool has_session =
        !std::is_empty_v<Session> || !std::is_trivially_destructible_v<Session>;

    Hub<Policy>& hub() noexcept { return static_cast<Hub<Policy>&>(*this); }

    std::conditional_t<has_session, std::byte, Session> no_session_{};  // one for all
};

}  // namespace pumphouse
