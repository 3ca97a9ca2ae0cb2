# SPDX-License-Identifier: MIT
#
# Slowloris: many connections that say their request byte by byte and never finish it. Each is
# answered 408 at its deadline, whatever it goes on saying.
from drip import drip
from scene import check, main
from wire import Answer, Peer, upgrade_request

PEERS = 300
SETTINGS = ["--server.handshake_deadline", "2s"]
ENDLESS = upgrade_request()[:-2] + b"X-Padding: "


def attack(scene):
    # Who says nothing at all is no slow head: it is closed without a word.
    peers = [Peer(scene.port, says=ENDLESS[:1]) for _ in range(PEERS)]
    scene.serves()  # while all of them wait
    drip(peers, ENDLESS[1:])
    for each in peers:
        answer = Answer(each.unread)
        check(answer.status == 408 and answer.error == "too_slow", f"it says {answer.raw!r}")
        each.socket.close()


main(attack, SETTINGS)
