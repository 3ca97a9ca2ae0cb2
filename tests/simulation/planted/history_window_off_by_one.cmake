# SPDX-License-Identifier: MIT
# A window holds one message too few.
set(in impl/log_history.ipp)
set(right "keep_from_ = head_ - history_messages_;")
set(wrong "keep_from_ = head_ - history_messages_ + 1;")
