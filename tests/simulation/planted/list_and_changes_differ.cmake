# SPDX-License-Identifier: MIT
# Who has come back when changes are told is not mentioned, though somebody saw a list without him.
set(in room/presence.hpp)
set(right "(user.devices != 0 ? user.some_think_here : user.some_think_gone) = true;")
set(wrong "static_cast<void>(user);")
set(most_steps 10000)  # rare: one seed in 150 finds it, and a part of its steps does not
