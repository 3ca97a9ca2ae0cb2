// SPDX-License-Identifier: MIT
//
// What every outside consumer of the WebSocket part builds and runs: a server that echoes, and a
// client of a few bytes made by hand, so that nothing but Pumphouse speaks WebSocket here.
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>

#include <asio/buffer.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/read.hpp>
#include <asio/read_until.hpp>
#include <asio/write.hpp>

#include <pumphouse/websocket.hpp>

#ifndef ASIO_STANDALONE
#error "pumphouse::websocket brings ASIO_STANDALONE"
#endif

namespace {

struct Echo : pumphouse::DefaultPolicy {
    void on_message(auto& hub, auto client, pumphouse::Message message) {
        hub.send(client, message);
    }
};

// The key and its answer are the example of RFC 6455, section 1.3.
constexpr std::string_view request =
    "GET /ws HTTP/1.1\r\n"
    "Host: localhost\r\n"
    "Upgrade: websocket\r\n"
    "Connection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
constexpr std::string_view accepted = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";

// One frame with FIN, of a short payload, as a client has to mask it.
std::string masked(std::uint8_t opcode, std::string_view payload) {
    constexpr std::string_view mask = "mask";
    std::string frame{static_cast<char>(0x80 | opcode), static_cast<char>(0x80 | payload.size())};
    frame += mask;
    for (std::size_t i = 0; i < payload.size(); ++i) {
        frame += static_cast<char>(payload[i] ^ mask[i % mask.size()]);
    }
    return frame;
}

// What does not hold; empty when all does.
std::string problem_at(std::uint16_t port) try {
    asio::io_context io;
    asio::ip::tcp::socket socket{io};
    socket.connect({asio::ip::address_v4::loopback(), port});
    asio::write(socket, asio::buffer(request));
    std::string answer;
    asio::read_until(socket, asio::dynamic_buffer(answer), "\r\n\r\n");
    if (answer.find(" 101 ") == answer.npos || answer.find(accepted) == answer.npos) {
        return "the upgrade was answered:\n" + answer;
    }
    constexpr std::string_view text = "hello over WebSocket";
    constexpr std::uint8_t text_opcode = 1;
    asio::write(socket, asio::buffer(masked(text_opcode, text)));
    std::string const expected =
        std::string{'\x81', static_cast<char>(text.size())}.append(text);
    std::string echoed(expected.size(), '\0');
    asio::read(socket, asio::buffer(echoed));
    return echoed == expected ? "" : "another frame came back";
} catch (std::system_error const& error) {
    return error.what();
}

}  // namespace

int main() {
    constexpr unsigned patience = 30;  // seconds, then the program ends in any case
    ::alarm(patience);
    asio::io_context io;
    pumphouse::Hub<Echo> hub;
    pumphouse::WebSocketServer server{io, hub, {.port = 0}};
    std::string problem;
    {
        std::jthread const serving{[&io] { io.run(); }};
        problem = problem_at(server.port());
        server.stop();
        hub.shutdown();  // the last client gone, io.run() returns
    }
    if (!problem.empty()) {
        std::printf("%s\n", problem.c_str());
        return 1;
    }
    std::printf("pumphouse %.*s: echoed over WebSocket\n",
                static_cast<int>(pumphouse::version.size()), pumphouse::version.data());
}
