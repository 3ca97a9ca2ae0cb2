# SPDX-License-Identifier: MIT
#
# Heads that would cost a server memory or time: one huge line, as many lines as fit, the same name
# again and again, a huge path. Each is answered by its first bytes, and the rest is not read.
from scene import check, main
from wire import Peer, upgrade_request

MIB = 1 << 20
PEERS = 100  # of each kind at a time
START = upgrade_request()[:-2]
BOMBS = {
    "one huge header": START + b"X-Huge: " + b"x" * MIB,
    "many headers": START + b"".join(b"X-%d: 1\r\n" % number for number in range(100_000)),
    "many of one name": START + b"Cookie: a=b\r\n" * 80_000,
    "many empty names": START + b":\r\n" * 300_000,
    "many folded lines": START + b"X: y\r\n" + b" z\r\n" * 250_000,
    "many empty lines": b"\r\n" * (MIB // 2),
    "a huge path": b"GET /" + b"a" * MIB + b" HTTP/1.1\r\n\r\n",
    "a huge query": b"GET /ws?" + b"a=b&" * (MIB // 4) + b" HTTP/1.1\r\n\r\n",
    "a huge method": b"G" * MIB,
    "no text": bytes(MIB),
}


def attack(scene):
    before = scene.resident_bytes()
    for name, bomb in BOMBS.items():
        peers = [Peer(scene.port) for _ in range(PEERS)]
        for each in peers:
            each.say(bomb)
        scene.check_memory(before)
        # Nothing: the answer was lost with the bytes that were not read.
        said = {each.answer().status for each in peers}
        check(said <= {400, 431, None}, f"{name}: it says {said}")
        check(said != {None}, f"{name}: nobody was answered")
        for each in peers:
            each.socket.close()


main(attack, [])
