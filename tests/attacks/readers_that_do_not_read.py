# SPDX-License-Identifier: MIT
#
# Clients that ask for far more than they take: they send and never read. What waits for one is
# bounded, and whoever is behind by more, or for too long, is ended as too slow.
import select
import time

from scene import check, check_equal, main
from wire import PATIENCE, TEXT, client, frame

PEERS = 20
QUESTION = frame(TEXT, b"x" * 4000)
QUESTIONS = 5_000  # 20 MB of each
SETTINGS = ["--server.send_buffer_bytes", "64KiB", "--websocket.write_deadline", "2s"]


def insist(scene, peers, before):
    """All ask at once, without waiting for anything, until each has asked all or was closed. True
    for those who were closed."""
    questions = memoryview(QUESTION * QUESTIONS)
    asked = dict.fromkeys(peers, 0)
    closed = []
    end = time.monotonic() + PATIENCE
    for each in peers:
        each.socket.setblocking(False)
    while asked:
        check(time.monotonic() < end, f"{len(asked)} are neither read from nor closed")
        _, ready, _ = select.select([], [each.socket for each in asked], [], 0.1)
        for each in [each for each in asked if each.socket in ready]:
            try:
                asked[each] += each.socket.send(questions[asked[each]:])
            except BlockingIOError:
                continue
            except (BrokenPipeError, ConnectionResetError):
                closed.append(each)
                del asked[each]
                continue
            if asked[each] == len(questions):
                del asked[each]
        scene.check_memory(before)
    return len(closed)


def attack(scene):
    before = scene.resident_bytes()
    peers = [client(scene.port) for _ in range(PEERS)]
    evicted = scene.metric("websocket_evicted_total")
    check_equal(insist(scene, peers, before), PEERS, "those who were closed")
    # A shard says what it has counted at the end of a turn, when its clients know already.
    end = time.monotonic() + PATIENCE
    while (seen := scene.metric("websocket_evicted_total") - evicted) != PEERS:
        check(time.monotonic() < end, f"{seen} of {PEERS} were evicted as too slow")
        time.sleep(0.05)
    for each in peers:
        each.socket.close()


main(attack, SETTINGS)
