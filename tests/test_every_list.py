"""Every list operation of every document goes through 95 rows in the sandbox, each exactly once."""

from __future__ import annotations

from functools import cache

import pytest

from dynzuora import Client
from dynzuora.configuration import settings
from dynzuora.errors import PagingError
from dynzuora.operation import Document, load
from dynzuora.paging import infer
from dynzuora.sandbox import Sandbox, adapter, paging
from tests.generated import parameters_for

ROWS = 95


def lists(document: Document) -> list[str]:
    """The ids of the GET operations that give rows."""
    index = document.prepared.index
    gets = (name for name, entry in index.items() if entry.method == "GET" and not entry.fault)
    return [name for name in gets if infer(document.operations[name].slice).is_list]


def client_of(application: Sandbox) -> Client:
    return Client(
        application.document,
        settings.SANDBOX.key,
        entity=application.store.home,
        client_id="0" * 36,
        client_secret="sandbox",
        transport=adapter(application),
    )


@cache
def bundled() -> Document:
    return load("2020-12-10")


@cache
def tenant(document: Document) -> Client:
    """A client of a sandbox whose every list has 95 rows."""
    return client_of(Sandbox(document, rows=ROWS))


def check(client: Client, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Go through one list; the sandbox tells which records it has and which it gave."""
    there: list[str] = []
    given: list[str] = []

    def cut(style, rows, request, key, original=paging.cut):
        page = original(style, rows, request, key)
        there[:] = map(key, rows)
        given.extend(map(key, page.rows))
        return page

    monkeypatch.setattr(paging, "cut", cut)
    operation = client.operations[name]
    rows = client.items(name, params=parameters_for(operation, required_only=True)).to_list()
    assert given == there
    assert len(set(given)) == len(rows) >= ROWS - 10  # a filter may drop some of a list of several kinds


@pytest.mark.parametrize("name", lists(bundled()))
def test_every_row_of_a_list_comes_exactly_once(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    check(tenant(bundled()), name, monkeypatch)


@pytest.mark.filterwarnings("ignore::dynzuora.errors.SpecWarning")  # about the repairs
@pytest.mark.slow
@pytest.mark.parametrize("version", ["2018-08-23", "2021-08-20", "2026-05-01"])
def test_every_row_of_every_list_comes_exactly_once(version, full_spec, monkeypatch) -> None:
    document = load(full_spec(version))
    names = lists(document)
    for name in names:
        with monkeypatch.context() as patch:
            check(tenant(document), name, patch)
    assert len(names) >= 50


@pytest.mark.parametrize("batch", [7, 95, 2000])
def test_every_row_of_a_query_comes_exactly_once(batch: int) -> None:
    application = Sandbox(bundled())
    for index in range(ROWS):
        application.store.add("account", {"name": f"Account {index}"}, application.store.home)
    client = client_of(application)
    query = {"queryString": "select Id from Account", "conf": {"batchSize": batch}}
    found = [each["Id"] for each in client.items("Action_POSTquery", body=query)]
    assert sorted(found) == sorted(str(each.id) for each in application.store.records("account"))


@pytest.mark.parametrize("fault", ["foreign_next", "repeated_page"])
def test_a_list_that_misbehaves_is_an_error_that_keeps_its_rows(fault: str) -> None:
    rule = {"operation": "GET_AllOrders", "fault": fault, "times": None}
    application = Sandbox(bundled(), rows=ROWS, faults=[rule])
    client = client_of(application)
    items = client.items("GET_AllOrders")
    with pytest.raises(PagingError) as caught:
        items.to_list()
    assert "40 rows were read before this" in caught.value.__notes__[0]
