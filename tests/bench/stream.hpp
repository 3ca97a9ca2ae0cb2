// SPDX-License-Identifier: MIT
//
// The bytes of one of the generator's connections: as they are, or, in a build that has OpenSSL,
// over TLS. A certificate is not checked: it is the server that is measured.
#pragma once

#include "socket.hpp"

#ifdef BENCH_TLS
#include <openssl/err.h>
#include <openssl/ssl.h>
#endif

#include <cerrno>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <utility>

namespace pumphouse::bench {

class Stream {
public:
    /// Shakes hands over TLS, waiting, when asked to.
    Stream(Socket socket, bool with_tls) : socket_{std::move(socket)} {
        if (with_tls) shake_hands();
    }

    int fd() const { return socket_.fd(); }

    /// As send and recv do; EAGAIN when the other end is not ready.
    ssize_t send(const char* bytes, std::size_t count) {
#ifdef BENCH_TLS
        if (tls_) return count == 0 ? 0 : answer(SSL_write(tls_.get(), bytes, int(count)));
#endif
        return ::send(fd(), bytes, count, MSG_NOSIGNAL);
    }
    ssize_t receive(char* into, std::size_t most) {
#ifdef BENCH_TLS
        if (tls_) return answer(SSL_read(tls_.get(), into, int(most)));
#endif
        return ::recv(fd(), into, most, 0);
    }

    /// Decrypted bytes that no readiness will tell of.
    bool has_more() const {
#ifdef BENCH_TLS
        return tls_ && SSL_pending(tls_.get()) > 0;
#else
        return false;
#endif
    }

private:
#ifdef BENCH_TLS
    void shake_hands() {
        static SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
        SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                      SSL_MODE_RELEASE_BUFFERS);
        tls_.reset(SSL_new(context));
        SSL_set_fd(tls_.get(), fd());
        if (SSL_connect(tls_.get()) != 1) throw std::runtime_error{"the TLS handshake failed"};
    }
    ssize_t answer(int result) {
        if (result > 0) return result;
        const int error = SSL_get_error(tls_.get(), result);
        ERR_clear_error();
        if (error == SSL_ERROR_ZERO_RETURN) return 0;
        const bool waits = error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
        errno = waits ? EAGAIN : EPIPE;
        return -1;
    }

    struct Free {
        void operator()(SSL* tls) const { SSL_free(tls); }
    };
    std::unique_ptr<SSL, Free> tls_;
#else
    void shake_hands() { throw std::runtime_error{"this build has no OpenSSL"}; }
#endif

    Socket socket_;
};

}  // namespace pumphouse::bench
