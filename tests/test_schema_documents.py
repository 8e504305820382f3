"""The vendor's own documents: their examples at each level, and examples made for every schema in them."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema
import jsonschema_rs
import pytest

from dynzuora.document import dereferenced, prepare
from dynzuora.schema import Checker, example, standard_schema, strict_schema

FullSpec = Callable[[str], Path]

OVERLAID = {
    "Object_POSTPaymentMethod",
    "Object_PUTPaymentMethod",
    "POST_Catalog",
    "POST_CreditMemoFromPrpc",
    "POST_DebitMemoFromPrpc",
    "POST_SummaryJournalEntry",
    "PUT_CancelSubscription",
    "PUT_Update_Notification_Definition",
}
"""The operations whose example is right and whose schema is wrong: the shipped overlay repairs it."""


class Body(NamedTuple):
    """The body of one operation: its schema, what that refers to, and the vendor's example."""

    operation: str
    schema: Mapping[str, Any]
    components: Mapping[str, Any]
    example: Any


def as_published(path: Path) -> Iterator[Body]:
    """Yield the bodies with an example as the vendor published them: no repair, no overlay."""
    document = json.loads(path.read_bytes())
    components = document["components"]["schemas"]
    for item in document["paths"].values():
        for operation in item.values():
            body = operation.get("requestBody", {}) if isinstance(operation, dict) else {}
            if "$ref" in body:
                body = document["components"]["requestBodies"][body["$ref"].rpartition("/")[2]]
            for media in body.get("content", {}).values():
                yield from with_example(operation["operationId"], media.get("schema", {}), components)


def as_prepared(path: Path) -> Iterator[Body]:
    """Yield the bodies with an example after repairs and the shipped overlay."""
    prepared = prepare(path)
    for operation in prepared.index:
        slice = prepared.slice(operation)
        for media in slice.get("requestBody", {}).get("content", {}).values():
            yield from with_example(operation, media.get("schema", {}), slice["components"]["schemas"])


def with_example(operation: str, schema: Mapping[str, Any], components: Mapping[str, Any]) -> Iterator[Body]:
    target = schema
    while "$ref" in target:
        target = components[target["$ref"].rpartition("/")[2]]
    if "example" in target:
        yield Body(operation, schema, components, target["example"])


def accepted(body: Body, transform: Callable[..., dict[str, Any]]) -> bool:
    transformed = transform(body.schema, body.components)
    said = jsonschema.Draft202012Validator(transformed).is_valid(body.example)
    assert jsonschema_rs.Draft202012Validator(transformed).is_valid(body.example) == said
    return said


@pytest.fixture(scope="module")
def published(full_spec: FullSpec) -> list[Body]:
    return list(as_published(full_spec("2020-12-10")))


@pytest.fixture(scope="module")
def prepared(full_spec: FullSpec) -> list[Body]:
    return list(as_prepared(full_spec("2020-12-10")))


def test_the_letter_of_the_published_document_takes_117_of_its_156_examples(published: list[Body]) -> None:
    assert (len(published), sum(accepted(body, strict_schema) for body in published)) == (156, 117)


def test_leniency_alone_takes_148_and_the_other_eight_are_known(published: list[Body]) -> None:
    refused = {body.operation for body in published if not accepted(body, standard_schema)}
    assert refused == OVERLAID


def test_with_the_overlay_every_example_is_taken(prepared: list[Body]) -> None:
    refused = [body.operation for body in prepared if not accepted(body, standard_schema)]
    assert (len(prepared), refused) == (156, [])


def test_a_checker_says_what_the_engines_say(prepared: list[Body]) -> None:
    for body in prepared:
        for engine in ("fastest", "jsonschema"):
            checker = Checker(body.schema, body.components, engine=engine)  # type: ignore[arg-type]
            assert checker.problems(body.example) == (), body.operation


def changes(value: Any, top: bool = True) -> Iterator[Any]:
    """Yield copies of ``value``, each with one thing in it changed."""
    if isinstance(value, dict):
        for name, below in value.items():
            yield {key: each for key, each in value.items() if key != name}
            for changed in changes(below, False):
                yield {**value, name: changed}
    elif isinstance(value, list):
        yield [copy.deepcopy(each) for _ in range(60) for each in value[:1]]
        for index, below in enumerate(value[:2]):
            for changed in changes(below, False):
                yield [*value[:index], changed, *value[index + 1 :]]
    if not top:
        yield from (None, True, -1, 1.5, "1.5", "no such value", "x" * 2_000, [], {})


def test_engines_agree_on_every_example_with_one_thing_changed(prepared: list[Body]) -> None:
    compared = refused = 0
    for body in prepared:
        transformed = standard_schema(body.schema, body.components)
        by_jsonschema = Checker(body.schema, body.components, engine="jsonschema")
        by_rust = jsonschema_rs.Draft202012Validator(transformed)
        for each in list(changes(body.example))[::7]:
            problems = by_jsonschema.problems(each)
            assert by_rust.is_valid(each) == (not problems), (body.operation, each, problems)
            compared, refused = compared + 1, refused + bool(problems)
    assert compared > 2_000
    assert 0.2 < refused / compared < 0.8


def too_long(body: dict[str, Any]) -> None:
    body["description"] = "x" * 501


def wrong_container(body: dict[str, Any]) -> None:
    body["subscriptions"] = {}


def wrong_word(body: dict[str, Any]) -> None:
    body["processingOptions"]["collectPayment"] = "perhaps"


def wrong_enum(body: dict[str, Any]) -> None:
    subscription = body["subscriptions"][0]["orderActions"][0]["createSubscription"]
    subscription["terms"]["initialTerm"]["periodType"] = "Moon"


REFUSED = [
    (lambda body: body.pop("orderDate"), "body.orderDate: is required."),
    (wrong_container, "body.subscriptions: expected a list, got an object."),
    (too_long, "body.description: has 501 characters; allowed: at most 500."),
    (wrong_word, "body.processingOptions.collectPayment: expected true or false, got 'perhaps'."),
    (
        wrong_enum,
        "body.subscriptions[0].orderActions[0].createSubscription.terms.initialTerm.periodType: "
        "expected one of 'Month', 'Year', 'Day', 'Week'; got 'Moon'. Did you mean Month?",
    ),
]


@pytest.mark.parametrize(("spoil", "sentence"), REFUSED, ids=[each[1][:30] for each in REFUSED])
def test_the_standard_still_refuses(prepared: list[Body], spoil: Any, sentence: str) -> None:
    [body] = [each for each in prepared if each.operation == "POST_Order"]
    value = copy.deepcopy(body.example)
    spoil(value)
    assert [str(problem) for problem in Checker(body.schema, body.components).problems(value)] == [sentence]


def test_an_order_may_bring_its_account_with_it(prepared: list[Body]) -> None:
    """By the letter every field of the new account is a string: see DataAccessControlField."""
    [body] = [each for each in prepared if each.operation == "POST_Order"]
    contact = {"firstName": "Ada", "lastName": "Byron", "country": "United States"}
    account = {"name": "A", "currency": "USD", "billCycleDay": 1, "billToContact": contact}
    value = {**body.example, "newAccount": account}
    assert Checker(body.schema, body.components).check(value) == ((), ())
    account["curency"] = "USD"
    assert [problem.nearest for problem in Checker(body.schema, body.components).unknown_fields(value)] == [
        "currency"
    ]


IMPOSSIBLE = {
    ("UpdateCalloutTemplate", "request"),
    ("updateCreditMemoInvokeSyncStatus", "4XX"),
    ("updateDebitMemoInvokeSyncStatus", "4XX"),
    ("updateInvoiceInvokeSyncStatus", "4XX"),
}
"""Each is a oneOf whose alternatives overlap: what is right for one is right for another too."""


@pytest.mark.parametrize("version", ["2018-08-23", "2020-12-10", "2021-08-20", "2026-05-01"])
def test_every_schema_has_an_example_that_is_valid_to_the_letter(full_spec: FullSpec, version: str) -> None:
    prepared = prepare(full_spec(version))
    wrong = set()
    for operation, entry in prepared.index.items():
        if entry.fault:
            continue
        slice = prepared.slice(operation)
        for where, direction, schema, graph in schemas(slice, dereferenced(slice)):
            strict = strict_schema(schema, slice["components"]["schemas"], direction=direction)
            engine = jsonschema_rs.Draft202012Validator(strict)
            for required_only in (False, True):
                if not engine.is_valid(example(graph, required_only=required_only, direction=direction)):
                    wrong.add((operation, where))
    assert wrong == (IMPOSSIBLE if version == "2026-05-01" else set())


def schemas(slice: Any, graph: Any) -> Iterator[tuple[str, str, Any, Any]]:
    """Yield every schema of an operation with the same one dereferenced."""
    for parameter, other in zip(slice["parameters"], graph["parameters"], strict=True):
        yield parameter["name"], "request", parameter.get("schema", {}), other.get("schema", {})
    if "requestBody" in slice:
        for media_type, media in slice["requestBody"]["content"].items():
            other = graph["requestBody"]["content"][media_type]
            yield "request", "request", media.get("schema", {}), other.get("schema", {})
    for status, response in slice["responses"].items():
        for media_type, media in response.get("content", {}).items():
            other = graph["responses"][status]["content"][media_type]
            yield status, "response", media.get("schema", {}), other.get("schema", {})
