// SPDX-License-Identifier: MIT
//
// The library's spans through OpenTelemetry. Needs the headers of OpenTelemetry C++'s API; which
// SDK there is, and where spans go, is the program's.
#pragma once

#include <pumphouse/observe/opentelemetry/opentelemetry_tracer.hpp>
#include <pumphouse/pumphouse.hpp>
