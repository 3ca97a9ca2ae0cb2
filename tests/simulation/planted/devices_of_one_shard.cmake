# SPDX-License-Identifier: MIT
# Only the devices on the user's home shard are counted.
set(in impl/shard_people.ipp)
set(right "room == nullptr ? 0 : room->home ? room->home->members : room->members.size();")
set(wrong "room == nullptr ? 0 : room->members.size();")
