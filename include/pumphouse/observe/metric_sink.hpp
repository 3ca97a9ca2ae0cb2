// SPDX-License-Identifier: MIT
//
// MetricSink: where parts of a server say what they have counted, when somebody asks. The names,
// labels and units are theirs; how it is written down is the sink's. Prometheus' conventions: base
// units (seconds, bytes), counters end in `_total`, no names of rooms or people as labels.
//
// Called on the thread that asks, one value after another. NoMetrics is the null model.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>

#include <pumphouse/observe/histogram.hpp>

namespace pumphouse {

struct Metric {
    std::string_view name;
    std::string_view help;  // one sentence
};

struct Label {
    std::string_view name;
    std::string_view value;
};
using Labels = std::initializer_list<Label>;

/// A histogram as a sink sees it: `counts` has one entry more than `bounds`, and none is
/// cumulative. Bounds and sum are in units of which `per_unit` make one of the metric's.
struct HistogramView {
    std::span<std::uint64_t const> bounds;
    std::span<std::uint64_t const> counts;
    std::uint64_t sum = 0;
    double per_unit = 1;
};

template <typename Scale>
HistogramView view_of(Histogram<Scale> const& histogram, double per_unit = 1) noexcept {
    return {Scale::bounds, histogram.counts, histogram.sum, per_unit};
}

inline constexpr double nanoseconds_per_second = 1e9;

class MetricSink {
public:
    /// Only ever grows.
    virtual void counter(Metric metric, Labels labels, double value) = 0;
    /// Comes and goes.
    virtual void gauge(Metric metric, Labels labels, double value) = 0;
    virtual void histogram(Metric metric, Labels labels, HistogramView values) = 0;

protected:
    ~MetricSink() = default;
};

struct NoMetrics final : MetricSink {
    void counter(Metric, Labels, double) override {}
    void gauge(Metric, Labels, double) override {}
    void histogram(Metric, Labels, HistogramView) override {}
};

}  // namespace pumphouse
