# SPDX-License-Identifier: MIT
#
# The chat with tokens, which another library has signed: who has none, or a wrong one, is refused
# before the upgrade; who has one is called what it says, is closed when it expires, and stays with
# a fresh one; a new key is taken at SIGHUP.
#
# usage: tokens.py <chat>
import contextlib
import json
import pathlib
import signal
import socket
import sys
import tempfile
import time

from program import Program, check, check_equal, main, patient, run, websockets

try:
    import jwt
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec
except ImportError as missing:
    print(f"SKIPPED: {missing} (Debian: python3-jwt, python3-cryptography)")
    sys.exit(77)

SECRET = "a secret of more than thirty-two bytes"


made = []


def token(user, seconds=3600, key=SECRET, algorithm="HS256", **claims):
    expiry = {} if seconds is None else {"exp": time.time() + seconds}
    made.append(jwt.encode({"sub": user, "iss": "https://issuer.example", **expiry, **claims}, key,
                           algorithm=algorithm))
    return made[-1]


def settings(folder, key, algorithm="HS256"):
    file = pathlib.Path(folder, "key")
    file.write_text(key + "\n")
    return ["--port", "0", "--security.jwt_key_file", str(file), "--security.jwt_algorithm",
            algorithm, "--security.jwt_issuer", "https://issuer.example", "--security.jwt_leeway",
            "0"]


async def refused(chat, path, status, code):
    try:
        await patient(chat.connect(path).__aenter__())
        check(False, f"{path} is let in")
    except websockets.exceptions.InvalidStatusCode as answer:
        check_equal(answer.status_code, status, path)
    check_equal(json.loads(upgrade_body(chat, path))["message"], code, path)


def upgrade_body(chat, path):
    """The body of the refusal, which websockets does not show."""
    with socket.create_connection(("localhost", chat.port), timeout=20) as peer:
        peer.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                     "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode())
        text = b""
        while part := peer.recv(4096):
            text += part
        return text.partition(b"\r\n\r\n")[2]


async def hear(peer):
    return json.loads(await patient(peer.recv()))


@contextlib.asynccontextmanager
async def visitor(chat, shown, user):
    async with chat.connect(f"/ws?name=somebody&token={shown}") as peer:
        welcome = await hear(peer)
        check_equal((welcome["type"], welcome.get("user")), ("welcome", user), "who it is")
        yield peer


async def answered(peer, **request):
    await peer.send(json.dumps({"type": "refresh_token", "request_id": "7", **request}))
    answer = await hear(peer)
    check_equal(answer["request_id"], "7", f"in {answer}")
    if answer["type"] == "token_refreshed":
        check(0 < answer["expires_in_ms"] <= 3600000, f"the time left in {answer}")
    return answer["type"], answer.get("code")


async def only_good_tokens_come_in(chat):
    await refused(chat, "/ws?name=Ada", 401, "missing token")
    for wrong in ("nonsense", token("ada", -60), token("ada", key=SECRET * 2), token("ada", None),
                  token("ada", aud="others"), token("ada", iss="https://else.example"),
                  token("ada", nbf=time.time() + 3600), jwt.encode({"sub": "ada"}, None, "none")):
        await refused(chat, f"/ws?token={wrong}", 401, "invalid token")
    async with visitor(chat, token("ada"), "ada"):
        pass
    bearer = {"Authorization": f"Bearer {token('eve')}"}
    url = f"ws://localhost:{chat.port}/ws"
    async with websockets.connect(url, extra_headers=bearer) as peer:
        check_equal((await hear(peer)).get("user"), "eve", "by a header")
    async with websockets.connect(url, subprotocols=["bearer", token("zoe")]) as peer:
        check_equal((await hear(peer)).get("user"), "zoe", "by a subprotocol")


async def who_is_nobody_has_no_name(chat):
    for nobody in (token("ada", sub=""), token("ada", sub=None), token("ada", sub=7)):
        try:
            async with chat.connect(f"/ws?name=ada&token={nobody}") as peer:
                check_equal((await hear(peer))["code"], "name_empty", "of nobody's token")
        except websockets.exceptions.InvalidStatusCode as answer:
            check_equal(answer.status_code, 401, "nobody's token")


async def a_name_too_long_is_told(chat):
    async with chat.connect(f"/ws?token={token('x' * 33)}") as peer:
        check_equal((await hear(peer))["code"], "name_too_long", "of a token")


async def who_does_not_refresh_is_closed(chat):
    async with visitor(chat, token("ada", 5), "ada") as peer:
        check_equal(await answered(peer, token="nonsense"), ("error", "invalid_token"), "nonsense")
        check_equal(await answered(peer, token=token("bob")), ("error", "invalid_token"), "bob's")
        check_equal(await answered(peer, token=token("ada", -5)), ("error", "invalid_token"), "old")
        check_equal(await answered(peer), ("error", "missing_field"), "none")
        await patient(peer.wait_closed())
        check_equal((peer.close_code, peer.close_reason), (3005, "token expired"), "the end")


async def who_does_stays(chat):
    async with visitor(chat, token("ada", 5), "ada") as peer:
        check_equal(await answered(peer, token=token("ada", 7)), ("token_refreshed", None), "7 s")
        check_equal(await answered(peer, token=token("ada")), ("token_refreshed", None), "an hour")
        # Somebody who came after it with as much time has gone.
        async with visitor(chat, token("bob", 8), "bob") as other:
            await patient(other.wait_closed())
            check_equal(other.close_code, 3005, "bob")
        await peer.send(json.dumps({"type": "ping"}))
        check_equal((await hear(peer))["type"], "pong", "after the first token's time")


async def a_new_key_is_taken_at_hangup(chat, folder):
    key = pathlib.Path(folder, "key")
    key.write_text("another secret of more than thirty-two bytes")
    chat.process.send_signal(signal.SIGHUP)
    end = time.monotonic() + 20
    while True:
        with contextlib.suppress(websockets.exceptions.InvalidStatusCode):
            async with visitor(chat, token("ada", key=key.read_text()), "ada"):
                break
        check(time.monotonic() < end, "the new key is never taken")
    await refused(chat, f"/ws?token={token('ada')}", 401, "invalid token")
    key.write_text("short")
    chat.process.send_signal(signal.SIGHUP)
    check("shorter than 32 bytes" in chat.process.stderr.readline(), "what it says of a short key")
    key_in_use = "another secret of more than thirty-two bytes"
    async with visitor(chat, token("ada", key=key_in_use), "ada"):
        pass


async def public_keys_are_taken(program, folder):
    signer = ec.generate_private_key(ec.SECP256R1())
    public = signer.public_key().public_bytes(serialization.Encoding.PEM,
                                              serialization.PublicFormat.SubjectPublicKeyInfo)
    with Program(program, *settings(folder, public.decode(), "ES256"), cwd=folder) as chat:
        shown = token("ada", key=signer, algorithm="ES256")
        async with visitor(chat, shown, "ada"):
            pass
        # No token is needed where none is required; whoever has none is called a guest, and may not
        # refresh one either.
        async with chat.connect("/ws?name=ada") as peer:
            check_equal((await hear(peer)).get("user"), "ada (guest)", "without a token")
            check_equal(await answered(peer, token=shown), ("error", "invalid_token"), "ada's")
        check_equal(chat.stop(), (0, "", ""), "the end")


async def without_a_key_nobody_refreshes(program, folder):
    with Program(program, "--port", "0", cwd=folder) as chat:
        async with chat.connect("/ws?name=Bob&token=ignored") as peer:
            check_equal((await hear(peer)).get("user"), "Bob", "where tokens are not looked for")
            check_equal(await answered(peer, token="x"), ("error", "unknown_type"), "refresh")
    empty = pathlib.Path(folder, "empty")
    empty.write_text("")
    for setting, value, words in (
            ("key_file", "nowhere", "cannot read nowhere: No such file"),
            ("key_file", ".", "cannot read"), ("key_file", str(empty), "is empty"),
            ("issuer", "https://issuer.example", "needed with an issuer or an audience"),
            ("audience", "chat", "needed with an issuer or an audience")):
        done = run(program, "--port", "0", f"--security.jwt_{setting}", value, cwd=folder)
        check_equal((done.returncode, done.stdout), (1, ""), f"{setting} {value}")
        check("jwt_key_file" in done.stderr and words in done.stderr, done.stderr)


def no_token_is_in(traces):
    """Nor any part of one but its header, which says nothing of anybody."""
    text = traces.read_text()
    for name in ("refresh_token", "websocket.upgrade"):
        check(name in text, f"spans of {name}")
    for part in {part for each in made for part in each.split(".")[1:] if len(part) > 8}:
        check(part not in text, f"{part} is in the trace file")
    check(SECRET not in text, "the secret is in the trace file")


async def test(program):
    with tempfile.TemporaryDirectory() as folder:
        traces = pathlib.Path(folder, "traces")
        arguments = [*settings(folder, SECRET), "--security.require_auth", "true",
                     "--monitoring.trace_file", str(traces)]
        with Program(program, *arguments, cwd=folder) as chat:
            for part in (only_good_tokens_come_in, who_is_nobody_has_no_name,
                         a_name_too_long_is_told, who_does_not_refresh_is_closed, who_does_stays):
                await part(chat)
                print(part.__name__)
            await a_new_key_is_taken_at_hangup(chat, folder)
            check_equal(chat.stop(), (0, "", ""), "the end")
        no_token_is_in(traces)
        await public_keys_are_taken(program, folder)
        await without_a_key_nobody_refreshes(program, folder)


main(test)
