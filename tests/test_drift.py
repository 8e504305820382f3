"""Drift: what replies have that the document does not is counted, and an overlay declares it."""

from __future__ import annotations

import copy
import json
import warnings
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from dynzuora import Client, load
from dynzuora.recording import read
from dynzuora.recording.drift import Deviation, Drift
from dynzuora.shell import shell
from tests.servers import Answer, running

DOCUMENT = {
    "openapi": "3.0.0",
    "info": {"title": "Pets", "version": "1"},
    "paths": {
        "/pets": {
            "get": {
                "operationId": "listPets",
                "responses": {
                    "200": {
                        "description": "",
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Pets"}}},
                    }
                },
            }
        }
    },
    "components": {
        "schemas": {
            "Pets": {
                "type": "object",
                "properties": {"pets": {"type": "array", "items": {"$ref": "#/components/schemas/Pet"}}},
            },
            "Pet": {
                "type": "object",
                "properties": {
                    "name": {"type": "string"},
                    "age": {"type": "integer"},
                    "kind": {"type": "string", "enum": ["cat", "dog"]},
                    "owner": {"type": "object", "properties": {"it's": {"type": "string"}}},
                },
            },
        }
    },
}
PETS = {
    "pets": [
        {"name": "Tom", "age": 3, "kind": "fish", "owner": {"it's": None}},
        {"name": "Rex", "age": "4", "kind": "fish", "colour": "red"},
    ],
    "total": 2,
}
"""A reply with five deviations."""

ROWS = [
    Deviation("listPets", "reply.pets[].age", "type", "string", "integer", 2),
    Deviation("listPets", "reply.pets[].colour", "field", "string", "", 2),
    Deviation("listPets", "reply.pets[].kind", "enum", "fish", "cat, dog", 2),
    Deviation("listPets", "reply.pets[].owner.it's", "type", "null", "string", 2),
    Deviation("listPets", "reply.total", "field", "integer", "", 2),
]


def drift_of(reply: Any, overlay: Any = None, record: Path | None = None) -> Drift:
    """What a client of a server with this reply has counted after two calls."""
    with (
        running(lambda _: Answer(200, reply)) as server,
        Client(copy.deepcopy(DOCUMENT), server.url, token="t", overlay=overlay, record=record) as client,
    ):
        client.call("listPets")
        drift = client.drift()
        for _ in range(2):
            client.call("listPets")
        assert client.drift() is drift
    return drift


def test_each_deviation_is_a_row_and_the_overlay_declares_all() -> None:
    drift = drift_of(PETS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        corrected = drift_of(PETS, overlay=json.loads(json.dumps(drift.to_overlay())))
    assert (drift.rows, corrected.rows) == (ROWS, [])
    assert drift.to_df()["field"].to_list() == [row.field for row in ROWS]


@pytest.mark.parametrize(
    "reply",
    [
        {},
        {"pets": []},
        {"pets": [{"name": "Tom", "age": 3.0, "breed__c": "x"}]},
        {"success": False, "reasons": [{"code": 1, "message": "no"}]},
    ],
    ids=["empty", "no rows", "a whole number and a custom field", "a refusal"],
)
def test_what_the_document_declares_is_no_deviation(reply: dict[str, Any]) -> None:
    drift = Drift(load(copy.deepcopy(DOCUMENT)))
    drift.add(load(copy.deepcopy(DOCUMENT)).operations["listPets"], 200, reply)
    assert repr(drift) == "No reply has anything that 1 does not declare."
    assert drift.to_overlay()["actions"] == []


def test_a_recording_has_the_same_drift(tmp_path: Path) -> None:
    path, spec = tmp_path / "calls.jsonl", tmp_path / "pets.json"
    spec.write_text(json.dumps(DOCUMENT), "utf-8")
    drift = drift_of(PETS, record=path)
    recorded = Drift.of(read(path), load(spec))
    outputs = [
        CliRunner().invoke(shell, ["drift", str(path), "--spec", str(spec), "-o", form]).stdout
        for form in ("json", "overlay", "table")
    ]
    assert [row.replies for row in recorded] == [3] * 5  # the call before client.drift(), too
    assert recorded.to_overlay() == drift.to_overlay() == json.loads(outputs[1])
    assert [row["field"] for row in json.loads(outputs[0])] == [row.field for row in ROWS]
    assert outputs[2].splitlines()[0].split() == list(Deviation._fields)


def test_what_a_recording_masks_is_not_judged() -> None:
    document = copy.deepcopy(DOCUMENT)
    pet: Any = document["components"]
    pet["schemas"]["Pet"]["properties"]["pin"] = {"type": "integer"}
    drift = Drift(load(document))
    drift.add(load(document).operations["listPets"], 200, {"pets": [{"pin": "***"}]})
    assert drift.rows == []
