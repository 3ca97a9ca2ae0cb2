# SPDX-License-Identifier: MIT
#
# A Prometheus server, as Debian has it, reads the metrics of the echo from a port of their own,
# without a complaint; and what it has read is what the clients of the echo have counted: who came,
# who was refused and why, messages and bytes either way.
#
# usage: prometheus_scrape.py <echo>
import contextlib
import json
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

from program import Program, check, check_equal, free_port, run

sys.path.insert(1, str(pathlib.Path(__file__).parent.parent / "attacks"))
from wire import BINARY, PATIENCE, TEXT, Peer, client, frame, upgrade_request  # noqa: E402

CLIENTS = 20
PROMETHEUS, PROMTOOL = shutil.which("prometheus"), shutil.which("promtool")


class Prometheus:
    """One that reads a single server, every five seconds."""

    def __init__(self, folder, target):
        config = pathlib.Path(folder, "prometheus.yml")
        config.write_text("global: {scrape_interval: 5s, scrape_timeout: 5s}\n"
                          "scrape_configs:\n  - job_name: echo\n    static_configs:\n"
                          f"      - targets: ['{target}']\n")
        done = run(PROMTOOL, "check", "config", str(config))
        check_equal(done.returncode, 0, f"promtool on its configuration: {done.stderr}")
        self.address = f"127.0.0.1:{free_port()}"
        self.log = pathlib.Path(folder, "prometheus.log")
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [PROMETHEUS, f"--config.file={config}", f"--storage.tsdb.path={folder}/data",
                 f"--web.listen-address={self.address}"], stdout=log, stderr=log)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def get(self, path, **query):
        url = f"http://{self.address}/api/v1/{path}?{urllib.parse.urlencode(query)}"
        with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
            return json.load(answer)["data"]

    def value(self, query):
        """Of one series, or the sum of several; None when there is none yet."""
        result = self.get("query", query=f"sum({query})")["result"]
        return float(result[0]["value"][1]) if result else None

    def says(self, expected):
        """Waits until it has read what is expected: {query: value}."""
        end = time.monotonic() + PATIENCE
        while True:
            seen = None
            with contextlib.suppress(OSError):  # it may not be listening yet
                seen = {query: self.value(query) for query in expected}
            if seen == expected:
                return
            check(self.process.poll() is None, f"it has ended: {self.log.read_text()}")
            check(time.monotonic() < end, f"expected {expected}, it has read {seen}")
            time.sleep(0.2)


def refused(port, status, **headers):
    with Peer(port) as peer:
        peer.say(upgrade_request(**headers))
        check_equal(peer.answer().status, status, f"status with {headers}")


class Session:
    """What clients do, and what they count."""

    def __init__(self, port):
        self.port = port
        self.peers = [client(port) for _ in range(CLIENTS)]
        self.count = dict.fromkeys((TEXT, BINARY), 0)
        self.bytes = dict.fromkeys((TEXT, BINARY), 0)
        self.framed = 0

    def talk(self):
        for number, peer in enumerate(self.peers):
            for opcode, payload in ((TEXT, b"t" * number), (BINARY, b"b" * (1000 + number)),
                                    (TEXT, b"last")):
                peer.say(frame(opcode, payload))
                check_equal(peer.hear(), (opcode, payload), "what comes back")
                self.count[opcode] += 1
                self.bytes[opcode] += len(payload)
                self.framed += len(frame(opcode, payload, mask=False))

    def expected(self):
        expected = {"websocket_active_connections": CLIENTS,
                    'websocket_connections_total{status="accepted"}': CLIENTS,
                    'websocket_connections_total{status="rejected"}': 3 + 2,
                    "websocket_upgrades_total": CLIENTS,
                    "websocket_written_bytes_total": self.framed,
                    'websocket_refusals_total{reason="origin_not_allowed"}': 3,
                    'websocket_refusals_total{reason="websocket_version"}': 2}
        for direction in ("inbound", "outbound"):
            for opcode, kind in ((TEXT, "text"), (BINARY, "binary")):
                labels = f'{{direction="{direction}",type="{kind}"}}'
                expected["websocket_messages_total" + labels] = self.count[opcode]
                expected["websocket_message_size_bytes_sum" + labels] = self.bytes[opcode]
                expected["websocket_message_size_bytes_count" + labels] = self.count[opcode]
        return expected


def everything(program, folder):
    admin = free_port()
    arguments = ["--port", "0", "--monitoring.admin_port", str(admin)]
    with Program(program, *arguments) as echo, Prometheus(folder, f"127.0.0.1:{admin}") as reader:
        check_equal(echo.get("/metrics")[0], 426, "metrics on the port of all")
        check_equal(echo.get("/health")[0], 200, "health on the port of all")
        session = Session(echo.port)
        session.talk()
        for _ in range(3):
            refused(echo.port, 403, Origin="https://evil.example")
        for _ in range(2):
            with Peer(echo.port) as peer:
                peer.say(upgrade_request().replace(b"Version: 13", b"Version: 12"))
                check_equal(peer.answer().status, 426, "status of an old version")
        reader.says({"up": 1, **session.expected()})
        broken = client(echo.port)
        broken.say(frame(TEXT, b"hello", mask=False))
        check_equal(broken.close_code(), 1002, "close code of an unmasked frame")
        for each in (*session.peers, broken):
            each.socket.close()
        reader.says({"websocket_active_connections": 0,
                     'websocket_connections_total{status="accepted"}': CLIENTS + 1,
                     "websocket_connection_duration_seconds_count": CLIENTS + 1,
                     'websocket_errors_total{error_type="protocol_violation"}': 1})
        [target] = reader.get("targets")["activeTargets"]
        check_equal((target["health"], target["lastError"]), ("up", ""), "what it says of the echo")
        complaints = [line for line in reader.log.read_text().splitlines()
                      if "level=warn" in line or "level=error" in line]
        check_equal(complaints, [], "complaints of Prometheus")
        print(f"{len(session.expected())} values are what {CLIENTS} clients have counted")
        check_equal(echo.stop(), (0, "", ""), "the end")


if not PROMETHEUS or not PROMTOOL:
    print("SKIPPED: there is no Prometheus (Debian: prometheus)")
    sys.exit(77)
with tempfile.TemporaryDirectory() as temporary:
    everything(sys.argv[1], temporary)
