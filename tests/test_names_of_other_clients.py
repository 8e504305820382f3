"""Names that people bring along from other Zuora clients mean the same operation here."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

import dynzuora
from dynzuora import Client
from dynzuora.errors import UnknownOperation
from dynzuora.operation import naming

SDK_NAMES = Path(__file__).parent / "data" / "sdk-names.tsv"
"""operationId, method, path and name in zuora_sdk 3.21.0, matched by method and path."""

with SDK_NAMES.open(encoding="utf-8", newline="") as lines:
    SDK = [tuple(row.values()) for row in csv.DictReader(lines, delimiter="\t")]

OLDER = {
    "g_et_sequence_sets": "GET_SequenceSets",
    "p_ost_sequence_sets": "POST_SequenceSets",
    "g_et_sequence_set": "GET_SequenceSet",
    "p_ut_sequence_set": "PUT_SequenceSet",
    "d_elete_sequence_set": "DELETE_SequenceSet",
    "g_et_entity_connections": "GET_EntityConnections",
    "p_ost_entity_connections": "POST_EntityConnections",
    "p_ut_entity_connections_accept": "PUT_EntityConnectionsAccept",
    "p_ut_entity_connections_deny": "PUT_EntityConnectionsDeny",
    "p_ut_entity_connections_disconnect": "PUT_EntityConnectionsDisconnect",
    "action_pos_tamend": "Action_POSTamend",
}


def test_the_appendix_is_complete() -> None:
    assert len(SDK) == len({name for *_, name in SDK}) == 264


@pytest.mark.parametrize(("identifier", "method", "path", "name"), SDK, ids=[row[3] for row in SDK])
def test_a_name_of_the_official_sdk_means_the_operation_it_calls(
    identifier: str, method: str, path: str, name: str
) -> None:
    found = dynzuora.operations.resolve(name)
    assert (found.id, found.method) == (identifier, method)
    assert dynzuora.operations.resolve(f"{method} {path}").id == identifier


@pytest.mark.parametrize(("name", "identifier"), OLDER.items(), ids=OLDER)
def test_the_older_generated_names_are_known(name: str, identifier: str) -> None:
    assert dynzuora.operations.resolve(name).id == identifier
    assert naming.older(identifier) == name


def test_the_older_name_and_the_method_and_path_of_every_operation_are_known() -> None:
    operations = dynzuora.operations
    for identifier, operation in operations.items():
        assert operations.resolve(naming.older(identifier)).id == identifier
        assert operations.resolve(f"{operation.method} {operation.path}").id == identifier
        assert operations.resolve(identifier).id == identifier


def test_the_table_has_only_names_that_no_rule_gives() -> None:
    by_rule = naming.names_by_rule(dynzuora.operations)
    spellings = {naming.canonical(each): each for each in dynzuora.operations}
    for name, identifier in naming.table().items():
        form = naming.canonical(name)
        assert (spellings.get(form) or by_rule.get(form)) != identifier
        assert identifier in dynzuora.operations


def test_what_two_operations_could_be_called_means_neither() -> None:
    assert naming.names_by_rule(["PUT_Thing", "PATCH_Thing"]) == {}


def test_a_bare_noun_never_means_to_delete_it() -> None:
    assert naming.names_by_rule(["DELETE_Thing"]) == {"deletething": "DELETE_Thing"}
    with pytest.raises(UnknownOperation):
        dynzuora.operations.resolve("usage")


def test_an_exact_id_is_never_shadowed() -> None:
    document = dynzuora.load("2020-12-10")
    assert document.operations.resolve("GET_Usage").id == "GET_Usage"
    assert document.operations.resolve("get_usage").id == "Object_GETUsage"  # the SDK's own spelling
    aliases = {"GET_Usage": "GET_Account"}
    assert document.operations.resolve("GET_Usage", aliases).id == "GET_Usage"


def test_a_name_of_the_sdk_means_the_same_however_it_is_spelled() -> None:
    found = [dynzuora.operations.resolve(name).id for name in ("create_usage", "createUsage", "Create-Usage")]
    assert found == ["Object_POSTUsage"] * 3  # a rule alone would take POST_Usage, which uploads a file


def test_an_own_alias_wins_over_what_another_client_calls_it() -> None:
    found = dynzuora.operations.resolve("get_products", {"get_products": "Object_GETProduct"})
    assert found.id == "Object_GETProduct"


def test_a_client_calls_by_a_brought_name() -> None:
    with Client.sandbox() as client:
        assert client.call("g_et_sequence_sets") == client.call("get_sequence_sets")


def test_an_operation_knows_its_names_elsewhere() -> None:
    assert dynzuora.operations.names_of("POST_SequenceSets") == (
        "create_sequence_sets",
        "post_sequence_sets",
        "p_ost_sequence_sets",
    )
    assert "get_products" in dynzuora.operations.names_of("GET_Catalog")


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("GET /v1/nothing/A1", 'or one that is filled in: client.request("GET", "/v1/nothing/A1").'),
        ("qqqqqqqq", "List them with dynzuora.operations."),
    ],
)
def test_what_no_operation_is_called_is_answered_with_where_to_go(name: str, advice: str) -> None:
    with pytest.raises(UnknownOperation) as caught:
        dynzuora.operations.resolve(name)
    assert str(caught.value).endswith(advice)
