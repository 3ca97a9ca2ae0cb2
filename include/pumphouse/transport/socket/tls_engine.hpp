// SPDX-License-Identifier: MIT
//
// TlsEngine: the server's end of one TLS connection, sans-IO: the peer's bytes in, its own out,
// and between them what the application reads and writes. TlsContext makes them from a certificate
// and its key. These are contracts that name no library: the model over OpenSSL is an opt-in part,
// <pumphouse/tls.hpp>.
//
// An engine is used by one thread at a time; a context by any. No verb of an engine throws or
// waits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace pumphouse {

class TlsEngine {
public:
    enum class State : std::uint8_t {
        shaking_hands,
        open,
        ended,   // the peer has said that it sends no more (close_notify); writing goes on
        failed,  // for good; an alert may still have to be sent
    };

    /// Bytes of the application in one record (RFC 8446 section 5.1).
    static constexpr std::size_t max_record_bytes = std::size_t{16} << 10;

    TlsEngine() = default;
    TlsEngine(TlsEngine const&) = delete;
    TlsEngine& operator=(TlsEngine const&) = delete;
    virtual ~TlsEngine() = default;

    /// Takes the peer's bytes from the front of `input`, writes what they say into `into`, and
    /// answers how many bytes that was. Input is left only when `into` is full, or nothing more is
    /// of use. Shakes hands first; with an empty `into` it does nothing else.
    virtual std::size_t read(std::span<char const>& input, std::span<char> into) noexcept = 0;

    /// Makes a record of at most `max_record_bytes`; none is not empty. False: it has failed, or
    /// hands are not shaken yet.
    virtual bool write(std::span<std::byte const> bytes) noexcept = 0;

    /// Tells the peer that nothing is written any more (close_notify).
    virtual void end_output() noexcept = 0;

    /// Decrypted bytes that did not fit into the last read.
    virtual bool has_pending() const noexcept = 0;

    /// Memory kept for a record that has not arrived whole.
    virtual std::size_t unfinished_bytes() const noexcept = 0;

    State state() const noexcept { return state_; }
    bool is_alive() const noexcept { return state_ <= State::open; }

    /// Why it has failed: a few words of the library's, for a log. Static storage.
    std::string_view problem() const noexcept { return problem_; }

    /// The peer's first words were plain HTTP.
    bool has_met_http() const noexcept { return has_met_http_; }

    /// What has to go to the peer, in order, and that so much of it has gone.
    std::span<char const> output() const noexcept {
        return std::span{output_}.subspan(sent_);
    }
    void sent(std::size_t bytes) noexcept {
        sent_ += bytes;
        if (sent_ == output_.size()) give_back_output();
    }

protected:
    /// Throws std::bad_alloc.
    void add_output(std::span<char const> bytes) {
        if (output_.empty()) output_.swap(spare());
        output_.append(bytes.data(), bytes.size());
    }

    State state_ = State::shaking_hands;
    bool has_met_http_ = false;
    std::string_view problem_;

private:
    // An idle connection keeps no buffer: whoever writes borrows the thread's.
    static std::string& spare() noexcept {
        static thread_local std::string spare;
        return spare;
    }
    void give_back_output() noexcept {
        constexpr std::size_t most_kept_bytes = std::size_t{64} << 10;
        output_.clear();
        sent_ = 0;
        if (output_.capacity() > spare().capacity() && output_.capacity() <= most_kept_bytes) {
            output_.swap(spare());
        }
        std::string{}.swap(output_);
    }

    std::string output_;
    std::size_t sent_ = 0;
};

/// What is wrong with a certificate or its key: which file, and what about it.
struct TlsProblem {
    std::string file;
    std::string reason;  // empty: nothing is wrong

    explicit operator bool() const noexcept { return !reason.empty(); }
    std::string text() const { return file.empty() ? reason : file + ": " + reason; }
};

class TlsContext {
public:
    TlsContext() = default;
    TlsContext(TlsContext const&) = delete;
    TlsContext& operator=(TlsContext const&) = delete;
    virtual ~TlsContext() = default;

    /// For a connection that was just accepted. `protocol` is what is spoken over it, as ALPN
    /// names it (static storage); a peer that offers other ones only is refused. Empty: ALPN is
    /// not looked at.
    /// Throws std::bad_alloc.
    virtual std::unique_ptr<TlsEngine> accept(std::string_view protocol) = 0;

    /// Reads the files again. Connections keep the certificate they began with. When something is
    /// wrong, the answer says what, and what was in use stays.
    [[nodiscard]] virtual TlsProblem reload() = 0;
};

}  // namespace pumphouse
