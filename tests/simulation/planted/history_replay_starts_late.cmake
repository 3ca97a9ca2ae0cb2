# SPDX-License-Identifier: MIT
# A replay leaves out the first message that was missed.
set(in impl/shard_history.ipp)
set(right "if (outcome.recovered) start = wish.since.position.offset + 1;")
set(wrong "if (outcome.recovered) start = std::min(head, wish.since.position.offset + 2);")
