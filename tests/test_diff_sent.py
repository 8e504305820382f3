"""Webhooks, callbacks and links: what the server sends is received, and its answers are given."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

import dynzuora
from tests.pets import pets

Json = dict[str, Any]

TEXT = {"type": "string"}
EVENT = {"type": "object", "required": ["id"], "properties": {"id": TEXT, "size": {"type": "integer"}}}


def request(schema: Json, **more: Any) -> Json:
    """What a webhook sends."""
    content = {"application/json": {"schema": schema}}
    return {
        "requestBody": {"required": True, "content": content},
        "responses": {"200": {"description": "ok"}},
        **more,
    }


def document(**sent: Any) -> Json:
    """A document with webhooks, and with callbacks of its first operation."""
    whole = pets()
    item = next(iter(whole["paths"].values()))
    operation = item[next(method for method in ("post", "get", "put") if method in item)]
    if "callbacks" in sent:
        operation["callbacks"] = sent.pop("callbacks")
    if "links" in sent:
        next(iter(operation["responses"].values()))["links"] = sent.pop("links")
    return {**whole, **({"openapi": "3.1.0"} if "webhooks" in sent else {}), **sent}


def hook(schema: Json = EVENT, **more: Any) -> Json:
    return document(webhooks={"petBorn": {"post": request(schema, **more)}})


def callback(schema: Json = EVENT) -> Json:
    return document(callbacks={"born": {"{$request.query.url}": {"post": request(schema)}}})


def changes(old: Json, new: Json) -> list[tuple[str, str, str]]:
    found = dynzuora.diff(copy.deepcopy(old), copy.deepcopy(new)).changes
    return [(change.id, change.severity, change.direction) for change in found]


WITHOUT_ID = {**EVENT, "required": []}
MORE = {**EVENT, "properties": {**EVENT["properties"], "name": TEXT}, "additionalProperties": False}
LIMITED = {**EVENT, "properties": {"id": {"type": "string", "maxLength": 3}, "size": {"type": "integer"}}}


@pytest.mark.filterwarnings("ignore::dynzuora.errors.SpecWarning")
@pytest.mark.parametrize("of", [hook, callback], ids=["webhook", "callback"])
@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param(
            EVENT, WITHOUT_ID, [("property-became-optional", "breaking", "response")], id="optional"
        ),
        pytest.param(WITHOUT_ID, EVENT, [("property-became-required", "info", "response")], id="required"),
        pytest.param(LIMITED, EVENT, [("max-length-dropped", "breaking", "response")], id="a limit goes"),
        pytest.param(EVENT, LIMITED, [("max-length-set", "info", "response")], id="a limit comes"),
        pytest.param(EVENT, EVENT, [], id="nothing"),
    ],
)
def test_what_the_server_sends_is_judged_like_a_response(
    of: Any, old: Json, new: Json, expected: list[tuple[str, str, str]]
) -> None:
    assert changes(of(old), of(new)) == expected


@pytest.mark.filterwarnings("ignore::dynzuora.errors.SpecWarning")
@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param(hook(), document(webhooks={}), ("webhook-removed", "breaking", ""), id="webhook gone"),
        pytest.param(document(webhooks={}), hook(), ("webhook-added", "info", ""), id="webhook new"),
        pytest.param(callback(), document(), ("callback-removed", "breaking", ""), id="callback gone"),
        pytest.param(document(), callback(), ("callback-added", "info", ""), id="callback new"),
        pytest.param(
            hook(responses={"200": {"description": "ok"}, "202": {"description": "later"}}),
            hook(),
            ("sent-answer-removed", "breaking", "request"),
            id="an answer less",
        ),
        pytest.param(
            hook(parameters=[{"name": "X-Signature", "in": "header", "required": True, "schema": TEXT}]),
            hook(),
            ("sent-part-removed", "breaking", "response"),
            id="a header less",
        ),
        pytest.param(
            hook(),
            hook(parameters=[{"name": "X-Signature", "in": "header", "schema": TEXT}]),
            ("sent-extra-added", "info", "response"),
            id="a header more",
        ),
        pytest.param(
            document(links={"own": {"operationId": "GET_Pet"}}),
            document(),
            ("link-removed", "warning", "response"),
            id="link",
        ),
        pytest.param(
            document(links={"own": {"operationId": "GET_Pet"}}),
            document(links={"own": {"operationId": "POST_Pet"}}),
            ("link-changed", "warning", "response"),
            id="another link",
        ),
    ],
)
def test_what_is_sent_less_or_answered_less_breaks(
    old: Json, new: Json, expected: tuple[str, str, str]
) -> None:
    assert changes(old, new) == [expected]


def test_a_callback_by_reference_is_the_same_callback() -> None:
    inline, apart = callback(), callback()
    item = next(iter(apart["paths"].values()))
    operation = next(value for value in item.values() if "callbacks" in value)
    apart.setdefault("components", {})["callbacks"] = {"Born": operation["callbacks"]["born"]}
    operation["callbacks"] = {"born": {"$ref": "#/components/callbacks/Born"}}
    assert changes(inline, apart) == []


@pytest.mark.filterwarnings("ignore::dynzuora.errors.SpecWarning")
def test_a_witness_proves_what_a_webhook_breaks() -> None:
    [change] = dynzuora.diff(hook(LIMITED), hook()).breaking
    assert change.witness is not None and change.witness.valid == "new"
    assert change.operations == ("webhook petBorn (POST)",)


@pytest.mark.filterwarnings("ignore::dynzuora.errors.SpecWarning")
def test_a_webhook_keeps_the_schemas_that_only_it_has(tmp_path: Any) -> None:
    old, new = (
        {
            **hook({"$ref": "#/components/schemas/Only"}),
            "components": {"schemas": {**pets()["components"]["schemas"], "Only": schema}},
        }
        for schema in (LIMITED, EVENT)
    )
    assert [change.where for change in dynzuora.diff([old], [new]).breaking] == ["Only.id"]


@pytest.mark.filterwarnings("ignore::dynzuora.errors.SpecWarning")
def test_what_is_not_described_validly_is_named() -> None:
    broken = document(webhooks={"petBorn": {"post": {**request(EVENT), "parameters": [{"in": "nowhere"}]}}})
    diff = dynzuora.diff(hook(), broken)
    assert (diff.changes, diff.not_compared) == ((), ("webhook petBorn (POST)",))
    sentence = "Not compared, for a document does not describe them validly: webhook petBorn (POST)."
    for report in (diff.to_text(), diff.to_markdown().replace("\\", ""), diff.to_html()):
        assert sentence in report
    assert json.loads(diff.to_json())["notCompared"] == ["webhook petBorn (POST)"]
