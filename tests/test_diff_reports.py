"""A comparison as text, Markdown, JSON and a notebook's display: the same values, laid out."""

from __future__ import annotations

import html
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import jsonschema
import pytest

from dynzuora import diff
from dynzuora._text import visible
from dynzuora.comparison import Diff, Usage, reports
from dynzuora.comparison.changes import Side, Signature
from dynzuora.comparison.reports.as_html import ranges
from dynzuora.comparison.reports.as_markdown import LONGEST, code, prose
from dynzuora.comparison.usage import SourceLocation, Unresolved, UsageFinding
from tests.comparisons import EMPTY, EVIL, GONE, SMALL, USAGE, change

# Text


def test_text_says_what_breaks_first_and_only_counts_notes() -> None:
    assert reports.text(SMALL) == (
        "Small billing: 1 → 2\n"
        "2 → 1 operations · 2 breaking · 0 warnings · 1 notes\n"
        "\n"
        "Breaking (2)\n"
        "\n"
        "  Removed operations (1)\n"
        "    Reports (1): GET_Report\n"
        "\n"
        "  Schemas (1)\n"
        "    Contact.city: maxLength was lowered from 40 to 20.\n"
        "      request · 2 operations: POST_Account, PUT_Account\n"
        '      no longer accepted: "xxxxxxxxxxxxxxxxxxxxx"\n'
        "\n"
        "Notes (1); --format html or json lists them\n"
        "       1  property-added\n"
        "\n"
        "These aliases keep old names working\n"
        '  Client(aliases={"POST_Old": "POST_New"})\n'
    )


def test_text_names_the_lines_of_ones_own_code_and_what_is_not_resolved() -> None:
    assert (
        "Your code: 1 line to change (1 file read, 2 uses of 1 operation)\n"
        "  jobs/nightly.py:12  POST_Old: POST_Old was renamed to POST_New\n"
        '      → "POST_New"\n'
        "\n"
        "  Unresolved (1); check these yourself\n"
        "    look.ipynb:cell 3 line 2  the operation's id is computed: client.call(name)\n"
    ) in reports.text(SMALL, USAGE)


@pytest.mark.parametrize("width", [60, 100])
def test_text_keeps_to_the_width_of_a_terminal(width: int) -> None:
    long = change(where="Contact." + "x" * 20, message="allowed now: " + ", ".join(["Posted"] * 40))
    text = reports.text(Diff(SMALL.old, SMALL.new, (long,)), USAGE, width=width)
    assert max(map(len, text.splitlines())) <= width


def test_only_a_terminal_gets_colours() -> None:
    assert "\x1b[" in reports.text(SMALL, color=True)
    assert "\x1b" not in reports.text(SMALL)


# Markdown


def test_markdown_is_short_first_and_folds_the_rest() -> None:
    text = reports.markdown(SMALL, USAGE)
    assert text.startswith(
        "## Small billing: `1` → `2`\n"
        "\n"
        "**2 breaking** · 0 warnings · 1 notes · 2 → 1 operations\n"
        "\n"
        "### Your code: 1 line to change\n"
        "\n"
        "| where | what | write instead |\n"
        "|---|---|---|\n"
        '| `jobs/nightly.py:12` | POST\\_Old was renamed to POST\\_New | `"POST_New"` |\n'
    )
    assert "<details><summary>Breaking (2)</summary>" in text
    assert text.index("- **Removed operations**: 1") < text.index("<details><summary>Breaking")


def test_markdown_is_never_longer_than_a_comment_may_be() -> None:
    many = tuple(
        change(where=f"Schema{number}.field", fingerprint=f"{number:012x}") for number in range(3000)
    )
    text = reports.markdown(Diff(SMALL.old, SMALL.new, many), USAGE)
    assert len(text) <= LONGEST
    assert "omitted; the HTML and JSON reports are complete." in text
    assert text.count("<details>") == text.count("</details>")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a`b", "``a`b``"),
        ("`", "`` ` ``"),
        ("a|b", "`a¦b`"),
        ("", "` `"),
    ],
)
def test_a_code_span_holds_any_text(text: str, shown: str) -> None:
    assert code(text) == shown


def test_prose_of_a_document_formats_links_and_mentions_nothing() -> None:
    assert prose("*a* <b> @c [d](https://e) #1") == (r"\*a\* &lt;b\> &#64;c \[d\]\(https&#58;//e\) \#1")


# JSON


@pytest.fixture(scope="module")
def schema() -> jsonschema.Draft202012Validator:
    content = json.loads(
        resources.files("dynzuora.comparison").joinpath("report.schema.json").read_text("utf-8")
    )
    jsonschema.Draft202012Validator.check_schema(content)
    return jsonschema.Draft202012Validator(content)


@pytest.mark.parametrize(
    ("comparison", "usage"), [(SMALL, None), (SMALL, USAGE), (EMPTY, None)], ids=["plain", "usage", "empty"]
)
def test_json_is_what_the_committed_schema_describes(
    comparison: Diff, usage: Usage | None, schema: jsonschema.Draft202012Validator
) -> None:
    schema.validate(json.loads(reports.json(comparison, usage)))


def test_json_of_the_bundled_documents_is_what_the_schema_describes(
    schema: jsonschema.Draft202012Validator,
) -> None:
    schema.validate(json.loads(diff("2020-12-10", "2021-08-20").to_json()))


def test_json_is_ascii() -> None:
    assert reports.json(Diff(SMALL.old, SMALL.new, (change(where=EVIL),))).isascii()


#: Prints the comparison of two documents in which every name of everything differs.
COMPARE = """
import dynzuora

def document(sign):
    names = [f"{sign}{letter}" for letter in "abcde"]
    schemes = {name: {"type": "apiKey", "in": "header", "name": sign} for name in "abcde"}
    fields = {name: {"type": "string"} for name in "abcde"}
    encoding = {name: {"contentType": f"text/{sign}"} for name in "abcde"}
    content = {"multipart/form-data": {"schema": {"properties": fields}, "encoding": encoding}}
    paths = {
        f"/{name}": {"post": {
            "operationId": name, "tags": names, "security": [{each: []} for each in "abcde"],
            "requestBody": {"content": content}, "responses": {"200": {"description": ""}},
        }}
        for name in "abcde"
    }
    return {
        "openapi": "3.0.0", "info": {"title": "T", "version": sign}, "paths": paths,
        "servers": [{"url": f"https://{name}.example"} for name in names],
        "components": {"securitySchemes": schemes},
    }

print(dynzuora.diff(document("1"), document("2")).to_json())
"""


def test_a_comparison_is_the_same_in_every_process() -> None:
    said = {
        subprocess.run(
            [sys.executable, "-c", COMPARE],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            timeout=60,
        ).stdout
        for seed in ("1", "2")
    }
    [report] = map(json.loads, said)
    found = {each["id"] for each in report["changes"]}
    assert found >= {"server-added", "tag-added", "security-scheme-changed", "encoding-changed"}


# What a document says is shown, never acted upon


EVIL_USAGE = Usage(
    (EVIL,),
    1,
    (EVIL,),
    (UsageFinding(SourceLocation(EVIL, 1), EVIL, EVIL, "operation-removed", "breaking", EVIL, EVIL),),
    (Unresolved(SourceLocation(EVIL, 1), EVIL, EVIL),),
)
EVIL_DIFF = Diff(
    Side(EVIL, EVIL, 1),
    Side(EVIL, EVIL, 1),
    (
        change(where=EVIL, message=EVIL, operations=(EVIL,), tags=(EVIL,), old=EVIL, new=EVIL),
        GONE._replace(where=EVIL, tags=(EVIL,)),
    ),
    aliases={EVIL: EVIL},
    surface=(Signature(EVIL, (EVIL,), ("page: int",)),),
)
REPORTS: dict[str, Callable[[], str]] = {
    "text": lambda: reports.text(EVIL_DIFF, EVIL_USAGE),
    "text of the whole": lambda: reports.text(EVIL_DIFF),
    "markdown": lambda: reports.markdown(EVIL_DIFF, EVIL_USAGE),
    "html": lambda: reports.html(EVIL_DIFF, EVIL_USAGE),
    "notebook": lambda: reports.notebook(EVIL_DIFF),
    "notebook of uses": lambda: reports.usage_notebook(EVIL_USAGE),
}


@pytest.mark.parametrize("name", REPORTS)
def test_no_report_lets_control_or_direction_characters_through(name: str) -> None:
    assert set(REPORTS[name]()).isdisjoint("\u202e\x1b\x00\u2028")


@pytest.mark.parametrize("name", ["html", "notebook", "notebook of uses"])
def test_no_tag_of_a_document_is_one_of_a_page(name: str) -> None:
    assert "&lt;img" in REPORTS[name]()
    assert "<img" not in REPORTS[name]()


def test_no_tag_of_a_document_stands_outside_of_code_in_markdown() -> None:
    outside = re.sub(r"(`+)(?!`).+?(?<!`)\1(?!`)", "", REPORTS["markdown"](), flags=re.DOTALL)
    assert "&lt;img" in outside
    assert "<img" not in outside


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\u202eb", r"a\u202eb"),
        ("a\x1b[31m", r"a\x1b[31m"),
        ("a\nb\tc", "a b c"),
        ("zero\u200bwidth", r"zero\u200bwidth"),
        ("Grüße, 日本", "Grüße, 日本"),
        ("\ud800", r"\ud800"),
    ],
    ids=["direction", "escape", "lines", "no width", "letters", "half a pair"],
)
def test_what_would_act_is_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown


# Notebook


def test_a_notebook_shows_tables_without_style_sheet_and_script() -> None:
    shown = SMALL._repr_html_()
    assert "<style" not in shown and "<script" not in shown and "class=" not in shown
    assert "Contact.city" in shown and "GET_Report" in shown


def test_a_big_comparison_stays_small_in_a_notebook() -> None:
    many = tuple(change(where=f"Schema{number}.field") for number in range(500))
    shown = Diff(SMALL.old, SMALL.new, many)._repr_html_()
    assert len(shown) < 10_000
    assert "485 more" in shown


# The page


def test_ranges_name_every_number_once() -> None:
    assert ranges([8, 0, 1, 2, 5, 7]) == "0-2 5 7-8"
    assert ranges([]) == ""


def test_each_argument_of_a_signature_is_a_line_whatever_its_values() -> None:
    after = ("kind: Literal['a (x', 'b, c']", "page: int")
    page = html.unescape(reports.html(Diff(SMALL.old, SMALL.new, surface=(Signature("A", (), after),))))
    assert [f'<li class="changed"><code>{each}</code>' in page for each in after] == [True, True]


def test_a_page_asks_nobody_for_anything() -> None:
    page = reports.html(SMALL, USAGE)
    assert "default-src 'none'" in html.unescape(page)
    assert not [word for word in ("http:", "https:", "@import", "url(", "src=") if word in page]


def test_from_2020_to_2026_the_page_is_below_800_kb(full_spec: Callable[[str], Path]) -> None:
    page = diff(full_spec("2020-12-10"), full_spec("2026-05-01")).to_html()
    assert len(page.encode()) < 800_000
