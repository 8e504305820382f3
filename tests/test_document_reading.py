"""Bytes become data, or one error that says what they are instead, where, and what to do."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynzuora.document import reading
from dynzuora.document.prepared import DocumentWarning
from dynzuora.errors import SpecError


def read(text: str | bytes) -> Any:
    return reading.read(text.encode() if isinstance(text, str) else text, "spec").data


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("text", ['{"a": "é"}', "a: é\n"], ids=["json", "yaml"])
def test_any_unicode_encoding_is_read(text: str, encoding: str) -> None:
    assert read(text.encode(encoding)) == {"a": "é"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 2020-12-10", "2020-12-10"),
        ("a: 2020-12-10T10:00:00Z", "2020-12-10T10:00:00Z"),
        ("a: yes", "yes"),
        ("a: No", "No"),
        ("a: on", "on"),
        ("a: true", True),
        ("a: False", False),
        ("a: 'true'", "true"),
        ("a: 79", 79),
        ("a: -7", -7),
        ("a: 007", "007"),
        ("a: 1_000", "1_000"),
        ("a: 12:30:45", "12:30:45"),
        ("a: 1.50", 1.5),
        ("a: 1e3", 1000.0),
        ("a: .5", 0.5),
        ("a: -.01", -0.01),
        ("a: 1.", 1.0),
        ("a: .5e1", 5.0),
        ("a: 0o17", 15),
        ("a: 0x1F", 31),
        ("a: 0o18", "0o18"),
        ("a: .", "."),
        ("a: .inf", ".inf"),
        ("a: !!str 79", "79"),
        ("a: !!int '79'", 79),
        ("a: ~", None),
        ("a:", None),
        ("a: null", None),
        ("a: <<", "<<"),
        ("a: |\n  x\n  y\n", "x\ny\n"),
    ],
)
def test_yaml_scalars_mean_what_they_mean_in_yaml_1_2(text: str, value: object) -> None:
    data = read(text)["a"]
    assert (data, json.dumps(data)) == (value, json.dumps(value))


@pytest.mark.parametrize(
    "text",
    ["[1.10, 1.0, 1e3, 2E-2, 7]", "# YAML\n[1.10, 1.0, 1e3, .50, +7, 0o17, 7]", "a: &a [1.10]\nb: *a"],
    ids=["json", "yaml", "yaml-alias"],
)
def test_a_number_that_is_read_as_text_keeps_its_spelling(text: str) -> None:
    data = read(text)
    numbers = data["b"] if isinstance(data, dict) else data
    written = text.rpartition("[")[2].partition("]")[0].split(", ")
    assert [str(number) for number in numbers] == written
    assert json.loads(json.dumps(numbers)) == numbers


def test_yaml_keys_are_text_whatever_they_look_like() -> None:
    assert read("200: a\ntrue: b\n2020-12-10: c\n") == {"200": "a", "true": "b", "2020-12-10": "c"}


def test_yaml_aliases_and_merges_are_written_out() -> None:
    text = "base: &base {a: 1, b: 2}\nmore: &more {c: 3}\nx: *base\ny:\n  <<: [*base, *more]\n  b: 5\n"
    found = read(text)
    base = {"a": 1, "b": 2}
    assert found == {"base": base, "more": {"c": 3}, "x": base, "y": {"b": 5, "a": 1, "c": 3}}
    assert found["x"] is not found["base"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "spec is empty. Was the download complete?"),
        (b" \n\n", "spec is empty. Was the download complete?"),
        (
            b"<!DOCTYPE html><html><body>Log in</body></html>",
            "spec is a web page (a login page, perhaps), not an OpenAPI document. "
            "Download the JSON or YAML file itself.",
        ),
        (
            b"<?xml version='1.0'?><error/>",
            "spec is XML, not an OpenAPI document. Download the JSON or YAML file itself.",
        ),
        (b"\x1f\x8b\x08\x00", "spec is a gzip file. Unpack it and pass the JSON or YAML file."),
        (
            b'{"a": 1,\n "b": "\xff\xfe"}',
            "spec is not text: byte 16 (line 2) is not utf-8. Save it as UTF-8.",
        ),
        (
            b'{"a": 1,\n "b": ',
            "spec is not JSON: it ends too early (line 2, column 7). Was the download complete?",
        ),
        (
            b'{"a": 1,\n "b": "unfinis',
            "spec is not JSON: it ends too early (line 2, column 7). Was the download complete?",
        ),
        (
            b'{"a": 1}\n{"b": 2}',
            "spec is not JSON: a second value begins at line 2, column 1. Pass a single document.",
        ),
        (
            b'{"a": 1,\n b}',
            "spec is not JSON: Expecting property name enclosed in double quotes at line 2, column 2.",
        ),
        (b'{"a": NaN}', "spec contains NaN, which is not a JSON number, at line 1, column 7."),
        (b"a: 1\n---\nb: 2\n", "spec cannot be used: a second document begins at line 2, column 1."),
        (b"a: 1\n\tb: 2\n", "spec is neither JSON nor YAML: found a tab character"),
        (
            b"a: [1, 2\nb: 3\n",
            "spec is neither JSON nor YAML: did not find expected ',' or ']' at line 2, column 2.",
        ),
        (
            b"a: !!python/object/apply:os.system ['true']\n",
            "spec cannot be used: the tag 'tag:yaml.org,2002:python/object/apply:os.system', "
            "which is not supported, at line 1, column 4.",
        ),
        (b"? [a]\n: b\n", "spec cannot be used: a key that is not a string at line 1, column 3."),
        (
            b"a: &a [*a]\n",
            "spec cannot be used: the alias *a is inside its own anchor or has none at line 1, column 8.",
        ),
        (b"[" * 100_000, "spec is nested too deeply to be an OpenAPI document."),
        (b"- " * 100_000, "spec cannot be used: nesting deeper than 400 at line 1, column 801."),
    ],
    ids=lambda value: "" if isinstance(value, str) else None,
)
def test_what_is_no_document_is_named(content: bytes, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        reading.read(content, "spec")
    assert str(caught.value).startswith(message)


def test_aliases_cannot_make_a_small_file_large() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    with pytest.raises(SpecError, match="more than 5,000,000 values, most of them by aliases"):
        read("\n".join(lines))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([1], "spec contains a list, but an OpenAPI document is an object. Is it the right file?"),
        ("text", "spec contains a string, but an OpenAPI document is an object. Is it the right file?"),
        (
            {"name": "x", "version": 1},
            "spec is not an OpenAPI document: it has neither 'openapi' nor 'swagger' at the top "
            "(it has 'name', 'version'). Is it the right file?",
        ),
    ],
    ids=["list", "text", "other-object"],
)
def test_a_document_has_the_right_root(data: object, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        reading.check_root(data, "spec")
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"openapi": "3.0.0", "paths": {"/a": 1, "/a": 2}}', "occurs twice; the last one counts."),
        (
            "openapi: 3.0.0\npaths:\n  /a: 1\n  /a: 2\n",
            "occurs twice (again at line 4); the last one counts.",
        ),
    ],
    ids=["json", "yaml"],
)
def test_a_name_that_stands_twice_is_reported_with_its_pointer(text: str, message: str) -> None:
    found = reading.read_document(text.encode(), "spec")
    assert found.data["paths"] == {"/a": 2}
    assert found.warnings == [DocumentWarning("duplicate-key", "#/paths/~1a", message)]


_NAMES = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=8)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | _NAMES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_NAMES, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(_NAMES, _VALUES, max_size=4))
def test_json_is_read_the_same_by_the_yaml_reader(data: dict[str, Any]) -> None:
    text = json.dumps(data, ensure_ascii=False)
    assert reading._yaml(f"# not JSON\n{text}", "spec").data == reading._json(text, "spec").data == data


def test_yaml_is_only_loaded_for_yaml() -> None:
    code = (
        "import sys; from dynzuora.document import reading; reading.read(b'{}', '');"
        "print('yaml' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"
