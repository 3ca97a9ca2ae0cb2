// SPDX-License-Identifier: MIT
//
// What a server has counted at its door, for a page of metrics:
//
//   page.add([&server](pumphouse::MetricSink& sink) { describe(server.upgrade_stats(), sink); });
//
// Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <pumphouse/observe/metric_sink.hpp>
#include <pumphouse/server/upgrade/upgrade_stats.hpp>

namespace pumphouse {

/// `server` tells several of one process apart.
inline void describe(UpgradeStats const& stats, MetricSink& sink,
                     std::string_view server = "default") {
    auto const number = [](std::uint64_t value) { return static_cast<double>(value); };
    Label const whose{"server", server};
    sink.counter({"websocket_upgrades_total", "Requests that became clients."}, {whose},
                 number(stats.upgraded));
    for (std::size_t i = 1; i < refusal_rows.size(); ++i) {
        // It shares the code of another row, since the peer need not know the difference.
        bool const is_local = refusal_rows[i].because == RefusedBecause::out_of_descriptors;
        std::string_view const reason = is_local ? "out_of_descriptors" : refusal_rows[i].code;
        sink.counter({"websocket_refusals_total", "Requests that were refused."},
                     {whose, {"reason", reason}}, number(stats.refused[i]));
    }
    sink.counter({"websocket_authentications_abandoned_total",
                  "Peers that went while their token was checked."},
                 {whose}, number(stats.authentications_abandoned));
    sink.gauge({"websocket_handshakes", "Connections that are not answered yet."}, {whose},
               number(stats.handshakes));
    sink.gauge({"websocket_authentications_pending", "Tokens that are being checked."}, {whose},
               number(stats.authentications_pending));
}

}  // namespace pumphouse
