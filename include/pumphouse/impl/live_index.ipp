// SPDX-License-Identifier: MIT
// Bodies of room/live_index.hpp.
#pragma once

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include <pumphouse/room/live_index.hpp>

namespace pumphouse {

PUMPHOUSE_DECL void LiveIndex::set(std::uint64_t number, Record const& record,
                                   LiveMessage const& message) {
    Entry entry{number, record.sequence, record.key, record.excluded, {}};
    std::uint32_t const old = keys_.find(record.key);
    // The memory of the value before this one serves again, where it fits.
    if (old != KeyTable::nowhere) std::swap(entry.value, entries_[old].value);
    store(entry.value, message);
    has_exclusions_ |= static_cast<bool>(record.excluded);
    keys_.set(record.key, static_cast<std::uint32_t>(entries_.size()));
    entries_.push_back(entry);
    if (entries_.size() > 2 * keys_.size()) compact();
}

PUMPHOUSE_DECL void LiveIndex::store(Memory::Piece& piece, LiveMessage const& message) {
    std::size_t bytes = 0;
    bool is_in_a_frame = false;
    for (std::string_view const frame : message.frames) {
        bytes += frame.size();
        is_in_a_frame |= frame.data() != nullptr && frame.ends_with(message.payload);
    }
    if (!is_in_a_frame) bytes += message.payload.size();
    std::size_t const wanted = sizeof(LiveValue) + bytes;
    bool const fits = piece.bytes >= wanted && piece.bytes / 4 <= std::max<std::size_t>(wanted, 64);
    if (!fits) {
        if (piece.data != nullptr) memory_.put(std::exchange(piece, {}));
        piece = memory_.get(wanted);
    }
    auto* const value = new (piece.data) LiveValue{};
    value->opcode = message.opcode;
    value->used = static_cast<std::uint32_t>(bytes);
    char* const begin = reinterpret_cast<char*>(value + 1);
    char* out = begin;
    auto const put = [&](std::string_view what) -> LiveValue::Part {
        if (!what.empty()) std::memcpy(out, what.data(), what.size());
        auto const at = static_cast<std::uint32_t>(out - begin);
        out += what.size();
        return {at, static_cast<std::uint32_t>(what.size())};
    };
    auto const payload_bytes = static_cast<std::uint32_t>(message.payload.size());
    for (std::size_t lane = 0; lane < max_lanes; ++lane) {
        std::string_view const frame = message.frames[lane];
        if (frame.data() == nullptr) continue;
        LiveValue::Part const part = value->frames[lane] = put(frame);
        if (frame.ends_with(message.payload)) {
            value->payload = {part.at + part.bytes - payload_bytes, payload_bytes};
        }
    }
    if (!is_in_a_frame) value->payload = put(message.payload);
}

PUMPHOUSE_DECL bool LiveIndex::erase(std::uint64_t key) noexcept {
    std::uint32_t const place = keys_.find(key);
    if (place == KeyTable::nowhere) return false;
    memory_.put(std::exchange(entries_[place].value, {}));
    keys_.erase(key);
    if (entries_.size() > 2 * keys_.size()) compact();
    return true;
}

PUMPHOUSE_DECL void LiveIndex::clear() noexcept {
    for (Entry& each : entries_) {
        if (!each.is_live()) continue;
        keys_.erase(each.key);
        memory_.put(std::exchange(each.value, {}));
    }
    entries_.clear();
}

PUMPHOUSE_DECL void LiveIndex::compact() {
    std::size_t kept = 0;
    has_exclusions_ = false;
    for (Entry const& each : entries_) {
        if (!each.is_live()) continue;
        has_exclusions_ |= static_cast<bool>(each.excluded);
        keys_.set(each.key, static_cast<std::uint32_t>(kept));
        entries_[kept++] = each;
    }
    entries_.resize(kept);
}

PUMPHOUSE_DECL LiveIndex::Entry const* LiveIndex::from(std::uint64_t number) const noexcept {
    auto const at = std::lower_bound(
        entries_.begin(), entries_.end(), number,
        [](Entry const& entry, std::uint64_t wanted) { return entry.number < wanted; });
    return live_at_or_after(static_cast<std::size_t>(at - entries_.begin()));
}

PUMPHOUSE_DECL LiveIndex::Entry const* LiveIndex::after(Entry const& entry) const noexcept {
    return live_at_or_after(static_cast<std::size_t>(&entry - entries_.data()) + 1);
}

PUMPHOUSE_DECL LiveIndex::Entry const* LiveIndex::live_at_or_after(
    std::size_t place) const noexcept {
    while (place < entries_.size() && !entries_[place].is_live()) ++place;
    return place < entries_.size() ? &entries_[place] : nullptr;
}

PUMPHOUSE_DECL std::uint64_t LiveIndex::count_from(std::uint64_t number) const noexcept {
    std::uint64_t count = 0;
    for (Entry const* each = from(number); each != nullptr; each = after(*each)) ++count;
    return count;
}

PUMPHOUSE_DECL std::uint64_t LiveIndex::count_excluding(ClientId client, std::uint64_t first,
                                                        std::uint64_t to) const noexcept {
    std::uint64_t count = 0;
    if (!has_exclusions_) return count;
    for (Entry const* each = from(first); each != nullptr && each->number < to;
         each = after(*each)) {
        count += each->excluded == client;
    }
    return count;
}

PUMPHOUSE_DECL void LiveIndex::copy_to(LiveSnapshot& out) const {
    for (Entry const& each : entries_) {
        if (!each.is_live()) continue;
        std::size_t const bytes = sizeof(LiveValue) + each.get().used;
        out.entries.push_back({each.number, each.key, each.excluded, out.values.size(), bytes});
        out.values.append(reinterpret_cast<char const*>(each.value.data), bytes);
    }
}

PUMPHOUSE_DECL void LiveIndex::load(LiveSnapshot const& snapshot, std::uint64_t sequence) {
    clear();
    for (LiveSnapshot::Entry const& each : snapshot.entries) {
        Entry entry{each.number, sequence, each.key, each.excluded, memory_.get(each.bytes)};
        std::memcpy(entry.value.data, snapshot.values.data() + each.at, each.bytes);
        has_exclusions_ |= static_cast<bool>(each.excluded);
        keys_.set(each.key, static_cast<std::uint32_t>(entries_.size()));
        entries_.push_back(entry);
    }
}

}  // namespace pumphouse
