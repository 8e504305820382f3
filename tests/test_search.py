"""Operations are found by the words people have for them, typed as people type."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import dynzuora
from dynzuora import Client, search
from dynzuora.search.words import significant
from tests.documents import document, operation


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with Client.sandbox() as client:
        yield client


@pytest.mark.parametrize(
    ("words", "best"),
    [
        ("cancle subscription", "PUT_CancelSubscription"),
        ("aply credit memo", "PUT_ApplyCreditMemo"),
        ("entity conection accept", "PUT_EntityConnectionsAccept"),
        ("sequence sets", "GET_SequenceSets"),
        ("how to write off an invoice", "PUT_WriteOffInvoice"),
        ("create account", "POST_Account"),
        ("upadte acount", "PUT_Account"),
        ("GET_SequenceSet", "GET_SequenceSet"),
        ("g_et_sequence_set", "GET_SequenceSet"),
        ("PUT /v1/sequence-sets/{id}", "PUT_SequenceSet"),
        ("sequenceset", "GET_SequenceSets"),
        ("all invoices of an account", "GET_TransactionInvoice"),
        ("which payment methods does my account have", "GET_PaymentMethodsCreditCard"),
        ("list payments", "GET_RetrieveAllPayments"),
        ("payments", "GET_RetrieveAllPayments"),
        ("all orders", "GET_AllOrders"),
        ("list products", "GET_Catalog"),
        ("list subscriptions", "GET_SubscriptionsByAccount"),
        ("get payment", "GET_Payment"),
        ("zoql", "Action_POSTquery"),
        ("sql", "POST_DataQueryJob"),
        ("list accounts", "Action_POSTquery"),
        ("invoice pdf", "GET_InvoiceFiles"),
        ("void payment", "PUT_CancelPayment"),
        ("create customer", "POST_Account"),
        ("refund credit card", "POST_RefundPayment"),
        ("post invoice", "Object_PUTInvoice"),
        ("unpaid invoices", "GET_TransactionInvoice"),
        ("upgrade", "PUT_Subscription"),
        ("dunning", "POST_PaymentRun"),
        ("start bill run", "Object_POSTBillRun"),
    ],
)
def test_the_best_result_is_what_was_meant(words: str, best: str, client: Client) -> None:
    assert client.search(words)[0].id == best


WORDINGS = [
    tuple(line.split("\t"))
    for line in Path(__file__)
    .with_name("data")
    .joinpath("search-wordings.tsv")
    .read_text("utf-8")
    .splitlines()
    if not line.startswith("#")
]


def test_the_words_of_the_trade_find_what_they_mean(client: Client) -> None:
    ranks = []
    for words, meant in WORDINGS:
        ids = [match.id for match in client.search(words, limit=5).matches]
        ranks.append(next((rank for rank, id in enumerate(ids, 1) if id in meant.split("|")), 0))
    first, among_five = ranks.count(1), sum(rank > 0 for rank in ranks)
    assert (len(WORDINGS), first >= 211, among_five >= 242) == (250, True, True), (first, among_five)


def test_no_phrase_of_the_table_is_cut_to_one_word_that_means_something_else() -> None:
    table = Path(search.__file__).with_name("words.tsv").read_text("utf-8")
    phrases = [line.split("\t")[0] for line in table.splitlines() if not line.startswith("#")]
    assert [p for p in phrases if len(significant(p)) == 1 < len(search.tokens(p))] == []


def test_names_of_parameters_and_of_nested_body_fields_are_found(client: Client) -> None:
    matches = {each.id: each.found_in for each in client.search("startNumber").matches}
    assert matches["POST_SequenceSets"] == "field: startNumber"
    found = {each.id: each.found_in for each in client.search("unapplied_amount memos").matches}
    assert found["GET_CreditMemos"] == "id: memo; parameter: unappliedAmount"


def test_a_summary_that_is_the_query_comes_before_one_that_only_has_its_words() -> None:
    summaries = {"aaa": "Make a thing ready", "bbbBbb": "Make a thing"}
    paths = {f"/{name}": {"post": operation(name, summary=text)} for name, text in summaries.items()}
    matches, _ = search.search(dynzuora.load(document(paths)), "make thing")
    assert [each.id for each in matches] == ["bbbBbb", "aaa"]


def test_what_lists_comes_first_only_where_a_list_is_asked_for() -> None:
    paths = {"/red-things/{key}": operation("aaa"), "/red-things": operation("bbbBbb")}
    found = dynzuora.load(document({path: {"get": each} for path, each in paths.items()}))
    asked = ("red things", "list red thing", "red thing", "get red thing")
    assert [search.search(found, words)[0][0].id for words in asked] == ["bbbBbb", "bbbBbb", "aaa", "aaa"]


def test_what_an_operation_is_also_called_is_named_as_the_reason(client: Client) -> None:
    assert client.search("zoql").matches[0].found_in == "also called: zoql"


def test_a_word_that_no_operation_has_does_not_hide_what_the_others_find(client: Client) -> None:
    assert client.search("qqqqqq sequence sets")[0].id == "GET_SequenceSets"


def test_a_word_that_is_there_is_taken_as_it_stands(client: Client) -> None:
    assert client.search("unapply payment")[0].id == "PUT_UnapplyPayment"


def test_what_is_found_can_be_called(client: Client) -> None:
    assert client.search("list sequence sets")[0](page_size=1)["sequenceSets"][0]["name"] == "DEFAULT"


def test_results_show_themselves_as_a_table(client: Client) -> None:
    heading, columns, first = repr(client.search("sequence sets", limit=1)).splitlines()
    assert heading == "5 operations for 'sequence sets', best 1 listed"
    assert columns.split() == ["id", "method", "path", "summary", "found", "in"]
    assert first.split() == [
        *("GET_SequenceSets", "GET", "/v1/sequence-sets", "Get", "sequence", "sets"),
        *("id:", "sequence,", "set"),
    ]


def test_results_show_themselves_in_a_notebook_and_escape_the_query(client: Client) -> None:
    shown = client.search("<b> sequence sets")._repr_html_()
    assert ">GET_SequenceSets</td>" in shown.replace("<code>", "").replace("</code>", "")
    assert "<b>" not in shown


def test_nothing_found_says_so(client: Client) -> None:
    assert repr(client.search("qqqqqq")) == "No operation matches 'qqqqqq'."
    assert client.search("") == []


def test_a_broken_operation_is_found_by_its_id() -> None:
    broken = {"$ref": "#/components/parameters/Gone"}
    operation = {"operationId": "getThing", "parameters": [broken], "responses": {}}
    info = {"title": "Things", "version": "1"}
    document = dynzuora.load({"openapi": "3.0.3", "info": info, "paths": {"/things": {"get": operation}}})
    assert [each.id for each in search.search(document, "thing")[0]] == ["getThing"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("creditMemoIds", ["credit", "memo", "id"]),
        ("PUT_RSAKeys", ["put", "rsa", "key"]),
        ("Action_POSTamend", ["action", "post", "amend"]),
        ("taxation-entries", ["taxation", "entry"]),
        ("status", ["status"]),
    ],
)
def test_names_are_taken_apart(name: str, words: list[str]) -> None:
    assert search.tokens(name) == words
