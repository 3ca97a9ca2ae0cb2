# SPDX-License-Identifier: MIT
#
# What Python's websockets, a peer that is not ours, asks of a server that relays everything and
# compresses (permessage-deflate): beside `echo_peer`, which does not.
import asyncio
import json
import random
import zlib

from echo_peer import frame, provoke, soon

TERMS = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"


async def compressed_echoes(connect):
    """What the peer compresses is understood, and what it gets is compressed where that pays."""
    async with connect(max_size=None) as client:
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


async def sizes_on_the_wire(connect):
    """A message goes compressed to who takes it so and as it is to others."""
    raw = {}
    for name, compression in [("plain", None), ("deflate", "deflate")]:
        raw[name] = await soon(connect(compression=compression))
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


async def a_bomb(connect, process):
    """A megabyte that would be a gigabyte is refused, and costs no such memory."""
    packed = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = packed.compress(b"\0" * (256 << 20)) + packed.flush(zlib.Z_SYNC_FLUSH)
    before = peak_memory(process)
    client = await soon(connect())
    client.transport.write(frame(0x42, piece) + frame(0x00, piece) + frame(0x00, piece) +
                           frame(0x80, piece[:-4]))
    await soon(client.wait_closed())
    assert client.close_code == 1009, client.close_code
    assert peak_memory(process) - before < 16 << 10, (before, peak_memory(process))


async def compressed_violations(connect):
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
    await asyncio.gather(*(provoke(connect, code, data) for code, data in wrong))


def peak_memory(process):
    """In KiB."""
    with open(f"/proc/{process}/status", encoding="ascii") as status:
        return int(next(line.split()[1] for line in status if line.startswith("VmHWM")))


async def check_deflate(connect, process):
    """All of it; `process` is the server's. Answers the names of what was checked."""
    checks = [compressed_echoes, sizes_on_the_wire, compressed_violations]
    for check in checks:
        await check(connect)
    await a_bomb(connect, process)
    return [check.__name__ for check in checks + [a_bomb]]
