# SPDX-License-Identifier: MIT
# The last record that leaves somebody out is taken for one that does not.
set(in room/log.hpp)
set(right "return number < excluded_end_;")
set(wrong "return number + 1 < excluded_end_;")
