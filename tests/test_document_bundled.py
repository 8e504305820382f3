"""The bundled documents hold facts only, and every document of Zuora's is read to the last operation."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynzuora.document import dereferenced, facts, facts_text, prepare
from dynzuora.document.prepared import from_folder
from dynzuora.document.sources import bundled_folder

BUNDLED = ["2020-12-10", "2021-08-20", "2026-05-01"]
ROOT = Path(__file__).parent.parent
FullSpec = Callable[[str], Path]


# -- facts only -------------------------------------------------------------------------


def test_prose_is_dropped_as_a_keyword_and_kept_as_a_name() -> None:
    full: dict[str, Any] = {
        "openapi": "3.0.3",
        "info": {"title": "T", "version": "1", "description": "d", "contact": {}, "x-a": 1},
        "externalDocs": {"url": "u"},
        "servers": [
            {"url": "u", "description": "d", "variables": {"v": {"default": "x", "description": "d"}}}
        ],
        "tags": [{"name": "description", "description": "d", "x-a": 1}],
        "paths": {
            "/description": {
                "summary": "s",
                "get": {
                    "operationId": "a",
                    "summary": "s",
                    "description": "d",
                    "x-code-samples": [],
                    "parameters": [
                        {
                            "name": "title",
                            "in": "query",
                            "description": "d",
                            "example": 1,
                            "schema": {"example": 1, "type": "string"},
                        },
                        {"$ref": "#/components/parameters/P", "description": "d"},
                    ],
                    "responses": {
                        "200": {
                            "description": "d",
                            "headers": {"X-Description": {"description": "d", "schema": {"title": "t"}}},
                            "content": {
                                "application/json": {"examples": {"e": {"value": 1}}},
                                "a/b": {"example": 1, "schema": {}},
                            },
                        },
                        "x-a": {},
                    },
                },
                "x-a": 1,
            },
            "x-a": 1,
        },
        "components": {
            "examples": {"E": {"value": 1}},
            "schemas": {
                "example": {
                    "title": "t",
                    "description": "d",
                    "properties": {
                        "description": {"type": "string", "description": "d"},
                        "x-named": {"type": "string", "x-a": 1},
                        "$ref": {"type": "string", "example": "e"},
                    },
                    "enum": [{"description": "kept"}],
                    "default": {"example": "kept"},
                    "additionalProperties": {"externalDocs": {}, "type": "string"},
                }
            },
        },
    }  # fmt: skip
    assert facts(full) == {
        "openapi": "3.0.3",
        "info": {"title": "T", "version": "1"},
        "servers": [{"url": "u", "variables": {"v": {"default": "x"}}}],
        "tags": [{"name": "description"}],
        "paths": {
            "/description": {
                "get": {
                    "operationId": "a",
                    "parameters": [
                        {"name": "title", "in": "query", "schema": {"type": "string"}},
                        {"$ref": "#/components/parameters/P"},
                    ],
                    "responses": {
                        "200": {
                            "headers": {"X-Description": {"schema": {}}},
                            "content": {"application/json": {}, "a/b": {"schema": {}}},
                        }
                    },
                }
            }
        },
        "components": {
            "schemas": {
                "example": {
                    "properties": {
                        "description": {"type": "string"},
                        "x-named": {"type": "string"},
                        "$ref": {"type": "string"},
                    },
                    "enum": [{"description": "kept"}],
                    "default": {"example": "kept"},
                    "additionalProperties": {"type": "string"},
                }
            }
        },
    }


def test_the_facts_of_swagger_2_0_stay_swagger_2_0() -> None:
    full = {
        "swagger": "2.0",
        "info": {"title": "T", "version": "1", "description": "d"},
        "paths": {
            "/a": {
                "get": {
                    "parameters": [{"in": "body", "name": "b", "description": "d", "schema": {"title": "t"}}],
                    "responses": {
                        "200": {"description": "d", "schema": {"example": 1}, "examples": {"a/b": 1}}
                    },
                }
            }
        },
        "definitions": {"title": {"description": "d", "properties": {"example": {"example": 1}}}},
    }
    assert facts(full) == {
        "swagger": "2.0",
        "info": {"title": "T", "version": "1"},
        "paths": {
            "/a": {
                "get": {
                    "parameters": [{"in": "body", "name": "b", "schema": {}}],
                    "responses": {"200": {"schema": {}}},
                }
            }
        },
        "definitions": {"title": {"properties": {"example": {}}}},
    }


def test_the_text_has_a_line_for_each_path_and_component(tmp_path: Path) -> None:
    file = tmp_path / "full.yaml"
    file.write_text(
        "openapi: 3.0.3\ninfo: {title: é, version: 2020-01-01, description: d}\n"
        "paths: {/a: {}, /b: {}}\ncomponents: {schemas: {A: {}, B: {title: t}}, headers: {}}\n",
        encoding="utf-8",
    )
    assert facts_text(file) == (
        '{\n"openapi":"3.0.3",\n"info":{"title":"é","version":"2020-01-01"},\n'
        '"paths":{\n"/a":{},\n"/b":{}\n},\n'
        '"components":{\n"schemas":{\n"A":{},\n"B":{}\n},\n"headers":{}\n}\n}\n'
    )


_NAMES = st.sampled_from(["description", "title", "x-a", "type", "properties", "items", "enum"])
_SCHEMAS = st.recursive(
    st.fixed_dictionaries(
        {}, optional={"description": st.text(), "x-a": st.integers(), "type": st.just("string")}
    ),
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "properties": st.dictionaries(_NAMES, inner, max_size=3),
            "items": inner,
            "title": st.text(),
        },
    ),
    max_leaves=8,
)


@given(_SCHEMAS)
def test_the_facts_of_facts_are_the_same_and_no_property_is_lost(schema: dict[str, Any]) -> None:
    def names(node: dict[str, Any]) -> list[str]:
        inner = node.get("properties", {})
        below = [*inner.values(), *([node["items"]] if "items" in node else [])]
        return sorted([*inner, *(name for each in below for name in names(each))])

    full = {"openapi": "3.0.3", "components": {"schemas": {"A": schema}}}
    once = facts(full)
    assert facts(once) == once
    assert names(once["components"]["schemas"]["A"]) == names(schema)


@pytest.mark.parametrize("version", BUNDLED)
def test_the_bundled_documents_are_made_by_the_facts_command_from_the_full_ones(
    version: str, full_spec: FullSpec
) -> None:
    made = facts_text(full_spec(version)).encode()
    assert made == (ROOT / "specs" / f"zuora-{version}.json").read_bytes()


@pytest.mark.parametrize("version", BUNDLED)
def test_the_bundled_documents_hold_no_prose(version: str) -> None:
    document = json.loads((bundled_folder() / f"zuora-{version}.json").read_bytes())
    assert facts(document) == document
    assert list(document["info"]) == ["title", "version"]


# -- every document ---------------------------------------------------------------------


@pytest.mark.parametrize("version", BUNDLED)
def test_facts_and_full_document_describe_the_same_operations(version: str, full_spec: FullSpec) -> None:
    full, bundled = prepare(full_spec(version)), prepare(version)
    assert list(full.index) == list(bundled.index)
    has_prose = version != "2026-05-01"  # which was published without
    assert "description" not in bundled.slice("POST_Order")
    assert bool(full.slice("POST_Order").get("description")) is has_prose
    assert sorted(full.slice("POST_Order")["components"]["schemas"]) == sorted(
        bundled.slice("POST_Order")["components"]["schemas"]
    )


@pytest.mark.parametrize(
    ("version", "operations"),
    [("2018-08-23", 346), ("2020-12-10", 411), ("2021-08-20", 428), ("2026-05-01", 713)],
)
def test_every_operation_of_every_document_can_be_used_and_resolved(
    version: str, operations: int, full_spec: FullSpec
) -> None:
    prepared = prepare(full_spec(version))
    assert (len(prepared.index), [id for id, each in prepared.index.items() if each.fault]) == (
        operations,
        [],
    )
    for id in prepared.index:
        assert dereferenced(prepared.slice(id))["id"] == id


def test_every_broken_corner_of_the_newest_document_is_named(full_spec: FullSpec) -> None:
    warnings = prepare(full_spec("2026-05-01")).warnings
    truncate = "#/paths/~1meters~1events~1stores~1{eventStoreId}~1truncate/post/responses"
    assert [each.pointer for each in warnings if each.rule == "dangling-reference"] == [
        "#/components/schemas/PreviewOrderChangePlanChargeOverride/properties/pricing/properties/recurringCalculated",
        "#/components/schemas/GetCommitmentOutputListOrders/allOf/3/properties/action",
        "#/components/schemas/CommitmentBaseAttributesListOrders/properties/schedules/items/properties/action",
        *(f"{truncate}/{status}/content/application~1json/schema" for status in (400, 404, 409)),
    ]


def test_every_enum_that_lost_yes_and_no_has_them_back() -> None:
    repaired = [each for each in prepare().warnings if each.rule == "yes-no-enum"]
    schema = prepare().slice("POST_CreatePayment")["components"]["schemas"]["CreatePaymentType"]
    finance = schema["allOf"][0]["properties"]["financeInformation"]["properties"]
    assert len(repaired) == 41
    assert finance["transferredToAccounting"]["enum"] == ["Processing", "Yes", "No", "Error", "Ignore"]


# -- the wheel --------------------------------------------------------------------------


def test_a_wheel_carries_the_documents_and_what_is_prepared_from_them(tmp_path: Path) -> None:
    pytest.importorskip("hatchling")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    [wheel] = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    specs = tmp_path / "installed" / "dynzuora" / "specs"
    for version in BUNDLED:
        fresh = prepare(ROOT / "specs" / f"zuora-{version}.json")
        carried, _ = from_folder(specs / "prepared" / version, source="wheel")
        assert (carried.digest, carried.index, carried.warnings) == (
            fresh.digest,
            fresh.index,
            fresh.warnings,
        )
        assert all(carried.slice(id) == fresh.slice(id) for id in fresh.index)
    code = (
        "import sys; from dynzuora.document import prepare;"
        "print(len(prepare().index), 'prance' in sys.modules)"
    )
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=tmp_path / "installed",
        env={**os.environ, "DYNZUORA_HOME": os.devnull},
        capture_output=True,
        text=True,
    )
    assert (run.stdout, run.stderr) == ("411 False\n", "")
