# SPDX-License-Identifier: MIT
# A value that leaves somebody out does not take the place of the one before it.
set(in impl/live_index.ipp)
set(right "if (old != KeyTable::nowhere) std::swap")
set(wrong "if (old != KeyTable::nowhere && !record.excluded) std::swap")
