// SPDX-License-Identifier: MIT
// Bodies of transport/tls/tls_context.hpp.
#pragma once

#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <memory>
#include <mutex>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <pumphouse/transport/tls/openssl_engine.hpp>
#include <pumphouse/transport/tls/tls_context.hpp>

namespace pumphouse {

namespace detail {

template <auto free_it>
struct OpensslFree {
    template <typename T>
    void operator()(T* object) const noexcept {
        free_it(object);
    }
};
using OwnedContext = std::unique_ptr<SSL_CTX, OpensslFree<&SSL_CTX_free>>;
using OwnedCertificate = std::unique_ptr<X509, OpensslFree<&X509_free>>;
using OwnedKey = std::unique_ptr<EVP_PKEY, OpensslFree<&EVP_PKEY_free>>;
using OwnedBio = std::unique_ptr<BIO, OpensslFree<&BIO_free>>;

// The last of OpenSSL's reasons, in its words; its queue is empty afterwards.
inline std::string openssl_reason() {
    char const* const words = ERR_reason_error_string(ERR_peek_last_error());
    std::string reason = words == nullptr ? "OpenSSL gives no reason" : words;
    ERR_clear_error();
    return reason;
}

/// A file's bytes, wiped when they have been used: one of them is the key.
class SecretFile {
public:
    explicit SecretFile(std::string const& name) {
        std::unique_ptr<std::FILE, OpensslFree<&std::fclose>> const file{
            std::fopen(name.c_str(), "rb")};
        if (!file) {
            problem_ = std::strerror(errno);
            return;
        }
        struct stat about {};
        is_open_to_all_ =
            ::fstat(::fileno(file.get()), &about) == 0 && (about.st_mode & S_IROTH) != 0;
        size_ = std::fread(bytes_.data(), 1, bytes_.size(), file.get());
        if (std::ferror(file.get()) != 0) problem_ = std::strerror(errno);
        if (size_ > most_bytes) problem_ = "is larger than 1 MiB";
    }
    SecretFile(SecretFile const&) = delete;
    SecretFile& operator=(SecretFile const&) = delete;
    ~SecretFile() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

    std::string const& problem() const noexcept { return problem_; }
    bool is_open_to_all() const noexcept { return is_open_to_all_; }
    OwnedBio bio() const {
        OwnedBio bio{BIO_new_mem_buf(bytes_.data(), static_cast<int>(size_))};
        if (!bio) throw std::bad_alloc{};
        return bio;
    }

private:
    static constexpr std::size_t most_bytes = std::size_t{1} << 20;
    std::vector<char> bytes_ = std::vector<char>(most_bytes + 1);  // never grows: no copies
    std::size_t size_ = 0;
    bool is_open_to_all_ = false;
    std::string problem_;
};

inline bool is_end_of_pem() noexcept {
    unsigned long const error = ERR_peek_last_error();
    return ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

// Asked for a password, OpenSSL would talk to the terminal.
inline int note_encryption(char*, int, int, void* is_encrypted) noexcept {
    *static_cast<bool*>(is_encrypted) = true;
    return -1;
}

// The reason why not; empty: it is in use.
inline std::string use_certificate(SSL_CTX& context, std::string const& name) {
    SecretFile const file{name};
    if (!file.problem().empty()) return file.problem();
    auto const bio = file.bio();
    bool is_encrypted = false;
    OwnedCertificate const own{
        PEM_read_bio_X509_AUX(bio.get(), nullptr, &note_encryption, &is_encrypted)};
    if (!own) {
        bool const has_none = is_end_of_pem();
        std::string const reason = openssl_reason();
        return has_none ? "holds no certificate in PEM" : "the certificate is broken: " + reason;
    }
    if (SSL_CTX_use_certificate(&context, own.get()) != 1) {
        return "the certificate cannot be used: " + openssl_reason();
    }
    for (;;) {
        OwnedCertificate const next{
            PEM_read_bio_X509(bio.get(), nullptr, &note_encryption, &is_encrypted)};
        if (!next) break;
        if (SSL_CTX_add1_chain_cert(&context, next.get()) != 1) {
            return "a certificate of the chain cannot be used: " + openssl_reason();
        }
    }
    bool const is_end = is_end_of_pem();
    std::string const reason = openssl_reason();
    return is_end ? "" : "a certificate of the chain is broken: " + reason;
}

inline std::string use_key(SSL_CTX& context, std::string const& name,
                           std::string const& certificate, bool& is_open_to_all) {
    SecretFile const file{name};
    if (!file.problem().empty()) return file.problem();
    is_open_to_all = file.is_open_to_all();
    bool is_encrypted = false;
    OwnedKey const key{
        PEM_read_bio_PrivateKey(file.bio().get(), nullptr, &note_encryption, &is_encrypted)};
    if (is_encrypted) {
        ERR_clear_error();
        return "the key is encrypted; write it without a password (openssl pkey -in ... -out ...)";
    }
    if (!key) {
        ERR_clear_error();
        return "holds no private key in PEM";
    }
    X509 const* const own = SSL_CTX_get0_certificate(&context);
    if (X509_check_private_key(own, key.get()) != 1) {
        ERR_clear_error();
        return "is not the key of the certificate in " + certificate;
    }
    return SSL_CTX_use_PrivateKey(&context, key.get()) == 1
               ? ""
               : "the key cannot be used: " + openssl_reason();
}

inline std::string day_of(ASN1_TIME const* moment) {
    std::tm day{};
    if (ASN1_TIME_to_tm(moment, &day) != 1) return "a day that cannot be read";
    std::array<char, 32> text{};
    return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M UTC", &day)};
}

// Peers will not like it; empty: it is good.
inline std::string untimely(X509 const& certificate, std::time_t now) {
    ASN1_TIME const* const from = X509_get0_notBefore(&certificate);
    ASN1_TIME const* const until = X509_get0_notAfter(&certificate);
    if (X509_cmp_time(until, &now) < 0) return "the certificate expired on " + day_of(until);
    if (X509_cmp_time(from, &now) > 0) return "the certificate is valid from " + day_of(from);
    return {};
}

inline int choose_protocol(SSL* ssl, unsigned char const** chosen, unsigned char* chosen_bytes,
                           unsigned char const* offered, unsigned offered_bytes,
                           void*) noexcept {
    std::string_view const ours = OpensslEngine::of(ssl).protocol();
    if (ours.empty()) return SSL_TLSEXT_ERR_NOACK;
    for (unsigned at = 0; at < offered_bytes; at += 1U + offered[at]) {
        std::size_t const bytes = offered[at];
        auto const* const name = reinterpret_cast<char const*>(offered + at + 1);
        if (at + 1 + bytes > offered_bytes) break;
        if (std::string_view{name, bytes} != ours) continue;
        *chosen = offered + at + 1;
        *chosen_bytes = offered[at];
        return SSL_TLSEXT_ERR_OK;
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

// Mozilla's "intermediate", in its order, without DHE.
inline constexpr char const* tls12_ciphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
inline constexpr char const* tls13_ciphers =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
inline constexpr char const* tls_curves = "X25519:prime256v1:secp384r1";

inline OwnedContext new_openssl_context(TlsOptions const& options) {
    OwnedContext context{SSL_CTX_new(TLS_server_method())};
    if (!context) throw std::bad_alloc{};
    bool const is_newest = options.min_version == TlsVersion::tls_1_3;
    int const oldest = is_newest ? TLS1_3_VERSION : TLS1_2_VERSION;
    bool const is_set = SSL_CTX_set_min_proto_version(context.get(), oldest) == 1 &&
                        SSL_CTX_set_max_proto_version(context.get(), TLS1_3_VERSION) == 1 &&
                        SSL_CTX_set_cipher_list(context.get(), tls12_ciphers) == 1 &&
                        SSL_CTX_set_ciphersuites(context.get(), tls13_ciphers) == 1 &&
                        SSL_CTX_set1_groups_list(context.get(), tls_curves) == 1;
    if (!is_set) throw std::runtime_error{"TlsOptions: OpenSSL: " + openssl_reason()};
    SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    if (!options.session_tickets) SSL_CTX_set_options(context.get(), SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(context.get(), options.session_tickets ? 1 : 0);
    // Sessions kept here would be memory per peer that has ever come.
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
    // Idle connections then keep no buffers.
    SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_alpn_select_cb(context.get(), &choose_protocol, nullptr);
    return context;
}

class OpensslContext final : public TlsContext {
public:
    explicit OpensslContext(TlsOptions options) : options_{std::move(options)} {
        if (!options_.wall_clock) {
            throw std::invalid_argument{"TlsOptions: wall_clock: must not be empty"};
        }
        if (TlsProblem const problem = reload()) {
            throw std::runtime_error{"TlsOptions: " + problem.text()};
        }
    }

    std::unique_ptr<TlsEngine> accept(std::string_view protocol) override {
        std::scoped_lock const lock{mutex_};
        return std::make_unique<OpensslEngine>(*current_, protocol);
    }

    TlsProblem reload() override {
        ERR_clear_error();
        OwnedContext next = new_openssl_context(options_);
        std::string const& certificate = options_.certificate_file;
        std::string const& key = options_.key_file;
        if (certificate.empty()) return {"", "certificate_file: must name a file"};
        if (key.empty()) return {"", "key_file: must name a file"};
        std::string reason = use_certificate(*next, certificate);
        if (!reason.empty()) return {certificate, std::move(reason)};
        bool is_open_to_all = false;
        reason = use_key(*next, key, certificate, is_open_to_all);
        if (!reason.empty()) return {key, std::move(reason)};
        if (is_open_to_all) warn(key, "every user of this machine may read the key");
        auto const now = std::chrono::system_clock::to_time_t(options_.wall_clock());
        warn(certificate, untimely(*SSL_CTX_get0_certificate(next.get()), now));
        std::scoped_lock const lock{mutex_};
        current_.swap(next);  // engines hold on to theirs
        return {};
    }

private:
    void warn(std::string const& file, std::string const& what) const {
        if (!what.empty() && options_.on_warning) options_.on_warning(file + ": " + what);
    }

    TlsOptions const options_;
    std::mutex mutex_;
    OwnedContext current_;
};

}  // namespace detail

PUMPHOUSE_DECL std::shared_ptr<TlsContext> tls_context(TlsOptions options) {
    return std::make_shared<detail::OpensslContext>(std::move(options));
}

}  // namespace pumphouse
