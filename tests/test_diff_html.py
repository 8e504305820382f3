"""The page in a browser: search, filters, deep links, dark mode, and no request to anybody."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dynzuora import diff
from dynzuora.comparison import Diff, reports

from .browsers import Browser
from .comparisons import EVIL, GONE, NOTE, SMALL, USAGE, change

pytestmark = pytest.mark.slow

ENTER, SLASH = 13, 191
OTHER = change(
    where="Invoice.dueDate",
    direction="response",
    operations=("GET_Invoice",),
    tags=("Invoices",),
    message="the property dueDate was removed",
    severity="warning",
    fingerprint="00000000000b",
    witness=None,
)
MANY = change(
    where="Everything",
    fingerprint="00000000000c",
    operations=tuple(f"GET_Thing{number:03}" for number in range(300)),
    facts=tuple(change().facts[0]._replace(where=f"Thing{number}.x") for number in range(40)),
)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(tmp_path_factory.mktemp("browser")) as browser:
        yield browser


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where the page of a small comparison is."""
    path = tmp_path_factory.mktemp("page") / "report.html"
    changes = (GONE, change(), MANY, OTHER, NOTE)
    small = Diff(SMALL.old, SMALL.new, changes, aliases=SMALL.aliases, surface=SMALL.surface)
    path.write_text(reports.html(small, USAGE), encoding="utf-8")
    return path.as_uri()


@pytest.fixture
def page(browser: Browser, address: str) -> Browser:
    browser.prefer("light")
    browser.open(address)
    return browser


def shown(page: Browser) -> list[str]:
    """The places of the changes that can be seen."""
    entries = "[...document.querySelectorAll('.entry')].filter(each => each.checkVisibility())"
    found: list[str] = page.run(f"{entries}.map(each => each.querySelector('code').textContent)")
    return found


def choose(page: Browser, control: str, value: str) -> None:
    page.run(
        f"(() => {{ const c = document.getElementById('{control}'); c.value = '{value}';"
        " c.dispatchEvent(new Event('input', {bubbles: true}));"
        " c.dispatchEvent(new Event('change', {bubbles: true})); })()"
    )


def test_breaking_changes_and_warnings_are_seen_at_once_notes_are_folded(page: Browser) -> None:
    assert shown(page) == ["GET_Report", "Contact.city", "Everything", "Invoice.dueDate"]
    assert page.run("document.getElementById('shown').textContent") == "5 of 5 changes"


@pytest.mark.parametrize(
    ("words", "place"),
    [("duedate", "Invoice.dueDate"), ("put_account length", "Contact.city"), ("thing299", "Everything")],
    ids=["place", "operation and message", "operation not written out"],
)
def test_a_search_finds_places_messages_and_operations(page: Browser, words: str, place: str) -> None:
    page.press("/", SLASH)
    page.type(words)
    page.wait_for("document.getElementById('shown').textContent === '1 of 5 changes'")
    assert shown(page) == [place]


def test_a_search_without_result_says_so_and_can_be_taken_back(page: Browser) -> None:
    choose(page, "words", "nowhere")
    page.wait_for("document.getElementById('none').checkVisibility()")
    page.run("document.getElementById('clear').click()")
    assert len(shown(page)) == 4


@pytest.mark.parametrize(
    ("control", "value", "places"),
    [
        ("direction", "response", ["Invoice.dueDate"]),
        ("tag", "1", ["Invoice.dueDate"]),
        ("operation", "GET_Thing007", ["Everything"]),
        ("operation", "account", ["Contact.city", "Contact.city"]),
    ],
)
def test_filters_leave_what_fits(page: Browser, control: str, value: str, places: list[str]) -> None:
    choose(page, control, value)
    page.wait_for(f"document.getElementById('shown').textContent.startsWith('{len(places)} of')")
    assert shown(page) == places


def test_a_severity_can_be_left_out(page: Browser) -> None:
    page.run("document.querySelector('[name=severity][value=breaking]').click()")
    assert shown(page) == ["Invoice.dueDate"]


def test_a_deep_link_opens_what_it_names_wherever_that_is_folded(browser: Browser, address: str) -> None:
    browser.open(f"{address}#{NOTE.fingerprint}")
    entry = f"document.getElementById('{NOTE.fingerprint}')"
    assert browser.run(f"{entry}.open && {entry}.checkVisibility()")
    assert browser.run(f"{entry}.getBoundingClientRect().top < innerHeight")


def test_a_link_from_the_callers_own_code_leads_to_the_change_behind_it(page: Browser) -> None:
    page.run(f"document.querySelector('.usage a[href=\"#{GONE.fingerprint}\"]').click()")
    page.wait_for(f"location.hash === '#{GONE.fingerprint}'")
    assert page.run("document.querySelector(':target').id") == GONE.fingerprint


def test_an_opened_entry_names_every_operation_and_every_fact(page: Browser) -> None:
    page.run(f"document.querySelector('[id=\"{MANY.fingerprint}\"] summary').click()")
    entry = f"document.getElementById('{MANY.fingerprint}')"
    page.wait_for(f"{entry}.querySelectorAll('.reached code').length === 300")
    page.wait_for(f"{entry}.querySelectorAll('.facts tbody tr').length === 40")
    assert (
        page.run(f"{entry}.querySelector('.facts tbody tr:last-child').textContent.trim()") == "Thing39.x4020"
    )


def test_an_entry_opens_from_the_keyboard(page: Browser) -> None:
    page.run("document.querySelector('details.entry summary').focus()")
    page.press("Enter", ENTER)
    page.wait_for("document.querySelector('details.entry').open")


@pytest.mark.parametrize(("scheme", "is_dark"), [("light", False), ("dark", True)])
def test_the_page_follows_the_readers_scheme(page: Browser, scheme: str, is_dark: bool) -> None:
    page.prefer(scheme)
    background, ink = (
        page.run(
            f"getComputedStyle(document.body).{each}.match(/\\d+/g).slice(0, 3).reduce((a, b) => +a + +b)"
        )
        for each in ("backgroundColor", "color")
    )
    assert (background < ink) is is_dark


def test_nothing_is_asked_of_the_network_and_nothing_goes_wrong(page: Browser, address: str) -> None:
    page.run("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert page.requests == [address]
    assert page.complaints == []


def test_what_a_document_says_is_never_run(browser: Browser, tmp_path: Path) -> None:
    hostile = change(
        where=EVIL, message=EVIL, operations=("</script><script>alert(2)</script>",), tags=(EVIL,)
    )
    path = tmp_path / "hostile.html"
    path.write_text(reports.html(Diff(SMALL.old, SMALL.new, (hostile,))), encoding="utf-8")
    browser.open(path.as_uri())
    assert browser.run("document.querySelectorAll('img').length") == 0
    assert browser.requests == [path.as_uri()]
    assert browser.complaints == []


def test_from_2020_to_2026_a_search_answers_at_once(
    browser: Browser, full_spec: Callable[[str], Path], tmp_path: Path
) -> None:
    path = tmp_path / "big.html"
    found = diff(full_spec("2020-12-10"), full_spec("2026-05-01"))
    path.write_text(found.to_html(), encoding="utf-8")
    browser.open(path.as_uri())
    choose(browser, "operation", "POST_CustomObjectDefinition")
    browser.wait_for("!document.getElementById('shown').textContent.startsWith('1,')")
    assert 0 < len(shown(browser)) < 100
    assert browser.requests == [path.as_uri()]
    assert browser.complaints == []
