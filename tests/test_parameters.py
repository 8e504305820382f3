"""Parameters: what is written, what is refused and what is read back.

The standards' own tables are in test_parameter_table.py. Here others judge: uritemplate
expands, requests normalises the URL, http.client sends the header, urllib reads the query.
"""

from __future__ import annotations

import enum
import http.client
import string
from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit
from uuid import UUID

import numpy
import pandas
import pytest
import requests
import uritemplate
from hypothesis import assume, given, settings
from hypothesis import strategies as some

from dynzuora.parameters import ParameterError, expand_path, parse, serialize

bounded = settings(max_examples=60, derandomize=True, database=None, deadline=None)


def parameter(location: str = "query", /, **fields: Any) -> dict[str, Any]:
    return {"name": "x", "in": location, **fields}


def typed(schema_type: str, /, **schema: Any) -> dict[str, Any]:
    return {"schema": {"type": schema_type, **schema}}


# ── values ──────────────────────────────────────────────────────────────────────────────


class Cycle(enum.Enum):
    MONTH = "Month"
    DAY = 1


class Loud(str):
    def __str__(self) -> str:
        return "LOUD"


class Percent(float):
    def __repr__(self) -> str:
        return f"{float(self)} %"


VALUES = [
    (True, "true"),
    (False, "false"),
    (0, "0"),
    (-12, "-12"),
    (10**30, "1000000000000000000000000000000"),
    (1.0, "1.0"),
    (0.1, "0.1"),
    (1e16, "10000000000000000"),
    (1.5e-7, "0.00000015"),
    (Decimal("10.10"), "10.10"),
    (Decimal("1E+3"), "1000"),
    (Decimal("1E-7"), "0.0000001"),
    (Decimal("12345678901234567.89"), "12345678901234567.89"),
    (date(2026, 5, 1), "2026-05-01"),
    (datetime(2026, 5, 1, 12, 30), "2026-05-01T12%3A30%3A00"),
    (datetime(2026, 5, 1, tzinfo=timezone(timedelta(hours=2))), "2026-05-01T00%3A00%3A00%2B02%3A00"),
    (UUID("258d65b2-7bc6-4142-88bc-5184931af493"), "258d65b2-7bc6-4142-88bc-5184931af493"),
    (Cycle.MONTH, "Month"),
    (Cycle.DAY, "1"),
    (Loud("quiet"), "quiet"),
    (Percent(0.5), "0.5"),
    (numpy.int64(7), "7"),
    (numpy.float64(0.1), "0.1"),
    (numpy.bool_(True), "true"),
    (numpy.str_("a"), "a"),
    (pandas.Timestamp("2026-05-01"), "2026-05-01T00%3A00%3A00"),
]


@pytest.mark.parametrize(("value", "text"), VALUES, ids=[f"{type(v).__name__} {v}" for v, _ in VALUES])
def test_a_python_value_is_written_with_every_digit_and_no_exponent(value: object, text: str) -> None:
    assert serialize(parameter(), value) == f"x={text}"


@pytest.mark.parametrize("column", [numpy.array([1, 2]), pandas.Series([1, 2])], ids=["array", "series"])
def test_a_column_of_numbers_is_a_list(column: object) -> None:
    assert serialize(parameter(), column) == "x=1&x=2"


def test_tuples_are_lists() -> None:
    assert serialize(parameter(), ("a", "b")) == "x=a&x=b"


def test_none_inside_a_mapping_leaves_that_key_out() -> None:
    assert serialize(parameter(explode=False), {"a": 1, "b": None}) == "x=a,1"


# ── each location protects what stands around the value ─────────────────────────────────

LOCATIONS = [
    ("path", "a/b", "a%2Fb"),
    ("path", "a b", "a%20b"),
    ("path", "a+b", "a%2Bb"),
    ("path", "a?b#c", "a%3Fb%23c"),
    ("path", "é€😀", "%C3%A9%E2%82%AC%F0%9F%98%80"),
    ("path", "%2e%2e", "%252e%252e"),
    ("path", "..%2f..", "..%252f.."),
    ("path", "a;b=c", "a%3Bb%3Dc"),
    ("path", "...", "..."),
    ("path", "-._~", "-._~"),
    ("query", "a&b=c+d e", "x=a%26b%3Dc%2Bd%20e"),
    ("query", "50%", "x=50%25"),
    ("query", "line\nbreak", "x=line%0Abreak"),
    ("cookie", "a;b c", "x=a%3Bb%20c"),
    ("header", 'W/"a, b; c=1"', 'W/"a, b; c=1"'),
]


@pytest.mark.parametrize(
    ("location", "value", "text"), LOCATIONS, ids=[f"{w} {v!r}" for w, v, _ in LOCATIONS]
)
def test_a_text_is_encoded_as_its_place_demands(location: str, value: str, text: str) -> None:
    assert serialize(parameter(location), value) == text


def test_a_name_is_encoded_like_a_value() -> None:
    assert (
        serialize({"name": "sort[]", "in": "query"}, ["+name", "-id"]) == "sort%5B%5D=%2Bname&sort%5B%5D=-id"
    )


def test_style_and_explode_have_openapis_defaults() -> None:
    written = {
        place: serialize(parameter(place), ["a", "b"]) for place in ("path", "query", "header", "cookie")
    }
    assert written == {"path": "a,b", "query": "x=a&x=b", "header": "a,b", "cookie": "x=a; x=b"}


@pytest.mark.parametrize("value", [[], {}, {"a": None}], ids=["list", "mapping", "nothing but None"])
@pytest.mark.parametrize("place", ["query", "cookie", "header"])
def test_a_value_without_members_sends_nothing(place: str, value: object) -> None:
    assert serialize(parameter(place), value) == ""


@pytest.mark.parametrize("style", ["form", "spaceDelimited", "pipeDelimited", "deepObject"])
def test_allow_empty_value_sends_the_bare_name_where_the_style_can(style: str) -> None:
    written = serialize(parameter(style=style, allowEmptyValue=True), {})
    assert written == ("x=" if style == "form" else "")


def test_allow_empty_value_means_nothing_outside_a_query() -> None:
    assert serialize(parameter("cookie", allowEmptyValue=True), []) == ""


def test_allow_reserved_keeps_reserved_characters_except_those_that_end_a_value() -> None:
    written = serialize(parameter(allowReserved=True), ":/?#[]@!$&'()*+,;=%")
    assert written == "x=:/?%23%5B%5D@!$%26'()*%2B,;=%25"
    assert parse(parameter(allowReserved=True), written) == ":/?#[]@!$&'()*+,;=%"


def test_allow_reserved_still_encodes_the_comma_that_would_part_a_member() -> None:
    assert serialize(parameter(allowReserved=True, explode=False), ["a,b", "c/d"]) == "x=a%2Cb,c/d"


def test_allow_reserved_means_nothing_outside_a_query() -> None:
    assert serialize(parameter("path", allowReserved=True), "a/b") == "a%2Fb"


# ── lists for a parameter that is declared as one text ──────────────────────────────────


def test_a_list_for_a_text_parameter_repeats_its_name() -> None:
    ids = {"name": "ids", "in": "query", **typed("string")}
    assert serialize(ids, ["a", "b"]) == "ids=a&ids=b"
    assert parse(ids, "ids=a&ids=b") == ["a", "b"]
    assert parse(ids, "ids=a") == "a"


def test_a_list_for_a_text_parameter_that_is_not_exploded_is_one_text_with_commas() -> None:
    fields = {"name": "fields", "in": "query", "explode": False, **typed("string")}
    assert serialize(fields, ["Id", "Name"]) == "fields=Id,Name"
    assert parse(fields, "fields=Id,Name") == "Id,Name"


# ── parameters with content ─────────────────────────────────────────────────────────────

JSON = {"content": {"application/json": {"schema": {"type": "object"}}}}
POINT = {"lat": Decimal("48.10"), "name": "Zürich 😀", "on": None}

CONTENTS = [
    ("query", "x=%7B%22lat%22%3A48.10%2C%22name%22%3A%22Z%C3%BCrich%20%F0%9F%98%80%22%2C%22on%22%3Anull%7D"),
    ("cookie", "x=%7B%22lat%22%3A48.10%2C%22name%22%3A%22Z%C3%BCrich%20%F0%9F%98%80%22%2C%22on%22%3Anull%7D"),
    ("path", "%7B%22lat%22%3A48.10%2C%22name%22%3A%22Z%C3%BCrich%20%F0%9F%98%80%22%2C%22on%22%3Anull%7D"),
    ("header", r'{"lat":48.10,"name":"Z\u00fcrich \ud83d\ude00","on":null}'),
]


@pytest.mark.parametrize(("location", "text"), CONTENTS, ids=[location for location, _ in CONTENTS])
def test_a_parameter_with_json_content_is_one_json_text(location: str, text: str) -> None:
    assert serialize(parameter(location, **JSON), POINT) == text
    assert parse(parameter(location, **JSON), text) == POINT


def test_json_content_may_have_any_json_media_type() -> None:
    content = {"content": {"application/merge-patch+json; charset=utf-8": {}}}
    assert serialize(parameter(**content), [1]) == "x=%5B1%5D"


def test_other_content_is_plain_text() -> None:
    plain = parameter("header", content={"text/plain": {"schema": {"type": "string"}}})
    assert serialize(plain, "a, b") == "a, b"
    assert parse(plain, "a, b") == "a, b"


def test_broken_json_content_stays_text() -> None:
    assert parse(parameter(**JSON), "x=%7Bbroken") == "{broken"


def test_absent_content_is_none() -> None:
    assert parse(parameter(**JSON), "y=1") is None


# ── what is refused, and how the message helps ──────────────────────────────────────────

EMPTY_PATH = "is empty, which would change the path."
A_FOLDER = "'..' would change the path, because it is a dot segment."
NO_NUMBER = "is not a number; omit the parameter."
NOT_SENT = "cannot be sent; use a string, a number, a boolean, a date, or a list or mapping of those."
NESTED = "cannot be sent inside a list or mapping, because no style of OpenAPI can express it; use a string."
HALF_A_CHARACTER = "contains a lone surrogate"
NO_UTF_8 = "which UTF-8 cannot encode; decode that text again with its own encoding."
HAS, IN = "has a member that contains", "which separates members in"
REPLACE = "replace it as this API expects, or remove that member."
EDGES = (
    "has a member that is empty, or begins or ends with a space, which a header does not keep; "
    "remove the space or the member."
)
BREAKS = "which would break the header; remove it."
NO_STYLE = (
    "has style 'simple' in the document, which OpenAPI does not define in a query (only form, "
    "spaceDelimited, pipeDelimited, deepObject); correct the document with an overlay."
)
NO_TEXT = "is sent as text/plain, and a value of type list cannot be sent as that; use a string."

REFUSED = [
    ("path", {}, "", EMPTY_PATH),
    ("path", {}, [], EMPTY_PATH),
    ("path", {"style": "matrix"}, {}, EMPTY_PATH),
    ("path", {}, ".", "'.' would change the path, because it is a dot segment."),
    ("path", {}, "..", A_FOLDER),
    ("path", {}, [".."], A_FOLDER),
    ("path", {"content": {"text/plain": {}}}, "..", A_FOLDER),
    ("query", {}, None, "None cannot be sent; omit the parameter."),
    ("query", {}, float("nan"), f"nan {NO_NUMBER}"),
    ("query", {}, float("-inf"), f"-inf {NO_NUMBER}"),
    ("query", {}, Decimal("NaN"), f"NaN {NO_NUMBER}"),
    ("query", {}, Decimal("sNaN"), f"sNaN {NO_NUMBER}"),
    ("query", {}, [1, float("nan")], f"item 2: nan {NO_NUMBER}"),
    ("query", {}, pandas.NaT, "NaT is not a date; omit the parameter."),
    ("query", {}, 1 << 5000, "has more than a thousand digits."),
    ("query", {}, Decimal("1E+9999"), "has more than 400 digits."),
    ("query", {}, b"a", f"a value of type bytes (decode it to text) {NOT_SENT}"),
    ("query", {}, {"a"}, f"a value of type set (it has no order; use a list) {NOT_SENT}"),
    ("query", {}, numpy.datetime64("NaT"), f"a value of type datetime64 {NOT_SENT}"),
    ("query", {}, numpy.timedelta64(1, "D"), f"a value of type timedelta64 {NOT_SENT}"),
    ("query", {}, ["a", None], "item 2 is None; remove it from the list."),
    ("query", {}, [["a"]], f"item 1: a value of type list {NESTED}"),
    ("query", {"style": "deepObject"}, {"a": {"b": 1}}, f"'a': a value of type dict {NESTED}"),
    ("query", {}, {1: "a"}, "has a key of type int; keys must be non-empty strings."),
    ("query", {}, {"": "a"}, "has an empty key; keys must be non-empty strings."),
    ("query", {}, "a\ud800", f"{HALF_A_CHARACTER} at position 2, {NO_UTF_8}"),
    ("query", {}, {"\udfff": 1}, f"{HALF_A_CHARACTER} at position 1, {NO_UTF_8}"),
    ("query", {"style": "spaceDelimited"}, ["New York"], f"{HAS} ' ', {IN} style spaceDelimited; {REPLACE}"),
    ("query", {"style": "pipeDelimited"}, ["a|b"], f"{HAS} '|', {IN} style pipeDelimited; {REPLACE}"),
    ("query", {"style": "deepObject"}, {"a]": 1}, f"{HAS} ']', {IN} style deepObject; {REPLACE}"),
    ("header", {}, ["a,b"], f"{HAS} ',', {IN} a header; {REPLACE}"),
    ("header", {"explode": True}, {"a=b": 1}, f"{HAS} '=', {IN} a header; {REPLACE}"),
    ("header", {}, ["a", ""], EDGES),
    ("header", {}, ["a", " b"], EDGES),
    ("header", {}, "a\r\nB: c", f"contains a carriage return at position 2, {BREAKS}"),
    ("header", {}, "a\nb", f"contains a line break at position 2, {BREAKS}"),
    ("header", {}, "a\0b", f"contains a NUL at position 2, {BREAKS}"),
    ("header", {}, "a\x7f", f"contains the control character '\\x7f' at position 2, {BREAKS}"),
    ("header", {}, "10 €", "contains '€' at position 4; a header can only be ASCII."),
    ("header", {}, "é", "contains 'é' at position 1; a header can only be ASCII."),
    ("header", {}, " a", "begins or ends with a space, which a header does not keep; remove it."),
    ("query", {"style": "simple"}, "a", NO_STYLE),
    ("query", {"content": {"text/plain": {}}}, ["a"], NO_TEXT),
    ("query", JSON, {"a": float("nan")}, "x.a: nan is not a JSON number."),
    ("query", JSON, float("nan"), "nan is not a JSON number."),
]


@pytest.mark.parametrize(
    ("location", "fields", "value", "message"), REFUSED, ids=[f"{p} {v!r:.40}" for p, _, v, _ in REFUSED]
)
def test_a_refusal_says_what_was_found_why_it_fails_and_what_to_do(
    location: str, fields: Mapping[str, Any], value: object, message: str
) -> None:
    with pytest.raises(ParameterError) as caught:
        serialize(parameter(location, **fields), value)
    assert caught.value.message == str(caught.value) == message


def test_a_refused_header_is_not_shown_because_it_may_be_a_secret() -> None:
    with pytest.raises(ParameterError) as caught:
        serialize(parameter("header"), "s3cret\n")
    assert "s3cret" not in caught.value.message


# ── paths ───────────────────────────────────────────────────────────────────────────────


def test_a_path_is_its_template_with_the_texts_in_place() -> None:
    texts = {"account-key": "A%2F1", "id": "2"}
    assert expand_path("/v1/{account-key}/files/{id}.pdf", texts) == "/v1/A%2F1/files/2.pdf"


def test_a_literal_of_a_template_is_encoded_where_it_must_be() -> None:
    assert expand_path("/a b/{x}/c%20d", {"x": "1"}) == "/a%20b/1/c%20d"


BAD_TEXTS = [
    ("/v1/{x}", {}, "is required by the path /v1/{x}."),
    ("/v1/{x}", {"x": ""}, "'' is not one path segment; serialize the value first."),
    ("/v1/{x}", {"x": "a/b"}, "'a/b' is not one path segment; serialize the value first."),
    ("/v1/{x}", {"x": "a?b"}, "'a?b' is not one path segment; serialize the value first."),
    ("/v1/{x}", {"x": "a#b"}, "'a#b' is not one path segment; serialize the value first."),
    ("/v1/{x}", {"x": "%2"}, "'%2' is not one path segment; serialize the value first."),
    ("/v1/{x}", {"x": "a\\b"}, "'a\\\\b' is not one path segment; serialize the value first."),
    (
        "/v1/{x}",
        {"x": ".."},
        "turns '{x}' into the dot segment '..', which would change the path /v1/{x}.",
    ),
    (
        "/v1/{x}",
        {"x": "%2E%2e"},
        "turns '{x}' into the dot segment '%2E%2e', which would change the path /v1/{x}.",
    ),
    (
        "/v1/.{x}/b",
        {"x": "."},
        "turns '.{x}' into the dot segment '..', which would change the path /v1/.{x}/b.",
    ),
]


@pytest.mark.parametrize(("template", "texts", "message"), BAD_TEXTS, ids=[str(t) for _, t, _ in BAD_TEXTS])
def test_a_text_that_would_change_the_path_is_refused_by_name(
    template: str, texts: dict[str, str], message: str
) -> None:
    with pytest.raises(ParameterError) as caught:
        expand_path(template, texts)
    assert (caught.value.message, caught.value.name) == (message, "x")


# ── reading ─────────────────────────────────────────────────────────────────────────────

INTEGERS = typed("array", items={"type": "integer"})
SORT = {"name": "sort[]", "in": "query", **typed("array")}
UNION = {"anyOf": [{"type": "integer"}, {"type": "boolean"}]}
ONE_PROPERTY = typed("object", properties={"a": {"type": "integer"}})
FREE = typed("object", additionalProperties={"type": "integer"})

READINGS = [
    ("integer", parameter(**typed("integer")), "x=5", 5),
    ("integer in decimal clothes", parameter(**typed("integer")), "x=5.0", 5),
    ("no integer", parameter(**typed("integer")), "x=5.5", "5.5"),
    ("words", parameter(**typed("integer")), "x=five", "five"),
    ("Arabic digits", parameter(**typed("integer")), "x=%D9%A3", "٣"),
    ("five thousand digits", parameter(**typed("integer")), f"x={'9' * 5000}", "9" * 5000),
    ("number", parameter(**typed("number")), "x=10.10", Decimal("10.10")),
    ("whole number", parameter(**typed("number")), "x=-10", -10),
    ("exponent", parameter(**typed("number")), "x=1e3", Decimal("1e3")),
    ("exponent out of reach", parameter(**typed("number")), "x=1e99999999999", "1e99999999999"),
    ("NaN", parameter(**typed("number")), "x=NaN", "NaN"),
    ("true", parameter(**typed("boolean")), "x=true", True),
    ("True", parameter(**typed("boolean")), "x=True", "True"),
    ("text of digits", parameter(**typed("string")), "x=007", "007"),
    ("no schema", parameter(), "x=007", "007"),
    ("nullable of OpenAPI 3.1", parameter(schema={"type": ["null", "integer"]}), "x=7", 7),
    ("first type that reads it", parameter(schema=UNION), "x=true", True),
    ("type in allOf", parameter(schema={"allOf": [{"type": "integer"}]}), "x=7", 7),
    ("items in allOf", parameter(schema={"allOf": [INTEGERS["schema"]]}), "x=7", [7]),
    ("properties in allOf", parameter(schema={"allOf": [ONE_PROPERTY["schema"]]}), "a=7&b=1", {"a": 7}),
    ("properties without a type", parameter(schema={"properties": {"a": {}}}), "a=7&b=1", {"a": "7"}),
    ("nullable list of OpenAPI 3.1", parameter(schema={"type": ["null", "array"]}), "x=a", ["a"]),
    ("a plus is a space", parameter(), "x=a+b", "a b"),
    ("an encoded plus is a plus", parameter(), "x=a%2Bb", "a+b"),
    ("name without value", parameter(), "x", ""),
    ("value with equals signs", parameter(), "x=a=b", "a=b"),
    ("absent", parameter(), "y=1", None),
    ("empty query", parameter(), "", None),
    ("empty name=value pairs", parameter(), "&&x=1&", "1"),
    ("other letter case is another name", parameter(), "X=1", None),
    ("encoded name", SORT, "sort[]=a&sort%5B%5D=b", ["a", "b"]),
    ("twice for a single value", parameter(**typed("integer")), "x=1&x=2", [1, 2]),
    ("array of integers", parameter(explode=False, **INTEGERS), "x=1,2", [1, 2]),
    ("one item", parameter(**INTEGERS), "x=1", [1]),
    ("raw pipes", parameter(style="pipeDelimited", **typed("array")), "x=a|b", ["a", "b"]),
    ("plus between items", parameter(style="spaceDelimited", **typed("array")), "x=a+b", ["a", "b"]),
    ("empty array allowed", parameter(allowEmptyValue=True, **typed("array")), "x=", []),
    ("empty object allowed", parameter(allowEmptyValue=True, **typed("object")), "x=", {}),
    ("empty number allowed is unused", parameter(allowEmptyValue=True, **typed("integer")), "x=", None),
    ("empty value of no type allowed", parameter(allowEmptyValue=True), "x=", ""),
    ("empty text allowed", parameter(allowEmptyValue=True, **typed("string")), "x=", ""),
    ("empty number not allowed", parameter(**typed("integer")), "x=", ""),
    ("odd number of parts", parameter(explode=False, **typed("object")), "x=a,1,b", "a,1,b"),
    ("only its own properties", parameter(**ONE_PROPERTY), "page=1&a=2", {"a": 2}),
    ("every pair of a free mapping", parameter(**FREE), "&a=1&&b=2&", {"a": 1, "b": 2}),
    ("absent mapping", parameter(**typed("object", properties={"a": {}})), "b=1", None),
    (
        "deep object with raw brackets",
        parameter(style="deepObject", **ONE_PROPERTY),
        "x[a]=1&y[a]=2&x=3&x[b=4",
        {"a": 1},
    ),
    ("path", parameter("path"), "a%2Fb+c", "a/b+c"),
    ("path that is no label", parameter("path", style="label"), "a", "a"),
    ("path that is no matrix", parameter("path", style="matrix"), ";y=1", ";y=1"),
    ("path that is no pairs", parameter("path", explode=True, **typed("object")), "a=1,b", "a=1,b"),
    ("header list with spaces", parameter("header", **typed("array")), " a , b", ["a", "b"]),
    ("empty header list", parameter("header", **typed("array")), "", []),
    ("empty header mapping", parameter("header", **typed("object")), "", {}),
    ("header is not decoded", parameter("header"), "a%2Fb", "a%2Fb"),
    ("cookie among others", parameter("cookie", **typed("integer")), "y=1; x=2; z", 2),
    ("content twice, the last counts", parameter(**JSON), "x=1&x=2", 2),
    ("bytes that are no UTF-8", parameter(), "x=%FF", "\N{REPLACEMENT CHARACTER}"),
]


@pytest.mark.parametrize(
    ("definition", "text", "value"), [row[1:] for row in READINGS], ids=[row[0] for row in READINGS]
)
def test_a_text_is_read_as_the_schema_types_it_and_stays_text_otherwise(
    definition: Mapping[str, Any], text: str, value: object
) -> None:
    read = parse(definition, text)
    assert (read, type(read)) == (value, type(value))


# ── what is written is read back ────────────────────────────────────────────────────────

TEXTS = some.text(some.characters(codec="utf-8"))
ASCII = some.text(string.digits + string.ascii_letters + string.punctuation + " ")
KEYS = some.text(string.ascii_letters + "-_.[]=&; ", min_size=1) | some.text(
    some.characters(codec="utf-8"), min_size=1
)
SCALARS = {
    "string": TEXTS | ASCII,
    "integer": some.integers(),
    "number": some.decimals(allow_nan=False, allow_infinity=False, places=4) | some.integers(),
    "boolean": some.booleans(),
}
STYLES = [
    ("path", "simple", False),
    ("path", "simple", True),
    ("path", "label", False),
    ("path", "matrix", False),
    ("path", "matrix", True),
    ("query", "form", False),
    ("query", "form", True),
    ("query", "spaceDelimited", False),
    ("query", "spaceDelimited", True),
    ("query", "pipeDelimited", False),
    ("query", "pipeDelimited", True),
    ("query", "deepObject", True),
    ("header", "simple", False),
    ("header", "simple", True),
    ("cookie", "form", False),
    ("cookie", "form", True),
]
# Left out: an exploded label, where a dot in a value and a dot between values look the same.


@some.composite
def typed_values(draw: some.DrawFn) -> tuple[dict[str, Any], Any]:
    """Return a schema and a value that conforms to it."""
    kind = draw(some.sampled_from(list(SCALARS)))
    shape = draw(some.sampled_from(["single", "array", "object"]))
    if shape == "single":
        return {"type": kind}, draw(SCALARS[kind])
    if shape == "array":
        items = draw(some.lists(SCALARS[kind], min_size=1, max_size=4))
        return {"type": "array", "items": {"type": kind}}, items
    names = draw(some.lists(KEYS, min_size=1, max_size=3, unique=True))
    value = {name: draw(SCALARS[kind]) for name in names}
    return {"type": "object", "properties": {name: {"type": kind} for name in names}}, value


@pytest.mark.parametrize(
    ("location", "style", "explode"), STYLES, ids=["-".join(map(str, each)) for each in STYLES]
)
@bounded
@given(case=typed_values(), reserved=some.booleans())
def test_whatever_is_written_is_read_back_as_it_was(
    location: str, style: str, explode: bool, reserved: bool, case: tuple[dict[str, Any], Any]
) -> None:
    schema, value = case
    definition = parameter(location, style=style, explode=explode, allowReserved=reserved, schema=schema)
    try:
        text = serialize(definition, value)
    except ParameterError:
        assert style != "form"  # elsewhere refused rather than changed
        return
    assert parse(definition, text) == value


@bounded
@given(
    value=some.recursive(
        TEXTS | some.integers() | some.none(),
        lambda inner: some.lists(inner) | some.dictionaries(TEXTS, inner),
    )
)
def test_json_content_is_read_back_as_it_was(value: object) -> None:
    assume(value is not None)
    for location in ("path", "query", "header", "cookie"):
        definition = parameter(location, **JSON)
        assert parse(definition, serialize(definition, value)) == value


@bounded
@given(value=some.floats(allow_nan=False, allow_infinity=False))
def test_a_float_keeps_its_exact_value(value: float) -> None:
    text = serialize(parameter("header"), value)
    assert "e" not in text.lower()
    assert float(text) == value


# ── judged by others ────────────────────────────────────────────────────────────────────

NAMES = some.text(string.ascii_letters, min_size=1, max_size=5)
FULL = some.text(
    some.characters(codec="utf-8"), min_size=1
)  # uritemplate writes ";x=" where the RFC has ";x"
OPERATORS = [
    ("path", "simple", ""),
    ("path", "label", "."),
    ("path", "matrix", ";"),
    ("query", "form", "?"),
]


@pytest.mark.parametrize(
    ("location", "style", "operator"), OPERATORS, ids=[style for _, style, _ in OPERATORS]
)
@pytest.mark.parametrize("explode", [False, True], ids=["", "exploded"])
@bounded
@given(value=FULL | some.lists(FULL, min_size=1) | some.dictionaries(NAMES, FULL, min_size=1))
def test_uritemplate_expands_to_the_same_text(
    location: str, style: str, operator: str, explode: bool, value: Any
) -> None:
    in_its_order = dict(sorted(value.items())) if isinstance(value, dict) else value
    theirs = uritemplate.expand(f"{{{operator}x{'*' if explode else ''}}}", x=value)
    assume(style == "label" or not leads_elsewhere(unquote(theirs)))
    ours = serialize(parameter(location, style=style, explode=explode), in_its_order)
    assert ours == theirs.removeprefix("?")


def leads_elsewhere(value: str) -> bool:
    """Whether a gateway that decodes the path before it looks for folders would find one."""
    return not {".", ".."}.isdisjoint(value.replace("\\", "/").split("/"))


@bounded
@given(
    value=TEXTS
    | some.sampled_from(["..", ".", "%2e%2e", "%252e", "a/../b", "..;/", "\\..\\", "//", "?", "#"])
)
def test_requests_leaves_a_path_value_in_its_segment(value: str) -> None:
    try:
        text = serialize(parameter("path"), value)
    except ParameterError:
        assert not value or leads_elsewhere(value)
        return
    path = expand_path("/v1/accounts/{x}/summary", {"x": text})
    sent = urlsplit(requests.Request("GET", f"https://rest.example.com{path}").prepare().url)
    assert [unquote(each) for each in sent.path.split("/")] == ["", "v1", "accounts", value, "summary"]
    assert (sent.query, sent.fragment) == ("", "")


@bounded
@given(values=some.lists(TEXTS, min_size=1))
def test_urllib_reads_a_query_as_it_was_given(values: list[str]) -> None:
    assert parse_qsl(serialize(parameter(), values), keep_blank_values=True) == [
        ("x", each) for each in values
    ]


@bounded
@given(value=some.text())
def test_http_client_and_requests_take_every_header_that_is_not_refused(value: str) -> None:
    try:
        text = serialize(parameter("header"), value)
    except ParameterError:
        return
    connection = http.client.HTTPConnection("rest.example.com")
    connection.putrequest("GET", "/", skip_host=True)
    connection.putheader("x", text)
    assert (
        requests.Request("GET", "https://rest.example.com", headers={"x": text}).prepare().headers["x"]
        == value
    )


@bounded
@given(text=some.text())
def test_reading_never_fails_whatever_a_client_sends(text: str) -> None:
    for location, style, explode in STYLES:
        for kind in ("string", "integer", "number", "boolean", "array", "object"):
            parse(parameter(location, style=style, explode=explode, **typed(kind)), text)


RANGE = {"type": "object", "properties": {"gte": {"type": "integer"}}}
TAGS = {"type": "array", "items": {"type": "string"}}
NESTED_OBJECT = {"type": "object", "properties": {"id": TAGS, "range": RANGE}}


@pytest.mark.parametrize(
    ("schema", "value", "pairs"),
    [
        (TAGS, ["a", "b&"], [("x[0]", "a"), ("x[1]", "b&")]),
        (NESTED_OBJECT, {"id": ["a"], "range": {"gte": 1}}, [("x[id][0]", "a"), ("x[range][gte]", "1")]),
        ({"anyOf": [RANGE, {"type": "integer"}]}, 5, [("x", "5")]),
        ({"anyOf": [RANGE, {"type": "integer"}]}, {"gte": 5}, [("x[gte]", "5")]),
    ],
    ids=["a list", "nested", "a single value", "an object that may be one"],
)
def test_a_deep_object_is_whatever_its_schema_says(schema: Any, value: Any, pairs: Any) -> None:
    deep = {"name": "x", "in": "query", "style": "deepObject", "explode": True, "schema": schema}
    text = serialize(deep, value)
    assert (parse_qsl(text), parse(deep, text)) == (pairs, value)


# ── names ───────────────────────────────────────────────────────────────────────────────
