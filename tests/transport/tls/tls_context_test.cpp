// SPDX-License-Identifier: MIT
#include <pumphouse/transport/tls/tls_context.hpp>

#include <openssl/err.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"
#include "transport/tls/tls_pair.hpp"

using namespace pumphouse;
using support::Certificate;
using support::Folder;
using support::make_certificate;

namespace {

std::string problem_of(TlsOptions const& options) {
    try {
        static_cast<void>(tls_context(options));
    } catch (std::runtime_error const& problem) {
        CHECK(ERR_peek_error() == 0);
        return problem.what();
    }
    return {};
}

/// The name in the certificate that a new connection gets.
std::string name_from(TlsContext& context) {
    SocketPair const sockets = tcp_pair();
    TlsSocket ours{Socket{sockets.ours}, context.accept("http/1.1")};
    tls_test::Peer peer{sockets.peers, 65536};
    std::array<char, 100> nothing;
    tls_test::repeat_until([&] { return peer.tls.is_open(); }, [&] {
        peer.shake_hands();
        ours.read(nothing);
    });
    X509* const certificate = SSL_get1_peer_certificate(peer.tls.ssl());
    if (certificate == nullptr) return {};
    char name[100] = {};
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name,
                              sizeof name);
    X509_free(certificate);
    return name;
}

}  // namespace

TEST_CASE("a wrong file is named, and what is wrong with it") {
    Folder const folder;
    Certificate const one = make_certificate();
    Certificate const other = make_certificate();
    auto const certificate = folder.write("certificate.pem", one.certificate);
    auto const key = folder.write("key.pem", one.key);
    auto const text = folder.write("text.pem", "this is a text\n");
    auto const missing = folder.path("missing.pem");
    auto const other_key = folder.write("other.pem", other.key);
    auto const encrypted = folder.write("encrypted.pem", one.encrypted_key);
    auto const broken = folder.write(
        "broken.pem", "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n");
    auto const half = folder.write("half.pem", one.certificate + "-----BEGIN CERTIFICATE-----\n"
                                               "AAAA\n-----END CERTIFICATE-----\n");
    auto const large = folder.write("large.pem", std::string((1 << 20) + 1, '\n'));

    CHECK(problem_of({certificate, key}).empty());
    CHECK(problem_of({certificate + "x", key}) ==
          "TlsOptions: " + certificate + "x: No such file or directory");
    CHECK(problem_of({certificate, missing}) ==
          "TlsOptions: " + missing + ": No such file or directory");
    CHECK(problem_of({text, key}) == "TlsOptions: " + text + ": holds no certificate in PEM");
    CHECK(problem_of({key, key}) == "TlsOptions: " + key + ": holds no certificate in PEM");
    CHECK(problem_of({broken, key}).starts_with("TlsOptions: " + broken +
                                                ": the certificate is broken: "));
    CHECK(problem_of({half, key}).starts_with(
        "TlsOptions: " + half + ": a certificate of the chain is broken: "));
    CHECK(problem_of({certificate, text}) ==
          "TlsOptions: " + text + ": holds no private key in PEM");
    CHECK(problem_of({certificate, certificate}) ==
          "TlsOptions: " + certificate + ": holds no private key in PEM");
    CHECK(problem_of({certificate, other_key}) ==
          "TlsOptions: " + other_key + ": is not the key of the certificate in " + certificate);
    CHECK(problem_of({certificate, encrypted})
              .starts_with("TlsOptions: " + encrypted + ": the key is encrypted; "));
    CHECK(problem_of({large, key}) == "TlsOptions: " + large + ": is larger than 1 MiB");
    CHECK(problem_of({folder.path(""), key}) ==
          "TlsOptions: " + folder.path("") + ": Is a directory");
    CHECK(problem_of({"", key}) == "TlsOptions: certificate_file: must name a file");
    CHECK(problem_of({certificate, ""}) == "TlsOptions: key_file: must name a file");
}

TEST_CASE("certificate and key may stand in one file, the chain behind the certificate") {
    Folder const folder;
    Certificate const own = make_certificate("server");
    Certificate const next = make_certificate("issuer");
    auto const all =
        folder.write("all.pem", own.certificate + next.certificate + "\n" + own.key);
    auto const context = tls_context({all, all});
    CHECK(name_from(*context) == "server");
}

TEST_CASE("a reload is for connections from then on, and a bad one changes nothing") {
    Folder const folder;
    auto const put = [&](Certificate const& made) {
        folder.write("certificate.pem", made.certificate);
        folder.write("key.pem", made.key);
    };
    put(make_certificate("first"));
    auto const context = tls_context({folder.path("certificate.pem"), folder.path("key.pem")});
    auto const begun = context->accept("http/1.1");
    CHECK(name_from(*context) == "first");
    put(make_certificate("second"));
    CHECK(name_from(*context) == "first");
    CHECK_FALSE(context->reload());
    CHECK(name_from(*context) == "second");

    folder.write("key.pem", make_certificate("third").key);
    TlsProblem const problem = context->reload();
    CHECK(problem.file == folder.path("key.pem"));
    CHECK(problem.reason ==
          "is not the key of the certificate in " + folder.path("certificate.pem"));
    CHECK(name_from(*context) == "second");
    std::filesystem::remove(folder.path("certificate.pem"));
    CHECK(context->reload().text() ==
          folder.path("certificate.pem") + ": No such file or directory");
    CHECK(name_from(*context) == "second");
}

TEST_CASE("connections keep the certificate they began with, whatever becomes of its context") {
    Folder const folder;
    Certificate const made = make_certificate("first");
    auto context = tls_context({folder.write("certificate.pem", made.certificate),
                                folder.write("key.pem", made.key)});
    SocketPair const sockets = tcp_pair();
    TlsSocket ours{Socket{sockets.ours}, context->accept("")};
    context.reset();
    tls_test::Peer peer{sockets.peers, 65536};
    std::array<char, 100> into;
    tls_test::repeat_until([&] { return peer.tls.is_open(); }, [&] {
        peer.shake_hands();
        ours.read(into);
    });
    peer.send("hello");
    CHECK(ours.read(into).bytes == 5);
}

TEST_CASE("what is served none the less is told: a certificate out of its time, an open key") {
    Folder const folder;
    Certificate const made = make_certificate();  // from a minute ago, for an hour
    auto const certificate = folder.write("certificate.pem", made.certificate);
    auto const key = folder.write("key.pem", made.key);
    std::filesystem::permissions(key, std::filesystem::perms::owner_read);
    std::vector<std::string> warnings;
    auto later = std::chrono::seconds{0};
    TlsOptions const options{
        .certificate_file = certificate,
        .key_file = key,
        .on_warning = [&](std::string_view warning) { warnings.emplace_back(warning); },
        .wall_clock = [&] { return std::chrono::system_clock::now() + later; }};
    auto const context = tls_context(options);
    CHECK(warnings.empty());

    later = std::chrono::hours{2};
    CHECK_FALSE(context->reload());
    REQUIRE(warnings.size() == 1);
    CHECK(warnings[0].starts_with(certificate + ": the certificate expired on 20"));
    CHECK(warnings[0].ends_with(" UTC"));
    later = std::chrono::hours{-2};
    CHECK_FALSE(context->reload());
    REQUIRE(warnings.size() == 2);
    CHECK(warnings[1].starts_with(certificate + ": the certificate is valid from 20"));

    later = std::chrono::seconds{0};
    std::filesystem::permissions(key, std::filesystem::perms::others_read,
                                 std::filesystem::perm_options::add);
    CHECK_FALSE(context->reload());
    REQUIRE(warnings.size() == 3);
    CHECK(warnings[2] == key + ": every user of this machine may read the key");
    CHECK(name_from(*context) == "localhost");
}

TEST_CASE("with min_version 1.3 a peer of 1.2 is refused with an alert") {
    Folder const folder;
    Certificate const made = make_certificate();
    TlsOptions options{.certificate_file = folder.write("certificate.pem", made.certificate),
                       .key_file = folder.write("key.pem", made.key),
                       .min_version = TlsVersion::tls_1_3};
    auto const context = tls_context(options);
    CHECK(name_from(*context) == "localhost");
    SocketPair const sockets = tcp_pair();
    TlsSocket ours{Socket{sockets.ours}, context->accept("http/1.1")};
    tls_test::Peer peer{sockets.peers, 65536, {.max_version = TLS1_2_VERSION}};
    std::array<char, 100> nothing;
    tls_test::repeat_until([&] { return peer.tls.has_failed(); }, [&] {
        peer.shake_hands();
        ours.read(nothing);
    });
    CHECK_FALSE(peer.tls.is_open());
    options.wall_clock = {};
    CHECK_THROWS_WITH(tls_context(options), "TlsOptions: wall_clock: must not be empty");
}

TEST_CASE("tickets resume a session where the host wants them, and end with a reload") {
    Folder const folder;
    Certificate const made = make_certificate();
    auto const context =
        tls_context({.certificate_file = folder.write("certificate.pem", made.certificate),
                     .key_file = folder.write("key.pem", made.key),
                     .session_tickets = true});
    // Answers the session that the peer may come back with.
    auto const visit = [&](SSL_SESSION* session, bool& is_resumed) {
        SocketPair const sockets = tcp_pair();
        TlsSocket ours{Socket{sockets.ours}, context->accept("http/1.1")};
        tls_test::Peer peer{
            sockets.peers, 65536, {.max_version = TLS1_2_VERSION, .session = session}};
        std::array<char, 100> nothing;
        tls_test::repeat_until([&] { return peer.tls.is_open(); }, [&] {
            peer.shake_hands();
            ours.read(nothing);
        });
        is_resumed = SSL_session_reused(peer.tls.ssl()) == 1;
        if (session != nullptr) SSL_SESSION_free(session);
        peer.end();  // OpenSSL resumes no session that ended without a goodbye
        return SSL_get1_session(peer.tls.ssl());
    };
    bool is_resumed = true;
    SSL_SESSION* session = visit(nullptr, is_resumed);
    CHECK_FALSE(is_resumed);
    session = visit(session, is_resumed);
    CHECK(is_resumed);
    REQUIRE_FALSE(context->reload());
    session = visit(session, is_resumed);
    CHECK_FALSE(is_resumed);
    SSL_SESSION_free(session);
}
