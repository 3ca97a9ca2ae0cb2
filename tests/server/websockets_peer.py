#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# An independent peer (Python's websockets) against the relay: text, binary, fragments, pings,
# close codes, what breaks the protocol. With --tls, the relay is one that takes a certificate, and
# the peer trusts only that.
#
# usage: websockets_peer.py <relay_server> [--tls]   exits 77 when websockets is not installed
import asyncio
import functools
import os
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import time

try:
    import websockets
except ImportError:
    # Debian's package is for Debian's interpreter.
    if sys.executable != "/usr/bin/python3" and os.path.exists("/usr/bin/python3"):
        os.execv("/usr/bin/python3", ["/usr/bin/python3", *sys.argv])
    print("websockets is not installed (Debian: apt-get install python3-websockets)")
    sys.exit(77)

PATIENCE = 10


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def make_certificate(folder):
    certificate, key = f"{folder}/certificate.pem", f"{folder}/key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-days", "1", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out",
                    certificate], check=True, capture_output=True)
    return certificate, key


def start(program, port, arguments):
    process = subprocess.Popen([program, "--port", str(port), *arguments])
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return process
        except OSError:
            time.sleep(0.01)
    process.kill()
    raise SystemExit("the relay does not listen")


async def soon(awaitable):
    return await asyncio.wait_for(awaitable, PATIENCE)


async def echoes(url):
    async with websockets.connect(url, compression=None, max_size=None) as client:
        for message in ["", "hello", "\u00e9\u4e16\U0001f600", "x" * 125, "x" * 126, "x" * 65535,
                        "x" * 65536, "x" * (512 << 10), b"", b"\x00\xff", b"\x80" * 200_000]:
            await soon(client.send(message))
            assert await soon(client.recv()) == message, message[:20]


async def fragments(url):
    async with websockets.connect(url, compression=None) as client:
        await soon(client.send(["frag", "", "men", "ts"]))
        assert await soon(client.recv()) == "fragments"
        await soon(client.send([b"a" * 70_000, b"b" * 70_000]))
        assert await soon(client.recv()) == b"a" * 70_000 + b"b" * 70_000


async def pings(url):
    async with websockets.connect(url) as client:
        for payload in [b"", b"ping", b"x" * 125]:
            await soon(await client.ping(payload))
        await soon(client.send("after"))
        assert await soon(client.recv()) == "after"


async def relays(url):
    async with websockets.connect(url) as one, websockets.connect(url) as two:
        await soon(two.send("both are open"))
        await soon(two.recv())
        await soon(one.send("to all"))
        assert await soon(two.recv()) == "to all"


async def close_codes(url):
    for code in [1000, 1001, 3000, 4999]:
        client = await soon(websockets.connect(url))
        await soon(client.close(code, "bye"))
        assert client.close_code == code, (code, client.close_code)


def frame(first_byte, payload, masked=True, declared=None):
    length = len(payload) if declared is None else declared
    head = bytes([first_byte])
    mark = 0x80 if masked else 0
    if length < 126:
        head += bytes([mark | length])
    elif length < 1 << 16:
        head += bytes([mark | 126]) + struct.pack(">H", length)
    else:
        head += bytes([mark | 127]) + struct.pack(">Q", length)
    return head + (b"\0\0\0\0" if masked else b"") + payload


async def violations(url):
    wrong = [
        (1002, frame(0x81, b"unmasked", masked=False)),
        (1002, frame(0xC1, b"reserved bit")),
        (1002, frame(0x83, b"reserved opcode")),
        (1002, frame(0x09, b"fragmented ping")),
        (1002, frame(0x89, b"x" * 126)),
        (1002, frame(0x80, b"continues nothing")),
        (1002, frame(0x01, b"begun") + frame(0x81, b"begun again")),
        (1002, frame(0x88, b"\x03")),
        (1002, frame(0x88, struct.pack(">H", 1005))),
        (1007, frame(0x81, b"\xff\xfe")),
        (1007, frame(0x01, b"\xc3") + frame(0x80, b"(")),
        (1007, frame(0x88, struct.pack(">H", 1000) + b"\xff")),
        (1009, frame(0x82, b"", declared=1 << 30)),
        (1009,
         frame(0x02, b"x" * 300_000) + frame(0x80, b"x" * 300_000)),
    ]

    async def provoke(code, data):
        client = await soon(websockets.connect(url, compression=None))
        client.transport.write(data)
        await soon(client.wait_closed())
        assert client.close_code == code, (code, client.close_code, data[:20])

    # Together: the relay may wait for some time until each has closed, too.
    await asyncio.gather(*(provoke(code, data) for code, data in wrong))


async def run(port, scheme):
    url = f"{scheme}://localhost:{port}/any/path?query=1"
    for check in [echoes, fragments, pings, relays, close_codes, violations]:
        await check(url)
        print(f"{check.__name__}: fine")


def main():
    port, scheme, arguments = free_port(), "ws", []
    with tempfile.TemporaryDirectory() as folder:
        if "--tls" in sys.argv:
            scheme = "wss"
            certificate, key = make_certificate(folder)
            arguments = ["--certificate", certificate, "--key", key]
            trust = ssl.create_default_context(cafile=certificate)
            websockets.connect = functools.partial(websockets.connect, ssl=trust)
        check(port, scheme, arguments)


def check(port, scheme, arguments):
    relay = start(sys.argv[1], port, arguments)
    try:
        asyncio.run(asyncio.wait_for(run(port, scheme), 60))
        assert relay.poll() is None, "the relay has ended"
    finally:
        relay.kill()
        relay.wait()


main()
