// SPDX-License-Identifier: MIT
//
// A codec of one's own (dot.hpp): hooks get a struct and calls take one; what is none ends in
// `on_bad_message`, and no hook ever sees it.
#include "dot.hpp"

#include <pumphouse/pumphouse.hpp>

#include <cstdio>
#include <string>
#include <string_view>

struct Canvas : pumphouse::DefaultPolicy {
    using codec = DotCodec;

    void on_open(auto& hub, auto client) { hub.join(client, "canvas"); }

    void on_message(auto& hub, auto, Dot const& dot) {
        Dot const mirrored{-dot.x, dot.y, dot.color};
        hub.broadcast("canvas", dot);
        hub.broadcast("canvas", mirrored);
    }

    // Without this hook a client that sends nonsense is closed with 3501.
    void on_bad_message(auto& hub, auto client, std::string_view why) {
        hub.send(client, pumphouse::text("error: " + std::string{why}));
    }
};

int main() {
    pumphouse::Hub<Canvas> hub;
    pumphouse::MemoryPeer painter;
    if (!hub.register_channel().push(painter.connect())) return 1;
    hub.poll();

    for (auto const* line : {"3 4 red", "3 4", "three 4 red", "-12 0 dark green", ""}) {
        painter.send(pumphouse::text(line));
        hub.poll();
        std::printf("\"%s\" is answered:\n", line);
        while (auto const message = painter.receive()) {
            std::printf("    %s\n", message->payload.c_str());
        }
    }
    // From outside of hooks too, and from any thread.
    if (hub.broadcast("canvas", Dot{0, 0, "black"}) != pumphouse::Accepted::accepted) return 1;
    hub.poll();
    while (auto const message = painter.receive()) {
        std::printf("from outside: %s\n", message->payload.c_str());
    }
}
