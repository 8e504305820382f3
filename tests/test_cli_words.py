"""``name=value`` words and ``--body`` become the arguments of a call."""

from __future__ import annotations

import io
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import pytest

import dynzuora
from dynzuora.shell import words as given


def _parameter(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema}


@pytest.fixture(scope="module")
def operation() -> Any:
    kinds: dict[str, dict[str, Any]] = {
        "pageSize": {"type": "integer"},
        "min-amount": {"type": "number"},
        "active": {"type": "boolean"},
        "ids": {"type": "array", "items": {"type": "integer"}},
        "name": {"type": "string"},
        "filter": {"type": "object"},
    }
    body = {"content": {"application/json": {"schema": {"type": "object"}}}}
    parameters = [_parameter(name, schema) for name, schema in kinds.items()]
    parameters.append({"name": "key", "in": "path", "required": True, "schema": {"type": "string"}})
    operation = {"operationId": "POST_X", "parameters": parameters, "requestBody": body, "responses": {}}
    info = {"title": "Tiny", "version": "1"}
    document = {"openapi": "3.0.3", "info": info, "paths": {"/x/{key}": {"post": operation}}}
    return dynzuora.load(document).operations["POST_X"]


@pytest.mark.parametrize(
    ("words", "arguments"),
    [
        (["pageSize=20"], {"pageSize": 20}),
        (["page_size=20"], {"page_size": 20}),
        (["min-amount=10.10"], {"min-amount": Decimal("10.10")}),
        (["active=TRUE"], {"active": True}),
        (["ids=1"], {"ids": [1]}),
        (["ids=1", "ids=2"], {"ids": [1, 2]}),
        (["ids:=[1,2]"], {"ids": [1, 2]}),
        (["name=20"], {"name": "20"}),
        (["name=a=b"], {"name": "a=b"}),
        (["name="], {"name": ""}),
        (["name:=null"], {"name": None}),
        (["name=a", "name=b"], {"name": ["a", "b"]}),
        (['filter:={"a": 1.10}'], {"filter": {"a": Decimal("1.10")}}),
        (["pageSize=1_0"], {"pageSize": "1_0"}),
        (["pageSize= 2 "], {"pageSize": " 2 "}),
        (["pageSize=\u0663"], {"pageSize": "\u0663"}),
        (["min-amount=1_0"], {"min-amount": "1_0"}),
        (["pageSize=many"], {"pageSize": "many"}),
        (["active=maybe"], {"active": "maybe"}),
        (["nmae=x"], {"nmae": "x"}),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, list) else "",
)
def test_words_become_values_of_the_parameters_types(
    words: list[str], arguments: Any, operation: Any
) -> None:
    assert given.arguments(words, operation) == arguments


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        (["A1"], "'A1' is not of the form name=value. Write key=A1."),
        (["key=A1", "two words"], "'two words' is not of the form name=value. Write pageSize='two words'."),
        (["page-size", "2"], "'page-size' is not of the form name=value. Write pageSize=2, as one word."),
        (["pageSize"], "'pageSize' is not of the form name=value. Write pageSize=VALUE."),
        (["=2"], "'=2' is not of the form name=value. Write key==2."),
        (['{"a": 1}'], """'{"a": 1}' is not of the form name=value. Pass it with --body '{"a": 1}'."""),
    ],
    ids=["required first", "not given yet", "two words", "no value", "no name", "body"],
)
def test_a_word_without_a_name_is_refused_with_what_to_write(
    words: list[str], advice: str, operation: Any
) -> None:
    with pytest.raises(click.UsageError) as caught:
        given.arguments(words, operation)
    assert caught.value.message == advice


def test_a_body_is_json_with_every_digit(operation: Any) -> None:
    assert given.body('{"amount": 10.10}', operation) == {"amount": Decimal("10.10")}


def test_a_body_is_read_from_a_file(tmp_path: Path, operation: Any) -> None:
    file = tmp_path / "body.json"
    file.write_bytes(b'\xef\xbb\xbf{"name": "caf\xc3\xa9"}')
    assert given.body(f"@{file}", operation) == {"name": "café"}


def test_a_body_is_read_from_standard_input(monkeypatch: pytest.MonkeyPatch, operation: Any) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"[1]")))
    assert given.body("@-", operation) == [1]


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("sets.json", "Did you mean @sets.json?"),
        ("my sets.json", "Did you mean '@my sets.json'?"),
        ("-", "Did you mean @-?"),
        ("other.json", "Strings and names need double quotes."),
        ("x" * 5000, "Strings and names need double quotes."),
    ],
    ids=["file", "with a space", "standard input", "no file", "no name"],
)
def test_a_file_without_its_sign_is_answered_with_it(
    text: str, advice: str, operation: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("sets.json", "my sets.json"):
        Path(name).touch()
    with pytest.raises(click.ClickException) as caught:
        given.body(text, operation)
    assert caught.value.message.startswith("--body is not JSON: ")
    assert caught.value.message.endswith(f". {advice}")


def test_json_is_json_even_where_a_file_has_its_name(
    operation: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("null").touch()
    assert given.body("null", operation) is None


def test_no_body_stays_none(operation: Any) -> None:
    assert given.body(None, operation) is None
