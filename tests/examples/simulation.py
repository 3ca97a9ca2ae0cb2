# SPDX-License-Identifier: MIT
#
# The game is clean, and with its bug it is found, shrunk to a few steps and replayed.
#
# usage: simulation.py <program>
import re
import sys
from program import check, check_equal, run


def main(program):
    done = run(program, "--seeds", "1-20", "--steps", "2000")
    check_equal((done.returncode, done.stderr), (0, ""), "status and errors")
    check_equal(done.stdout, "20 seeds, 2000 steps each: clean\n", "without a bug")

    done = run(program, "--bug")
    print(done.stdout, end="")
    check_equal((done.returncode, done.stderr), (1, ""), "status and errors with the bug")
    lines = done.stdout.splitlines(keepends=True)
    check("a player's opponent is gone" in lines[0], "what was found")
    shrunk = re.fullmatch(r"shrunk to (\d+) of \d+ steps in \d+ runs:\n", lines[2])
    check(shrunk and int(shrunk[1]) <= 10, f"not shrunk: {lines[2]!r}")
    name, *arguments = lines[-1].removeprefix("replay: ").split()
    check_equal(name, "simulation", "the program of the replay")
    check_equal(run(program, *arguments).stdout, "".join(lines[3:]), "the replay")


main(sys.argv[1])
