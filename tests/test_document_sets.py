"""Several documents as one: the first that has an operation wins, and a move between them is no removal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import dynzuora
from dynzuora import diff
from dynzuora.errors import SpecError
from tests.pets import changed, pets

Json = dict[str, Any]


def document(version: str, **operations: Any) -> Json:
    """Return a document of ``id="GET /path"`` or an Operation Object with a path."""
    paths: Json = {}
    for id, route in operations.items():
        method, path = route.split()
        paths.setdefault(path, {})[method.lower()] = {"operationId": id, "responses": {}}
    return {"openapi": "3.0.0", "info": {"title": "Set", "version": version}, "paths": paths}


NEW = document("2", GET_A="GET /a", GET_B="GET /b")
OLDER = document("1", GET_A="GET /a", GET_Bee="GET /b", GET_C="GET /c")


def test_the_first_document_that_has_an_operation_wins() -> None:
    loaded = dynzuora.load([NEW, OLDER])
    assert (loaded.version, list(loaded.operations)) == ("2", ["GET_A", "GET_B", "GET_C"])


def test_a_client_calls_operations_of_every_document_of_its_set() -> None:
    client = dynzuora.Client([NEW, dynzuora.load(OLDER)], "http://127.0.0.1:9", token="t")
    assert [client.prepare(id).url for id in ("GET_A", "GET_C")] == [
        "http://127.0.0.1:9/a",
        "http://127.0.0.1:9/c",
    ]


def test_an_id_that_another_document_of_the_set_has_is_an_alias() -> None:
    loaded = dynzuora.load([NEW, OLDER])
    assert [loaded.operations.resolve(id).id for id in ("GET_Bee", "get_bee")] == ["GET_B", "GET_B"]


def test_a_search_finds_operations_of_every_document_of_a_set() -> None:
    client = dynzuora.Client([NEW, OLDER], "http://127.0.0.1:9", token="t")
    assert [hit.id for hit in client.search("c")] == ["GET_C"]


def test_a_warning_says_in_which_file_an_operation_differs(tmp_path: Path) -> None:
    older = document("1", GET_A="GET /a", GET_B="GET /b")
    older["paths"]["/b"]["get"]["deprecated"] = True
    first, second = tmp_path / "new.json", tmp_path / "older.json"
    for file, content in ((first, NEW), (second, older)):
        file.write_text(json.dumps(content))
    [warning] = dynzuora.load([first, second]).warnings
    assert (warning.rule, warning.pointer) == ("operation-in-two-documents", "#/paths/~1b/get")
    assert warning.message == f"{second}: GET_B differs in {first}, which counts."


def test_a_set_of_nothing_is_refused() -> None:
    with pytest.raises(SpecError, match="at least one"):
        dynzuora.load([])


def test_an_operation_in_another_document_of_the_set_is_not_removed() -> None:
    old = document("1", GET_A="GET /a", GET_C="GET /c")
    assert [change.id for change in diff(old, NEW).breaking] == ["operation-removed"]
    found = diff(old, [NEW, OLDER])
    assert [(change.id, change.severity, change.where) for change in found.changes] == [
        ("operation-added", "info", "GET_B"),
        ("operation-in-other-document", "info", "GET_C"),
    ]


def test_the_order_of_a_set_moves_no_operation(tmp_path: Path) -> None:
    files = [tmp_path / "one.json", tmp_path / "two.json"]
    for file, id in zip(files, ("GET_A", "GET_B"), strict=True):
        file.write_text(json.dumps(document("1", **{id: f"GET /{id}"})))
    assert diff(files, files[::-1]).changes == ()


def test_components_of_one_name_in_two_documents_stay_apart() -> None:
    shorter = changed(pets(), {"in.notes.maxLength": 4, "paths": {"/v2/pets": pets()["paths"]["/v1/pets"]}})
    shorter["paths"]["/v2/pets"]["post"]["operationId"] = "POST_Pet2"
    shorter["paths"]["/v2/pets"]["get"]["operationId"] = "GET_Pets2"
    assert diff([pets(), shorter], [pets(), shorter]).changes == ()
    assert diff(pets(), [pets(), shorter]).breaking == ()
    assert diff(pets(), [shorter, pets()]).breaking == ()
    [change] = diff([shorter, pets()], shorter).breaking[:1]
    assert change.id == "operation-removed"
    loosened = changed(shorter, {"in.notes.maxLength": 40})
    [change] = diff([pets(), loosened], [pets(), shorter]).breaking
    assert (change.id, change.where, change.operations) == (
        "max-length-lowered",
        "PetInput.notes",
        ("POST_Pet2",),
    )
