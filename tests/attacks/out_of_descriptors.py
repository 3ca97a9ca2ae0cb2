# SPDX-License-Identifier: MIT
#
# More connections than the process has descriptors: at a limit of 1,024 the 1,025th is refused
# politely, clients stay, and when the others have gone there is room again.
import resource

from scene import check, main
from wire import Answer, Peer, upgrade_request

LIMIT = 1024
SETTINGS = ["--server.handshake_deadline", "0"]  # as long as they like


def few_descriptors():
    resource.setrlimit(resource.RLIMIT_NOFILE, (LIMIT, LIMIT))


def fate(peer):
    peer.say(upgrade_request())
    head = peer.more()
    if head.startswith(b"HTTP/1.1 101"):
        return "client"
    if not head:
        return "closed"
    peer.unread = head
    check(peer.answer().status == 503, f"it says {peer.unread!r}")
    return Answer(peer.unread).error


def attack(scene):
    peers = [Peer(scene.port) for _ in range(LIMIT + 100)]
    fates = [fate(each) for each in peers]
    counts = {name: fates.count(name) for name in set(fates)}
    check(counts.get("client", 0) > LIMIT * 0.9, f"of all that came: {counts}")
    check(counts.get("server_full", 0) >= 100, f"of all that came: {counts}")
    check(set(counts) <= {"client", "server_full", "closed"}, f"of all that came: {counts}")
    print(counts)
    # Who is in is still served.
    first = peers[fates.index("client")]
    check(first.ask(b"still?") == b"still?", "a client that is in")
    for each in peers:
        each.socket.close()
    scene.serves_again()


main(attack, SETTINGS, tells="connections", preexec_fn=few_descriptors)
