"""What holds for any two documents: no difference from itself, the same both ways, no hidden break."""

from __future__ import annotations

import collections
import copy
import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from dynzuora import diff
from dynzuora.comparison import Diff
from dynzuora.comparison.values import text
from dynzuora.document import prepare
from dynzuora.schema import Checker, example
from tests.comparisons import mirrored

COMPONENTS = ("Able", "Baker", "Charlie")
NAMES = ("alpha", "beta", "gamma", "delta")
REFERENCES = st.sampled_from([{"$ref": f"#/components/schemas/{name}"} for name in COMPONENTS])
SMALL = st.integers(0, 4)


def maybe(**keywords: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=keywords)


PLAIN = st.one_of(
    st.builds(
        lambda more: {"type": "string", **more},
        maybe(
            maxLength=st.integers(3, 9),
            minLength=SMALL,
            nullable=st.booleans(),
            enum=st.lists(st.sampled_from(["abc", "abcd", "abd"]), min_size=1, unique=True),
        ),
    ),
    st.builds(
        lambda type, more: {"type": type, **more},
        st.sampled_from(["integer", "number"]),
        maybe(maximum=st.integers(3, 9), minimum=SMALL, exclusiveMinimum=st.booleans()),
    ),
    st.just({"type": "boolean"}),
    st.just({}),
)


def _object(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.builds(
        lambda properties, required, more: {
            "type": "object",
            "properties": properties,
            "required": sorted(required & properties.keys()),
            **more,
        },
        st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
        st.sets(st.sampled_from(NAMES), max_size=2),
        maybe(additionalProperties=st.booleans()),
    )


SCHEMAS = st.recursive(
    PLAIN | REFERENCES,
    lambda inner: st.one_of(
        _object(inner),
        st.builds(
            lambda items, more: {"type": "array", "items": items, **more},
            inner,
            maybe(minItems=st.integers(0, 1), maxItems=st.integers(2, 4)),
        ),
        st.builds(lambda members: {"allOf": members}, st.lists(_object(inner), min_size=1, max_size=2)),
        st.builds(lambda members: {"anyOf": members}, st.lists(_object(inner), min_size=1, max_size=2)),
    ),
    max_leaves=5,
)


@st.composite
def documents(draw: st.DrawFn, schemas: st.SearchStrategy[Any] = SCHEMAS) -> dict[str, Any]:
    body = {"required": True, "content": {"application/json": {"schema": draw(schemas)}}}
    answer = {"200": {"description": "ok", "content": {"application/json": {"schema": draw(schemas)}}}}
    return {
        "openapi": "3.0.0",
        "info": {"title": "Generated", "version": "1"},
        "paths": {
            "/one": {"post": {"operationId": "POST_One", "requestBody": body, "responses": answer}},
            "/two": {"get": {"operationId": "GET_Two", "responses": answer}},
        },
        "components": {"schemas": {name: draw(_object(schemas)) for name in COMPONENTS}},
    }


def differences(old: dict[str, Any], new: dict[str, Any]) -> Diff:
    """Compare what is prepared of copies; equal documents are compared as well."""
    before, after = prepare(copy.deepcopy(old)), prepare(copy.deepcopy(new))
    after.digest = "of another document"
    return diff(before, after)


def facts(found: Diff) -> collections.Counter[tuple[str, str, str]]:
    """Return every fact as (kind, old, new)."""
    every = (fact for change in found.changes for fact in change.facts)
    return collections.Counter((fact.kind, text(fact.old), text(fact.new)) for fact in every)


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(documents())
def test_a_document_has_no_difference_from_itself(document: dict[str, Any]) -> None:
    assert differences(document, document).changes == ()


@settings(max_examples=80, deadline=None, derandomize=True, database=None)
@given(documents(), documents())
def test_the_other_way_round_everything_is_mirrored(old: dict[str, Any], new: dict[str, Any]) -> None:
    forth, back = facts(differences(old, new)), facts(differences(new, old))
    assert {(mirrored(kind), new, old): count for (kind, old, new), count in forth.items()} == back


def rewritten(node: Any, chance: random.Random) -> Any:
    """Return the same said otherwise: keys and lists in another order, ``allOf`` round a schema."""
    if isinstance(node, list):
        result = [rewritten(each, chance) for each in node]
        chance.shuffle(result)
        return result
    if not isinstance(node, dict):
        return node
    keys = list(node)
    chance.shuffle(keys)
    result = {key: rewritten(node[key], chance) for key in keys}
    if ("type" in node or "$ref" in node) and isinstance(node.get("type", ""), str) and chance.random() < 0.3:
        return {"allOf": [result]}
    return result


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(documents(), st.randoms(use_true_random=False))
def test_the_same_said_otherwise_is_no_difference(document: dict[str, Any], chance: random.Random) -> None:
    new = copy.deepcopy(document)
    new["components"]["schemas"] = {
        name: rewritten(schema, chance) for name, schema in document["components"]["schemas"].items()
    }
    assert differences(document, new).changes == ()


def test_alternatives_alike_at_their_top_are_paired_by_what_is_in_them() -> None:
    def alternative(kind: str) -> dict[str, Any]:
        return {"type": "object", "properties": {"alpha": {"type": kind}}}

    def schema(*kinds: str) -> dict[str, Any]:
        return {"Able": {"type": "object", "properties": {"beta": {"anyOf": [*map(alternative, kinds)]}}}}

    answer = {
        "description": "ok",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Able"}}},
    }
    paths = {"/one": {"get": {"operationId": "GET_One", "responses": {"200": answer}}}}
    old, new = (
        {
            "openapi": "3.0.0",
            "info": {"title": "T", "version": "1"},
            "paths": paths,
            "components": {"schemas": each},
        }
        for each in (schema("string", "object"), schema("object", "string"))
    )
    assert differences(old, new).changes == ()


@settings(max_examples=120, deadline=None, derandomize=True, database=None)
@given(documents(), documents())
def test_no_break_is_hidden(old: dict[str, Any], new: dict[str, Any]) -> None:
    """A body that the old document takes and the new one refuses is never without a word."""
    new["paths"]["/one"]["post"]["responses"] = old["paths"]["/one"]["post"]["responses"]
    before, after = (
        (
            each["paths"]["/one"]["post"]["requestBody"]["content"]["application/json"]["schema"],
            each["components"]["schemas"],
        )
        for each in (old, new)
    )
    try:
        values = [example(before[0], components=before[1], required_only=each) for each in (True, False)]
    except ValueError:
        return  # no value fits
    taken = [each for each in values if not Checker(*before, level="strict").problems(each)]
    refused = [each for each in taken if Checker(*after, level="strict").problems(each)]
    if refused:
        assert differences(old, new).breaking
