"""Properties called ``description`` that a publisher removed with the prose are restored, and it is said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import dynzuora
from dynzuora.document import prepare, repaired

Json = dict[str, Any]


def compact(host: str = "rest.zuora.com", **schemas: Json) -> Json:
    """Return a document of which the publisher has kept no property called ``description``."""
    return {
        "openapi": "3.0.0",
        "info": {"title": "Compact", "version": "2031-01-01"},
        "servers": [{"url": f"https://{host}"}],
        "paths": {},
        "components": {"schemas": schemas},
    }


def fields(*names: str, **more: Any) -> Json:
    return {"type": "object", "properties": {name: {"type": "string"} for name in names}, **more}


def restored(document: Json) -> list[tuple[str, str]]:
    return [
        (warning.pointer, warning.message.partition("because ")[2])
        for warning in prepare(document).warnings
        if warning.rule == "lost-property"
    ]


def test_a_property_is_restored_where_an_older_document_has_it() -> None:
    assert restored(compact(RampRequest=fields("name", "charges"))) == [
        ("#/components/schemas/RampRequest/properties/description", "2021-08-20 has it there.")
    ]


def test_a_property_is_restored_in_a_schema_of_another_name_with_the_same_fields() -> None:
    older = repaired("2021-08-20")["components"]["schemas"]["POSTOrderRequestType"]["properties"]
    assert restored(compact(OrderOfTomorrow=fields("more", *(older.keys() - {"description"})))) == [
        ("#/components/schemas/OrderOfTomorrow/properties/description", "2021-08-20 has it there.")
    ]


def test_a_property_is_restored_where_it_is_required() -> None:
    assert restored(compact(Deployment=fields("name", required=["name", "description"]))) == [
        ("#/components/schemas/Deployment/properties/description", "it is required there.")
    ]


@pytest.mark.parametrize(
    "document",
    [
        compact(RampRequest=fields("name", "charges"), Other=fields("description")),
        compact(RampRequest=fields("a", "b", "c", "name")),
        compact(Period=fields("name", "startDate", "endDate")),
        compact("api.example.com", RampRequest=fields("name", "charges")),
    ],
    ids=["not-compact", "other-fields", "few-fields", "not-zuora"],
)
def test_nothing_is_restored_without_evidence(document: Json) -> None:
    assert restored(document) == []


def test_the_bundled_newest_document_has_its_descriptions_back() -> None:
    newest = dynzuora.load("latest")
    schema = newest.operations["POST_Order"].slice["components"]["schemas"]["POSTOrderRequestType"]
    rules = [warning.rule for warning in newest.warnings]
    assert (rules.count("lost-property"), schema["properties"]["description"]) == (
        82,
        {"maxLength": 500, "type": "string"},
    )


def test_the_vendor_s_own_compact_document_is_restored_alike(full_spec: Callable[[str], Path]) -> None:
    full, bundled = prepare(full_spec("2026-05-01")), prepare("2026-05-01")
    assert full.warnings == bundled.warnings
