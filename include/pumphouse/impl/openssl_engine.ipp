// SPDX-License-Identifier: MIT
// Bodies of transport/tls/openssl_engine.hpp.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <new>

#include <openssl/bio.h>
#include <openssl/err.h>

#include <pumphouse/transport/tls/openssl_engine.hpp>

namespace pumphouse {

PUMPHOUSE_DECL void RecordPosition::advance(std::span<char const> bytes) noexcept {
    constexpr std::size_t header = 5;
    while (!bytes.empty()) {
        if (header_bytes_ < header) {
            auto const byte = static_cast<std::uint8_t>(bytes.front());
            bytes = bytes.subspan(1);
            ++header_bytes_;
            if (header_bytes_ >= header - 1) body_left_ = (body_left_ << 8 | byte) & 0xffff;
        } else {
            std::size_t const take = std::min(body_left_, bytes.size());
            bytes = bytes.subspan(take);
            body_left_ -= take;
        }
        if (header_bytes_ == header && body_left_ == 0) header_bytes_ = 0;
    }
}

// The callbacks that OpenSSL reads and writes through.
struct OpensslBio {
    static int read(BIO* bio, char* into, std::size_t most, std::size_t* got) noexcept {
        auto& engine = *static_cast<OpensslEngine*>(BIO_get_data(bio));
        BIO_clear_retry_flags(bio);
        *got = std::min(most, engine.input_.size());
        if (*got == 0) {
            BIO_set_retry_read(bio);
            return 0;
        }
        std::memcpy(into, engine.input_.data(), *got);
        engine.position_.advance(engine.input_.first(*got));
        engine.input_ = engine.input_.subspan(*got);
        return 1;
    }

    static int write(BIO* bio, char const* bytes, std::size_t count, std::size_t* taken) noexcept {
        auto& engine = *static_cast<OpensslEngine*>(BIO_get_data(bio));
        BIO_clear_retry_flags(bio);
        try {
            engine.add_output({bytes, count});
        } catch (std::bad_alloc const&) {
            return 0;  // no retry: the session has failed
        }
        *taken = count;
        return 1;
    }

    static long control(BIO*, int command, long, void*) noexcept {
        return command == BIO_CTRL_FLUSH ? 1 : 0;
    }

    static BIO_METHOD* method() {
        static BIO_METHOD* const shared = make_method();
        return shared;
    }

private:
    static BIO_METHOD* make_method() {
        BIO_METHOD* const made =
            BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "pumphouse");
        if (made == nullptr) throw std::bad_alloc{};
        BIO_meth_set_read_ex(made, &read);
        BIO_meth_set_write_ex(made, &write);
        BIO_meth_set_ctrl(made, &control);
        return made;
    }
};

PUMPHOUSE_DECL OpensslEngine::OpensslEngine(SSL_CTX& context, std::string_view protocol)
    : protocol_{protocol} {
    BIO* const bio = BIO_new(OpensslBio::method());
    ssl_ = bio == nullptr ? nullptr : SSL_new(&context);
    if (ssl_ == nullptr) {
        BIO_free(bio);
        ERR_clear_error();
        throw std::bad_alloc{};
    }
    BIO_set_data(bio, this);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_, bio, bio);  // owns it
    SSL_set_app_data(ssl_, this);
    SSL_set_accept_state(ssl_);
}

PUMPHOUSE_DECL OpensslEngine::~OpensslEngine() { SSL_free(ssl_); }

PUMPHOUSE_DECL std::size_t OpensslEngine::read(std::span<char const>& input,
                                               std::span<char> into) noexcept {
    input_ = input;
    std::size_t total = 0;
    if (state_ == State::shaking_hands) shake_hands();
    while (state_ == State::open && total < into.size()) {
        ERR_clear_error();
        std::size_t got = 0;
        if (SSL_read_ex(ssl_, into.data() + total, into.size() - total, &got) != 1) {
            int const error = SSL_get_error(ssl_, 0);
            if (error == SSL_ERROR_WANT_READ) break;
            fail(error);
        }
        total += got;
    }
    input = input_;
    input_ = {};
    return total;
}

PUMPHOUSE_DECL void OpensslEngine::shake_hands() noexcept {
    ERR_clear_error();
    int const result = SSL_do_handshake(ssl_);
    if (result == 1) {
        state_ = State::open;
        return;
    }
    int const error = SSL_get_error(ssl_, result);
    if (error != SSL_ERROR_WANT_READ) fail(error);
}

PUMPHOUSE_DECL bool OpensslEngine::write(std::span<std::byte const> bytes) noexcept {
    if (state_ != State::open && state_ != State::ended) return false;
    ERR_clear_error();
    std::size_t taken = 0;
    if (SSL_write_ex(ssl_, bytes.data(), bytes.size(), &taken) == 1) return true;
    fail(SSL_get_error(ssl_, 0));
    return false;
}

PUMPHOUSE_DECL void OpensslEngine::end_output() noexcept {
    // OpenSSL wants no goodbye after a failure, nor before hands are shaken.
    bool const is_open = state_ == State::open || state_ == State::ended;
    if (!is_open || has_said_goodbye_) return;
    has_said_goodbye_ = true;
    ERR_clear_error();
    SSL_shutdown(ssl_);
    ERR_clear_error();
}

// OpenSSL allocates a whole record's buffer for the first byte of one.
PUMPHOUSE_DECL std::size_t OpensslEngine::unfinished_bytes() const noexcept {
    constexpr std::size_t overhead_bytes = 320;
    return position_.is_inside() ? max_record_bytes + overhead_bytes : 0;
}

PUMPHOUSE_DECL void OpensslEngine::fail(int error) noexcept {
    if (error == SSL_ERROR_ZERO_RETURN) {
        state_ = State::ended;
        return;
    }
    state_ = State::failed;
    unsigned long const code = ERR_peek_error();
    int const reason = ERR_GET_REASON(code);
    has_met_http_ = ERR_GET_LIB(code) == ERR_LIB_SSL &&
                    (reason == SSL_R_HTTP_REQUEST || reason == SSL_R_HTTPS_PROXY_REQUEST);
    char const* const words = ERR_reason_error_string(code);
    problem_ = words == nullptr ? "the connection is lost" : words;
    ERR_clear_error();
}

}  // namespace pumphouse
