// SPDX-License-Identifier: MIT
//
// The bodies of the Asio driver and of what listens, beside those of src.hpp, for the one
// translation unit that compiles them when PUMPHOUSE_SEPARATE_COMPILATION is defined for all.
#pragma once

#include <pumphouse/src.hpp>
#include <pumphouse/tcp.hpp>

#include <pumphouse/impl/accepted_connection.ipp>
#include <pumphouse/impl/asio_driver.ipp>
#include <pumphouse/impl/listen.ipp>
#include <pumphouse/impl/listener.ipp>
