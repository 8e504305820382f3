"""Every operation answers, and its answer is valid to the letter of its own schema.

The judge is openapi-schema-validator (OpenAPI 3.0 on jsonschema) over the schema as the
slice has it: not our code. Arguments are made from the operation's own schemas, so this
is what anybody would see who calls with the document's examples.
"""

from __future__ import annotations

import json
import re
import warnings
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from openapi_schema_validator import OAS30ReadValidator
from referencing.jsonschema import EMPTY_REGISTRY

import dynzuora
from dynzuora.errors import DynzuoraError, SpecError
from dynzuora.operation import Document, Operation
from tests.generated import body_for, parameters_for
from tests.sandbox_examples import response_examples, types
from tests.sandbox_tenant import Tenant

COUNTS = {"2018-08-23": 346, "2020-12-10": 411, "2021-08-20": 428, "2026-05-01": 713}
BUNDLED = ("2020-12-10", "2021-08-20", "2026-05-01")


def complaint(client: dynzuora.Client, operation: Operation) -> str:
    """Call an operation; return what is wrong with the answer, empty when nothing is."""
    parameters = parameters_for(operation)
    if "Idempotency-Key" in parameters:
        parameters["Idempotency-Key"] = operation.id  # one key for two requests is refused
    try:
        reply = client.call(operation.id, body=body_for(operation), params=parameters)
    except SpecError:
        return ""  # the document is broken just here, which doc.warnings says
    except DynzuoraError as error:
        return str(error)
    status, response = declared_success(operation)
    if reply.meta.status != status:
        return f"answered {reply.meta.status}, declares {status}"
    content = response.get("content", {})
    media_type = reply.meta.headers.get("Content-Type", "").partition(";")[0]
    if content and media_type not in content:
        return f"answered {media_type}, declares {', '.join(content)}"
    schema = content.get(media_type, {}).get("schema")
    return broken(schema, operation, reply) if schema and "json" in media_type else ""


def declared_success(operation: Operation) -> tuple[int, Any]:
    responses = operation.slice["responses"]
    status = min((each for each in responses if each.startswith("2")), default="default")
    return (int(status) if status.isdigit() else 200), responses[status]


OTHER_IN_PRACTICE = {"createAuditTrailExportJob": "$.data.requestId"}
"""What the vendor's page shows as text and the schema declares as an object."""


def broken(schema: Any, operation: Operation, reply: Any) -> str:
    value = json.loads(json.dumps(getattr(reply, "value", reply), default=as_float))
    whole = {"allOf": [schema], "components": operation.slice["components"]}
    errors = OAS30ReadValidator(whole, registry=EMPTY_REGISTRY).iter_errors(value)
    return "; ".join(
        f"{error.json_path}: {error.message[:100]}"
        for error in errors
        if not is_number_of_the_server(error, operation)
        and OTHER_IN_PRACTICE.get(operation.id) != error.json_path
    )


def is_number_of_the_server(error: Any, operation: Operation) -> bool:
    """Whether an error is a number declared as text: an amount, or one in the vendor's example, too."""
    if error.validator != "type" or error.schema["type"] != "string" or isinstance(error.instance, bool):
        return False
    path = re.sub(r"\[\d+\]", "[]", error.json_path).removeprefix("$")
    shown = {types(example).get(path) for example in response_examples(operation)}
    return isinstance(error.instance, (int, float)) and (
        error.schema.get("format") == "decimal" or "number" in shown
    )


def as_float(value: Any) -> float:
    assert isinstance(value, Decimal)
    return float(value)


def complaints(document: Document) -> dict[str, str]:
    """Call every operation of one sandbox, one after the other."""
    client = dynzuora.Client.sandbox(document)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dynzuora.errors.RequestWarning)
        return {each: complaint(client, operation) for each, operation in document.operations.items()}


@cache
def bundled(version: str) -> dict[str, str]:
    return complaints(dynzuora.load(version))


def works_on(version: str, found: dict[str, str], capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """Print how many operations answer well; return the complaints about the others."""
    bad = {each: text for each, text in found.items() if text}
    with capsys.disabled():
        print(f"\nsandbox of {version}: works on {len(found) - len(bad)} of {len(found)}")
    return bad


@pytest.mark.parametrize("identifier", list(dynzuora.load("2020-12-10").operations))
def test_the_answer_is_valid_under_the_operations_own_schema(identifier):
    assert bundled("2020-12-10")[identifier] == ""


@pytest.mark.parametrize("version", BUNDLED)
def test_every_operation_of_a_bundled_document_answers(version, capsys):
    assert works_on(version, bundled(version), capsys) == {}


@pytest.mark.filterwarnings("ignore::dynzuora.errors.SpecWarning")  # about the repairs
@pytest.mark.parametrize("version", COUNTS)
def test_every_operation_of_a_full_document_answers(version, full_spec, capsys):
    found = complaints(dynzuora.load(full_spec(version)))
    assert len(found) == COUNTS[version]
    assert works_on(f"{version}, full", found, capsys) == {}


def test_the_document_s_own_example_of_a_key_stands_for_the_first_object():
    client = dynzuora.Client.sandbox()
    operation = client.operations["GET_SequenceSet"]
    assert client.call("GET_SequenceSet", **parameters_for(operation))["name"] == "DEFAULT"


def test_vendor_examples_are_shown_where_the_document_has_them(full_spec):
    full = dynzuora.Client.sandbox(full_spec("2020-12-10")).call("GET_RevenueAutomationStartDate")
    bare = dynzuora.Client.sandbox("2020-12-10").call("GET_RevenueAutomationStartDate")
    assert full["startDate"] != bare["startDate"]
    assert full["success"] is bare["success"] is True


@pytest.mark.parametrize(
    ("accept", "media_type", "lines"),
    [
        ("application/json-seq", "application/json-seq", 3),
        ("*/*", "application/json-seq", 3),
        ("text/csv", "text/csv", 4),
        ("application/json", "application/json; charset=utf-8", 1),
    ],
)
def test_charge_metrics_come_in_the_form_the_caller_accepts(accept, media_type, lines):
    query = {"fromTimestamp": "2026-01-01T00:00:00Z", "toTimestamp": "2026-02-01T00:00:00Z"}
    answer = Tenant().get("/charge-metrics/data/charge-metrics", params=query, headers={"Accept": accept})
    assert (answer.headers["Content-Type"], len(answer.text.splitlines())) == (media_type, lines)
