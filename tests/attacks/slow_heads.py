# SPDX-License-Identifier: MIT
#
# Slowloris: many connections that say their request byte by byte and never finish it. Each is
# answered 408 at its deadline, whatever it goes on saying.
import selectors

from scene import check, main
from wire import Answer, Peer, upgrade_request

PEERS = 300
SETTINGS = ["--server.handshake_deadline", "2s"]


def drip(peers):
    """One byte each, again and again, until all have been answered."""
    request = upgrade_request()[:-4] + b"\r\nX-Padding: "
    waiting, sent = dict.fromkeys(peers, b""), 0
    with selectors.DefaultSelector() as selector:
        for each in peers:
            selector.register(each.socket, selectors.EVENT_READ, each)
        while waiting:
            for each in waiting:
                each.say(request[sent:sent + 1] or b"x")
            sent += 1
            for key, _ in selector.select(0.05):
                part = key.data.more()
                key.data.unread += part
                if not part:
                    selector.unregister(key.fileobj)
                    waiting.pop(key.data)


def attack(scene):
    while True:
        peers = [Peer(scene.port) for _ in range(PEERS)]
        scene.serves()  # while all of them wait
        drip(peers)
        for each in peers:
            answer = Answer(each.unread)
            check(answer.status == 408 and answer.error == "too_slow", f"it says {answer.raw!r}")
            each.socket.close()
        if not scene.goes_on():
            return


main(attack, SETTINGS)
