// SPDX-License-Identifier: MIT
//
// OpensslEngine: TlsEngine by OpenSSL. The library reads and writes through a BIO of ours, which
// is two pieces of memory: the peer's bytes where they lie, and the engine's output. A memory BIO
// of OpenSSL's own would keep a buffer per direction and connection.
//
// OpenSSL's queue of errors belongs to the thread: it is cleared before each call that is asked
// for its error, and left empty.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include <openssl/ssl.h>

#include <pumphouse/config.hpp>
#include <pumphouse/transport/socket/tls_engine.hpp>

#if OPENSSL_VERSION_NUMBER < 0x30000000L
#error "pumphouse::tls needs OpenSSL 3"
#endif

namespace pumphouse {

/// How far the peer's bytes are into a record: 5 bytes of header, whose last two are the length.
class RecordPosition {
public:
    void advance(std::span<char const> bytes) noexcept;
    bool is_inside() const noexcept { return header_bytes_ != 0; }

private:
    std::size_t header_bytes_ = 0;
    std::size_t body_left_ = 0;
};

class OpensslEngine final : public TlsEngine {
public:
    /// Throws std::bad_alloc.
    OpensslEngine(SSL_CTX& context, std::string_view protocol);
    ~OpensslEngine() override;

    std::size_t read(std::span<char const>& input, std::span<char> into) noexcept override;
    bool write(std::span<std::byte const> bytes) noexcept override;
    void end_output() noexcept override;
    bool has_pending() const noexcept override { return SSL_pending(ssl_) > 0; }
    std::size_t unfinished_bytes() const noexcept override;

    /// For ALPN; empty: not looked at.
    std::string_view protocol() const noexcept { return protocol_; }
    static OpensslEngine& of(SSL* ssl) noexcept {
        return *static_cast<OpensslEngine*>(SSL_get_app_data(ssl));
    }

private:
    friend struct OpensslBio;
    void shake_hands() noexcept;
    void fail(int error) noexcept;

    SSL* ssl_ = nullptr;
    std::span<char const> input_;  // during a read
    RecordPosition position_;
    std::string_view protocol_;
    bool has_said_goodbye_ = false;
};

}  // namespace pumphouse

#if !defined(PUMPHOUSE_SEPARATE_COMPILATION)
#include <pumphouse/impl/openssl_engine.ipp>
#endif
