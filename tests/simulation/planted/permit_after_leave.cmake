# SPDX-License-Identifier: MIT
# Leaving does not take back a join that waits for permission.
set(in impl/shard_rooms.ipp)
set(right "if (was_asked) *at = std::move((*at)->next);")
set(wrong "if (was_asked && !(*at)->waits) *at = std::move((*at)->next);")
