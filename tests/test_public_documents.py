"""Documents of other vendors, whole: every operation is prepared, and openapi-core judges the requests.

``DYNZUORA_PUBLIC`` names a folder of checkouts, ``OWNER/NAME``; ``tests/data/public-documents.tsv``
has their commits, and docs/testing.md shows it.
"""

from __future__ import annotations

import copy
import json
import os
import re
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
import yaml
from openapi_core import Config, OpenAPI
from openapi_core.testing import MockRequest

import dynzuora
from dynzuora.errors import InvalidRequest, SpecError
from dynzuora.http import Request
from dynzuora.operation import Document, Operation
from dynzuora.transport import uploads
from dynzuora.transport.credentials import Proof
from tests.generated import body_for, parameters_for

ROOT = Path(__file__).parents[1]


class Row(NamedTuple):
    """A document: where it is, whether it needs other files, its operations, and whether it is judged."""

    repository: str
    commit: str
    path: str
    operations: int
    more: str

    @property
    def name(self) -> str:
        return f"{self.repository}/{self.path}"


def rows(file: str) -> list[list[str]]:
    lines = ROOT.joinpath("tests/data", file).read_text("utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


DOCUMENTS = [Row(*row[:3], int(row[3]), row[4]) for row in rows("public-documents.tsv")]
REASONS = {(name, operation): reason for name, operation, reason in rows("public-refusals.tsv")}
"""(Document, operation) → why no request can be made of its own schema, by the message."""

DEVIATIONS = {(name, operation): reason for name, operation, reason in rows("public-deviations.tsv")}
"""(Document, operation) → what openapi-core says of a prepared request, and who is right."""

EVERY = pytest.mark.parametrize("row", DOCUMENTS, ids=lambda row: row.name)
JUDGED = pytest.mark.parametrize(
    "row", [row for row in DOCUMENTS if row.more == "judged"], ids=lambda row: row.name
)


def file_of(row: Row) -> Path:
    folder = os.environ.get("DYNZUORA_PUBLIC")
    if not folder:
        pytest.skip("DYNZUORA_PUBLIC is not set: see docs/testing.md")
    path = Path(folder, row.repository, row.path)
    if not path.is_file():
        pytest.skip(f"there is no {row.name} in {folder}")
    return path


def loaded(row: Row) -> Document:
    return dynzuora.load(file_of(row), external_files=row.more == "files")


def prepared_or_reason(operation: Operation) -> Request | str:
    try:
        return operation.prepare(body_for(operation), params=parameters_for(operation), validate="strict")
    except SpecError as error:
        return error.pointer
    except InvalidRequest as error:
        return str(error.problems[0])


@pytest.mark.slow
@EVERY
def test_every_operation_is_prepared_from_its_own_schema_or_has_its_reason(row: Row) -> None:
    document = loaded(row)
    results = {id: prepared_or_reason(operation) for id, operation in document.operations.items()}
    refused = {id: text for id, text in results.items() if isinstance(text, str)}
    expected = {id: reason for (name, id), reason in REASONS.items() if name == row.name}
    assert (len(results), refused) == (row.operations, expected)


@pytest.mark.slow
@EVERY
def test_a_document_compares_equal_to_itself(row: Row) -> None:
    assert dynzuora.diff(loaded(row), loaded(row)).changes == ()


@pytest.mark.slow
def test_the_many_files_of_a_vendor_compare_equal_to_its_own_bundle() -> None:
    bundle, sources = (
        next(row for row in DOCUMENTS if row.name == f"getlago/lago-openapi/{path}")
        for path in ("openapi.yaml", "src/openapi.yaml")
    )
    changes = dynzuora.diff(loaded(bundle), loaded(sources)).changes
    # The vendor's index of schemas has this name with a letter too many.
    assert [(change.id, change.old) for change in changes] == [
        ("schema-renamed", "CustomerPaymentProviderErrorObject")
    ]


# -- openapi-core ---------------------------------------------------------------------------


def judge(path: Path) -> OpenAPI:
    """openapi-core with the document as its vendor wrote it; no addresses and no credentials."""
    text = path.read_text("utf-8")
    document = json.loads(text) if path.suffix == ".json" else yaml.load(text, YAML12)
    document["servers"] = [{"url": "https://vendor.invalid"}]
    for item in document["paths"].values():
        for node in (item, *(value for value in item.values() if isinstance(value, dict))):
            node.pop("servers", None)
            node.pop("security", None)
    document.pop("security", None)
    return OpenAPI.from_dict(document, config=Config(spec_validator_cls=None))


class YAML12(yaml.CSafeLoader):
    """YAML without the dates of YAML 1.1, as OpenAPI has it."""


YAML12.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in copy.copy(YAML12.yaml_implicit_resolvers).items()
}


def as_it_arrives(operation: Operation, request: Request) -> MockRequest:
    message = uploads.message(request, Proof())
    body = message.body if isinstance(message.body, bytes | None) else message.body.read()
    uploads.close(message)
    parts = urlsplit(request.url)
    template = re.sub(r"\\\{([^{}]*)\\\}", "([^/]*)", re.escape(operation.path))
    match = re.fullmatch(template, parts.path)
    assert match is not None
    names = re.findall(r"\{([^{}]*)\}", operation.path)
    return MockRequest(
        "https://vendor.invalid",
        request.method.lower(),
        parts.path,
        view_args=dict(zip(names, map(unquote, match.groups()), strict=True)),
        args=parse_qsl(parts.query, keep_blank_values=True),
        headers=dict(message.headers),
        cookies=dict(parse_qsl(request.headers.get("Cookie", ""), separator=";")),
        data=body,
        content_type=message.headers.get("Content-Type") or "application/json",
    )


def objection(core: OpenAPI, operation: Operation) -> str:
    """What openapi-core says of the request; empty if it accepts it."""
    request = prepared_or_reason(operation)
    if isinstance(request, str):
        return ""
    try:
        core.validate_request(as_it_arrives(operation, request))
    except Exception as error:
        return causes(error)
    return ""


def causes(error: BaseException | None) -> str:
    said = []
    while error is not None:
        said.append(f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"[:160])
        errors = getattr(error, "schema_errors", ()) or ()
        said += [str(each.message)[:160] for each in list(errors)[:2]]
        error = error.__cause__
    return " ← ".join(said)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # openapi-core's, of deprecated parameters
@JUDGED
def test_openapi_core_accepts_every_prepared_request_or_the_deviation_is_known(row: Row) -> None:
    core = judge(file_of(row))
    document = loaded(row)
    objections = {id: objection(core, operation) for id, operation in document.operations.items()}
    assert {id for id, text in objections.items() if text} == {
        id for name, id in DEVIATIONS if name == row.name
    }


def test_the_page_about_testing_has_each_document_with_its_commit() -> None:
    page = ROOT.joinpath("docs/testing.md").read_text("utf-8")
    shown = re.findall(r"^\| `([0-9a-f]{40})` \| (\S+) \| (\d+) \|", page, re.MULTILINE)
    assert shown == [(row.commit, row.repository, str(row.operations)) for row in DOCUMENTS]
