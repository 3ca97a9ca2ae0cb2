# SPDX-License-Identifier: MIT
#
# Half-open connections: the peer's machine is still there for the kernel, but nobody answers a
# ping. Two kinds: a process that was stopped in its sleep, and one that reads and does not answer.
import multiprocessing
import os
import signal

from scene import check, check_equal, main
from wire import client

PEERS = 200
SETTINGS = ["--websocket.ping_interval", "500ms", "--websocket.pong_wait", "4s",
            "--websocket.close_wait", "500ms"]


def sleeper(port, told):
    """Opens its connections, says so and stops, as a laptop that was closed."""
    peers = [client(port) for _ in range(PEERS // 2)]
    told.send(len(peers))
    os.kill(os.getpid(), signal.SIGSTOP)
    # Woken: it finds that nobody has waited for it.
    told.send([each.close_code() for each in peers])


def attack(scene):
    heard, told = multiprocessing.Pipe(duplex=False)
    stopped = multiprocessing.Process(target=sleeper, args=(scene.port, told))
    stopped.start()
    check_equal(heard.recv(), PEERS // 2, "connections of the one who is stopped")
    silent = [client(scene.port) for _ in range(PEERS // 2)]
    scene.serves()
    for each in silent:
        check_equal(each.close_code(), 3012, "close code of who reads and says nothing")
        each.socket.close()
    os.kill(stopped.pid, signal.SIGCONT)
    codes = heard.recv()
    stopped.join()
    check(set(codes) <= {3012, None}, f"close codes of the one who was stopped: {codes}")


main(attack, SETTINGS)
