# SPDX-License-Identifier: MIT
#
# Requests that a proxy in front may read differently, so that one hides another. Each gets one
# answer, no 2xx, and the connection ends: what stands behind is never taken for a request.
import re

from scene import check, check_equal, main
from wire import Peer

HIDDEN = b"GET /health?smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
GET = b"GET /health HTTP/1.1\r\n"
HOST = b"Host: localhost\r\n"
POST = b"POST /health HTTP/1.1\r\n" + HOST


def with_lengths(*lines):
    return POST + b"".join(line + b"\r\n" for line in lines) + b"\r\n" + b"0\r\n\r\n" + HIDDEN


REFUSED = {
    "length and chunks": with_lengths(b"Content-Length: 5", b"Transfer-Encoding: chunked"),
    "chunks and length": with_lengths(b"Transfer-Encoding: chunked", b"Content-Length: 5"),
    "two lengths": with_lengths(b"Content-Length: 5", b"Content-Length: 0"),
    "a list of lengths": with_lengths(b"Content-Length: 5, 0"),
    "a length with a sign": with_lengths(b"Content-Length: +5"),
    "a negative length": with_lengths(b"Content-Length: -5"),
    "a hexadecimal length": with_lengths(b"Content-Length: 0x5"),
    "a length past 64 bits": with_lengths(b"Content-Length: 18446744073709551621"),
    "chunked": with_lengths(b"Transfer-Encoding: chunked"),
    "chunked twice": with_lengths(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"),
    "chunked and identity": with_lengths(b"Transfer-Encoding: chunked, identity"),
    "an unknown coding": with_lengths(b"Transfer-Encoding: xchunked"),
    "a coding behind a tab": with_lengths(b"Transfer-Encoding:\tchunked"),
    "a space before the colon": with_lengths(b"Content-Length : 5"),
    "a space before the name": with_lengths(b" Content-Length: 5"),
    "a folded line": with_lengths(b"X: y", b" Content-Length: 5"),
    "a folded coding": with_lengths(b"Transfer-Encoding:", b" chunked"),
    "bare line feeds": GET.replace(b"\r", b"") + HOST.replace(b"\r", b"") + b"\n" + HIDDEN,
    "one bare line feed": GET + HOST + b"X: y\nContent-Length: 5\r\n\r\n" + HIDDEN,
    "a bare carriage return": GET + HOST + b"X: y\rContent-Length: 5\r\n\r\n" + HIDDEN,
    "a NUL in a value": GET + HOST + b"X: y\0z\r\n\r\n" + HIDDEN,
    "a NUL in a name": GET + HOST + b"Content-Len\0gth: 5\r\n\r\n" + HIDDEN,
    "a NUL in the path": b"GET /health\0 HTTP/1.1\r\n" + HOST + b"\r\n" + HIDDEN,
    "no colon": GET + HOST + b"Content-Length 5\r\n\r\n" + HIDDEN,
    "two hosts": GET + HOST + b"Host: evil.example\r\n\r\n" + HIDDEN,
    "no host": GET + b"\r\n" + HIDDEN,
    "another version": b"GET /health HTTP/2.0\r\n" + HOST + b"\r\n" + HIDDEN,
    "two spaces": b"GET  /health HTTP/1.1\r\n" + HOST + b"\r\n" + HIDDEN,
    "an absolute path of another": b"GET http://evil.example/health HTTP/1.1\r\n" + HOST + b"\r\n" +
                                   HIDDEN,
    "a tunnel": b"CONNECT localhost:22 HTTP/1.1\r\n" + HOST + b"\r\n" + HIDDEN,
}
# One request, and another behind it: one answer, for the connection ends with it.
PIPELINED = {
    "two requests": GET + HOST + b"\r\n" + HIDDEN,
    "one behind an upgrade that is refused":
        b"GET /health HTTP/1.1\r\n" + HOST + b"Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n" +
        HIDDEN,
    "one in a body": POST + b"Content-Length: %d\r\n\r\n" % len(HIDDEN) + HIDDEN + HIDDEN,
}


def attack(scene):
    for name, request in {**REFUSED, **PIPELINED}.items():
        with Peer(scene.port) as peer:
            peer.say(request)
            answer = peer.answer()
        answers = len(re.findall(rb"HTTP/1\.1 \d{3} ", answer.raw))
        check_equal(answers, 1, f"{name}: answers in {answer.raw!r}")
        check(name in PIPELINED or 400 <= answer.status < 600, f"{name}: {answer.raw!r}")


main(attack, [])
