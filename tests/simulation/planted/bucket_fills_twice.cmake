# SPDX-License-Identifier: MIT
# Tokens come at twice the rate.
set(in client/token_bucket.hpp)
set(right "tokens * 1e9 / per_second")
set(wrong "tokens * 0.5e9 / per_second")
