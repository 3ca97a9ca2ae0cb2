// SPDX-License-Identifier: MIT
//
// The three channels of the Hub & Pump pattern, as objects: register, unregister, broadcast. All
// three lead into the same lock-free inbox (queue/inbox.hpp), so what one producer pushes
// through different channels arrives in its order; three separate queues would not promise that.
//
// Any thread. They own the hub's core by reference count: after the hub has gone they are still
// safe and say `closed`. Registering and unregistering never allocate a node and are never lost.
#pragma once

#include <chrono>
#include <memory>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>

#include <pumphouse/hub/hub_core.hpp>

namespace pumphouse {

class RegisterChannel {
public:
    explicit RegisterChannel(std::shared_ptr<HubCore> core) noexcept : core_{std::move(core)} {}

    /// Takes the client when it answers `accepted`; else the caller still has it. The id is good
    /// at once: what the same thread sends to it arrives after it was opened.
    template <typename ClientType>
    [[nodiscard]] Registered push(std::unique_ptr<ClientType>&& client) const {
        if constexpr (std::is_same_v<ClientType, ClientBase>) {
            return core_->register_client(client);
        } else {
            std::unique_ptr<ClientBase> base{client.release()};
            Registered const answer = core_->register_client(base);
            if (!answer) client.reset(static_cast<ClientType*>(base.release()));
            return answer;
        }
    }

    /// The same: registering never waits.
    template <typename ClientType>
    [[nodiscard]] Registered try_push(std::unique_ptr<ClientType>&& client) const {
        return push(std::move(client));
    }

private:
    std::shared_ptr<HubCore> core_;
};

class UnregisterChannel {
public:
    explicit UnregisterChannel(std::shared_ptr<HubCore> core) noexcept : core_{std::move(core)} {}

    /// Closes a client gently: what is pending for it goes out first. The first call wins.
    Unregistered push(ClientId client, CloseCode code = CloseCode::normal) const noexcept {
        return core_->unregister_client(client, code);
    }
    Unregistered try_push(ClientId client, CloseCode code = CloseCode::normal) const noexcept {
        return push(client, code);
    }

private:
    std::shared_ptr<HubCore> core_;
};

class BroadcastChannel {
public:
    explicit BroadcastChannel(std::shared_ptr<HubCore> core) noexcept : core_{std::move(core)} {}

    /// To the members of a room.
    [[nodiscard]] Accepted try_push(std::string_view room, Message message,
                                    Delivery delivery = nobody) const {
        return core_->broadcast(room, message, delivery);
    }

    /// To every client of the hub.
    [[nodiscard]] Accepted try_push(Message message, Delivery delivery = nobody) const {
        return core_->broadcast_all(message, delivery);
    }

    /// As `try_push`, but waits while the hub is `full`; except inside a hook, which never waits.
    template <typename... Arguments>
    [[nodiscard]] Accepted push(Arguments const&... arguments) const {
        auto pause = std::chrono::microseconds{1};
        for (;;) {
            Accepted const answer = try_push(arguments...);
            if (answer != Accepted::full || HubCore::is_inside_turn()) return answer;
            std::this_thread::sleep_for(pause);
            if (pause < std::chrono::milliseconds{1}) pause *= 2;
        }
    }

private:
    std::shared_ptr<HubCore> core_;
};

}  // namespace pumphouse
