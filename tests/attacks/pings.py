# SPDX-License-Identifier: MIT
#
# Pings as fast as a line carries them, far over 100,000 a second, from peers that read nothing
# meanwhile; where it is measured what they cost others, it is 100,000 a second. A server owes one
# pong, for the latest ping (RFC 6455 section 5.5.3), whatever the number it has not answered: what
# it keeps is constant.
import struct
import time

from scene import check, check_equal, main
from wire import PING, PONG, TEXT, client, frame

PEERS = 4
PINGS = 200_000  # of each
BLOCK = 2_000
PER_SECOND = 100_000  # of all, measured
SETTINGS = []


def pings(first):
    return b"".join(frame(PING, struct.pack("!Q", number))
                    for number in range(first, first + BLOCK))


BLOCKS = [pings(first) for first in range(0, PINGS, BLOCK)]


def last_pong(peer):
    """Reads to the answer of a question behind the pings; pongs come in their order."""
    latest, count = -1, 0
    while heard := peer.hear():
        opcode, payload = heard
        if opcode == PONG:
            number = struct.unpack("!Q", payload)[0]
            assert number > latest, f"a pong for {number} after one for {latest}"
            latest = number
            count += 1
        elif opcode == TEXT:
            return latest, count
    raise AssertionError("it was closed")


def attack(scene):
    before = scene.resident_bytes()
    peers = [client(scene.port) for _ in range(PEERS)]
    for block in BLOCKS:
        for each in peers:
            each.say(block)
            if scene.is_measured:
                time.sleep(BLOCK / PER_SECOND)
    scene.check_memory(before)
    for each in peers:
        each.say(frame(TEXT, b"the end"))
        latest, count = last_pong(each)
        check_equal(latest, PINGS - 1, "the latest pong")
        check(count < PINGS / 10, f"{count} pongs for {PINGS} pings that nobody waits for")
        each.socket.close()


main(attack, SETTINGS)
