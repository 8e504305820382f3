"""Every operation of every document: counted, prepared from its own schema, and judged by openapi-core."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from openapi_core import Config, OpenAPI
from openapi_core.testing import MockRequest

import dynzuora
from dynzuora._zuora import READ_ONLY_OPERATIONS
from dynzuora.errors import SpecError
from dynzuora.http import Request
from dynzuora.operation import Document, Operation
from tests.generated import body_for, parameters_for

COUNTS = {"2018-08-23": 346, "2020-12-10": 411, "2021-08-20": 428, "2026-05-01": 713}
BUNDLED = ("2020-12-10", "2021-08-20", "2026-05-01")


def prepared_or_fault(operation: Operation, validate: str) -> Request | str:
    try:
        return operation.prepare(body_for(operation), params=parameters_for(operation), validate=validate)
    except SpecError as error:
        return error.pointer


def works_on(document: Document, validate: str) -> list[str]:
    """Prepare every operation; return the pointers of those that the document itself has broken."""
    results = {identifier: prepared_or_fault(op, validate) for identifier, op in document.operations.items()}
    broken = [each for each in results.values() if isinstance(each, str)]
    print(f"\n{document.title} {document.version}: prepared {len(results) - len(broken)} of {len(results)}")
    return broken


@pytest.mark.parametrize("version", COUNTS)
def test_the_number_of_operations_is_right(version: str, full_spec: Any) -> None:
    assert len(dynzuora.load(full_spec(version)).operations) == COUNTS[version]


ASKS = re.compile(r"/(preview|query|queryMore|list|billing-preview)$")


def test_what_asks_by_another_method_than_get_is_known_to_change_nothing(full_spec: Any) -> None:
    documents = [dynzuora.load(full_spec(version)).operations for version in COUNTS]
    operations = {identifier: each for document in documents for identifier, each in document.items()}
    asking = {
        identifier
        for identifier, each in operations.items()
        if each.method != "GET" and (ASKS.search(each.path) or identifier.startswith(("get", "retrieve")))
    }
    assert asking | {"createToken", "queryProductRatePlanChargeWithDynamicPricing"} == READ_ONLY_OPERATIONS


@pytest.mark.parametrize("version", BUNDLED)
def test_the_bundled_documents_have_every_operation(version: str) -> None:
    document = dynzuora.load(version)
    assert (document.version, len(document.operations)) == (version, COUNTS[version])


@pytest.mark.parametrize("version", BUNDLED)
def test_every_bundled_operation_can_be_prepared_from_its_own_schema(version: str) -> None:
    # 2026-05-01 has a `oneOf` whose branches nothing tells apart: no value fits its letter.
    level = "standard" if version == "2026-05-01" else "strict"
    assert works_on(dynzuora.load(version), level) == []


@pytest.mark.parametrize("version", COUNTS)
def test_every_operation_of_a_full_document_can_be_prepared_or_is_named_as_broken(
    version: str, full_spec: Any
) -> None:
    document = dynzuora.load(full_spec(version))
    named = {warning.pointer for warning in document.warnings}
    assert set(works_on(document, "standard")) <= named


def normalised(document: Document) -> dict[str, Any]:
    """The document put together again from its slices: media types merged, repairs and overlay applied."""
    paths: dict[str, dict[str, Any]] = {}
    schemas: dict[str, Any] = {}
    for operation in document.operations.values():
        piece = operation.slice
        fields = ("parameters", "requestBody", "responses")
        item = {"operationId": operation.id, **{field: piece[field] for field in fields if field in piece}}
        for response in item["responses"].values():
            response.setdefault("description", "")  # required by OpenAPI, and prose
        paths.setdefault(operation.path, {})[operation.method.lower()] = item
        schemas |= piece["components"]["schemas"]
    return {
        "openapi": "3.0.0",
        "info": {"title": document.title, "version": document.version},
        "servers": [{"url": "https://sandbox.invalid"}],
        "paths": paths,
        "components": {"schemas": schemas},
    }


@pytest.fixture(scope="module")
def judge() -> OpenAPI:
    config = Config(
        spec_validator_cls=None,
        extra_media_type_deserializers={"application/merge-patch+json": json.loads},  # it knows no +json
    )
    return OpenAPI.from_dict(normalised(dynzuora.load("2020-12-10")), config=config)


def as_openapi_core_sees_it(operation: Operation, request: Request) -> MockRequest:
    parts = urlsplit(request.url)
    body, content_type = request.body, request.headers.get("Content-Type", "")
    if isinstance(body, tuple):
        import urllib3

        fields = [(p.name, (p.filename, p.content) if p.filename else p.content) for p in body]
        body, content_type = urllib3.encode_multipart_formdata(fields)  # type: ignore[arg-type]
    names = [segment[1:-1] for segment in operation.path.split("/") if segment.startswith("{")]
    values = [
        unquote(text)
        for segment, text in zip(operation.path.split("/"), parts.path.split("/"), strict=True)
        if segment.startswith("{")
    ]
    return MockRequest(
        "https://sandbox.invalid",
        request.method.lower(),
        parts.path,
        view_args=dict(zip(names, values, strict=True)),
        args=parse_qsl(parts.query, keep_blank_values=True),
        headers=dict(request.headers),
        data=body,
        content_type=content_type or "application/json",
    )


@pytest.mark.filterwarnings("ignore:Use of allowEmptyValue property is deprecated")  # two operations use it
@pytest.mark.parametrize("identifier", dynzuora.load("2020-12-10").operations)
def test_openapi_core_accepts_every_prepared_request(identifier: str, judge: OpenAPI) -> None:
    operation = dynzuora.load("2020-12-10").operations[identifier]
    request = operation.prepare(body_for(operation), params=parameters_for(operation), validate="strict")
    judge.validate_request(as_openapi_core_sees_it(operation, request))


def test_openapi_core_would_notice_a_wrong_request(judge: OpenAPI) -> None:
    operation = dynzuora.load("2020-12-10").operations["GET_SequenceSets"]
    request = operation.prepare(page_size="many", validate="off")
    with pytest.raises(Exception, match="pageSize"):
        judge.validate_request(as_openapi_core_sees_it(operation, request))


def test_a_document_that_is_not_there_says_what_to_give() -> None:
    with pytest.raises(SpecError, match=str(Path("no/such.json"))):
        dynzuora.load("no/such.json")
