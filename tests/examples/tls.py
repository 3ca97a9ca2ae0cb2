# SPDX-License-Identifier: MIT
#
# A server that gets its certificate from its settings: it speaks https and wss and nothing else,
# reads its files again at SIGHUP, and says what is wrong with one.
#
# usage: tls.py <chat or echo>
import asyncio
import os
import pathlib
import shutil
import signal
import socket
import ssl
import sys
import tempfile
import time
from program import PATIENCE, Program, check, check_equal, main, patient, run

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from certificates import Authority  # noqa: E402


def arguments(certificate, key):
    return ["--security.tls_certificate", certificate, "--security.tls_key", key]


def served_name(program, trust):
    """The name in the certificate that a new connection gets; TLS's version."""
    with socket.create_connection(("localhost", program.port), timeout=PATIENCE) as plain:
        with trust.wrap_socket(plain, server_hostname="localhost") as connection:
            subject = dict(pair for part in connection.getpeercert()["subject"] for pair in part)
            return subject["commonName"], connection.version()


async def it_speaks_tls_and_nothing_else(program, authority, folder):
    files = authority.sign()
    with Program(program, "--port", "0", *arguments(*files), trust=authority.trust,
                 cwd=folder) as server:
        check(server.first_line.split(": ")[1].startswith(("https://", "wss://")),
              f"its address: {server.first_line}")
        check_equal(server.get("/health")[0], 200, "health over https")
        check_equal(served_name(server, authority.trust), ("localhost", "TLSv1.3"), "agreed on")
        async with server.connect("/ws?name=Ada") as peer:
            await patient(await peer.ping())
            await peer.close()
            check_equal(peer.close_code, 1000, "close code over wss")
        server.trust = None
        check_equal(server.get("/health")[0], 400, "plain http")
        server.trust = ssl.create_default_context()
        try:
            server.get("/health")
            check(False, "who does not know the authority must not believe it")
        except OSError as error:
            check("CERTIFICATE_VERIFY_FAILED" in str(error), str(error))
        check_equal(server.stop(), (0, "", ""), "the end")


def the_oldest_version_is_a_setting(program, authority, folder):
    two = ssl.create_default_context(cafile=authority.certificate)
    two.maximum_version = ssl.TLSVersion.TLSv1_2
    files = authority.sign()
    with Program(program, "--port", "0", *arguments(*files), cwd=folder) as server:
        check_equal(served_name(server, two)[1], "TLSv1.2", "by default")
    with Program(program, "--port", "0", *arguments(*files), "--security.tls_min_version", "1.3",
                 cwd=folder) as server:
        check_equal(served_name(server, authority.trust)[1], "TLSv1.3", "of one that speaks it")
        try:
            served_name(server, two)
            check(False, "TLS 1.2 must be refused")
        except ssl.SSLError as error:
            check("PROTOCOL_VERSION" in str(error), str(error))


async def a_hangup_reads_the_files_again(program, authority, folder):
    certificate, key = authority.sign("renewed", common_name="first")
    with Program(program, "--port", "0", *arguments(certificate, key), trust=authority.trust,
                 cwd=folder) as server:
        check_equal(served_name(server, authority.trust)[0], "first", "at the start")
        async with server.connect("/ws?name=Ada") as peer:
            authority.sign("renewed", common_name="second")
            server.process.send_signal(signal.SIGHUP)
            end = time.monotonic() + PATIENCE
            while served_name(server, authority.trust)[0] != "second":
                check(time.monotonic() < end, "the second certificate is not served")
                await asyncio.sleep(0.02)
            await patient(await peer.ping())  # who was there has noticed nothing

            pathlib.Path(key).write_text("nothing")
            server.process.send_signal(signal.SIGHUP)
            said = await asyncio.get_running_loop().run_in_executor(
                None, server.process.stderr.readline)
            check(said.endswith(f": {key}: holds no private key in PEM\n"), f"said {said!r}")
            check_equal(served_name(server, authority.trust)[0], "second", "what stays in use")
            await patient(await peer.ping())
        check_equal(server.stop(), (0, "", ""), "the end")


def what_is_wrong_with_a_file_is_said(program, authority, folder):
    certificate, key = authority.sign("right")
    _, foreign = authority.sign("foreign")
    closed = authority.path("closed.pem")
    shutil.copy(key, closed)
    os.chmod(closed, 0)
    missing = authority.path("missing.pem")
    wrong = [((certificate, foreign), f"{foreign}: is not the key of the certificate in "
              f"{certificate}"),
             ((missing, key), f"{missing}: No such file or directory"),
             ((certificate, certificate), f"{certificate}: holds no private key in PEM"),
             ((certificate, ""), "key_file: must name a file"),
             (("", key), "certificate_file: must name a file")]
    if os.geteuid() != 0:  # who may read everything
        wrong.append(((certificate, closed), f"{closed}: Permission denied"))
    for files, words in wrong:
        done = run(program, "--port", "0", *arguments(*files), cwd=folder)
        check_equal((done.returncode, done.stdout), (1, ""), f"status with {files}")
        check(done.stderr.endswith(f"{words}\n"), f"{files}: {done.stderr!r}, not {words!r}")


def what_is_served_none_the_less_is_told(program, authority, folder):
    certificate, key = authority.sign("expired", days="-1")
    os.chmod(key, 0o644)
    with Program(program, "--port", "0", *arguments(certificate, key), cwd=folder) as server:
        status, _, errors = server.stop()
        check_equal(status, 0, "the end")
        check(f"{key}: every user of this machine may read the key\n" in errors, errors)
        check(f"{certificate}: the certificate expired on " in errors, errors)


async def test(program):
    if shutil.which("openssl") is None:
        print("SKIPPED: there is no openssl (Debian: apt-get install openssl)")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as folder:
        authority = Authority(folder)
        await it_speaks_tls_and_nothing_else(program, authority, folder)
        the_oldest_version_is_a_setting(program, authority, folder)
        await a_hangup_reads_the_files_again(program, authority, folder)
        what_is_wrong_with_a_file_is_said(program, authority, folder)
        what_is_served_none_the_less_is_told(program, authority, folder)


main(test)
