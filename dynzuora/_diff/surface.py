"""How a changed operation is called from Python, before and now.

The same words as an operation's own signature, which a test holds it to; written here because
operations stand above comparisons.
"""

from __future__ import annotations

import keyword
from collections.abc import Iterator, Mapping
from typing import Any

from dynzuora import _zuora
from dynzuora._diff.changes import Signature
from dynzuora._diff.facts import Comparison
from dynzuora._diff.shapes import Schema, Version
from dynzuora._names import canonical

_TYPES = {
    "string": "str",
    "integer": "int",
    "number": "Decimal",
    "boolean": "bool",
    "array": "list",
    "object": "dict",
}

_SHARED = frozenset(map(canonical, _zuora.SHARED_HEADERS))
_TAKEN = ("body", "params", "self")


def signatures(comparison: Comparison) -> Iterator[Signature]:
    """Yield each operation in both documents whose signature is not the same in both."""
    for pair in comparison.pairs:
        old = signature(comparison.old, comparison.old.slices[pair.old])
        new = signature(comparison.new, comparison.new.slices[pair.new])
        if old != new:
            yield Signature(pair.old, old, new)


def signature(version: Version, cut: Mapping[str, Any]) -> str:
    """Return how an operation is called: ``GET_Pets(*, limit: int | None = None)``."""
    forms = [canonical(each["name"]) for each in cut["parameters"]]
    shown = [
        _argument(version, each, clash=forms.count(canonical(each["name"])) > 1)
        for each in sorted(cut["parameters"], key=lambda each: not each["required"])
        if each["in"] != "header" or canonical(each["name"]) not in _SHARED
    ]
    if "requestBody" in cut:
        shown.append("body: dict" if cut["requestBody"].get("required") else "body: dict = None")
    return f"{cut['id']}({', '.join(['*', *shown]) if shown else ''})"


def _argument(version: Version, parameter: Mapping[str, Any], *, clash: bool) -> str:
    name = argument_name(parameter["name"], parameter["in"], clash=clash)
    type = _annotation(_schema(version, parameter))
    return f"{name}: {type}" if parameter["required"] else f"{name}: {type} | None = None"


def _schema(version: Version, parameter: Mapping[str, Any]) -> Schema:
    schema = parameter.get("schema")
    if schema is None:
        schema = next((each.get("schema", {}) for each in parameter.get("content", {}).values()), {})
    return version.resolved(schema)[1]


def _annotation(schema: Schema) -> str:
    choices = schema.get("enum", ())
    if choices and all(isinstance(each, str) for each in choices):
        return f"Literal[{', '.join(map(repr, choices))}]"
    return _TYPES.get(str(schema.get("type")), "Any")


def argument_name(name: str, location: str, *, clash: bool = False) -> str:
    """Return a parameter's name as a Python argument: ``account-key`` → ``account_key``."""
    text = "".join(each if each.isalnum() else "_" for each in name).strip("_") or "_"
    if clash:
        text += f"_in_{location}"
    if text[0].isdigit():
        text = f"_{text}"
    return f"{text}_" if keyword.iskeyword(text) or text in _TAKEN else text
