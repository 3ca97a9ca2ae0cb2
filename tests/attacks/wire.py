# SPDX-License-Identifier: MIT
#
# HTTP and WebSocket by the byte: what an attacker says, and how a server answers. Nothing here
# checks what is sent, for much of it is wrong on purpose.
import json
import socket
import struct

PATIENCE = 60  # seconds any one thing may take, on a busy machine

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def upgrade_request(path="/ws", **headers):
    """As any client asks; `Origin="..."` and the like are further headers."""
    lines = [f"GET {path} HTTP/1.1", "Host: localhost", "Upgrade: websocket",
             "Connection: Upgrade", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
             "Sec-WebSocket-Version: 13", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode()


def frame(opcode, payload=b"", fin=True, mask=True, rsv=0, length=None):
    """`length` is what the header says, where it is not the truth."""
    length = len(payload) if length is None else length
    head = bytes([fin << 7 | rsv << 4 | opcode])
    masked = mask << 7
    if length < 126:
        head += bytes([masked | length])
    elif length < 1 << 16:
        head += struct.pack("!BH", masked | 126, length)
    else:
        head += struct.pack("!BQ", masked | 127, length)
    return head + (bytes(4) if mask else b"") + payload  # a mask of zeros changes nothing


def take_frame(data):
    """(opcode, payload, what is behind it) of what a server sent; None: not whole yet."""
    if len(data) < 2:
        return None
    length, at = data[1] & 127, 2
    if length >= 126:
        at = 4 if length == 126 else 10
        if len(data) < at:
            return None
        length = int.from_bytes(data[2:at], "big")
    if len(data) < at + length:
        return None
    return data[0] & 15, bytes(data[at:at + length]), data[at + length:]


class Answer:
    """What came back for a request, until the server closed; `raw` is all of it."""

    def __init__(self, raw):
        head, _, self.body = raw.partition(b"\r\n\r\n")
        self.raw = raw
        self.status = int(head.split()[1]) if raw.startswith(b"HTTP/1.") else None

    @property
    def error(self):
        return json.loads(self.body)["error"]


class Peer:
    """A connection that says what it is told, `says` at once."""

    def __init__(self, port, says=b""):
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.unread = b""
        self.say(says)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def say(self, data):
        """False when the server has closed already, as it may at any time."""
        try:
            self.socket.sendall(data)
            return True
        except (BrokenPipeError, ConnectionResetError):
            return False

    def more(self):
        """What comes next; empty when the server has closed."""
        try:
            return self.socket.recv(1 << 16)
        except ConnectionResetError:
            return b""

    def answer(self):
        """The whole answer to a request, until the server closes."""
        while part := self.more():
            self.unread += part
        return Answer(self.unread)

    def upgraded(self, path="/ws"):
        """Becomes a client; this, or the Answer that says why not."""
        self.say(upgrade_request(path))
        while b"\r\n\r\n" not in self.unread:
            part = self.more()
            if not part:
                return Answer(self.unread)
            self.unread += part
        if not self.unread.startswith(b"HTTP/1.1 101"):
            return self.answer()
        self.unread = self.unread.partition(b"\r\n\r\n")[2]
        return self

    def hear(self):
        """(opcode, payload) of the next frame; None when the server has closed."""
        while (taken := take_frame(self.unread)) is None:
            part = self.more()
            if not part:
                return None
            self.unread += part
        *heard, self.unread = taken
        return tuple(heard)

    def close_code(self):
        """Reads to the end: the code of the close frame, or None when there was none."""
        code = None
        while heard := self.hear():
            if heard[0] == CLOSE:
                code = int.from_bytes(heard[1][:2], "big")
                self.say(frame(CLOSE, heard[1]))
        return code

    def ask(self, text):
        """What an echo answers; pings and the like are passed over."""
        self.say(frame(TEXT, text))
        while (heard := self.hear()) and heard[0] not in (TEXT, CLOSE):
            pass
        return heard and heard[1]


def client(port):
    peer = Peer(port)
    upgraded = peer.upgraded()
    if upgraded is not peer:
        raise AssertionError(f"a well-behaved client was refused: {upgraded.raw!r}")
    return peer
