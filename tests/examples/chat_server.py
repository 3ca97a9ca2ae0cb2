# SPDX-License-Identifier: MIT
#
# The chat's server, from outside: its protocol, what it makes of people who do not keep it, its
# history, and how it starts and ends.
#
# usage: chat_server.py <chat>
import asyncio
import contextlib
import json
import pathlib
import signal
import socket
import tempfile
import time
import urllib.parse
from program import PATIENCE, PROGRESS, Program, check, check_equal, main, patient, \
    plain_socket, run


class Person:
    def __init__(self, socket):
        self.socket = socket

    async def say(self, **message):
        await self.socket.send(json.dumps(message))

    async def hear(self):
        return json.loads(await patient(self.socket.recv()))

    async def expect(self, **expected):
        heard = await self.hear()
        check_equal({key: heard.get(key) for key in expected}, expected, f"in {heard}")
        return heard

    async def hears_of(self, change, user):
        """Waits for the message that a user has come or gone."""
        while (heard := await self.hear())["type"] != change or user not in heard["users"]:
            check(heard["type"].startswith("user_"), f"in {heard}")

    async def join(self, room="lobby", **more):
        await self.say(type="join_room", room=room, **more)
        return await self.expect(type="room_joined", room=room)

    async def text(self, room, text):
        await self.say(type="broadcast", room=room, data={"text": text})

    async def hears_nothing_but_people(self):
        """What is said to one comes in order: so there is nothing else before this answer."""
        await self.say(type="nothing")
        while (heard := await self.hear())["type"].startswith("user_"):
            pass
        check_equal(heard.get("code"), "unknown_type", f"in {heard}")


@contextlib.asynccontextmanager
async def visitor(chat, name, room=None):
    path = "/ws?" + urllib.parse.urlencode({"name": name})
    async with chat.connect(path) as socket:
        person = Person(socket)
        person.name = name
        await person.expect(type="welcome", user=name)
        if room:
            await person.join(room)
        yield person


async def said(person, text):
    """The next text heard; changes of who is there are passed over."""
    while (heard := await person.hear())["type"].startswith("user_"):
        pass
    check_equal((heard["type"], heard["data"]["text"]), ("broadcast", text), f"in {heard}")
    return heard


def history(chat, room, limit=50):
    query = urllib.parse.urlencode({"room": room, "limit": limit})
    return json.loads(chat.get("/v1/chats?" + query)[2])


async def people_meet_and_talk(chat):
    async with visitor(chat, "Ada") as ada, visitor(chat, "Bob") as bob:
        check_equal((await ada.join())["members"], ["Ada"], "members")
        check_equal((await bob.join())["members"], ["Ada", "Bob"], "members")
        await ada.hears_of("user_joined_room", "Bob")
        await bob.text("lobby", "hi <script>alert(1)</script>")
        heard = await said(bob, "hi <script>alert(1)</script>")
        check_equal(heard["user"], "Bob", "who said it")
        check_equal(await said(ada, "hi <script>alert(1)</script>"), heard, "what everybody hears")
        check_equal(history(chat, "lobby")["chats"],
                    [{"id": heard["data"]["id"], "user": "Bob", "text": heard["data"]["text"],
                      "timestamp": heard["timestamp"]}], "the history")
        await bob.say(type="leave_room", room="lobby")
        await ada.hears_of("user_left_room", "Bob")
        async with visitor(chat, "Eve", "lobby"):
            await ada.hears_of("user_joined_room", "Eve")
        await ada.hears_of("user_left_room", "Eve")


async def names_belong_to_one(chat):
    async with visitor(chat, "Ada"):
        for name, code in (("Ada", "name_taken"), ("", "name_empty"), (" \u200b", "name_empty"),
                           ("x" * 33, "name_too_long")):
            async with chat.connect("/ws?" + urllib.parse.urlencode({"name": name})) as socket:
                await Person(socket).expect(type="error", code=code)
                await patient(socket.wait_closed())
                check_equal(socket.close_code, 3501, f"close code of {name!r}")
    async with visitor(chat, "\U0001f600" * 32) as ada:
        await ada.join("\U0001f600" * 64)


async def a_name_is_free_when_its_connection_ends(chat):
    for ending in ("goodbye", "end", "reset"):
        async with visitor(chat, "Bob") as bob:
            if ending == "goodbye":
                await bob.socket.close()
            elif ending == "end":
                bob.socket.transport.close()
            else:
                bob.socket.transport.abort()
        began = time.monotonic()
        while True:
            async with chat.connect("/ws?name=Bob") as socket:
                if (await Person(socket).hear())["type"] == "welcome":
                    break
            check(time.monotonic() - began < PATIENCE, f"{ending} was not noticed at once")


async def a_client_need_not_wait_for_answers(chat):
    async with visitor(chat, "Ada") as ada:
        await ada.say(type="join_room", room="slow")
        await ada.say(type="leave_room", room="slow", request_id="1")
        await ada.say(type="join_room", room="quick")
        await ada.text("quick", "one")
        await ada.text("quick", "two")
        heard = []
        while len(heard) < 4:
            message = await ada.hear()
            if not message["type"].startswith("user_") and message.get("room") != "slow":
                heard.append(message)
            elif message["type"] == "room_left":
                heard.append(message)
        check_equal([each["type"] for each in heard],
                    ["room_left", "room_joined", "broadcast", "broadcast"], "answers")


async def who_comes_back_gets_exactly_what_he_missed(chat):
    async with visitor(chat, "Ada", "kept") as ada:
        async with visitor(chat, "Bob", "kept") as bob:
            await ada.text("kept", "one")
            heard = await said(bob, "one")
        for text in ("two", "three"):
            await ada.text("kept", text)
        async with visitor(chat, "Bob") as bob:
            since = {"epoch": heard["epoch"], "offset": heard["offset"]}
            joined = await bob.join("kept", since=since)
            check_equal(joined["recovered"], True, "recovered")
            for text in ("two", "three"):
                await said(bob, text)
        # A page of history has a position: there is no gap and no duplicate behind it.
        page = history(chat, "kept")
        check_equal([each["text"] for each in page["chats"]], ["one", "two", "three"], "the page")
        await ada.text("kept", "four")
        async with visitor(chat, "Eve") as eve:
            since = {"epoch": page["epoch"], "offset": page["offset"]}
            check_equal((await eve.join("kept", since=since))["recovered"], True, "recovered")
            await said(eve, "four")
            await eve.hears_nothing_but_people()
        # Of another epoch there is nothing.
        async with visitor(chat, "Zoe") as zoe:
            joined = await zoe.join("kept", since={"epoch": "0" * 16, "offset": 0})
            check_equal((joined["recovered"], joined["replayed"]), (False, 0), "recovered")


async def nonsense_is_answered_and_survived(chat):
    cases = [
        ("", "invalid_format"), ("nonsense", "invalid_format"), ("[]", "invalid_format"),
        ("{" * 1000, "invalid_format"), ('{"type":1}', "invalid_field"),
        ('{"type":"join_room"', "invalid_format"), ("x" * 40_000, "too_large"),
        (b'{"type":"leave_room"}', "invalid_format"), (b"\xff\x00", "invalid_format"),
        ("{}", "missing_type"), ('{"type":"shout"}', "unknown_type"),
        ('{"type":"join_room"}', "missing_field"),
        ('{"type":"join_room","room":""}', "invalid_field"),
        ('{"type":"join_room","room":" "}', "room_empty"),
        (json.dumps({"type": "join_room", "room": "x" * 65}), "room_too_long"),
        ('{"type":"broadcast","room":"lobby","data":{"text":"hi"}}', "not_in_room"),
        ('{"type":"broadcast","data":{"text":"hi"}}', "not_permitted"),
    ]
    async with visitor(chat, "Eve") as eve:
        for frame, code in cases:
            await eve.socket.send(frame)
            await eve.expect(type="error", code=code)
        await eve.join("quiet")
        for data, code in ((1, "invalid_text"), ({}, "invalid_text"), ({"text": 1}, "invalid_text"),
                           ({"text": " "}, "text_empty"), ({"text": "x" * 2001}, "text_too_long")):
            await eve.say(type="broadcast", room="quiet", data=data, request_id="7")
            heard = await eve.hear()
            while heard["type"].startswith("user_"):
                heard = await eve.hear()
            check_equal((heard["code"], heard["request_id"]), (code, "7"), f"in {heard}")
        await eve.text("quiet", "\U0001f600" * 2000)
        await said(eve, "\U0001f600" * 2000)
        # What no chat message can be ends the connection, and only that one.
        async with visitor(chat, "Loud") as loud:
            await loud.socket.send("x" * 1_000_000)
            await patient(loud.socket.wait_closed())
            check_equal(loud.socket.close_code, 1009, "close code of 1 MB")
        await eve.hears_nothing_but_people()


async def many_messages_arrive_once_and_in_order(chat):
    async with visitor(chat, "Ada", "busy") as ada, visitor(chat, "Bob", "busy") as bob:
        for number in range(150):
            await ada.text("busy", str(number))
        for person in (ada, bob):
            for number in range(150):
                await said(person, str(number))
        saved = history(chat, "busy", 100)["chats"]
        check_equal([each["text"] for each in saved], [str(n) for n in range(50, 150)], "history")


async def who_says_too_much_is_told_and_heard_within_the_limit(chat):
    async with visitor(chat, "Loud", "loud") as loud:
        for number in range(1000):
            await loud.text("loud", str(number))
        heard = []
        while not any(each.get("code") == "rate_limited" for each in heard):
            heard.append(await loud.hear())
        check(len(heard) >= 190, f"only {len(heard)} messages before the first error")


async def routes_answer(chat):
    status, headers, body = chat.get("/")
    check_equal((status, headers["Content-Type"]), (200, "text/html; charset=utf-8"), "the page")
    check(b"<title>Chat</title>" in body, "the page is not the page")
    for path in ("/chat.js", "/connection.js", "/chat.css", "/health", "/metrics"):
        check_equal(chat.get(path)[0], 200, path)
    status, headers, body = chat.get("/v1/chats", "HEAD")
    check_equal((status, body), (400, b""), "HEAD")
    for query, code in (("", "room_empty"), ("?room=a&limit=0", "invalid_limit"),
                        ("?room=a&limit=", "invalid_limit"), ("?room=%FF", "invalid_text")):
        status, _, body = chat.get("/v1/chats" + query)
        check_equal((status, json.loads(body)["error"]["code"]), (400, code), query)
    check_equal(chat.get("/v1/chats?room=my+room%2F%3F")[2],
                b'{"room":"my room/?","epoch":"0000000000000000","offset":0,"chats":[]}',
                "an empty history")
    check_equal(chat.get("/../chat.db")[0] in (400, 404), True, "a path out of the page")
    check_equal(chat.get("/v1/chats?room=a", "DELETE")[0], 405, "DELETE")


async def it_ends_when_asked(program, database):
    with Program(program, "--port", "0", "--database", database) as chat:
        async with visitor(chat, "Ada") as ada:
            with plain_socket(chat.port):  # a browser keeps such ones in reserve
                chat.process.send_signal(signal.SIGTERM)
                await ada.expect(type="server_shutdown")
                await patient(ada.socket.wait_closed())
                check_equal(ada.socket.close_code, 1001, "close code at the end")
                began = time.monotonic()
                check_equal(chat.finish(), (0, "", ""), "the end")
                print(f"ended within {time.monotonic() - began:.1f} s")
    # Somebody who neither reads nor answers holds it up; a second signal does not wait.
    with Program(program, "--port", "0", "--database", database, "--websocket.close_wait", "60s",
                 "--hub.shutdown_deadline", "60s") as chat:
        ada = await chat.connect("/ws?name=Ada")
        ada.transport.pause_reading()
        chat.process.send_signal(signal.SIGINT)
        said = await patient(asyncio.get_running_loop().run_in_executor(
            None, chat.process.stderr.readline))  # so the first signal has been taken
        check(PROGRESS.fullmatch(said), f"it says {said!r}")
        await asyncio.sleep(0.5)
        check_equal(chat.process.poll(), None, "status while it waits")
        began = time.monotonic()
        chat.process.send_signal(signal.SIGINT)
        check_equal(chat.finish()[0], -signal.SIGINT, "status after two signals")
        check(time.monotonic() - began < PATIENCE, "the second signal waited")
        ada.transport.abort()


async def it_says_why_it_does_not_start(program, folder):
    for arguments, status, words in (
            (["--help"], 0, "--database TEXT=chat.db"), (["--prot", "1"], 2, "--prot"),
            (["--port"], 2, "NUMBER missing"), (["--port", "70000"], 2, "0 to 65535"),
            (["--port", "8x"], 2, "0 to 65535"), (["--port", ""], 2, "0 to 65535"),
            (["--database", str(folder)], 1, "could not be opened")):
        done = run(program, *arguments, cwd=folder)
        check_equal(done.returncode, status, f"status of {arguments}")
        check(words in done.stdout + done.stderr, f"{arguments} says {done.stderr!r}")
    with socket.create_server(("localhost", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = run(program, "--port", port, cwd=folder)
        check_equal(done.returncode, 1, "status with a port in use")
        check(port in done.stderr and "use" in done.stderr, f"it says {done.stderr!r}")
        print(done.stderr.strip())
        done = run(program, "--port", "0", "--monitoring.admin_port", port, cwd=folder)
        check_equal((done.returncode, done.stdout), (1, ""), "status with an admin port in use")
        for word in ("admin_port", port, "use"):
            check(word in done.stderr, f"it says {done.stderr!r}")


async def test(program):
    with tempfile.TemporaryDirectory() as folder:
        database = str(pathlib.Path(folder, "chat.db"))
        with Program(program, "--port", "0", "--database", database) as chat:
            for part in (people_meet_and_talk, names_belong_to_one,
                         a_name_is_free_when_its_connection_ends,
                         a_client_need_not_wait_for_answers,
                         who_comes_back_gets_exactly_what_he_missed,
                         nonsense_is_answered_and_survived,
                         many_messages_arrive_once_and_in_order,
                         who_says_too_much_is_told_and_heard_within_the_limit, routes_answer):
                await part(chat)
                print(part.__name__)
            before = history(chat, "busy")
            check_equal(chat.stop(), (0, "", ""), "the end")
        with Program(program, "--port", "0", "--database", database) as chat:
            after = history(chat, "busy")
            check_equal(after["chats"], before["chats"], "history after a restart")
            check(after["epoch"] != before["epoch"], "a restarted room has another epoch")
        await it_ends_when_asked(program, database)
        await it_says_why_it_does_not_start(program, folder)


main(test)
