# SPDX-License-Identifier: MIT
# A replica that nobody was in goes on with its old numbers.
set(in impl/shard_rooms.ipp)
set(right "        step_to(room, outcome.position.offset + 1);")
set(wrong "        if (room.log == nullptr) step_to(room, outcome.position.offset + 1);")
