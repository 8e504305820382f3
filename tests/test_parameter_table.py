"""What a parameter must look like on the wire, row by row from the standards' own tables.

The first table is "Style Examples" of OpenAPI 3.0.4 with its three values of ``color``, cell
by cell; the empty string is the column "empty" of 3.0.0 to 3.0.3. Where those older texts
differ, 3.0.4 corrected them towards RFC 6570 (a label that is not exploded has commas) and
RFC 3986 (``%7C``, ``%5B``, ``%5D``). The second is the examples of RFC 6570, section by section.
An operator's leading ``?`` belongs to the query and not to the parameter.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from dynzuora.parameters import ParameterError, expand_path, parse, serialize


class Row(NamedTuple):
    """Where a standard says so, the Parameter Object without its schema, the value, the text."""

    source: str
    parameter: dict[str, Any]
    value: Any
    text: str


COLORS = {
    "empty": "",
    "string": "blue",
    "array": ["blue", "black", "brown"],
    "object": {"R": 100, "G": 200, "B": 150},
}

STYLE_EXAMPLES = """
in     style          explode empty  string      array                               object
path   matrix         false   ;color ;color=blue ;color=blue,black,brown             ;color=R,100,G,200,B,150
path   matrix         true    ;color ;color=blue ;color=blue;color=black;color=brown ;R=100;G=200;B=150
path   label          false   .      .blue       .blue,black,brown                   .R,100,G,200,B,150
path   label          true    .      .blue       .blue.black.brown                   .R=100.G=200.B=150
path   simple         false   n/a    blue        blue,black,brown                    R,100,G,200,B,150
path   simple         true    n/a    blue        blue,black,brown                    R=100,G=200,B=150
header simple         false   n/a    blue        blue,black,brown                    R,100,G,200,B,150
header simple         true    n/a    blue        blue,black,brown                    R=100,G=200,B=150
query  form           false   color= color=blue  color=blue,black,brown              color=R,100,G,200,B,150
query  form           true    color= color=blue  color=blue&color=black&color=brown  R=100&G=200&B=150
cookie form           false   color= color=blue  color=blue,black,brown              color=R,100,G,200,B,150
cookie form           true    color= color=blue  n/a                                 n/a
query  spaceDelimited false   n/a    n/a         color=blue%20black%20brown          color=R%20100%20G%20200%20B%20150
query  pipeDelimited  false   n/a    n/a         color=blue%7Cblack%7Cbrown          color=R%7C100%7CG%7C200%7CB%7C150
query  deepObject     true    n/a    n/a         n/a                                 color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150
"""  # noqa: E501  # the standard's own columns


def style_examples() -> Iterator[Row]:
    heading, *lines = (line.split() for line in STYLE_EXAMPLES.strip().splitlines())
    for line in lines:
        location, style, explode, *_ = line
        parameter = {"name": "color", "in": location, "style": style, "explode": explode == "true"}
        for column, text in zip(heading[3:], line[3:], strict=True):
            if text != "n/a":
                yield Row(f"OpenAPI: {location} {style} {explode} {column}", parameter, COLORS[column], text)


VARIABLES = {
    "count": ["one", "two", "three"],
    "dom": ["example", "com"],
    "dub": "me/too",
    "hello": "Hello World!",
    "half": "50%",
    "var": "value",
    "who": "fred",
    "base": "http://example.com/home/",
    "path": "/foo/bar",
    "list": ["red", "green", "blue"],
    "keys": {"semi": ";", "dot": ".", "comma": ","},
    "v": "6",
    "x": "1024",
    "empty": "",
    "empty_keys": {},
}

OPERATORS = {
    "": {"in": "path", "style": "simple"},
    ".": {"in": "path", "style": "label"},
    ";": {"in": "path", "style": "matrix"},
    "?": {"in": "query", "style": "form"},
    "?+": {"in": "query", "style": "form", "allowReserved": True},  # OpenAPI's combination, not RFC 6570's
}

EXPANSIONS = """
3.2.1  {count}        one,two,three
3.2.1  {count*}       one,two,three
3.2.1  {;count}       ;count=one,two,three
3.2.1  {;count*}      ;count=one;count=two;count=three
3.2.1  {?count}       count=one,two,three
3.2.1  {?count*}      count=one&count=two&count=three
3.2.2  {var}          value
3.2.2  {hello}        Hello%20World%21
3.2.2  {half}         50%25
3.2.2  {list}         red,green,blue
3.2.2  {list*}        red,green,blue
3.2.2  {keys}         semi,%3B,dot,.,comma,%2C
3.2.2  {keys*}        semi=%3B,dot=.,comma=%2C
3.2.3  {base}         http%3A%2F%2Fexample.com%2Fhome%2F
3.2.3  {?+base}       base=http://example.com/home/
3.2.3  {?+path}       path=/foo/bar
3.2.3  {?+hello}      hello=Hello%20World!
3.2.3  {?+half}       half=50%25
3.2.5  {.who}         .fred
3.2.5  {.half}        .50%25
3.2.5  {.dom*}        .example.com
3.2.5  {.var}         .value
3.2.5  {.empty}       .
3.2.5  {.list}        .red,green,blue
3.2.5  {.list*}       .red.green.blue
3.2.5  {.keys}        .semi,%3B,dot,.,comma,%2C
3.2.5  {.keys*}       .semi=%3B.dot=..comma=%2C
3.2.6  {dub}          me%2Ftoo
3.2.7  {;who}         ;who=fred
3.2.7  {;half}        ;half=50%25
3.2.7  {;empty}       ;empty
3.2.7  {;v}           ;v=6
3.2.7  {;x}           ;x=1024
3.2.7  {;list}        ;list=red,green,blue
3.2.7  {;list*}       ;list=red;list=green;list=blue
3.2.7  {;keys}        ;keys=semi,%3B,dot,.,comma,%2C
3.2.7  {;keys*}       ;semi=%3B;dot=.;comma=%2C
3.2.8  {?who}         who=fred
3.2.8  {?half}        half=50%25
3.2.8  {?x}           x=1024
3.2.8  {?empty}       empty=
3.2.8  {?list}        list=red,green,blue
3.2.8  {?list*}       list=red&list=green&list=blue
3.2.8  {?keys}        keys=semi,%3B,dot,.,comma,%2C
3.2.8  {?keys*}       semi=%3B&dot=.&comma=%2C
3.2.8  {?empty_keys}
3.2.8  {?empty_keys*}
"""


def expansions() -> Iterator[Row]:
    for line in EXPANSIONS.strip().splitlines():
        section, expression, text = (*line.split(), "")[:3]
        inside = expression[1:-1]
        name = inside.strip(".;?+*")
        operator = inside[: inside.index(name)]
        parameter = {"name": name, "explode": inside.endswith("*"), **OPERATORS[operator]}
        yield Row(f"RFC 6570 {section}: {expression}", parameter, VARIABLES[name], text)


FORMULAS = {"a": "x+y", "b": "x/y", "c": "x^y"}
WORDS = ["math", "is", "fun"]

APPENDICES = [
    Row(
        "OpenAPI appendix C: form exploded",
        {"name": "formulas", "in": "query"},
        FORMULAS,
        "a=x%2By&b=x%2Fy&c=x%5Ey",
    ),
    Row(
        "OpenAPI appendix C: allowReserved",
        {"name": "formulas", "in": "query", "allowReserved": True},
        FORMULAS,
        "a=x%2By&b=x/y&c=x%5Ey",
    ),
    Row(
        "OpenAPI appendix C: form",
        {"name": "words", "in": "query", "explode": False},
        WORDS,
        "words=math,is,fun",
    ),
    Row(
        "OpenAPI appendix C: spaceDelimited",
        {"name": "words", "in": "query", "style": "spaceDelimited"},
        WORDS,
        "words=math%20is%20fun",
    ),
    Row("OpenAPI appendix C: undefined", {"name": "formulas", "in": "query"}, {}, ""),
    Row(
        "OpenAPI appendix C: name",
        {"name": "❤️", "in": "query"},
        "love!",
        "%E2%9D%A4%EF%B8%8F=love%21",
    ),
    # Appendix D says that form style is wrong for several values in a cookie; RFC 6265, 4.2.1 has it right.
    Row(
        "RFC 6265: cookie array",
        {"name": "color", "in": "cookie"},
        COLORS["array"],
        "color=blue; color=black; color=brown",
    ),
    Row(
        "RFC 6265: cookie object", {"name": "color", "in": "cookie"}, COLORS["object"], "R=100; G=200; B=150"
    ),
]

TABLE = [*style_examples(), *expansions(), *APPENDICES]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.source)
def test_a_value_is_written_as_the_standard_says(row: Row) -> None:
    assert serialize(row.parameter, row.value) == row.text


def schema(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return {"type": "object", "properties": {key: schema(item) for key, item in value.items()}}
    if isinstance(value, list):
        return {"type": "array", "items": {"type": "string"}}
    return {"type": "integer" if isinstance(value, int) else "string"}


# By the standards a dot inside an exploded label parts it, and an empty mapping leaves no trace.
READABLE = [row for row in TABLE if row.value != {} and not row.source.endswith("{.keys*}")]


@pytest.mark.parametrize("row", READABLE, ids=lambda row: row.source)
def test_what_the_standard_writes_is_read_back_as_the_same_value(row: Row) -> None:
    assert parse({**row.parameter, "schema": schema(row.value)}, row.text) == row.value


def test_the_table_has_at_least_sixty_rows_and_none_twice() -> None:
    assert len(TABLE) >= 60
    assert len({(str(row.parameter), str(row.value)) for row in TABLE}) == len(TABLE)


UNDEFINED = [
    ("spaceDelimited", True, "array", "color=blue&color=black&color=brown"),
    ("pipeDelimited", True, "array", "color=blue&color=black&color=brown"),
    ("spaceDelimited", False, "string", "color=blue"),
    ("pipeDelimited", False, "string", "color=blue"),
    ("deepObject", False, "object", "color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150"),
]


@pytest.mark.parametrize(("style", "explode", "column", "text"), UNDEFINED)
def test_where_openapi_says_nothing_the_common_reading_is_taken(
    style: str, explode: bool, column: str, text: str
) -> None:
    parameter = {"name": "color", "in": "query", "style": style, "explode": explode}
    assert serialize(parameter, COLORS[column]) == text


@pytest.mark.parametrize("column", ["string", "array"])
def test_a_deep_object_is_a_mapping_or_refused(column: str) -> None:
    with pytest.raises(ParameterError, match=r"must be a mapping \(style deepObject, name\[key\]=value\)"):
        serialize({"name": "color", "in": "query", "style": "deepObject", "explode": True}, COLORS[column])


def test_an_empty_label_is_written_but_never_stands_alone_as_a_segment() -> None:
    label = serialize({"name": "empty", "in": "path", "style": "label"}, "")
    assert expand_path("/X{empty}", {"empty": label}) == "/X."  # RFC 6570, 3.2.5: X{.empty}
    with pytest.raises(ParameterError, match="would change the path"):
        expand_path("/X/{empty}", {"empty": label})
