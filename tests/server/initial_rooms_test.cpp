// SPDX-License-Identifier: MIT
//
// Rooms that a client asks for with its upgrade: a hook joins it to what path and query say.

#include "server/served.hpp"

#include <string>
#include <vector>

using namespace served;

namespace {

struct InitialRooms : DefaultPolicy {
    static constexpr HubOptions options{.max_rooms_per_client = 3};

    void on_open(auto& hub, ClientId client) {
        auto const& request = hub.request(client);
        constexpr std::string_view folder = "/rooms/";
        if (request.path.starts_with(folder)) {
            hub.join(client, std::string_view{request.path}.substr(folder.size()));
        }
        for (auto const& [name, value] : request.query) {
            if (name == "room") hub.join(client, value);
        }
    }
    void on_message(auto& hub, ClientId client, Message) { hub.send(client, text("you are")); }
    bool may_join(auto&, ClientId, std::string_view room) { return room != "secret"; }
    void on_joined(auto& hub, ClientId client, std::string_view room, Joined const&) {
        hub.send(client, text("in " + std::string{room}));
    }
};

struct Site : Server<InitialRooms> {
    Site() : Server{any_path(), {}, InitialRooms::options} { run(); }
    static ServerOptions any_path() {
        ServerOptions options;
        options.path = "*";
        return options;
    }
    void broadcast(std::string_view room, std::string_view payload) {
        CHECK(hub.broadcast(room, text(payload)) == Accepted::accepted);
    }
};

}  // namespace

TEST_CASE("a client is in the rooms of its upgrade's query, and hears of each") {
    Site site;
    peer::Connection client{site.port()};
    REQUIRE(client.upgrade("/ws?room=a&room=b&other=c").starts_with("HTTP/1.1 101 "));
    CHECK(client.hear() == "in a");
    CHECK(client.hear() == "in b");
    for (std::string const room : {"c", "a", "b"}) site.broadcast(room, "to " + room);
    CHECK(client.hear() == "to a");
    CHECK(client.hear() == "to b");
    CHECK(site.hub.room_count() == 2);
}

TEST_CASE("names of initial rooms are decoded, and a path can name one") {
    Site site;
    peer::Connection client{site.port()};
    REQUIRE(client.upgrade("/rooms/chess?room=caf%C3%A9%20%26%20bar").starts_with("HTTP/1.1 101 "));
    CHECK(client.hear() == "in chess");
    CHECK(client.hear() == "in caf\xC3\xA9 & bar");
}

TEST_CASE("initial rooms are asked for like others: permission, names and limits hold") {
    Site site;
    peer::Connection client{site.port()};
    std::string const long_name(300, 'x');
    REQUIRE(client.upgrade("/ws?room=secret&room=&room=" + long_name +
                           "&room=a&room=a&room=b&room=c&room=d")
                .starts_with("HTTP/1.1 101 "));
    for (std::string const room : {"a", "b", "c"}) CHECK(client.hear() == "in " + room);
    site.broadcast("d", "not heard");
    site.broadcast("secret", "not heard");
    site.broadcast("c", "heard");
    CHECK(client.hear() == "heard");
    CHECK(site.hub.room_count() == 3);
}

TEST_CASE("without rooms in its upgrade a client is in none") {
    Site site;
    peer::Connection client{site.port()};
    REQUIRE(client.upgrade("/ws?room").starts_with("HTTP/1.1 101 "));
    client.say("am I in?");
    CHECK(client.hear() == "you are");
    site.broadcast("a", "not heard");
    CHECK(site.hub.broadcast_all(text("to all")) == Accepted::accepted);
    CHECK(client.hear() == "to all");
    CHECK(site.hub.room_count() == 0);
}
