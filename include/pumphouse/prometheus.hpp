// SPDX-License-Identifier: MIT
//
// A page of metrics for Prometheus. Needs prometheus-cpp, its core only.
#pragma once

#include <pumphouse/observe/prometheus/prometheus_page.hpp>
#include <pumphouse/pumphouse.hpp>
