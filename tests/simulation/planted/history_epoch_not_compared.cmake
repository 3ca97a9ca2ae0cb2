# SPDX-License-Identifier: MIT
# A position of another incarnation of the room is taken for one of this.
set(in impl/shard_history.ipp)
set(right "if (since.epoch == 0 || since.epoch != room.epoch ||")
set(wrong "if (since.epoch == 0 ||")
