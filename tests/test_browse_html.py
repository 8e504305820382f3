"""The page of a whole document in a browser: searching, links, schemes, keys, and calls of the sandbox."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import dynzuora
from dynzuora import display, search
from dynzuora.pages import browse
from dynzuora.sandbox import Sandbox
from dynzuora.sandbox.server import make_server
from dynzuora.search.tables import tables

from .browsers import Browser
from .test_search import WORDINGS

pytestmark = pytest.mark.slow

ENTER, SLASH, DOWN, ESCAPE = 13, 191, 40, 27


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(tmp_path_factory.mktemp("browser")) as browser:
        yield browser


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where the page of 2021-08-20 is, marked with what changed since 2020-12-10."""
    path = tmp_path_factory.mktemp("page") / "operations.html"
    document = dynzuora.load("2021-08-20")
    page = browse.page(document, changes=dynzuora.diff("2020-12-10", document))
    path.write_text(page, encoding="utf-8")
    return path.as_uri()


@pytest.fixture(scope="module")
def sandbox() -> Iterator[str]:
    """The address of a sandbox that serves its page."""
    document = dynzuora.load("2020-12-10")
    served = Sandbox(document)
    server = make_server(served, page=lambda: browse.page(document, live=True))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.port}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def page(browser: Browser, address: str) -> Browser:
    browser.prefer("light")
    browser.open(address)
    return browser


def shown(page: Browser) -> list[str]:
    """The operations that can be seen."""
    found: list[str] = page.run(
        "[...document.querySelectorAll('.operation')].filter(each => !each.hidden).map(each => each.id)"
    )
    return found


def ranked(text: str) -> list[str]:
    """The operations that Python finds in the document of the page, best first."""
    return [match.id for match in search.search(dynzuora.load("2021-08-20"), text, limit=999)[0]]


def type_words(page: Browser, text: str) -> None:
    page.press("/", SLASH)
    page.type(text)
    page.wait_for(f"document.getElementById('shown').textContent.startsWith('{len(ranked(text))} of')")


def send(browser: Browser, address: str, name: str, **values: str) -> str:
    """Fill in the form of an operation, send it, and return the whole answer as shown."""
    browser.open(f"{address}#{name}")
    form = f"document.querySelector('[id=\"{name}\"] form')"
    browser.wait_for(f"{form} !== null")
    for label, value in values.items():
        control = f"[...{form}.querySelectorAll('label')].find(e => e.textContent.startsWith('{label}'))"
        browser.run(f"{control}.querySelector('input, select, textarea').value = {value!r}")
    browser.run(f"{form}.querySelector('button').click()")
    browser.wait_for(f"{form}.querySelector('.status') !== null")
    answer: str = browser.run(f"{form}.querySelector('[aria-live]').innerText")
    return answer


@pytest.mark.parametrize(
    "text",
    ["set sequence", "taxExemptCertificateID", "cancle subscripton", "refund credit card", "unpaid invoices"],
    ids=["any order", "field", "typing errors", "words of the trade", "meaning"],
)
def test_words_find_the_operations_that_python_finds_in_its_order(page: Browser, text: str) -> None:
    type_words(page, text)
    assert shown(page) == ranked(text)


@pytest.mark.parametrize("version", ["2020-12-10", "2026-05-01"])
def test_the_script_ranks_every_wording_as_python_does(browser: Browser, version: str) -> None:
    script = display.render("browse_search")
    document = dynzuora.load(version)
    queries = [words for words, _ in WORDINGS]
    data = json.dumps(tables(document.prepared))
    found = browser.run(f"(() => {{ {script}\nreturn {json.dumps(queries)}.map(searcher({data})); }})()")
    assert found == [
        [match.id for match in search.search(document, words, limit=999)[0]] for words in queries
    ]


def test_a_method_narrows_what_is_found(page: Browser) -> None:
    type_words(page, "sequence sets")
    page.run("document.getElementById('method').value = 'PUT'")
    page.run("document.getElementById('method').dispatchEvent(new Event('change'))")
    page.wait_for("document.getElementById('shown').textContent.startsWith('1 of')")
    assert shown(page) == ["PUT_SequenceSet"]


def test_what_nothing_matches_is_said(page: Browser) -> None:
    type_words(page, "qqqqqq")
    assert page.run("document.getElementById('none').textContent") == "Nothing matches “qqqqqq”."


def test_escape_shows_everything_again_in_its_order(page: Browser) -> None:
    before = shown(page)
    type_words(page, "sequence")
    page.press("Escape", ESCAPE)
    page.wait_for("document.getElementById('shown').textContent === '428 of 428 operations'")
    assert shown(page) == before


def test_a_deep_link_opens_a_card_with_parameters_body_and_example(browser: Browser, address: str) -> None:
    browser.open(f"{address}#PUT_SequenceSet")
    browser.wait_for("document.querySelector('#PUT_SequenceSet .card') !== null")
    card = browser.run("document.querySelector('#PUT_SequenceSet .card').textContent")
    assert all(each in card for each in ("id*", "creditMemo", "dynzuora call PUT_SequenceSet"))
    assert browser.run("document.querySelector('#PUT_SequenceSet').getBoundingClientRect().top < innerHeight")


def test_a_schema_unfolds_as_far_as_one_looks(browser: Browser, address: str) -> None:
    browser.open(f"{address}#POST_SequenceSets")
    browser.wait_for("document.querySelector('#POST_SequenceSets details.field') !== null")
    assert "startNumber" not in browser.run("document.querySelector('#POST_SequenceSets .card').textContent")
    for _ in range(2):
        browser.run(
            "document.querySelectorAll('#POST_SequenceSets details.field').forEach(e => e.open = true)"
        )
        browser.wait_for(
            "![...document.querySelectorAll('#POST_SequenceSets details.field[open]')].some(e => e.unfold)"
        )
    browser.wait_for("document.querySelector('#POST_SequenceSets .card').textContent.includes('startNumber')")


def test_the_keyboard_suffices(page: Browser) -> None:
    type_words(page, "GET_SequenceSets")
    page.press("Enter", ENTER)
    page.wait_for("document.querySelector('#GET_SequenceSets .card') !== null")
    page.press("Escape", ESCAPE)
    assert page.run("document.activeElement.closest('.operation').id") == "GET_SequenceSets"


def test_changes_are_marked_and_can_be_chosen(page: Browser) -> None:
    page.run("document.getElementById('change').value = 'new'")
    page.run("document.getElementById('change').dispatchEvent(new Event('change'))")
    page.wait_for("!document.getElementById('shown').textContent.startsWith('428 of')")
    changes = dynzuora.diff("2020-12-10", "2021-08-20").changes
    added = {name for each in changes if each.id == "operation-added" for name in each.operations}
    assert set(shown(page)) == added


@pytest.mark.parametrize(("scheme", "is_dark"), [("light", False), ("dark", True)])
def test_the_page_follows_the_readers_scheme(page: Browser, scheme: str, is_dark: bool) -> None:
    page.prefer(scheme)
    background, ink = (
        page.run(f"getComputedStyle(document.body).{each}.match(/\\d+/g).map(Number).reduce((a, b) => a + b)")
        for each in ("backgroundColor", "color")
    )
    assert (background < ink) is is_dark


def test_a_narrow_window_needs_no_scrolling_sideways(page: Browser, tmp_path: Path) -> None:
    page.picture(tmp_path / "narrow.png", 360, 700)
    assert page.run("document.documentElement.scrollWidth") <= 360
    page.command("Emulation.clearDeviceMetricsOverride")


def test_the_file_asks_nobody_for_anything(page: Browser, address: str) -> None:
    page.run("document.querySelectorAll('.operation').forEach((each, n) => { if (n < 60) each.open = true })")
    page.wait_for("document.querySelectorAll('.card').length === 60")
    assert page.requests == [address]
    assert page.complaints == []


def test_a_card_of_a_broken_operation_says_where_the_document_is_broken(
    browser: Browser, tmp_path: Path
) -> None:
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Gone"}}}}
    operation = {"operationId": "POST_X", "requestBody": body, "responses": {"200": {"description": ""}}}
    info = {"title": "Broken", "version": "1"}
    document = dynzuora.load({"openapi": "3.0.3", "info": info, "paths": {"/x": {"post": operation}}})
    path = tmp_path / "broken.html"
    path.write_text(browse.page(document), encoding="utf-8")
    browser.open(f"{path.as_uri()}#POST_X")
    browser.wait_for("document.querySelector('#POST_X .card') !== null")
    assert "schemas/Gone" in browser.run("document.querySelector('#POST_X .card').textContent")


def test_a_form_calls_the_sandbox_and_shows_the_reply(browser: Browser, sandbox: str) -> None:
    answer = send(browser, sandbox, "GET_Account", **{"account-key": "A00000001"})
    assert answer.startswith("200 OK")
    assert '"accountNumber": "A00000001"' in answer
    assert browser.requests == [sandbox, f"{sandbox}oauth/token", f"{sandbox}v1/accounts/A00000001"]
    assert browser.complaints == []


def test_what_a_form_creates_is_there_afterwards(browser: Browser, sandbox: str) -> None:
    assert '"success": true' in send(browser, sandbox, "POST_SequenceSets")
    assert '"name": "Name"' in send(browser, sandbox, "GET_SequenceSets", pageSize="20")


def test_a_refusal_is_shown_as_the_sandbox_said_it(browser: Browser, sandbox: str) -> None:
    answer = send(browser, sandbox, "GET_Account", **{"account-key": "none/such"})
    assert '"success": false' in answer
    assert browser.run("document.querySelector('.status').classList.contains('bad')")


def test_an_operation_that_takes_a_file_has_a_place_for_one(browser: Browser, sandbox: str) -> None:
    browser.open(f"{sandbox}#POST_MassUpdater")
    browser.wait_for("document.querySelector('#POST_MassUpdater form input[type=file]') !== null")
