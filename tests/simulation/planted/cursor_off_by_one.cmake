# SPDX-License-Identifier: MIT
# After a torn write the cursor stays on the torn record.
set(in impl/visit.ipp)
set(right "move_cursor(context_, *range.member, torn + is_torn);")
set(wrong "move_cursor(context_, *range.member, torn);")
