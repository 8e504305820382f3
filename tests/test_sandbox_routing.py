"""How the sandbox is made of a document: paths, families, roles, rules and ids."""

from __future__ import annotations

import contextlib

import pytest

import dynzuora
from dynzuora import errors
from dynzuora._routing import Router
from dynzuora.document.prepared import Prepared
from dynzuora.operation import load
from dynzuora.sandbox import Sandbox, families, rules
from tests.documents import body_of
from tests.documents import document as small


@pytest.fixture(scope="module")
def document():
    return load("2020-12-10")


def test_a_literal_segment_wins_over_a_parameter():
    router = Router([("one", "GET", "/a/{id}"), ("all", "GET", "/a/all"), ("deep", "GET", "/a/{id}/b")])
    found = [router.find("GET", path) for path in ("/a/all", "/a/7", "/a/all/b", "/a/A%2F1", "/a/", "/b")]
    assert [each and each.operations["GET"] for each in found] == ["all", "one", "deep", "one", None, None]
    assert found[2].parameters == {"id": "all"}
    assert found[3].parameters == {"id": "A%2F1"}


def test_every_operation_is_found_by_its_own_path(document):
    index = document.prepared.index
    router = Router((each, entry.method, entry.path) for each, entry in index.items())
    missed = [
        identifier
        for identifier, entry in index.items()
        if (route := router.find(entry.method, entry.path.replace("{", "x").replace("}", ""))) is None
        or route.operations[entry.method] != identifier
    ]
    assert missed == []


@pytest.mark.parametrize(
    ("method", "path", "role", "kind"),
    [
        ("POST", "/v1/creditmemos/{creditmemoId}/refunds", "create", "refund"),
        ("GET", "/v1/object/credit-balance-adjustment/{id}", "read", "creditbalanceadjustment"),
        ("PUT", "/v1/invoices/{invoiceId}/write-off", "action", "invoice"),
        ("GET", "/v1/revenue-schedules/credit-memo-items/{cmi-id}", "read", "revenueschedule"),
        ("GET", "/v1/creditmemos/{creditMemoId}/items/{cmitemid}", "read", "creditmemoitem"),
        ("GET", "/v1/subscriptions/{subscription-key}/versions/{version}", "read", "subscription"),
        ("POST", "/objects/records/default/{object}", "create", "record"),
        ("DELETE", "/objects/definitions/default/{object}", "delete", "definition"),
        ("POST", "/v1/orders/preview", "other", "order"),
        ("PUT", "/v1/debitmemos", "batch", "debitmemo"),
        ("GET", "/v1/accounts/{account-key}/summary", "view", "account"),
    ],
    ids=lambda value: value if value.startswith("/") else None,
)
def test_role_and_kind_are_read_off_method_and_path(document, method, path, role, kind):
    found = families.load(document.prepared.index, rules.load())
    family = found.of(method, path, False, "")
    assert (family.role, family.kind) == (role, kind)


def test_making_a_sandbox_reads_no_operation(document, monkeypatch):
    monkeypatch.setattr(Prepared, "slice", lambda prepared, identifier: pytest.fail(f"{identifier} is read"))
    assert repr(Sandbox(document)) == f"<Sandbox of {document.title!r} 2020-12-10: 0 requests so far>"


def test_the_rules_name_only_states_and_kinds_that_exist(document):
    table = rules.load()
    found = families.load(document.prepared.index, table)
    known = found.kinds | {"user", "term", "file", "record"}
    assert {each.kind for each in table.jobs} <= known
    assert set(table.kinds) - known == set()
    routes = {f"{entry.method} {entry.path}" for entry in document.prepared.index.values()}
    assert set(table.special) <= routes


@pytest.mark.filterwarnings("ignore::dynzuora.errors.SpecWarning")  # about the repairs
@pytest.mark.parametrize("path", ["/{kind}", "/{kind}/{id}", "/{kind}/{id}/{part}", "/", "/w/{a}:{b}"])
@pytest.mark.parametrize("method", ["get", "head", "post", "put", "patch", "delete"])
def test_a_path_of_nothing_but_parameters_is_answered(path, method):
    paths = {"/{kind}/{id}/{part}/{more}": {"get": {}}, path: {method: {"operationId": "a", "responses": {}}}}
    client = dynzuora.Client.sandbox({"openapi": "3.0.0", "info": {}, "paths": paths})
    names = {each.name: "x" for each in client.operations["a"].parameters}
    with contextlib.suppress(errors.NotFound):  # there is no such object yet
        client.call("a", params=names)


@pytest.mark.filterwarnings("ignore::dynzuora.errors.SpecWarning")  # about the repairs
def test_a_list_that_has_properties_too_is_answered():
    row = {"type": "array", "items": {"type": "object", "properties": {"id": {"type": "string"}}}}
    schema = {
        "type": "array",
        "items": {"properties": {"jobs": row, "links": row}},
        "properties": {"jobs": row},
    }
    answer = {"200": {"description": "", "content": {"application/json": {"schema": schema}}}}
    paths = {"/jobs": {"get": {"operationId": "a", "responses": answer}}}
    client = dynzuora.Client.sandbox({"openapi": "3.0.0", "info": {}, "paths": paths})
    assert isinstance(client.call("a"), list)


@pytest.mark.parametrize(
    "declared",
    [{"type": "integer"}, {"type": "number"}, {"type": "string", "format": "uuid"}, {"type": "string"}],
)
@pytest.mark.parametrize("in_path", [True, False], ids=["in the path", "in the reply"])
def test_each_new_object_has_an_id_of_its_own(declared, in_path):
    pet = {"type": "object", "properties": {"id": {**declared, "readOnly": True}, "name": {"type": "string"}}}
    answer = {"200": {"description": "", "content": {"application/json": {"schema": pet}}}}
    create = {"operationId": "create", "requestBody": body_of("application/json", pet), "responses": answer}
    key = {"name": "petId", "in": "path", "required": True, "schema": declared if in_path else {}}
    paths = {
        "/pets": {"post": create},
        "/pets/{petId}": {"get": {"operationId": "read", "parameters": [key], "responses": answer}},
    }
    client = dynzuora.Client.sandbox(small(paths))
    first, second = (client.call("create", body={"name": name}) for name in ("A", "B"))
    assert first["id"] != second["id"]
    assert [client.call("read", pet_id=pet["id"]) for pet in (first, second)] == [first, second]
