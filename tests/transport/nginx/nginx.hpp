// SPDX-License-Identifier: MIT
//
// A real nginx between a transport and its peer, for the conformance suite: one process for all of
// a test program, whose connections begin with an upgrade over HTTP and pass on bytes from then on.
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
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

#include "transport/socket_pair.hpp"

namespace nginx_test {

/// Peers reach it by a Unix socket, for nginx cannot be told to take any port; it reaches us by a
/// port of the kernel's choice.
class Nginx {
public:
    static Nginx& shared() {
        static Nginx one;
        return one;
    }

    /// A peer and our end of a connection through it, upgraded.
    SocketPair connect() {
        SocketPair pair;
        pair.peers = knock();
        say(pair.peers, "GET /ws HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\n"
                        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
        wait_for(back_.descriptor);
        pair.ours = ::accept4(back_.descriptor, nullptr, nullptr, SOCK_CLOEXEC);
        expect_success(pair.ours, "accept");
        must_have(head_of(pair.ours), "\r\nUpgrade: websocket\r\n");
        say(pair.ours, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                       "Connection: Upgrade\r\n"
                       "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
        must_have(head_of(pair.peers), "HTTP/1.1 101 ");
        return pair;
    }

private:
    static constexpr std::chrono::seconds patience{20};

    Nginx() {
        expect_success(::mkdtemp(folder_) != nullptr ? 0 : -1, "mkdtemp");
        front_ = std::string{folder_} + "/front";
        write_configuration();
        process_ = ::fork();
        expect_success(process_, "fork");
        if (process_ == 0) run();
    }
    ~Nginx() {
        ::kill(process_, SIGKILL);
        ::waitpid(process_, nullptr, 0);
        std::string const command = std::string{"rm -r "} + folder_;
        static_cast<void>(std::system(command.c_str()) == 0);
    }

    /// Patient, for it may be starting.
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

    void write_configuration() {
        std::string const folder = folder_;
        std::ofstream file{folder + "/nginx.conf"};
        file << "daemon off;\nmaster_process off;\npid " << folder << "/pid;\n"
             << "error_log " << folder << "/log;\nevents {}\nhttp {\naccess_log off;\n";
        for (std::string const name : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"}) {
            file << name << "_temp_path " << folder << '/' << name << ";\n";
        }
        file << "server {\nlisten unix:" << front_ << ";\nlocation / {\nproxy_pass http://"
             << back_.name() << ";\nproxy_http_version 1.1;\nproxy_buffering off;\n"
             << "proxy_set_header Upgrade $http_upgrade;\n"
             << "proxy_set_header Connection upgrade;\n}\n}\n}\n";
    }

    [[noreturn]] void run() {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // it ends with the test, however that ends
        std::string const file = std::string{folder_} + "/nginx.conf";
        std::string const log = std::string{folder_} + "/log";
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

    /// One byte after the other: what follows a head is the suite's.
    std::string head_of(int descriptor) {
        std::string head;
        while (!head.ends_with("\r\n\r\n")) {
            wait_for(descriptor);
            char byte = 0;
            if (::recv(descriptor, &byte, 1, 0) != 1) {
                throw std::runtime_error{"nginx ends the connection: " + head + said()};
            }
            head += byte;
        }
        return head;
    }

    static void say(int descriptor, std::string_view text) {
        bool const is_sent = ::send(descriptor, text.data(), text.size(), MSG_NOSIGNAL) ==
                             static_cast<ssize_t>(text.size());
        expect_success(is_sent ? 0 : -1, "send");
    }

    void must_have(std::string const& head, std::string_view what) {
        if (head.find(what) == std::string::npos) throw std::runtime_error{head + said()};
    }

    std::string said() const {
        std::ifstream file{std::string{folder_} + "/log"};
        return {std::istreambuf_iterator<char>{file}, {}};
    }

    char folder_[32] = "/tmp/pumphouse_nginx_XXXXXX";
    std::string front_;  // where peers connect
    Listening back_;     // where we accept
    pid_t process_ = -1;
};

}  // namespace nginx_test
