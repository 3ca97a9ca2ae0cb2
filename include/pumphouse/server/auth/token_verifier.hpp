// SPDX-License-Identifier: MIT
//
// TokenVerifier: says what a token is worth. It is asked before the upgrade is answered, and may
// take its time (a database, another server) without holding up anybody else: it answers through
// the Verification it was given, at once or later, from any thread.
//
//   struct Sessions {
//       void verify(std::string token, pumphouse::Verification verification) {
//           database.find(token, [v = std::move(verification)](Row const& row) mutable {
//               row ? v.accept({.user = row.user}) : v.refuse();
//           });
//       }
//   };
//
// `verify` runs on the server's strand and must not block. What is verified by computing alone
// (JwtVerifier) may be verified there; what waits has a thread of its own (VerifierThread).
#pragma once

#include <atomic>
#include <concepts>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include <pumphouse/server/auth/claims.hpp>

namespace pumphouse {

/// The right to answer one question, once. Any thread, one at a time; an answer that nobody waits
/// for any more is dropped. Dropped unanswered, it says "unavailable".
class Verification {
public:
    using Done = std::function<void(Verdict)>;

    /// The asking side: calls `done` on whatever thread answers, under a lock: it must be short.
    /// Ends the waiting with `cancel`, after which `done` is neither running nor will be called.
    class Question {
    public:
        /// `place` is kept until the last of both sides has let go: work that goes on for nobody
        /// is work all the same.
        explicit Question(Done done, std::shared_ptr<void> place = nullptr)
            : place_{std::move(place)}, done_{std::move(done)} {}

        void cancel() noexcept {
            std::scoped_lock const lock{mutex_};
            is_wanted_.store(false);
            done_ = nullptr;
        }
        bool is_wanted() const noexcept { return is_wanted_.load(); }

        void answer(Verdict verdict) noexcept try {
            std::scoped_lock const lock{mutex_};
            if (!is_wanted_.exchange(false)) return;
            Done const done = std::exchange(done_, nullptr);
            done(std::move(verdict));
        } catch (...) {  // out of memory: the deadline will tell
        }

    private:
        std::shared_ptr<void> const place_;
        std::mutex mutex_;
        std::atomic<bool> is_wanted_{true};
        Done done_;
    };

    explicit Verification(std::shared_ptr<Question> question) noexcept
        : question_{std::move(question)} {}
    Verification(Verification&&) noexcept = default;
    Verification& operator=(Verification&& other) noexcept {
        std::swap(question_, other.question_);
        return *this;
    }
    ~Verification() {
        using What = AuthenticationError::What;
        if (question_) question_->answer(AuthenticationError{What::unavailable, "no answer"});
    }

    void accept(Claims claims) { answer(std::move(claims)); }
    void refuse(AuthenticationError error = {}) { answer(std::move(error)); }

    /// False: the client has gone, or the time is over.
    bool is_wanted() const noexcept { return question_ && question_->is_wanted(); }

private:
    void answer(Verdict verdict) {
        if (auto const question = std::move(question_)) question->answer(std::move(verdict));
    }

    std::shared_ptr<Question> question_;
};

template <typename V>
concept TokenVerifier = requires(V& v, std::string token, Verification verification) {
    { v.verify(std::move(token), std::move(verification)) } -> std::same_as<void>;
};

/// The null model: no token is good.
struct NoVerifier {
    void verify(std::string, Verification verification) { verification.refuse(); }
};
static_assert(TokenVerifier<NoVerifier>);

/// Any of them, shared by those who ask: servers, and hooks that refresh tokens.
class AnyVerifier {
public:
    AnyVerifier() = default;  // none

    template <TokenVerifier V>
    AnyVerifier(std::shared_ptr<V> verifier)
        : verify_{[verifier = std::move(verifier)](std::string token, Verification verification) {
              verifier->verify(std::move(token), std::move(verification));
          }} {}

    explicit operator bool() const noexcept { return verify_ != nullptr; }

    void verify(std::string token, Verification verification) const {
        verify_(std::move(token), std::move(verification));
    }

private:
    std::function<void(std::string, Verification)> verify_;
};
static_assert(TokenVerifier<AnyVerifier const>);

}  // namespace pumphouse
