"""The way an operation pages is read off its schema."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from dynzuora import paging
from dynzuora.operation import Document, load

TABLES = Path(__file__).parent / "data"


@pytest.fixture(scope="module")
def document() -> Document:
    return load("2020-12-10")


def listing(properties, *query, **more):
    """Return a slice of one GET whose 200 has these properties and whose query has these parameters."""
    schema = {"type": "object", "properties": properties}
    return {
        "path": "/v1/rate-plans",
        "parameters": [{"name": name, "in": "query", "schema": {"type": "string"}} for name in query],
        "responses": {"200": {"content": {"application/json": {"schema": schema}}}},
        **more,
    }


ROWS = {"type": "array", "items": {"type": "object"}}
TEXT = {"type": "string"}


def test_every_get_of_2020_12_10_is_classified_as_read_by_hand(document):
    assert classification(document) == read_table("2020-12-10")


def classification(document):
    """How every GET pages, and every POST that a query locator leads on, by operation."""
    rows = [
        {"operation": name, **as_row(operation)}
        for name, operation in document.operations.items()
        if not document.prepared.index[name].fault
        and (operation.method == "GET" or paging.infer(operation.slice).name == "query-locator")
    ]
    return sorted(rows, key=lambda row: row["operation"])


def read_table(version):
    with (TABLES / f"paging-{version}.tsv").open(newline="") as file:
        return sorted(csv.DictReader(file, delimiter="\t", restval=""), key=lambda row: row["operation"])


def as_row(operation):
    style = paging.infer(operation.slice)
    declared = {p["name"] for p in operation.slice["parameters"]}
    return {
        "style": style.name,
        "items": style.items,
        "size": style.size,
        "default": str(style.size_default or ""),
        "maximum": str(style.size_max or ""),
        "position": style.position if style.position in declared else "",
    }


@pytest.mark.parametrize(
    ("properties", "query", "expected"),
    [
        ({"rows": ROWS, "nextPage": TEXT, "success": TEXT}, (), ("nextPage-url", "rows", "page", "nextPage")),
        ({"data": ROWS, "nextPage": TEXT}, ("cursor", "pageSize"), ("cursor", "data", "cursor", "nextPage")),
        ({"rows": ROWS, "success": TEXT}, ("page", "pageSize"), ("page-number", "rows", "page", "")),
        ({"rows": ROWS, "count": TEXT}, ("cursor", "pageSize"), ("cursor-last-id", "rows", "cursor", "")),
        ({"rows": ROWS, "next": TEXT}, ("start",), ("next-link", "rows", "start", "next")),
        ({"rows": ROWS}, ("pageSize",), ("capped", "rows", "", "")),
        ({"rows": ROWS, "reasons": ROWS}, (), ("unpaged-list", "rows", "", "")),
        ({"rows": ROWS, "name": TEXT}, (), ("single", "", "", "")),
        ({"a": ROWS, "b": ROWS, "nextPage": TEXT}, (), ("single", "", "", "")),
        (
            {"a": ROWS, "ratePlans": ROWS, "nextPage": TEXT},
            (),
            ("nextPage-url", "ratePlans", "page", "nextPage"),
        ),
        ({"a": ROWS, "data": ROWS, "nextPage": TEXT}, (), ("nextPage-url", "data", "page", "nextPage")),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else None,
)
def test_style_follows_from_properties_and_query(properties, query, expected):
    style = paging.infer(listing(properties, *query))
    assert (style.name, style.items, style.position, style.next) == expected


def test_the_declared_limits_of_the_page_size_are_known():
    operation = listing({"rows": ROWS, "nextPage": TEXT})
    limits = {"type": "integer", "default": 20, "maximum": 40}
    operation["parameters"] = [{"name": "pageSize", "in": "query", "schema": limits}]
    style = paging.infer(operation)
    assert (style.size, style.size_default, style.size_max) == ("pageSize", 20, 40)


def test_an_accept_header_beside_one_object_means_a_stream():
    assert paging.infer(listing({"name": TEXT}, accept=[])).name == "stream"


def test_an_answer_without_a_schema_is_a_file():
    assert paging.infer({**listing({}), "responses": {"200": {}}}).name == "file"


def test_why_names_what_in_the_document_told():
    assert paging.infer(listing({"rows": ROWS, "nextPage": TEXT})).why == "the reply has nextPage"


@pytest.mark.parametrize("version", ["2018-08-23", "2020-12-10", "2021-08-20", "2026-05-01"])
def test_the_classification_of_every_document_is_the_one_that_was_looked_through(version, full_spec):
    """The tables are kept as files; `pytest -s` prints what each document has now."""
    found = classification(load(full_spec(version)))
    print(f"\n{version}", *("  ".join(row.values()) for row in found), sep="\n")
    assert found == read_table(version)


@pytest.mark.parametrize("version", ["2018-08-23", "2020-12-10", "2021-08-20", "2026-05-01"])
def test_a_slice_tells_the_same_resolved_or_not(version, full_spec):
    document = load(full_spec(version))
    usable = [op for name, op in document.operations.items() if not document.prepared.index[name].fault]
    assert [op.id for op in usable if paging.infer(op.slice) != paging.infer(op.dereferenced)] == []


def test_a_schema_made_of_itself_ends():
    again = {"$ref": "#/components/schemas/Again"}
    components = {"schemas": {"Again": {"allOf": [again, {"properties": {"rows": ROWS, "nextPage": TEXT}}]}}}
    operation = listing({}, components=components)
    operation["responses"]["200"]["content"]["application/json"]["schema"] = again
    assert paging.infer(operation).items == "rows"
