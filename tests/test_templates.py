"""A template of any operation is a body that would be sent as it stands."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import dynzuora
from dynzuora import Client, Operation
from dynzuora.schema import Checker
from tests.generated import parameters_for

WITH_BODY = [each for each in dynzuora.operations.values() if each.has_body]


def problems(operation: Operation, body: Any) -> tuple[Any, ...]:
    media = operation.slice["requestBody"]["content"][operation.media_type]
    checker = Checker(media.get("schema", {}), operation.slice["components"]["schemas"], level="strict")
    return checker.problems(body)


@pytest.mark.parametrize("operation", WITH_BODY, ids=lambda each: each.id)
def test_every_template_is_valid_to_the_letter_and_would_be_sent(operation: Operation) -> None:
    for required_only in (False, True):
        body = operation.template(required_only=required_only)
        if operation.media_type != "multipart/form-data":  # whose files are bytes, which no schema knows
            assert problems(operation, body) == ()
        operation.prepare(body, params=parameters_for(operation, required_only=True))


def test_an_operation_without_a_body_has_no_template() -> None:
    assert dynzuora.operations["GET_SequenceSets"].template() is None


def test_required_only_leaves_out_what_may_be_left_out() -> None:
    with Client.sandbox() as client:
        full = client.template("POST_Account")
        least = client.template("POST_Account", required_only=True)
    assert set(least) < set(full)


def switches(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield each boolean of a body with its name."""
    if isinstance(value, list):
        for item in value:
            yield from switches(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from [(name, item)] if isinstance(item, bool) else switches(item)


def test_no_template_collects_bills_or_applies_anything() -> None:
    on = {
        name
        for operation in dynzuora.operations.values()
        for name, value in switches(operation.template())
        if value
    }
    assert {
        name for name in on if re.search("(?i)collect|bill|pay|invoice|apply|post|credit|send", name)
    } <= {
        *("invoiceSeparately", "IsInvoiceSeparate", "soldToSameAsBillTo", "defaultPaymentMethod"),
        *("excludeFromAutoApplyRules", "allowInvoiceEdit", "AllowInvoiceEdit", "RegenerateInvoicePDF"),
        *("invoiceDeliveryPrefsEmail", "invoiceDeliveryPrefsPrint", "InvoiceDeliveryPrefsEmail"),
        *(
            "InvoiceDeliveryPrefsPrint",
            "IncludeExistingDraftInvoiceItems",
            "includeExistingDraftInvoiceItems",
        ),
        *("NoEmailForZeroAmountInvoice",),
    }
    assert pet({"name": "Rex", "collect": True}) == {"name": "Rex", "collect": False}


def test_a_template_has_a_value_that_the_prose_of_the_document_lists() -> None:
    body = dynzuora.operations["PUT_CancelSubscription"].template(required_only=True)
    assert body == {"cancellationPolicy": "EndOfCurrentTerm"}


def pet(example: Any) -> Any:
    schema = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
    media = {"schema": schema, "example": example}
    operation = {
        "operationId": "addPet",
        "requestBody": {"content": {"application/json": media}},
        "responses": {"200": {"description": "Done."}},
    }
    info = {"title": "Pets", "version": "1"}
    document = {"openapi": "3.0.3", "info": info, "paths": {"/pets": {"post": operation}}}
    return dynzuora.load(document).operations["addPet"].template()


def test_the_example_of_the_document_is_the_template() -> None:
    assert pet({"name": "Rex"}) == {"name": "Rex"}


def test_an_example_that_the_document_itself_forbids_is_not() -> None:
    assert isinstance(pet({"name": 7})["name"], str)


@pytest.mark.slow
def test_the_templates_of_a_full_document_are_valid(full_spec: Callable[[str], Path]) -> None:
    for operation in dynzuora.load(full_spec("2020-12-10")).operations.values():
        if operation.has_body and operation.media_type != "multipart/form-data":
            assert problems(operation, operation.template()) == (), operation.id
