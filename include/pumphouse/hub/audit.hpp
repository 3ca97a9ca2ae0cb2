// SPDX-License-Identifier: MIT
//
// Audit: looks through a whole shard, between turns, and says what does not add up: the sum of
// the ledger, the places of every cursor in its log, the lists that whoever waits must stand in,
// the bounds of stalled members. For simulations and tests; it is linear in all memberships.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <pumphouse/hub/shard.hpp>

namespace pumphouse {

struct Audit {
    /// Empty when all is well, else the first finding, as a sentence.
    static std::string of(Shard const& shard) {
        Audit audit{shard};
        return audit.run();
    }

private:
    explicit Audit(Shard const& shard) : shard_{shard} {}

    std::string run() {
        for (ClientBase const* client = shard_.clients_; client != nullptr && finding_.empty();
             client = client->next_client) {
            check(*client);
        }
        if (shard_.out_of_step_) report("a replica's numbers are not its home's");
        Ledger ledger = shard_.stats_.ledger;
        ledger.pending = pending_;
        if (ledger.in_flight != in_flight_) report("in_flight is not the number of torn frames");
        if (!ledger.balances()) {
            report("the shard's ledger does not balance: " + std::to_string(ledger.due) +
                   " due, " + std::to_string(ledger.accounted()) + " accounted for");
        }
        return finding_;
    }

    void check(ClientBase const& client) {
        check_client(client);
        std::uint32_t rooms = 0;
        for (Membership const* each = client.rooms; each != nullptr;) {
            check_member(client, *each);
            // Each room once: by the member that stands first in it.
            if (each->place == 0) check_room(*each->room);
            ++rooms;
            each = each->next != client.rooms ? each->next : nullptr;
        }
        if (rooms != client.room_count) report("a client's ring and its count of rooms differ");
        if (client.direct != nullptr) {
            check_member(client, *client.direct);
            check_room(*client.direct->room);
        }
    }

    void check_client(ClientBase const& client) {
        if (client.phase == ClientBase::Phase::ended) report("an ended client is still a member");
        if (client.in_flight && client.in_flight.piece == Piece::data) ++in_flight_;
        if (client.has_open_stream()) ++in_flight_;
        if (client.is_stalled && client.is_queued && !client.has_open_stream()) {
            report("a stalled client stands in the queue");
        }
    }

    void check_member(ClientBase const& client, Membership const& member) {
        Room const& room = *member.room;
        std::uint64_t const head = room.head();
        pending_ += head - member.cursor;
        if (member.cursor > head) report("a cursor is past head");
        if (member.cursor < member.start) report("a cursor is before its start");
        Ledger const ledger = shard_.ledger_of(client, member);
        if (!ledger.balances()) report("a membership's ledger does not balance");
        if (ledger.delivered > ledger.due) report("a membership's ledger is negative");
        bool const should_be_stalled = client.is_stalled && !member.is_walking();
        if (member.is_stalled() != should_be_stalled) {
            report("a membership and its client disagree about being stalled");
        }
        if (&room.members[member.place] != &member) report("a membership is not in its place");
        if (member.is_walking() && room.live() == nullptr) report("a member walks no index");
        if (member.cursor == head) {
            if (member.is_walking()) report("a member walks its room's index at head");
            return;
        }
        if (room.log == nullptr && !member.is_walking()) {
            return report("a member is behind in a room without a log");
        }
        bool const waits = !client.is_stalled && client.takes_data() && !member.is_held;
        bool const will_be_visited =
            client.is_queued || (room.is_dirty && member.place < room.walk) ||
            (room.is_dirty && room.log != nullptr && room.log->round_head < head) ||
            waits_for_interval(room);
        if (waits && !will_be_visited) report("a member is behind and nobody will visit it");
        if (member.is_walking()) return;  // is in no bound
        // A check that is due already happens with the next append.
        std::size_t const lane = client.lane;
        bool const is_due = room.is_paced() || room.log->head() > room.log->check_at_head ||
                            room.log->lane_bytes(lane) > room.log->check_at_bytes[lane];
        if (client.is_stalled && !is_due && shard_.is_over_bound(room, member)) {
            report("a stalled member is past its room's bound, and nobody will notice");
        }
    }

    void check_live(Room const& room, LiveIndex const& live) {
        std::uint64_t before = 0;
        std::size_t count = 0;
        auto const& entries = live.entries();
        for (std::size_t i = 0; i < entries.size(); ++i) {
            LiveIndex::Entry const& each = entries[i];
            if (each.number <= before) report("a live index is not in the order of records");
            before = each.number;
            if (!each.is_live()) continue;
            ++count;
            if (live.place_of(each.key) != i) report("a key has two values, or is out of place");
        }
        if (before >= room.head()) report("a live index has a value from after head");
        if (count != live.size()) report("a live index has a value that no key finds");
        if (entries.size() > 2 * count) report("a live index is more than half superseded");
        std::uint32_t walkers = 0;
        for (std::uint32_t i = 0; i < room.members.size(); ++i) {
            walkers += room.members[i].is_walking();
        }
        if (walkers != live.walkers) report("a live index's count of members is wrong");
    }

    static bool waits_for_interval(Room const& room) noexcept {
        return room.extra != nullptr && room.extra->pace.is_waiting() &&
               room.extra->pace.timer.is_set();
    }

    void check_room(Room const& room) {
        Standing at_head;
        std::vector<Standing> places;
        if (room.live() != nullptr) check_live(room, *room.live());
        Log const* const log = room.log;
        if (log == nullptr) return;
        std::size_t segments = 0;
        for (Segment* at = log->front(); at != nullptr; at = at->next) ++segments;
        places.resize(segments);
        std::uint32_t stalled = 0;
        for (std::uint32_t i = 0; i < room.members.size(); ++i) {
            Membership const& member = room.members[i];
            if (member.is_walking()) continue;
            stalled += member.is_stalled();
            Segment const* const at = log->find(member.cursor);
            if (at == nullptr) {
                at_head.add(member.is_stalled());
                continue;
            }
            std::size_t place = 0;
            for (Segment* each = log->front(); each != at; each = each->next) ++place;
            places[place].add(member.is_stalled());
        }
        bool ok = same(at_head, log->at_head()) && log->stalled.size() == stalled;
        std::size_t place = 0;
        for (Segment* at = log->front(); at != nullptr; at = at->next) {
            ok = ok && same(places[place++], at->cursors);
        }
        if (!ok) report("a log's count of cursors is wrong");
        for (std::uint32_t i = 0; i < log->stalled.size(); ++i) {
            if (log->stalled[i]->stalled_place != i) report("a stalled member is out of place");
        }
    }

    static bool same(Standing a, Standing b) noexcept {
        return a.all == b.all && a.stalled == b.stalled;
    }

    void report(std::string what) {
        if (finding_.empty()) finding_ = std::move(what);
    }

    Shard const& shard_;
    std::string finding_;
    std::uint64_t pending_ = 0;
    std::uint64_t in_flight_ = 0;
};

}  // namespace pumphouse
