# SPDX-License-Identifier: MIT
#
# 07_inside_an_asio_server: its own service and the hub's clients at the same time, and what goes
# from one to the other.
#
# usage: inside_an_asio_server.py <inside_an_asio_server>
import asyncio
import contextlib
import re
import signal
from program import Program, check_equal, main, patient

CLIENTS = 8
PRICES = 200


class Line:
    """A client of the service: a line in, a line out."""

    def __init__(self, streams):
        self.reader, self.writer = streams

    async def ask(self, line):
        self.writer.write(line.encode() + b"\n")
        return (await patient(self.reader.readline())).decode().rstrip("\n")


async def tell_prices(port, name):
    line = Line(await asyncio.open_connection("127.0.0.1", port))
    for price in range(PRICES):
        check_equal(await line.ask(f"set {name} {price}"), "ok", "the answer to set")
    line.writer.close()


async def hear_prices(socket, names):
    """Each name's prices in order, whatever the order of the names."""
    heard = {name: [] for name in names}
    for _ in range(PRICES * len(names)):
        name, price = (await patient(socket.recv())).split()
        heard[name].append(int(price))
    for name in names:
        check_equal(heard[name], list(range(PRICES)), f"prices of {name}")


async def test(program):
    with Program(program, "--prices.port", "0", "--port", "0") as server:
        port = int(re.search(r"port (\d+)", server.first_line)[1])
        line = Line(await asyncio.open_connection("127.0.0.1", port))
        check_equal(await line.ask("get gold"), "gold unknown", "a price nobody has told")
        check_equal(await line.ask("sell gold"), "get NAME, or set NAME PRICE", "nonsense")
        async with contextlib.AsyncExitStack() as stack:
            sockets = [await stack.enter_async_context(server.connect()) for _ in range(CLIENTS)]
            # Asked and answered: each has asked to join before any price is told.
            for socket in sockets:
                await socket.send("gold")
                check_equal(await patient(socket.recv()), "gold unknown", "a price asked for")
            names = ["gold", "silver", "lead"]
            await asyncio.gather(*(tell_prices(port, name) for name in names),
                                 *(hear_prices(socket, names) for socket in sockets))
            await sockets[0].send("lead")
            check_equal(await patient(sockets[0].recv()), f"lead {PRICES - 1}", "the last price")
            check_equal(await line.ask("get lead"), f"lead {PRICES - 1}", "the last price")
            server.process.send_signal(signal.SIGTERM)
            for socket in sockets:
                await patient(socket.wait_closed())
                check_equal(socket.close_code, 1001, "close code at the end")
            check_equal(server.finish(), (0, "", ""), "the end")


main(test)
