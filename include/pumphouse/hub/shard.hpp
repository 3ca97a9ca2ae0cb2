// SPDX-License-Identifier: MIT
//
// Shard: one thread's worth of hub: its clients, its replica of each room that has a member
// here, one timer wheel. All its work happens in `turn`; nothing in it locks. Everything else
// reaches it through its inbox.
//
// A turn takes in what producers sent, fires timers, reads from clients that have become ready
// (again, until a pass brings no new ones: who waits one more pass puts more messages into each
// write), writes one slice of the flush, tells hooks of joins, and ends clients, last.
//
// The verbs are for hooks, on the shard's own thread: they append or enqueue; none writes to a
// socket and none calls a hook.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <pumphouse/client/client_base.hpp>
#include <pumphouse/client/visit.hpp>
#include <pumphouse/config.hpp>
#include <pumphouse/hub/driver.hpp>
#include <pumphouse/hub/hooks.hpp>
#include <pumphouse/hub/hub_core.hpp>
#include <pumphouse/hub/message_trace.hpp>
#include <pumphouse/hub/ready_line.hpp>
#include <pumphouse/hub/shard_commands.hpp>
#include <pumphouse/hub/spot_checks.hpp>
#include <pumphouse/hub/stats.hpp>
#include <pumphouse/hub/timer_wheel.hpp>
#include <pumphouse/room/room_table.hpp>

namespace pumphouse {

struct NotifyCommand;

class Shard final : public ReadySink {
public:
    Shard(std::shared_ptr<HubCore> core, Hooks& hooks, std::size_t index);
    ~Shard();
    Shard(Shard const&) = delete;
    Shard& operator=(Shard const&) = delete;

    /// One round of work. `now` must not go back.
    TurnResult turn(Time now, TurnBudget const& budget);

    /// Whether there is something to do before anything new comes in.
    bool has_work() const noexcept;

    /// True: nothing has come in since the last turn, and the next push wakes the driver.
    [[nodiscard]] bool sleep() noexcept { return core_->inbox(index_).sleep(); }

    /// Where sockets are watched; set by a driver before clients come. Null: nowhere.
    void set_poller(Poller* poller) noexcept { poller_ = poller; }
    Poller* poller() const noexcept { return poller_; }

    // --- verbs for hooks ---
    JoinRequest join(ClientId client, std::string_view room, Since since,
                     JoinDecision decision = JoinDecision::allow);
    bool answer_permission(ClientId client, std::string_view room, bool is_allowed);
    bool identify(ClientId client, std::string_view user);
    bool leave(ClientId client, std::string_view room);
    Accepted broadcast(std::string_view room, Message message, Delivery delivery);
    Accepted broadcast_all(Message message, Delivery delivery);
    Accepted send(ClientId client, Message message);
    Accepted send_to_user(std::string_view user, Message message);
    Accepted erase(std::string_view room, std::uint64_t key);
    Accepted send_stream(ClientId client, Opcode opcode, std::unique_ptr<PayloadSource> source);
    bool close(ClientId client, CloseCode code, std::string_view text);
    bool set_expiry(ClientId client, Time at);
    ClientRequest const& request(ClientId client) const noexcept;
    bool is_open(ClientId client) const noexcept;
    void* session(ClientId client) const noexcept;
    bool is_member(ClientId client, std::string_view room) const noexcept;
    Position position(std::string_view room) const noexcept;
    std::string_view user_of(ClientId client) const noexcept;
    void label(std::string_view room, std::string display_name, std::string metadata);
    void message_is(MessageType type) noexcept {
        if (!message_type_.is_none()) return;
        message_type_ = type;
        if (message_trace_ != nullptr) [[unlikely]] message_trace_->name(type);
    }
    TraceContext trace(MessageType type, TraceContext const& sender) noexcept {
        message_is(type);
        return message_trace_ != nullptr ? message_trace_->process(sender) : TraceContext{};
    }
    bool is_traced() const noexcept { return message_trace_ != nullptr; }
    std::size_t member_count(std::string_view room) const noexcept;  // here
    void list_members(std::string_view room, std::vector<MemberInfo>& out) const;
    void list_rooms(std::vector<RoomInfo>& out) const;

    // --- what can be seen ---
    std::size_t index() const noexcept { return index_; }
    Time now() const noexcept { return now_; }
    HubCore& core() const noexcept { return *core_; }
    ShardStats const& stats() const noexcept { return stats_; }
    LogContext const& logs() const noexcept { return logs_; }
    std::size_t client_count() const noexcept { return client_count_; }
    std::size_t room_count() const noexcept { return rooms_.size(); }
    Room const* room(std::string_view name) const noexcept { return find_room(name); }

    /// One membership's ledger; all zero when there is none. `{}` names the hub-wide room.
    Ledger ledger(ClientId client, std::string_view room) const noexcept;
    Ledger direct_ledger(ClientId client) const noexcept;

    void ready(void* token, Ready what) noexcept override;

private:
    friend class Reading;
    friend struct Audit;
    friend struct JoinCommand;
    friend struct JoinAnswerCommand;
    friend struct ReplayTakenCommand;
    friend struct HistoryCommand;
    friend struct LeaveCommand;
    friend struct NotifyCommand;
    friend struct StreamCommand;
    friend struct ShutdownCommand;
    friend struct LastAcceptedCommand;
    friend struct DoorsClosedCommand;

    struct JoinedEvent {
        ClientId client;
        std::uint64_t ticket;
        Joined outcome;
    };
    struct LeftEvent {
        ClientId client;
        std::string room;
        LeftBecause because;
    };
    using Event = std::variant<JoinedEvent, LeftEvent>;

    // shard_turn.ipp
    bool spend() noexcept;
    void publish_stats() noexcept;
    void take_inbox() noexcept;
    void run_inbox();
    void run_node(Node& node);
    void run_block(Block& block);
    void run_timers();
    void run_hooks();
    void run_events();
    void tell(JoinedEvent& event);
    void tell(LeftEvent& event);
    void guarded(ClientId client, auto&& hook);
    void hook_threw(ClientId client, std::string_view what) noexcept;
    void begin_shutdown();
    void tell_doors_closed();
    void doors_are_closed();
    void finish_everybody();
    void finish_batch();
    bool announce_shutdown();
    void announce_shutdown(ClientBase& client);
    void see_off(ClientBase& client);
    void log_progress();
    void abort_everybody();

    // shard_clients.ipp
    ClientBase* find(ClientId client) const noexcept;
    void open(Slot& slot);
    void read_pass();
    void read_bulk();
    void read_ready();
    bool may_read() noexcept;
    void read_client(ClientBase& client);
    void read_batch_of(ClientBase& client);
    void count_unfinished(ClientBase& client, std::size_t bytes);
    void append_ready(ClientBase& client) noexcept;
    ClientBase* pop_ready(ReadyLine& line) noexcept;
    ClientBase* pop_queued() noexcept;
    void delete_if_idle(ClientBase& client) noexcept;
    void signalled(ClientBase& client, Ready what) noexcept;
    void start_close(ClientBase& client, CloseCode code, CloseCause cause, std::string_view text);
    void peer_closed(ClientBase& client, CloseCode code, std::string_view text);
    void violated(ClientBase& client, CloseCode code, CloseCause cause, std::string_view text);
    void close_now(ClientBase& client);
    void evict(ClientBase& client, CloseCode code, CloseCause cause);
    void end(ClientBase& client, CloseHow how);
    void end_clients();
    void say_goodbye(ClientBase& client);
    void end_streams(ClientBase& client);
    void finish_end(ClientBase& client);
    void log_close(ClientBase const& client, Ending const& ending) noexcept;
    void fire(ClientBase& client);
    void arm(ClientBase& client) noexcept;
    static void explain(ClientBase& client, CloseCode code, CloseCause cause,
                        std::string_view text);

    // shard_rooms.ipp
    Room* find_room(std::string_view name) const noexcept;
    Room& room_for(std::string_view name);
    Log& log_of(Room& room);
    void note_settling(Room& room);
    JoinVerdict admit(Room& room, JoinWish const& wish);
    JoinVerdict begin_membership(Room& room, JoinWish const& wish);
    void forget(Room& room, JoinWish const& wish);
    JoinWish wish_of(ClientBase const& client, std::string_view room,
                     RoomOptions const& options) const;
    void request_join(ClientBase& client, PendingJoin& pending);
    void answer_join(JoinWish const& wish, JoinVerdict& verdict);
    std::uint64_t remember_join(ClientBase& client, std::string_view room);
    static std::unique_ptr<PendingJoin>& find_join(ClientBase& client, std::uint64_t ticket);
    Membership& enter(ClientBase& client, Room& room, std::uint64_t from);
    void leave_for_host(ClientId client, std::string_view room);
    void take_out(Membership& member, std::uint64_t& discarded);
    void part(Membership& member, std::uint64_t& discarded);
    void part_from_all(ClientBase& client);
    void maybe_end_room(Room& room);
    Membership* membership(ClientBase const& client, std::string_view room) const noexcept;
    Ledger ledger_of(ClientBase const& client, Membership const& member) const noexcept;

    // shard_people.ipp
    void wait_for_permission(ClientBase& client, PendingJoin& pending);
    void refuse_join(ClientBase& client, PendingJoin& pending);
    void end_waits(ClientBase& client);
    bool is_seen_somewhere(ClientBase const& client) const noexcept;
    std::string identity_in(ClientBase const& client, std::string_view room,
                            RoomOptions const& options) const;
    void notify(NotifyCommand& command);
    bool make_place(Room& room);
    bool counts_devices(Room const& room) const noexcept;
    void came(Room& room, JoinWish const& wish);
    void went(Room& room, JoinWish const& wish);
    RoomPresence& presence_of(Room& room);
    void note_presence(Room& room);
    void presence_is_due(Room& room);
    bool has_untold_presence(Room const& room) const noexcept;
    void note_users();
    void tell_presence();
    void call_hook(auto&& hook);
    enum class OverRate : std::uint8_t { no, of_client, of_user };
    OverRate take_rate(ClientBase& client, double messages, std::size_t bytes) noexcept;
    bool is_within_rate(ClientBase& client, std::size_t bytes);
    bool is_chunk_within_rate(ClientBase& client, Chunk const& chunk);
    RoomWheel& room_wheel();

    // shard_history.ipp
    void begin_incarnation(Room& room);
    std::uint64_t kept_from(Room& room);
    bool is_whole(Room& room, Position since);
    std::uint64_t start_of(Room& room, JoinWish const& wish, Joined& outcome);
    void admit_or_wait(JoinWish& wish);
    void admit_from_afar(JoinWish& wish);
    void replay_taken(std::size_t bytes);
    static HistoryMessage message_at(Log const& log, std::uint64_t number);
    HistoryPage page_of(std::string_view room, HistoryRange const& range);
    void step_to(Room& room, std::uint64_t head) noexcept;
    void bound_history(Room& room);
    void watch_history(Room& room, Time due);
    void history_is_due(Room& room);
    bool linger(Room& room);
    void stop_lingering(Room& room) noexcept;
    void end_lingering(Room& room);
    std::string_view wrap(Room const& room, std::string_view payload);
    void release(ClientId client, std::string_view room);

    // shard_messages.ipp
    Accepted broadcast_here(Room& room, Append& what);
    bool takes_compressed(Room const& room) const noexcept;
    void fan_out(Room& room, Append& what);
    Accepted broadcast_to(std::string_view room, Message message, Delivery delivery);
    bool has_replica(Room const& room, std::size_t shard) const noexcept;
    LaneMask lanes_everywhere(Room const& room) const noexcept;
    void forward_to_replicas(Room& room, Append& what);
    Block& make_forward(Room const& room, Append& what);
    void append(Room& room, Append const& what);
    void send_here(ClientBase& client, Append& what);
    void stream_here(ClientBase& client, Append& what, std::unique_ptr<PayloadSource> source);
    void receive_forward(Block& block);

    // shard_tracing.ipp
    static ClientTrace* trace_of(ClientBase const& client) noexcept;
    void trace_opened(ClientBase& client);
    void trace_closed(ClientBase& client, Ending const& ending) noexcept;
    void handle_traced(ClientBase& client, Message message, auto&& handle);
    void run_traced(Block& block);
    std::size_t members_everywhere(Room const& room) const noexcept;
    void fan_out_traced(Room& room, Append& what);
    void trace_write(ClientBase& client, Append const& what);
    void end_write(ClientBase const& client, TracedWrite& write,
                   std::string_view problem) noexcept;
    void end_writes(ClientBase& client) noexcept;
    void give_up_writes(ClientBase& client, std::string_view why) noexcept;

    // shard_keyed.ipp
    bool refuses_key(Room const& room, Append const& what);
    void keep_value(Room& room, std::uint64_t number, Append const& what);
    static std::uint64_t start_in_values(Room const& room, JoinWish const& wish, Joined& outcome);
    bool lacks_values(JoinWish const& wish, JoinVerdict const& verdict) const;
    void erase_here(std::string_view room, std::uint64_t key);
    void forward_erase(Room const& room, std::uint64_t key);
    void conflate(Membership& member);

    // shard_flush.ipp
    void flush_slice();
    bool flush_queued();
    bool flush_member();
    void end_round(Room& room);
    void visit(ClientBase& client, Membership* only);
    void after_visit(ClientBase& client, Visit::Result result);
    void queue(ClientBase& client) noexcept;
    void queue_control(ClientBase& client);
    void make_dirty(Room& room) noexcept;
    void make_due(Room& room);
    void flush_paced(Room& room);
    void stop_waiting(Room& room) noexcept;
    bool is_pressed() const noexcept;
    void flush_waiting();
    void stall(ClientBase& client);
    void unstall(ClientBase& client);
    void unstall_members(ClientBase& client);
    void stall_member(Membership& member);
    void unstall_member(Membership& member);
    void watch_lag(Log& log, Membership const& member) noexcept;
    bool is_over_bound(Room const& room, Membership const& member) const noexcept;
    void check_lag(Room& room, bool of_bounds);
    void overflow(Membership& member);
    void skip(Membership& member);
    void unsubscribe(Membership& member);
    void settle();
    VisitContext visit_context() noexcept;

    std::shared_ptr<HubCore> const core_;
    Hooks& hooks_;
    Tracer* const tracer_;                   // null: nobody wants spans
    MessageTrace* message_trace_ = nullptr;  // while a hook has a message
    MessageType message_type_;  // its; an older one's where neither a span nor a clock asks for it
    Time accepted_at_ = Time::max();         // what is being run, where there is a tracer
    Intake const intake_;
    std::size_t const index_;
    Poller* poller_ = nullptr;
    Time now_{};
    Time until_ = Time::max();
    std::size_t units_given_ = 0;  // to this turn
    std::size_t units_left_ = 0;
    std::size_t first_phase_ = 0;
    bool has_started_ = false;

    Node* incoming_ = nullptr;  // taken in, not yet run; oldest first
    Node* incoming_last_ = nullptr;
    LogContext logs_;
    Slab<Log> log_slab_;
    Slab<Membership> member_slab_;
    RoomTable rooms_;
    Room everybody_;  // the hub-wide room
    ClientBase* clients_ = nullptr;  // all that have not ended
    std::size_t client_count_ = 0;
    TimerWheel wheel_;
    std::unique_ptr<TimerWheel> history_wheel_;  // made when a history first ages
    Room* lingering_first_ = nullptr;  // longest empty
    Room* lingering_last_ = nullptr;
    std::size_t lingering_count_ = 0;
    std::size_t lingering_bytes_ = 0;
    std::unique_ptr<RoomWheel> room_wheel_;  // made when a room first waits
    std::vector<Room*> waiting_;             // for their flush intervals to end
    Presence users_;                         // whose home is here
    Time users_due_ = Time::max();
    std::vector<Room*> presence_due_;
    std::uint64_t sequence_ = 0;
    std::uint64_t next_ticket_ = 1;
    std::string wrapped_;       // a message with its room's envelope
    std::deque<JoinWish> waiting_wishes_;  // of other shards, for the past
    std::size_t replay_bytes_ = 0;         // sent to other shards and not taken there yet
    bool out_of_step_ = false;  // a replica's numbers were not its home's
    ShardStats stats_;
    SpotChecks spot_checks_;
    Time published_at_{};

    ReadyLine ready_;
    ReadyLine bulk_;  // who sends large batches, or is new
    bool crowds_out_ = false;  // the bulk has used up a turn's budget
    ClientBase* queue_first_ = nullptr;
    ClientBase* queue_last_ = nullptr;
    Room* dirty_first_ = nullptr;
    Room* dirty_last_ = nullptr;
    bool rooms_turn_ = false;     // the flush alternates between the queue and the rooms
    std::size_t slice_clients_ = 0;
    std::size_t slice_bytes_ = 0;
    std::vector<Room*> settling_;
    std::vector<Membership*> victims_;
    std::vector<Event> events_;
    std::vector<Event> events_running_;
    std::vector<ClientBase*> ending_;
    std::vector<ClientBase*> ending_running_;

    enum class Shutdown : std::uint8_t { none, doors, draining };
    Shutdown shutdown_ = Shutdown::none;
    std::size_t doors_seen_ = 0;
    Time shutdown_deadline_ = Time::max();
    ClientBase* next_to_see_off_ = nullptr;  // first to be told, then to be seen off
    std::size_t clients_at_shutdown_ = 0;
    bool is_announcing_ = false;  // the end, to them
    std::size_t announced_ = 0;   // to so many of them
    Time next_batch_ = Time::max();
    Time next_progress_ = Time::max();
};

}  // namespace pumphouse

#if !defined(PUMPHOUSE_SEPARATE_COMPILATION)
#include <pumphouse/impl/shard_clients.ipp>
#include <pumphouse/impl/shard_closing.ipp>
#include <pumphouse/impl/shard_flush.ipp>
#include <pumphouse/impl/shard_history.ipp>
#include <pumphouse/impl/shard_keyed.ipp>
#include <pumphouse/impl/shard_messages.ipp>
#include <pumphouse/impl/shard_people.ipp>
#include <pumphouse/impl/shard_rooms.ipp>
#include <pumphouse/impl/shard_tracing.ipp>
#include <pumphouse/impl/shard_turn.ipp>
#endif
