# SPDX-License-Identifier: MIT
#
# The configurations of examples/deploy, run: WebSocket and HTTP through nginx and through HAProxy,
# the clients' own addresses, health, and idle connections that heartbeats keep.
#
# usage: proxies.py <echo> <root of the repository> <nginx|haproxy>
import contextlib
import json
import pathlib
import shutil
import signal
import tempfile
import time
from program import PATIENCE, Program, check, check_equal, main, patient, websockets
from proxy import ADA, BOB, Proxy, need_proxy, until

async def refusal(connecting):
    try:
        async with connecting:
            return 101, {}
    except websockets.exceptions.InvalidStatusCode as refused:
        return refused.status_code, refused.headers


async def messages_pass(proxy):
    async with proxy.connect() as peer:
        for message in ("text", b"\x00\xff", "x" * 300_000, ""):
            await patient(peer.send(message))
            check_equal(await patient(peer.recv()) == message, True, "what comes back")
        await peer.close(1000, "bye")
        check_equal(peer.close_code, 1000, "close code")


async def pages_of_the_same_origin_may(proxy):
    own, foreign = f"http://127.0.0.1:{proxy.port}", "https://evil.example"
    check_equal((await refusal(proxy.connect(origin=own)))[0], 101, "the own page")
    check_equal((await refusal(proxy.connect(origin=foreign)))[0], 403, "another's page")


async def clients_count_by_their_own_addresses(proxy):
    """The server lets in one client of each address."""
    async with proxy.connect(ADA):
        status, headers = await refusal(proxy.connect(ADA))
        check_equal((status, headers.get("Retry-After")), (503, "5"), "a second of one address")
        # What the client itself claims is not believed.
        for header in ("X-Forwarded-For", "x-forwarded-for", "Forwarded"):
            claim = {header: "for=192.0.2.1" if header == "Forwarded" else "192.0.2.1"}
            status, _ = await refusal(proxy.connect(ADA, extra_headers=claim))
            check_equal(status, 503, f"one who claims {claim}")
        async with proxy.connect(BOB):
            check_equal((await refusal(proxy.connect(BOB)))[0], 503, "a second of the other")
    end = time.monotonic() + PATIENCE
    while (await refusal(proxy.connect(ADA)))[0] != 101:
        check(time.monotonic() < end, "the place of one who went stays taken")


async def heartbeats_keep_the_idle(program, root, folder, kind):
    """Who has none is cut off by the proxy, twice, while the other is left alone."""
    servers = [Program(program, "--port", "0", "--websocket.ping_interval", every)
               for every in ("200ms", "0")]
    with contextlib.ExitStack() as stack:
        proxies = []
        for number, server in enumerate(servers):
            stack.enter_context(server)
            place = pathlib.Path(folder, str(number))
            place.mkdir()
            proxies.append(stack.enter_context(
                Proxy(kind, root, str(place), server.port, timeout="3s")))
        async with proxies[0].connect() as kept:
            for _ in range(2):
                async with proxies[1].connect() as cut:
                    await patient(cut.wait_closed())
                    check_equal(cut.close_code, 1006, "who has no heartbeats")
            await patient(kept.send("still here"))
            check_equal(await patient(kept.recv()), "still here", "who has them")


async def the_end_passes(proxy, server):
    """Clients learn of a server's end through the proxy, and health turns with it."""
    check_equal(json.loads(proxy.get("/health")[2])["status"], "healthy", "health")
    async with proxy.connect() as peer:
        server.process.send_signal(signal.SIGTERM)
        await patient(peer.wait_closed())
        check_equal(peer.close_code, 1001, "close code at the end")
    check_equal(server.finish(), (0, "", ""), "the end")
    until(lambda: proxy.get("/health")[0] in (502, 503), proxy.said)


async def test(program, root, kind):
    need_proxy(kind)
    folder = tempfile.mkdtemp()
    arguments = ["--server.max_clients_per_address", "1", "--security.trusted_proxies", "127.0.0.1"]
    try:
        with Program(program, "--port", "0", *arguments) as server:
            with Proxy(kind, root, folder, server.port) as proxy:
                for part in (messages_pass, pages_of_the_same_origin_may,
                             clients_count_by_their_own_addresses):
                    await part(proxy)
                    print(part.__name__)
                await the_end_passes(proxy, server)
                # Back again, on the same port, it is found again.
                with Program(program, "--port", str(server.port)):
                    until(lambda: proxy.get("/health")[0] == 200, proxy.said)
                    await messages_pass(proxy)
        await heartbeats_keep_the_idle(program, root, folder, kind)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


main(test)
