"""No document makes the package read, connect, run, hang, fill the memory, or fail without a reason."""

from __future__ import annotations

import contextlib
import copy
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest
from click.testing import CliRunner

import dynzuora
from dynzuora.errors import InvalidRequest, SpecError
from dynzuora.shell import shell
from tests.bad_documents import CONTAINERS, RICH, STRUCTURES, WHOLE, beside
from tests.bombs import BOMBS
from tests.documents import body_of, document, operation
from tests.limits import ROOT, run_limited

# -- nothing leaves the process ---------------------------------------------------------

REFERENCES = [
    "file:///etc/passwd",
    "/etc/passwd",
    "../secret.json#/A",
    "other.yaml",
    "http://127.0.0.1:9/a.json",
    "https://169.254.169.254/latest#/a",
    "//127.0.0.1:9/a",
    "ftp://127.0.0.1/a",
    "python://os:system",
    "data:application/json,{}",
    "\\\\127.0.0.1\\share\\a.json",
]


def referring(target: str) -> list[str]:
    """Documents with a reference to ``target`` everywhere where there can be one, and where it is data."""
    reference = {"$ref": target}
    data = {
        "example": reference,
        "enum": [reference],
        "default": reference,
        "properties": {"$ref": {"type": "string"}},
    }
    places: list[dict[str, Any]] = [
        {"/a": reference},
        {"/a": {"get": reference}},
        {"/a": {"post": operation("a", requestBody=reference)}},
        {"/a": {"post": operation("a", reference)}},
        {"/a": {"post": operation("a", responses={"200": reference})}},
        {"/a": {"post": operation("a", requestBody=body_of("application/json", reference))}},
        {"/a": {"post": operation("a", requestBody=body_of("application/json", data))}},
        {"/a": {"post": operation("a", callbacks={"x": reference}, externalDocs={"url": target})}},
    ]
    more = {
        "servers": [{"url": target}],
        "externalDocs": {"url": target},
        "info": reference,
        "$schema": target,
    }
    schemes = {
        "oauth": {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": target, "scopes": {}}}}
    }
    components = {
        "schemas": {"A": reference, "B": {"$id": target, "allOf": [reference]}},
        "securitySchemes": schemes,
    }
    return [json.dumps(document(each, components=components, **more)) for each in places]


TAGS = [
    "!!python/object/apply:os.system ['touch x']",
    "!!python/name:os.system",
    "!!python/module:antigravity",
    "!include other.yaml",
    "!!binary aGVsbG8=",
    "!<tag:yaml.org,2002:python/object/new:os.system> [x]",
]


def audited(*versions: str, texts: list[str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.audited", *versions],
        input=json.dumps(texts or []),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_no_reference_and_no_tag_opens_connects_runs_or_imports_anything() -> None:
    texts = [text for target in REFERENCES for text in referring(target)]
    texts += [f"openapi: 3.0.0\npaths:\n  /a: {tag}\n" for tag in TAGS]
    done = audited(texts=texts)
    assert (done.stderr, done.stdout) == ("", f"{len(texts)}\n")


def test_a_bundled_document_reads_nothing_but_the_package_s_own_files() -> None:
    done = audited("2020-12-10", "2021-08-20")
    assert (done.stderr, done.stdout) == ("", "2\n")


@pytest.mark.parametrize(
    "code",
    ["open('/etc/hostname')", "import antigravity", "import socket; socket.socket()", "os.listdir('/')"],
)
def test_the_watch_would_see_it(code: str) -> None:
    watch = (
        "import sys, os, tests.audited as a; sys.addaudithook(a.watch); a.allowed = ('x',); a.watching = True"
    )
    script = f"{watch}\n{code}"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert done.stderr.startswith("forbidden: ")


@pytest.mark.parametrize("keyword", ["example", "enum", "default"])
def test_a_reference_that_is_data_stays_data(keyword: str) -> None:
    data = {"$ref": "file:///etc/passwd"}
    schema = {"type": "object", keyword: [data] if keyword == "enum" else data}
    loaded = dynzuora.load(
        document({"/a": {"post": operation("a", requestBody=body_of("application/json", schema))}})
    )
    assert loaded.warnings == ()
    assert loaded.operations["a"].slice["requestBody"]["content"]["application/json"]["schema"] == schema


def test_a_property_named_ref_is_a_property() -> None:
    schema = {"type": "object", "properties": {"$ref": {"type": "integer"}}}
    loaded = dynzuora.load(
        document({"/a": {"post": operation("a", requestBody=body_of("application/json", schema))}})
    )
    assert loaded.warnings == ()
    assert loaded.operations["a"].prepare({"$ref": 7}).body == b'{"$ref":7}'


# -- bombs ------------------------------------------------------------------------------

FINE: dict[str, Any] = {"warnings": {}, "operations": {"prepared": 2}}
BROKEN = {"broken": 1, "prepared": 1}
OUTCOMES: dict[str, Any] = {
    "deep-json": {"refused": "the document is nested too deeply to be an OpenAPI document."},
    "deep-values": {"refused": "the document is nested too deeply to be an OpenAPI document."},
    "deep-yaml": {"refused": ANY},  # libyaml reads 1,024 characters ahead, and may refuse first, in its words
    "deep-yaml-blocks": {
        "refused": "the document cannot be used: nesting deeper than 400 at line 4, column 801."
    },
    "alias-bomb": {
        "refused": "the document cannot be used: more than 5,000,000 values, most of them by aliases "
        "at line 9, column 30."
    },
    "merge-bomb": {
        "refused": "the document cannot be used: more than 5,000,000 values, most of them by aliases "
        "at line 11, column 39."
    },
    "reference-bomb": FINE,
    "combination-bomb": {
        "warnings": {"endless-reference": 22, "unusable-operation": 1},
        "operations": BROKEN,
    },
    "long-chain": {"warnings": {"endless-reference": 100, "unusable-operation": 1}, "operations": BROKEN},
    "long-chain-of-properties": FINE,
    "pure-cycle": {"warnings": {"endless-reference": 1, "unusable-operation": 1}, "operations": BROKEN},
    "dense-cycle": FINE,
    "self-containing-all-of": {
        "warnings": {"endless-reference": 1, "unusable-operation": 1},
        "operations": BROKEN,
    },
    "recursive": FINE,
    "operations": {"warnings": {"parameters": 20_000}, "operations": {"prepared": 20_000}},
    "operations-of-one-name": {"warnings": {"operation-id": 19_999}, "operations": {"prepared": 20_000}},
    "operations-without-a-name": {"warnings": {"operation-id": 20_000}, "operations": {"prepared": 20_000}},
    "enum": FINE,
    "properties": FINE,
    "alternatives": FINE,
    "names-twice": {"warnings": {"duplicate-key": 1}, "operations": {}},
    "parameters": {"warnings": {}, "operations": {"prepared": 1}},
    "long-path": {"warnings": {"parameters": 2_000}, "operations": {"prepared": 1}},
    "braces": {"warnings": {}, "operations": {"prepared": 1}},
    "wide-number": FINE,
    "endless-exponent": {
        "refused": "the document contains the number 1e400, which is too large, at line 1, column 392."
    },
    "lengths": {"warnings": {}, "operations": {"refused: is required.": 1, "prepared": 1}},
    "counts": {"warnings": {}, "operations": {"refused: is required.": 1, "prepared": 1}},
}
SLOW = {"operations", "operations-of-one-name", "operations-without-a-name", "alternatives", "dense-cycle"}


def test_every_bomb_has_an_outcome() -> None:
    assert set(OUTCOMES) == set(BOMBS)


@pytest.mark.parametrize(
    "name", [pytest.param(each, marks=pytest.mark.slow if each in SLOW else ()) for each in OUTCOMES]
)
def test_a_bomb_costs_bounded_time_and_memory(name: str) -> None:
    ended = run_limited("tests.bombs", name)
    assert (ended.stderr, ended.returncode) == ("", 0)
    assert json.loads(ended.stdout) == OUTCOMES[name]


# -- containers -------------------------------------------------------------------------


@pytest.mark.parametrize("name", CONTAINERS)
def test_what_is_no_document_says_what_it_is_and_where(name: str) -> None:
    content, message = CONTAINERS[name]
    with pytest.raises(SpecError) as refused:
        dynzuora.load(content)
    assert str(refused.value) == f"the document {message}"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_a_document_in_any_unicode_is_the_same_document(encoding: str) -> None:
    assert list(dynzuora.load(WHOLE.encode(encoding)).operations) == ["a"]


def test_what_stands_in_a_text_is_not_taken_for_what_is_wrong() -> None:
    with pytest.raises(SpecError, match=r"contains NaN, which is not a JSON number, at line 2, column 3\.$"):
        dynzuora.load(b'{"openapi": "3.0.0", "x \\" NaN": "NaN", "y":\n  NaN}')


@pytest.mark.parametrize("name", CONTAINERS)
def test_the_shell_says_it_in_one_line(name: str, tmp_path: Path) -> None:
    (tmp_path / "bad").write_bytes(CONTAINERS[name][0])
    said = CliRunner().invoke(shell, ["specs", "check", str(tmp_path / "bad")], prog_name="dynzuora")
    assert (said.exit_code, said.stdout, said.stderr.count("\n")) == (1, "", 1)
    assert said.stderr.endswith(f"bad {CONTAINERS[name][1]}\n")


def test_half_a_character_is_read_as_the_sign_for_one() -> None:
    loaded = dynzuora.load(WHOLE.replace('"Tiny"', '"\\ud800x"').encode())
    assert loaded.title == "\ufffdx"
    assert [each.rule for each in loaded.warnings] == ["half-character"]


# -- structure --------------------------------------------------------------------------


@pytest.mark.parametrize("name", STRUCTURES)
def test_a_fault_is_said_and_costs_no_other_operation(name: str) -> None:
    content, faults, rules = STRUCTURES[name]
    loaded = dynzuora.load(content)
    assert {id: entry.fault for id, entry in loaded.prepared.index.items()} == faults
    assert sorted({each.rule for each in loaded.warnings}) == rules
    assert loaded.operations["right"].prepare().url == "/right"


def places(node: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place below ``node``."""
    entries = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in entries:
        yield (*way, key)
        yield from places(value, (*way, key))


@pytest.mark.parametrize("value", [None, [], [None], {}, "x", 7, True], ids=json.dumps)
def test_no_value_anywhere_costs_an_operation_beside_it(value: Any) -> None:
    for way in list(places(RICH)):
        if way[0] == "openapi" or way == ("paths",) or way[:2] == ("paths", "/right"):
            continue
        changed = copy.deepcopy(RICH)
        holder: Any = changed
        for key in way[:-1]:
            holder = holder[key]
        holder[way[-1]] = value
        loaded = dynzuora.load(changed)
        assert loaded.operations["right"].prepare().url == "/right", way
        for each in loaded.operations.values():
            with contextlib.suppress(SpecError, InvalidRequest):
                each.prepare(each.template() if each.has_body else None, params=dict.fromkeys(["id"], "x"))
                each.describe(), each._repr_html_()
        assert dynzuora.diff(loaded, loaded).changes == (), way


@pytest.mark.filterwarnings("ignore::dynzuora.errors.SpecWarning")  # about the repairs
@pytest.mark.parametrize(
    "path", ["https://evil.example/a", "@evil.example/a", ".evil.example/a", ":80@evil.example/"]
)
def test_no_path_of_a_document_leads_a_client_elsewhere(path: str) -> None:
    client = dynzuora.Client(
        beside({path: {"get": operation("wrong")}}), "https://localhost:8443", token="fake-token"
    )
    assert client.prepare("wrong").url.startswith("https://localhost:8443/")


def test_servers_and_token_urls_of_a_document_lead_nowhere() -> None:
    flows = {"clientCredentials": {"tokenUrl": "https://evil.example/token", "scopes": {}}}
    components = {"securitySchemes": {"oauth": {"type": "oauth2", "flows": flows}}}
    hostile = beside(
        {}, servers=[{"url": "https://evil.example"}], components=components, security=[{"oauth": []}]
    )
    client = dynzuora.Client(hostile, "https://localhost:8443", client_id="fake", client_secret="fake")
    assert (client.base_url, client.prepare("right").url) == (
        "https://localhost:8443",
        "https://localhost:8443/right",
    )
    with pytest.raises(dynzuora.errors.DynzuoraError, match="environment"):
        dynzuora.Client(hostile, client_id="fake", client_secret="fake")
