"""The page of a whole document: what is in it, what it weighs, and how the sandbox serves it."""

from __future__ import annotations

import html
import http.client
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

import dynzuora
from dynzuora.pages import browse
from dynzuora.sandbox import Sandbox
from dynzuora.sandbox.server import make_server
from dynzuora.shell import shell
from tests.comparisons import EVIL

LARGEST = 2_000_000


@pytest.fixture
def server() -> Iterator[http.client.HTTPConnection]:
    """A connection to a sandbox that has a page."""
    sandbox = Sandbox(dynzuora.load("2020-12-10"))
    server = make_server(sandbox, page=lambda: "<!doctype html>the page")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    yield connection
    connection.close()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("version", ["2020-12-10", "2021-08-20"])
def test_every_operation_is_a_row_before_any_script_runs(version: str) -> None:
    document = dynzuora.load(version)
    page = browse.page(document)
    rows = re.findall(r'<details class="operation" id="([^"]+)"', page)
    assert sorted(rows) == sorted(document.operations)
    assert len(page.encode()) < LARGEST


@pytest.mark.parametrize("version", ["2018-08-23", "2020-12-10", "2021-08-20", "2026-05-01"])
def test_a_full_document_with_its_prose_weighs_less_than_two_megabytes(
    version: str, full_spec: Callable[[str], Path]
) -> None:
    assert len(browse.page(dynzuora.load(full_spec(version))).encode()) < LARGEST


def test_of_two_versions_new_changed_and_gone_operations_are_marked() -> None:
    changes = dynzuora.diff("2020-12-10", "2021-08-20")
    page = browse.page(dynzuora.load("2021-08-20"), changes=changes)
    added = {name for each in changes.changes if each.id == "operation-added" for name in each.operations}
    rows = re.findall(r'id="([^"]+)" data-m.*?</details>', page, re.DOTALL)
    marked = {
        name
        for name in rows
        if 'class="badge new"' in page.split(f'id="{name}" data-m')[1].split("</details>")[0]
    }
    removed = {name for each in changes.changes if each.id == "operation-removed" for name in each.operations}
    assert marked == added
    assert all(f'<li id="{name}">' in page for name in removed)


def test_a_page_from_a_file_may_call_nobody_and_the_sandbox_s_only_its_origin() -> None:
    document = dynzuora.load("2020-12-10")
    assert "connect-src" not in browse.page(document)
    assert "connect-src 'self';" in html.unescape(browse.page(document, live=True))


def test_what_a_document_says_is_text() -> None:
    operation = {
        "operationId": "GET_X",
        "summary": EVIL,
        "tags": [EVIL],
        "responses": {"200": {"description": EVIL}},
    }
    document = dynzuora.load(
        {"openapi": "3.0.3", "info": {"title": EVIL, "version": "1"}, "paths": {"/x": {"get": operation}}}
    )
    assert "<img" not in browse.page(document)


def test_an_operation_that_the_document_breaks_is_on_the_page_all_the_same() -> None:
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Gone"}}}}
    operation = {"operationId": "POST_X", "requestBody": body, "responses": {"200": {"description": ""}}}
    info = {"title": "Broken", "version": "1"}
    document = dynzuora.load({"openapi": "3.0.3", "info": info, "paths": {"/x": {"post": operation}}})
    assert 'id="POST_X"' in browse.page(document)


def test_the_sandbox_shows_its_page_at_the_root_and_no_other_page_may_frame_it(
    server: http.client.HTTPConnection,
) -> None:
    server.request("GET", "/")
    reply = server.getresponse()
    assert (reply.status, reply.read()) == (200, b"<!doctype html>the page")
    assert reply.headers["Content-Security-Policy"] == "frame-ancestors 'none'"
    assert reply.headers["Access-Control-Allow-Origin"] is None


def test_the_page_is_for_this_machine_s_names_only(server: http.client.HTTPConnection) -> None:
    server.request("GET", "/", headers={"Host": "sandbox.example"})
    assert server.getresponse().status == 403


def test_browse_writes_a_file_and_prints_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(shell, ["browse", "--spec", "2021-08-20"], catch_exceptions=False)
    assert (result.exit_code, result.stdout) == (0, "operations-2021-08-20.html\n")
    assert "428 operations" in Path("operations-2021-08-20.html").read_text(encoding="utf-8")


def test_browse_takes_one_document_or_two() -> None:
    assert CliRunner().invoke(shell, ["browse", "a", "b", "c"]).exit_code == 2
