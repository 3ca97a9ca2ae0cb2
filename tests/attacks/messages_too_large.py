# SPDX-License-Identifier: MIT
#
# Messages over the limit: by what the header says, by what was sent, and in pieces. Each ends with
# 1009 by its header, without its being read or held.
from scene import check, check_equal, main
from wire import BINARY, TEXT, client, frame

MOST = 60 << 10  # what is echoed in one frame
PEERS = 100  # of each kind at a time
SETTINGS = ["--websocket.max_message_bytes", str(MOST), "--websocket.close_wait", "1s"]
PIECE = bytes(MOST // 4)
TOO_LARGE = {
    "one byte too many": frame(BINARY, bytes(MOST + 1)),
    "a mebibyte": frame(BINARY, bytes(1 << 20)),
    "as much as a header can say": frame(BINARY, length=(1 << 63) - 1) + bytes(1000),
    "more than a header can say": frame(BINARY, length=(1 << 64) - 1) + bytes(1000),
    "pieces": frame(TEXT, PIECE, fin=False) + frame(0, PIECE, fin=False) * 5,
    "endless small pieces": frame(TEXT, b"x", fin=False) + frame(0, b"x", fin=False) * (MOST + 1),
}


def attack(scene):
    before = scene.resident_bytes()
    for name, message in TOO_LARGE.items():
        peers = [client(scene.port) for _ in range(PEERS)]
        for each in peers:
            each.say(message)
        scene.check_memory(before)
        codes = [each.close_code() for each in peers]
        for each in peers:
            each.socket.close()
        # None: the close frame was lost with what the server has not read. 1002: no header
        # may say so much.
        allowed = {1002, 1009, None} if "more than" in name else {1009, None}
        check(set(codes) <= allowed, f"{name}: close codes {set(codes)}")
        check(set(codes) != {None}, f"{name}: nobody was told why")
    scene.check_memory(before)
    with client(scene.port) as peer:
        fits = b"x" * MOST
        check_equal(peer.ask(fits) == fits, True, "one that just fits")


main(attack, SETTINGS)
