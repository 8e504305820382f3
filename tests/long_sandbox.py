"""schemathesis against the sandbox over HTTP: every operation, no server error, no broken promise.

    python -m tests.long_sandbox --cases 20 --seed 1 [OPERATION…]

takes about ten minutes for all 411 operations and ends with the number of cases. Each
operation is asked twice: with keys made up by schemathesis, most of which name nothing,
and with a key that stands for an object that is there, so that good answers are looked at;
and again, with other seeds, until each had as many cases as were asked for.
schemathesis is a program of its own here (``pip install schemathesis``); the variable
``SCHEMATHESIS`` names it where it is not on the path.

Two things are put differently for schemathesis than the document has them: `MOMENT`, and amounts.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import dynzuora
from dynzuora.sandbox import Sandbox
from dynzuora.sandbox.server import make_server

DOCUMENT = Path(__file__).parent.parent / "specs" / "zuora-2020-12-10.json"
CHECKS = (
    "not_a_server_error",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
STAND_IN = "key-of-an-example"
MOST_ROUNDS = 20
"""Rounds for operations of few cases; there are always enough seeds in these."""

MOMENT = r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?$"
"""A ``date-time`` as Zuora writes it: most examples of the vendor's document have no T and no zone.

By RFC 3339, which ``format: date-time`` means, they are not valid, and so schemathesis
would report every object that has one. The sandbox writes what the tenant would.
"""


class Found(NamedTuple):
    """What one run found: cases by operation (method and path), failures as sentences."""

    cases: Counter[str]
    failures: tuple[str, ...]
    output: str


def program() -> str | None:
    """Return the schemathesis to run, None where there is none."""
    places = os.pathsep.join([str(Path(sys.executable).parent), *os.get_exec_path()])
    return os.environ.get("SCHEMATHESIS") or shutil.which("schemathesis", path=places)


def run(cases: int, seed: int, operations: Sequence[str] = (), *, stand_ins: bool = False) -> Found:
    """Let schemathesis loose on ``operations``, on all without any."""
    document = _document(stand_ins)
    with serving(document) as (url, token), tempfile.TemporaryDirectory() as folder:
        source, report = Path(folder, "document.json"), Path(folder, "report.ndjson")
        source.write_text(json.dumps(document), "utf-8")
        command = [str(program()), "run", str(source), f"--url={url}", "--no-color"]
        command += [f"--header=Authorization: Bearer {token}", f"--max-examples={cases}", f"--seed={seed}"]
        command += [
            "--phases=fuzzing",
            f"--checks={','.join(CHECKS)}",
            "--continue-on-failure",
            "--no-shrink",
        ]
        command += ["--suppress-health-check=all", "--generation-database=none"]
        command += ["--report=ndjson", f"--report-ndjson-path={report}"]
        command += [f"--include-operation-id={each}" for each in operations]
        done = subprocess.run(
            command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        if not report.exists():
            raise SystemExit(done.stdout)
        return _read(report.read_text("utf-8").splitlines(), done.stdout)


def rounds(cases: int, seed: int, operations: Sequence[str] = ()) -> Iterator[tuple[str, Found]]:
    """Run each round, by name: both kinds of keys, then with other seeds what had too few cases.

    schemathesis sends no request twice, and an operation without parameters has few.
    """
    total: Counter[str] = Counter()
    for name, stand_ins in (("keys made up", False), ("keys of examples", True)):
        found = run(cases, seed, operations, stand_ins=stand_ins)
        total += found.cases
        yield name, found
    labels = {each: label for each, label in _labels().items() if not operations or each in operations}
    for other in range(seed + 1, seed + 1 + MOST_ROUNDS):
        few = [each for each, label in labels.items() if total[label] < cases]
        if not few:
            return
        found = run(cases, other, few)
        total += found.cases
        yield f"{len(few)} again with seed {other}", found


def _labels() -> dict[str, str]:
    """Return what schemathesis calls each operation id."""
    paths = json.loads(DOCUMENT.read_text("utf-8"))["paths"]
    return {
        operation["operationId"]: f"{method.upper()} {path}"
        for path, item in paths.items()
        for method, operation in item.items()
        if isinstance(operation, dict) and "operationId" in operation
    }


def _read(lines: Sequence[str], output: str) -> Found:
    cases: Counter[str] = Counter()
    failures: list[str] = []
    for line in lines:
        finished = json.loads(line).get("ScenarioFinished")
        if finished is None:
            continue
        recorder = finished["recorder"]
        label = recorder["label"]
        cases[label] += len(recorder["cases"])
        for checks in recorder["checks"].values():
            failures += [f"{label}: {each}" for each in map(_failure, checks) if each]
    return Found(cases, tuple(failures), output)


def _failure(check: Mapping[str, Any]) -> str:
    if check["status"] == "success":
        return ""
    told = check.get("failure_info") or check
    return f"{check['name']}: {json.dumps(told, ensure_ascii=True)[:600]}"


def _document(stand_ins: bool) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(DOCUMENT.read_text("utf-8"))
    for schema in _mappings(document):
        if schema.get("type") == "string" and schema.get("format") == "date-time":
            del schema["format"]
            schema["pattern"] = MOMENT
        elif schema.get("type") == "string" and schema.get("format") == "decimal":
            del schema["type"]
            schema["anyOf"] = [{"type": "number"}, {"type": "string"}]  # the server answers with numbers
    if stand_ins:
        for parameter in _mappings(document["paths"]):
            if parameter.get("in") == "path" and not isinstance(
                parameter.get("schema", {}).get("enum"), list
            ):
                parameter["schema"] = {"type": "string", "enum": [STAND_IN]}
                parameter["example"] = STAND_IN
    return document


def _mappings(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _mappings(each)


@contextmanager
def serving(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Serve a sandbox of ``document``; gives its address and a token that does not end."""
    sandbox = Sandbox(dynzuora.load(document), token_lifetime=10**9)
    server = make_server(sandbox)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}", sandbox.tokens.issue()["access_token"]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run both rounds, print what they found, and return 1 if it was anything."""
    parser = argparse.ArgumentParser(prog="python -m tests.long_sandbox", description=__doc__.split("\n")[0])
    parser.add_argument("--cases", type=int, default=20, help="cases for each operation, at least")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("operations", nargs="*", metavar="OPERATION", help="operation ids; else all")
    asked = parser.parse_args(arguments)
    if program() is None:
        print(
            "There is no schemathesis here: pip install schemathesis, or set SCHEMATHESIS.", file=sys.stderr
        )
        return 2
    failures = 0
    total: Counter[str] = Counter()
    for name, found in rounds(asked.cases, asked.seed, asked.operations):
        total += found.cases
        failures += len(found.failures)
        print(f"{name}: {found.cases.total()} cases, {len(found.failures)} failures", flush=True)
        for each in found.failures:
            print(f"  {each}")
    fewest = min(total.values(), default=0)
    print(f"{len(total)} operations, {total.total()} cases, the fewest {fewest} for one; {failures} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
