"""Overlays correct one document in particular; whatever they did is said, and what they did not find, too."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dynzuora.document import DocumentWarning, prepare, repaired
from dynzuora.document.overlay import SHIPPED, read_overlay, shipped
from dynzuora.errors import SpecError

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
    return {"overlay": "1.0.0", "info": {"title": "Mine", "version": "1"}, "actions": list(actions), **more}


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
            "the overlay is not an OpenAPI Overlay: it does not say 'overlay: 1.0.0'; action 1 has no "
            "target; action 2 neither updates nor removes; action 3 has the target 'a b', "
            "which is not a JSONPath (",
        ),
        ({"overlay": "1.0.0"}, "the overlay is not an OpenAPI Overlay: it has no list of actions. See "),
        (b"[]", "the overlay is not an OpenAPI Overlay: its root is not an object. See "),
        ("no/such.yaml", "the overlay no/such.yaml cannot be read: No such file or directory."),
        (7, "an overlay is a path, a mapping, bytes or a list of them, not int."),
        (overlay({"target": "$", "remove": True}), "the overlay removes the whole document."),
    ],
    ids=["actions", "no-actions", "list", "missing", "number", "everything"],
)
def test_what_is_no_overlay_is_refused_with_all_that_is_wrong(given: Any, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        prepare(TINY, overlay=given)
    assert str(caught.value).startswith(message)


def test_the_shipped_overlay_is_an_overlay() -> None:
    assert read_overlay(SHIPPED.read_bytes(), SHIPPED.name) == shipped()


def test_a_document_no_action_is_for_never_loads_jsonpath() -> None:
    code = (
        "import sys; from dynzuora.document import prepare; "
        "prepare({'openapi': '3.0.3', 'info': {'title': 'Tiny', 'version': '1'}, 'paths': {}}); "
        "print('jsonpath_rfc9535' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"


def test_the_shipped_overlay_names_the_documents_it_is_for() -> None:
    assert prepare(TINY).warnings == ()
    assert all(action["x-versions"] and action["description"] for action in shipped().data["actions"])


@pytest.mark.parametrize("version", ["2018-08-23", "2020-12-10", "2021-08-20", "2026-05-01"])
def test_every_shipped_action_finds_its_target_in_the_documents_it_names(
    version: str, full_spec: Callable[[str], Path]
) -> None:
    found = [each for each in prepare(full_spec(version)).warnings if each.rule.startswith("overlay")]
    fitting = [each for each in shipped().data["actions"] if version in each["x-versions"]]
    assert [each.rule for each in found] == ["overlay"] * len(fitting)


def test_the_id_of_a_query_job_can_be_a_uuid_again() -> None:
    [parameter] = [
        each for each in prepare().slice("DELETE_DataQueryJob")["parameters"] if each["name"] == "job-id"
    ]
    assert parameter["schema"] == {"type": "string", "format": "uuid"}
