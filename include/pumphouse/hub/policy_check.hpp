// SPDX-License-Identifier: MIT
//
// Finds a hook by its name, whatever its signature, so that one with a wrong signature, or with
// a name that is nearly right, does not compile instead of never being called.
#pragma once

#include <type_traits>

#include <pumphouse/hub/name_trait.hpp>
#include <pumphouse/hub/policy.hpp>

namespace pumphouse {

PUMPHOUSE_NAME_TRAIT(on_open)
PUMPHOUSE_NAME_TRAIT(on_message)
PUMPHOUSE_NAME_TRAIT(on_chunk)
PUMPHOUSE_NAME_TRAIT(on_bad_message)
PUMPHOUSE_NAME_TRAIT(on_joined)
PUMPHOUSE_NAME_TRAIT(on_left)
PUMPHOUSE_NAME_TRAIT(may_join)
PUMPHOUSE_NAME_TRAIT(on_close)
PUMPHOUSE_NAME_TRAIT(on_log)
PUMPHOUSE_NAME_TRAIT(on_presence)
PUMPHOUSE_NAME_TRAIT(on_users)
PUMPHOUSE_NAME_TRAIT(on_offline)
PUMPHOUSE_NAME_TRAIT(on_rate_limited)
PUMPHOUSE_NAME_TRAIT(on_shutdown)

PUMPHOUSE_NAME_TRAIT(on_connect)
PUMPHOUSE_NAME_TRAIT(on_connected)
PUMPHOUSE_NAME_TRAIT(on_opened)
PUMPHOUSE_NAME_TRAIT(on_disconnect)
PUMPHOUSE_NAME_TRAIT(on_disconnected)
PUMPHOUSE_NAME_TRAIT(on_closed)
PUMPHOUSE_NAME_TRAIT(on_mesage)
PUMPHOUSE_NAME_TRAIT(on_messages)
PUMPHOUSE_NAME_TRAIT(on_msg)
PUMPHOUSE_NAME_TRAIT(on_data)
PUMPHOUSE_NAME_TRAIT(on_receive)
PUMPHOUSE_NAME_TRAIT(on_received)
PUMPHOUSE_NAME_TRAIT(on_recieve)
PUMPHOUSE_NAME_TRAIT(on_text)
PUMPHOUSE_NAME_TRAIT(on_binary)
PUMPHOUSE_NAME_TRAIT(on_chunks)
PUMPHOUSE_NAME_TRAIT(on_piece)
PUMPHOUSE_NAME_TRAIT(on_fragment)
PUMPHOUSE_NAME_TRAIT(on_stream)
PUMPHOUSE_NAME_TRAIT(on_join)
PUMPHOUSE_NAME_TRAIT(on_leave)
PUMPHOUSE_NAME_TRAIT(can_join)
PUMPHOUSE_NAME_TRAIT(on_error)

/// Instantiated by `Hub`: refuses names that are no hooks but were surely meant as one.
template <typename P>
struct CheckHookNames {
    static_assert(!has_on_connect<P> && !has_on_connected<P> && !has_on_opened<P>,
                  "Policy: the hook for a new client is called on_open");
    static_assert(!has_on_disconnect<P> && !has_on_disconnected<P> && !has_on_closed<P>,
                  "Policy: the hook for a client that is gone is called on_close");
    static_assert(!has_on_mesage<P> && !has_on_messages<P> && !has_on_msg<P> && !has_on_data<P> &&
                      !has_on_receive<P> && !has_on_received<P> && !has_on_recieve<P> &&
                      !has_on_text<P> && !has_on_binary<P>,
                  "Policy: the hook for a message is called on_message");
    static_assert(!has_on_chunks<P> && !has_on_piece<P> && !has_on_fragment<P> && !has_on_stream<P>,
                  "Policy: the hook for a piece of a large message is called on_chunk");
    static_assert(!has_on_join<P> && !has_can_join<P>,
                  "Policy: the hooks for joining are called may_join (before) and on_joined "
                  "(after)");
    static_assert(!has_on_leave<P>, "Policy: the hook for leaving is called on_left");
    static_assert(!has_on_error<P>,
                  "Policy: there is no on_error; see on_bad_message and on_close");
};

/// Instantiated by `Hub`: combinations of room options that make no sense.
template <typename P>
struct CheckRoomKinds {
    static constexpr bool says_how_it_skips(RoomOptions const& options) {
        return options.overflow != Overflow::skip || options.gap_encoder.is_decided;
    }
    static constexpr bool has_some_bound(RoomOptions const& options) {
        return options.max_lag_messages != 0 || options.max_lag_bytes != 0 ||
               options.max_room_bytes != 0;
    }
    static constexpr bool has_interval(RoomOptions const& options) {
        return options.flush_interval >= Duration::zero();
    }
    static constexpr bool has_sound_gaps(RoomOptions const& options) {
        return options.overflow != Overflow::conflate || !options.gap_encoder.is_decided;
    }
    static constexpr bool has_history_or_keys(RoomOptions const& options) {
        return !options.is_keyed() || options.history_messages == 0;
    }
    static constexpr bool has_sound_history(RoomOptions const& options) {
        return options.history_age >= Duration::zero() &&
               (options.history_age == Duration::zero() || options.history_messages != 0);
    }
    static constexpr bool has_sound_envelope(RoomOptions const& options) {
        return options.envelope.is_sound;
    }
    static constexpr bool all(bool (*holds)(RoomOptions const&)) {
        if (!holds(P::room)) return false;
        for (auto const& kind : P::room_kinds) {
            if (!holds(kind.options)) return false;
        }
        return true;
    }
    static_assert(all(&says_how_it_skips),
                  "Policy: a room that skips needs a gap_encoder, or says silent");
    static_assert(all(&has_some_bound),
                  "Policy: a room needs max_lag_messages, max_lag_bytes or max_room_bytes");
    static_assert(all(&has_interval), "Policy: a room's flush_interval must not be negative");
    static_assert(all(&has_sound_gaps),
                  "Policy: a room that conflates announces no gaps: what it leaves out is "
                  "superseded; it takes no gap_encoder");
    static_assert(all(&has_history_or_keys),
                  "Policy: a keyed room keeps the newest value of each key and no history: it "
                  "takes no history_messages");
    static_assert(!P::room.is_keyed(),
                  "Policy: `room` is the hub-wide room's too, and that has no keys; keyed and "
                  "conflate need a kind of their own in room_kinds");
    static_assert(all(&has_sound_history),
                  "Policy: history_age needs history_messages, and must not be negative");
    static_assert(P::user_room.history_messages == 0,
                  "Policy: user_room takes no history_messages: a device begins with what comes");
    static_assert(all(&has_sound_envelope),
                  "Policy: an envelope needs both, a number of bytes and a function that writes "
                  "them");
    static_assert(P::room.overflow != Overflow::unsubscribe,
                  "Policy: `room` is the hub-wide room's too, and nobody can be taken out of that; "
                  "unsubscribe needs a kind of its own in room_kinds");
    static_assert(!P::user_room.is_keyed() && P::user_room.overflow != Overflow::unsubscribe,
                  "Policy: `user_room` is a user's devices: what is sent to them has no keys, and "
                  "none of them can be taken out");
};

}  // namespace pumphouse
