"""What a document says is text wherever it is shown: no terminal, page, template or shell acts on it."""

from __future__ import annotations

import ast
import json
import re
import shlex
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner

import dynzuora
from dynzuora._text import acting, visible
from dynzuora.display import html_file
from dynzuora.display.cards import shell_example
from dynzuora.editors import stubs
from dynzuora.pages.browse import page
from dynzuora.shell import shell
from tests.documents import document

pytestmark = pytest.mark.filterwarnings("ignore:.*repaired or left out:dynzuora.errors.SpecWarning")

NASTY = "\x1b[2J\x07\x9b31m\u202eevil\u2066<img src=x onerror=alert(1)>{{7*7}}{%raw%}'\"\\`$(touch x)`;"
"""A terminal's controls, marks of direction, HTML, Jinja, quotes, a shell's substitution."""


def hostile(text: str = NASTY) -> dict[str, Any]:
    schema = {
        "type": "object",
        "required": [text],
        "properties": {text: {"enum": [text], "description": text}},
    }
    body = {"description": text, "content": {"application/json": {"schema": schema, "example": {text: text}}}}
    parameter = {"name": text, "in": "query", "required": True, "description": text, "example": text}
    operation = {
        "operationId": f"x{text}",
        "tags": [text],
        "summary": text,
        "description": text,
        "parameters": [{**parameter, "schema": {"type": "string", "enum": [text], "default": text}}],
        "requestBody": {"required": True, **body},
        "responses": {"200": body},
    }
    return document(
        {"/x": {"post": operation}, f"/{text}": {"get": {"operationId": text, "responses": {}}}},
        info={"title": text, "version": text},
        tags=[{"name": text, "description": text}],
        servers=[{"url": text}],
        components={"schemas": {text: schema}},
    )


def shown_texts() -> dict[str, str]:
    """Every text that is made for a terminal."""
    loaded = dynzuora.load(hostile())
    client = dynzuora.Client.sandbox(loaded)
    [first, *_] = loaded.operations.values()
    newer = dynzuora.load(document({"/x": {"post": {"operationId": "x", "responses": {}}}}))
    diff = dynzuora.diff(loaded, newer)
    texts = {
        "document": repr(loaded),
        "operations": repr(loaded.operations),
        "ops": repr(client.ops) + repr(client.ops.by_tag),
        "client": repr(client),
        "search": repr(client.search("evil")),
        "help": first.describe(),
        "diff": diff.to_text() + repr(diff),
        "markdown": diff.to_markdown(),
        "warnings": "\n".join(map(str, loaded.warnings)),
        "stubs": stubs.ops(loaded) + stubs.ids(loaded),
    }
    texts |= {f"operation {number}": repr(each) for number, each in enumerate(loaded.operations.values())}
    with pytest.raises(dynzuora.errors.DynzuoraError) as refused:
        client.call(first.id, params={NASTY: "other"}, body={NASTY: "other"})
    with pytest.raises(dynzuora.errors.SpecError) as broken:
        client.prepare(list(loaded.operations)[1])
    return texts | {"refused": str(refused.value), "broken": str(broken.value)}


def test_nothing_that_a_terminal_would_act_upon_is_printed() -> None:
    assert {
        name: acting().findall(text) for name, text in shown_texts().items() if acting().search(text)
    } == {}


@pytest.mark.parametrize(
    "words", ["ops", "ops evil", "show POST /x", "specs check", "call POST /x --sandbox", "diff SPEC SPEC"]
)
def test_nothing_that_a_terminal_would_act_upon_is_printed_by_the_shell(words: str, tmp_path: Any) -> None:
    spec = tmp_path / "spec.json"
    spec.write_text(json.dumps(hostile()))
    arguments = [str(spec) if word == "SPEC" else word for word in words.split()]
    done = CliRunner().invoke(shell, ["--spec", str(spec), *arguments], prog_name="dynzuora")
    assert not isinstance(done.exception, Exception) or isinstance(done.exception, SystemExit)
    assert acting().findall(done.output) == []
    assert not re.search(r"^49|[^0-9]49[^0-9]", done.output)


HTML: dict[str, Callable[[dynzuora.Document], str]] = {
    "document": lambda loaded: loaded._repr_html_(),
    "operations": lambda loaded: loaded.operations._repr_html_(),
    "operation": lambda loaded: next(iter(loaded.operations.values()))._repr_html_(),
    "search": lambda loaded: dynzuora.Client.sandbox(loaded).search("evil")._repr_html_(),
    "ops": lambda loaded: dynzuora.Client.sandbox(loaded).ops._repr_html_(),
    "browse": page,
    "diff": lambda loaded: dynzuora.diff(loaded, dynzuora.load(document({}))).to_html(),
    "notebook diff": lambda loaded: dynzuora.diff(loaded, dynzuora.load(document({})))._repr_html_(),
}


@pytest.mark.parametrize("kind", HTML)
def test_a_page_shows_markup_and_templates_as_they_are_written(kind: str) -> None:
    html = HTML[kind](dynzuora.load(hostile()))
    assert acting().findall(html) == []
    assert "<img" not in html
    assert "{{7*7}}" in html


def test_what_a_page_carries_for_its_script_holds_no_acting_character() -> None:
    text = html_file.script_json([NASTY, "\ud83d\ude00 é"])
    assert "\\\\u202e" in text
    assert re.search(r"(?<!\\)\\u(202e|2066|001b|009b)", text) is None
    assert "\\ud83d\\ude00 \\u00e9" in text


def test_stubs_of_a_hostile_document_are_python_that_says_nothing_of_its_own() -> None:
    for quotes in ('"""', "'''", "\\", '\\"""\nimport os\n"""', "\nimport os\n", "#\nimport os"):
        loaded = dynzuora.load(hostile(quotes))
        modules = [ast.parse(stubs.ops(loaded)), ast.parse(stubs.ids(loaded))]
        imported = {
            node.names[0].name for each in modules for node in each.body if isinstance(node, ast.Import)
        }
        assert imported == set()


def test_two_schemas_whose_names_differ_in_signs_are_two_types() -> None:
    schemas = {name: {"type": "object", "properties": {name: {}}} for name in ("a-b", "a.b")}
    fields = {name: {"$ref": f"#/components/schemas/{name}"} for name in schemas}
    body = {"content": {"application/json": {"schema": {"type": "object", "properties": fields}}}}
    operation = {"operationId": "a", "requestBody": body, "responses": {}}
    stub = stubs.ops(dynzuora.load(document({"/a": {"post": operation}}, components={"schemas": schemas})))
    assert re.findall(r"^(B_\w+) = TypedDict", stub, re.MULTILINE) == ["B_a_b", "B_a_b_2"]


def test_an_object_as_a_parameter_is_a_type_with_a_name() -> None:
    parameter = {
        "name": "expand",
        "in": "query",
        "style": "deepObject",
        "schema": {"type": "object", "properties": {"of": {"type": "string"}}},
    }
    stub = stubs.ops(
        dynzuora.load(
            document({"/a": {"get": {"operationId": "a", "parameters": [parameter], "responses": {}}}})
        )
    )
    assert "a__expand = TypedDict('a__expand', {" in stub


def test_an_example_for_the_shell_quotes_what_the_shell_would_run() -> None:
    parameter = {"name": "$(touch x)", "example": "'; touch x; '", "required": True}
    line = shell_example("`touch x`", [parameter], None)
    assert shlex.split(line) == ["dynzuora", "call", "`touch x`", "$(touch x)='; touch x; '"]


def test_what_is_visible_stays() -> None:
    assert visible("Größe €5 漢字 👍") == "Größe €5 漢字 👍"
