// SPDX-License-Identifier: MIT
// A chat server: rooms, names, history in SQLite, a page for browsers. README.md explains it.
//
//     chat [--port N] [--database FILE] [--config FILE]      (--help lists all there is)
#include "chat_policy.hpp"
#include "history.hpp"
#include "options.hpp"
#include "page.hpp"

#include <pumphouse/deflate.hpp>
#include <pumphouse/jwt.hpp>
#include <pumphouse/prometheus.hpp>
#include <pumphouse/tls.hpp>
#include <pumphouse/websocket.hpp>

#include <cstdio>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
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

void say(std::string_view problem) {
    std::fprintf(stderr, "chat: %.*s\n", static_cast<int>(problem.size()), problem.data());
}

// Until somebody interrupts it. One thread runs everything: the hub, the routes, the store.
void serve(Options options, Store store) {
    const auto tracer = tracer_of(options.traces, "chat");
    options.hub.tracer = tracer.get();
    auto& authentication = options.server.authentication;
    std::shared_ptr<pumphouse::JwtVerifier> verifier;
    std::unique_ptr<pumphouse::TokenRefresh> refresh;
    if (options.jwt.is_wanted()) {
        verifier = std::make_shared<pumphouse::JwtVerifier>(
            pumphouse::jwt_options(options.jwt, authentication.max_token_bytes));
        authentication.verifier = verifier;
        refresh = std::make_unique<pumphouse::TokenRefresh>(authentication);
    }
    asio::io_context io{1};
    Hub hub{options.hub, ChatPolicy{std::move(store), std::move(refresh)}};
    options.server.on_problem = say;
    options.tls.on_warning = say;
    if (options.tls.is_wanted()) options.server.tls = pumphouse::tls_context(options.tls);
    if (options.compresses) options.server.compression = pumphouse::deflate();
    pumphouse::WebSocketServer server{io, hub, options.server};
    add_routes(server, hub);
    pumphouse::PrometheusPage page;
    page.add(hub);
    page.serve(server, options.metrics_path);

    // Everybody is told and seen off, then io.run() returns. A second signal ends it at once.
    pumphouse::EndOnSignals signals{io, server, hub, pumphouse::EndOnSignals::in_words(say)};
    signals.on_hangup([&] {
        if (options.server.tls) {
            if (const auto problem = server.reload_certificate()) say(problem.text());
        }
        if (!verifier) return;
        if (const auto problem = pumphouse::reload_keys(*verifier, options.jwt)) say(*problem);
    });

    std::printf("chat: %s://localhost:%d, messages in %s\n",
                options.server.tls ? "https" : "http", server.port(), options.database.c_str());
    std::fflush(stdout);
    io.run();
}

}  // namespace

int main(int argc, char** argv) try {
    Options options;
    if (const auto status = read_options(options, argc, argv)) return *status;
    auto store = Store::open(options.database);
    if (!store) {
        say(store.error().message);
        return 1;
    }
    serve(std::move(options), std::move(*store));
    return 0;
} catch (const std::exception& error) {
    say(error.what());
    return 1;
}
