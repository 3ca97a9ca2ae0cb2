// SPDX-License-Identifier: MIT
//
// Readiness: how a transport tells its shard that there is something to read, or room to write
// again. It is handed to the transport once, by `attach`, and may be copied and kept.
//
// Two ways: `readable()` and `writable()` from any thread, lock-free and without allocating,
// harmless after the client is gone; or, for sockets, the shard's poller, which asks the kernel
// for all of them at once.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include <pumphouse/message/client_id.hpp>

namespace pumphouse {

enum class Ready : std::uint8_t { readable = 1, writable = 2, both = 3 };

/// Told by a poller, on the shard's thread, which of its sockets have become ready.
class ReadySink {
public:
    virtual void ready(void* token, Ready what) noexcept = 0;

protected:
    ~ReadySink() = default;
};

/// Watches descriptors for one shard. `watch` and `collect` are the shard's thread's alone.
class Poller {
public:
    virtual ~Poller() = default;

    /// Starts watching; false when the kernel refuses (out of memory or watches). A descriptor
    /// is no longer watched when it is closed.
    [[nodiscard]] virtual bool watch(int descriptor, void* token) noexcept = 0;

    /// Tells the sink of everything that became ready since the last call; never waits.
    virtual void collect(ReadySink& sink) noexcept = 0;
};

class Readiness {
public:
    using Notify = void (*)(void* hub, ClientId client, Ready what) noexcept;

    Readiness() = default;
    Readiness(std::shared_ptr<void> hub, Notify notify, ClientId client, Poller* poller,
              void* token) noexcept
        : hub_{std::move(hub)},
          notify_{notify},
          poller_{poller},
          token_{token},
          client_{client} {}

    void readable() const noexcept { notify_(hub_.get(), client_, Ready::readable); }
    void writable() const noexcept { notify_(hub_.get(), client_, Ready::writable); }

    /// False before a transport was attached and after it was closed.
    explicit operator bool() const noexcept { return notify_ != nullptr; }

    /// Null where the hub's driver has none (see `Hub::attach`); sockets need one.
    Poller* poller() const noexcept { return poller_; }
    void* token() const noexcept { return token_; }

private:
    std::shared_ptr<void> hub_;  // the hub's core: outlives the hub while this is kept
    Notify notify_ = nullptr;
    Poller* poller_ = nullptr;
    void* token_ = nullptr;
    ClientId client_;
};

}  // namespace pumphouse
