// SPDX-License-Identifier: MIT
//
// Transport: what a hub needs of a connection, and nothing else. A model is owned by its
// `Client<Transport>` and used on that client's shard only; none of its verbs may block.
//
//   verb                     what it does
//   t.wire_format()          how messages are framed; the same object for all of a kind
//   t.attach(readiness)      once, first: keep it, and say through it when reading or writing
//                            may go on; false: the transport cannot be used
//   t.read(receiver)         hand over a batch of what has arrived
//   t.write(buffers)         take bytes, in order; how many, and whether it is now blocked
//   t.close(how)             end it; nothing is called afterwards
//   t.end_output()           optional: nothing will be written any more, and the peer is to see
//                            that while it can still be read (TCP: FIN)
//   t.unfinished_bytes()     optional: memory kept for a message that has not arrived whole;
//                            what all clients keep is bounded by `max_inbound_bytes`
//
// `write` borrows the buffers until it returns. Bytes it has taken are its own; a retry may offer
// other bytes than before. A transport that holds taken bytes back (TLS holds a record) says
// `blocked` until they are gone, and is offered no bytes then, only the call.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <pumphouse/message/chunk.hpp>
#include <pumphouse/message/close.hpp>
#include <pumphouse/message/message.hpp>
#include <pumphouse/transport/readiness.hpp>
#include <pumphouse/transport/wire_format.hpp>

namespace pumphouse {

struct ConstBuffer {
    std::byte const* data = nullptr;
    std::size_t bytes = 0;
};

struct WriteResult {
    std::size_t taken = 0;
    bool blocked = false;  // call `Readiness::writable` when it is over
    bool failed = false;   // the connection is lost
};

enum class ReadResult : std::uint8_t {
    more,     // there may be more: call again
    full,     // the same after a large batch: others, who sent less, come first
    drained,  // nothing more until `Readiness::readable`
    ended,    // the peer has ended the stream
    failed,   // the connection is lost
};

constexpr bool has_more(ReadResult result) noexcept {
    return result == ReadResult::more || result == ReadResult::full;
}

enum class CloseHow : std::uint8_t {
    gently,  // what was taken still goes out
    abort,   // at once, and the kernel keeps nothing (TCP: linger 0)
};

/// Which messages are wanted, and how. A transport may ignore it and hand over everything whole;
/// then the largest message is what it has memory for.
struct Intake {
    static constexpr std::size_t never = ~std::size_t{0};

    Accepts accepts = Accepts::both;        // another kind is a violation: 1003
    std::size_t stream_from_bytes = never;  // larger messages are handed over in pieces
    std::uint64_t max_stream_bytes = 0;     // of such a message; more is a violation: 1009
};

/// What a transport hands over while it reads. Payloads are borrowed until the call returns.
class Receiver {
public:
    virtual void message(Message message) = 0;

    /// A piece of a message, none empty but perhaps the last; control frames may come between.
    virtual void chunk(Chunk const&) {}
    virtual void ping(std::string_view payload) = 0;
    virtual void pong(std::string_view payload) = 0;

    /// The peer's close frame; `no_code` when it named none.
    virtual void close(CloseCode code, std::string_view text) = 0;

    /// The peer broke the protocol; the client is closed with this code.
    virtual void violation(CloseCode code, std::string_view text) = 0;

    /// False once the client is closing: further messages would be ignored.
    virtual bool wants_messages() const noexcept = 0;

    /// The same for all messages of a connection.
    virtual Intake const& intake() const noexcept {
        static constexpr Intake everything_whole;
        return everything_whole;
    }

protected:
    ~Receiver() = default;
};

template <typename T>
concept HasWireFormat = requires(T const& t) {
    { t.wire_format() } noexcept -> std::same_as<WireFormat const&>;
};

template <typename T>
concept HasAttach = requires(T& t, Readiness readiness) {
    { t.attach(readiness) } -> std::same_as<bool>;
};

template <typename T>
concept HasRead = requires(T& t, Receiver& receiver) {
    { t.read(receiver) } -> std::same_as<ReadResult>;
};

template <typename T>
concept HasWrite = requires(T& t, std::span<ConstBuffer const> buffers) {
    { t.write(buffers) } noexcept -> std::same_as<WriteResult>;
};

template <typename T>
concept HasClose = requires(T& t, CloseHow how) {
    { t.close(how) } noexcept -> std::same_as<void>;
};

template <typename T>
concept HasEndOutput = requires(T& t) {
    { t.end_output() } noexcept -> std::same_as<void>;
};

template <typename T>
concept HasUnfinishedBytes = requires(T const& t) {
    { t.unfinished_bytes() } noexcept -> std::same_as<std::size_t>;
};

template <typename T>
concept Transport = std::destructible<T> && HasWireFormat<T> && HasAttach<T> && HasRead<T> &&
                    HasWrite<T> && HasClose<T>;

}  // namespace pumphouse
