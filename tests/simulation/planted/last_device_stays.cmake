# SPDX-License-Identifier: MIT
# A user's last device is not noted when it goes.
set(in room/presence.hpp)
set(right "if (--found->second.devices == 0) note(found);")
set(wrong "--found->second.devices;")
