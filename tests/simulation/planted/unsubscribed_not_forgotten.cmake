# SPDX-License-Identifier: MIT
# The home of a room is not told of members that were taken out of it elsewhere.
set(in impl/shard_rooms.ipp)
set(right "core_->forward(home, command);
        }
    }
    delete member.losses;")
set(wrong "if (room.options->overflow != Overflow::unsubscribe) {
                core_->forward(home, command);
            }
        }
    }
    delete member.losses;")
