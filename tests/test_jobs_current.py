"""The kinds of jobs of the newest document: their operations and states, and a run of each in the sandbox."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import dynzuora
from dynzuora import Client, Document, errors
from dynzuora.errors import SpecWarning
from dynzuora.jobs.kinds import Kind, form
from dynzuora.model import ANYTHING, Shape
from tests.clocks import Clock
from tests.generated import body_for, parameters_for
from tests.job_kinds import CURRENT, KINDS

VERSION = "2026-05-01"
STARTS = [(name, start) for name in CURRENT for start in KINDS[name].start]

pytestmark = [
    pytest.mark.filterwarnings("ignore::dynzuora.errors.SpecWarning"),
    pytest.mark.filterwarnings("ignore::dynzuora.errors.RequestWarning"),  # the document's own fields
]


@pytest.fixture(scope="module")
def document(full_spec: Callable[[str], Path]) -> Document:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SpecWarning)
        return dynzuora.load(full_spec(VERSION))


def sandbox(document: Document, **options: Any) -> Client:
    """A sandbox whose waits end by its own clock."""
    client, clock = Client.sandbox(document, **options), Clock()
    client._connection.sleep, client._connection.clock = clock.sleep, clock
    return client


def started(client: Client, name: str, start: str) -> Any:
    operation = client.operations[start]
    body = body_for(operation)
    if KINDS[name].when:
        body |= KINDS[name].when
    if name == "aggregate query":
        body["queries"] = [
            {"name": "accounts", "query": "select Id, Name from Account", "type": "zoql"},
            {"name": "invoices", "query": "select Id from Invoice", "type": "zoql"},
        ]
    return client.submit(start, body=body, params=parameters_for(operation, required_only=True), job=name)


def operations_of(kind: Kind) -> list[str]:
    return [name for name in (kind.poll, kind.cancel, kind.result_operation, kind.file_operation) if name]


@pytest.mark.parametrize("name", CURRENT)
def test_the_operations_of_a_kind_are_in_the_document(document: Document, name: str) -> None:
    kind = KINDS[name]
    assert [id for id in (*kind.start, *operations_of(kind)) if id not in document.operations] == []


def at(shape: Shape, path: str) -> Shape:
    for step in path.split("."):
        shape = (shape.items or ANYTHING) if step == "*" else shape.properties.get(step, ANYTHING)
    return shape


@pytest.mark.parametrize("name", CURRENT)
def test_a_kind_knows_states_of_the_document_only_and_what_is_created_has_no_other(
    document: Document, name: str
) -> None:
    kind = KINDS[name]
    shapes = [at(document.operations[kind.poll].model.reply.shape, path) for path in kind.status]
    documented = {form(state) for shape in shapes for state in shape.enum}
    meanings = {form(state) for state in (*kind.running, *kind.good, *kind.bad)}
    assert not documented or meanings <= documented
    assert not kind.id or documented <= meanings


@pytest.mark.parametrize(("name", "start"), STARTS)
def test_each_new_job_comes_to_its_good_end(document: Document, name: str, start: str) -> None:
    job = started(sandbox(document), name, start)
    job.wait(timeout=600)
    assert form(job.status) in {*map(form, KINDS[name].good), form("done at once")}


@pytest.mark.parametrize("name", [name for name in CURRENT if KINDS[name].cancel])
def test_each_new_job_that_can_be_cancelled_then_fails(document: Document, name: str) -> None:
    job = started(sandbox(document), name, KINDS[name].start[0])
    job.cancel()
    with pytest.raises(errors.JobFailed, match="ended as"):
        job.wait(timeout=600)


def test_each_query_of_an_aggregate_query_has_its_rows(document: Document) -> None:
    job = started(sandbox(document), "aggregate query", "POST_BatchQueryJob")
    files = {name: rows.to_list() for name, rows in job.files().items()}
    assert [(name, len(rows)) for name, rows in files.items()] == [("accounts", 3), ("invoices", 5)]
    assert len(job.rows().to_list()) == 8


def test_a_query_that_is_refused_fails_the_aggregate_query(document: Document) -> None:
    client = sandbox(document)
    body = {"format": "csv", "queries": [{"name": "x", "query": "select", "type": "zoql"}]}
    with pytest.raises(errors.JobFailed, match=r"ended as error\. MALFORMED_QUERY"):
        client.submit("POST_BatchQueryJob", body=body).wait(timeout=600)


def test_the_file_of_an_export_that_gives_keys_is_fetched_by_its_url(document: Document) -> None:
    job = started(sandbox(document), "audit trail export", "createAuditTrailExportJob")
    assert job.wait(timeout=600).reply["status"] == "FINISHED"
    resumed = job._how_to_resume()
    assert "'meterId'" in resumed
    assert "'exportType'" in resumed
