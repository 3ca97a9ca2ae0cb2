# SPDX-License-Identifier: MIT
#
# Compressed messages that become a thousand times as much: in one frame, in fragments, and without
# an end. Each peer is closed with 1009 as soon as its message is over the limit, and what it would
# have become is never there.
import zlib

from scene import check, check_equal, main
from too_large import say_too_large
from wire import PING, PONG, TEXT, Peer, client, frame, upgrade_request

MOST = 60 << 10  # what is echoed in one frame
SETTINGS = ["--websocket.max_message_bytes", str(MOST), "--websocket.close_wait", "1s",
            "--websocket.compression", "true"]
RSV1 = 4
AGREED = b"Sec-WebSocket-Extensions: permessage-deflate"


def deflated(payload, window_bits=-12):
    packer = zlib.compressobj(9, zlib.DEFLATED, window_bits)
    packed = packer.compress(payload) + packer.flush(zlib.Z_SYNC_FLUSH)
    return packed.removesuffix(b"\x00\x00\xff\xff")


def in_pieces(packed, bytes_each, ends=True):
    pieces = [packed[at:at + bytes_each] for at in range(0, len(packed), bytes_each)]
    last = len(pieces) - 1
    return b"".join(frame(TEXT if at == 0 else 0, piece, fin=ends and at == last,
                          rsv=RSV1 if at == 0 else 0) for at, piece in enumerate(pieces))


BOMB = deflated(b"x" * (20 << 20))  # some 20 KiB; those of all peers would become 2 GiB
JUST_TOO_LARGE = deflated(b"x" * (MOST + 1))
BOMBS = {
    "in one frame": frame(TEXT, BOMB, rsv=RSV1),
    "in fragments": in_pieces(BOMB, 1000),
    "in fragments of a byte": in_pieces(BOMB[:2000], 1),
    "without an end": in_pieces(BOMB, 1000, ends=False),
    "one byte too many": frame(TEXT, JUST_TOO_LARGE, rsv=RSV1),
}


def compressing_client(port):
    peer = Peer(port, upgrade_request(**{"Sec-WebSocket-Extensions": "permessage-deflate"}))
    while b"\r\n\r\n" not in peer.unread:
        part = peer.more()
        check(part, "the upgrade was not answered")
        peer.unread += part
    head, _, peer.unread = peer.unread.partition(b"\r\n\r\n")
    check(AGREED in head, f"compression was not agreed on: {head!r}")
    return peer


def attack(scene):
    say_too_large(scene, compressing_client, BOMBS)
    with compressing_client(scene.port) as peer:
        fits = deflated(b"x" * MOST)
        peer.say(frame(TEXT, fits, rsv=RSV1))
        while (heard := peer.hear()) and heard[0] in (PING, PONG):
            pass
        check(heard and heard[0] == TEXT, f"one that just fits: {heard}")
    with client(scene.port) as peer:
        check_equal(peer.ask(b"plain"), b"plain", "one that does not compress")


main(attack, SETTINGS)
