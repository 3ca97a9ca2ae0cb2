// SPDX-License-Identifier: MIT
//
// PendingAuthentications: how many tokens are being checked; each holds a place until its verifier
// has let go of it. Places outlive this object. Any thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>

namespace pumphouse {

class PendingAuthentications {
public:
    /// 0: no limit.
    explicit PendingAuthentications(std::size_t most) : most_{most} {}

    /// Null: there are too many.
    std::shared_ptr<void> take_place() {
        std::shared_ptr<void> place{count_.get(), [count = count_](void*) { --*count; }};
        bool const is_over = count_->fetch_add(1) >= most_ && most_ != 0;
        return is_over ? nullptr : place;
    }

    std::size_t count() const noexcept { return count_->load(); }

private:
    std::size_t const most_;
    std::shared_ptr<std::atomic<std::size_t>> const count_ =
        std::make_shared<std::atomic<std::size_t>>(0);
};

}  // namespace pumphouse
