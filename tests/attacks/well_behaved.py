# SPDX-License-Identifier: MIT
#
# Clients of an echo that keep asking while others attack: at fixed moments, whether the last
# answer has come or not. A process of its own, so that the attack does not share its thread.
#
# usage: well_behaved.py <port> <clients> <questions per second>
#
# For each line of its input it prints one: {"asked", "answered", "p50", "p99"} since the last one,
# in milliseconds. At the end of its input it waits for what is still to come, prints once more and
# ends; with 1 when an answer was wrong or a client was closed.
import json
import os
import selectors
import sys
import time

from wire import CLOSE, PATIENCE, PING, PONG, TEXT, client, frame, take_frame


class WellBehaved:
    def __init__(self, port, clients, per_second):
        self.clients = [client(port) for _ in range(clients)]
        self.pause = 1 / per_second
        self.asked = self.answered = 0
        self.pending = {}  # moments of questions, by their number
        self.latencies = []
        self.selector = selectors.DefaultSelector()
        self.selector.register(sys.stdin, selectors.EVENT_READ)
        for each in self.clients:
            each.socket.setblocking(False)
            self.selector.register(each.socket, selectors.EVENT_READ, each)

    def ask(self):
        number = b"question %d" % self.asked
        self.pending[number] = time.monotonic()
        self.clients[self.asked % len(self.clients)].socket.sendall(frame(TEXT, number))
        self.asked += 1

    def read(self, peer):
        part = peer.socket.recv(1 << 16)
        if not part:
            raise AssertionError("a well-behaved client was disconnected")
        peer.unread += part
        while taken := take_frame(peer.unread):
            opcode, payload, peer.unread = taken
            if opcode == CLOSE:
                raise AssertionError(f"a well-behaved client was closed: {payload!r}")
            if opcode == PING:
                peer.socket.sendall(frame(PONG, payload))
            elif opcode == TEXT:  # a KeyError: not what was asked, or twice
                self.latencies.append(time.monotonic() - self.pending.pop(payload))
                self.answered += 1

    def report(self):
        times = sorted(self.latencies) or [0]
        at = lambda part: round(times[min(int(len(times) * part), len(times) - 1)] * 1000, 3)
        print(json.dumps({"asked": self.asked, "answered": self.answered, "p50": at(0.5),
                          "p99": at(0.99)}), flush=True)
        self.latencies.clear()

    def turn(self, wait):
        """False at the end of the input."""
        for key, _ in self.selector.select(wait):
            if key.data:
                self.read(key.data)
            elif os.read(sys.stdin.fileno(), 1):
                self.report()
            else:
                return False
        return True

    def run(self):
        due = time.monotonic()
        while self.turn(max(0, due - time.monotonic())):
            while time.monotonic() >= due:
                self.ask()
                due += self.pause
        self.selector.unregister(sys.stdin)
        end = time.monotonic() + PATIENCE
        while self.pending and time.monotonic() < end:
            self.turn(1)
        self.report()
        if self.pending:
            raise AssertionError(f"{len(self.pending)} questions were not answered")


WellBehaved(*map(int, sys.argv[1:4])).run()
