#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# OpenSSL's own client against the relay over TLS: what it agrees on, and what it is refused.
#
# usage: openssl_peer.py <relay_server_tls>          exits 77 when there is no openssl
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from ports import free_port  # noqa: E402

PATIENCE = 30
REQUEST = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
UPGRADE = (b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")


def make_certificate(folder, algorithm, option):
    certificate, key = f"{folder}/{algorithm}.pem", f"{folder}/{algorithm}-key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", algorithm, "-pkeyopt", option, "-nodes",
                    "-days", "1", "-subj", "/CN=localhost", "-addext",
                    "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate],
                   check=True, capture_output=True)
    return certificate, key


def start(program, port, certificate, key):
    relay = subprocess.Popen([program, "--port", str(port), "--certificate", certificate, "--key",
                              key])
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return relay
        except OSError:
            time.sleep(0.01)
    relay.kill()
    raise SystemExit("the relay does not listen")


class Client:
    """s_client, its input given whole; it ends when the server closes."""

    def __init__(self, port, certificate, *arguments, say=REQUEST):
        command = ["openssl", "s_client", "-connect", f"localhost:{port}", "-servername",
                   "localhost", "-CAfile", certificate, "-verify_return_error", "-ign_eof",
                   *arguments]
        done = subprocess.run(command, input=say, capture_output=True, text=True,
                              timeout=PATIENCE)
        self.output = done.stdout + done.stderr
        self.exit_code = done.returncode

    def is_served(self):
        return "HTTP/1.1 200 OK" in self.output

    def has(self, *words):
        return all(word in self.output for word in words)


def agrees(client):
    one = client("-tls1_3", "-alpn", "h2,http/1.1")
    assert one.is_served() and one.exit_code == 0, one.output
    assert one.has("Verify return code: 0 (ok)", "TLSv1.3", "ALPN protocol: http/1.1"), one.output
    two = client("-tls1_2")
    assert two.is_served() and two.has("TLSv1.2", "Compression: NONE"), two.output
    assert client("-tls1_2", "-cipher", "ECDHE+CHACHA20").is_served()
    assert client("-tls1_2", "-curves", "P-384:P-256").is_served()


def speaks_websocket(port, certificate):
    """An upgrade typed by hand, then frames: what is said comes back, and so does the close."""
    typed = subprocess.Popen(["openssl", "s_client", "-connect", f"localhost:{port}", "-CAfile",
                              certificate, "-verify_return_error", "-quiet", "-ign_eof"],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL)
    killer = threading.Timer(PATIENCE, typed.kill)
    killer.start()
    try:
        typed.stdin.write(UPGRADE)
        typed.stdin.flush()
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            byte = typed.stdout.read(1)
            assert byte, f"the end, after {head}"
            head += byte
        # The key and its answer of RFC 6455, section 1.3.
        assert head.startswith(b"HTTP/1.1 101 ") and b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in head, head
        mask = b"\0\0\0\0"
        typed.stdin.write(b"\x81\x85" + mask + b"hello")
        typed.stdin.flush()
        frame = typed.stdout.read(7)
        assert frame == b"\x81\x05hello", frame
        typed.stdin.write(b"\x88\x82" + mask + b"\x03\xe8")
        typed.stdin.flush()
        frame = typed.stdout.read()  # to the end of the connection
        assert frame == b"\x88\x02\x03\xe8", frame
        assert typed.wait(PATIENCE) == 0
    finally:
        killer.cancel()
        typed.kill()
        typed.wait()


def refuses_what_is_old(client):
    for version in ["-tls1", "-tls1_1"]:
        old = client(version, "-cipher", "ALL:@SECLEVEL=0")
        assert not old.is_served() and old.has("alert protocol version"), old.output
    for cipher in ["AES128-SHA", "AES128-GCM-SHA256", "ECDHE-RSA-AES128-SHA",
                   "ECDHE-ECDSA-AES128-SHA256", "DHE-RSA-AES128-GCM-SHA256"]:
        weak = client("-tls1_2", "-cipher", f"{cipher}:@SECLEVEL=0")
        assert not weak.is_served() and weak.has("alert handshake failure"), weak.output
    other = client("-alpn", "h2")
    assert other.has("alert no application protocol"), other.output


def resumes_nothing(client):
    assert not client("-tls1_3").has("New Session Ticket"), "a ticket was sent"
    assert client("-tls1_2").has("Secure Renegotiation IS supported")
    again = client("-tls1_2", "-reconnect")
    assert not again.has("Reused"), again.output


def main():
    if shutil.which("openssl") is None:
        print("there is no openssl (Debian: apt-get install openssl)")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as folder:
        for algorithm, option in [("ec", "ec_paramgen_curve:P-256"),
                                  ("rsa", "rsa_keygen_bits:2048")]:
            certificate, key = make_certificate(folder, algorithm, option)
            port = free_port()
            relay = start(sys.argv[1], port, certificate, key)

            def client(*arguments, say=REQUEST):
                return Client(port, certificate, *arguments, say=say)

            try:
                for check in [agrees, refuses_what_is_old, resumes_nothing]:
                    check(client)
                    print(f"{algorithm}: {check.__name__}: fine")
                speaks_websocket(port, certificate)
                print(f"{algorithm}: speaks_websocket: fine")
                assert relay.poll() is None, "the relay has ended"
            finally:
                relay.kill()
                relay.wait()


main()
