# SPDX-License-Identifier: MIT
# Where a member is stalled, a room that waits for its interval is forgotten.
set(in impl/shard_flush.ipp)
set(right "room_wheel().set(pace.timer, pace.next_flush);")
set(wrong "if (room.log->stalled.empty()) room_wheel().set(pace.timer, pace.next_flush);")
