// SPDX-License-Identifier: MIT
//
// run: does what a Plan says in a child process, so that a crash, a failed assertion, a sanitizer's
// finding or a hang is a finding like any other, with a step and a replay. Where there is no
// fork(), in this process.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <pumphouse/testing/simulation/run.hpp>

#if __has_include(<sys/wait.h>)
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <system_error>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

namespace pumphouse::simulation {

#if __has_include(<sys/wait.h>)

/// A process for one run. What it tells comes through a pipe as it happens; the step it is at is
/// in memory that both see.
class RunApart {
public:
    /// Seconds until a run counts as hanging; 10,000 steps take well under one.
    static constexpr unsigned patience = 120;

    RunApart(Make const& make, Plan const& plan, Story::Sink const& sink) : sink_{sink} {
        void* const shared = ::mmap(nullptr, sizeof(std::uint64_t), PROT_READ | PROT_WRITE,
                                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        int ends[2];
        if (shared == MAP_FAILED || ::pipe(ends) != 0) fail("no pipe");
        step_ = static_cast<std::uint64_t*>(shared);
        std::fflush(nullptr);  // else both would write it
        child_ = ::fork();
        if (child_ < 0) fail("no process");
        if (child_ == 0) {
            ::close(ends[0]);
            be_child(make, plan, ends[1]);
        }
        ::close(ends[1]);
        pipe_ = ends[0];
    }
    ~RunApart() {
        ::close(pipe_);
        ::munmap(step_, sizeof(std::uint64_t));
    }
    RunApart(RunApart const&) = delete;
    RunApart& operator=(RunApart const&) = delete;

    Outcome outcome() {
        read_all();
        int status = 0;
        while (::waitpid(child_, &status, 0) < 0 && errno == EINTR) {
        }
        bool const is_well = WIFEXITED(status) && WEXITSTATUS(status) == 0;
        Outcome outcome = decode();
        if (is_well) return outcome;
        outcome.is_clean = false;
        outcome.step = *step_;
        if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM) {
            outcome.is_hang = true;
            outcome.what = "it did not come to an end";
        } else if (WIFSIGNALED(status)) {
            outcome.what = std::string{"it crashed: "} + ::strsignal(WTERMSIG(status));
        } else {
            outcome.what = "the process ended with status " + std::to_string(WEXITSTATUS(status));
        }
        if (sink_) sink_("\n");  // the story was cut
        return outcome;
    }

private:
    // One record: its kind ('t': of the story, 'r': the result), its size, its bytes.
    static void put(int pipe, char kind, std::string_view bytes) {
        std::string record{kind};
        put_number(record, bytes.size());
        record += bytes;
        for (std::size_t done = 0; done < record.size();) {
            auto const written = ::write(pipe, record.data() + done, record.size() - done);
            if (written < 0 && errno == EINTR) continue;
            if (written < 0) std::_Exit(2);  // nobody listens any more
            done += static_cast<std::size_t>(written);
        }
    }
    static void put_number(std::string& to, std::uint64_t number) {
        char bytes[sizeof number];
        std::memcpy(bytes, &number, sizeof number);
        to.append(bytes, sizeof number);
    }
    static void put_text(std::string& to, std::string_view text) {
        put_number(to, text.size());
        to += text;
    }
    static std::uint64_t take_number(std::string_view& from) {
        std::uint64_t number = 0;
        std::memcpy(&number, from.data(), sizeof number);
        from.remove_prefix(sizeof number);
        return number;
    }
    static std::string take_text(std::string_view& from) {
        auto const size = static_cast<std::size_t>(take_number(from));
        std::string const text{from.substr(0, size)};
        from.remove_prefix(size);
        return text;
    }

    [[noreturn]] void be_child(Make const& make, Plan const& plan, int pipe) {
        // A test framework's handlers would tell its own story.
        for (int const each : {SIGABRT, SIGALRM, SIGBUS, SIGFPE, SIGILL, SIGSEGV}) {
            std::signal(each, SIG_DFL);
        }
        ::alarm(patience);
        if (!sink_) silence();
        Story story{[pipe](std::string_view text) { put(pipe, 't', text); }};
        Outcome const outcome = run_here(make, plan, sink_ ? &story : nullptr, *step_);
        std::string result;
        put_number(result, outcome.is_clean);
        put_number(result, outcome.step);
        put_number(result, outcome.hash);
        put_text(result, outcome.what);
        put_number(result, outcome.tally.size());
        for (auto const& [name, count] : outcome.tally) {
            put_text(result, name);
            put_number(result, count);
        }
        put(pipe, 'r', result);
#if defined(__SANITIZE_ADDRESS__)
        std::exit(0);  // looks for leaks
#else
        std::_Exit(0);
#endif
    }

    // What a sanitizer or an assertion says is for the run whose story is told.
    static void silence() noexcept {
        int const nowhere = ::open("/dev/null", O_WRONLY);
        if (nowhere >= 0) ::dup2(nowhere, STDERR_FILENO);
    }

    void read_all() {
        std::string bytes;
        char chunk[4096];
        for (;;) {
            auto const size = ::read(pipe_, chunk, sizeof chunk);
            if (size < 0 && errno == EINTR) continue;
            if (size <= 0) return;
            bytes.append(chunk, static_cast<std::size_t>(size));
            std::string_view rest = bytes;
            while (take_record(rest)) {
            }
            bytes.erase(0, bytes.size() - rest.size());
        }
    }

    bool take_record(std::string_view& bytes) {
        constexpr std::size_t head = 1 + sizeof(std::uint64_t);
        if (bytes.size() < head) return false;
        std::string_view rest = bytes.substr(1);
        auto const size = static_cast<std::size_t>(take_number(rest));
        if (rest.size() < size) return false;
        if (bytes[0] == 't') {
            sink_(rest.substr(0, size));
        } else {
            result_ = rest.substr(0, size);
        }
        bytes = rest.substr(size);
        return true;
    }

    Outcome decode() const {
        Outcome outcome;
        if (result_.empty()) return outcome;
        std::string_view rest = result_;
        outcome.is_clean = take_number(rest) != 0;
        outcome.step = take_number(rest);
        outcome.hash = take_number(rest);
        outcome.what = take_text(rest);
        for (std::uint64_t count = take_number(rest); count != 0; --count) {
            std::string const name = take_text(rest);
            outcome.tally[name] = take_number(rest);
        }
        return outcome;
    }

    [[noreturn]] static void fail(char const* what) {
        throw std::system_error{errno, std::generic_category(), what};
    }

    Story::Sink const& sink_;
    std::uint64_t* step_ = nullptr;
    int pipe_ = -1;
    pid_t child_ = -1;
    std::string result_;
};

inline Outcome run(Make const& make, Plan const& plan, Story::Sink const& sink = {}) {
    return RunApart{make, plan, sink}.outcome();
}

#else

inline Outcome run(Make const& make, Plan const& plan, Story::Sink const& sink = {}) {
    return run_here(make, plan, sink);
}

#endif

}  // namespace pumphouse::simulation
