"""The Python arguments of each operation whose signature changed.

Written as in the operation's own signature; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dynzuora._names import argument_names
from dynzuora.comparison.changes import Signature
from dynzuora.comparison.differences import Comparison
from dynzuora.comparison.shapes import Version
from dynzuora.display.cards import python_type
from dynzuora.model import is_shared, schema_of


def signatures(comparison: Comparison) -> Iterator[Signature]:
    """Yield the operations whose arguments differ between the documents."""
    for pair in comparison.pairs:
        old = signature(comparison.old, comparison.old.slices[pair.old])
        new = signature(comparison.new, comparison.new.slices[pair.new])
        if old != new:
            yield Signature(pair.old, old, new)


def signature(version: Version, operation: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the arguments of an operation: ``limit: int | None = None``."""
    parameters = operation["parameters"]
    names = argument_names((parameter["name"], parameter["in"]) for parameter in parameters)
    required_first = sorted(zip(names, parameters, strict=True), key=lambda row: not row[1]["required"])
    arguments = [
        _argument(version, name, parameter) for name, parameter in required_first if not is_shared(parameter)
    ]
    if "requestBody" in operation:
        arguments.append("body: dict" if operation["requestBody"].get("required") else "body: dict = None")
    return tuple(arguments)


def _argument(version: Version, name: str, parameter: Mapping[str, Any]) -> str:
    _, schema = version.resolved(schema_of(parameter))
    text = f"{name}: {python_type(schema)}"
    return text if parameter["required"] else f"{text} | None = None"
