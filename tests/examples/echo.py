# SPDX-License-Identifier: MIT
#
# 08_echo: everything comes back as it was sent.
#
# usage: echo.py <echo>
import signal
from program import Program, check_equal, main, patient


async def test(program):
    with Program(program, "--port", "0", "--security.messages_per_second", "0") as echo:
        async with echo.connect("/any/path") as peer, echo.connect() as other:
            await other.send("other")
            messages = ["", "text", "\U0001f600", b"", b"\x00\xff", "x" * 100_000, b"y" * 500_000]
            messages += [str(number) for number in range(200)]
            for message in messages:
                await peer.send(message)
            for message in messages:
                back = await patient(peer.recv())
                check_equal((type(back), len(back)), (type(message), len(message)), "what is back")
                check_equal(back == message, True, "the same bytes")
            check_equal(await patient(other.recv()), "other", "what the other gets")
            status, headers, body = echo.get("/metrics")
            check_equal((status, headers["Content-Type"].split(";")[0]), (200, "text/plain"),
                        "metrics without a port of their own")
            check_equal(b"websocket_active_connections" in body, True, "what is in them")
            # Told to go, it tells its clients, and ends well.
            echo.process.send_signal(signal.SIGTERM)
            for client in (peer, other):
                await patient(client.wait_closed())
                check_equal(client.close_code, 1001, "close code at the end")
            check_equal(echo.finish(), (0, "", ""), "the end")


main(test)
