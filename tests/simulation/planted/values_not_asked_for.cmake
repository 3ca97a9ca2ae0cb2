# SPDX-License-Identifier: MIT
# A shard whose last member has left while another joined goes on with what it has.
set(in impl/shard_keyed.ipp)
set(right "return room == nullptr || room->members.empty();")
set(wrong "return false;")
