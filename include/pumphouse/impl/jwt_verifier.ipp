// SPDX-License-Identifier: MIT
// Bodies of server/auth/jwt_verifier.hpp.
#pragma once

#include <jansson.h>
#include <jwt.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <utility>

#include <pumphouse/server/auth/jwt_verifier.hpp>

namespace pumphouse {

namespace jwt_detail {

template <auto end>
struct Ending {
    void operator()(auto* what) const noexcept { end(what); }
};
struct EndJson {
    void operator()(json_t* what) const noexcept { json_decref(what); }
};
using Token = std::unique_ptr<jwt_t, Ending<&jwt_free>>;
using Text = std::unique_ptr<char, Ending<&std::free>>;
using Json = std::unique_ptr<json_t, EndJson>;
using Bio = std::unique_ptr<BIO, Ending<&BIO_free>>;
using PublicKey = std::unique_ptr<EVP_PKEY, Ending<&EVP_PKEY_free>>;

constexpr std::string_view name_of(JwtAlgorithm algorithm) noexcept {
    switch (algorithm) {
        case JwtAlgorithm::hs256: return "HS256";
        case JwtAlgorithm::rs256: return "RS256";
        case JwtAlgorithm::es256: return "ES256";
    }
    return {};
}

// What is wrong with a key; empty: nothing.
inline std::string problem_with(JwtKey const& key) {
    if (key.algorithm == JwtAlgorithm::hs256) {
        if (key.key.find("-----BEGIN") != std::string::npos) {
            return "is PEM, which is no secret: HS256 would let everybody sign";
        }
        return key.key.size() < 32 ? "is shorter than 32 bytes" : "";
    }
    Bio const bio{BIO_new_mem_buf(key.key.data(), static_cast<int>(key.key.size()))};
    PublicKey const parsed{bio ? PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr)
                               : nullptr};
    ERR_clear_error();
    if (!parsed) return "is no public key in PEM (-----BEGIN PUBLIC KEY-----)";
    if (key.algorithm == JwtAlgorithm::rs256) {
        if (EVP_PKEY_get_base_id(parsed.get()) != EVP_PKEY_RSA) return "is no RSA key";
        return EVP_PKEY_get_bits(parsed.get()) < 2048 ? "has less than 2048 bits" : "";
    }
    std::array<char, 80> curve{};
    bool const is_on_it = EVP_PKEY_get_base_id(parsed.get()) == EVP_PKEY_EC &&
                          EVP_PKEY_get_group_name(parsed.get(), curve.data(), curve.size(),
                                                  nullptr) == 1 &&
                          std::string_view{curve.data()} == "prime256v1";
    return is_on_it ? "" : "is not on the curve P-256";
}

constexpr int base64url_value(char c) noexcept {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    if (c == '-') return 62;
    return c == '_' ? 63 : -1;
}

// The one spelling that base64url has for some bytes: no padding, no bits left over.
constexpr bool is_base64url(std::string_view part) noexcept {
    if (part.empty() || part.size() % 4 == 1) return false;
    for (char const c : part) {
        if (base64url_value(c) < 0) return false;
    }
    unsigned const last = static_cast<unsigned>(base64url_value(part.back()));
    if (part.size() % 4 == 2) return (last & 15U) == 0;
    return part.size() % 4 == 0 || (last & 3U) == 0;
}

constexpr bool has_three_parts(std::string_view token) noexcept {
    std::size_t const first = token.find('.');
    std::size_t const last = token.rfind('.');
    return first != token.npos && first != last && is_base64url(token.substr(0, first)) &&
           is_base64url(token.substr(first + 1, last - first - 1)) &&
           is_base64url(token.substr(last + 1));
}

// Seconds since 1970, whole or not; nothing: it is no number.
inline std::optional<double> seconds_of(json_t const* number) noexcept {
    if (!json_is_number(number)) return std::nullopt;
    return json_number_value(number);
}

// Dates past those the clock knows are never.
inline WallTime wall_time(double seconds) noexcept {
    constexpr double most = 9.0e9;  // the year 2255
    auto const bounded = std::chrono::duration<double>{std::clamp(seconds, -most, most)};
    return WallTime{std::chrono::duration_cast<WallTime::duration>(bounded)};
}

inline bool is_text(json_t const* value, std::string_view wanted) noexcept {
    return json_is_string(value) &&
           std::string_view{json_string_value(value), json_string_length(value)} == wanted;
}

// `aud` is a text or a list of them.
inline bool is_for(json_t const* audience, std::string_view wanted) noexcept {
    if (!json_is_array(audience)) return is_text(audience, wanted);
    for (std::size_t i = 0; i < json_array_size(audience); ++i) {
        if (is_text(json_array_get(audience, i), wanted)) return true;
    }
    return false;
}

// `alg` and `kid` of a header that nobody has vouched for yet.
struct Header {
    std::string algorithm;
    std::optional<std::string> key_id;
};

inline std::optional<Header> read_header(std::string const& token) {
    jwt_t* raw = nullptr;
    if (jwt_decode(&raw, token.c_str(), nullptr, 0) != 0) return std::nullopt;
    Token const parsed{raw};
    Text const text{jwt_get_headers_json(parsed.get(), nullptr)};
    Json const all{text ? json_loads(text.get(), JSON_REJECT_DUPLICATES, nullptr) : nullptr};
    json_t const* const algorithm = json_object_get(all.get(), "alg");
    json_t const* const key_id = json_object_get(all.get(), "kid");
    // Extensions that have to be understood are not (RFC 7515 section 4.1.11).
    if (!json_is_string(algorithm) || json_object_get(all.get(), "crit") != nullptr) {
        return std::nullopt;
    }
    if (key_id != nullptr && !json_is_string(key_id)) return std::nullopt;
    Header header{json_string_value(algorithm), std::nullopt};
    if (key_id != nullptr) header.key_id = json_string_value(key_id);
    return header;
}

inline bool is_candidate(JwtKey const& key, Header const& header) noexcept {
    if (name_of(key.algorithm) != header.algorithm) return false;
    return key.id.empty() || !header.key_id || *header.key_id == key.id;
}

}  // namespace jwt_detail

PUMPHOUSE_DECL JwtVerifier::JwtVerifier(JwtOptions options)
    : options_{std::move(options)}, keys_{checked(options_.keys)} {
    if (options_.leeway < std::chrono::seconds::zero()) {
        throw std::invalid_argument{"leeway: must not be negative"};
    }
    if (options_.user_claim.empty()) throw std::invalid_argument{"user_claim: must have a name"};
    if (!options_.wall_clock) throw std::invalid_argument{"wall_clock: must not be empty"};
}

PUMPHOUSE_DECL std::shared_ptr<JwtVerifier::Keys const> JwtVerifier::checked(Keys keys) {
    constexpr std::size_t most = 16;
    if (keys.empty() || keys.size() > most) {
        throw std::invalid_argument{"keys: there must be 1 to 16"};
    }
    for (std::size_t i = 0; i < keys.size(); ++i) {
        std::string const problem = jwt_detail::problem_with(keys[i]);
        if (problem.empty()) continue;
        throw std::invalid_argument{"keys: number " + std::to_string(i + 1) + " (" +
                                    std::string{jwt_detail::name_of(keys[i].algorithm)} + ") " +
                                    problem};
    }
    return std::make_shared<Keys const>(std::move(keys));
}

PUMPHOUSE_DECL void JwtVerifier::reload(std::vector<JwtKey> keys) {
    auto fresh = checked(std::move(keys));
    std::scoped_lock const lock{mutex_};
    keys_ = std::move(fresh);
}

PUMPHOUSE_DECL std::shared_ptr<JwtVerifier::Keys const> JwtVerifier::keys() const {
    std::scoped_lock const lock{mutex_};
    return keys_;
}

PUMPHOUSE_DECL void JwtVerifier::verify(std::string const& token,
                                        Verification verification) const {
    Verdict verdict = check(token);
    if (auto* const claims = std::get_if<Claims>(&verdict)) {
        verification.accept(std::move(*claims));
    } else {
        verification.refuse(std::get<AuthenticationError>(std::move(verdict)));
    }
}

PUMPHOUSE_DECL Verdict JwtVerifier::check(std::string const& token) const {
    using What = AuthenticationError::What;
    if (token.size() > options_.max_token_bytes) {
        return AuthenticationError{What::invalid, "too long"};
    }
    if (!jwt_detail::has_three_parts(token)) {
        return AuthenticationError{What::invalid, "not three parts in base64url"};
    }
    std::string claims;
    bool const is_fine = is_signed(token, claims);
    ERR_clear_error();  // what a failed check has left must not be taken for somebody else's
    if (!is_fine) return AuthenticationError{What::invalid, "signed by no key that is known"};
    return judge(std::move(claims));
}

// Reading a token twice is how the key is chosen before libjwt believes anything of it.
PUMPHOUSE_DECL bool JwtVerifier::is_signed(std::string const& token, std::string& claims) const {
    auto const header = jwt_detail::read_header(token);
    if (!header) return false;
    auto const all = keys();
    for (JwtKey const& key : *all) {
        if (!jwt_detail::is_candidate(key, *header)) continue;
        jwt_t* raw = nullptr;
        auto const* const bytes = reinterpret_cast<unsigned char const*>(key.key.data());
        if (jwt_decode(&raw, token.c_str(), bytes, static_cast<int>(key.key.size())) != 0) {
            continue;
        }
        jwt_detail::Token const parsed{raw};
        jwt_detail::Text const text{jwt_get_grants_json(parsed.get(), nullptr)};
        if (!text) return false;
        claims = text.get();
        return true;
    }
    return false;
}

PUMPHOUSE_DECL Verdict JwtVerifier::judge(std::string claims) const {
    auto const no = [](char const* why) {
        return AuthenticationError{AuthenticationError::What::invalid, why};
    };
    jwt_detail::Json const all{json_loads(claims.c_str(), 0, nullptr)};
    auto const member = [&](char const* name) { return json_object_get(all.get(), name); };
    Claims good;
    WallTime const now = options_.wall_clock();
    if (json_t const* const number = member("exp")) {
        auto const seconds = jwt_detail::seconds_of(number);
        if (!seconds) return no("exp is no number");
        good.expires_at = jwt_detail::wall_time(*seconds) + options_.leeway;
        if (*good.expires_at <= now) return no("expired");
    } else if (options_.require_expiry) {
        return no("it has no exp");
    }
    if (json_t const* const number = member("nbf")) {
        auto const seconds = jwt_detail::seconds_of(number);
        if (!seconds) return no("nbf is no number");
        if (jwt_detail::wall_time(*seconds) - options_.leeway > now) return no("not valid yet");
    }
    if (!options_.issuer.empty() && !jwt_detail::is_text(member("iss"), options_.issuer)) {
        return no("of another issuer");
    }
    json_t const* const audience = member("aud");
    bool const is_for_us = options_.audience.empty()
                               ? audience == nullptr
                               : jwt_detail::is_for(audience, options_.audience);
    if (!is_for_us) return no("for another audience");
    if (json_t const* const user = member(options_.user_claim.c_str())) {
        if (!json_is_string(user)) return no("the user is no text");
        good.user.assign(json_string_value(user), json_string_length(user));
    }
    good.raw = std::move(claims);
    return good;
}

}  // namespace pumphouse
