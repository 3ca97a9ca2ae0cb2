// SPDX-License-Identifier: MIT
// Bodies of hub/metrics.hpp.
#pragma once

#include <algorithm>

#include <pumphouse/hub/metrics.hpp>

namespace pumphouse {

namespace detail {

/// Writes one hub's values down; each function is one subject.
class HubMetrics {
public:
    HubMetrics(HubStats const& stats, MetricSink& sink, std::string_view hub) noexcept
        : stats_{stats.shards}, all_{stats}, sink_{sink}, hub_{"hub", hub} {}

    void connections() {
        gauge("websocket_active_connections", "Clients that are open.", stats_.clients);
        Metric const total{"websocket_connections_total", "Clients that came."};
        sink_.counter(total, {hub_, {"status", "accepted"}}, number(stats_.clients_opened));
        sink_.counter(total, {hub_, {"status", "rejected"}}, number(all_.rejected));
        for (std::size_t i = 0; i < close_cause_count; ++i) {
            Label const cause{"disconnect_reason", name_of(static_cast<CloseCause>(i))};
            sink_.histogram({"websocket_connection_duration_seconds", "How long clients stayed."},
                            {hub_, cause},
                            view_of(stats_.connection_time[i], nanoseconds_per_second));
        }
        gauge("websocket_active_users", "Users that hooks have named, whatever their devices.",
              stats_.users);
        gauge("websocket_stalled_clients", "Clients whose transport takes no bytes.",
              stats_.stalled_clients);
    }

    void messages() {
        traffic("inbound", "text", stats_.received_text);
        traffic("inbound", "binary", stats_.received_binary);
        traffic("outbound", "text", stats_.sent_text);
        traffic("outbound", "binary", stats_.sent_binary);
        Metric const processing{"websocket_message_processing_duration_seconds",
                                "In hooks; one of about 16 messages is measured, for all."};
        for (ProcessingTime const& each : all_.processing) {
            if (each.type.is_none()) break;
            sink_.histogram(processing, {hub_, {"message_type", each.type.text()}},
                            view_of(each.times, nanoseconds_per_second));
        }
        sink_.histogram({"websocket_queue_delay_seconds",
                         "From a message's acceptance from outside to its room."},
                        {hub_}, view_of(stats_.queue_delay, nanoseconds_per_second));
        sink_.counter({"websocket_written_bytes_total", "Framed bytes that transports took."},
                      {hub_}, number(stats_.bytes_written));
    }

    void errors() {
        error("protocol_violation", "transport", stats_.protocol_violations);
        error("connection_lost", "transport", stats_.transport_failures);
        error("rate_limited", "client", stats_.rate_limited);
        error("hook_threw", "host", stats_.hooks_threw);
        error("unexpected_close", "client", stats_.unexpected_closes);
    }

    void rooms() {
        gauge("websocket_rooms_total", "Rooms that somebody is in.", all_.rooms);
        sink_.histogram({"websocket_clients_per_room", "Members of a room when one comes in."},
                        {hub_}, view_of(stats_.room_members));
    }

    void memory() {
        memory("logs", stats_.log_bytes);
        memory("kept_for_logs", stats_.kept_bytes);
        memory("inbox", all_.inbox_bytes);
        memory("unfinished_messages", all_.inbound_bytes);
    }

    // The sum of these is exact: due = delivered + ... (room/ledger.hpp).
    void ledger() {
        Ledger const& ledger = stats_.ledger;
        Metric const what{"websocket_deliveries_total", "What became of what was due to members."};
        auto const fate = [&](std::string_view name, std::uint64_t value) {
            sink_.counter(what, {hub_, {"fate", name}}, number(value));
        };
        fate("delivered", ledger.delivered);
        fate("excluded", ledger.excluded);
        fate("skipped", ledger.skipped);
        fate("conflated", ledger.conflated);
        fate("discarded_leave", ledger.discarded_leave);
        fate("discarded_close", ledger.discarded_close);
        fate("discarded_unsubscribe", ledger.discarded_unsubscribe);
        sink_.counter({"websocket_deliveries_due_total", "Messages times those they were for."},
                      {hub_}, number(ledger.due));
    }

    void pressure() {
        gauge("websocket_inbox_messages", "Accepted from outside and not fanned out yet.",
              all_.inbox_messages);
        // Counted by what is due and what became of it (room/ledger.hpp), on no path of messages.
        Ledger const& ledger = stats_.ledger;
        gauge("websocket_pending_messages", "Due to members, and not begun to be sent.",
              ledger.due - std::min(ledger.due, ledger.accounted()));
        gauge("websocket_unflushed_bytes", "Framed, and somebody who reads waits for it.",
              stats_.unflushed_bytes);
        sink_.histogram({"websocket_lag_messages",
                         "How far a stalled member was behind when it went on, or was too slow."},
                        {hub_}, view_of(stats_.lag));
        Metric const evicted{"websocket_evicted_total",
                             "Clients ended for being slow or silent, or for going over a limit."};
        for (CloseCause const cause :
             {CloseCause::lag, CloseCause::write_deadline, CloseCause::read_deadline,
              CloseCause::no_pong, CloseCause::idle, CloseCause::limit}) {
            sink_.counter(evicted, {hub_, {"reason", name_of(cause)}},
                          number(stats_.closed_by_cause[static_cast<std::size_t>(cause)]));
        }
    }

private:
    static double number(std::uint64_t value) noexcept { return static_cast<double>(value); }

    void gauge(std::string_view name, std::string_view help, std::uint64_t value) {
        sink_.gauge({name, help}, {hub_}, number(value));
    }

    void traffic(std::string_view direction, std::string_view type, TrafficStats const& stats) {
        Label const where{"direction", direction};
        Label const kind{"type", type};
        sink_.counter({"websocket_messages_total", "Messages."}, {hub_, where, kind},
                      number(stats.sizes.count()));
        sink_.histogram({"websocket_message_size_bytes", "Bytes of messages' payloads."},
                        {hub_, where, kind}, view_of(stats.sizes));
    }

    void error(std::string_view type, std::string_view component, std::uint64_t count) {
        sink_.counter({"websocket_errors_total", "What went wrong."},
                      {hub_, {"error_type", type}, {"component", component}}, number(count));
    }

    void memory(std::string_view component, std::uint64_t bytes) {
        sink_.gauge({"websocket_memory_usage_bytes", "Memory that the hub holds."},
                    {hub_, {"component", component}}, number(bytes));
    }

    ShardStats const& stats_;
    HubStats const& all_;
    MetricSink& sink_;
    Label const hub_;
};

}  // namespace detail

PUMPHOUSE_DECL void describe(HubStats const& stats, MetricSink& sink, std::string_view hub) {
    detail::HubMetrics metrics{stats, sink, hub};
    metrics.connections();
    metrics.messages();
    metrics.errors();
    metrics.rooms();
    metrics.memory();
    metrics.ledger();
    metrics.pressure();
}

}  // namespace pumphouse
