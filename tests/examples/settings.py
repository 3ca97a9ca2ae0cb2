# SPDX-License-Identifier: MIT
#
# The servers' settings are the library's options: every option of docs/limits.md that a file can
# say has a setting; file, environment and command line reach the running server.
#
# usage: settings.py <chat> <root of the repository>
import os
import pathlib
import re
import tempfile
from program import Program, check, check_equal, main, run

# Tables of docs/limits.md, and what of them is the host's to say: objects, functions, other tables,
# and what a policy is written for.
TABLES = {
    "ServerOptions": {"proxy", "origin", "authentication", "socket", "tls", "compression", "storm",
                      "on_problem", "address"},  # the guides call it host
    "StormOptions": {"clock"},
    "OriginOptions": set(),
    "ProxyOptions": {"header"},  # proxy_header
    "SocketOptions": set(),
    "HubOptions": {"shards", "rate", "user_rate", "heartbeat", "direct", "tracer",
                   "shutdown"},
    "ShutdownOptions": {"deadline", "batch_clients", "batch_interval"},  # hub.shutdown_...
    "AuthenticationOptions": {"verifier", "wall_clock"},
    "JwtFileOptions": {"key_file", "algorithm", "issuer", "audience", "leeway", "require_expiry",
                       "user_claim"},  # security.jwt_...
    "HeartbeatOptions": set(),
    "TlsOptions": {"certificate_file", "key_file", "min_version", "session_tickets",
                   "on_warning", "wall_clock"},  # security.tls_certificate and so on
    "TraceFileOptions": set(),
}


def options_of(limits, table):
    section = limits.split(f"\n## {table}\n", 1)[1].split("\n## ", 1)[0]
    return set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE))


def every_option_has_a_setting(program, root):
    text = run(program, "--help").stdout
    keys = re.findall(r"^ +--([a-z_.]+) ", text, re.MULTILINE)
    check_equal(len(keys), len(set(keys)), "keys that come once")
    names = {key.split(".")[-1] for key in keys}
    limits = pathlib.Path(root, "docs/limits.md").read_text(encoding="utf-8")
    for table, hosts in TABLES.items():
        options = options_of(limits, table)
        check(hosts <= options, f"{table} has no {hosts - options}")
        check_equal(options - hosts - names, set(), f"options of {table} without a setting")
    check({"server.host", "server.port", "security.proxy_header"} <= set(keys), "the guides' keys")
    check({f"security.tls_{name}" for name in ("certificate", "key", "min_version",
                                               "session_tickets")} <= set(keys), "keys of TLS")
    for table, part in (("ShutdownOptions", "hub.shutdown_"), ("JwtFileOptions", "security.jwt_")):
        check({part + name for name in TABLES[table]} <= set(keys), f"keys of {table}")
    for key in set(keys) - {"config"}:
        check(re.search(rf"--{re.escape(key)} \S+.*\(Env:CHAT_\w+\)", text), f"{key}: {text}")


def all_three_reach_the_server(program, folder):
    file = pathlib.Path(folder, "chat.toml")
    file.write_text('database = "of_the_file.db"\n[server]\nport = 0\nhealth_path = "/file"\n'
                    "max_body_bytes = 0\n")
    environment = {**os.environ, "CHAT_SERVER_HEALTH_PATH": "/environment"}
    with Program(program, "--config", str(file), cwd=folder, env=environment) as chat:
        check_equal(chat.get("/file")[0], 404, "what the environment overrides")
        check_equal(chat.get("/environment")[0], 200, "what the environment says")
        check("of_the_file.db" in chat.first_line, "what the file says")
        check_equal(chat.stop(), (0, "", ""), "the end")
    with Program(program, "--config", str(file), "--server.health_path", "/line", cwd=folder,
                 env=environment) as chat:
        check_equal(chat.get("/line")[0], 200, "what the command line says")
        check_equal(chat.get("/environment")[0], 404, "what the command line overrides")


def what_is_wrong_is_named(program, folder):
    file = pathlib.Path(folder, "wrong.toml")
    for text, words in (("[server]\nprot = 1\n", "server.prot"),
                        ("[server]\nport = 70000\n", "server.port"),
                        ("[security]\nsame_origin = 1\n", "security.same_origin")):
        file.write_text(text)
        done = run(program, "--config", str(file), cwd=folder)
        check_equal((done.returncode, done.stdout), (2, ""), f"status with {text!r}")
        check(words in done.stderr, f"{text!r} says {done.stderr!r}")
    # What only the server itself can judge is named too.
    for arguments, words in (
            (["--security.allowed_origins", "https://x/"], "allowed_origins"),
            (["--security.trusted_proxies", "proxy.example"], "trusted_proxies"),
            (["--server.max_retry_after", "0"], "max_retry_after"),
            (["--websocket.max_message_bytes", "0"], "max_message_bytes"),
            (["--security.require_auth", "true"], "require_auth"),
            (["--security.jwt_key_file", "nowhere.pem"], "nowhere.pem")):
        done = run(program, "--port", "0", *arguments, cwd=folder)
        check_equal(done.returncode, 1, f"status with {arguments}")
        check(words in done.stderr, f"{arguments} says {done.stderr!r}")


async def test(program, root):
    every_option_has_a_setting(program, root)
    with tempfile.TemporaryDirectory() as folder:
        all_three_reach_the_server(program, folder)
        what_is_wrong_is_named(program, folder)
        deployed = str(pathlib.Path(root, "examples/deploy/chat.toml"))
        with Program(program, "--config", deployed, "--port", "0", "--monitoring.admin_port", "0",
                     cwd=folder) as chat:
            check_equal(chat.get("/health")[0], 200, "with the example's file")


main(test)
