// SPDX-License-Identifier: MIT
//
// The bodies of the std-only core, for the one translation unit that compiles them when
// PUMPHOUSE_SEPARATE_COMPILATION is defined for all (see config.hpp).
#pragma once

#include <pumphouse/pumphouse.hpp>

#include <pumphouse/impl/block_pool.ipp>
#include <pumphouse/impl/hub_core.ipp>
#include <pumphouse/impl/length_prefixed_decoder.ipp>
#include <pumphouse/impl/live_index.ipp>
#include <pumphouse/impl/log.ipp>
#include <pumphouse/impl/log_history.ipp>
#include <pumphouse/impl/metrics.ipp>
#include <pumphouse/impl/otlp_tracer.ipp>
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
#include <pumphouse/impl/slots.ipp>
#include <pumphouse/impl/trace_context.ipp>
#include <pumphouse/impl/visit.ipp>
#include <pumphouse/impl/visit_streams.ipp>
#include <pumphouse/impl/visit_values.ipp>

#if defined(__linux__)
#include <pumphouse/impl/epoll_poller.ipp>
#include <pumphouse/impl/health.ipp>
#include <pumphouse/impl/process.ipp>
#include <pumphouse/impl/socket.ipp>
#include <pumphouse/impl/tls_socket.ipp>
#endif
