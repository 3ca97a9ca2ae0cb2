#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# Compiles one case of tests/compile_fail and passes when the compiler refuses it in the words it
# promised. A case opens with comments
#
#     // expect: words the error must hold
#
# one `expect:` per phrase (`expect(gcc):` and `expect(clang):` for one compiler only), and may
# hold `#ifdef PUMPHOUSE_CONTROL ... #else ... #endif`: with that defined the case must compile,
# which shows that it fails for the reason it names and no other.
# `// expect: compiles` is a case that must compile.
#
# usage: check.py <case.cpp> -- <compiler> <flags>...
import os
import re
import subprocess
import sys


def compile_case(command, case, *more):
    done = subprocess.run([*command, *more, "-fsyntax-only", case], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace",
                          env={**os.environ, "LC_ALL": "C"})
    return done.returncode == 0, done.stdout


def main():
    case, command = sys.argv[1], sys.argv[sys.argv.index("--") + 1:]
    with open(case, encoding="utf-8") as file:
        text = file.read()
    family = "clang" if "clang" in os.path.basename(command[0]) else "gcc"
    expected = [words.strip() for only, words in
                re.findall(r"^// expect(?:\((\w+)\))?:(.*)$", text, re.MULTILINE)
                if only in ("", family)]
    if not expected:
        sys.exit(f"{case}:1: no line `// expect: words`")
    compiles, output = compile_case(command, case)
    if expected == ["compiles"]:
        if not compiles:
            sys.exit(f"{case}:1: must compile, and does not:\n{output}")
        print("compiles, as it must")
        return
    if compiles:
        sys.exit(f"{case}:1: must not compile, and does")
    missing = [phrase for phrase in expected if phrase not in output]
    if missing:
        sys.exit(f"{case}:1: fails, but without the words {missing}:\n{output}")
    if "PUMPHOUSE_CONTROL" in text:
        compiles, output = compile_case(command, case, "-DPUMPHOUSE_CONTROL")
        if not compiles:
            sys.exit(f"{case}:1: its control (-DPUMPHOUSE_CONTROL) must compile:\n{output}")
    print(f"refused with {expected}")


main()
