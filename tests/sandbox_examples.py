"""The sandbox's replies beside the vendor's examples of them, field by field: presence, type, spelling."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple

from dynzuora import Client, errors
from dynzuora._names import canonical
from dynzuora.operation import Document, Operation
from tests.generated import body_for, parameters_for


class Field(NamedTuple):
    """A field of an example, and its JSON type there and in the sandbox's reply; None where it is not there.

    ``spelled`` is how the reply spells a field that the example spells otherwise.
    """

    operation: str
    path: str
    example: str
    sandbox: str | None
    spelled: str = ""


def compared(document: Document, full: Document) -> Iterator[Field]:
    """Call each operation that has JSON examples in ``full`` in a sandbox of ``document``.

    Yields the scalar fields of the example that is most like the reply, and those of the others
    that the reply has.
    """
    client = Client.sandbox(document)
    for operation in full.operations.values():
        examples = [types(example) for example in response_examples(operation)]
        if not any(examples):
            continue
        required = parameters_for(operation, required_only=True)
        try:
            reply = client.call(operation.id, body=body_for(operation), params=required)
        except (errors.DynzuoraError, OSError):
            continue
        shown = types(getattr(reply, "value", reply))
        spellings = {canonical(path): path for path in shown}
        nearest = max(examples, key=lambda example: len(example.keys() & shown.keys()))
        paths = [*nearest, *(path for path in shown if path not in nearest)]
        for path in paths:
            kinds = [example[path] for example in examples if path in example]
            if kinds:
                kind = shown.get(path)
                spelled = "" if kind else spellings.get(canonical(path), "")
                yield Field(operation.id, path, kind if kind in kinds else kinds[0], kind, spelled)


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
    """Return the shares of fields that are there and that agree, and the disagreements by type."""
    there = [field for field in fields if field.sandbox]
    agreeing = sum(field.example == field.sandbox for field in there)
    pairs = Counter(
        f"{field.example} shown as {field.sandbox}" for field in there if field.example != field.sandbox
    )
    return (
        f"{len(there)} of {len(fields)} there ({len(there) / len(fields):.2%}), "
        f"{agreeing} of these of the same type ({agreeing / len(there):.2%}); {dict(pairs)}"
    )
