"""docs/migrating.md: our side runs, and every name on the other side means the operation beside it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import dynzuora
from dynzuora import Client

PAGE = Path(__file__).parent.parent.joinpath("docs", "migrating.md").read_text(encoding="utf-8")
SECTIONS = re.findall(r"^### .*?(?=^### |\Z)", PAGE, re.DOTALL | re.MULTILINE)
TEN = {
    "GET_SequenceSets",
    "POST_SequenceSets",
    "GET_SequenceSet",
    "PUT_SequenceSet",
    "DELETE_SequenceSet",
    "GET_EntityConnections",
    "POST_EntityConnections",
    "PUT_EntityConnectionsAccept",
    "PUT_EntityConnectionsDeny",
    "PUT_EntityConnectionsDisconnect",
}


def theirs(section: str) -> set[str]:
    [text] = re.findall(r"^```text\n(.*?)^```$", section, re.DOTALL | re.MULTILINE)
    return {dynzuora.operations.resolve(name).id for name in re.findall(r"(?:api|zuora)\.(\w+)\(", text)}


def ours(section: str) -> str:
    [text] = re.findall(r"^```python\n(.*?)^```$", section, re.DOTALL | re.MULTILINE)
    return str(text)


def test_the_page_shows_the_ten_operations() -> None:
    assert {name for section in SECTIONS for name in theirs(section)} == TEN


@pytest.mark.parametrize("section", SECTIONS, ids=[each.splitlines()[0] for each in SECTIONS])
def test_each_name_of_another_client_means_the_operation_that_we_call_beside_it(section: str) -> None:
    assert theirs(section) <= set(re.findall(r'"([A-Z]+_\w+)"', ours(section)))


def test_our_side_runs() -> None:
    with Client.sandbox() as client:
        first, second = (each["id"] for each in client.call("GET_Entities")["entities"])
        here = client.with_entity(second)
        names: dict[str, Any] = {"client": here, "other": first}
        for section in SECTIONS:
            exec(ours(section), names)
        sets = here.items("GET_SequenceSets").to_list()
    assert sets == names["sets"]  # what was created is gone again
    assert [each["name"] for each in names["created"]] == ["DE"]
    assert names["changed"]["success"]
