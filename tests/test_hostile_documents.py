"""No document makes the package read, connect, run, hang, fill the memory, or fail without a reason."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

import dynzuora
from dynzuora.errors import SpecError
from tests.bombs import BOMBS
from tests.documents import body_of, document, operation, parameter
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
    "deep-yaml": {
        "refused": "the document is no usable YAML: nesting deeper than 400 at line 3, column 404."
    },
    "alias-bomb": {
        "refused": "the document is no usable YAML: more than 5,000,000 values, most of them by aliases "
        "at line 9, column 30."
    },
    "merge-bomb": {
        "refused": "the document is no usable YAML: more than 5,000,000 values, most of them by aliases "
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
    "endless-exponent": {"refused": "the document holds 1e400, which is too large a number."},
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

WHOLE = json.dumps(document({"/a": {"get": operation("a")}}))
CONTAINERS: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "is empty. Was the download complete?"),
    "login page": (
        b"\n<!doctype html><title>Sign in</title>",
        "is a web page (a login page, perhaps) and not an OpenAPI document. "
        "Download the JSON or YAML file itself.",
    ),
    "truncated": (
        WHOLE[:-20].encode(),
        f"is not JSON: it ends in the middle (line 1, column {len(WHOLE) - 24}). Was the download complete?",
    ),
    "two documents": (
        (WHOLE + WHOLE).encode(),
        f"is not JSON: a second value begins at line 1, column {len(WHOLE) + 1}. Give one document.",
    ),
    "two documents of YAML": (
        b"openapi: 3.0.0\n---\nopenapi: 3.0.0\n",
        "is no usable YAML: a second document begins at line 2, column 1.",
    ),
    "Latin-1": (
        b'{"openapi": "3.0.0", "info": {"title": "caf\xe9"}}',
        "is not text: byte 43 (line 1) is not utf-8. Save it as UTF-8.",
    ),
    "NaN": (b'{"openapi": "3.0.0", "x": NaN}', "holds NaN, which is no JSON number."),
    "Infinity": (b'{"openapi": "3.0.0", "x": -Infinity}', "holds -Infinity, which is no JSON number."),
    "1e999": (b'{"openapi": "3.0.0", "x": 1e999}', "holds 1e999, which is too large a number."),
    "1e999 in YAML": (
        b"openapi: 3.0.0\nx: 1e999\n",
        "is no usable YAML: 1e999, which is too large a number, at line 2, column 4.",
    ),
    "an integer of 5,000 digits": (
        b'{"openapi": "3.0.0", "x": ' + b"1" * 5_000 + b"}",
        "is not JSON: Exceeds the limit (4300 digits) for integer string conversion: value has 5000 digits; "
        "use sys.set_int_max_str_digits() to increase the limit.",
    ),
    "tabs": (
        b"openapi: 3.0.0\npaths:\n\t/a: {}\n",
        "is neither JSON nor YAML: found character that cannot start any token at line 3, column 1.",
    ),
    "a Python tag": (
        b"openapi: 3.0.0\nx: !!python/name:os.system\n",
        "is no usable YAML: the tag 'tag:yaml.org,2002:python/name:os.system', which is not followed, "
        "at line 2, column 4.",
    ),
    "a list": (b"[]", "holds a list, and an OpenAPI document is an object. Is it the right file?"),
    "null": (b"null", "holds nothing, and an OpenAPI document is an object. Is it the right file?"),
    "something else": (
        b'{"name": "left-pad"}',
        "is not an OpenAPI document: it has neither 'openapi' nor 'swagger' at the top (it has 'name'). "
        "Is it the right file?",
    ),
    "a NUL": (b"openapi: 3.0.0\nx: \0\n", "is neither JSON nor YAML: control characters are not allowed."),
}


@pytest.mark.parametrize("name", CONTAINERS)
def test_what_is_no_document_says_what_it_is_and_where(name: str) -> None:
    content, message = CONTAINERS[name]
    with pytest.raises(SpecError) as refused:
        dynzuora.load(content)
    assert str(refused.value) == f"the document {message}"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_a_document_in_any_unicode_is_the_same_document(encoding: str) -> None:
    assert list(dynzuora.load(WHOLE.encode(encoding)).operations) == ["a"]


def test_half_a_character_is_read_as_the_sign_for_one() -> None:
    loaded = dynzuora.load(WHOLE.replace('"Tiny"', '"\\ud800x"').encode())
    assert loaded.title == "\ufffdx"
    assert [each.rule for each in loaded.warnings] == ["half-character"]


# -- structure --------------------------------------------------------------------------


def beside(paths: Any, **more: Any) -> bytes:
    """A document with one operation that is right beside what is not."""
    return json.dumps(document({"/right": {"get": operation("right")}, **paths}, **more)).encode()


def schema_of(value: Any) -> dict[str, Any]:
    return {
        "/wrong": {
            "post": operation("wrong", requestBody={"content": {"application/json": {"schema": value}}})
        }
    }


STRUCTURES: dict[str, tuple[bytes, dict[str, str], list[str]]] = {
    "null for a path": (beside({"/wrong": None}), {"right": ""}, ["misplaced-value"]),
    "list for a path": (beside({"/wrong": []}), {"right": ""}, ["misplaced-value"]),
    "null for an operation": (beside({"/wrong": {"get": None}}), {"right": ""}, ["misplaced-value"]),
    "list for a schema": (beside(schema_of([1])), {"wrong": "", "right": ""}, ["misplaced-value"]),
    "dangling body": (
        beside({"/wrong": {"post": operation("wrong", requestBody={"$ref": "#/nowhere"})}}),
        {
            "wrong": "#/paths/~1wrong/post/requestBody: the reference '#/nowhere' points to nothing",
            "right": "",
        },
        ["unusable-operation"],
    ),
    "missing id": (
        beside({"/wrong": {"get": {"responses": {}}}}),
        {"get_wrong": "", "right": ""},
        ["operation-id"],
    ),
    "duplicate id": (
        beside({"/wrong": {"get": operation("right")}}),
        {"right": "", "right_2": ""},
        ["operation-id"],
    ),
    "odd ids": (
        beside({"/wrong": {"get": operation("__class__"), "post": operation("a b; rm")}}),
        {"__class__": "", "a b; rm": "", "right": ""},
        [],
    ),
    "unknown style": (
        beside({"/wrong": {"get": operation("wrong", parameter("a", style="fancy"))}}),
        {"wrong": "", "right": ""},
        ["style"],
    ),
    "absolute path": (
        beside({"https://evil.example/a": {"get": operation("wrong")}}),
        {"wrong": "", "right": ""},
        ["frame"],
    ),
    "path of slashes": (
        beside({"//evil.example/a": {"get": operation("wrong")}}),
        {"wrong": "#/paths/~1~1evil.example~1a/get: its path is not the path of a URL", "right": ""},
        ["path"],
    ),
    "path of an at sign": (
        beside({"@evil.example/a": {"get": operation("wrong")}}),
        {"wrong": "", "right": ""},
        ["frame"],
    ),
}


@pytest.mark.parametrize("name", STRUCTURES)
def test_a_fault_is_said_and_costs_no_other_operation(name: str) -> None:
    content, faults, rules = STRUCTURES[name]
    loaded = dynzuora.load(content)
    assert {id: entry.fault for id, entry in loaded.prepared.index.items()} == faults
    assert sorted({each.rule for each in loaded.warnings}) == rules
    assert loaded.operations["right"].prepare().url == "/right"


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
