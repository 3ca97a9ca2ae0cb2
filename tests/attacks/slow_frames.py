# SPDX-License-Identifier: MIT
#
# Clients whose message comes byte by byte and never ends. Each is closed at the deadline.
from drip import drip
from scene import check_equal, main
from wire import TEXT, client, frame

PEERS = 300
SETTINGS = ["--websocket.message_deadline", "2s", "--websocket.close_wait", "1s"]
HEAD = frame(TEXT, length=60_000)


def attack(scene):
    peers = [client(scene.port) for _ in range(PEERS)]
    for each in peers:
        each.say(HEAD)
    scene.serves()  # while all of them wait
    drip(peers)
    for each in peers:
        check_equal(each.close_code(), 3008, "close code")
        each.socket.close()


main(attack, SETTINGS)
