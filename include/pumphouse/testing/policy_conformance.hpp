// SPDX-License-Identifier: MIT
//
// The conformance suite of policies: runs a host's policy through a small hub in memory, with
// clients that come and go, say right and wrong things, fill rooms, do not read, vanish, and are
// shut down. It needs no test framework: each case has a name and answers what is wrong, or
// nothing.
//
//   pumphouse::testing::PolicyScript script;
//   script.rooms = {"ticker/gold", "desk/7"};
//   script.sayings = {{"I am staff"}, {"desk/7"}, {""}};
//   auto const make = [] { return Exchange{}; };
//   for (auto const& each : pumphouse::testing::policy_conformance<Exchange>(make, script)) {
//       SECTION(std::string{each.name}) { CHECK(each.run() == ""); }
//   }
//
// It finds hooks that throw or never come to rest, clients that pay for others, and what the hub's
// audit finds. A policy with a clock of its own is given the suite's time in every turn.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pumphouse/testing/policy_scene.hpp>

namespace pumphouse::testing {

template <typename Policy>
class PolicyCases {
public:
    using Scene = PolicyScene<Policy>;

    PolicyCases(Scene& scene, PolicyScript const& script) : scene_{scene}, script_{script} {}

    void clients_come_and_go() {
        for (std::size_t i = 0; i < 5; ++i) scene_.settled();
        for (auto& each : scene_.clients) {
            say_everything(each);
            each.peer.close();
            scene_.settle();
        }
        expect_all_gone();
    }

    void survives_what_clients_say() {
        for (auto const& saying : script_.sayings) {
            for (std::string const& payload : variants(saying.payload)) {
                for (Opcode const opcode : {Opcode::text, Opcode::binary}) {
                    auto& client = scene_.settled();
                    client.peer.send({payload, opcode});
                    client.peer.send({saying.payload, saying.opcode});
                    scene_.settle();
                    client.peer.vanish();
                    scene_.settle();
                }
            }
        }
        expect_all_gone();
    }

    // Nothing has been asked for, joined or told when these come.
    void hooks_come_in_any_order() {
        for (int way = 0; way < 4; ++way) {
            auto& client = scene_.connect();
            if (way & 1) say_everything(client);
            way & 2 ? client.peer.close() : client.peer.vanish();
            scene_.settle();
        }
        auto& closed = scene_.connect();
        static_cast<void>(scene_.hub().close(closed.id));
        scene_.settle();
        for (std::string const& room : script_.rooms) {
            auto& client = scene_.settled();
            static_cast<void>(scene_.join(client, room));
            client.peer.vanish();  // before it hears of the room
            scene_.settle();
        }
        expect_all_gone();
    }

    void rooms_fill_up() {
        constexpr std::size_t count = 12;
        for (std::size_t i = 0; i < count; ++i) scene_.settled();
        for (int round = 0; round < 3; ++round) {
            for (std::string const& room : script_.rooms) {
                std::size_t members = 0;
                for (auto& each : scene_.clients) static_cast<void>(scene_.join(each, room));
                scene_.settle();
                for (auto& each : scene_.clients) members += scene_.is_member(each, room);
                std::size_t const most = most_members(room);
                require(most == 0 || members <= most, room + " has more members than it may");
                for (std::size_t i = 0; i < count; i += 2) {
                    scene_.local(scene_.clients[i]).leave(scene_.clients[i].id, room);
                }
                scene_.settle();
            }
        }
        for (auto& each : scene_.clients) each.peer.vanish();
        scene_.settle();
        expect_all_gone();
    }

    void who_reads_does_not_pay_for_who_does_not() {
        auto& reader = scene_.settled();
        auto& slow = scene_.settled();
        for (std::string const& room : script_.rooms) {
            bool const is_in = scene_.join(reader, room) && scene_.join(slow, room);
            scene_.settle();
            if (!is_in || !scene_.is_member(reader, room)) continue;
            slow.reads = false;
            slow.peer.limit_unread_bytes(64);
            std::size_t const before = reader.received;
            flood(room);
            require(!scene_.order.is_closed(reader.id),
                    "a client that reads was closed because another does not");
            require(reader.received > before, "a client that reads gets nothing from " + room);
            if (scene_.order.is_closed(slow.id)) break;
        }
        reader.peer.vanish();
        slow.peer.vanish();
        scene_.settle();
        expect_all_gone();
    }

    void survives_clients_at_random() {
        std::minstd_rand random{42};
        for (int step = 0; step < 400; ++step) {
            if (scene_.clients.empty() || random() % 8 == 0) scene_.connect();
            auto& client = scene_.clients[random() % scene_.clients.size()];
            act(client, static_cast<unsigned>(random()));
            if (random() % 3 == 0) scene_.pass(std::chrono::milliseconds{random() % 5000});
        }
        for (auto& each : scene_.clients) each.peer.vanish();
        scene_.settle();
        expect_all_gone();
    }

    void closes_once_with_the_hosts_code() {
        auto& client = scene_.settled();
        auto& other = scene_.settled();
        require(scene_.hub().close(client.id, CloseCode::kicked) == Unregistered::accepted,
                "the host cannot close a client");
        require(scene_.hub().close(client.id) == Unregistered::already,
                "a client can be closed twice");
        scene_.settle();
        require(scene_.order.is_closed(client.id), "on_close did not come");
        require(scene_.order.code(client.id) == CloseCode::kicked, "on_close had another code");
        require(!scene_.order.is_closed(other.id), "another client was closed too");
        other.peer.vanish();
        scene_.settle();
        expect_all_gone();
    }

    void shuts_down() {
        for (std::size_t i = 0; i < 6; ++i) {
            auto& client = scene_.settled();
            for (std::string const& room : script_.rooms) {
                static_cast<void>(scene_.join(client, room));
            }
            say_everything(client);
        }
        scene_.settle();
        auto& slow = scene_.clients.front();
        slow.reads = false;
        slow.peer.limit_unread_bytes(64);
        for (std::string const& room : script_.rooms) {
            static_cast<void>(scene_.hub().broadcast(room, text("the last word")));
        }
        scene_.hub().shutdown();
        HubOptions const& options = scene_.hub().core()->options;
        Duration const most =
            options.shutdown.deadline + options.close_wait + std::chrono::seconds{60};
        for (Duration passed{}; passed < most && !scene_.is_finished();
             passed += std::chrono::seconds{1}) {
            scene_.pass(std::chrono::seconds{1});
        }
        require(scene_.is_finished(), "the hub does not end after its drain deadline");
        expect_all_gone();
    }

    void ends_with_clients_still_there() {
        for (std::size_t i = 0; i < 4; ++i) {
            auto& client = scene_.settled();
            for (std::string const& room : script_.rooms) {
                static_cast<void>(scene_.join(client, room));
            }
            say_everything(client);
        }
        scene_.connect();
        scene_.destroy();
        require(scene_.order.finding().empty(), scene_.order.finding());
        require(scene_.order.closes() >= 4, "on_close did not come for each client");
    }

private:
    void say_everything(typename Scene::Client& client) {
        for (auto const& each : script_.sayings) client.peer.send({each.payload, each.opcode});
    }

    static std::vector<std::string> variants(std::string const& payload) {
        std::string half = payload.substr(0, payload.size() / 2);
        // In the middle of a character the transport would not let it pass as text.
        while (!half.empty() && (static_cast<unsigned char>(half.back()) & 0x80U)) half.pop_back();
        return {payload, half, "", payload + payload, std::string(1, '\0'), "[", "{}", "null",
                std::string(10'000, 'x')};
    }

    std::size_t most_members(std::string_view room) {
        for (std::size_t i = 0; i < scene_.hub().shard_count(); ++i) {
            Room const* const found = scene_.hub().shard(i).room(room);
            if (found != nullptr) return found->options->max_members;
        }
        return 0;
    }

    void flood(std::string const& room) {
        std::string const payload(1000, 'x');
        for (int i = 0; i < 3000; ++i) {
            static_cast<void>(scene_.hub().broadcast(room, text(payload)));
            if (i % 20 == 0) scene_.pass(std::chrono::milliseconds{10});
        }
        scene_.pass(std::chrono::seconds{1});
    }

    void act(typename Scene::Client& client, unsigned choice) {
        auto const& saying = script_.sayings[choice / 64 % script_.sayings.size()];
        auto const& room = script_.rooms[choice / 64 % script_.rooms.size()];
        bool const is_here = !scene_.order.is_closed(client.id);
        switch (choice % 12) {
            case 0: client.peer.vanish(); break;
            case 1: client.peer.close(); break;
            case 2: static_cast<void>(scene_.hub().close(client.id)); break;
            case 3: client.reads = !client.reads; break;
            case 4: client.peer.limit_unread_bytes(client.reads ? ~std::size_t{0} : 100); break;
            case 5: static_cast<void>(scene_.join(client, room)); break;
            case 6: if (is_here) scene_.local(client).leave(client.id, room); break;
            case 7: static_cast<void>(scene_.hub().broadcast(room, text("room"))); break;
            case 8: static_cast<void>(scene_.hub().broadcast_all(text("all"))); break;
            case 9: static_cast<void>(scene_.hub().send(client.id, text("direct"))); break;
            default: client.peer.send({saying.payload, saying.opcode}); break;
        }
    }

    // Whoever says goodbye properly may be waited for.
    void expect_all_gone() {
        for (int i = 0; i < 120 && scene_.hub().client_count() != 0; ++i) {
            scene_.pass(std::chrono::seconds{1});
        }
        require(scene_.hub().client_count() == 0, "clients are still there after they have left");
        require(scene_.order.closes() == scene_.clients.size(),
                "on_close came for " + std::to_string(scene_.order.closes()) + " clients of " +
                    std::to_string(scene_.clients.size()));
    }

    Scene& scene_;
    PolicyScript const& script_;
};

/// `make` returns a policy for each case. Each case runs with one shard and with three.
template <typename Policy, typename Make>
std::vector<ConformanceCase> policy_conformance(Make make, PolicyScript script = {}) {
    using Cases = PolicyCases<Policy>;
    std::vector<ConformanceCase> all;
    auto const add = [&](std::string_view name, void (Cases::*verb)()) {
        all.push_back({name, [=]() -> std::string {
                           for (std::size_t const shards : {std::size_t{1}, std::size_t{3}}) {
                               std::string const finding = finding_of([&] {
                                   PolicyScene<Policy> scene{make(), shards};
                                   Cases cases{scene, script};
                                   (cases.*verb)();
                               });
                               if (!finding.empty()) return finding;
                           }
                           return {};
                       }});
    };
    add("clients come and go", &Cases::clients_come_and_go);
    add("whatever clients say, no hook throws", &Cases::survives_what_clients_say);
    add("hooks may come in any order", &Cases::hooks_come_in_any_order);
    add("rooms fill up and empty again", &Cases::rooms_fill_up);
    add("who reads does not pay for who does not",
        &Cases::who_reads_does_not_pay_for_who_does_not);
    add("clients act at random", &Cases::survives_clients_at_random);
    add("the host closes a client, once", &Cases::closes_once_with_the_hosts_code);
    add("a shutdown ends, and tells of each client", &Cases::shuts_down);
    add("the hub ends with clients still there", &Cases::ends_with_clients_still_there);
    return all;
}

}  // namespace pumphouse::testing
