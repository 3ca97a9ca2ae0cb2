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
from program import Program, check, check_equal, main, patient, plain_socket, run


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

    async def join(self, name, room="lobby"):
        await self.say(type="join_room", room=room, name=name)
        return await self.expect(type="room_joined", room=room, name=name)

    async def hears_nothing(self):
        """What is said to one comes in order: so there is nothing before this answer."""
        await self.say(type="nothing")
        await self.expect(type="error", code="unknown_type")


@contextlib.asynccontextmanager
async def visitor(chat, name=None, room="lobby"):
    async with chat.connect() as socket:
        person = Person(socket)
        await person.expect(type="welcome")
        if name:
            await person.join(name, room)
        yield person


async def people_meet_and_talk(chat):
    async with visitor(chat) as ada, visitor(chat) as bob:
        check_equal((await ada.join("Ada"))["members"], ["Ada"], "members")
        check_equal((await bob.join("Bob"))["members"], ["Ada", "Bob"], "members")
        await ada.expect(type="user_joined_room", room="lobby", name="Bob")
        await bob.say(type="chat_message", room="lobby", text="hi <script>alert(1)</script>")
        heard = await bob.expect(type="chat_message", room="lobby", name="Bob",
                                 text="hi <script>alert(1)</script>")
        check_equal(await ada.hear(), heard, "what everybody hears")
        _, _, body = chat.get("/v1/chats?room=lobby")
        del heard["type"]
        check_equal(json.loads(body)["chats"], [heard], "the history")
        # Another room: the first one is left.
        check_equal((await bob.join("Bob", "garden"))["members"], ["Bob"], "members")
        await ada.expect(type="user_left_room", room="lobby", name="Bob")
        await bob.say(type="chat_message", room="lobby", text="still there?")
        await bob.expect(type="error", code="not_in_room")
        await bob.say(type="leave_room", room="garden")
        await bob.say(type="leave_room", room="garden")
        await bob.expect(type="error", code="not_in_room")
        await ada.hears_nothing()


async def names_belong_to_one(chat):
    async with visitor(chat, "Ada") as ada, visitor(chat, "Bob") as bob:
        await ada.expect(type="user_joined_room", name="Bob")
        async with visitor(chat) as other:
            await other.say(type="join_room", room="lobby", name="Ada")
            await other.expect(type="error", code="name_taken")
            await other.join("Ada", "garden")
        # Another name, the same name again.
        await bob.say(type="join_room", room="lobby", name="Ada")
        await bob.expect(type="error", code="name_taken")
        check_equal((await bob.join("Eve"))["members"], ["Ada", "Eve"], "members")
        await ada.expect(type="user_left_room", name="Bob")
        await ada.expect(type="user_joined_room", name="Eve")
        await bob.join("Eve")
        await ada.hears_nothing()


async def a_name_is_free_when_its_connection_ends(chat):
    async with visitor(chat, "Ada") as ada:
        for ending in ("goodbye", "end", "reset"):
            bob = await chat.connect()
            person = Person(bob)
            await person.expect(type="welcome")
            await person.join("Bob")
            await ada.expect(type="user_joined_room", name="Bob")
            began = time.monotonic()
            if ending == "goodbye":
                await bob.close()
            elif ending == "end":
                bob.transport.close()
            else:
                bob.transport.abort()
            await ada.expect(type="user_left_room", name="Bob")
            check(time.monotonic() - began < 2, f"{ending} was not noticed at once")


async def a_client_need_not_wait_for_answers(chat):
    async with visitor(chat) as ada:
        await ada.say(type="join_room", room="slow", name="Ada")
        await ada.say(type="leave_room", room="slow")
        await ada.say(type="join_room", room="quick", name="Ada")
        await ada.say(type="chat_message", room="quick", text="one")
        await ada.say(type="chat_message", room="quick", text="two")
        await ada.expect(type="room_joined", room="slow")
        await ada.expect(type="room_joined", room="quick")
        await ada.expect(type="chat_message", room="quick", text="one")
        await ada.expect(type="chat_message", room="quick", text="two")


def join(**members):
    return json.dumps({"type": "join_room", "room": "lobby", "name": "Eve", **members})


async def nonsense_is_answered_and_survived(chat):
    cases = [
        ("", "invalid_format"), ("nonsense", "invalid_format"), ("[]", "invalid_format"),
        ("{" * 1000, "invalid_format"), ('{"type":1}', "invalid_format"),
        ('{"type":"join_room"', "invalid_format"), ("x" * 40_000, "invalid_format"),
        (b'{"type":"leave_room"}', "invalid_format"), (b"\xff\x00", "invalid_format"),
        ("{}", "missing_type"), ('{"type":"shout"}', "unknown_type"),
        (join(name=""), "name_empty"), (join(name=" \u200b"), "name_empty"),
        (join(name="x" * 33), "name_too_long"), (join(name="x" * 20_000), "name_too_long"),
        (join(room=""), "room_empty"), (join(room="x" * 65), "room_too_long"),
    ]
    async with visitor(chat) as eve:
        for frame, code in cases:
            await eve.socket.send(frame)
            await eve.expect(type="error", code=code)
        await eve.join("\U0001f600" * 32, "\U0001f600" * 64)
        await eve.say(type="chat_message", room="\U0001f600" * 64, text=" ")
        await eve.expect(type="error", code="text_empty")
        await eve.say(type="chat_message", room="\U0001f600" * 64, text="x" * 2001)
        await eve.expect(type="error", code="text_too_long")
        await eve.say(type="chat_message", room="\U0001f600" * 64, text="\U0001f600" * 2000)
        await eve.expect(type="chat_message", text="\U0001f600" * 2000)
        # What no chat message can be ends the connection, and only that one.
        async with visitor(chat) as loud:
            await loud.socket.send("x" * 1_000_000)
            await patient(loud.socket.wait_closed())
            check_equal(loud.socket.close_code, 1009, "close code of 1 MB")
        await eve.hears_nothing()


async def many_messages_arrive_once_and_in_order(chat):
    async with visitor(chat, "Ada", "busy") as ada, visitor(chat, "Bob", "busy") as bob:
        await ada.expect(type="user_joined_room", name="Bob")
        for number in range(200):
            await ada.say(type="chat_message", room="busy", text=str(number))
        for person in (ada, bob):
            for number in range(200):
                await person.expect(type="chat_message", text=str(number))
        saved = json.loads(chat.get("/v1/chats?room=busy&limit=100")[2])["chats"]
        check_equal([each["text"] for each in saved], [str(n) for n in range(100, 200)], "history")


async def routes_answer(chat):
    status, headers, body = chat.get("/")
    check_equal((status, headers["Content-Type"]), (200, "text/html; charset=utf-8"), "the page")
    check(b"<title>Chat</title>" in body, "the page is not the page")
    for path in ("/chat.js", "/connection.js", "/chat.css", "/health"):
        check_equal(chat.get(path)[0], 200, path)
    status, headers, body = chat.get("/v1/chats", "HEAD")
    check_equal((status, body), (400, b""), "HEAD")
    for query, code in (("", "room_empty"), ("?room=a&limit=0", "invalid_limit"),
                        ("?room=a&limit=", "invalid_limit"), ("?room=%FF", "invalid_format")):
        status, _, body = chat.get("/v1/chats" + query)
        check_equal((status, json.loads(body)["error"]["code"]), (400, code), query)
    check_equal(chat.get("/v1/chats?room=my+room%2F%3F")[2], b'{"room":"my room/?","chats":[]}',
                "an empty history")
    check_equal(chat.get("/../chat.db")[0] in (400, 404), True, "a path out of the page")
    check_equal(chat.get("/v1/chats?room=a", "DELETE")[0], 405, "DELETE")


async def it_ends_when_asked(program, database):
    with Program(program, "--port", "0", "--database", database) as chat:
        async with visitor(chat, "Ada") as ada:
            with plain_socket(chat.port):  # a browser keeps such ones in reserve
                chat.process.send_signal(signal.SIGTERM)
                await patient(ada.socket.wait_closed())
                check_equal(ada.socket.close_code, 1001, "close code at the end")
                began = time.monotonic()
                check_equal(chat.finish(), (0, "", ""), "the end")
                print(f"ended within {time.monotonic() - began:.1f} s")
    # Somebody who neither reads nor answers holds it up; a second signal does not wait.
    with Program(program, "--port", "0", "--database", database) as chat:
        ada = await chat.connect()
        ada.transport.pause_reading()
        chat.process.send_signal(signal.SIGINT)
        await asyncio.sleep(0.5)
        check_equal(chat.process.poll(), None, "status while it waits")
        began = time.monotonic()
        chat.process.send_signal(signal.SIGINT)
        check_equal(chat.finish()[0], -signal.SIGINT, "status after two signals")
        check(time.monotonic() - began < 2, "the second signal waited")
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


async def test(program):
    with tempfile.TemporaryDirectory() as folder:
        database = str(pathlib.Path(folder, "chat.db"))
        with Program(program, "--port", "0", "--database", database) as chat:
            for part in (people_meet_and_talk, names_belong_to_one,
                         a_name_is_free_when_its_connection_ends,
                         a_client_need_not_wait_for_answers, nonsense_is_answered_and_survived,
                         many_messages_arrive_once_and_in_order, routes_answer):
                await part(chat)
                print(part.__name__)
            before = chat.get("/v1/chats?room=busy")[2]
            check_equal(chat.stop(), (0, "", ""), "the end")
        with Program(program, "--port", "0", "--database", database) as chat:
            check_equal(chat.get("/v1/chats?room=busy")[2], before, "history after a restart")
        await it_ends_when_asked(program, database)
        await it_says_why_it_does_not_start(program, folder)


main(test)
