# SPDX-License-Identifier: MIT
#
# The chat is told to end while thousands are there and talk: everybody hears server_shutdown and is
# closed with 1001, and what was said before, as the database has it, has reached every member of
# its room, in one order. Some do not answer the close until the chat has said that it waits for
# them. The clients are plain sockets in one thread.
#
# usage: chat_shutdown.py <chat> <clients>
import collections
import contextlib
import json
import pathlib
import selectors
import signal
import sqlite3
import sys
import tempfile
import time

from program import PROGRESS, Program, check, check_equal

sys.path.insert(1, str(pathlib.Path(__file__).parent.parent / "attacks"))
from wire import CLOSE, PATIENCE, PING, PONG, TEXT, Answer, Peer, frame, take_frame, \
    upgrade_request  # noqa: E402

MEMBERS = 25  # of a room; the first of them talks
SAYINGS = 10  # of each who talks, before the signal
SILENT = 3  # who do not answer the close at first
SETTINGS = ["--port", "0", "--hub.shutdown_deadline", "30s", "--security.messages_per_second", "0",
            "--websocket.close_wait", "60s",
            # Whole rooms: who is seen off later may say something that those before hear no more.
            "--hub.shutdown_batch_clients", str(10 * MEMBERS)]


class Person(Peer):
    def __init__(self, port, number):
        super().__init__(port)
        self.room = f"room {number // MEMBERS}"
        self.talks = number % MEMBERS == 0
        self.said = 0
        self.heard = []  # (who, text) of its room, in order
        self.has_joined = self.was_told = False
        self.code = None
        self.answers = True
        self.say(upgrade_request(f"/ws?name=person{number}"))
        while b"\r\n\r\n" not in self.unread:
            self.unread += self.more()
        check(self.unread.startswith(b"HTTP/1.1 101"), f"it says {Answer(self.unread).raw!r}")
        self.unread = self.unread.partition(b"\r\n\r\n")[2]

    def tell(self, **message):
        return self.say(frame(TEXT, json.dumps(message).encode()))

    def talk(self):
        self.said += self.tell(type="broadcast", room=self.room,
                               data={"text": f"saying {self.said}"})

    def listen(self):
        """False at the end."""
        part = self.more()
        self.unread += part
        while taken := take_frame(self.unread):
            opcode, payload, self.unread = taken
            if opcode == CLOSE:
                self.code = int.from_bytes(payload[:2], "big")
                if self.answers:
                    self.answer_close()
            elif opcode == PING:
                self.say(frame(PONG, payload))
            else:
                self.hear(payload)
        return bool(part)

    def answer_close(self):
        self.say(frame(CLOSE, self.code.to_bytes(2, "big")))

    def hear(self, payload):
        message = json.loads(payload)
        if message["type"] == "broadcast":
            self.heard.append((message["user"], message["data"]["text"]))
        elif message["type"] == "room_joined":
            self.has_joined = True
        elif message["type"] == "server_shutdown":
            check(not self.was_told, "somebody is told twice")
            self.was_told = True
            self.retry_after = message["retry_after_ms"]


class People:
    def __init__(self, port, count):
        self.all = [Person(port, number) for number in range(count)]
        self.selector = selectors.DefaultSelector()
        for each in self.all:
            self.selector.register(each.socket, selectors.EVENT_READ, each)
            each.tell(type="join_room", room=each.room)

    def listen(self, until, what):
        end = time.monotonic() + 2 * PATIENCE
        while not until():
            check(time.monotonic() < end, f"it does not come: {what}")
            for key, _ in self.selector.select(1):
                if not key.data.listen():
                    self.selector.unregister(key.fileobj)

    def talk(self):
        for each in self.all:
            if each.talks:
                each.talk()


def says_how_many_are_left(chat, left, count):
    """Waits until it says so; what it says before is of more, and less and less."""
    before = count
    while line := chat.process.stderr.readline():
        said = PROGRESS.fullmatch(line)
        check(said and int(said[2]) == count, f"it says {line!r}")
        check(left <= int(said[1]) <= before, f"it says {line!r} behind {before}")
        before = int(said[1])
        if before == left:
            return
    check(False, f"it ends without saying that {left} are left")


def what_was_said(database):
    with contextlib.closing(sqlite3.connect(database)) as store:
        rooms = collections.defaultdict(list)
        for room, name, text in store.execute("SELECT room, name, text FROM messages ORDER BY id"):
            rooms[room].append((name, text))
        return rooms


def run(program, count, folder):
    database = str(pathlib.Path(folder, "chat.db"))
    with Program(program, *SETTINGS, "--database", database) as chat:
        people = People(chat.port, count)
        people.listen(lambda: all(each.has_joined for each in people.all), "everybody in a room")
        talkers = [each for each in people.all if each.talks]
        for _ in range(SAYINGS - 1):
            people.talk()
        people.listen(lambda: all(len(each.heard) == SAYINGS - 1 for each in people.all),
                      "what was said so far")
        people.talk()  # and nobody waits for that to come back
        for each in people.all[-SILENT:]:
            each.answers = False
        chat.process.send_signal(signal.SIGTERM)
        people.talk()
        silent = people.all[-SILENT:]
        people.listen(lambda: len(people.selector.get_map()) == SILENT and
                      all(each.code for each in silent), "the end of those who answer")
        says_how_many_are_left(chat, SILENT, count)
        for each in silent:
            each.answer_close()
        people.listen(lambda: not people.selector.get_map(), "the end of everybody's connection")
        says_how_many_are_left(chat, 0, count)
        check_equal(chat.finish(patience=PATIENCE), (0, "", ""), "the end")
    told = sum(each.was_told for each in people.all)
    codes = collections.Counter(each.code for each in people.all)
    check_equal(told, count, "those who were told")
    check_equal(codes, {1001: count}, "close codes")
    hints = {each.retry_after for each in people.all}
    check(len(hints) > count / 10, f"{count} people come back at {len(hints)} moments")
    said = what_was_said(database)
    for each in people.all:
        check_equal(each.heard, said[each.room], f"what a member of {each.room} has heard")
        each.socket.close()
    total = sum(map(len, said.values()))
    check(total >= len(talkers) * (SAYINGS - 1), f"only {total} sayings were accepted")
    print(f"{count} people, all told and closed with 1001; {total} of "
          f"{sum(each.said for each in talkers)} sayings were accepted, each heard by its room")


# In memory where that can be: it is not the disk that is tried.
memory = "/dev/shm" if pathlib.Path("/dev/shm").is_dir() else None
with tempfile.TemporaryDirectory(dir=memory) as temporary:
    run(sys.argv[1], int(sys.argv[2]), temporary)
