# SPDX-License-Identifier: MIT
# What the home forwards after its answer reaches a new member before its hook has run.
set(in impl/shard_turn.ipp)
set(right "        // Nothing comes between a join and its hook.
        if (!events_.empty()) run_events();")
set(wrong "")
set(most_steps 5000)  # it takes a turn that has much to do
