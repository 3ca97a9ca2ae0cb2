# SPDX-License-Identifier: MIT
#
# What attacks by messages that are too large share: many peers say the same one, and each is closed
# with 1009, while memory stays as it was.
from scene import check

PEERS = 100  # of each kind at a time


def say_too_large(scene, connect, messages, other_codes=None):
    """`connect(port)` makes a peer; `other_codes` names those that may be heard besides 1009."""
    before = scene.resident_bytes()
    for name, message in messages.items():
        peers = [connect(scene.port) for _ in range(PEERS)]
        for each in peers:
            each.say(message)
        scene.check_memory(before)
        codes = {each.close_code() for each in peers}
        for each in peers:
            each.socket.close()
        # None: the close frame was lost with what the server has not read.
        allowed = {1009, None, *(other_codes or {}).get(name, ())}
        check(codes <= allowed, f"{name}: close codes {codes}")
        check(codes != {None}, f"{name}: nobody was told why")
        scene.check_memory(before)
