# SPDX-License-Identifier: MIT
#
# Messages over the limit: by what the header says, by what was sent, and in pieces. Each ends with
# 1009 by its header, without its being read or held.
from scene import check_equal, main
from too_large import say_too_large
from wire import BINARY, TEXT, client, frame

MOST = 60 << 10  # what is echoed in one frame
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
OTHER_CODES = {"more than a header can say": [1002]}  # no header may say so much


def attack(scene):
    say_too_large(scene, client, TOO_LARGE, OTHER_CODES)
    with client(scene.port) as peer:
        fits = b"x" * MOST
        check_equal(peer.ask(fits) == fits, True, "one that just fits")


main(attack, SETTINGS)
