"""Whatever a document says, each view of it is shown, and each command ends in words."""

from __future__ import annotations

import ast
import inspect
import json
from pathlib import Path
from typing import Any, NoReturn

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import dynzuora
from dynzuora.editors import stubs
from dynzuora.errors import DynzuoraError, InvalidRequest
from dynzuora.pages import browse
from dynzuora.shell import shell
from tests.documents import body_of, document, operation, parameter

NAMES = st.sampled_from(
    [
        *("a", "at", "at<", "at>", "at-", "id", "ID", "self", "class", "None", "body", "params", "limit"),
        *("²", "é", "ª", "ﬁ", "fi", "x.y[]", "a b", "0", "__init__", "$ref", "-", "<b>", "'\"", "\\", "{a}"),
        *("%2F", "a/b", "~1", "Host", "Options", "Tags", "versions", "version", "\u202e", "\n"),
    ]
)
PATTERNS = st.sampled_from(["[^]", "[z-a]", "^a{4000000000}$", "(", "^.*[a-z]{0,60000}$", "^$", r"\p{Lu}"])
SCALARS = st.one_of(
    st.just({}),
    st.just(True),
    st.just({"type": []}),
    st.just({"enum": []}),
    st.just({"oneOf": []}),
    st.just({"type": "object", "properties": {}}),
    st.just({"type": "array"}),
    st.builds(lambda pattern: {"type": "string", "pattern": pattern}, PATTERNS),
    st.builds(lambda kind: {"type": kind}, st.sampled_from(["string", "integer", "number", "null", "odd"])),
    st.builds(lambda name: {"$ref": f"#/components/schemas/{name}"}, st.sampled_from("ABCD")),
)


def _objects(schemas: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    properties = st.dictionaries(NAMES, schemas, max_size=3)
    return st.one_of(
        st.builds(
            lambda each, required: {"properties": each, "required": required},
            properties,
            st.lists(NAMES, max_size=2),
        ),
        st.builds(
            lambda word, members: {word: members},
            st.sampled_from(["allOf", "oneOf", "anyOf"]),
            st.lists(schemas, max_size=3),
        ),
        st.builds(lambda items: {"type": "array", "items": items}, schemas),
        st.builds(
            lambda names, members: {"patternProperties": dict(zip(names, members, strict=False))},
            st.lists(PATTERNS, max_size=2),
            st.lists(schemas, max_size=2),
        ),
        st.builds(lambda schema: {"type": "object", "additionalProperties": schema}, schemas),
        st.builds(lambda schema: {"not": schema}, schemas),
    )


SCHEMAS = st.recursive(SCALARS, _objects, max_leaves=6)
PARAMETERS = st.lists(
    st.builds(
        lambda name, location, schema: parameter(name, location, schema=schema),
        NAMES,
        st.sampled_from(["query", "header", "path", "cookie", "body"]),
        SCHEMAS,
    ),
    max_size=4,
)
MEDIA_TYPES = st.sampled_from(
    [
        "application/json",
        "multipart/form-data",
        "application/x-www-form-urlencoded",
        "text/csv",
        "*/*",
        "odd",
        "",
        "é/x",
    ]
)
OPERATIONS = st.builds(
    lambda id, parameters, media_type, schema, reply, tags: operation(
        id,
        *parameters,
        tags=tags,
        requestBody=body_of(media_type, schema, required=False),
        responses={"200": {"description": "", **body_of(media_type, reply)}, "default": {}},
    ),
    NAMES,
    PARAMETERS,
    MEDIA_TYPES,
    SCHEMAS,
    SCHEMAS,
    st.lists(NAMES, max_size=2),
)
PATHS = st.dictionaries(
    st.sampled_from(
        [
            "/",
            "/a",
            "/a/{a}",
            "/x/versions/{version}",
            "/{a}",
            "/{a}{b}",
            "//",
            "/a?b={b}",
            "a",
            "/{}",
            "/{a b}",
        ]
    ),
    st.dictionaries(
        st.sampled_from(["get", "post", "GET", "put", "delete", "trace", "query"]), OPERATIONS, max_size=2
    ),
    max_size=3,
)
DOCUMENTS = st.builds(
    lambda version, paths, schemas, title: {
        **document(paths, components={"schemas": dict(zip("ABCD", schemas, strict=False))}),
        "openapi": version,
        "info": {"title": title, "version": title},
    },
    st.sampled_from(["3.0.3", "3.1.0", "3.2.0"]),
    PATHS,
    st.lists(SCHEMAS, min_size=4, max_size=4),
    NAMES,
)


@pytest.mark.filterwarnings("ignore::dynzuora.errors.SpecWarning")  # about the repairs
@pytest.mark.filterwarnings("ignore::dynzuora.errors.RequestWarning")  # of a template, too
@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])
@given(source=DOCUMENTS)
def test_every_view_of_any_document_is_shown(source: dict[str, Any]) -> None:
    content = json.dumps(source).encode()
    loaded = dynzuora.load(content)
    for view in (loaded, loaded.warnings, loaded.operations):
        assert repr(view) and view._repr_html_()
    assert "<html" in browse.page(loaded)
    ast.parse(stubs.ids(loaded))
    ast.parse(stubs.ops(loaded))
    assert dynzuora.diff(loaded, dynzuora.load(content)).changes == ()
    client = dynzuora.Client.sandbox(loaded)
    assert isinstance(list(client.search("a")), list)
    for identifier, each in loaded.operations.items():
        if loaded.prepared.index[identifier].fault:
            continue
        assert repr(each) and each._repr_html_() and each.describe()
        assert list(inspect.signature(each).parameters)[: len(each.parameters)] == [
            p.keyword for p in sorted(each.parameters, key=lambda p: not p.required)
        ]
        body = each.template()
        try:
            client.call(identifier, body=body, params={p.keyword: "1" for p in each.parameters})
        except DynzuoraError as error:
            assert str(error)


@settings(max_examples=5, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(source=DOCUMENTS)
def test_every_command_on_any_document_ends_in_words(source: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "document.json"
    path.write_text(json.dumps(source), encoding="utf-8")
    ids = list(dynzuora.load(path).operations)
    for words in (
        ["ops"],
        ["ops", "a"],
        ["stubs", "--ids"],
        ["specs", "check", str(path)],
        *(["show", "--", id] for id in ids),
    ):
        result = CliRunner().invoke(shell, ["--spec", str(path), *words])
        assert result.exception is None or isinstance(result.exception, SystemExit)


def loaded(paths: Any, **more: Any) -> dynzuora.Document:
    return dynzuora.load(json.dumps(document(paths, **more)).encode())


def test_names_that_differ_in_punctuation_only_are_two_arguments_and_neither_by_a_third_spelling() -> None:
    each = loaded({"/a": {"get": operation("a", parameter("at<"), parameter("at>"))}}).operations["a"]
    assert list(inspect.signature(each).parameters) == ["at_in_query", "at_in_query_2"]
    assert each.prepare(at_in_query="1", at_in_query_2="2").url == "/a?at%3C=1&at%3E=2"
    with pytest.raises(InvalidRequest, match="at: unknown parameter"):
        each.prepare(at="1")


def test_the_stub_of_an_object_within_itself_names_it_again() -> None:
    schemas = {"A": {"type": "object", "properties": {"b": {"properties": {"a": {"allOf": [REFERRED, {}]}}}}}}
    paths = {"/a": {"post": operation("a", requestBody=body_of("application/json", REFERRED))}}
    text = stubs.ops(loaded(paths, components={"schemas": schemas}))
    ast.parse(text)
    assert "    'b': B_A__b,\n" in text


REFERRED = {"$ref": "#/components/schemas/A"}


def test_the_stub_of_no_operations_is_python() -> None:
    names: dict[str, Any] = {}
    exec(stubs.ids(loaded({})), names)
    assert names["OperationId"] is NoReturn


def test_the_sandbox_answers_at_a_path_that_ends_in_a_view() -> None:
    paths = {"/x/versions/{version}": {"get": operation("a", parameter("version", "path"))}}
    assert dynzuora.Client.sandbox(loaded(paths)).call("a", version="1") == {}


LEFT_OUT = {
    "paths that are a list": (
        [],
        [("frame", "#/paths", "[] where an object belongs, so there are no operations.")],
    ),
    "two spellings of a method": (
        {"/a": {"GET": operation("b"), "get": operation("a")}},
        [("frame", "#/paths/~1a/GET", "'GET' is not a method, and 'get' is here too; ignored.")],
    ),
    "headers of the connection": (
        {
            "/a": {
                "get": operation("a", parameter("Host", "header"), parameter("transfer-encoding", "header"))
            }
        },
        [
            (
                "parameters",
                f"#/paths/~1a/get/parameters/{number}",
                f"the header {name} belongs to the connection; the parameter is ignored.",
            )
            for number, name in enumerate(["Host", "transfer-encoding"])
        ],
    ),
    "not the name of a header": (
        {"/a": {"get": operation("a", parameter("a:\n", "header"))}},
        [
            (
                "parameters",
                "#/paths/~1a/get/parameters/0",
                "'a:\\n' is not the name of a header; the parameter is ignored.",
            )
        ],
    ),
    "not a media type": (
        {"/a": {"post": operation("a", requestBody={"content": {"a/b\nc": {}, "text/csv": {}}})}},
        [
            (
                "media-type",
                "#/paths/~1a/post/requestBody/content/a~1b\nc",
                "'a/b\\nc' is not a media type; ignored.",
            )
        ],
    ),
}


@pytest.mark.parametrize("name", LEFT_OUT)
def test_what_is_left_out_is_a_warning(name: str) -> None:
    paths, warnings = LEFT_OUT[name]
    assert [tuple(warning) for warning in loaded(paths).warnings] == warnings
