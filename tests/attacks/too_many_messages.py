# SPDX-License-Identifier: MIT
#
# A flood over the rate limit: of what a client sends at once no more than the burst and what the
# bucket was filled with meanwhile is taken. The rest is dropped unread, and the client stays; the
# others, who keep to the limit, notice nothing.
import socket
import time

from scene import check, check_equal, main
from wire import TEXT, client, frame

PEERS = 4
MESSAGES = 20_000  # of each
PER_SECOND, BURST = 100, 200  # the servers' own
SETTINGS = ["--security.messages_per_second", str(PER_SECOND)]
FLOOD = [b"".join(frame(TEXT, b"%d" % number) for number in range(first, first + 1000))
         for first in range(0, MESSAGES, 1000)]


def answers(peer):
    """How many messages came back. As the bucket fills again, one behind them is answered, too."""
    numbers = []
    peer.socket.settimeout(0.1)
    while True:
        try:
            heard = peer.hear()
        except socket.timeout:
            peer.say(frame(TEXT, b"the end"))
            continue
        check(heard, "who sends too much was disconnected")
        if heard[1] == b"the end":
            # A message that was taken is answered once, in its order.
            check_equal(numbers, sorted(set(numbers)), "what came back")
            return len(numbers)
        numbers.append(int(heard[1]))


def attack(scene):
    began = time.monotonic()
    peers = [client(scene.port) for _ in range(PEERS)]
    for part in FLOOD:
        for each in peers:
            each.say(part)
    counts = [answers(each) for each in peers]
    most = BURST + PER_SECOND * (time.monotonic() - began) + 1
    for each, count in zip(peers, counts):
        check(BURST <= count <= most, f"{count} messages were taken, allowed are {most}")
        each.socket.close()


main(attack, SETTINGS)
