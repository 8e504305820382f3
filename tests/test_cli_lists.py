"""Lists in the shell: ``call --all`` reads every page, ``show`` says how there is more."""

from __future__ import annotations

import json
import re
from contextlib import nullcontext

import click
import pytest
from click.testing import CliRunner

from dynzuora.client.caller import ClientCaller
from dynzuora.shell import shell
from tests.lists import LISTS, row, tenant

ROWS = [row(index) for index in range(95)]


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Return a function that runs one command line against a tenant of `LISTS`."""
    document = tmp_path / "lists.json"
    document.write_text(json.dumps(LISTS))
    monkeypatch.setenv("DYNZUORA_HOME", str(tmp_path))
    monkeypatch.setenv("ZUORA_TOKEN", "fake")

    def run(*words, change=None, rows=95, server=None):
        with nullcontext((None, server)) if server else tenant(rows, change) as (_, server):
            monkeypatch.setenv("ZUORA_BASE_URL", server.url)
            result = CliRunner().invoke(shell, [*words, "--spec", str(document)], catch_exceptions=False)
            result.requests = len(server.seen)
            return result

    return run


def test_all_prints_one_reply_with_the_rows_of_every_page(run):
    result = run("call", "GET_Parts", "key=a", "--all")
    assert (json.loads(result.stdout), result.stderr) == ({"success": True, "parts": ROWS}, "")


def test_without_all_it_is_one_page(run):
    assert len(json.loads(run("call", "GET_Parts", "key=a").stdout)["parts"]) == 20


def test_a_query_sees_every_page(run):
    result = run("call", "GET_Parts", "key=a", "--all", "--query", "sum(parts[].amount)")
    assert result.stdout == f"{sum(range(95))}\n"


@pytest.mark.parametrize(("form", "lines"), [("csv", 96), ("table", 96), ("ndjson", 95)])
def test_rows_of_every_page_are_printed_in_every_format(form, lines, run):
    assert len(run("call", "GET_Parts", "key=a", "--all", "-o", form).stdout.splitlines()) == lines


@pytest.mark.parametrize(
    ("rows", "words", "told"),
    [
        (95, (), "There may be more rows: --all reads every page.\n"),
        (3, (), ""),
        (95, ("--all",), ""),
    ],
    ids=["a first page", "the only page", "all pages"],
)
def test_rows_on_further_pages_are_told_of(rows, words, told, run):
    assert run("call", "GET_Parts", "key=a", "-o", "csv", *words, rows=rows).stderr == told


def test_csv_of_every_page_has_no_formula_in_it(run):
    lines = run("call", "GET_Parts", "key=a", "--all", "-o", "csv", rows=[{"id": "=1+1"}] * 50).stdout
    assert lines.split() == ["id,amount,on,bill.city", *["'=1+1,,,"] * 50]


def test_csv_prints_each_page_as_it_comes_under_the_columns_of_the_document(run, monkeypatch):
    seen = []
    monkeypatch.setattr(click, "echo", lambda text="", **_: seen.append(text))

    def counting(reply, _):
        seen.append("request")

    run(
        "call", "GET_Parts", "key=a", "--all", "-o", "csv", change=counting, rows=[{"id": "x", "new": 1}] * 42
    )
    assert seen == [
        "request",
        "\n".join(["id,amount,on,new,bill.city", *["x,,,1,"] * 40]),
        "request",
        "\n".join(["x,,,1,"] * 2),
    ]


def test_a_field_that_appears_after_the_header_fails_by_name_with_all_rows_printed(run):
    rows = [{"id": "x"}] * 40 + [{"id": "y", "late__c": 1, "bill": None}]
    result = run("call", "GET_Parts", "key=a", "--all", "-o", "csv", rows=rows)
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (1, "y,,,")
    assert result.stderr == (
        "Error: The CSV is incomplete: fields appeared after its header was printed: late__c (in 1 row). "
        "-o ndjson prints every field.\n"
    )


@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_an_interrupted_list_keeps_its_rows_and_says_how_to_resume(form, run, monkeypatch):
    words = ("call", "GET_Parts", "key=a", "--all", "-o", form)
    pages = []

    def interrupt(caller, *arguments, **more):
        pages.append(1)
        if len(pages) == 2:
            raise KeyboardInterrupt
        return send(caller, *arguments, **more)

    send = ClientCaller.send
    monkeypatch.setattr(ClientCaller, "send", interrupt)
    with tenant(95) as (_, server):
        first = run(*words, server=server)
        token = re.search(r"40 rows printed\. The same command with --resume (\S+) prints", first.stderr)[1]
        second = run(*words, "--resume", token, server=server)
    printed = [line for result in (first, second, run(*words)) for line in result.stdout.splitlines()]
    rows = [line for line in printed if "r" in line]  # each CSV has a header
    assert (first.exit_code, second.exit_code, len(rows), rows[:95]) == (130, 0, 190, rows[95:])


def test_ndjson_prints_a_page_before_it_requests_the_next(run, monkeypatch):
    seen = []
    monkeypatch.setattr(click, "echo", lambda text="", **_: seen.append(text))

    def counting(reply, _):
        seen.append("request")

    run("call", "GET_Parts", "key=a", "--all", "-o", "ndjson", change=counting)
    pages = [each if each == "request" else each.count("\n") + 1 for each in seen]
    assert pages == ["request", 40, "request", 40, "request", 15]
    lines = "\n".join(each for each in seen if each != "request").splitlines()
    assert [json.loads(line) for line in lines] == ROWS


def test_a_query_by_locator_is_read_whole(run):
    body = '{"queryString": "select Id from Thing"}'
    reply = json.loads(run("call", "Action_POSTquery", "--body", body, "--all").stdout)
    assert reply == {"records": ROWS, "size": 95, "done": True}


def test_a_dry_run_shows_the_first_page_s_request(run):
    result = run("call", "GET_Parts", "key=a", "--all", "--dry-run")
    assert result.stdout.splitlines()[0].endswith("/v1/things/a/parts?pageSize=40")
    assert result.requests == 0


def test_what_has_no_rows_is_refused_before_it_is_sent(run):
    result = run("call", "GET_One", "--all")
    assert (result.exit_code, result.stdout, result.requests) == (2, "", 0)
    assert "GET_One: does not return a list" in result.stderr


def test_a_list_that_cannot_be_followed_fails(run):
    def foreign(reply, _):
        return {**reply, "nextPage": "https://evil.invalid/?page=2"}

    result = run("call", "GET_Parts", "key=a", "--all", change=foreign)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "links to another host, evil.invalid" in result.stderr


@pytest.mark.parametrize(
    ("operation", "told"),
    [
        (
            "GET_Parts",
            "Paging\n  nextPage-url: the reply has nextPage\n  rows in parts, pageSize at most 40\n",
        ),
        (
            "GET_Array",
            "Paging\n  unpaged-list: the reply is one array and its envelope\n  rows in the reply itself\n",
        ),
        ("GET_One", "Paging\n  single: the reply is one object\n"),
        (
            "Action_POSTquery",
            "Paging\n  query-locator: the reply has queryLocator and done\n  rows in records\n",
        ),
    ],
)
def test_show_says_how_a_list_pages_and_why(operation, told, run):
    assert told in run("show", operation).stdout


def test_show_says_nothing_of_pages_where_something_is_written(run):
    assert "Paging" not in run("show", "PUT_Flows").stdout
