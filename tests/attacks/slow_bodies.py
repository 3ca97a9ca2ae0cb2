# SPDX-License-Identifier: MIT
#
# Many requests whose body comes byte by byte and never ends. Each is answered 408 at its deadline.
from drip import drip
from scene import check, main
from wire import Answer, Peer

PEERS = 300
SETTINGS = ["--server.http_read", "2s"]
HEAD = b"POST /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\n\r\n"


def attack(scene):
    peers = [Peer(scene.port, says=HEAD) for _ in range(PEERS)]
    scene.serves()  # while all of them wait
    drip(peers)
    for each in peers:
        answer = Answer(each.unread)
        check(answer.status == 408 and answer.error == "too_slow", f"it says {answer.raw!r}")
        each.socket.close()


main(attack, SETTINGS)
