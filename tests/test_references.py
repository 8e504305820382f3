"""A reference means the same wherever it is followed, and what it leads nowhere with is told apart."""

from __future__ import annotations

from typing import Any

import pytest

from dynzuora._references import look_up, referred, resolve, way_of, written

COMPONENTS: dict[str, Any] = {
    "A": {"type": "string"},
    "B": {"$ref": "#/components/schemas/A"},
    "a/b~c %": {"type": "integer"},
    "Deep": {"properties": {"x": {"type": "boolean"}}, "allOf": [{}, {"type": "number"}]},
    "Round": {"$ref": "#/components/schemas/About"},
    "About": {"$ref": "#/components/schemas/Round"},
    "Empty": {},
}


@pytest.mark.parametrize(
    ("target", "name", "schema"),
    [
        ("A", "A", {"type": "string"}),
        ("B", "A", {"type": "string"}),
        ("a~1b~0c %25", "a/b~c %", {"type": "integer"}),
        ("a~1b~0c%20%25", "a/b~c %", {"type": "integer"}),
        ("Deep/properties/x", "Deep/properties/x", {"type": "boolean"}),
        ("Deep/allOf/1", "Deep/allOf/1", {"type": "number"}),
        ("Deep/allOf/2", "Deep/allOf/2", None),
        ("Empty", "Empty", {}),
        ("Nobody", "Nobody", None),
        ("", "", None),
        ("Round", "Round", None),
    ],
)
def test_a_chain_of_references_is_followed_to_its_end(target: str, name: str, schema: Any) -> None:
    assert resolve({"$ref": f"#/components/schemas/{target}"}, COMPONENTS) == (name, schema)


@pytest.mark.parametrize(
    "target", ["#/components/parameters/A", "other.yaml#/A", "A", "#", "#/components/schemas"]
)
def test_what_leads_elsewhere_leads_nowhere(target: str) -> None:
    assert referred(target, COMPONENTS) is None


def test_what_is_not_a_reference_is_its_own_end() -> None:
    schemas: tuple[Any, ...] = ({"type": "null"}, True, None)
    assert [resolve(schema, COMPONENTS) for schema in schemas] == [("", schema) for schema in schemas]


@pytest.mark.parametrize("name", ["plain", "a/b", "~0", "100%", "%2F", ""])
def test_a_name_that_is_written_into_a_reference_is_found_by_it(name: str) -> None:
    way = way_of(f"#/{written(name)}")
    assert (way, look_up({name: 1}, way or ())) == ((name,), 1)
