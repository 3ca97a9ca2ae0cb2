// SPDX-License-Identifier: MIT
// Bodies of hub/shard.hpp: permission, users, presence, questions, rates.
#pragma once

#include <algorithm>
#include <utility>

#include <pumphouse/hub/shard.hpp>
#include <pumphouse/hub/shard_commands.hpp>

namespace pumphouse {

// --- permission that comes later --------------------------------------------------------------

PUMPHOUSE_DECL void Shard::wait_for_permission(ClientBase& client, PendingJoin& pending) {
    pending.waits = true;
    if (core_->options.permission_deadline > Duration::zero()) {
        pending.deadline = now_ + core_->options.permission_deadline;
        arm(client);
    }
}

PUMPHOUSE_DECL bool Shard::answer_permission(ClientId id, std::string_view room, bool is_allowed) {
    ClientBase* const client = find(id);
    if (client == nullptr) return false;
    PendingJoin* pending = client->joins.get();
    while (pending != nullptr && (pending->room != room || !pending->waits)) {
        pending = pending->next.get();
    }
    if (pending == nullptr || client->phase != ClientBase::Phase::open) return false;
    pending->waits = false;
    pending->deadline = Time::max();
    if (is_allowed) {
        request_join(*client, *pending);
    } else {
        refuse_join(*client, *pending);
    }
    return true;
}

PUMPHOUSE_DECL void Shard::refuse_join(ClientBase& client, PendingJoin& pending) {
    pending.waits = false;
    pending.is_answered = true;
    pending.deadline = Time::max();
    events_.push_back(
        JoinedEvent{client.id, pending.ticket, Joined{.result = JoinResult::refused}});
}

PUMPHOUSE_DECL void Shard::end_waits(ClientBase& client) {
    for (PendingJoin* each = client.joins.get(); each != nullptr; each = each->next.get()) {
        if (each->deadline <= now_) refuse_join(client, *each);
    }
}

PUMPHOUSE_DECL void PermissionCommand::run(Shard& shard) {
    shard.answer_permission(client, room, is_allowed);
}

// --- users: rooms of devices ------------------------------------------------------------------

PUMPHOUSE_DECL bool Shard::identify(ClientId id, std::string_view user) {
    ClientBase* const client = find(id);
    if (client == nullptr || client->phase != ClientBase::Phase::open) return false;
    if (!core_->is_user(user) || client->user != nullptr) return false;
    if (is_seen_somewhere(*client)) return false;
    client->user = std::make_unique<std::string>(user);
    if (core_->options.user_rate.is_set()) {
        if (client->rate == nullptr) client->rate = std::make_unique<ClientRate>();
        client->rate->user = core_->user_rate_of(user);
    }
    remember_join(*client, user_rooms::name_of(user));
    request_join(*client, *client->joins);
    return true;
}

// Whether it counts as somebody in a room with presence, or is about to.
PUMPHOUSE_DECL bool Shard::is_seen_somewhere(ClientBase const& client) const noexcept {
    for (PendingJoin const* each = client.joins.get(); each != nullptr; each = each->next.get()) {
        if (!each->waits && hooks_.room_options(each->room).presence) return true;
    }
    Membership const* each = client.rooms;
    for (std::uint32_t i = 0; i < client.room_count; ++i, each = each->next) {
        if (each->room->use == Room::Use::named && each->room->options->presence) return true;
    }
    return false;
}

PUMPHOUSE_DECL std::string_view Shard::user_of(ClientId id) const noexcept {
    ClientBase const* const client = find(id);
    return client != nullptr && client->user ? std::string_view{*client->user}
                                             : std::string_view{};
}

// As whom a client counts in a room; empty where nobody counts.
PUMPHOUSE_DECL std::string Shard::identity_in(ClientBase const& client, std::string_view room,
                                              RoomOptions const& options) const {
    if (user_rooms::is_reserved(room)) return std::string{user_rooms::user_of(room)};
    if (!options.presence) return {};
    return client.user ? *client.user : core_->public_ids.of(client.id);
}

PUMPHOUSE_DECL bool Shard::counts_devices(Room const& room) const noexcept {
    return core_->options.device_rule == DeviceRule::close_oldest &&
           room.options->max_members != 0 && user_rooms::is_reserved(room.name);
}

// For one more where there are as many as may be. Those who have to go have lost their places,
// though they are still there.
PUMPHOUSE_DECL bool Shard::make_place(Room& room) {
    if (!counts_devices(room)) return false;
    auto& devices = room.make_extra().devices;
    if (devices.size() < room.options->max_members) return true;
    ClientId const oldest = devices.front();
    devices.erase(devices.begin());
    core_->unregister_client(oldest, CloseCode::kicked);
    return true;
}

PUMPHOUSE_DECL void NotifyCommand::run(Shard& home) {
    core.reset();  // the share goes with the message from here on
    home.notify(*this);
    done = nullptr;
}

// Never got there: its hub has ended.
PUMPHOUSE_DECL NotifyCommand::~NotifyCommand() {
    if (!core) return;
    core->budget.give_back(1, budget_bytes());
    try {
        if (done) done(0);
    } catch (...) {  // the host's own trouble
    }
}

PUMPHOUSE_DECL void Shard::notify(NotifyCommand& command) {
    Room* const room = find_room(user_rooms::name_of(command.user));
    std::uint32_t const devices =
        room == nullptr ? 0 : room->home ? room->home->members : room->members.size();
    if (devices != 0) {
        Append what;
        what.opcode = command.opcode;
        what.payload = command.payload;
        what.compressed = command.compressed;
        what.budget_bytes = command.budget_bytes();
        what.holds_budget = true;
        broadcast_here(*room, what);
    } else {
        core_->budget.give_back(1, command.budget_bytes());
        call_hook([&] {
            hooks_.offline(*this, command.user, Message{command.payload, command.opcode});
        });
    }
    call_hook([&] {
        if (command.done) command.done(devices);
    });
}

// --- presence: collected at a room's home, told when its interval is over -----------------------

PUMPHOUSE_DECL void Shard::came(Room& room, JoinWish const& wish) {
    if (wish.who.empty()) return;
    if (counts_devices(room)) room.make_extra().devices.push_back(wish.client);
    if (user_rooms::is_reserved(room.name)) {
        users_.came(wish.who);
        return note_users();
    }
    presence_of(room).users.came(wish.who);
    note_presence(room);
}

PUMPHOUSE_DECL void Shard::went(Room& room, JoinWish const& wish) {
    if (wish.who.empty()) return;
    if (counts_devices(room)) std::erase(room.extra->devices, wish.client);
    if (user_rooms::is_reserved(room.name)) {
        users_.went(wish.who);
        return note_users();
    }
    presence_of(room).users.went(wish.who);
    note_presence(room);
}

PUMPHOUSE_DECL RoomPresence& Shard::presence_of(Room& room) {
    RoomExtra& extra = room.make_extra();
    if (extra.presence == nullptr) {
        extra.presence = std::make_unique<RoomPresence>();
        extra.presence->timer.room = &room;
        extra.presence->timer.what = RoomTimer::For::presence;
    }
    return *extra.presence;
}

PUMPHOUSE_DECL void Shard::note_presence(Room& room) {
    RoomPresence& presence = presence_of(room);
    if (presence.is_due || presence.timer.is_set() || !presence.users.has_changes()) return;
    Duration const interval = room.options->presence_interval;
    if (interval <= Duration::zero()) return presence_is_due(room);
    room_wheel().set(presence.timer, now_ + interval);
}

PUMPHOUSE_DECL void Shard::presence_is_due(Room& room) {
    room.extra->presence->is_due = true;
    presence_due_.push_back(&room);
}

PUMPHOUSE_DECL void Shard::note_users() {
    if (users_due_ == Time::max()) users_due_ = now_ + core_->options.user_interval;
}

PUMPHOUSE_DECL void Shard::tell_presence() {
    while (!presence_due_.empty() && spend()) {
        Room& room = *presence_due_.back();
        presence_due_.pop_back();
        RoomPresence& presence = *room.extra->presence;
        presence.is_due = false;
        PresenceChange const change = presence.users.take_changes();
        // The hook may end the room's last member, but not the room: that waits for the turn's end.
        std::string const name = room.name;
        maybe_end_room(room);
        if (!change.empty()) call_hook([&] { hooks_.presence(*this, name, change); });
    }
    if (now_ < users_due_) return;
    users_due_ = Time::max();
    auto change = users_.take_changes();
    if (change.empty()) return;
    UserChange const told{std::move(change.joined), std::move(change.left)};
    call_hook([&] { hooks_.users(*this, told); });
}

PUMPHOUSE_DECL bool Shard::has_untold_presence(Room const& room) const noexcept {
    return room.extra != nullptr && room.extra->presence != nullptr &&
           (room.extra->presence->is_due || room.extra->presence->timer.is_set());
}

// A hook that belongs to no client: what it throws is logged, and ends nobody.
PUMPHOUSE_DECL void Shard::call_hook(auto&& hook) {
    try {
        hook();
    } catch (std::exception const& problem) {
        hook_threw({}, problem.what());
    } catch (...) {
        hook_threw({}, "no std::exception");
    }
}

// --- questions --------------------------------------------------------------------------------

PUMPHOUSE_DECL std::size_t Shard::member_count(std::string_view name) const noexcept {
    Room const* const room = name.empty() ? &everybody_ : find_room(name);
    return room != nullptr ? room->members.size() : 0;
}

PUMPHOUSE_DECL void Shard::list_members(std::string_view name, std::vector<MemberInfo>& out) const {
    Room const* const room = name.empty() ? &everybody_ : find_room(name);
    if (room == nullptr) return;
    for (std::uint32_t i = 0; i < room->members.size(); ++i) {
        ClientBase const& client = *room->members[i].client;
        out.push_back({client.id, client.user ? *client.user : std::string{}});
    }
    std::sort(out.begin(), out.end(),
              [](MemberInfo const& a, MemberInfo const& b) { return a.client < b.client; });
}

PUMPHOUSE_DECL void Shard::list_rooms(std::vector<RoomInfo>& out) const {
    rooms_.for_each([&](Room const& room) {
        bool const is_home = core_->home_of(room.name) == index_;
        if (!is_home || user_rooms::is_reserved(room.name)) return;
        RoomInfo info{room.name, {}, {}, room.home ? room.home->members : room.members.size()};
        if (room.extra != nullptr && room.extra->label != nullptr) {
            info.display_name = room.extra->label->display_name;
            info.metadata = room.extra->label->metadata;
        }
        out.push_back(std::move(info));
    });
    std::sort(out.begin(), out.end(),
              [](RoomInfo const& a, RoomInfo const& b) { return a.name < b.name; });
}

PUMPHOUSE_DECL void LabelCommand::run(Shard& home) {
    home.label(room, std::move(display_name), std::move(metadata));
}

PUMPHOUSE_DECL void Shard::label(std::string_view name, std::string display_name,
                                 std::string metadata) {
    Room* const room = find_room(name);
    if (room == nullptr) return;
    RoomExtra& extra = room->make_extra();
    if (extra.label == nullptr) extra.label = std::make_unique<RoomLabel>();
    *extra.label = {std::move(display_name), std::move(metadata)};
}

// --- rates ------------------------------------------------------------------------------------

PUMPHOUSE_DECL Shard::OverRate Shard::take_rate(ClientBase& client, double messages,
                                                std::size_t bytes) noexcept {
    ClientRate& rate = *client.rate;
    auto const& own = core_->options.rate;
    auto const& shared = core_->options.user_rate;
    auto const cost = static_cast<double>(bytes);
    bool const has_own = rate.messages.take(now_, own.messages, messages) &&
                         rate.bytes.take(now_, own.bytes, cost);
    if (!has_own) return OverRate::of_client;
    bool const has_shared = !rate.user ||
                            (rate.user->messages.take(now_, shared.messages, messages) &&
                             rate.user->bytes.take(now_, shared.bytes, cost));
    return has_shared ? OverRate::no : OverRate::of_user;
}

PUMPHOUSE_DECL bool Shard::is_within_rate(ClientBase& client, std::size_t bytes) {
    OverRate const over = take_rate(client, 1, bytes);
    if (over == OverRate::no) return true;
    ++stats_.rate_limited;
    auto const& options = core_->options;
    RateAction const action =
        over == OverRate::of_client ? options.rate.action : options.user_rate.action;
    if (action == RateAction::disconnect) {
        violated(client, CloseCode::rate, CloseCause::limit, text_of(CloseCode::rate));
        return false;
    }
    if (action == RateAction::error || now_ >= client.rate->next_notice) {
        client.rate->next_notice = now_ + std::chrono::seconds{1};
        guarded(client.id, [&] { hooks_.rate_limited(*this, client.id); });
    }
    return false;
}

// A piece of a message cannot be dropped without the rest: whoever streams too fast is closed.
PUMPHOUSE_DECL bool Shard::is_chunk_within_rate(ClientBase& client, Chunk const& chunk) {
    if (take_rate(client, chunk.is_first ? 1 : 0, chunk.bytes.size()) == OverRate::no) return true;
    ++stats_.rate_limited;
    violated(client, CloseCode::rate, CloseCause::limit, text_of(CloseCode::rate));
    return false;
}

}  // namespace pumphouse
