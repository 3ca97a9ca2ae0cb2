# SPDX-License-Identifier: MIT
#
# The same peer, by every way that leads to the server: nothing but the way may make a difference.
#
# usage: peers.py <echo> <root of the repository> <plain|tls|nginx|haproxy|nginx_tls>
import contextlib
import pathlib
import shutil
import sys
import tempfile
from program import PATIENCE, Program, check_equal, main, plain_socket, websockets
from proxy import FILES, Proxy, need_proxy

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from certificates import Authority  # noqa: E402
from echo_peer import check_echo  # noqa: E402


def server_by(way, program, authority):
    arguments = ["--port", "0", "--security.trusted_proxies", "127.0.0.1"]
    if authority is None:
        return Program(program, *arguments)
    certificate, key = authority.sign()
    return Program(program, *arguments, "--security.tls_certificate", certificate,
                   "--security.tls_key", key, trust=authority.trust)


def the_proxy_protocol_is_not_spoken(port):
    """Neither version's first words are taken for somebody's address."""
    request = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
    one = b"PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n"
    two = b"\r\n\r\n\0\r\nQUIT\n" + b"\x21\x11\0\x0c" + bytes(12)
    for words in (one, two):
        with plain_socket(port) as connection:
            connection.sendall(words + request)
            answer = connection.makefile("rb").readline()
            check_equal(answer, b"HTTP/1.1 400 Bad Request\r\n", f"the answer to {words!r}")


async def test(program, root, way):
    if way in FILES:
        need_proxy(way)
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        authority = None
        if way in ("tls", "nginx_tls"):
            if shutil.which("openssl") is None:
                print("SKIPPED: there is no openssl (Debian: apt-get install openssl)")
                sys.exit(77)
            authority = Authority(folder)
        server = stack.enter_context(server_by(way, program, authority))
        entrance = server
        if way in FILES:
            entrance = stack.enter_context(Proxy(way, root, folder, server.port,
                                                 authority=authority))

        def connect(**options):
            scheme = "wss" if authority else "ws"
            return websockets.connect(f"{scheme}://localhost:{entrance.port}/ws",
                                      open_timeout=PATIENCE, ssl=entrance.trust, **options)

        print("fine:", ", ".join(await check_echo(connect)))
        check_equal(entrance.get("/health")[0], 200, "health")
        if way == "plain":
            the_proxy_protocol_is_not_spoken(server.port)
        check_equal(server.stop(), (0, "", ""), "the end")


main(test)
