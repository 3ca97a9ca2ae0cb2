# SPDX-License-Identifier: MIT
#
# What the tests of examples share: an example as a child process, checks that name themselves, and
# the end of a test without the WebSocket library (77: skipped).
import asyncio
import contextlib
import os
import pathlib
import re
import resource
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request

try:
    import websockets
except ImportError:
    # Debian's package is for Debian's interpreter.
    if sys.executable != "/usr/bin/python3" and os.path.exists("/usr/bin/python3"):
        os.execv("/usr/bin/python3", ["/usr/bin/python3", *sys.argv])
    websockets = None

sys.path.insert(1, str(pathlib.Path(__file__).parents[1] / "support"))
from ports import free_port  # noqa: E402, F401

PATIENCE = 20  # seconds any one thing may take

# Servers say when they have fewer descriptors than connections are allowed.
_, most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def check(holds, what):
    if not holds:
        raise AssertionError(what)


def check_equal(seen, expected, what):
    check(seen == expected, f"{what}: expected {expected!r}, saw {seen!r}")


# What a server says while it sees its clients off: how often depends on how long that takes.
PROGRESS = re.compile(r"\w+: (\d+) of (\d+) clients left\n")


class Program:
    """A server that says its port: "...localhost:PORT..." in its first line. `trust`: it speaks
    TLS, and this is whom its clients believe (an ssl.SSLContext)."""

    def __init__(self, *command, trust=None, **options):
        self.trust = trust
        self.progress = []  # lines
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        text=True, **options)
        self.first_line = self.process.stdout.readline()
        found = re.search(r"localhost:(\d+)", self.first_line)
        if not found:
            raise AssertionError(f"{command}: {self.first_line!r} {self.finish(kill=True)}")
        self.port = int(found[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def finish(self, kill=False, patience=PATIENCE):
        if kill:
            self.process.kill()
        output, errors = self.process.communicate(timeout=patience)
        lines = errors.splitlines(keepends=True)
        self.progress += [line for line in lines if PROGRESS.fullmatch(line)]
        errors = "".join(line for line in lines if not PROGRESS.fullmatch(line))
        return self.process.returncode, output, errors

    def stop(self, number=signal.SIGINT, patience=PATIENCE):
        """Interrupts it; what it answers with is (status, output, errors but for `progress`)."""
        self.process.send_signal(number)
        return self.finish(patience=patience)

    def get(self, path, method="GET"):
        """(status, headers, body) of an HTTP request."""
        scheme = "https" if self.trust else "http"
        address = f"{scheme}://localhost:{self.port}{path}"
        request = urllib.request.Request(address, method=method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE, context=self.trust) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as answer:
            with answer:
                return answer.code, answer.headers, answer.read()

    def connect(self, path="/ws"):
        scheme = "wss" if self.trust else "ws"
        return websockets.connect(f"{scheme}://localhost:{self.port}{path}", ssl=self.trust,
                                  open_timeout=PATIENCE, max_size=None, ping_interval=None)


def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, timeout=120, **options)


def patient(awaitable):
    return asyncio.wait_for(awaitable, PATIENCE)


@contextlib.contextmanager
def plain_socket(port):
    with socket.create_connection(("localhost", port), timeout=PATIENCE) as connection:
        yield connection


def main(test):
    """Runs `async test(program, *arguments)`; asks for websockets first."""
    if websockets is None:
        print("SKIPPED: there is no Python module websockets (Debian: python3-websockets)")
        sys.exit(77)
    asyncio.run(asyncio.wait_for(test(*sys.argv[1:]), 240))
    print(os.path.basename(sys.argv[0]), "passed")
