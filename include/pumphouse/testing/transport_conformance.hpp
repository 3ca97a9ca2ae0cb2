// SPDX-License-Identifier: MIT
//
// The conformance suite of the concept Transport, for hosts that write their own. It needs no
// test framework: each case has a name and answers what is wrong, or nothing.
//
//   auto const make = [] { return std::make_unique<MyHarness>(); };  // a TransportHarness
//   for (auto const& each : pumphouse::testing::transport_conformance(make)) {
//       SECTION(std::string{each.name}) { CHECK(each.run() == ""); }
//   }
//
// Cases about control frames pass for a wire format that has none.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <pumphouse/testing/conformance_case.hpp>
#include <pumphouse/testing/transport_probe.hpp>

namespace pumphouse::testing {

template <TransportHarness H>
class TransportCases {
public:
    TransportCases(H& harness, std::chrono::milliseconds patience)
        : harness_{harness}, probe_{harness, patience} {}

    // --- reading ------------------------------------------------------------------------------

    void reads_what_came_before_attach() {
        send(Opcode::text, "early");
        probe_.attach();
        probe_.read_lines(1);
        probe_.expect_lines({"text early"});
    }

    void reads_messages_whole_once_in_order() {
        probe_.attach();
        std::string const large(20'000, 'x');
        std::string bytes = harness_.peer_frame(Opcode::text, "one");
        bytes += harness_.peer_frame(Opcode::binary, std::string(200, '\xff'));
        bytes += harness_.peer_frame(Opcode::text, "");
        bytes += harness_.peer_frame(Opcode::text, large);
        bytes += harness_.peer_frame(Opcode::text, "last");
        for (std::size_t at = 0, step = 1; at < bytes.size(); at += step, step += step / 8 + 1) {
            harness_.peer_sends(std::string_view{bytes}.substr(at, step));
            probe_.turn();
            probe_.read_all();
        }
        probe_.read_lines(5);
        probe_.expect_lines({"text one", "binary " + std::string(200, '\xff'), "text ",
                             "text " + large, "text last"});
    }

    void announces_what_comes_after_drained() {
        probe_.attach();
        for (int i = 0; i < 20; ++i) {
            require(probe_.read_all() == ReadResult::drained, "it is not drained");
            send(Opcode::text, std::to_string(i));
            probe_.read_lines(static_cast<std::size_t>(i) + 1);
        }
    }

    void reads_on_until_drained() {
        probe_.attach();
        std::string const payload(10'000, 'x');
        std::string bytes;
        for (int i = 0; i < 10; ++i) bytes += harness_.peer_frame(Opcode::text, payload);
        harness_.peer_sends(bytes);
        probe_.read_lines(10);
        probe_.expect_lines(std::vector<std::string>(10, "text " + payload));
    }

    void reads_nothing_after_drained() {
        probe_.attach();
        send(Opcode::text, "only");
        probe_.read_lines(1);
        for (int i = 0; i < 20; ++i) {
            probe_.turn();
            require(probe_.read_all() == ReadResult::drained, "it is not drained");
        }
        probe_.expect_lines({"text only"});
    }

    // A transport may also hand it over whole.
    void hands_over_large_messages() {
        probe_.recorder.wants.stream_from_bytes = 1000;
        probe_.recorder.wants.max_stream_bytes = 1'000'000;
        probe_.attach();
        std::string const large = pattern(200'000);
        send(Opcode::text, "before");
        send(Opcode::binary, large);
        send(Opcode::text, "behind");
        probe_.read_lines(3);
        require(probe_.recorder.problem.empty(), probe_.recorder.problem);
        bool const is_whole = probe_.recorder.lines[1] == "binary " + large;
        std::string const in_pieces = "binary " + large + " (200000 in pieces)";
        probe_.expect_lines({"text before", is_whole ? "binary " + large : in_pieces,
                             "text behind"});
    }

    void hands_over_control_frames() {
        if (!has_control_frames()) return;
        probe_.attach();
        send(Opcode::ping, "a");
        send(Opcode::text, "between");
        send(Opcode::pong, "");
        send(Opcode::close, std::string("\x03\xe8", 2) + "bye");
        probe_.read_lines(4);
        probe_.expect_lines({"ping a", "text between", "pong ", "close 1000 bye"});
    }

    void discards_what_follows_a_close_frame() {
        if (!has_control_frames()) return;
        probe_.attach();
        send(Opcode::close, "");
        send(Opcode::text, "late");
        probe_.read_lines(1);
        send(Opcode::text, "later");
        harness_.peer_ends();
        probe_.read_until("the end was not told", [&] { return probe_.is_over(); });
        probe_.expect_lines({"close 1005 "});
    }

    void tells_of_garbage_once() {
        if (!has_control_frames()) return;
        probe_.attach();
        send(Opcode::text, "good");
        harness_.peer_sends(std::string(64, '\xff'));
        probe_.read_lines(2);
        send(Opcode::text, "late");
        harness_.peer_ends();
        probe_.read_until("the end was not told", [&] { return probe_.is_over(); });
        probe_.expect_lines({"text good", "violation 1002"});
    }

    // --- writing ------------------------------------------------------------------------------

    void delivers_what_it_took() {
        probe_.attach();
        std::string bytes;
        for (std::size_t const size : {0U, 1U, 125U, 126U, 65'535U, 65'536U, 3'000'000U}) {
            bytes += probe_.frame(Opcode::binary, pattern(size));
        }
        probe_.write_all(bytes);
        probe_.expect_received(bytes);
    }

    void says_when_it_takes_bytes_again() {
        probe_.attach();
        std::string const frame = probe_.frame(Opcode::binary, pattern(16'000));
        std::string expected;
        for (int i = 0; i < 5; ++i) {
            expected += probe_.fill(frame);
            expected += probe_.unfinished;
            probe_.write_all(probe_.unfinished);
            probe_.expect_received(expected);
        }
    }

    void resumes_with_other_bytes() {
        probe_.attach();
        std::string const large = probe_.frame(Opcode::binary, pattern(1'000'000));
        std::string expected = probe_.fill(large);
        std::string const other = probe_.unfinished + probe_.frame(Opcode::text, "another");
        probe_.write_all(other);
        probe_.expect_received(expected += other);
    }

    void takes_many_buffers() {
        probe_.attach();
        std::string bytes;
        for (int i = 0; i < 20; ++i) bytes += probe_.frame(Opcode::text, std::to_string(i));
        // More buffers than bytes: most are empty.
        require(probe_.write(probe_.frame(Opcode::text, "x"), 64).taken != 0, "it took nothing");
        probe_.write_all(bytes);
        probe_.expect_received(probe_.frame(Opcode::text, "x") + bytes);
    }

    // --- the end ------------------------------------------------------------------------------

    void closes_gently() {
        probe_.attach();
        std::string const bytes = probe_.frame(Opcode::binary, pattern(50'000));
        probe_.write_all(bytes);
        harness_.transport().close(CloseHow::gently);
        probe_.expect_received(bytes);
        require(probe_.wait_until([&] { return harness_.peer_sees_end(); }),
                "the peer was not told of the end");
    }

    void aborts() {
        probe_.attach();
        probe_.fill(probe_.frame(Opcode::binary, pattern(16'000)));
        harness_.transport().close(CloseHow::abort);
        bool const has_ended = probe_.wait_until([&] {
            harness_.peer_reads(std::size_t{1} << 20);
            return harness_.peer_sees_end();
        });
        require(has_ended, "the peer was not told of the end");
    }

    void tells_of_the_peers_end() {
        probe_.attach();
        send(Opcode::text, "last words");
        harness_.peer_ends();
        probe_.read_until("the end was not told", [&] { return probe_.is_over(); });
        probe_.expect_lines({"text last words"});
        require(probe_.last_read == ReadResult::ended, "it says `failed`, not `ended`");
    }

    void tells_when_the_peer_vanishes() {
        probe_.attach();
        require(probe_.read_all() == ReadResult::drained, "it is not drained");
        harness_.peer_vanishes();
        probe_.read_until("the end was not told", [&] { return probe_.is_over(); });
    }

    void fails_to_write_to_nobody() {
        probe_.attach();
        harness_.peer_vanishes();
        bool const has_failed = probe_.wait_until(
            [&] { return probe_.write(probe_.frame(Opcode::text, "anybody?")).failed; });
        require(has_failed, "write goes on though there is no peer");
    }

private:
    void send(Opcode opcode, std::string_view payload) {
        harness_.peer_sends(harness_.peer_frame(opcode, payload));
    }
    bool has_control_frames() { return harness_.transport().wire_format().has_control_frames; }

    static std::string pattern(std::size_t size) {
        std::string bytes(size, '\0');
        for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 31 + i / 251);
        return bytes;
    }

    H& harness_;
    TransportProbe<H> probe_;
};

/// `make` returns something that points to a fresh harness, such as a std::unique_ptr.
/// `patience`: how long a case waits for what should happen before it calls that wrong.
template <typename Make>
std::vector<ConformanceCase> transport_conformance(
    Make make, std::chrono::milliseconds patience = std::chrono::seconds{30}) {
    using Harness = std::remove_reference_t<decltype(*make())>;
    using Cases = TransportCases<Harness>;
    std::vector<ConformanceCase> all;
    auto const add = [&](std::string_view name, void (Cases::*verb)()) {
        all.push_back({name, [=]() -> std::string {
                           auto const harness = make();
                           Cases cases{*harness, patience};
                           return finding_of([&] { (cases.*verb)(); });
                       }});
    };
    add("what came before attach is read", &Cases::reads_what_came_before_attach);
    add("messages arrive whole, once and in order", &Cases::reads_messages_whole_once_in_order);
    add("what comes after drained is announced", &Cases::announces_what_comes_after_drained);
    add("reading goes on until it is drained", &Cases::reads_on_until_drained);
    add("nothing is read after drained", &Cases::reads_nothing_after_drained);
    add("large messages arrive in pieces, or whole", &Cases::hands_over_large_messages);
    add("control frames are handed over", &Cases::hands_over_control_frames);
    add("what follows a close frame is discarded", &Cases::discards_what_follows_a_close_frame);
    add("garbage is told once", &Cases::tells_of_garbage_once);
    add("taken bytes reach the peer whole, once and in order", &Cases::delivers_what_it_took);
    add("a blocked transport says when it takes bytes again",
        &Cases::says_when_it_takes_bytes_again);
    add("a torn write resumes with other bytes", &Cases::resumes_with_other_bytes);
    add("many buffers go in one call", &Cases::takes_many_buffers);
    add("closed gently, what was taken still arrives", &Cases::closes_gently);
    add("aborted, the peer sees the end", &Cases::aborts);
    add("the peer's end is told, behind its last words", &Cases::tells_of_the_peers_end);
    add("a peer that vanishes is told of", &Cases::tells_when_the_peer_vanishes);
    add("writing to nobody fails", &Cases::fails_to_write_to_nobody);
    return all;
}

}  // namespace pumphouse::testing
