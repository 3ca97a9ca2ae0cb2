// SPDX-License-Identifier: MIT
//
// Turnstile: lets so many be inside at a time; the rest wait in the order in which they came. For
// what is dear while it lasts and is begun by strangers, as TLS handshakes are.
//
// Used on one strand. It owns nobody: who has gone is passed over.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>

namespace pumphouse {

template <typename Visitor>
class Turnstile {
public:
    /// 0: no limit.
    explicit Turnstile(std::size_t most) noexcept : most_{most} {}

    /// 0: it is inside, and has to leave once. Else the number under which it waits.
    std::uint64_t enter(std::weak_ptr<Visitor> visitor) {
        if (most_ == 0 || inside_ < most_) {
            ++inside_;
            return 0;
        }
        waiting_.emplace(++last_number_, std::move(visitor));
        return last_number_;
    }

    /// Waits no longer.
    void give_up(std::uint64_t number) noexcept { waiting_.erase(number); }

    /// One leaves; answers who has come in instead, or null.
    [[nodiscard]] std::shared_ptr<Visitor> leave() noexcept {
        while (!waiting_.empty()) {
            auto const first = waiting_.begin();
            std::shared_ptr<Visitor> next = first->second.lock();
            waiting_.erase(first);
            if (next) return next;
        }
        --inside_;
        return nullptr;
    }

    std::size_t inside() const noexcept { return inside_; }
    std::size_t waiting() const noexcept { return waiting_.size(); }

private:
    std::size_t const most_;
    std::size_t inside_ = 0;
    std::uint64_t last_number_ = 0;
    std::map<std::uint64_t, std::weak_ptr<Visitor>> waiting_;
};

}  // namespace pumphouse
