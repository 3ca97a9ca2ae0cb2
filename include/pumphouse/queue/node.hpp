// SPDX-License-Identifier: MIT
//
// Node: the link that anything pushed through an inbox carries inside itself, so that a push
// never allocates. A node stands in at most one inbox at a time; who owns the object it is part
// of is the business of its kind.
#pragma once

#include <cstdint>

namespace pumphouse {

struct Node {
    enum class Kind : std::uint8_t { register_client, unregister_client, signal, block, command };

    explicit Node(Kind what = Kind::command, std::uint16_t at = 0) noexcept
        : kind{what}, index{at} {}

    Node* next = nullptr;  // written by the pusher, read by the shard that drained it
    Kind kind;
    std::uint16_t index;  // which of its owner's links this is
};

}  // namespace pumphouse
