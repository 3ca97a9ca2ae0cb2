// SPDX-License-Identifier: MIT
// Bodies of values.hpp.
#include "values.hpp"

#include <algorithm>
#include <cstring>

#include "messages.hpp"

namespace simulation {

namespace {

constexpr std::array<char, 8> value_mark{'v', 'a', 'l', 'u', 'e', ' ', 'o', 'f'};

std::uint16_t random_keyed_room(World& world) {
    return static_cast<std::uint16_t>(first_keyed_room + world.random().below(keyed_rooms));
}

}  // namespace

// --- what happens -----------------------------------------------------------------------------

void Values::add_actions(Actions& actions) {
    actions.add(100, "the host sets values", &set_some);
    actions.add(12, "the host erases a key", &erase_some);
}

void Values::add_hook_actions(HookActions& actions) {
    actions.add(700, "a hook joins a room for its values", &join_for_values);
    actions.add(900, "a hook sets a value for all but its client",
                [](World& world, Local& hub, Person& person) {
                    auto& values = world.feature<Values>();
                    std::uint16_t const room = random_keyed_room(world);
                    std::uint64_t const key = values.draw_key(room);
                    auto const payload = values.make(room, key, person.serial + 1);
                    auto const answer = hub.broadcast(room_names[room], text(payload),
                                                      except(person.id).keyed(key));
                    world.require(answer == Accepted::accepted || answer == Accepted::closed ||
                                      (answer == Accepted::too_many_keys &&
                                       room_names[room] == "keyed-1"),
                                  "a value was refused");
                });
    actions.add(60, "a hook erases a key", [](World& world, Local& hub, Person&) {
        auto& values = world.feature<Values>();
        std::uint16_t const room = random_keyed_room(world);
        std::uint64_t const key = values.draw_key(room);
        if (hub.erase(room_names[room], key) == Accepted::accepted) {
            values.truth(room).erased.insert(key);
        }
    });
}

void Values::set_some(World& world) {
    auto& values = world.feature<Values>();
    std::uint16_t const room = random_keyed_room(world);
    for (std::uint64_t more = world.random().between(1, 8); more-- != 0;) {
        Person* const left_out = world.random().one_in(6) ? world.pick() : nullptr;
        std::uint64_t const key = values.draw_key(room);
        pumphouse::Delivery how = pumphouse::keyed(key);
        if (left_out != nullptr) how.excluded = left_out->id;
        auto const payload =
            values.make(room, key, left_out != nullptr ? left_out->serial + 1 : 0);
        static_cast<void>(world.hub().broadcast(room_names[room], text(payload), how));
    }
}

void Values::erase_some(World& world) {
    auto& values = world.feature<Values>();
    std::uint16_t const room = random_keyed_room(world);
    std::uint64_t const key = values.draw_key(room);
    if (world.hub().erase(room_names[room], key) == Accepted::accepted) {
        values.truth(room).erased.insert(key);
    }
}

void Values::join_for_values(World& world, Local& hub, Person& person) {
    std::uint16_t const room = random_keyed_room(world);
    View const& view = world.feature<Values>().view(person, room);
    bool const returns = view.has_caught_up && world.random().one_in(2);
    world.tell("joins ", room_names[room], returns ? " where it was" : " with all values");
    world.join(hub, person, room_names[room],
               returns ? pumphouse::after(view.position) : pumphouse::from_history);
}

std::uint64_t Values::draw_key(std::uint16_t room) {
    // Mostly few, so that they are superseded; the room with a bound gets more than it takes.
    bool const is_bounded = room_names[room] == "keyed-1";
    std::uint64_t const range = is_bounded ? 8 : world.random().one_in(4) ? 30 : 4;
    return 1 + world.random().below(range);
}

std::string Values::make(std::uint16_t room, std::uint64_t key, std::uint32_t excluded) {
    Header const header{value_mark, values_.size(), key, excluded, room};
    values_.push_back({key, excluded});
    Random& random = world.random();
    std::size_t const padding = random.one_in(200)  ? random.between(60'000, 140'000)
                                : random.one_in(10) ? random.between(100, 3000)
                                                    : random.below(40);
    world.tell("value ", header.id, " of key ", key, " to ", room_names[room]);
    std::string payload(sizeof header + padding, static_cast<char>(header.id));
    std::memcpy(payload.data(), &header, sizeof header);
    return payload;
}

// --- what is seen -----------------------------------------------------------------------------

Values::Header Values::header_of(std::string_view payload) {
    Header header{};
    if (payload.size() >= sizeof header) std::memcpy(&header, payload.data(), sizeof header);
    return header;
}

bool Values::received(Person& person, pumphouse::Opcode, std::string_view payload) {
    Header const header = header_of(payload);
    if (header.mark != value_mark) return false;
    auto const padding = payload.substr(sizeof header);
    bool const is_whole = std::all_of(padding.begin(), padding.end(), [&](char each) {
        return each == static_cast<char>(header.id);
    });
    world.require(is_whole, "a value was mixed with something else");
    world.mix(header.id);
    world.require(header.excluded != person.serial + 1, "an excluded client got a value");
    if (person.stale_room == header.room) {
        person.stale_room = no_room;  // the rest of what was in flight when it left
        return true;
    }
    ++person.received[header.room];
    View& mine = view(person, header.room);
    mine.known[header.key] = header.id;
    mine.got.push_back(header.id);
    if (person.watched != header.room) return true;
    Truth& all = truth(header.room);
    values_[header.id].position = ++all.count;
    all.newest[header.key] = header.id;
    all.changed.insert(header.key);
    return true;
}

void Values::joined(Local&, Person& person, std::string_view room,
                    pumphouse::Joined const& joined) {
    if (!is_keyed(room) || !joined) return;
    View& mine = view(person, number_of(room));
    mine.got.clear();  // of what was before it is known in which order it came
    mine.last_position = 0;
    mine.is_member_since_dry = false;
    // With `after(position)` it knows the rest from when it got that position.
    bool const has_all = joined.replayed != 0 || joined.recovered;
    mine.knows_all = has_all && (!joined.recovered || mine.knows_all);
    mine.position = joined.position;
    mine.has_caught_up = false;
}

void Values::left(Person& person, std::string_view room) {
    if (is_keyed(room)) view(person, number_of(room)).is_member_since_dry = false;
}

void Values::closed(Person& person, pumphouse::CloseReason const&) {
    for (std::uint16_t room = first_keyed_room; room < room_names.size(); ++room) {
        views_.erase({person.serial, room});
    }
}

// --- what must hold, when all has run dry -----------------------------------------------------

void Values::check_dry() {
    for (std::uint16_t room = first_keyed_room; room < room_names.size(); ++room) {
        check_room(room);
        Truth& all = truth(room);
        all.changed.clear();
        all.count_at_dry = all.count;
    }
}

void Values::check_room(std::uint16_t room) {
    if (world.is_shutting_down()) return;
    check_index(room);
    check_copies(room);
    for (Person* const person : world.living()) {
        bool const is_member = person->opened != 0 &&
                               world.shard_of(*person).is_member(person->id, room_names[room]);
        if (is_member) {
            check_person(*person, room);
        } else {
            view(*person, room).is_member_since_dry = false;
        }
    }
}

pumphouse::LiveIndex const* Values::index_of(std::uint16_t room, std::size_t shard) {
    auto const* const found = world.hub().shard(shard).room(room_names[room]);
    return found != nullptr && !found->members.empty() ? found->live() : nullptr;
}

// The home's index is what the observer has got last, but for what was erased.
void Values::check_index(std::uint16_t room) {
    Truth& all = truth(room);
    std::size_t const home = world.hub().core()->home_of(room_names[room]);
    auto const* const found = world.hub().shard(home).room(room_names[room]);
    world.require(found != nullptr, "a room with an observer is not there");
    pumphouse::LiveIndex const& live = *found->live();
    std::uint32_t const most = found->options->max_keys;
    world.require(most == 0 || live.size() <= most, "a room has more keys than it may");
    for (auto const& [key, id] : all.newest) {
        if (live.has(key)) {
            all.erased.erase(key);
            auto const& entry = live.entries()[live.place_of(key)];
            world.require(header_of(entry.get().payload_view()).id == id,
                          "the value of a key is not its newest");
        } else {
            world.require(all.erased.contains(key), "the value of a key is lost");
        }
    }
}

void Values::check_copies(std::uint16_t room) {
    std::size_t const home = world.hub().core()->home_of(room_names[room]);
    pumphouse::LiveIndex const& truth = *world.hub().shard(home).room(room_names[room])->live();
    for (std::size_t shard = 0; shard < world.shard_count(); ++shard) {
        pumphouse::LiveIndex const* const copy = index_of(room, shard);
        if (copy == nullptr) continue;
        auto const* mine = copy->from(0);
        auto const* theirs = truth.from(0);
        while (mine != nullptr && theirs != nullptr) {
            bool const is_same = mine->number == theirs->number && mine->key == theirs->key &&
                                 mine->get().payload_view() == theirs->get().payload_view();
            world.require(is_same, "a shard has other values than the room's home");
            mine = copy->after(*mine);
            theirs = truth.after(*theirs);
        }
        world.require(mine == theirs, "a shard has more values than the room's home, or fewer");
    }
}

void Values::check_person(Person& person, std::uint16_t room) {
    View& mine = view(person, room);
    Truth& all = truth(room);
    auto const ledger = world.shard_of(person).ledger(person.id, room_names[room]);
    world.require(ledger.pending == 0, "all has run dry, and somebody waits for a value");
    world.require(!person.is_observer || ledger.conflated == 0, "an observer was too slow");
    for (std::uint64_t const id : mine.got) {
        std::uint64_t const position = values_[id].position;
        world.require(position > mine.last_position, "a value came twice, or out of order");
        mine.last_position = position;
    }
    mine.got.clear();
    if (mine.is_member_since_dry) {
        world.require(ledger.due - mine.due == all.count - all.count_at_dry,
                      "what is due to a member is not what its room got");
        for (std::uint64_t const key : all.changed) check_newest(mine, person, room, key);
    }
    if (mine.knows_all) {
        for (auto const& [key, id] : all.newest) check_newest(mine, person, room, key);
    }
    mine.due = ledger.due;
    mine.is_member_since_dry = true;
    mine.has_caught_up = mine.position.epoch != 0;
}

void Values::check_newest(View const& view, Person const& person, std::uint16_t room,
                          std::uint64_t key) {
    Truth const& all = truth(room);
    std::uint64_t const id = all.newest.at(key);
    if (values_[id].excluded == person.serial + 1 || all.erased.contains(key)) return;
    auto const known = view.known.find(key);
    world.require(known != view.known.end() && known->second == id,
                  "somebody has not got the newest value of a key");
}

}  // namespace simulation
