# SPDX-License-Identifier: MIT
#
# A proxy with one of the configurations of examples/deploy, as a child process.
import os
import pathlib
import subprocess
import sys
import time
import urllib.error
import urllib.request
from program import PATIENCE, check, free_port, websockets

ADA, BOB = "127.0.0.2", "127.0.0.3"  # the proxy itself is 127.0.0.1
FILES = {"nginx": "nginx.conf", "haproxy": "haproxy.cfg", "nginx_tls": "nginx_tls.conf"}


def program_of(kind):
    return kind.split("_")[0]


def need_proxy(kind):
    program = program_of(kind)
    if os.access(f"/usr/sbin/{program}", os.X_OK):
        return
    print(f"SKIPPED: there is no {program} (Debian: apt-get install "
          f"{'nginx-light' if program == 'nginx' else program})")
    sys.exit(77)


class Proxy:
    """An example's configuration with free ports, and timeouts that a test can wait for. With an
    authority it speaks TLS to both sides, and its clients believe that authority."""

    def __init__(self, kind, root, folder, upstream, timeout="3600s", authority=None):
        self.kind, self.port = kind, free_port()
        self.trust = authority.trust if authority else None
        name, changes = FILES[kind], [("3600s", timeout)]
        if authority:
            certificate, key = authority.sign("proxy")
            changes += [("8443", str(self.port)), ("8444", str(upstream)),
                        ("/etc/nginx/pumphouse/chain.pem", certificate),
                        ("/etc/nginx/pumphouse/key.pem", key),
                        ("/etc/nginx/pumphouse/authority.pem", authority.certificate)]
        else:
            changes += [("8080", str(self.port)), ("8081", str(upstream))]
        text = pathlib.Path(root, "examples/deploy", name).read_text(encoding="utf-8")
        for old, new in changes:
            check(old in text, f"{name} has no {old}")
            text = text.replace(old, new)
        self.log = open(pathlib.Path(folder, f"{kind}.log"), "w+")
        file = pathlib.Path(folder, name)
        file.write_text(text)
        command = [f"/usr/sbin/{kind}", "-f", str(file), "-db"]
        if program_of(kind) == "nginx":
            command = ["/usr/sbin/nginx", "-e", "stderr", "-p", folder, "-c",
                       self.around(folder, name)]
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log)

    @staticmethod
    def around(folder, name):
        """What stands in /etc/nginx/nginx.conf elsewhere."""
        paths = "".join(f"{name}_temp_path {folder}/{name};\n" for name in
                        ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        file = pathlib.Path(folder, "around.conf")
        file.write_text(f"daemon off;\nmaster_process off;\npid {folder}/nginx.pid;\n"
                        f"error_log stderr;\nevents {{}}\nhttp {{\naccess_log off;\n{paths}"
                        f"include {folder}/{name};\n}}\n")
        return str(file)

    def __enter__(self):
        until(lambda: self.get("/health")[0] == 200, self.said)
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.log.close()

    def said(self):
        self.log.seek(0)
        return f"{self.kind} ({self.process.poll()}): {self.log.read()}"

    def get(self, path):
        try:
            scheme = "https" if self.trust else "http"
            with urllib.request.urlopen(f"{scheme}://127.0.0.1:{self.port}{path}",
                                        timeout=PATIENCE, context=self.trust) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as answer:
            with answer:
                return answer.code, answer.headers, answer.read()
        except OSError as error:
            return None, {}, str(error)

    def connect(self, who=ADA, **options):
        scheme = "wss" if self.trust else "ws"
        return websockets.connect(f"{scheme}://127.0.0.1:{self.port}/ws", open_timeout=PATIENCE,
                                  ping_interval=None, local_addr=(who, 0), ssl=self.trust,
                                  **options)


def until(condition, what):
    end = time.monotonic() + PATIENCE
    while not condition():
        check(time.monotonic() < end, what())
        time.sleep(0.02)
