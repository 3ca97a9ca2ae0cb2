# SPDX-License-Identifier: MIT
#
# 02_chat_room: what one says, all others hear, and he does not. Its port comes from its settings.
#
# usage: chat_room.py <chat_room>
import asyncio
import signal
import subprocess
import time
from program import PATIENCE, check, check_equal, free_port, main, patient, run, websockets


async def connect(process, port):
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return await websockets.connect(f"ws://localhost:{port}/ws")
        except OSError:
            check(process.poll() is None, "it has ended")
            check(time.monotonic() < end, "it does not listen")
            await asyncio.sleep(0.05)


async def talk(process, port):
    ada, bob, eve = [await connect(process, port) for _ in range(3)]
    await ada.send("from Ada")
    for peer in (bob, eve):
        check_equal(await patient(peer.recv()), "from Ada", "what others hear")
    await eve.close()
    await bob.send(b"from Bob")
    # The first that Ada hears: her own message did not come back.
    check_equal(await patient(ada.recv()), b"from Bob", "what Ada hears")


async def test(program):
    done = run(program, "--prot", "1")
    check_equal(done.returncode, 2, "status with a key that nobody knows")
    check("--prot" in done.stderr, f"it says {done.stderr!r}")
    port = free_port()
    process = subprocess.Popen([program, "--port", str(port)])
    try:
        await talk(process, port)
        check_equal(process.poll(), None, "status")
        last = await connect(process, port)
        process.send_signal(signal.SIGTERM)
        await patient(last.wait_closed())
        check_equal(last.close_code, 1001, "close code at the end")
        check_equal(process.wait(PATIENCE), 0, "status after SIGTERM")
    finally:
        process.kill()
        process.wait()


main(test)
