# SPDX-License-Identifier: MIT
# What is put in front of a log is for everybody.
set(in impl/log_history.ipp)
set(right "segment.records[segment.count++] = {0, each.excluded, each.key};")
set(wrong "segment.records[segment.count++] = {0, {}, each.key};")
