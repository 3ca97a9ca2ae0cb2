// SPDX-License-Identifier: MIT
//
// TransportProbe: plays the hub's part to a transport under test: attaches it, reads it until it
// is drained, writes to it as a hub does, and records what it says. Used by the conformance
// suite, <pumphouse/testing/transport_conformance.hpp>. One thread; patient, for the bytes
// between the two ends may take their time.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <pumphouse/testing/conformance_case.hpp>
#include <pumphouse/transport/transport.hpp>

namespace pumphouse::testing {

/// A transport and its peer, connected: what a host writes to test its own transport. The peer's
/// verbs act on raw wire bytes and never wait.
template <typename H>
concept TransportHarness = requires(H& h, std::string_view bytes, std::size_t most, Opcode opcode) {
    requires Transport<std::remove_reference_t<decltype(h.transport())>>;
    { h.poller() } -> std::same_as<Poller*>;  // null: the transport calls its readiness
    h.turn();                                 // lets whatever moves the bytes do so
    h.peer_sends(bytes);
    { h.peer_reads(most) } -> std::same_as<std::string>;  // what has arrived, if anything
    { h.peer_sees_end() } -> std::same_as<bool>;          // ended or broken, all being read
    h.peer_ends();                                        // sends no more
    h.peer_vanishes();                                    // breaks the connection
    { h.peer_frame(opcode, bytes) } -> std::same_as<std::string>;  // as a peer sends it
};

/// Writes down what a transport hands over, one line each: "text hello", "close 1000 bye"; of a
/// message in pieces, where `wants` asks for them: "text hello (5 in pieces)".
class Recorder final : public Receiver {
public:
    void message(Message message) override {
        if (!pieces.empty()) problem = "a message inside one that comes in pieces";
        add(message.is_text() ? "text " : "binary ", message.payload);
    }
    void chunk(Chunk const& chunk) override {
        if (chunk.is_first != pieces.empty()) problem = "is_first is wrong";
        if (chunk.bytes.empty() && !chunk.is_last) problem = "an empty piece that is not the last";
        pieces.append(chunk.bytes);
        if (chunk.total_bytes != pieces.size()) problem = "total_bytes is wrong";
        if (!chunk.is_last) return;
        pieces += " (" + std::to_string(chunk.total_bytes) + " in pieces)";
        add(chunk.opcode == Opcode::text ? "text " : "binary ", std::exchange(pieces, {}));
    }
    Intake const& intake() const noexcept override { return wants; }
    void ping(std::string_view payload) override { add("ping ", payload); }
    void pong(std::string_view payload) override { add("pong ", payload); }
    void close(CloseCode code, std::string_view text) override {
        add("close " + std::to_string(static_cast<int>(code)) + ' ', text);
    }
    void violation(CloseCode code, std::string_view) override {
        add("violation ", std::to_string(static_cast<int>(code)));
    }
    bool wants_messages() const noexcept override { return true; }

    std::vector<std::string> lines;
    Intake wants;
    std::string pieces;   // of a message that is not there yet
    std::string problem;  // with the pieces

private:
    void add(std::string kind, std::string_view payload) {
        lines.push_back(std::move(kind.append(payload)));
    }
};

template <TransportHarness H>
class TransportProbe final : ReadySink {
public:
    /// `patience`: how long to wait for what should happen.
    TransportProbe(H& harness, std::chrono::milliseconds patience)
        : harness_{harness}, patience_{patience} {}

    void attach() {
        Readiness::Notify const notify = [](void* signals, ClientId, Ready what) noexcept {
            static_cast<Signals*>(signals)->note(what);
        };
        bool const is_usable = harness_.transport().attach(
            Readiness{signals_, notify, ClientId{1, 1}, harness_.poller(), this});
        require(is_usable, "attach said that the transport cannot be used");
    }

    /// Lets both ends work until it holds; false when patience ends.
    template <typename Condition>
    bool wait_until(Condition&& holds) {
        using Clock = std::chrono::steady_clock;
        auto const end = Clock::now() + patience_;
        for (;;) {
            turn();
            if (holds()) return true;
            if (Clock::now() > end) return false;
            std::this_thread::sleep_for(std::chrono::microseconds{200});
        }
    }

    /// Reads until it is drained or over, each time it says it is readable, until it holds.
    template <typename Condition>
    void read_until(std::string const& what, Condition&& holds) {
        bool const happened = wait_until([&] {
            if (signals_->readable.exchange(false)) read_all();
            return holds();
        });
        require(happened, what + "; it handed over:" + all_lines());
    }
    void read_lines(std::size_t count) {
        read_until(std::to_string(count) + " lines were expected",
                   [&] { return recorder.lines.size() >= count; });
    }

    ReadResult read_all() {
        for (int batches = 0; batches < 1'000'000; ++batches) {
            last_read = harness_.transport().read(recorder);
            if (!has_more(last_read)) return last_read;
        }
        throw Broken{"read says `more` for ever"};
    }
    bool is_over() const noexcept {
        return last_read == ReadResult::ended || last_read == ReadResult::failed;
    }

    /// One write of bytes in `count` buffers, from memory that is overwritten afterwards.
    WriteResult write(std::string_view bytes, std::size_t count = 1) {
        std::string borrowed{bytes};
        std::array<ConstBuffer, max_buffers> buffers;
        std::size_t const each = bytes.size() / count;
        for (std::size_t i = 0; i < count; ++i) {
            std::size_t const size = i + 1 == count ? bytes.size() - each * i : each;
            buffers[i] = {reinterpret_cast<std::byte const*>(borrowed.data()) + each * i, size};
        }
        signals_->writable = false;
        WriteResult const result = harness_.transport().write({buffers.data(), count});
        std::fill(borrowed.begin(), borrowed.end(), '\xee');
        require(result.taken <= bytes.size(), "write took more than it was offered");
        require(result.taken != 0 || bytes.empty() || result.blocked || result.failed,
                "write took nothing and is not blocked");
        holds_ = result.blocked && result.taken == bytes.size();
        is_blocked_ = result.blocked;
        return result;
    }

    /// Writes as a hub does, the peer reading meanwhile, until all is taken and none is held.
    void write_all(std::string_view bytes) {
        std::size_t count = 1;
        while (!bytes.empty() || is_blocked_) {
            if (is_blocked_) wait_for_room();
            count = count % max_buffers + 1;  // cut differently each time
            std::string_view const offered = holds_ ? "" : bytes.substr(0, largest_write);
            WriteResult const result =
                offered.empty() ? write_nothing() : write(offered, count);
            require(!result.failed, "write failed while the peer was there");
            bytes.remove_prefix(result.taken);
        }
    }

    /// Writes until the transport blocks; what it took.
    std::string fill(std::string_view frame) {
        std::string taken;
        constexpr std::size_t too_much = std::size_t{256} << 20;
        std::string_view rest = frame;
        while (!is_blocked_) {
            WriteResult const result = write(rest);
            require(!result.failed, "write failed while the peer was there");
            taken.append(rest.substr(0, result.taken));
            rest.remove_prefix(result.taken);
            if (rest.empty()) rest = frame;
            require(taken.size() < too_much, "it never blocks, though nobody reads");
        }
        unfinished = rest.size() == frame.size() ? "" : rest;
        return taken;
    }

    void wait_for_room() {
        bool const told = wait_until([&] {
            received += harness_.peer_reads(std::size_t{1} << 20);
            return signals_->writable.load();
        });
        require(told, "a blocked transport did not say that it takes bytes again");
    }

    void expect_received(std::string_view expected) {
        wait_until([&] {
            received += harness_.peer_reads(std::size_t{1} << 20);
            return received.size() >= expected.size();
        });
        require(received.size() == expected.size(),
                "the peer received " + std::to_string(received.size()) + " bytes of " +
                    std::to_string(expected.size()));
        require(received == expected, "the peer received other bytes than were taken");
    }

    void expect_lines(std::vector<std::string> const& expected) const {
        require(recorder.lines == expected, "it handed over:" + all_lines());
    }

    std::string frame(Opcode opcode, std::string_view payload) {
        WireFormat const& format = harness_.transport().wire_format();
        std::string bytes(format.frame_bytes(payload.size()), '\0');
        format.frame(opcode, payload, reinterpret_cast<std::byte*>(bytes.data()));
        return bytes;
    }

    void turn() {
        harness_.turn();
        if (Poller* const poller = harness_.poller()) poller->collect(*this);
    }

    Recorder recorder;
    ReadResult last_read = ReadResult::drained;
    std::string received;    // by the peer
    std::string unfinished;  // the rest of the frame that `fill` has torn

    static constexpr std::size_t max_buffers = 64;
    static constexpr std::size_t largest_write = std::size_t{256} << 10;

private:
    struct Signals {
        void note(Ready what) noexcept {
            auto const flags = static_cast<unsigned>(what);
            if (flags & static_cast<unsigned>(Ready::readable)) readable = true;
            if (flags & static_cast<unsigned>(Ready::writable)) writable = true;
        }
        std::atomic<bool> readable{false};
        std::atomic<bool> writable{false};
    };

    void ready(void* token, Ready what) noexcept override {
        if (token == this) signals_->note(what);
    }

    WriteResult write_nothing() {
        signals_->writable = false;
        WriteResult const result = harness_.transport().write({});
        require(result.taken == 0, "write took more than it was offered");
        holds_ = is_blocked_ = result.blocked;
        return result;
    }

    std::string all_lines() const {
        std::string all;
        constexpr std::size_t most = 60;
        for (auto const& line : recorder.lines) all += "\n  " + line.substr(0, most);
        return all;
    }

    H& harness_;
    std::chrono::milliseconds patience_;
    std::shared_ptr<Signals> signals_ = std::make_shared<Signals>();
    bool is_blocked_ = false;
    bool holds_ = false;
};

}  // namespace pumphouse::testing
