# SPDX-License-Identifier: MIT
#
# What Python's websockets, a peer that is not ours, asks of a server that says everything back:
# sizes, text and binary, fragments, pings, close codes, what breaks the protocol. `connect(**more)`
# opens a client, by whatever way leads to the server.
import asyncio
import struct

PATIENCE = 30  # seconds any one thing may take


async def soon(awaitable):
    return await asyncio.wait_for(awaitable, PATIENCE)


async def echoes(connect):
    async with connect(compression=None, max_size=None) as client:
        for message in ["", "hello", "\u00e9\u4e16\U0001f600", "x" * 125, "x" * 126, "x" * 65535,
                        "x" * 65536, "x" * (512 << 10), b"", b"\x00\xff", b"\x80" * 200_000]:
            await soon(client.send(message))
            assert await soon(client.recv()) == message, message[:20]


async def fragments(connect):
    async with connect(compression=None) as client:
        await soon(client.send(["frag", "", "men", "ts"]))
        assert await soon(client.recv()) == "fragments"
        await soon(client.send([b"a" * 70_000, b"b" * 70_000]))
        assert await soon(client.recv()) == b"a" * 70_000 + b"b" * 70_000


async def pings(connect):
    async with connect() as client:
        for payload in [b"", b"ping", b"x" * 125]:
            await soon(await client.ping(payload))
        await soon(client.send("after"))
        assert await soon(client.recv()) == "after"


async def close_codes(connect):
    for code in [1000, 1001, 3000, 4999]:
        client = await soon(connect())
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


async def provoke(connect, code, data):
    client = await soon(connect())
    client.transport.write(data)
    await soon(client.wait_closed())
    assert client.close_code == code, (code, client.close_code, data[:20])


async def violations(connect):
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

    def plain():
        return connect(compression=None)

    # Together: the relay may wait for some time until each has closed, too.
    await asyncio.gather(*(provoke(plain, code, data) for code, data in wrong))


async def check_echo(connect):
    """All of it; answers the names of what was checked."""
    checks = [echoes, fragments, pings, close_codes, violations]
    for check in checks:
        await check(connect)
    return [check.__name__ for check in checks]
