"""The sandbox's replies beside the vendor's own examples of them: which fields have the JSON type shown."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple

from dynzuora import Client, errors
from dynzuora.operation import Document, Operation
from tests.generated import body_for, parameters_for


class Field(NamedTuple):
    """A field that both the sandbox's reply and an example have, and its JSON type in each."""

    operation: str
    path: str
    example: str
    sandbox: str


def compared(document: Document, full: Document) -> Iterator[Field]:
    """Call each operation that has JSON examples in ``full`` in a sandbox of ``document``.

    Yields the scalar fields that are in both the reply and an example.
    """
    client = Client.sandbox(document)
    for operation in full.operations.values():
        examples = [types(example) for example in response_examples(operation)]
        if not any(examples):
            continue
        try:
            reply = client.call(operation.id, body=body_for(operation), params=parameters_for(operation))
        except (errors.DynzuoraError, OSError):
            continue
        shown = types(getattr(reply, "value", reply))
        for path, kind in shown.items():
            kinds = [example[path] for example in examples if path in example]
            if kinds:
                yield Field(operation.id, path, kind if kind in kinds else kinds[0], kind)


def response_examples(operation: Operation) -> list[Any]:
    """Return the examples of an operation's success, decoded if they are JSON text."""
    values = []
    for example in operation.model.reply.examples:
        try:
            values.append(json.loads(example) if isinstance(example, str) else example)
        except ValueError:
            continue
    return values


def types(value: Any, path: str = "") -> dict[str, str]:
    """Return path → JSON type of every value that is not null, an object or a list."""
    if isinstance(value, dict):
        return {
            where: kind
            for name, inner in value.items()
            for where, kind in types(inner, f"{path}.{name}").items()
        }
    if isinstance(value, list):
        return {where: kind for inner in value for where, kind in types(inner, f"{path}[]").items()}
    if value is None:
        return {}
    is_number = isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)
    return {path: "number" if is_number else type(value).__name__}


def summary(fields: list[Field]) -> str:
    """Return the share of fields that agree, and the disagreements by type."""
    agreeing = sum(field.example == field.sandbox for field in fields)
    pairs = Counter(
        f"{field.example} shown as {field.sandbox}" for field in fields if field.example != field.sandbox
    )
    return f"{agreeing} of {len(fields)} ({agreeing / len(fields):.2%}); {dict(pairs)}"
