// SPDX-License-Identifier: MIT
//
// A real nginx between a transport and its peer, for the conformance suite: a process, whose
// connections begin with an upgrade over HTTP, which the library answers, and pass on bytes from
// then on.
#pragma once

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

#include <pumphouse/transport/websocket/handshake.hpp>

#include "transport/socket_pair.hpp"

namespace nginx_test {

/// Of the upgrade: what the peer offers, and our answer to what has come of that.
struct Extensions {
    std::string offer{};
    std::function<std::string(std::string const&)> agree = [](auto const&) { return ""; };
};

/// Peers reach it by a Unix socket, for nginx cannot be told to take any port; it reaches us by a
/// port of the kernel's choice.
class Nginx {
public:
    /// For all tests of a program that want no TLS.
    static Nginx& shared() {
        static Nginx one;
        return one;
    }

    /// With these, in PEM, it speaks TLS to peers, and none to us.
    explicit Nginx(std::string_view certificate = {}, std::string_view key = {}) {
        expect_success(::mkdtemp(folder_) != nullptr ? 0 : -1, "mkdtemp");
        front_ = in_folder("front");
        write_configuration(certificate, key);
        process_ = ::fork();
        expect_success(process_, "fork");
        if (process_ == 0) run();
    }
    Nginx(Nginx const&) = delete;
    Nginx& operator=(Nginx const&) = delete;
    ~Nginx() {
        ::kill(process_, SIGKILL);
        ::waitpid(process_, nullptr, 0);
        std::string const command = std::string{"rm -r "} + folder_;
        static_cast<void>(std::system(command.c_str()) == 0);
    }

    /// A peer and our end of a connection through it, upgraded.
    SocketPair connect(Extensions const& extensions = {}) {
        SocketPair pair;
        pair.peers = knock();
        End peer{pair.peers};
        pair.ours = upgrade(pair.peers, peer, extensions);
        return pair;
    }

    /// A peer's descriptor, connected and not upgraded. Patient, for nginx may be starting.
    int knock() {
        int const descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        expect_success(descriptor, "socket");
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        front_.copy(address.sun_path, sizeof address.sun_path - 1);
        auto const end = std::chrono::steady_clock::now() + patience;
        while (::connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
            bool const has_ended = ::waitpid(process_, nullptr, WNOHANG) != 0;
            if (has_ended || std::chrono::steady_clock::now() > end) {
                throw std::runtime_error{"nginx does not listen: " + said()};
            }
            std::this_thread::sleep_for(std::chrono::milliseconds{10});
        }
        return descriptor;
    }

    /// Our end, once a peer is upgraded that says its words over this descriptor: it has `send`,
    /// and `read`, which never waits.
    template <typename Peer>
    int upgrade(int descriptor, Peer& peer, Extensions const& extensions = {}) {
        peer.send("GET /ws HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\n"
                  "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
                  header_of(extensions.offer) + "\r\n");
        wait_for(back_.descriptor);
        int const ours = ::accept4(back_.descriptor, nullptr, nullptr, SOCK_CLOEXEC);
        expect_success(ours, "accept");
        End end{ours};
        std::string const asked = head_of(ours, end);
        websocketpp::http::parser::request request;
        request.consume(asked.data(), asked.size());
        bool const is_upgrade =
            pumphouse::check_handshake(request) == pumphouse::HandshakeFault::none;
        if (!is_upgrade) throw std::runtime_error{asked + said()};
        std::string const agreed = extensions.agree(request.get_header(extensions_header));
        end.send(pumphouse::handshake_answer(request, {}, agreed));
        std::string const answer = head_of(descriptor, peer);
        must_have(answer, "HTTP/1.1 101 ");
        must_have(answer, "\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n");
        must_have(answer, header_of(agreed));
        return ours;
    }

private:
    static constexpr std::chrono::seconds patience{20};
    static constexpr char const* extensions_header = "Sec-WebSocket-Extensions";

    /// Of a plain connection.
    struct End {
        void send(std::string_view text) const {
            bool const is_sent = ::send(descriptor, text.data(), text.size(), MSG_NOSIGNAL) ==
                                 static_cast<ssize_t>(text.size());
            expect_success(is_sent ? 0 : -1, "send");
        }
        std::string read(std::size_t most) const {
            std::string bytes(most, '\0');
            ssize_t const got = ::recv(descriptor, bytes.data(), most, MSG_DONTWAIT);
            if (got == 0) throw std::runtime_error{"nginx has ended the connection"};
            bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
            return bytes;
        }
        int descriptor;
    };

    static std::string header_of(std::string const& extensions) {
        if (extensions.empty()) return {};
        return std::string{extensions_header} + ": " + extensions + "\r\n";
    }

    void write_configuration(std::string_view certificate, std::string_view key) {
        std::string const folder = folder_;
        std::ofstream file{in_folder("nginx.conf")};
        file << "daemon off;\nmaster_process off;\npid " << folder << "/pid;\n"
             << "error_log " << folder << "/log;\nevents {}\nhttp {\naccess_log off;\n";
        for (std::string const name : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"}) {
            file << name << "_temp_path " << folder << '/' << name << ";\n";
        }
        file << "server {\nlisten unix:" << front_;
        if (!certificate.empty()) {
            std::ofstream{in_folder("certificate")} << certificate;
            std::ofstream{in_folder("key")} << key;
            file << " ssl;\nssl_protocols TLSv1.2 TLSv1.3;\nssl_certificate "
                 << in_folder("certificate") << ";\nssl_certificate_key " << in_folder("key");
        }
        file << ";\nlocation / {\nproxy_pass http://" << back_.name()
             << ";\nproxy_http_version 1.1;\nproxy_buffering off;\n"
             << "proxy_set_header Upgrade $http_upgrade;\n"
             << "proxy_set_header Connection upgrade;\n}\n}\n}\n";
    }

    [[noreturn]] void run() {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // it ends with the test, however that ends
        std::string const file = in_folder("nginx.conf");
        std::string const log = in_folder("log");
        ::execl(PUMPHOUSE_NGINX, PUMPHOUSE_NGINX, "-e", log.c_str(), "-p", folder_, "-c",
                file.c_str(), nullptr);
        ::_exit(127);
    }

    void wait_for(int descriptor) {
        pollfd one{descriptor, POLLIN, 0};
        std::chrono::milliseconds const most = patience;
        if (::poll(&one, 1, static_cast<int>(most.count())) == 1) return;
        throw std::runtime_error{"nginx does not go on: " + said()};
    }

    /// Nobody says a word behind a head before the other side has answered it.
    template <typename Reader>
    std::string head_of(int descriptor, Reader& reader) {
        std::string head;
        auto const end = std::chrono::steady_clock::now() + patience;
        for (;;) {
            wait_for(descriptor);
            head += reader.read(65536);
            if (head.ends_with("\r\n\r\n")) return head;
            if (std::chrono::steady_clock::now() > end) break;
        }
        throw std::runtime_error{"nginx does not pass on a head: " + head + said()};
    }

    void must_have(std::string const& head, std::string_view what) {
        if (head.find(what) == std::string::npos) throw std::runtime_error{head + said()};
    }

    std::string in_folder(std::string const& name) const { return folder_ + ("/" + name); }

    std::string said() const {
        std::ifstream file{in_folder("log")};
        return {std::istreambuf_iterator<char>{file}, {}};
    }

    char folder_[32] = "/tmp/pumphouse_nginx_XXXXXX";
    std::string front_;  // where peers connect
    Listening back_;     // where we accept
    pid_t process_ = -1;
};

}  // namespace nginx_test
