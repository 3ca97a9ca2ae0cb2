#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# An independent peer (Python's websockets) against the relay: text, binary, fragments, pings,
# close codes, what breaks the protocol. With --tls, the relay is one that takes a certificate, and
# the peer trusts only that. With --deflate, both compress.
#
# usage: websockets_peer.py <relay_server> [--tls | --deflate]
# exits 77 when websockets is not installed
import asyncio
import functools
import json
import os
import random
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import time
import zlib

try:
    import websockets
except ImportError:
    # Debian's package is for Debian's interpreter.
    if sys.executable != "/usr/bin/python3" and os.path.exists("/usr/bin/python3"):
        os.execv("/usr/bin/python3", ["/usr/bin/python3", *sys.argv])
    print("websockets is not installed (Debian: apt-get install python3-websockets)")
    sys.exit(77)

PATIENCE = 30
RELAY = 0  # its process


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


async def provoke(url, code, data, compression=None):
    client = await soon(websockets.connect(url, compression=compression))
    client.transport.write(data)
    await soon(client.wait_closed())
    assert client.close_code == code, (code, client.close_code, data[:20])


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

    # Together: the relay may wait for some time until each has closed, too.
    await asyncio.gather(*(provoke(url, code, data) for code, data in wrong))


TERMS = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"


async def compressed_echoes(url):
    """What the peer compresses is understood, and what it gets is compressed where that pays."""
    async with websockets.connect(url, max_size=None) as client:
        agreed = client.response_headers["Sec-WebSocket-Extensions"]
        assert agreed == TERMS + "; client_max_window_bits=12", agreed
        noise = random.Random(1)
        words = " ".join(noise.choice(["room", "client", "hub", "\u00e9\u4e16"])
                         for _ in range(80_000))
        random_bytes = bytes(noise.getrandbits(8) for _ in range(300_000))
        for message in ["", "a", "hello", "x" * 1023, "x" * 1024, "x" * (512 << 10), words[:5000],
                        words, b"", b"\0" * 100_000, random_bytes]:
            await soon(client.send(message))
            assert await soon(client.recv()) == message, message[:20]
        await soon(client.send([words[:40_000], "", words[40_000:90_000]]))
        await soon(client.ping())
        assert await soon(client.recv()) == words[:90_000]


async def sizes_on_the_wire(url):
    """A message goes compressed to who takes it so and as it is to others."""
    raw = {}
    for name, compression in [("plain", None), ("deflate", "deflate")]:
        raw[name] = await soon(websockets.connect(url, compression=compression))
    seen = {}
    for name, client in raw.items():
        receive = client.data_received if hasattr(client, "data_received") else None
        seen[name] = 0

        def count(data, name=name, receive=receive):
            seen[name] += len(data)
            receive(data)
        client.data_received = count
        client.transport.set_protocol(client)
    text = json.dumps([{"name": f"user {i}", "room": "lobby"} for i in range(200)])
    await soon(raw["plain"].send(text))
    for client in raw.values():
        assert await soon(client.recv()) == text
        await soon(client.close())
    assert seen["plain"] > len(text) > 4 * seen["deflate"] > 0, seen


async def a_bomb(url):
    """A megabyte that would be a gigabyte is refused, and costs no such memory."""
    packed = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = packed.compress(b"\0" * (256 << 20)) + packed.flush(zlib.Z_SYNC_FLUSH)
    before = peak_memory()
    client = await soon(websockets.connect(url))
    client.transport.write(frame(0x42, piece) + frame(0x00, piece) + frame(0x00, piece) +
                           frame(0x80, piece[:-4]))
    await soon(client.wait_closed())
    assert client.close_code == 1009, client.close_code
    assert peak_memory() - before < 16 << 10, (before, peak_memory())


async def compressed_violations(url):
    packed = zlib.compressobj(9, zlib.DEFLATED, -15)
    hello = (packed.compress(b"hello") + packed.flush(zlib.Z_SYNC_FLUSH))[:-4]
    wrong = [
        (1002, frame(0x41, hello) + frame(0x01, b"begun") + frame(0xC0, b"")),
        (1002, frame(0x01, b"begun") + frame(0xC0, hello)),
        (1002, frame(0xC9, b"ping")),
        (1002, frame(0xA1, b"RSV2")),
        (1007, frame(0xC1, b"no deflate at all")),
        (1007, frame(0xC1, hello[:-1])),
    ]
    await asyncio.gather(*(provoke(url, code, data, "deflate") for code, data in wrong))


def peak_memory():
    with open(f"/proc/{RELAY}/status", encoding="ascii") as status:
        return int(next(line.split()[1] for line in status if line.startswith("VmHWM")))


async def run(port, scheme):
    url = f"{scheme}://localhost:{port}/any/path?query=1"
    checks = [echoes, fragments, pings, relays, close_codes, violations]
    if "--deflate" in sys.argv:
        checks += [compressed_echoes, sizes_on_the_wire, compressed_violations, a_bomb]
    for check in checks:
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
    global RELAY
    relay = start(sys.argv[1], port, arguments)
    RELAY = relay.pid
    try:
        asyncio.run(asyncio.wait_for(run(port, scheme), 100))
        assert relay.poll() is None, "the relay has ended"
    finally:
        relay.kill()
        relay.wait()


main()
