// SPDX-License-Identifier: MIT
//
// HubCore: what producers on any thread touch: slots, budget, blocks and the shards' inboxes.
// Channels and transports own it by reference count, so that a call after the hub is gone is
// safe and says `closed`.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <pumphouse/client/client_base.hpp>
#include <pumphouse/config.hpp>
#include <pumphouse/hub/driver.hpp>
#include <pumphouse/hub/history.hpp>
#include <pumphouse/hub/options.hpp>
#include <pumphouse/hub/people.hpp>
#include <pumphouse/hub/processing_times.hpp>
#include <pumphouse/hub/slots.hpp>
#include <pumphouse/hub/stats.hpp>
#include <pumphouse/message/block_pool.hpp>
#include <pumphouse/message/public_id.hpp>
#include <pumphouse/observe/published.hpp>
#include <pumphouse/observe/tracing/span.hpp>
#include <pumphouse/message/delivery.hpp>
#include <pumphouse/queue/budget.hpp>
#include <pumphouse/queue/inbox.hpp>

namespace pumphouse {

/// A shard's own errand to another shard.
struct Command : Node {
    Command() noexcept : Node{Kind::command} {}
    virtual ~Command() = default;
    virtual void run(Shard& shard) = 0;
};

/// What was at work where a block was made.
struct BlockTrace {
    TraceContext context;
    MessageType type;
};

/// What became of a client that was to be registered.
struct Registered {
    enum class Answer : std::uint8_t { accepted, full, closed, too_many_formats };
    ClientId id;
    Answer answer = Answer::closed;
    explicit operator bool() const noexcept { return answer == Answer::accepted; }
};

enum class Unregistered : std::uint8_t { accepted, already, gone, closed };

class HubCore : public std::enable_shared_from_this<HubCore> {
public:
    HubCore(HubOptions const& options, std::uint64_t secret);

    // The three channels of the pattern, any thread.
    Registered register_client(std::unique_ptr<ClientBase>& client);
    Unregistered unregister_client(ClientId client, CloseCode code) noexcept;
    Accepted broadcast(std::string_view room, Message message, Delivery delivery);
    Accepted broadcast_all(Message message, Delivery delivery);
    Accepted send(ClientId client, Message message);
    Accepted send_to_user(std::string_view user, Message message);

    /// A host's errand to a shard, in the order of what the same thread sends. False: the hub has
    /// shut down, and the command is gone.
    bool post(std::size_t shard, Command* command) noexcept;

    /// Whether a host may use this name for a room.
    bool is_room_name(std::string_view room) const noexcept {
        return !room.empty() && room.size() <= options.max_room_name_bytes &&
               !user_rooms::is_reserved(room);
    }

    bool is_user(std::string_view user) const noexcept {
        return !user.empty() && user.size() <= options.max_user_bytes;
    }

    /// What the devices of a user share. Takes a lock: once in a client's life, and only where
    /// there is a limit.
    std::shared_ptr<UserRate> user_rate_of(std::string_view user);
    Accepted leave(ClientId client, std::string_view room);
    Accepted erase(std::string_view room, std::uint64_t key);

    /// Whether a message lacks the key that its room asks for.
    bool lacks_key(std::string_view room, Delivery delivery) const noexcept {
        return delivery.key == 0 && is_keyed != nullptr && is_keyed(room);
    }
    Accepted set_expiry(ClientId client, Time at);
    Accepted history(std::string_view room, HistoryRange const& range, HistoryDone done);

    /// An errand to a client's shard, which holds one message of the budget until it is done.
    Accepted push(ClientId client, std::unique_ptr<Command> errand) noexcept;

    void signal(ClientId client, Ready what) noexcept;

    // Between shards: never refused for the budget.
    void forward(std::size_t shard, Command* command) noexcept;
    bool post(std::size_t shard, Block& block) noexcept;

    std::size_t shard_count() const noexcept { return doors_.size(); }
    std::size_t shard_of(ClientId client) const noexcept { return client.slot % doors_.size(); }
    std::size_t home_of(std::string_view room) const noexcept {
        return doors_.size() == 1 ? 0 : (Room::hash_of(room) >> 32) % doors_.size();
    }
    Block& make_block(Block::Kind kind, std::string_view room, Message message, Delivery delivery,
                      std::string_view compressed = {});

    /// The message as clients take it that take compressed ones, good until this thread's next
    /// call; empty where it is not to be compressed, or there are no such clients.
    std::string_view compressed(Message const& message) const noexcept {
        return has_compressing_clients() ? compress(message) : std::string_view{};
    }
    /// The same for one client, whose shard may be another's; empty where it takes none.
    std::string_view compressed_for(ClientId client, Message const& message) const noexcept {
        if (!has_compressing_clients()) return {};
        Slot const* const slot = slots.find(client);
        bool const takes =
            slot != nullptr && slot->takes_compressed.load(std::memory_order_relaxed);
        return takes ? compress(message) : std::string_view{};
    }
    bool has_compressing_clients() const noexcept {
        return compressing_clients_.load(std::memory_order_relaxed) > 0;
    }
    void count_compressing_client(int change) noexcept {
        compressing_clients_.fetch_add(change, std::memory_order_relaxed);
    }

    /// A server has turned somebody away who wanted to be a client here. Those whom
    /// `register_client` turns away are counted there.
    void count_rejected() noexcept { rejected_.fetch_add(1, std::memory_order_relaxed); }

    /// The lane of a wire format, minted at first use; max_lanes when there are too many.
    std::size_t lane_of(WireFormat const& format) noexcept;
    WireFormat const* format(std::size_t lane) const noexcept { return formats_[lane].load(); }
    LaneMask lanes() const noexcept;

    /// What the shards have published last; any thread.
    HubStats stats() const noexcept;
    void publish(std::size_t shard, ShardStats const& stats) noexcept {
        doors_[shard]->stats.publish(stats);
    }

    /// What a hook took for a message that was measured, on its shard's thread; it counts for as
    /// many.
    void count_processing(std::size_t shard, MessageType type, Opcode opcode, Duration took,
                          std::uint64_t messages) noexcept {
        std::int64_t const time = std::chrono::nanoseconds{took}.count();
        doors_[shard]->processing[message_types_.number_of(type, opcode)].observe(
            time > 0 ? static_cast<std::uint64_t>(time) : 0, messages);
    }

    Inbox& inbox(std::size_t shard) noexcept { return doors_[shard]->inbox; }
    void set_waker(std::size_t shard, std::shared_ptr<Waker> waker);
    void wake(std::size_t shard) noexcept;

    /// True for the first caller, who then tells the shards.
    bool begin_shutdown(ShutdownOptions const& chosen) noexcept {
        if (is_shutting_down_.exchange(true)) return false;
        shutdown_options_ = chosen;
        return true;
    }
    bool is_shutting_down() const noexcept { return is_shutting_down_.load(); }

    /// For shards that have been told.
    ShutdownOptions const& shutdown_options() const noexcept { return shutdown_options_; }

    /// Whether this thread is inside some shard's turn, where nothing may wait.
    static bool& is_inside_turn() noexcept {
        thread_local bool is_inside = false;
        return is_inside;
    }

    /// The policy's, set before anybody can call; null: no room is keyed.
    bool (*is_keyed)(std::string_view room) noexcept = nullptr;

    /// The policy's, set before anybody can call; null: nobody asks how long messages wait.
    Time (*clock)() noexcept = nullptr;

    std::uint64_t moment() const noexcept {
        if (clock == nullptr) return 0;
        auto const since_epoch = std::chrono::nanoseconds{clock().time_since_epoch()};
        return static_cast<std::uint64_t>(since_epoch.count());
    }

    HubOptions const options;
    PublicIds const public_ids;
    std::atomic<std::size_t> rooms{0};  // that have a home
    Slots slots;
    Budget budget;
    std::atomic<std::size_t> inbound_bytes{0};  // kept for messages that have not arrived whole
    BlockPool blocks;

private:
    struct Door {
        Inbox inbox;
        std::atomic<Waker*> waker{nullptr};
        Published<ShardStats> stats;
        ProcessingTable processing;
    };

    Accepted broadcast_to(std::string_view room, Message message, Delivery delivery);
    Accepted post_or_give_back(std::size_t shard, Block& block) noexcept;
    std::string_view compress(Message const& message) const noexcept;

    std::vector<std::unique_ptr<Door>> doors_;
    std::array<std::atomic<WireFormat const*>, max_lanes> formats_{};
    MessageTypes message_types_;
    std::atomic<int> compressing_clients_{0};
    std::atomic<std::uint64_t> rejected_{0};
    std::atomic<bool> is_shutting_down_{false};
    ShutdownOptions shutdown_options_;
    std::mutex wakers_mutex_;  // attaching a driver only
    std::vector<std::shared_ptr<Waker>> wakers_;
    std::mutex user_rates_mutex_;
    std::map<std::string, std::weak_ptr<UserRate>, std::less<>> user_rates_;
    std::size_t sweep_user_rates_at_ = 64;
};

}  // namespace pumphouse

#if !defined(PUMPHOUSE_SEPARATE_COMPILATION)
#include <pumphouse/impl/hub_core.ipp>
#endif
