// SPDX-License-Identifier: MIT
//
// A server's options from a file, the environment and the command line.
#pragma once

#include <pumphouse/server/settings/hub_settings.hpp>
#include <pumphouse/server/settings/server_settings.hpp>
#include <pumphouse/server/settings/settings.hpp>
#include <pumphouse/server/settings/trace_settings.hpp>
