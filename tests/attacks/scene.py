# SPDX-License-Identifier: MIT
#
# The scene of an attack: a server as a process of its own, clients that keep asking it while it is
# attacked, and what must hold in the end: every question was answered, whoever comes then is
# served, memory is as it was, and the server ends well when it is told to.
#
# A file of this folder is one attack:
#
#     SETTINGS = ["--server.handshake_deadline", "1s"]
#     def attack(scene): ...      one round of it, repeated for SECONDS
#     main(attack, SETTINGS)
#
# usage: ATTACK.py <echo> [--measure] [--no-memory]
#
# --measure prints what the attack cost those who ask, as a row of a table; see docs/testing.md.
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import time

sys.path.insert(1, os.path.join(os.path.dirname(__file__), "..", "examples"))
from program import Program, check, check_equal  # noqa: E402
from wire import PATIENCE, client  # noqa: E402

CLIENTS = 10  # who keep asking, all together
PER_SECOND = 200
MARGIN_BYTES = 64 << 20  # of memory; an attack of megabytes that is kept goes past it
SECONDS, MEASURED_SECONDS = 1, 6  # an attack goes on for so long at least


class Asking:
    """The process of well_behaved.py."""

    def __init__(self, port):
        script = os.path.join(os.path.dirname(__file__), "well_behaved.py")
        self.process = subprocess.Popen([sys.executable, script, str(port), str(CLIENTS),
                                         str(PER_SECOND)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.so_far()

    def so_far(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        check(line, "those who are well-behaved were not served")
        return json.loads(line)

    def end(self):
        line, _ = self.process.communicate(timeout=2 * PATIENCE)
        check_equal(self.process.returncode, 0, "how it ended for those who are well-behaved")
        return json.loads(line)


class Scene:
    def __init__(self, program, settings, arguments, **options):
        self.is_measured = arguments.measure
        self.has_memory = not arguments.no_memory
        if "--security.messages_per_second" not in settings:  # not what protects from the rest
            settings = [*settings, "--security.messages_per_second", "0"]
        self.server = Program(program, "--port", "0", *settings, **options)
        self.port = self.server.port
        self.seconds = MEASURED_SECONDS if self.is_measured else SECONDS

    def resident_bytes(self):
        status = pathlib.Path(f"/proc/{self.server.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) << 10

    def check_memory(self, before):
        grown = self.resident_bytes() - before
        check(not self.has_memory or grown < MARGIN_BYTES, f"memory has grown by {grown} bytes")

    def metric(self, name, **labels):
        """What /metrics says, summed over the label values that are not named."""
        _, _, page = self.server.get("/metrics")
        wanted = [f'{key}="{value}"' for key, value in labels.items()]
        return sum(float(line.split()[-1]) for line in page.decode().splitlines()
                   if re.match(rf"{name}[ {{]", line) and all(each in line for each in wanted))

    def serves(self):
        """Whoever comes now is served like anybody."""
        with client(self.port) as peer:
            check_equal(peer.ask(b"who are you?"), b"who are you?", "what a new client hears")

    def serves_again(self):
        """The same after an attack, which is over for the server when it has noticed."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                return self.serves()
            except AssertionError:
                check(time.monotonic() < end, "there is no room after all have gone")


def give_cores(server, asking):
    """The server has one to itself; on the other, the attack runs when nobody asks: what is
    measured is what it does to the server, not to those who share a core with it."""
    if (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(server, {0})
        for each in (0, asking):
            os.sched_setaffinity(each, set(range(1, os.cpu_count())))
    os.nice(19)
    try:
        os.sched_setscheduler(asking, os.SCHED_FIFO, os.sched_param(1))
    except PermissionError:
        print("the askers do not run in real time: expect more", file=sys.stderr)


def check_end(server, tells):
    """It ends well, and has said nothing to its operator but what the attack makes it say."""
    status, said, problems = server.stop(patience=2 * PATIENCE)
    check_equal((status, said), (0, ""), "the server's end")
    lines = problems.splitlines()
    check(not lines if tells is None else lines and all(tells in each for each in lines),
          f"the server told its operator {problems!r}")


def run(attack, settings, arguments, tells, options):
    scene = Scene(arguments.program, settings, arguments, **options)
    asking = None
    with scene.server:
        try:
            asking = Asking(scene.port)
            if scene.is_measured:
                give_cores(scene.server.process.pid, asking.process.pid)
                asking.so_far()
                time.sleep(MEASURED_SECONDS)
            quiet = asking.so_far()
            before = scene.resident_bytes()
            ends = time.monotonic() + scene.seconds
            attack(scene)
            while time.monotonic() < ends:
                attack(scene)
            attacked = asking.so_far()
            scene.serves()
            scene.check_memory(before)
            asked = asking.end()
            check_equal(asked["answered"], asked["asked"], "answers")
            check_end(scene.server, tells)
        finally:
            if asking:
                asking.process.kill()
                asking.process.wait()
    if scene.is_measured:
        name = os.path.basename(sys.argv[0]).removesuffix(".py").replace("_", " ")
        print(f"| {name} | {quiet['p99']:.2f} ms | {attacked['p99']:.2f} ms | "
              f"{attacked['p99'] / max(quiet['p99'], 0.001):.2f} |")
    else:
        print(f"{asked['answered']} questions answered, the slowest percent of those during the "
              f"attack in {attacked['p99']} ms")


def main(attack, settings, tells=None, **options):
    """`tells`: what is in every line that the server says to its operator; None: it says none."""
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--measure", action="store_true")
    parser.add_argument("--no-memory", action="store_true")
    run(attack, settings, parser.parse_args(), tells, options)
