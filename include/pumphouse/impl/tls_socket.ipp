// SPDX-License-Identifier: MIT
// Bodies of transport/socket/tls_socket.hpp.
#pragma once

#include <algorithm>
#include <cstring>
#include <new>

#include <pumphouse/transport/socket/tls_socket.hpp>

namespace pumphouse {

namespace detail {

// The thread's, for what passes through one call: encrypted bytes on their way in, small pieces
// on their way into a record.
inline std::span<char> tls_scratch() {
    constexpr std::size_t size_bytes = std::size_t{64} << 10;
    static thread_local std::unique_ptr<char[]> bytes;
    if (!bytes) bytes = std::unique_ptr<char[]>{new char[size_bytes]};
    return {bytes.get(), size_bytes};
}

// Cuts gathered buffers into records' worth. What lies in one piece is not copied.
class RecordCutter {
public:
    explicit RecordCutter(std::span<ConstBuffer const> buffers) noexcept : buffers_{buffers} {}

    /// Good until the next one; empty: there is no more.
    std::span<std::byte const> next() {
        skip_empty();
        if (buffers_.empty()) return {};
        std::span const front = rest_of_front();
        if (front.size() >= TlsEngine::max_record_bytes || buffers_.size() == 1) {
            std::size_t const take = std::min(front.size(), TlsEngine::max_record_bytes);
            from_ += take;
            return front.first(take);
        }
        auto const record = std::as_writable_bytes(tls_scratch());
        std::size_t filled = 0;
        for (; !buffers_.empty() && filled < TlsEngine::max_record_bytes; skip_empty()) {
            std::span const piece = rest_of_front();
            std::size_t const take =
                std::min(piece.size(), TlsEngine::max_record_bytes - filled);
            std::memcpy(record.data() + filled, piece.data(), take);
            filled += take;
            from_ += take;
        }
        return record.first(filled);
    }

    bool has_more() noexcept {
        skip_empty();
        return !buffers_.empty();
    }

private:
    std::span<std::byte const> rest_of_front() const noexcept {
        return std::span{buffers_.front().data, buffers_.front().bytes}.subspan(from_);
    }
    void skip_empty() noexcept {
        while (!buffers_.empty() && buffers_.front().bytes == from_) {
            buffers_ = buffers_.subspan(1);
            from_ = 0;
        }
    }

    std::span<ConstBuffer const> buffers_;
    std::size_t from_ = 0;  // of the first one
};

}  // namespace detail

PUMPHOUSE_DECL TlsSocket::Handshake TlsSocket::shake_hands() noexcept try {
    for (;;) {
        WriteResult const flushed = flush();
        if (flushed.failed || !engine_->is_alive()) return Handshake::failed;
        if (flushed.blocked) return Handshake::waits_for_kernel;
        if (engine_->state() != TlsEngine::State::shaking_hands) return Handshake::done;
        auto const buffer = detail::tls_scratch();
        Socket::ReadCount const raw = socket_.read(buffer);
        if (raw.what == Socket::Read::would_block) return Handshake::waits_for_peer;
        if (raw.what != Socket::Read::bytes) return Handshake::failed;
        decrypt(buffer.first(raw.bytes), {});
    }
} catch (std::bad_alloc const&) {
    return Handshake::failed;
}

PUMPHOUSE_DECL Socket::ReadCount TlsSocket::read(std::span<char> into) noexcept try {
    for (;;) {
        if (engine_->state() == TlsEngine::State::ended) return {Socket::Read::ended};
        if (!engine_->is_alive()) return {Socket::Read::failed};
        bool const held = held_bytes() != 0;
        std::size_t got = 0;
        if (has_unread()) {
            got = read_kept(into);
        } else {
            // A record that has begun before may add to what these bytes say: so there is room
            // for one, where the buffer is large enough, and nothing has to be kept.
            auto const buffer = detail::tls_scratch();
            std::size_t const most = std::min(buffer.size(), into.size());
            std::size_t const spare = TlsEngine::max_record_bytes;
            Socket::ReadCount const raw =
                socket_.read(buffer.first(most > 2 * spare ? most - spare : most));
            if (raw.what == Socket::Read::ended) return {Socket::Read::failed};
            if (raw.what != Socket::Read::bytes) return raw;
            got = decrypt(buffer.first(raw.bytes), into);
        }
        // What it has to say of its own: the handshake, an alert. What was held before waits.
        if (!held && flush().failed && got == 0) return {Socket::Read::failed};
        if (got != 0) return {Socket::Read::bytes, got};
    }
} catch (std::bad_alloc const&) {
    return {Socket::Read::failed};
}

PUMPHOUSE_DECL std::size_t TlsSocket::decrypt(std::span<char const> input, std::span<char> into) {
    std::size_t const got = engine_->read(input, into);
    if (!input.empty() && engine_->is_alive()) {
        unread_ = std::make_unique<std::string>(input.data(), input.size());
    }
    return got;
}

PUMPHOUSE_DECL std::size_t TlsSocket::read_kept(std::span<char> into) noexcept {
    std::span<char const> input;
    if (unread_) input = *unread_;
    std::size_t const got = engine_->read(input, into);
    if (!unread_) return got;
    unread_->erase(0, unread_->size() - input.size());
    if (unread_->empty() || !engine_->is_alive()) unread_.reset();
    return got;
}

PUMPHOUSE_DECL WriteResult TlsSocket::write(std::span<ConstBuffer const> buffers) noexcept try {
    WriteResult result = flush();
    detail::RecordCutter records{buffers};
    while (!result.blocked && !result.failed) {
        std::span const record = records.next();
        if (record.empty()) break;
        if (!engine_->write(record)) return {result.taken, false, true};
        WriteResult const sent = flush(records.has_more());
        result = {result.taken + record.size(), sent.blocked, sent.failed};
    }
    return result;
} catch (std::bad_alloc const&) {
    return {.failed = true};
}

// Of what the engine has to send, what the kernel takes.
PUMPHOUSE_DECL WriteResult TlsSocket::flush(bool more_follows) noexcept {
    auto const bytes = std::as_bytes(engine_->output());
    if (bytes.empty()) return {};
    ConstBuffer const buffer{bytes.data(), bytes.size()};
    WriteResult const sent = socket_.write({&buffer, 1}, more_follows);
    engine_->sent(sent.taken);
    return {0, sent.blocked, sent.failed};
}

PUMPHOUSE_DECL void TlsSocket::end_output() noexcept {
    engine_->end_output();
    flush();
    socket_.end_output();
}

PUMPHOUSE_DECL void TlsSocket::close(CloseHow how) noexcept {
    if (how == CloseHow::gently && engine_ && socket_.descriptor() != -1) {
        engine_->end_output();
        flush();
    }
    socket_.close(how);
}

}  // namespace pumphouse
