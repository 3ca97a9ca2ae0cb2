# SPDX-License-Identifier: MIT
# What is erased at a room's home lives on elsewhere.
set(in impl/shard_keyed.ipp)
set(right "if (room->home) forward_erase(*room, key);")
set(wrong "if (room->home && room->members.empty()) forward_erase(*room, key);")
