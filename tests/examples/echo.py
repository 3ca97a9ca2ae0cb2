# SPDX-License-Identifier: MIT
#
# 08_echo: everything comes back as it was sent.
#
# usage: echo.py <echo>
import signal
from program import Program, check_equal, main, patient


async def test(program):
    with Program(program, "0") as echo:
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
        check_equal(echo.stop()[0], -signal.SIGINT, "status after SIGINT")


main(test)
