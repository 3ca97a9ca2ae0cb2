// SPDX-License-Identifier: MIT
//
// TlsPeer: the client's end of a TLS connection in tests, sans-IO, straight over OpenSSL: what it
// checks is not checked with the library's own code.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

namespace support {

class TlsPeer {
public:
    struct Options {
        int max_version = TLS1_3_VERSION;
        std::string_view alpn{};        // as it goes over the wire, each name behind its length
        SSL_SESSION* session = nullptr;  // to resume
    };

    TlsPeer() : TlsPeer{Options{}} {}
    explicit TlsPeer(Options const& options)
        : context_{SSL_CTX_new(TLS_client_method())}, ssl_{SSL_new(context_)} {
        SSL_set_security_level(ssl_, 0);  // it is the server that has to refuse what is old
        SSL_set_min_proto_version(ssl_, TLS1_VERSION);
        SSL_set_max_proto_version(ssl_, options.max_version);
        if (options.max_version < TLS1_2_VERSION) SSL_set_cipher_list(ssl_, "ALL:@SECLEVEL=0");
        if (!options.alpn.empty()) {
            SSL_set_alpn_protos(ssl_, reinterpret_cast<unsigned char const*>(options.alpn.data()),
                                static_cast<unsigned>(options.alpn.size()));
        }
        if (options.session != nullptr) SSL_set_session(ssl_, options.session);
        in_ = BIO_new(BIO_s_mem());
        out_ = BIO_new(BIO_s_mem());
        BIO_set_mem_eof_return(in_, -1);
        SSL_set_bio(ssl_, in_, out_);
        SSL_set_connect_state(ssl_);
    }
    TlsPeer(TlsPeer const&) = delete;
    TlsPeer& operator=(TlsPeer const&) = delete;
    ~TlsPeer() {
        SSL_free(ssl_);
        SSL_CTX_free(context_);
    }

    /// One step of the handshake; its words are in `output`.
    void shake_hands() {
        ERR_clear_error();
        int const result = SSL_do_handshake(ssl_);
        note(result);
    }
    bool is_open() const { return SSL_is_init_finished(ssl_) == 1 && !has_failed_; }
    bool has_failed() const { return has_failed_; }
    bool is_told_of_end() const { return is_told_of_end_; }

    void take(std::string_view encrypted) {
        if (encrypted.empty()) return;
        BIO_write(in_, encrypted.data(), static_cast<int>(encrypted.size()));
    }
    std::string read() {
        std::string all;
        char bytes[16384];
        for (;;) {
            ERR_clear_error();
            int const got = SSL_read(ssl_, bytes, sizeof bytes);
            if (got <= 0) {
                note(got);
                return all;
            }
            all.append(bytes, static_cast<std::size_t>(got));
        }
    }
    void write(std::string_view plain) {
        ERR_clear_error();
        if (!plain.empty() && SSL_write(ssl_, plain.data(), static_cast<int>(plain.size())) <= 0) {
            throw std::runtime_error{"a peer could not encrypt"};
        }
    }
    void end() {
        SSL_shutdown(ssl_);
        ERR_clear_error();
    }

    std::string output() {
        std::string bytes(BIO_ctrl_pending(out_), '\0');
        if (!bytes.empty()) BIO_read(out_, bytes.data(), static_cast<int>(bytes.size()));
        return bytes;
    }

    SSL* ssl() { return ssl_; }

private:
    void note(int result) {
        int const error = SSL_get_error(ssl_, result);
        is_told_of_end_ |= error == SSL_ERROR_ZERO_RETURN;
        has_failed_ |= error == SSL_ERROR_SSL || error == SSL_ERROR_SYSCALL;
        ERR_clear_error();
    }

    SSL_CTX* context_;
    SSL* ssl_;
    BIO* in_;
    BIO* out_;
    bool has_failed_ = false;
    bool is_told_of_end_ = false;
};

}  // namespace support
