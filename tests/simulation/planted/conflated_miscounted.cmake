# SPDX-License-Identifier: MIT
# The value after those that are jumped over is counted as superseded, too.
set(in impl/visit.ipp)
set(right "member.losses->conflated += passed - excluded;")
set(wrong "member.losses->conflated += passed - excluded + 1;")
