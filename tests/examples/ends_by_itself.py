# SPDX-License-Identifier: MIT
#
# Runs an example that ends by itself and compares what it prints, line by line.
#
# usage: ends_by_itself.py <program>
import pathlib
import re
import sys
from program import check, check_equal, run

HUB_IN_MEMORY = """\
Ada hears: Hello, Ada.
Bob hears: Hello, Bob.
"""

OWN_TRANSPORT = r"""the wire carries: t0000000cHello, wire\.
Bob hears: Hello
conformance: (\d+) of \1 cases
"""

OWN_ROOM_POLICY = """\
-- a room for staff, and one with two places
Ada hears: joined staff/kitchen
Ada hears: joined desk/7
Bob hears: you may not join staff/kitchen
Bob hears: joined desk/7
Eve hears: you may not join staff/kitchen
Eve hears: no place in desk/7
-- 100 prices; Ada keeps up, Bob does not read for a while
Ada hears: joined ticker/gold
Bob hears: joined ticker/gold
Ada hears: 100 prices
Bob hears: gold 1
Bob hears: gold 2
Bob hears: gold 3
Bob hears: gold 4
Bob hears: gold 5
Bob hears: gold 6
Bob hears: ticker/gold: you missed 7 to 96
Bob hears: gold 97
Bob hears: gold 98
Bob hears: gold 99
Bob hears: gold 100
"""

OWN_CODEC = """\
"3 4 red" is answered:
    3 4 red
    -3 4 red
"3 4" is answered:
    error: a dot is "x y color"
"three 4 red" is answered:
    error: a dot is "x y color"
"-12 0 dark green" is answered:
    -12 0 dark green
    12 0 dark green
"" is answered:
    error: a dot is "x y color"
from outside: 0 0 black
"""


def game_loop(output):
    found = re.fullmatch(r"1\.5 s: (\d+) ticks, (\d+) of (\d+) moves arrived, "
                         r"(\d+) of (\d+) snapshots\n", output)
    check(found, f"it prints {output!r}")
    ticks, arrived, sent, received, due = map(int, found.groups())
    # On a busy machine ticks are left out, and a bot's last word may come after the end.
    check(2 < ticks <= 91, f"{ticks} ticks in 1.5 s")
    check(arrived <= sent <= arrived + 4 and arrived > 0, f"{arrived} of {sent} moves")
    check_equal(received, due, "snapshots")


def main(program):
    name = pathlib.Path(program).name
    arguments = ["1.5"] if name == "inside_a_game_loop" else []
    done = run(program, *arguments)
    print(done.stdout, end="")
    check_equal((done.returncode, done.stderr), (0, ""), "status and errors")
    if name == "inside_a_game_loop":
        game_loop(done.stdout)
    elif name == "own_transport":
        check(re.fullmatch(OWN_TRANSPORT, done.stdout), "it prints something else")
    else:
        expected = {"hub_in_memory": HUB_IN_MEMORY, "own_room_policy": OWN_ROOM_POLICY,
                    "own_codec": OWN_CODEC}
        check_equal(done.stdout.splitlines(), expected[name].splitlines(), "what it prints")


main(sys.argv[1])
