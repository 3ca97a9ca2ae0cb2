# SPDX-License-Identifier: MIT
#
# 02_chat_room: what one says, all others hear, and he does not. Its port is 8080, always.
#
# usage: chat_room.py <chat_room>
import asyncio
import signal
import socket
import subprocess
import sys
import time
from program import PATIENCE, check, check_equal, main, patient, websockets

ADDRESS = "ws://localhost:8080/ws"


def is_taken():
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", 8080)) == 0


async def connect(process):
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return await websockets.connect(ADDRESS)
        except OSError:
            check(process.poll() is None, "it has ended")
            check(time.monotonic() < end, "it does not listen")
            await asyncio.sleep(0.05)


async def talk(process):
    ada, bob, eve = [await connect(process) for _ in range(3)]
    await ada.send("from Ada")
    for peer in (bob, eve):
        check_equal(await patient(peer.recv()), "from Ada", "what others hear")
    await eve.close()
    await bob.send(b"from Bob")
    # The first that Ada hears: her own message did not come back.
    check_equal(await patient(ada.recv()), b"from Bob", "what Ada hears")


async def test(program):
    if is_taken():
        print("SKIPPED: something else listens on port 8080")
        sys.exit(77)
    process = subprocess.Popen([program])
    try:
        await talk(process)
        check_equal(process.poll(), None, "status")
        last = await connect(process)
        process.send_signal(signal.SIGTERM)
        await patient(last.wait_closed())
        check_equal(last.close_code, 1001, "close code at the end")
        check_equal(process.wait(PATIENCE), 0, "status after SIGTERM")
    finally:
        process.kill()
        process.wait()


main(test)
