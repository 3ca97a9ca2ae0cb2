// SPDX-License-Identifier: MIT
//
// Users and queries: what a hub can be asked and told about people and rooms from any thread.
//
// A user is a room of his devices, under a name that no host can use: what goes to him goes to
// all of them, wherever their shards are, and the room's home knows how many there are.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pumphouse/message/client_id.hpp>
#include <pumphouse/room/presence.hpp>

namespace pumphouse {

/// Users whose first device came, and whose last one went.
struct UserChange {
    std::vector<std::string> came;
    std::vector<std::string> went;
};

struct MemberInfo {
    ClientId client;
    std::string user;  // empty: not known
};

struct RoomInfo {
    std::string name;
    std::string display_name;
    std::string metadata;
    std::size_t members = 0;
};

/// What `may_join` may answer besides yes and no: `later`, and then `permit` or `refuse`.
enum class JoinDecision : std::uint8_t { refuse, allow, later };

namespace user_rooms {

inline constexpr char mark = '\x01';  // names that begin with it are the library's own

constexpr bool is_reserved(std::string_view room) noexcept {
    return !room.empty() && room.front() == mark;
}
inline std::string name_of(std::string_view user) { return std::string{mark}.append(user); }
constexpr std::string_view user_of(std::string_view room) noexcept { return room.substr(1); }

}  // namespace user_rooms

/// The answers of several shards to one question. Each has a place; when the last one lets go of
/// it, also unasked because its hub has ended, `done` is told all, on that thread.
template <typename T>
class Gathering {
public:
    Gathering(std::size_t shards, std::function<void(std::vector<T>)> done)
        : parts_(shards), done_{std::move(done)} {}
    Gathering(Gathering const&) = delete;
    Gathering& operator=(Gathering const&) = delete;
    ~Gathering() {
        try {
            std::vector<T> all;
            for (auto& part : parts_) {
                for (T& each : part) all.push_back(std::move(each));
            }
            done_(std::move(all));
        } catch (...) {  // the host's own trouble
        }
    }

    std::vector<T>& part(std::size_t shard) noexcept { return parts_[shard]; }

private:
    std::vector<std::vector<T>> parts_;
    std::function<void(std::vector<T>)> done_;
};

}  // namespace pumphouse
