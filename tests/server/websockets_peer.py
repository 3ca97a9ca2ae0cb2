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
import os
import pathlib
import socket
import ssl
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

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from deflate_peer import check_deflate  # noqa: E402
from echo_peer import PATIENCE, check_echo, soon  # noqa: E402
from ports import free_port  # noqa: E402


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


async def relays(connect):
    async with connect() as one, connect() as two:
        await soon(two.send("both are open"))
        await soon(two.recv())
        await soon(one.send("to all"))
        assert await soon(two.recv()) == "to all"


async def run(port, scheme, process):
    def connect(**options):
        return websockets.connect(f"{scheme}://localhost:{port}/any/path?query=1", **options)

    await relays(connect)
    fine = ["relays", *await check_echo(connect)]
    if "--deflate" in sys.argv:
        fine += await check_deflate(connect, process)
    print("fine:", ", ".join(fine))


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
        asyncio.run(asyncio.wait_for(run(port, scheme, relay.pid), 100))
        assert relay.poll() is None, "the relay has ended"
    finally:
        relay.kill()
        relay.wait()


main()
