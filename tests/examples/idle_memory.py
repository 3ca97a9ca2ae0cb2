# SPDX-License-Identifier: MIT
#
# What thousands of clients that say nothing cost a server: how much its resident memory grows for
# each, plain, with compression, and over TLS, where nearly all of it is OpenSSL's. The bounds are
# some twice what docs/testing.md has measured, for the allocator's moods.
#
# usage: idle_memory.py <echo> <clients>
import contextlib
import json
import pathlib
import socket
import sys
import tempfile
import time

from program import PATIENCE, Program, check, check_equal

sys.path.insert(1, str(pathlib.Path(__file__).parents[1] / "support"))
sys.path.insert(1, str(pathlib.Path(__file__).parents[1] / "attacks"))
from certificates import Authority  # noqa: E402
from wire import upgrade_request  # noqa: E402

EARLIER = 200  # what the first ones need is there for all
DEFLATE = {"Sec-WebSocket-Extensions": "permessage-deflate"}


def connect(server, headers):
    connection = socket.create_connection(("localhost", server.port), timeout=PATIENCE)
    if server.trust:
        connection = server.trust.wrap_socket(connection, server_hostname="localhost")
    connection.sendall(upgrade_request("/", **headers))
    answer = b""
    while b"\r\n\r\n" not in answer:
        part = connection.recv(4096)
        check(part, f"it closes after {answer!r}")
        answer += part
    check(answer.startswith(b"HTTP/1.1 101 "), f"it says {answer!r}")
    check_equal(b"permessage-deflate" in answer, bool(headers), "whether it compresses")
    return connection


def resident(server, clients):
    """Once the hub knows them all: it hears of each after the answer to its upgrade."""
    deadline = time.monotonic() + PATIENCE
    while True:
        health = json.loads(server.get("/health")[2])
        there = health["checks"]["websocket"]["metadata"]["clients"]
        if there == str(clients):
            return health["system"]["memory"]
        check(time.monotonic() < deadline, f"of {clients} clients {there} are there")


def growth(program, count, *arguments, trust=None, headers=None):
    """Bytes per client."""
    quiet = ("--port", "0", "--websocket.ping_interval", "0")  # nobody here answers pings
    with Program(program, *quiet, *arguments, trust=trust) as server, \
            contextlib.ExitStack() as clients:
        for _ in range(EARLIER):
            clients.enter_context(connect(server, headers or {}))
        before = resident(server, EARLIER)
        for _ in range(count):
            clients.enter_context(connect(server, headers or {}))
        return (resident(server, EARLIER + count) - before) / count


def test(program, count):
    with tempfile.TemporaryDirectory() as folder:
        authority = Authority(folder)
        certificate, key = authority.sign()
        tls = ["--security.tls_certificate", certificate, "--security.tls_key", key]
        for way, most, seen in (
                ("plain", 2048, growth(program, count)),
                ("compression", 2048, growth(program, count, "--websocket.compression", "true",
                                             headers=DEFLATE)),
                ("TLS", 30 << 10, growth(program, count, *tls, trust=authority.trust))):
            print(f"{way}: {seen:.0f} bytes of resident memory for each of {count} clients")
            check(seen <= most, f"with {way} a client may cost {most} bytes, it costs {seen:.0f}")


test(sys.argv[1], int(sys.argv[2]))
