// SPDX-License-Identifier: MIT
//
// PrometheusPage: what a Prometheus server reads from `/metrics`: everything that the page's
// sources describe, written by prometheus-cpp's text serializer.
//
//   pumphouse::PrometheusPage page;
//   page.add(hub);
//   page.serve(server, "/metrics");
//
// `text` from any thread; sources are added before. A page keeps no counts: they are the sources'.
#pragma once

#include <algorithm>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <pumphouse/hub/hub_base.hpp>
#include <pumphouse/hub/metrics.hpp>
#include <pumphouse/observe/metric_sink.hpp>
#include <pumphouse/observe/process.hpp>
#include <pumphouse/version.hpp>

namespace pumphouse {

/// Gathers described values into prometheus-cpp's families.
class PrometheusSink final : public MetricSink {
public:
    void counter(Metric metric, Labels labels, double value) override {
        add(metric, prometheus::MetricType::Counter, labels).counter.value = value;
    }

    void gauge(Metric metric, Labels labels, double value) override {
        add(metric, prometheus::MetricType::Gauge, labels).gauge.value = value;
    }

    void histogram(Metric metric, Labels labels, HistogramView values) override {
        auto& histogram = add(metric, prometheus::MetricType::Histogram, labels).histogram;
        std::uint64_t cumulative = 0;
        for (std::size_t i = 0; i < values.counts.size(); ++i) {
            cumulative += values.counts[i];
            bool const is_last = i == values.bounds.size();
            double const bound = is_last ? std::numeric_limits<double>::infinity()
                                         : static_cast<double>(values.bounds[i]) / values.per_unit;
            histogram.bucket.push_back({cumulative, bound});
        }
        histogram.sample_count = cumulative;
        histogram.sample_sum = static_cast<double>(values.sum) / values.per_unit;
    }

    std::vector<prometheus::MetricFamily> take() noexcept { return std::move(families_); }

private:
    prometheus::ClientMetric& add(Metric metric, prometheus::MetricType type, Labels labels) {
        auto family = std::find_if(families_.begin(), families_.end(),
                                   [&](auto const& each) { return each.name == metric.name; });
        if (family == families_.end()) {
            families_.emplace_back();
            family = families_.end() - 1;
            family->name = metric.name;
            family->help = metric.help;
            family->type = type;
        }
        prometheus::ClientMetric& made = family->metric.emplace_back();
        for (Label const& each : labels) {
            auto& label = made.label.emplace_back();
            label.name = each.name;
            label.value = each.value;
        }
        return made;
    }

    std::vector<prometheus::MetricFamily> families_;
};

class PrometheusPage {
public:
    using Source = std::function<void(MetricSink&)>;

    static constexpr std::string_view content_type = "text/plain; version=0.0.4; charset=utf-8";

    /// The process itself and the library's version are on every page.
    PrometheusPage() {
        add([](MetricSink& sink) { describe(process_usage(), sink); });
        add([](MetricSink& sink) {
            sink.gauge({"pumphouse_build_info", "Always 1; says which version this is."},
                       {{"version", version}}, 1);
        });
    }

    void add(Source source) { sources_.push_back(std::move(source)); }

    /// Keeps what the hub has published, also after the hub.
    void add(HubBase const& hub, std::string name = "default") {
        add([core = hub.core(), name = std::move(name)](MetricSink& sink) {
            describe(core->stats(), sink, name);
        });
    }

    /// Puts the page on a WebSocketServer, at `path` of its admin port where it has one, and what
    /// the server counts of upgrades on the page. An empty path: nowhere. Before anything runs the
    /// server; the page must be there as long as that goes on. Throws as `admin_route`.
    template <typename Server>
    void serve(Server& server, std::string_view path) {
        add([&server](MetricSink& sink) { describe(server.upgrade_stats(), sink); });
        if (path.empty()) return;
        server.admin_route("GET", path, [this](auto const&) {
            return typename Server::Response{200, std::string{content_type}, text()};
        });
    }

    std::string text() const {
        PrometheusSink sink;
        for (Source const& each : sources_) each(sink);
        return prometheus::TextSerializer{}.Serialize(sink.take());
    }

private:
    std::vector<Source> sources_;
};

}  // namespace pumphouse
