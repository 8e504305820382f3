"""JSON Schema's own test suite for draft 2020-12, each schema a component of a document."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dynzuora import Document, load
from dynzuora.errors import InvalidRequest
from tests import json_schema_suite
from tests.json_schema_suite import Case

DISAGREEMENTS: dict[str, str] = {}
"""The tests of the suite that come out otherwise here: name → why."""


@pytest.fixture(scope="session")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = json_schema_suite.folder(tmp_path_factory.mktemp("suite"))
    if folder is None:
        pytest.skip("DYNZUORA_JSON_SCHEMA_SUITE is not set, and pip cannot download jsonschema's source")
    return folder


def document_of(schema: Any) -> Document:
    """Return a document whose operations take what the component is, and an object that has it."""
    component = {"$id": "https://example.com/case", **schema} if isinstance(schema, dict) else schema
    reference = {"$ref": "#/components/schemas/Case"}
    bodies = {"/itself": reference, "/inside": {"properties": {"value": reference}}}
    return load(
        {
            "openapi": "3.1.0",
            "info": {"title": "Suite", "version": "1"},
            "paths": {
                path: {
                    "post": {
                        "operationId": path[1:],
                        "requestBody": {"content": {"application/json": {"schema": body}}},
                        "responses": {},
                    }
                }
                for path, body in bodies.items()
            },
            "components": {"schemas": {"Case": component}},
        }
    )


def accepts(document: Document, value: Any, level: str) -> bool:
    """Return whether a value is sent; null, which as a body means none, is sent inside an object."""
    id, body = ("inside", {"value": None}) if value is None else ("itself", value)
    try:
        document.operations[id].prepare(body, validate=level)
    except InvalidRequest:
        return False
    return True


def wrong(suite: Path, is_wrong: Callable[[Case, Document], bool]) -> tuple[list[str], int]:
    """Return the names of the tests that come out wrong, and how many there are in all."""
    names: list[str] = []
    count = 0
    for group in json_schema_suite.groups(suite):
        document = document_of(group[0].schema)
        names += [case.name for case in group if is_wrong(case, document)]
        count += len(group)
    return names, count


@pytest.mark.slow
def test_every_schema_means_what_the_suite_says(suite: Path) -> None:
    names, count = wrong(suite, lambda case, document: accepts(document, case.value, "strict") != case.valid)
    assert names == list(DISAGREEMENTS)
    assert len(names) < count / 100


@pytest.mark.slow
def test_what_is_valid_by_the_suite_is_valid_leniently(suite: Path) -> None:
    names, _ = wrong(
        suite, lambda case, document: case.valid and not accepts(document, case.value, "standard")
    )
    assert names == []
