# SPDX-License-Identifier: MIT
# A push that finds the shard asleep does not wake it.
set(in queue/inbox.hpp)
set(right "return old & asleep ? Push::queued_and_wake : Push::queued;")
set(wrong "bool const is_heard = node.kind != Node::Kind::block;
        return old & asleep && is_heard ? Push::queued_and_wake : Push::queued;")
