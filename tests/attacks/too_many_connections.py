# SPDX-License-Identifier: MIT
#
# 20,000 connections against a cap of 1,000. As many as fit get in; every other one is told 503 or
# closed, none is left hanging, and when they have gone there is room again.
#
# A process may not have enough descriptors for all of them, so several share the work.
import multiprocessing
import selectors
import socket
import time

from scene import CLIENTS, check, check_equal, main
from wire import PATIENCE, upgrade_request

CAP = 1000
CONNECTIONS = 20_000
PROCESSES = 4
AT_A_TIME = 500  # connections of a process that wait for an answer
SETTINGS = ["--server.max_connections", str(CAP)]


class Storm:
    """One process's share: what became of each of its connections."""

    def __init__(self, port, number):
        self.port, self.number = port, number
        self.came = dict.fromkeys(("admitted", "refused", "closed"), 0)
        self.kept = []
        self.selector = selectors.DefaultSelector()

    def connect(self, index):
        peer = socket.socket()
        peer.setblocking(False)
        peer.bind((f"127.0.0.{2 + (self.number * 8 + index) % 32}", 0))
        peer.connect_ex(("127.0.0.1", self.port))
        self.selector.register(peer, selectors.EVENT_WRITE)

    def ready(self, peer, events):
        """True when the connection's fate is known."""
        try:
            if events & selectors.EVENT_WRITE:
                self.selector.modify(peer, selectors.EVENT_READ)
                peer.send(upgrade_request())
                return False
            answer = peer.recv(4096)
        except (BrokenPipeError, ConnectionResetError):
            answer = b""
        self.selector.unregister(peer)
        if answer.startswith(b"HTTP/1.1 101"):
            self.came["admitted"] += 1
            self.kept.append(peer)
            return True
        self.came["refused" if answer.startswith(b"HTTP/1.1 503") else "closed"] += 1
        check(not answer or answer.startswith(b"HTTP/1.1 503"), f"it says {answer!r}")
        peer.close()
        return True

    def run(self, count):
        made = done = 0
        end = time.monotonic() + 2 * PATIENCE
        while done < count:
            check(time.monotonic() < end, f"{made - done} connections hang")
            while made < count and made - done < AT_A_TIME:
                self.connect(made)
                made += 1
            for key, events in self.selector.select(1):
                done += self.ready(key.fileobj, events)


def storm(port, number, results, may_end):
    share = Storm(port, number)
    share.run(CONNECTIONS // PROCESSES)
    results.put(share.came)
    may_end.wait()


def one_round(scene):
    results, may_end = multiprocessing.Queue(), multiprocessing.Event()
    processes = [multiprocessing.Process(target=storm, args=(scene.port, number, results, may_end),
                                         daemon=True)
                 for number in range(PROCESSES)]
    for each in processes:
        each.start()
    came = [results.get(timeout=4 * PATIENCE) for _ in processes]
    total = {name: sum(each[name] for each in came) for name in came[0]}
    may_end.set()
    for each in processes:
        each.join()
        check_equal(each.exitcode, 0, "how a process of the storm ended")
    return total


def attack(scene):
    total = one_round(scene)
    print(total)
    check_equal(sum(total.values()), CONNECTIONS, "connections whose fate is known")
    # Of those before them one or two may not be gone yet.
    check(total["refused"] > total["closed"], "most of the others are told why")
    check(CAP - CLIENTS - 2 <= total["admitted"] <= CAP - CLIENTS, "those who fit")
    scene.serves_again()


main(attack, SETTINGS)
