// SPDX-License-Identifier: MIT
//
// ClientBase: all that a shard knows of a client, whatever its transport: its rooms, the torn
// frame in flight, the control frames it is due, its heartbeat and deadlines. Its verbs are one
// table per transport; a flush makes one indirect call per client, none per message.
//
// Owned by its shard and used on the shard's thread only. Hosts hold a ClientId, never this.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pumphouse/client/client_extra.hpp>
#include <pumphouse/client/heartbeat.hpp>
#include <pumphouse/client/outgoing_streams.hpp>
#include <pumphouse/client/token_bucket.hpp>
#include <pumphouse/fwd.hpp>
#include <pumphouse/room/position.hpp>
#include <pumphouse/room/room.hpp>
#include <pumphouse/room/timer.hpp>
#include <pumphouse/transport/transport.hpp>

namespace pumphouse {

/// What a piece of a gathered write is, and what completes when its last byte is taken.
enum class Piece : std::uint8_t { data, stream, gap, ping, pong, close };

/// The rest of a frame of which the transport has taken a part. Until it is gone nothing else is
/// written, but control frames between the fragments of a large message.
struct InFlight {
    Segment* segment = nullptr;  // held; null: nothing is in flight
    std::byte const* frame = nullptr;
    std::uint32_t bytes = 0;
    std::uint32_t taken = 0;
    Membership* membership = nullptr;  // null: it has left meanwhile, or a control frame
    Piece piece = Piece::data;

    explicit operator bool() const noexcept { return segment != nullptr; }
    std::uint32_t left() const noexcept { return bytes - taken; }
};

/// The latest ping of the peer, waiting to be answered.
struct PendingPong {
    std::uint8_t bytes = 0;
    std::array<char, max_control_bytes> payload;
    std::string_view view() const noexcept { return {payload.data(), bytes}; }
};

/// Why and how a client is being closed.
struct Ending {
    CloseCode code = CloseCode::normal;
    CloseCause cause = CloseCause::host;
    std::string text;
};

/// A room that the client has asked to join and of which `on_joined` has not told yet.
struct PendingJoin {
    std::string room;
    std::uint64_t ticket = 0;
    bool is_answered = false;  // by the room's home shard
    bool waits = false;        // for the host's permission
    Since since{};
    Time deadline = Time::max();  // of that permission
    std::unique_ptr<PendingJoin> next;
};

/// The devices of one user share this, on whatever shards they are.
struct UserRate {
    SharedTokenBucket messages;
    SharedTokenBucket bytes;
};

/// What is there only where a client's sending is limited.
struct ClientRate {
    TokenBucket messages;
    TokenBucket bytes;
    std::shared_ptr<UserRate> user;
    Time next_notice = Time::min();
};

class ClientBase : public Timer {
public:
    enum class Phase : std::uint8_t {
        open,
        finishing,   // what is pending goes out, then the close frame
        closing,     // the close frame is next
        close_sent,  // waits for the peer's
        ended,       // its last turn
    };

    ClientBase() = default;
    ClientBase(ClientBase const&) = delete;
    ClientBase& operator=(ClientBase const&) = delete;
    virtual ~ClientBase() = default;

    virtual WireFormat const& wire_format() const noexcept = 0;
    virtual bool attach(Readiness readiness) = 0;
    virtual ReadResult read(Receiver& receiver) = 0;
    virtual WriteResult write(std::span<ConstBuffer const> buffers) noexcept = 0;
    virtual void close_transport(CloseHow how) noexcept = 0;
    virtual void end_output() noexcept = 0;
    virtual std::size_t unfinished_bytes() const noexcept = 0;

    Time expires_at() const noexcept { return extra ? extra->expires_at : Time::max(); }
    void set_expiry(Time at) {
        if (!extra && at == Time::max()) return;
        if (!extra) extra = std::make_unique<ClientExtra>();
        extra->expires_at = at;
    }

    bool has_open_stream() const noexcept { return streams && streams->is_open; }
    bool waits_for_source() const noexcept {
        return has_open_stream() && streams->waits_for_source;
    }
    bool takes_data() const noexcept { return phase <= Phase::finishing; }
    bool has_pending_control() const noexcept {
        if (phase >= Phase::closing) return phase == Phase::closing;
        return pong != nullptr || is_ping_due;
    }

    ClientId id;
    ClientBase* next_client = nullptr;    // of the shard's
    ClientBase* previous_client = nullptr;
    Membership* rooms = nullptr;          // a ring; a visit starts here and turns it
    Membership* direct = nullptr;         // its own room of one; made with the first message
    ClientBase* next_ready = nullptr;     // in a line of clients to be read
    ClientBase* next_queued = nullptr;    // shard's queue of clients to be visited
    std::unique_ptr<ClientExtra> extra;   // null: it has nothing of the kind
    std::unique_ptr<OutgoingStreams> streams;  // direct messages that are read piece by piece
    std::unique_ptr<PendingPong> pong;
    std::unique_ptr<Ending> ending;
    std::unique_ptr<PendingJoin> joins;   // asked for, not told yet
    void* session = nullptr;              // the host's, made and ended by its hub
    std::unique_ptr<std::string> user;    // who it is, once that is known
    std::unique_ptr<ClientRate> rate;
    CloseHow close_how = CloseHow::gently;  // once it stands in the list to be ended
    InFlight in_flight;
    std::unique_ptr<InFlight> torn_control;  // goes before in_flight, which stands at a boundary
    Heartbeat heartbeat;
    Time opened_at{};
    Time blocked_since = Time::max();     // the present frame; max: it is not blocked
    Time close_deadline = Time::max();
    Time message_deadline = Time::max();  // of the message that is arriving
    std::uint32_t unfinished = 0;         // bytes kept of it, as counted by the hub
    std::uint32_t room_count = 0;
    std::uint8_t lane = 0;
    std::uint8_t own_rooms = 0;           // of its rooms, those that no host put it in
    Phase phase = Phase::open;
    bool is_ready = false;                // stands in a line of clients to be read
    bool sends_large_batches = true;      // until its first one shows that it does not
    bool is_queued = false;               // stands in the queue of clients to be visited
    bool is_stalled = false;              // its transport refused bytes and has not called since
    bool is_ping_due = false;
    bool is_in_chunks = false;            // a message comes in pieces, and has not ended
    bool is_over = false;                 // `on_close` has run; deleted once in no list
    bool peer_has_closed = false;
    bool has_gaps = false;                // some room has a loss to announce
    bool holds = false;                   // its transport keeps bytes it has taken
};

}  // namespace pumphouse
