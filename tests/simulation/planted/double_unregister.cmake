# SPDX-License-Identifier: MIT
# Unregistering is not idempotent: who is closing or has ended is closed once more.
set(in impl/shard_closing.ipp)
set(right "    if (client.phase != ClientBase::Phase::open) return;
    explain(client, code, cause, text);")
set(wrong "    explain(client, code, cause, text);")
