// SPDX-License-Identifier: MIT
//
// Certificates made while a test runs, so that none in the repository can expire, and a folder for
// them that goes with the test.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace support {

struct Certificate {
    std::string certificate;    // PEM
    std::string key;            // PEM
    std::string encrypted_key;  // PEM, with the password "secret"
};

inline void must(bool holds) {
    if (!holds) throw std::runtime_error{"OpenSSL failed while making a certificate"};
}

inline std::string text_of(BIO* bio) {
    char* bytes = nullptr;
    long const size = BIO_get_mem_data(bio, &bytes);
    std::string const text(bytes, static_cast<std::size_t>(size));
    BIO_free(bio);
    return text;
}

/// For localhost, signed by itself, good for an hour.
inline Certificate make_certificate(std::string_view name = "localhost") {
    std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> const key{EVP_EC_gen("P-256"),
                                                                  &EVP_PKEY_free};
    std::unique_ptr<X509, decltype(&X509_free)> const made{X509_new(), &X509_free};
    must(key && made);
    X509_set_version(made.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), -60);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), 3600);
    X509_set_pubkey(made.get(), key.get());
    X509_NAME* const subject = X509_get_subject_name(made.get());
    auto const* const common = reinterpret_cast<unsigned char const*>(name.data());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, common, static_cast<int>(name.size()),
                               -1, 0);
    X509_set_issuer_name(made.get(), subject);
    X509_EXTENSION* const names = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name,
                                                      "DNS:localhost,IP:127.0.0.1");
    must(names != nullptr && X509_add_ext(made.get(), names, -1) == 1);
    X509_EXTENSION_free(names);
    must(X509_sign(made.get(), key.get(), EVP_sha256()) != 0);

    Certificate texts;
    BIO* const certificate = BIO_new(BIO_s_mem());
    must(PEM_write_bio_X509(certificate, made.get()) == 1);
    texts.certificate = text_of(certificate);
    BIO* const plain = BIO_new(BIO_s_mem());
    must(PEM_write_bio_PrivateKey(plain, key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
    texts.key = text_of(plain);
    BIO* const encrypted = BIO_new(BIO_s_mem());
    char password[] = "secret";
    must(PEM_write_bio_PKCS8PrivateKey(encrypted, key.get(), EVP_aes_128_cbc(), password, 6,
                                       nullptr, nullptr) == 1);
    texts.encrypted_key = text_of(encrypted);
    return texts;
}

/// A folder of files that ends with it.
class Folder {
public:
    Folder() {
        std::string name = (std::filesystem::temp_directory_path() / "pumphouse-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error{"no folder"};
        path_ = name;
    }
    Folder(Folder const&) = delete;
    Folder& operator=(Folder const&) = delete;
    ~Folder() { std::filesystem::remove_all(path_); }

    std::string write(std::string_view name, std::string_view text) const {
        std::ofstream{path_ / name, std::ios::binary} << text;
        return path(name);
    }
    std::string path(std::string_view name) const { return (path_ / name).string(); }

private:
    std::filesystem::path path_;
};

}  // namespace support
