# SPDX-License-Identifier: MIT
#
# A page of another site opens a WebSocket from its visitors' browsers, with their cookies. By
# default only pages of the server's own origin may.
from scene import check, main
from wire import Peer, client, upgrade_request

TIMES = 100
FOREIGN = ("https://evil.example", "http://localhost.evil.example", "http://localhost:1",
           "http://evil.example@localhost", "null", "http://127.0.0.1", "https://localhost",
           "http://localhost evil", "http://localhost\x00", "file://")


def asks(scene, origin):
    with Peer(scene.port) as peer:
        request = upgrade_request(Origin=origin, Cookie="session=1")
        peer.say(request.replace(b"Host: localhost", b"Host: localhost:%d" % scene.port))
        return peer.answer()


def attack(scene):
    for _ in range(TIMES):
        for origin in FOREIGN:
            answer = asks(scene, origin)
            check(answer.status in (400, 403), f"a page of {origin!r}: {answer.raw!r}")
    # Its own get in, and so does a program, which names none.
    with Peer(scene.port) as own:
        request = upgrade_request(Origin=f"http://localhost:{scene.port}")
        own.say(request.replace(b"Host: localhost", b"Host: localhost:%d" % scene.port))
        check(own.more().startswith(b"HTTP/1.1 101"), "a page of the server's own")
    client(scene.port).socket.close()


main(attack, [])
