# SPDX-License-Identifier: MIT
#
# 08_echo with a trace file: what it writes is what OpenTelemetry's published schema reads, without
# a field that the schema does not have, and it is one tree of spans. The schema is PyPI's
# opentelemetry-proto, in an environment of this test's own.
#
# usage: traces.py <echo> <folder>
import json
import pathlib
import subprocess
import sys
import tempfile
from program import Program, check, check_equal, main, patient, websockets

VERSION = "1.45.2"
FOREIGN = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
SECRET = "s3cr3t-t0ken"

# Run by the environment's interpreter: reads a file by the schema, writes what is in it.
READER = r"""
import base64, json, sys
from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
spans = []
for line in open(sys.argv[1], encoding="utf-8"):
    request = json_format.Parse(line, ExportTraceServiceRequest(), ignore_unknown_fields=False)
    for resource in request.resource_spans:
        service = {each.key: each.value.string_value for each in resource.resource.attributes}
        for scope in resource.scope_spans:
            for span in scope.spans:
                # OTLP's JSON has ids in hexadecimal, which protobuf takes for base64.
                hexadecimal = lambda id: base64.b64encode(id).decode()
                spans.append({
                    "service": service["service.name"], "name": span.name, "kind": span.kind,
                    "trace": hexadecimal(span.trace_id), "id": hexadecimal(span.span_id),
                    "parent": hexadecimal(span.parent_span_id),
                    "links": [hexadecimal(link.span_id) for link in span.links],
                    "took": span.end_time_unix_nano - span.start_time_unix_nano,
                    "began": span.start_time_unix_nano, "flags": span.flags,
                    "error": span.status.code,
                    "attributes": {each.key: each.value.WhichOneof("value")
                                   for each in span.attributes}})
json.dump(spans, sys.stdout)
"""


def interpreter(folder):
    """Of an environment that has the schema."""
    place = pathlib.Path(folder, f"opentelemetry-proto-{VERSION}")
    python = place / "bin/python"
    if not (place / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(place)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check",
                        f"opentelemetry-proto=={VERSION}"], check=True)
        (place / "ready").touch()
    return str(python)


def read(python, file):
    done = subprocess.run([python, "-c", READER, str(file)], capture_output=True, text=True,
                          check=False, timeout=120)
    check_equal((done.returncode, done.stderr), (0, ""), "what the schema says")
    return json.loads(done.stdout)


async def talk(echo):
    headers = {"traceparent": FOREIGN, "tracestate": "rojo=1", "Authorization": f"Bearer {SECRET}"}
    async with websockets.connect(f"ws://localhost:{echo.port}/a%22b?token={SECRET}&x=%C3%A4",
                                  extra_headers=headers, ping_interval=None) as peer:
        for message in ("one", b"\x00\xff", "two"):
            await peer.send(message)
            check_equal(await patient(peer.recv()), message, "what is back")


async def test(program, folder):
    python = interpreter(folder)
    with tempfile.TemporaryDirectory() as work:
        file = pathlib.Path(work, "traces.jsonl")
        settings = ["--port", "0", "--monitoring.trace_file", str(file)]
        with Program(program, *settings) as echo:
            await talk(echo)
            check_equal(echo.stop(), (0, "", ""), "the end")
        text = file.read_text(encoding="utf-8")
        check(SECRET not in text, "no token in a span")
        check_tree(read(python, file), text)

        with Program(program, *settings, "--monitoring.trace_ratio", "0") as echo:
            await talk(echo)
            check_equal(echo.stop(), (0, "", ""), "the end")
        check_equal(file.read_text(encoding="utf-8"), text, "what a ratio of 0 adds")


def check_tree(spans, text):
    names = [span["name"] for span in spans]
    for name, count in (("upgrade", 1), ("connection", 1), ("read_message", 3),
                        ("process_text", 2), ("process_binary", 1), ("write_message", 3)):
        check_equal(names.count(f"websocket.{name}"), count, f"spans of {name}")
    of = {span["id"]: span for span in spans}
    check_equal(len(of), len(spans), "ids that come once")
    for span in spans:
        check_equal(span["service"], "echo", "the service")
        check_equal((len(span["trace"]), len(span["id"])), (32, 16), "the length of ids")
        check(f'"traceId":"{span["trace"]}"' in text, "the ids as they were")
        check(span["took"] >= 0 and span["began"] > 1_700_000_000_000_000_000, f"times of {span}")
        check_equal(span["error"], 0, f"the status of {span['name']}")
        if span["parent"]:
            check_equal(of[span["parent"]]["trace"], span["trace"], "a child's trace")
    parents = {span["name"]: of[span["parent"]]["name"] for span in spans if span["parent"]}
    check_equal(parents, {"websocket.connection": "websocket.upgrade",
                          "websocket.process_text": "websocket.read_message",
                          "websocket.process_binary": "websocket.read_message",
                          "websocket.write_message": "websocket.process_text"}
                | {"websocket.write_message": parents["websocket.write_message"]}, "whose child")
    check(parents["websocket.write_message"].startswith("websocket.process_"), "an answer's parent")
    upgrade = spans[names.index("websocket.upgrade")]
    # It came without a token that anybody has verified: linked to, and no more.
    check_equal(upgrade["links"], ["b7ad6b7169203331"], "the upgrade's link")
    check_equal((upgrade["parent"], upgrade["kind"]), ("", 2), "the upgrade's parent and kind")
    check_equal(upgrade["attributes"]["http.response.status_code"], "int_value", "a number")
    check_equal(upgrade["attributes"]["url.path"], "string_value", "a text")


main(test)
