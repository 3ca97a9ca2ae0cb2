// SPDX-License-Identifier: MIT
//
// ReadyLine: clients waiting to be read, first come, first served. A shard has two. In one stands
// whoever last sent little, and all who stand in it are read in a turn. In the other, the bulk,
// stands whoever last sent a large batch, and whoever is new, of whom that is not known yet; of
// them a turn reads until it has met one large batch. So a hundred that send all they can cost the
// others a batch, not a hundred. (Two classes of a multilevel feedback queue, as schedulers have
// them.)
//
// A client stands in one line at most, once.
#pragma once

#include <pumphouse/client/client_base.hpp>

namespace pumphouse {

class ReadyLine {
public:
    bool empty() const noexcept { return first_ == nullptr; }
    ClientBase const* first() const noexcept { return first_; }
    ClientBase const* last() const noexcept { return last_; }  // null or stale when empty

    void push(ClientBase& client) noexcept {
        client.is_ready = true;
        client.next_ready = nullptr;
        (first_ != nullptr ? last_->next_ready : first_) = &client;
        last_ = &client;
    }

    /// Not of an empty one.
    ClientBase& pop() noexcept {
        ClientBase& client = *first_;
        first_ = client.next_ready;
        client.is_ready = false;
        return client;
    }

private:
    ClientBase* first_ = nullptr;
    ClientBase* last_ = nullptr;
};

}  // namespace pumphouse
