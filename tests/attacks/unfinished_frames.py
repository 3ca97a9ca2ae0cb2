# SPDX-License-Identifier: MIT
#
# Clients that send most of a large message each and never its end: together twenty times what the
# server may hold. Those whose bytes go past the limit are closed with 1013, the rest at the
# deadline, and memory stays within the limit.
from scene import check, check_equal, main
from wire import BINARY, client, frame

MIB = 1 << 20
PEERS = 320
SETTINGS = ["--websocket.max_inbound_bytes", "8MiB", "--websocket.max_message_bytes", "1MiB",
            "--websocket.message_deadline", "2s"]
UNFINISHED = frame(BINARY, bytes(MIB // 2), length=MIB)


def attack(scene):
    before = scene.resident_bytes()
    peers = [client(scene.port) for _ in range(PEERS)]
    for each in peers:
        each.say(UNFINISHED)
    scene.check_memory(before)
    scene.serves()  # so that all of it has been read
    scene.check_memory(before)
    codes = [each.close_code() for each in peers]
    scene.check_memory(before)
    for each in peers:
        each.socket.close()
    # A close frame may be lost with the rest of what the server has not read.
    check_equal(set(codes) - {1013, 3008, None}, set(), "close codes")
    check(codes.count(1013) > 0, "nobody was told to try again later")


main(attack, SETTINGS)
