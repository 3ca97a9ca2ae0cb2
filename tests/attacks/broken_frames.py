# SPDX-License-Identifier: MIT
#
# Frames that break the protocol, from many clients again and again. Each is closed with the code
# that RFC 6455 has for it, and what it says behind that is not heard.
from scene import check_equal, main
from wire import BINARY, CLOSE, PING, PONG, TEXT, client, frame

TIMES = 20
BEHIND = frame(TEXT, b"behind")
SETTINGS = ["--websocket.close_wait", "1s"]
BROKEN = {
    "an unmasked message": (frame(TEXT, b"hello", mask=False), 1002),
    "an unmasked ping": (frame(PING, mask=False), 1002),
    "an unmasked close": (frame(CLOSE, b"\x03\xe8", mask=False), 1002),
    "a reserved bit": (frame(TEXT, b"hello", rsv=4), 1002),
    "another reserved bit": (frame(BINARY, b"hello", rsv=1), 1002),
    "a reserved kind of message": (frame(3, b"hello"), 1002),
    "a reserved kind of control": (frame(11, b"hello"), 1002),
    "a ping of 126 bytes": (frame(PING, bytes(126)), 1002),
    "a ping in pieces": (frame(PING, b"hello", fin=False), 1002),
    "a pong in pieces": (frame(PONG, b"hello", fin=False), 1002),
    "an end without a beginning": (frame(0, b"hello"), 1002),
    "a message within another": (frame(TEXT, b"he", fin=False) + frame(TEXT, b"llo"), 1002),
    "a code of one byte": (frame(CLOSE, b"\x03"), 1002),
    "a code that may not be sent": (frame(CLOSE, b"\x03\xed"), 1002),
    "a code of nobody": (frame(CLOSE, b"\x00\x00"), 1002),
    "text that is none": (frame(TEXT, b"\xff\xfe"), 1007),
    "text that ends in the middle": (frame(TEXT, b"\xe2\x82"), 1007),
    "a surrogate": (frame(TEXT, b"\xed\xa0\x80"), 1007),
    "broken text in pieces": (frame(TEXT, b"\xe2", fin=False) + frame(0, b"\x28"), 1007),
    "a reason that is no text": (frame(CLOSE, b"\x03\xe8\xff"), 1007),
}


def attack(scene):
    for name, (broken, code) in BROKEN.items():
        peers = [client(scene.port) for _ in range(TIMES)]
        for each in peers:
            each.say(broken + BEHIND)
        for each in peers:
            opcode, payload = each.hear() or (None, b"")
            check_equal((opcode, int.from_bytes(payload[:2], "big")), (CLOSE, code), name)
            each.socket.close()


main(attack, SETTINGS)
