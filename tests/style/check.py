#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# What a reviewer would otherwise have to watch for, one check per name:
#
#     dependency_direction   a folder of include/pumphouse includes only what is below it
#     light_umbrella         <pumphouse/pumphouse.hpp> reaches the standard library and nothing else
#     layout                 licence line, line length, tabs, length of files and functions
#     words                  words that have no place in the repository
#     documented_options     docs/limits.md names every option of the headers, and no other
#
# usage: check.py <name> [--root <repository>] [--compiler <g++>]
# Prints each breach as file:line: what; exits 1 if there is one, 77 if there is nothing to check.
import argparse
import os
import pathlib
import re
import subprocess
import sys

# ---- dependency direction -----------------------------------------------------------------------
# Each folder and the folders it may include besides itself and what those may include.
BELOW = {
    "queue": [],
    "message": ["queue"],
    "codec": ["message"],
    "transport": ["message"],
    "bridge": ["message"],
    "observe": ["message"],
    "room": ["codec", "transport", "bridge", "observe"],
    "client": ["room"],
    "hub": ["client"],
    "server": ["hub", "protocol"],
    "protocol": ["hub"],
    "dial": ["hub", "protocol"],
    "testing": ["hub"],
}
# Leaves: adapters to a third-party library, by the table of parts in cmake/. Only other leaves,
# `server`, `dial` and the host's convenience headers include them, so a leaf may itself include
# whatever is not above it.
LEAF_USERS = {"server", "dial"}
LEAF_REACH = {"hub"}
# Headers that bring a whole part; nothing inside the library includes them.
CONVENIENCE = {"pumphouse.hpp", "src.hpp", "src_asio.hpp", "src_deflate.hpp", "src_json.hpp",
               "src_jwt.hpp", "src_tls.hpp", "src_websocket.hpp"}

# ---- light umbrella -----------------------------------------------------------------------------
HEAVY = re.compile(r"(^|/)(asio|boost|websocketpp|rapidjson|openssl|hiredis|nats|prometheus|sqlite3"
                   r"|jwt|zlib|pqxx|CLI)(/|\.h|$)")

# ---- layout -------------------------------------------------------------------------------------
MAX_COLUMNS = 100
WARN_FILE_LINES, MAX_FILE_LINES = 300, 500
MAX_FUNCTION_LINES = 70
CODE = {".hpp", ".ipp", ".cpp", ".h", ".cmake", ".py", ".sh", ".js", ".mjs", ".ts", ".tsx", ".in"}
LICENSED = CODE | {".css", ".html", ".yml", ".yaml", ".toml"}

# ---- words --------------------------------------------------------------------------------------
# In pieces, so that this file passes its own check.
WORDS = [re.compile(p) for p in (
    "/wo" r"rk/", "/fa" r"rm/", "/ro" r"ot/", "/ho" r"me/\w", r"\bTO" r"DO\b", r"\bFIX" r"ME\b",
    r"\bX" r"XX\b", r"\bHA" r"CK\b", r"(?i)\bcla" r"ude\b", r"(?i)\banth" r"ropic\b",
    r"(?i)\bchat" r"gpt\b", r"\bLL" r"Ms?\b", r"(?i)\b(sub|ai|coding)[ -]?ag" r"ents?\b",
    r"(?i)\bco-authored" r"-by\b",
    r"(?i)https?://[^\s\"']*(arti" r"factory|nex" r"us)")]


def repository_files(root):
    """Files that are tracked or would be; all files when this is no git checkout."""
    done = subprocess.run(["git", "-C", root, "ls-files", "-co", "--exclude-standard", "-z"],
                          capture_output=True, text=True)
    if done.returncode == 0 and done.stdout:
        names = done.stdout.split("\0")
    else:
        names = [str(p.relative_to(root)) for p in root.rglob("*")
                 if not {"build", "node_modules", "__pycache__", ".git"} & set(p.parts)]
    return sorted({n for n in names if n and (root / n).is_file()})


def read(path):
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None  # an image or another binary


def is_code(name, text, kinds):
    path = pathlib.PurePath(name)
    return path.suffix in kinds or path.name == "CMakeLists.txt" or text.startswith("#!")


def opt_in_patterns(root):
    """The expressions by which the build gives headers to its opt-in parts."""
    text = (root / "cmake/pumphouseDependencies.cmake").read_text(encoding="utf-8")
    return [re.compile(p) for p in re.findall(r'"(\^[^"]+)"', text)]


def folders_below(folder):
    reach, todo = {folder}, list(BELOW[folder])
    while todo:
        name = todo.pop()
        if name not in reach:
            reach.add(name)
            todo += BELOW[name]
    return reach


def dependency_direction(root, _):
    base = root / "include/pumphouse"
    opt_in = opt_in_patterns(root)
    headers = sorted(p.relative_to(base) for kind in ("*.hpp", "*.ipp") for p in base.rglob(kind))

    def headers_of(path):
        """The headers an impl/x.ipp has the bodies of: x.hpp, or y.hpp for an impl/y_more.ipp."""
        stem = path.stem
        while stem:
            found = [h for h in headers if h.stem == stem and h.parts[0] != "impl"
                     and h.suffix == ".hpp" and len(h.parts) > 1]
            if found:
                return found
            stem = stem.rpartition("_")[0]
        return []

    def is_leaf(path):
        if path.parts[0] == "impl":
            return any(is_leaf(h) for h in headers_of(path))
        return path.parts[0] not in LEAF_USERS and any(p.search(str(path)) for p in opt_in)

    def homes(path):
        """The folders a file counts as; bodies count as where their header is."""
        if path.parts[0] != "impl":
            return {path.parts[0]} if len(path.parts) > 1 else {""}
        if len(path.parts) > 2:
            return {path.parts[1]}
        return {h.parts[0] for h in headers_of(path)}

    for path in headers:
        own = homes(path)
        where = f"include/pumphouse/{path}"
        if not own:
            yield f"{where}:1: impl/{path.name} has no header of its name"
            continue
        unknown = own - set(BELOW) - {""}
        if unknown:
            yield f"{where}:1: folder {unknown} is not in the table of tests/style/check.py"
            continue
        top = own == {""}
        convenience = top and (path.name in CONVENIENCE or is_leaf(path))
        starts = own | (LEAF_REACH if is_leaf(path) else set())
        reach = set() if top else set.union(*(folders_below(f) for f in starts))
        for number, line in enumerate(read(base / path).splitlines(), 1):
            include = re.match(r'\s*#\s*include\s*([<"])(pumphouse/)?([^>"]+)[>"]', line)
            if not include or not (include[2] or include[1] == '"'):
                continue
            target = pathlib.PurePath(include[3])
            if not (base / target).exists():
                if include[1] == '"' and (base / path.parent / target).exists():
                    yield f"{where}:{number}: write <pumphouse/...>, not a relative include"
                continue  # a header that is not there fails to compile, and says so
            if convenience:
                continue
            if str(target) in CONVENIENCE or (len(target.parts) == 1 and is_leaf(target)):
                yield f"{where}:{number}: includes the convenience header {target}"
            elif is_leaf(target) and not is_leaf(path) and not own & LEAF_USERS:
                yield f"{where}:{number}: includes {target}, which is a host's choice (a leaf)"
            elif not homes(target) & (reach | {""}):
                yield (f"{where}:{number}: {'/'.join(sorted(own))} may not include "
                       f"{'/'.join(sorted(homes(target)))} ({target})")


def light_umbrella(root, compiler):
    umbrella = root / "include/pumphouse/pumphouse.hpp"
    if not umbrella.exists():
        print("there is no include/pumphouse/pumphouse.hpp to check")
        sys.exit(77)
    done = subprocess.run([compiler, "-std=c++20", "-M", f"-I{root / 'include'}", umbrella],
                          capture_output=True, text=True)
    if done.returncode != 0:
        yield f"include/pumphouse/pumphouse.hpp:1: does not compile alone:\n{done.stderr}"
        return
    opt_in = opt_in_patterns(root)
    own = str(root / "include/pumphouse") + "/"
    heavy = []
    for reached in done.stdout.replace("\\\n", " ").split()[1:]:
        if reached.startswith(own):
            name = reached[len(own):]
            if any(p.search(name) for p in opt_in):
                yield f"include/pumphouse/pumphouse.hpp:1: reaches the opt-in header {name}"
        elif HEAVY.search(reached):
            heavy.append(reached)
    for reached in heavy[:5]:
        yield f"include/pumphouse/pumphouse.hpp:1: reaches {reached} ({len(heavy)} heavy in all)"


def without_comments(text):
    """The text with comments, literals and preprocessor lines blanked, line numbers kept."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match[0])
    pattern = (r'R"([^\s()\\]*)\((?:.|\n)*?\)\1"|//[^\n]*|/\*(?:.|\n)*?\*/'
               r'|"(?:\\.|[^"\\\n])*"|(?<![0-9A-Za-z_])\'(?:\\.|[^\'\\\n])+\'')
    text = re.sub(pattern, blank, text)
    return re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", blank, text, flags=re.MULTILINE)


def functions(text):
    """Yields (first line, last line) of each function body, by counting braces."""
    text = without_comments(text)
    stack, start, line = [], 0, 1
    for at, char in enumerate(text):
        if char == "\n":
            line += 1
        elif char == ";":
            start = at + 1
        elif char == "{":
            head = re.sub(r"\btemplate\s*<[^;{}]*?>\s*(?=\b(?!class|typename)\w)", "",
                          text[start:at]).strip()
            head = re.sub(r"^(public|private|protected)\s*:\s*", "", head)
            if any(kind == "function" for kind, _ in stack):
                kind = "inner"
            elif re.match(r"(inline )?(namespace|class|struct|union|enum|extern|concept)\b", head):
                kind = "scope"
            elif "(" in head or head == "" or head.startswith(","):
                kind = "function"
            else:
                kind = "inner"
            stack.append((kind, line))
            start = at + 1
        elif char == "}":
            if stack:
                kind, first = stack.pop()
                if kind == "function":
                    yield first, line
            start = at + 1


def layout(root, _):
    for name in repository_files(root):
        text = read(root / name)
        if text is None or not is_code(name, text, LICENSED):
            continue
        lines = text.splitlines()
        if not any("SPDX-License-Identifier: MIT" in line for line in lines[:3]):
            yield f"{name}:1: no SPDX-License-Identifier: MIT on top"
        if not is_code(name, text, CODE):
            continue
        for number, line in enumerate(lines, 1):
            if len(line) > MAX_COLUMNS:
                yield f"{name}:{number}: {len(line)} columns, more than {MAX_COLUMNS}"
            if "\t" in line:
                yield f"{name}:{number}: a tab"
        if not name.startswith("include/"):
            continue
        if len(lines) > MAX_FILE_LINES:
            yield f"{name}:{MAX_FILE_LINES}: {len(lines)} lines, more than {MAX_FILE_LINES}"
        elif len(lines) > WARN_FILE_LINES:
            print(f"{name}:{WARN_FILE_LINES}: warning: {len(lines)} lines; worth splitting")
        for first, last in functions(text):
            if last - first + 1 > MAX_FUNCTION_LINES:
                yield (f"{name}:{first}: a function of {last - first + 1} lines, more than "
                       f"{MAX_FUNCTION_LINES}")


def words(root, _):
    for name in repository_files(root):
        text = read(root / name)
        if text is None:
            continue
        for number, line in enumerate(text.splitlines(), 1):
            for word in WORDS:
                found = word.search(line)
                if found:
                    yield f"{name}:{number}: holds {found[0]!r}"


def options_of(text):
    """{struct: {member: its line}} of the structs that end in Options or Limits."""
    structs = {}
    for struct in re.finditer(r"^struct (\w+(?:Options|Limits)) \{\n(.*?)^\};", text,
                              re.MULTILINE | re.DOTALL):
        members = structs.setdefault(struct[1], {})
        first = text.count("\n", 0, struct.start(2)) + 1
        body = re.sub(r"//[^\n]*", lambda m: " " * len(m[0]), struct[2])
        for statement in re.finditer(r"[^;]+;", body):
            member = re.fullmatch(r"\s*(?!static\b).+?[\s>*&](\w+)\s*(?:=.*|\{.*\})?;",
                                  statement[0], re.DOTALL)
            if member:
                members[member[1]] = first + body.count("\n", 0, statement.end())
    return structs


def documented_options(root, _):
    page = root / "docs/limits.md"
    documented, section = {}, None
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("## "):
            name = re.match(r"## `?(\w+(?:Options|Limits))\b", line)
            section = documented.setdefault(name[1], {}) if name else None
        elif section is not None:
            row = re.match(r"\| `(\w+)` \|", line)
            if row:
                section[row[1]] = number
    known = {}
    for header in sorted((root / "include/pumphouse").rglob("*.hpp")):
        for struct, members in options_of(header.read_text(encoding="utf-8")).items():
            known.setdefault(struct, set()).update(members)
            for member, number in members.items():
                if member not in documented.get(struct, {}):
                    yield (f"{header.relative_to(root)}:{number}: {struct}::{member} is not in "
                           "docs/limits.md")
    for struct, members in documented.items():
        for member, number in members.items():
            if member not in known.get(struct, set()):
                yield f"docs/limits.md:{number}: there is no option {struct}::{member}"


def main():
    checks = {c.__name__: c for c in (dependency_direction, light_umbrella, layout, words,
                                      documented_options)}
    parser = argparse.ArgumentParser()
    parser.add_argument("check", choices=checks)
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).parents[2])
    parser.add_argument("--compiler", default=os.environ.get("CXX", "g++"))
    args = parser.parse_args()
    breaches = list(checks[args.check](args.root.resolve(), args.compiler))
    print("\n".join(breaches) if breaches else f"{args.check}: clean")
    sys.exit(1 if breaches else 0)


main()
