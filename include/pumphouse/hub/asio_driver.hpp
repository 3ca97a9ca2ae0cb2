// SPDX-License-Identifier: MIT
//
// AsioDriver: runs a hub on the host's io_context, each shard on a strand of its own, so that any
// number of threads may run the io_context. `asio_driver(io, hub)` answers the one driver of a
// hub, made at first use; servers call it, a host with other transports calls it itself.
//
// io.run() returns when the hub was shut down and its last client is gone (if nothing else keeps
// it). The driver may end before or after the io_context does; when it ends (with its hub), it
// waits for a turn that is just running on another thread.
#pragma once

#include <memory>
#include <vector>

#include <asio/io_context.hpp>

#include <pumphouse/config.hpp>
#include <pumphouse/hub/asio_pump.hpp>
#include <pumphouse/hub/hub_base.hpp>

namespace pumphouse {

class AsioDriver {
public:
    AsioDriver(asio::io_context& io, HubBase& hub, AsioDriverOptions const& options = {});
    ~AsioDriver();
    AsioDriver(AsioDriver const&) = delete;
    AsioDriver& operator=(AsioDriver const&) = delete;

    /// The io_context it was made for; compared, never used.
    asio::io_context const* context() const noexcept { return io_; }

private:
    asio::io_context* io_;
    std::shared_ptr<HubCore> core_;
    std::vector<std::weak_ptr<AsioPump>> pumps_;  // owned by their handlers in the io_context
};

/// Throws std::logic_error when the hub is already driven by another io_context.
AsioDriver& asio_driver(asio::io_context& io, HubBase& hub, AsioDriverOptions const& options = {});

}  // namespace pumphouse

#if !defined(PUMPHOUSE_SEPARATE_COMPILATION)
#include <pumphouse/impl/asio_driver.ipp>
#endif
