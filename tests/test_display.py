"""Cards are plain values; HTML is escaped, capped and free of scripts, styles and colours."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import jinja2
import pytest

import dynzuora
from dynzuora.display import fitted_table, operation_text, render, text_records, text_table
from dynzuora.display.cards import (
    cell,
    field_tree,
    flattened,
    operation_card,
    reply_card,
    rows,
    shell_example,
    table,
    type_text,
    work_card,
)
from dynzuora.errors import JobFailed
from dynzuora.model import Schemas

COMPONENTS: dict[str, Any] = {
    "Order": {
        "type": "object",
        "required": ["lines"],
        "properties": {
            "day": {"$ref": "#/components/schemas/Day"},
            "lines": {"type": "array", "minItems": 1, "items": {"$ref": "#/components/schemas/Line"}},
        },
    },
    "Day": {"type": "string", "format": "date"},
    "Line": {
        "allOf": [
            {"type": "object", "properties": {"parts": {"$ref": "#/components/schemas/Line"}}},
            {
                "required": ["sku"],
                "properties": {"sku": {"type": "string", "maxLength": 9, "enum": ["A", "B"]}},
            },
        ]
    },
}

SLICE: dict[str, Any] = {
    "id": "PUT_Order",
    "method": "PUT",
    "path": "/v1/orders/{order-key}",
    "summary": "Change an order",
    "description": "Prices are <b>kept</b>.",
    "tags": ["Orders"],
    "parameters": [
        {"name": "page", "in": "query", "required": False, "schema": {"type": "integer", "default": 1}},
        {"name": "order-key", "in": "path", "required": True, "schema": {"type": "string"}},
    ],
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Order"}}},
    },
    "responses": {
        "200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Order"}}}},
        "default": {"description": "An error."},
    },
    "components": {"schemas": COMPONENTS},
}


def card_of(operation: Mapping[str, Any]) -> dict[str, Any]:
    return operation_card(operation, operation["parameters"])


def test_a_card_shows_the_media_type_that_a_body_is_sent_as() -> None:
    content = {"text/xml": {"schema": {}}, "application/json": {"schema": {"type": "object"}}}
    assert card_of(SLICE | {"requestBody": {"content": content}})["body"]["media_type"] == "application/json"


def test_an_operation_reads_as_text_with_required_things_first() -> None:
    assert operation_text(card_of(SLICE)) == (
        "PUT_Order\n"
        "PUT /v1/orders/{order-key}\n"
        "\n"
        "Change an order\n"
        "\n"
        "Prices are <b>kept</b>.\n"
        "\n"
        "Parameters\n"
        "  name        in     type\n"
        "  order-key*  path   string\n"
        "  page        query  integer  default 1\n"
        "  (* required)\n"
        "\n"
        "Body (application/json, Order, required, * required)\n"
        "  lines*   array of Line  at least 1 items\n"
        "    sku*   string         one of A, B; at most 9 characters\n"
        "    parts  Line           again Line, as above\n"
        "  day      string (date)\n"
        "\n"
        "Responses\n"
        "  200  application/json: Order (* always present)\n"
        "    lines*   array of Line  at least 1 items\n"
        "      sku*   string         one of A, B; at most 9 characters\n"
        "      parts  Line           again Line, as above\n"
        "    day      string (date)\n"
        "  default"
    )


@pytest.mark.parametrize(
    "itself",
    [
        {"type": "array", "items": {"$ref": "#/components/schemas/Order"}},
        {"allOf": [{"$ref": "#/components/schemas/Order"}]},
        {"$ref": "#/components/schemas/Order"},
    ],
    ids=["array", "allOf", "reference"],
)
def test_a_body_that_is_nothing_but_itself_has_no_fields(itself) -> None:
    components = {"Order": itself}
    assert field_tree(Schemas(components).of({"$ref": "#/components/schemas/Order"})) == {
        "fields": [],
        "left_out": 0,
    }


def test_a_card_gives_a_call_in_python_and_in_the_shell() -> None:
    card = card_of(SLICE)
    assert (
        card["example"]
        == 'client.call("PUT_Order", order_key="…", body=client.template("PUT_Order", required_only=True))'
    )
    assert (
        shell_example(card["id"], card["parameters"], card["body"])
        == "dynzuora show PUT_Order --template --required-only > body.json\n"
        "dynzuora call PUT_Order order-key=… --body @body.json"
    )


@pytest.mark.parametrize(
    ("parameter", "python", "shell"),
    [
        (
            {"schema": {"type": "string", "example": "O'Neill & Co"}},
            '"O\'Neill & Co"',
            "x='O'\"'\"'Neill & Co'",
        ),
        ({"schema": {"type": "array", "items": {"type": "string"}}}, '["…"]', "x=…"),
        ({"schema": {"type": "array"}, "example": ["a b", "c"]}, '["a b", "c"]', "x='a b' x=c"),
        ({"schema": {"type": "array", "items": {"enum": ["A", "B"]}}}, '["A"]', "x=A"),
        ({"schema": {"type": "object"}, "example": {"a": 1}}, "{'a': 1}", "x:='{\"a\": 1}'"),
    ],
    ids=["apostrophe", "list", "list of the document's", "list of choices", "object"],
)
def test_an_example_is_what_python_and_the_shell_would_read(
    parameter: dict[str, Any], python: str, shell: str
) -> None:
    one = {"name": "x", "in": "query", "required": True, **parameter}
    card = card_of({**SLICE, "parameters": [one], "requestBody": {}})
    assert card["example"] == f'client.call("PUT_Order", x={python})'
    assert shell_example("PUT_Order", card["parameters"], None) == f"dynzuora call PUT_Order {shell}"


def test_an_example_names_arguments_as_the_signature_does() -> None:
    twice = [
        {"name": "id", "in": place, "required": True, "schema": {"type": "integer"}}
        for place in ("path", "query")
    ]
    card = card_of({**SLICE, "parameters": twice, "requestBody": {}})
    assert card["example"] == 'client.call("PUT_Order", id_in_path=1, id_in_query=1)'


@pytest.mark.parametrize(
    ("columns", "text"),
    [
        (("id", "name", "n"), "id    A1\nname  Amber\n\nid    A2\nn     7"),
        (("", "name", "n"), "A1\n  name  Amber\n\nA2\n  n     7"),
    ],
    ids=["named", "headed"],
)
def test_a_record_has_a_line_for_each_of_its_values(columns: tuple[str, ...], text: str) -> None:
    assert text_records(columns, [("A1", "Amber", ""), ("A2", "", "7")]) == text


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("path", "/v1/accounts/{account-key}", "path  /v1/accounts/\n      {account-key}"),
        ("id", "9f3c5d7e1a2b4c6d8e0f1a2b3c4d5e6f", "id  9f3c5d7e1a2b4c6d8e0f1a2b3c4d5e6f"),
        ("a.long.name", "two", "a.long.name  two"),
        ("account.name", "Amber Orchard", "account.name\n            Amber\n            Orchard"),
    ],
    ids=["between words", "a word is never broken", "beside its name", "below its name"],
)
def test_a_record_s_value_goes_on_in_the_next_line(name: str, value: str, text: str) -> None:
    assert text_records((name,), [(value,)], 20) == text


@pytest.mark.parametrize(
    ("identifier", "space", "lines"),
    [
        (
            "GET_Account",
            60,
            [
                "id           path                        summary",
                "GET_Account  /v1/accounts/{account-key}  Get account",
                "GET_A        /v1                         Get",
            ],
        ),
        (
            "GET_Account",
            39,
            [
                "id           path           summary",
                "GET_Account  /v1/accounts/  Get account",
                "             {account-key}",
                "GET_A        /v1            Get",
            ],
        ),
        (
            "GET_AccountSummary",
            39,
            [
                "id             path           summary",
                "GET_AccountSummary",
                "               /v1/accounts/  Get",
                "               {account-key}  account",
                "GET_A          /v1            Get",
            ],
        ),
        ("GET_Account", 25, None),
    ],
    ids=["whole", "in two lines", "the first cell above", "not at all"],
)
def test_a_table_is_fitted_without_breaking_a_value(
    identifier: str, space: int, lines: list[str] | None
) -> None:
    rows = [(identifier, "/v1/accounts/{account-key}", "Get account"), ("GET_A", "/v1", "Get")]
    fitted = fitted_table(("id", "path", "summary"), rows, space)
    assert (fitted and [*fitted[0], *fitted[1]]) == lines


def test_a_table_whose_rows_would_be_towers_is_none() -> None:
    assert fitted_table(("n", "text"), [("1", "one two three four five six")], 8) is None


def test_wide_characters_take_two_columns_and_marks_none() -> None:
    assert text_table(("name", "n"), [("\u5bcc\u58eb", "1"), ("e\u0301", "2")]) == (
        "name  n\n\u5bcc\u58eb  1\ne\u0301     2"
    )


def test_a_body_of_many_fields_is_cut_and_says_so() -> None:
    wide = {"type": "object", "properties": {f"field{number}": {"type": "string"} for number in range(300)}}
    card = card_of(SLICE | {"requestBody": {"content": {"application/json": {"schema": wide}}}})
    assert len(card["body"]["fields"]) == 250
    assert "… 50 more fields" in operation_text(card)
    assert "… 50 more fields" in render("operation", **card)


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ({"type": "string", "format": "date"}, "string (date)"),
        ({"$ref": "#/components/schemas/Order"}, "Order"),
        ({"$ref": "#/components/schemas/Day"}, "string (date)"),
        ({"type": "array", "items": {"$ref": "#/components/schemas/Line"}}, "array of Line"),
        ({"oneOf": [{"type": "string"}, {"type": "integer"}]}, "string or integer"),
        ({"allOf": [{"$ref": "#/components/schemas/Order"}]}, "Order"),
        ({"properties": {}}, "object"),
        ({}, "any"),
        ({"$ref": "#/components/schemas/Gone"}, "any"),
    ],
    ids=[
        "format",
        "reference",
        "simple reference",
        "array",
        "choice",
        "all of one",
        "untyped",
        "empty",
        "dangling",
    ],
)
def test_a_type_is_told_in_a_few_words(schema: dict[str, Any], text: str) -> None:
    assert type_text(Schemas(COMPONENTS).of(schema)) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "true"),
        (Decimal("10.10"), "10.10"),
        ("two\n lines", "two lines"),
        ({"a": [1, None]}, "{a: [1, ]}"),
        (b"\x00" * 2000, "2,000 bytes"),
        ("x" * 200, "x" * 119 + "…"),
    ],
    ids=["null", "boolean", "decimal", "text", "nested", "binary", "long"],
)
def test_a_cell_is_one_line_of_limited_length(value: Any, text: str) -> None:
    assert cell(value) == text


def test_nested_objects_become_dotted_columns() -> None:
    assert flattened({"id": 1, "bill": {"to": {"name": "x"}}, "tags": ["a"], "none": {}}) == {
        "id": 1,
        "bill.to.name": "x",
        "tags": ["a"],
        "none": {},
    }


def test_the_rows_of_a_reply_are_its_first_list_of_objects() -> None:
    assert rows({"success": True, "ids": ["a"], "sets": [{"name": "DE"}]}) == ("sets", [{"name": "DE"}])
    assert rows({"success": True}) == ("", [])


def test_a_table_counts_the_rows_and_columns_it_leaves_out() -> None:
    assert table([{f"c{number}": 1 for number in range(14)}] * 53) == {
        "columns": [f"c{number}" for number in range(12)],
        "rows": [["1"] * 12] * 50,
        "rows_left_out": 3,
        "columns_left_out": 2,
    }


def test_columns_of_text_are_aligned() -> None:
    assert text_table(("id", "n"), [("a", "1"), ("long", "")]) == "id    n\na     1\nlong"


NASTY = "<script>alert('x')</script> & \"y\""
CARDS: dict[str, dict[str, Any]] = {
    "operation": card_of(SLICE | {"summary": NASTY, "description": NASTY, "fault": NASTY}),
    "operations": {"heading": NASTY, "table": table([{NASTY: NASTY}])},
    "reply": reply_card({NASTY: NASTY, "rows": [{NASTY: NASTY}] * 60}, status=NASTY, track_id=""),
    "error": {
        "title": NASTY,
        "message": NASTY,
        "table": table([{"path": NASTY}]),
        "hint": NASTY,
        "facts": {"request id": NASTY},
    },
    "work": work_card(NASTY, NASTY, {NASTY: NASTY}, hint=NASTY, code=(NASTY, NASTY)),
    "document": {
        "title": NASTY,
        "version": NASTY,
        "source": NASTY,
        "operations": 1411,
        "tags": [NASTY],
        "webhooks": [NASTY],
        "callbacks": [NASTY],
        "warnings": table([{"rule": NASTY}]),
    },
}


def test_only_production_has_a_colour() -> None:
    facts = {"environment": "PROD", "name": "x", "url": "u", "read_only": True, "dry_run": False}
    about = {"entity": "", "title": "t", "version": "v", "operations": 1, "tags": 1, "newer": ""}
    shown = {loud: render("client", production=loud, **facts, **about) for loud in (True, False)}
    assert (shown[True].count("#b00020"), shown[False].count("#b00020")) == (1, 0)


@pytest.mark.parametrize(
    "id",
    [
        "POST_Account",
        "POST_Order",
        "GET_Account",
        "POST_RSforInvoiceItemAdjustment_DistributeByDateRange",
        "POST_CreateStoredCredentialProfile",
    ],
)
def test_an_operation_fits_into_the_columns_there_are(id: str) -> None:
    card = dynzuora.operations[id].card()
    assert max(map(len, operation_text(card, 80).splitlines())) <= 80
    words = operation_text(card, 80).split()
    assert "".join(words) == "".join(operation_text(card).split())


@pytest.mark.parametrize("kind", CARDS)
def test_html_escapes_everything_and_brings_no_script_style_or_colour(kind: str) -> None:
    html = render(kind, **CARDS[kind])
    assert "&lt;script&gt;" in html
    html = html.replace('style="text-align:left"', "")  # a notebook would put them to the right
    assert re.findall(r"<script|<style|style=|color|class=|\bon\w+=", html) == []


@pytest.mark.parametrize("kind", CARDS)
def test_html_opens_and_closes_the_same_elements(kind: str) -> None:
    html = render(kind, **CARDS[kind])
    assert sorted(re.findall(r"<(\w+)", html)) == sorted(re.findall(r"</(\w+)", html))


def test_a_long_reply_is_cut_and_says_so() -> None:
    assert "… 10 more rows, not shown" in render("reply", **CARDS["reply"])


def test_a_value_that_a_template_misses_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError):
        render("operations", heading="3 operations")


# What the public objects hand over


def test_an_operation_shows_its_card() -> None:
    assert "<code>GET /v1/sequence-sets</code>" in dynzuora.operations["GET_SequenceSets"]._repr_html_()


def test_the_operations_show_themselves_as_a_capped_table() -> None:
    html = dynzuora.operations._repr_html_()
    assert "<p>411 operations of API Reference: Billing 2020-12-10</p>" in html
    assert "… 361 more rows, not shown" in html


def test_a_document_shows_what_was_repaired() -> None:
    html = dynzuora.load("2020-12-10")._repr_html_()
    assert "<h4>API Reference: Billing 2020-12-10</h4>" in html
    assert "things repaired or left out" in html


def test_a_reply_shows_its_rows() -> None:
    html = dynzuora.Client.sandbox().call("GET_SequenceSets", pageSize=1)._repr_html_()
    assert "operation <code>GET_SequenceSets</code>" in html
    assert ">DEFAULT</td>" in html


def test_a_reply_without_rows_shows_its_fields_below_one_another() -> None:
    card = reply_card({"basicInfo": {"name": "A", "tags": []}, "success": True})
    assert card["scalars"] == {"basicInfo.name": "A", "basicInfo.tags": "[]", "success": "true"}


def test_a_job_shows_its_last_answer_and_how_to_go_on() -> None:
    job = dynzuora.Client.sandbox().submit("POST_BillingPreviewRun", body={"targetDate": "2026-02-01"})
    assert "Wait for it with <code>.wait()</code>" in job._repr_html_()
    ended = job.wait()._repr_html_()
    assert ">totalAccounts</th>" in ended
    assert "<code>.result()</code>, <code>.rows()</code> or <code>.download(path)</code>" in ended


def test_a_job_that_ended_badly_shows_why_and_no_way_on() -> None:
    faults = {"POST_BillingPreviewRun": {"fault": "job_ends", "end": "Error"}}
    job = dynzuora.Client.sandbox(faults=faults).submit(
        "POST_BillingPreviewRun", body={"targetDate": "2026-02-01"}
    )
    with pytest.raises(JobFailed):
        job.wait()
    assert ">why</th>" in job._repr_html_()
    assert "What it made" not in job._repr_html_()


def test_a_card_of_much_is_cut_and_says_so() -> None:
    card = work_card("Job", "running", {f"field{number}": number for number in range(60)})
    assert (len(card["facts"]), card["facts_left_out"]) == (50, 10)


def test_what_came_of_a_call_is_one_short_line() -> None:
    done, failed = dynzuora.Client.sandbox().map(
        "GET_Account", [{"account_key": "A00000001"}, {"account_key": "-"}]
    )
    assert repr(done) == "<MapResult 0 {account_key: A00000001}: done>"
    assert repr(failed).startswith("<MapResult 1 {account_key: -}: NotFound: GET_Account failed: HTTP 404")


def test_an_operation_of_a_client_documents_itself_like_the_unbound_one() -> None:
    bound = dynzuora.Client.sandbox().ops.GET_SequenceSets
    assert bound.__doc__ == dynzuora.operations["GET_SequenceSets"].__doc__
    assert (bound.__doc__ or "").startswith("Get sequence sets")


def test_the_fields_of_the_reply_are_those_of_the_first_success() -> None:
    value = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Kept"}}}}
    kept = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}
    operation = SLICE | {
        "responses": {"default": value, "201": value, "400": value},
        "components": {"schemas": {"Kept": kept}},
    }
    text = operation_text(card_of(operation | {"parameters": (), "requestBody": None}))
    assert text.partition("Responses\n")[2].splitlines() == [
        "  default  application/json: Kept",
        "  201  application/json: Kept (* always present)",
        "    id*  string",
        "  400  application/json: Kept",
    ]


def test_fields_of_a_reply_beyond_the_bound_are_counted() -> None:
    many = {"properties": {f"f{number}": {"type": "string"} for number in range(260)}}
    reply = {"200": {"content": {"application/json": {"schema": many}}}}
    card = card_of(SLICE | {"parameters": (), "requestBody": None, "responses": reply})
    assert operation_text(card).splitlines()[-1] == "    … 10 more fields"
    assert "… 10 more fields" in render("operation", **card)
