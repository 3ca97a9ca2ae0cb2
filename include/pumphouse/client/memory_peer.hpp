// SPDX-License-Identifier: MIT
//
// MemoryPeer: the other end of a MemoryTransport:
//
//   pumphouse::MemoryPeer peer;
//   auto id = hub.register_channel().push(peer.connect()).id;
//   peer.send(text("hello"));  ...  while (auto message = peer.receive()) ...
//
// It answers pings and close frames while it receives. It can play a slow or dead reader:
// `limit_unread_bytes` bounds what it takes unread. One thread at a time; not the shard's only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <pumphouse/client/client.hpp>
#include <pumphouse/transport/memory_transport.hpp>

namespace pumphouse {

class MemoryPeer {
public:
    struct Received {
        std::string payload;
        Opcode opcode;
    };

    MemoryPeer() : inbound_{*this} {}
    MemoryPeer(MemoryPeer const&) = delete;
    MemoryPeer& operator=(MemoryPeer const&) = delete;
    ~MemoryPeer() { vanish(); }

    /// The client to be registered; once.
    std::unique_ptr<Client<MemoryTransport>> connect() {
        return std::make_unique<Client<MemoryTransport>>(link_);
    }

    void send(Message message) { write(message.opcode, message.payload); }
    void close(CloseCode code = CloseCode::normal) {
        auto const number = static_cast<std::uint16_t>(code);
        write(Opcode::close, std::string{static_cast<char>(number >> 8),
                                         static_cast<char>(number & 0xff)});
    }

    /// The next message or nothing; answers pings and close frames on the way.
    std::optional<Received> receive() {
        pump();
        if (received_.empty()) return std::nullopt;
        Received first = std::move(received_.front());
        received_.pop_front();
        return first;
    }

    /// The code the hub closed with, once its close frame has been received.
    std::optional<CloseCode> closed() {
        pump();
        return closed_;
    }

    /// Whether the hub has let go of this client.
    bool is_ended() const {
        std::scoped_lock const lock{link_->mutex};
        return link_->hub_is_gone;
    }

    /// The connection breaks.
    void vanish() {
        Readiness readiness;
        {
            std::scoped_lock const lock{link_->mutex};
            link_->peer_is_gone = true;
            if (link_->hub_is_gone) return;
            readiness = link_->readiness;
        }
        if (readiness) readiness.readable();
    }

    /// Takes no more than this many bytes until they are received.
    void limit_unread_bytes(std::size_t most) {
        std::scoped_lock const lock{link_->mutex};
        link_->max_unread_bytes = most;
    }

    /// Bytes that need be no frame at all.
    void send_bytes(std::string_view bytes) {
        Readiness readiness;
        {
            std::scoped_lock const lock{link_->mutex};
            link_->to_hub.append(bytes);
            readiness = link_->readiness;
        }
        if (readiness) readiness.readable();
    }

private:
    struct Inbound final : Receiver {
        explicit Inbound(MemoryPeer& owner) : peer{owner} {}
        void message(Message message) override {
            peer.received_.push_back({std::string{message.payload}, message.opcode});
        }
        void ping(std::string_view payload) override { peer.write(Opcode::pong, payload); }
        void pong(std::string_view) override {}
        void close(CloseCode code, std::string_view) override {
            peer.closed_ = code;
            peer.close(code == CloseCode::no_code ? CloseCode::normal : code);
        }
        void violation(CloseCode, std::string_view) override {}
        bool wants_messages() const noexcept override { return true; }
        MemoryPeer& peer;
    };

    void pump() {
        std::string bytes;
        Readiness readiness;
        {
            std::scoped_lock const lock{link_->mutex};
            bytes.swap(link_->to_peer);
            if (std::exchange(link_->is_blocked, false)) readiness = link_->readiness;
        }
        decoder_.consume(bytes, inbound_);
        if (readiness) readiness.writable();
    }

    void write(Opcode opcode, std::string_view payload) {
        std::string frame(length_prefixed_format.frame_bytes(payload.size()), '\0');
        length_prefixed_format.frame(opcode, payload, reinterpret_cast<std::byte*>(frame.data()));
        send_bytes(frame);
    }

    std::shared_ptr<MemoryLink> link_ = std::make_shared<MemoryLink>();
    LengthPrefixedDecoder decoder_{std::numeric_limits<std::size_t>::max()};
    Inbound inbound_;
    std::deque<Received> received_;
    std::optional<CloseCode> closed_;
};

}  // namespace pumphouse
