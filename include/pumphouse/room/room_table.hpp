// SPDX-License-Identifier: MIT
//
// RoomTable: a shard's rooms by name. A chained hash table whose links are in the rooms; it is
// looked up, never iterated, so that no behaviour depends on its order.
#pragma once

#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include <pumphouse/room/room.hpp>
#include <pumphouse/room/slab.hpp>

namespace pumphouse {

class RoomTable {
public:
    RoomTable() : buckets_(16) {}
    RoomTable(RoomTable const&) = delete;
    RoomTable& operator=(RoomTable const&) = delete;
    ~RoomTable() {
        clear([](Room&) {});
    }

    /// Ends every room, after `before_end(room)`. For the shard's own end.
    void clear(auto&& before_end) {
        for (Room*& each : buckets_) {
            while (each != nullptr) {
                Room& room = *std::exchange(each, each->next_in_table);
                before_end(room);
                rooms_.end(room);
            }
        }
        size_ = 0;
    }

    std::size_t size() const noexcept { return size_; }

    /// In no particular order: for lists that are sorted afterwards, and nothing else.
    void for_each(auto&& visit) const {
        for (Room const* each : buckets_) {
            for (; each != nullptr; each = each->next_in_table) visit(*each);
        }
    }

    Room* find(std::string_view name) const noexcept {
        Room* each = buckets_[Room::hash_of(name) & (buckets_.size() - 1)];
        while (each != nullptr && each->name != name) each = each->next_in_table;
        return each;
    }

    /// The caller has looked: there is none of this name yet.
    Room& add(std::string_view name) {
        if (size_ == buckets_.size()) grow();
        Room& room = rooms_.make();
        room.name = name;
        ++size_;
        return link(room);
    }

    void erase(Room& room) noexcept {
        Room** at = &bucket_of(room);
        while (*at != &room) at = &(*at)->next_in_table;
        *at = room.next_in_table;
        --size_;
        rooms_.end(room);
    }

private:
    Room*& bucket_of(Room const& room) noexcept {
        return buckets_[Room::hash_of(room.name) & (buckets_.size() - 1)];
    }

    Room& link(Room& room) noexcept {
        Room*& bucket = bucket_of(room);
        room.next_in_table = bucket;
        bucket = &room;
        return room;
    }

    void grow() {
        std::vector<Room*> old(buckets_.size() * 2);
        old.swap(buckets_);
        for (Room* each : old) {
            while (each != nullptr) link(*std::exchange(each, each->next_in_table));
        }
    }

    Slab<Room> rooms_;
    std::vector<Room*> buckets_;  // a power of two
    std::size_t size_ = 0;
};

}  // namespace pumphouse
