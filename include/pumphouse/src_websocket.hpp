// SPDX-License-Identifier: MIT
//
// The bodies of the WebSocket server, beside those of src_asio.hpp, for the one translation unit
// that compiles them when PUMPHOUSE_SEPARATE_COMPILATION is defined for all.
#pragma once

#include <pumphouse/src_asio.hpp>
#include <pumphouse/websocket.hpp>

#include <pumphouse/impl/credentials.ipp>
#include <pumphouse/impl/forwarded.ipp>
#include <pumphouse/impl/http.ipp>
#include <pumphouse/impl/http_connection.ipp>
#include <pumphouse/impl/http_connection_upgrade.ipp>
#include <pumphouse/impl/origin.ipp>
#include <pumphouse/impl/pipeline.ipp>
#include <pumphouse/impl/refusal.ipp>
#include <pumphouse/impl/request_head.ipp>
#include <pumphouse/impl/routes.ipp>
#include <pumphouse/impl/upgrade_trace.ipp>
#include <pumphouse/impl/web_listener.ipp>
