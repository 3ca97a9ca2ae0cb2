# SPDX-License-Identifier: MIT
#
# Clients that ask for far more than they take: they send and never read. What waits for one is
# bounded, and whoever is behind by more is closed with 3008.
import socket

from scene import check, main
from wire import TEXT, client, frame

PEERS = 20
QUESTION = frame(TEXT, b"x" * 4000)
QUESTIONS = 5_000  # 20 MB of each
SETTINGS = ["--server.send_buffer_bytes", "64KiB", "--websocket.write_deadline", "2s"]


def insist(peers):
    """All ask at once, without waiting for anything, until each has asked all or was closed."""
    left = {each: QUESTIONS for each in peers}
    for each in peers:
        each.socket.settimeout(1)
    closed = 0
    while left:
        for each in list(left):
            try:
                told = each.say(QUESTION * 100)
            except socket.timeout:
                continue  # it is not read from, either; its end will come
            left[each] -= 100
            if not told or left[each] <= 0:
                closed += not told
                del left[each]
    return closed


def attack(scene):
    before = scene.resident_bytes()
    peers = [client(scene.port) for _ in range(PEERS)]
    closed = insist(peers)
    scene.check_memory(before)
    check(closed == PEERS, f"{PEERS - closed} were served for ever")
    for each in peers:
        each.socket.close()


main(attack, SETTINGS)
