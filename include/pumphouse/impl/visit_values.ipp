// SPDX-License-Identifier: MIT
// Bodies of client/visit.hpp: members that walk the live index of a keyed room.
#pragma once

#include <cstring>

#include <pumphouse/client/visit.hpp>

namespace pumphouse {

// Plans the values from a cursor on. What lies between them is superseded, or leaves this client
// out: it is passed over when the next value goes, or with the last one up to head.
PUMPHOUSE_DECL void Visit::collect_values(Membership& member, std::uint64_t from,
                                          std::uint64_t before_sequence) {
    LiveIndex const& live = *member.room->live();
    std::uint64_t end = member.room->head();
    std::uint64_t planned_to = from;
    for (auto const* each = live.from(from); each != nullptr; each = live.after(*each)) {
        if (member.sequence_for(each->number, each->sequence) >= before_sequence) {
            end = each->number;
            break;
        }
        if (each->excluded == client_.id) continue;
        if (!add_value(member, *each)) return;
        planned_to = each->number + 1;
    }
    if (end > planned_to) {
        add({nullptr, 0, Source::value, Piece::data, nullptr, &member, planned_to, end});
    }
}

// False: there is no place for it in this visit.
PUMPHOUSE_DECL bool Visit::add_value(Membership& member, LiveIndex::Entry const& entry) {
    LiveValue const& value = entry.get();
    std::string_view frame = value.frame(client_.lane);
    WireFormat const& format = client_.wire_format();
    std::string_view const payload = value.payload_view();
    std::size_t const bytes = frame.empty() ? format.frame_bytes(payload.size()) : frame.size();
    bool const has_place = count_ < max_pieces && (bytes_ == 0 || bytes_ + bytes <= max_bytes);
    if (!has_place) {
        is_full_ = true;
        return false;
    }
    Segment* own = nullptr;
    if (frame.empty()) {  // the value was set when nobody here used this format
        own = &own_memory(bytes);
        format.frame(value.opcode, payload, own_bytes(*own));
        ++context_.logs.frames_made;
        frame = {reinterpret_cast<char const*>(own_bytes(*own)), bytes};
    }
    return add({reinterpret_cast<std::byte const*>(frame.data()),
                static_cast<std::uint32_t>(frame.size()), Source::value, Piece::data, own, &member,
                entry.number, entry.number + 1});
}

// The value may be superseded before the rest of its frame goes: that gets memory of its own.
PUMPHOUSE_DECL void Visit::tear_value(Range const& range, std::uint32_t taken) {
    Segment& rest = own_memory(range.bytes);
    std::memcpy(own_bytes(rest), range.data, range.bytes);
    client_.in_flight = {&rest, own_bytes(rest), range.bytes, taken, range.member, Piece::data};
    ++context_.totals.in_flight;
    move_cursor(context_, *range.member, range.last);
}

PUMPHOUSE_DECL void Visit::start_walk(Membership& member) noexcept {
    member.losses->is_walking = true;
    ++member.room->live()->walkers;
}

// At head it is a member like any other again, in the log.
PUMPHOUSE_DECL void Visit::walk_to(Membership& member, std::uint64_t to) noexcept {
    Room& room = *member.room;
    member.cursor = to;
    if (to != room.head()) return;
    member.losses->is_walking = false;
    --room.live()->walkers;
    if (room.log != nullptr) room.log->enter(to);
}

}  // namespace pumphouse
