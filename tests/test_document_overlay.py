"""Overlays correct one document in particular; whatever they did is said, and what they did not find, too."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import dynzuora
from dynzuora.document import DocumentWarning, Prepared, prepare, repaired
from dynzuora.document.overlay import SHIPPED, read_overlay, shipped
from dynzuora.document.sources import find
from dynzuora.errors import SpecError
from dynzuora.operation import Document

TINY: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Tiny", "version": "1"},
    "paths": {
        "/a": {
            "get": {"operationId": "a", "tags": ["x"], "responses": {"200": {"content": {"a/b; c=d": {}}}}}
        },
        "/b": {"get": {"operationId": "b", "tags": ["y"], "responses": {}}},
    },
    "components": {
        "schemas": {"A": {"type": "object", "required": ["p", "q", "r"], "properties": {"p": {}}}}
    },
}


def overlay(*actions: dict[str, Any], **more: Any) -> dict[str, Any]:
    info = {"title": "Mine", "version": "1"}
    return {"overlay": "1.0.0", "info": info, "actions": list(actions), **more}


def schema_after(*actions: dict[str, Any]) -> Any:
    return repaired(TINY, overlay=overlay(*actions))["components"]["schemas"]["A"]


A = "$.components.schemas.A"


@pytest.mark.parametrize(
    ("action", "changed"),
    [
        ({"target": A, "update": {"maxProperties": 3}}, {"maxProperties": 3}),
        ({"target": A, "update": {"type": "array"}}, {"type": "array"}),
        (
            {"target": A, "update": {"properties": {"p": {"type": "string"}, "s": {}}}},
            {"properties": {"p": {"type": "string"}, "s": {}}},
        ),
        ({"target": A, "update": {"required": ["s"]}}, {"required": ["p", "q", "r", "s"]}),
        ({"target": f"{A}.required", "update": "s"}, {"required": ["p", "q", "r", "s"]}),
        ({"target": f"{A}.required[?@ == 'q']", "remove": True}, {"required": ["p", "r"]}),
        ({"target": f"{A}.required[0, 2]", "remove": True}, {"required": ["q"]}),
        ({"target": f"{A}.properties.*", "remove": True}, {"properties": {}}),
    ],
    ids=["add", "replace", "merge", "lengthen", "append", "remove-one", "remove-some", "remove-all"],
)
def test_an_action_changes_what_its_target_selects(action: dict[str, Any], changed: dict[str, Any]) -> None:
    assert schema_after(action) == {**TINY["components"]["schemas"]["A"], **changed}


@pytest.mark.parametrize(
    ("action", "changed"),
    [
        ({"target": f"{A}.required", "update": ["s", "t"]}, {"required": ["p", "q", "r", "s", "t"]}),
        ({"target": f"{A}.required", "update": "s"}, {"required": ["p", "q", "r", "s"]}),
        ({"target": A, "update": {"required": ["s"]}}, {"required": ["p", "q", "r", "s"]}),
        ({"target": f"{A}.type", "update": "string"}, {"type": "string"}),
        (
            {"target": f"{A}.required", "copy": "$.paths['/a'].get.tags"},
            {"required": ["p", "q", "r", "x"]},
        ),
        (
            {"target": f"{A}.required", "copy": "$.paths['/a'].get.tags[0]"},
            {"required": ["p", "q", "r", "x"]},
        ),
        (
            {"target": f"{A}.properties.p", "copy": A},
            {"properties": {"p": TINY["components"]["schemas"]["A"]}},
        ),
        ({"target": f"{A}.required", "remove": True, "update": 1, "copy": "$"}, {}),
    ],
    ids=["concatenate", "append", "merge", "primitive", "copy", "copy-entry", "copy-around", "remove"],
)
def test_an_action_of_overlay_1_1_follows_its_rules(action: dict[str, Any], changed: dict[str, Any]) -> None:
    before = dict(TINY["components"]["schemas"]["A"])
    if action.get("remove"):
        del before["required"]
    after = repaired(TINY, overlay=overlay(action, overlay="1.1.0"))["components"]["schemas"]["A"]
    assert after == {**before, **changed}


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (
            {"target": A, "update": {"required": {"s": 1}}},
            "#/components/schemas/A/required is an array, which cannot be changed by an object "
            "(Overlay 1.1). Remove it first.",
        ),
        (
            {"target": A, "update": ["s"]},
            f"the target {A} finds an object, which cannot be changed by an array (Overlay 1.1).",
        ),
        (
            {"target": f"{A}['type', 'required']", "update": "s"},
            f"the target {A}['type', 'required'] finds a primitive and an array; they must be of one kind "
            "(Overlay 1.1).",
        ),
        ({"target": A, "copy": "$.paths.*"}, "copy takes one value, and $.paths.* finds 2."),
    ],
    ids=["property", "target", "kinds", "copy"],
)
def test_what_overlay_1_1_forbids_is_refused(action: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError) as caught:
        prepare(TINY, overlay=overlay(action, overlay="1.1.0"))
    assert str(caught.value) == f"the overlay: {message}"


def test_a_path_item_can_be_moved() -> None:
    actions = (
        {"target": "$.paths", "update": {"/c": {}}},
        {"target": "$.paths['/c']", "copy": "$.paths['/b']"},
        {"target": "$.paths['/b']", "remove": True},
    )
    index = prepare(TINY, overlay=overlay(*actions, overlay="1.1.0")).index
    assert {id: entry.path for id, entry in index.items()} == {"a": "/a", "b": "/c"}


def test_an_action_may_select_many_places_and_each_gets_its_own() -> None:
    update = {"target": "$.paths.*.get", "update": {"tags": ["z"]}, "description": "More\n tags."}
    prepared = prepare(TINY, overlay=overlay(update))
    assert [entry.tags for entry in prepared.index.values()] == [("x", "z"), ("y", "z")]
    assert prepared.warnings == (DocumentWarning("overlay", "#/paths/~1a/get", "More tags. (2 places)"),)


def test_actions_follow_each_other_and_so_do_overlays(tmp_path: Path) -> None:
    file = tmp_path / "second.yaml"
    file.write_text(
        "overlay: 1.0.0\nactions:\n- target: $.paths['/c'].get\n  update: {operationId: d}\n",
        encoding="utf-8",
    )
    first = overlay(
        {"target": "$.paths['/b']", "remove": True},
        {"target": "$.paths", "update": {"/c": {"get": {"operationId": "c", "responses": {}}}}},
    )
    assert list(prepare(TINY, overlay=[first, file]).index) == ["a", "d"]
    assert list(prepare(TINY, overlay=[first, str(file), json.dumps(first).encode()]).index) == ["a", "c"]


def test_a_target_that_matches_nothing_is_a_warning() -> None:
    target = "$.paths['/a'].get.responses['200'].content['a/b; c=d']"
    assert prepare(TINY, overlay=overlay({"target": target, "update": {}})).warnings == (
        DocumentWarning(
            "overlay-target",
            "#",
            f"the overlay: the target {target} matches nothing. "
            "(Overlays apply after repairs: media types have no parameters.)",
        ),
    )


def test_what_an_overlay_breaks_is_repaired_and_said() -> None:
    update = {"target": "$.paths['/a'].get", "update": {"parameters": [{"name": "id", "in": "path"}]}}
    assert [each.rule for each in prepare(TINY, overlay=overlay(update)).warnings] == [
        "overlay",
        "parameter-location",
        "parameter-location",
        "parameters",
    ]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {
                "actions": [
                    {"remove": True},
                    {"target": "$.a"},
                    {"target": "a b", "update": 1},
                    {"target": "$", "remove": 1},
                ]
            },
            "the overlay is not an OpenAPI Overlay: it does not say 'overlay: 1.1.0'; action 1 has no "
            "target; action 2 neither updates, copies nor removes; action 3 has the target 'a b', "
            "which is not a JSONPath (",
        ),
        ({"overlay": "1.0.0"}, "the overlay is not an OpenAPI Overlay: it has no list of actions. See "),
        (
            overlay({"target": "$", "copy": "$.a"}, overlay="1.0.0"),
            "the overlay is not an OpenAPI Overlay: action 1 has a copy, which needs 'overlay: 1.1.0'. See ",
        ),
        (
            overlay({"target": "$", "copy": "$.a", "update": 1}, {"target": "$", "copy": 1}, overlay="1.2.0"),
            "the overlay is not an OpenAPI Overlay: it says 'overlay: 1.2.0', and only 1.0 and 1.1 are "
            "supported; action 1 has both update and copy; action 2 has the copy 1, which is not a "
            "JSONPath (it is not a string). See ",
        ),
        (b"[]", "the overlay is not an OpenAPI Overlay: its root is not an object. See "),
        ("no/such.yaml", "the overlay no/such.yaml cannot be read: No such file or directory."),
        (7, "an overlay is a path, a mapping, bytes or a list of them, not int."),
        (overlay({"target": "$", "remove": True}), "the overlay removes the whole document."),
    ],
    ids=["actions", "no-actions", "copy-in-1.0", "1.2", "list", "missing", "number", "everything"],
)
def test_what_is_no_overlay_is_refused_with_all_that_is_wrong(given: Any, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        prepare(TINY, overlay=given)
    assert str(caught.value).startswith(message)


def test_the_shipped_overlay_is_an_overlay() -> None:
    overlay = read_overlay(SHIPPED.read_bytes(), SHIPPED.name)
    assert overlay._replace(optional=True) == shipped()
    assert all(action["description"] for action in shipped().data["actions"])


def test_a_document_no_action_is_for_never_loads_jsonpath() -> None:
    code = (
        "import sys; from dynzuora.document import prepare; "
        "prepare({'openapi': '3.0.3', 'info': {'title': 'Tiny', 'version': '1'}, 'paths': {}}); "
        "print('jsonpath_rfc9535' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"


def test_a_shipped_correction_that_finds_nothing_makes_no_warning() -> None:
    assert prepare(TINY).warnings == ()


@pytest.mark.parametrize(
    ("version", "count"), [("2018-08-23", 7), ("2020-12-10", 12), ("2021-08-20", 12), ("2026-05-01", 7)]
)
def test_shipped_corrections_are_made_in_every_document_that_has_the_fault(
    version: str, count: int, full_spec: Callable[[str], Path]
) -> None:
    corrections = [each for each in prepare(full_spec(version)).warnings if each.rule.startswith("overlay")]
    assert [each.rule for each in corrections] == ["overlay"] * count


@cache
def renamed(version: str) -> Prepared:
    """Return a copy of a bundled document under another version and another title, prepared."""
    document = json.loads(find(version).read())
    document["info"] = {"title": "API Reference", "version": "2031-05-17"}
    return prepare(document)


@pytest.mark.parametrize(
    "version", ["2020-12-10", "2021-08-20", pytest.param("2026-05-01", marks=pytest.mark.slow)]
)
def test_a_document_under_another_version_string_is_the_same_document(version: str) -> None:
    """The slices hold all that a call is checked against, so the verdicts on its bodies are the same, too."""
    one, other = prepare(version), renamed(version)
    assert {id: one.slice(id) for id in one.index} == {id: other.slice(id) for id in other.index}
    assert one.warnings == other.warnings
    assert dynzuora.diff(Document(one), Document(other)).changes == ()


@pytest.mark.parametrize("version", ["2020-12-10", "2021-08-20"])
@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        (
            "PUT_CancelSubscription",
            {"subscription_key": "A-S1", "body": {"cancellationPolicy": "EndOfCurrentTerm"}},
        ),
        ("Object_POSTPaymentMethod", {"body": {"AccountId": "1", "Type": "ACH"}}),
        ("DELETE_DataQueryJob", {"job_id": "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"}),
    ],
)
def test_what_a_correction_allows_is_allowed_in_a_version_nobody_has_seen(
    operation: str, arguments: dict[str, Any], version: str
) -> None:
    prepared = Document(renamed(version)).operations[operation].prepare(**arguments)
    assert prepared.operation_id == operation


def test_the_id_of_a_query_job_can_be_a_uuid_again() -> None:
    [parameter] = [
        each for each in prepare().slice("DELETE_DataQueryJob")["parameters"] if each["name"] == "job-id"
    ]
    assert parameter["schema"] == {"type": "string", "format": "uuid"}
