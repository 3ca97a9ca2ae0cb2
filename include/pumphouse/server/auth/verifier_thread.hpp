// SPDX-License-Identifier: MIT
//
// VerifierThread: a TokenVerifier of a plain function that may block, on threads of its own.
//
//   auto verifier = std::make_shared<pumphouse::VerifierThread>(
//       [&](std::string const& token) -> pumphouse::Verdict { return look_up(token); });
//
// Its queue needs no bound of its own: who asks has one (`max_pending_authentications`). Questions
// that nobody waits for any more are skipped. Its end waits for the calls that are just running;
// what still waits then is answered "unavailable".
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <pumphouse/server/auth/token_verifier.hpp>

namespace pumphouse {

class VerifierThread {
public:
    using Function = std::function<Verdict(std::string const& token)>;

    explicit VerifierThread(Function function, std::size_t threads = 1)
        : function_{std::move(function)} {
        for (std::size_t i = 0; i < threads; ++i) {
            threads_.emplace_back([this](std::stop_token const& stop) { run(stop); });
        }
    }

    void verify(std::string token, Verification verification) {
        {
            std::scoped_lock const lock{mutex_};
            waiting_.emplace_back(std::move(token), std::move(verification));
        }
        arrived_.notify_one();
    }

private:
    using Job = std::pair<std::string, Verification>;

    void run(std::stop_token const& stop) {
        for (;;) {
            std::unique_lock lock{mutex_};
            if (!arrived_.wait(lock, stop, [this] { return !waiting_.empty(); })) return;
            Job job = std::move(waiting_.front());
            waiting_.pop_front();
            lock.unlock();
            if (!stop.stop_requested() && job.second.is_wanted()) answer(job);
        }
    }

    void answer(Job& job) {
        try {
            Verdict verdict = function_(job.first);
            if (auto* const claims = std::get_if<Claims>(&verdict)) {
                job.second.accept(std::move(*claims));
            } else {
                job.second.refuse(std::get<AuthenticationError>(std::move(verdict)));
            }
        } catch (std::exception const& problem) {
            job.second.refuse({AuthenticationError::What::unavailable, problem.what()});
        } catch (...) {
            job.second.refuse({AuthenticationError::What::unavailable, "the verifier threw"});
        }
    }

    Function const function_;
    std::mutex mutex_;
    std::condition_variable_any arrived_;
    std::deque<Job> waiting_;
    std::vector<std::jthread> threads_;  // last: they use the rest
};
static_assert(TokenVerifier<VerifierThread>);

}  // namespace pumphouse
