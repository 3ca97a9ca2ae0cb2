// SPDX-License-Identifier: MIT
// A chat server: rooms, names, history in SQLite, a page for browsers. README.md explains it.
//
//     chat [--port N] [--database FILE]
#include "chat_policy.hpp"
#include "history.hpp"
#include "options.hpp"
#include "page.hpp"

#include <pumphouse/websocket.hpp>

#include <asio/signal_set.hpp>

#include <csignal>
#include <cstdio>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace {

using namespace chat;

using Hub = pumphouse::Hub<ChatPolicy>;

pumphouse::HttpResponse json_answer(int status, std::string body) {
    return {status, "application/json", std::move(body), {{"Cache-Control", "no-store"}}};
}

// The store and the room's position belong together, for both are read on the hub's only thread.
pumphouse::HttpResponse history(Hub& hub, const pumphouse::HttpRequest& asked) {
    const bool has_limit = asked.has_query("limit");
    const auto request = read_history_request(
        asked.query("room"), has_limit ? std::optional{asked.query("limit")} : std::nullopt);
    if (!request) return json_answer(400, written(Refusal{request.error()}));
    auto messages = hub.policy().store().last(request->room, request->limit);
    if (!messages) return json_answer(500, written(Refusal{messages.error()}));
    const pumphouse::LocalHub<ChatPolicy> local{hub, hub.shard(0)};
    const auto [epoch, offset] = local.position(request->room);
    return json_answer(200, written(History{request->room, protocol::epoch_text(epoch), offset,
                                            std::move(*messages)}));
}

void add_routes(pumphouse::WebSocketServer& server, Hub& hub) {
    for (const PageFile& file : page_files) {
        const pumphouse::HttpResponse answer{
            200,
            std::string{file.type},
            std::string{file.body},
            {{"Cache-Control", "no-cache"}, {"X-Content-Type-Options", "nosniff"}}};
        server.route("GET", file.path, [answer](const auto&) { return answer; });
    }
    server.route("GET", "/v1/chats", [&hub](const auto& asked) { return history(hub, asked); });
}

// Until somebody interrupts it. One thread runs everything: the hub, the routes, the store.
void serve(const Options& options, Store store) {
    asio::io_context io{1};
    Hub hub{ChatPolicy{std::move(store)}};
    const auto complain = [](std::string_view problem) {
        std::fprintf(stderr, "chat: %.*s\n", static_cast<int>(problem.size()), problem.data());
    };
    pumphouse::WebSocketServer server{io, hub, {.port = options.port, .on_problem = complain}};
    add_routes(server, hub);

    // Everybody is told and seen off, then io.run() returns. A second signal ends it at once.
    asio::signal_set signals{io, SIGINT, SIGTERM};
    signals.async_wait([&](asio::error_code error, int) {
        if (error) return;
        signals.clear();
        server.stop();
        hub.shutdown();
    });

    std::printf("chat: http://localhost:%d, messages in %s\n", server.port(),
                options.database.c_str());
    std::fflush(stdout);
    io.run();
}

}  // namespace

int main(int argc, char** argv) try {
    const auto options = read_options({argv + 1, argv + argc});
    if (!options) {
        std::fprintf(stderr, "chat: %s\n%s", options.error().message.c_str(), usage.data());
        return 2;
    }
    if (options->wants_help) {
        std::fputs(usage.data(), stdout);
        return 0;
    }
    auto store = Store::open(options->database);
    if (!store) {
        std::fprintf(stderr, "chat: %s\n", store.error().message.c_str());
        return 1;
    }
    serve(*options, std::move(*store));
    return 0;
} catch (const std::exception& error) {
    std::fprintf(stderr, "chat: %s\n", error.what());
    return 1;
}
