"""The arguments that a changed operation takes from Python, before and now.

The same words as an operation's own signature, which a test holds it to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dynzuora._names import argument_names
from dynzuora.comparison.changes import Signature
from dynzuora.comparison.facts import Comparison
from dynzuora.comparison.shapes import Version
from dynzuora.display.cards import python_type
from dynzuora.model import is_shared, schema_of


def signatures(comparison: Comparison) -> Iterator[Signature]:
    """Yield each operation in both documents whose arguments are not the same in both."""
    for pair in comparison.pairs:
        old = signature(comparison.old, comparison.old.slices[pair.old])
        new = signature(comparison.new, comparison.new.slices[pair.new])
        if old != new:
            yield Signature(pair.old, old, new)


def signature(version: Version, cut: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the arguments of an operation: ``limit: int | None = None``."""
    spelled = argument_names((each["name"], each["in"]) for each in cut["parameters"])
    named = zip(spelled, cut["parameters"], strict=True)
    shown = [
        _argument(version, name, each)
        for name, each in sorted(named, key=lambda pair: not pair[1]["required"])
        if not is_shared(each)
    ]
    if "requestBody" in cut:
        shown.append("body: dict" if cut["requestBody"].get("required") else "body: dict = None")
    return tuple(shown)


def _argument(version: Version, name: str, parameter: Mapping[str, Any]) -> str:
    _, schema = version.resolved(schema_of(parameter))
    text = f"{name}: {python_type(schema)}"
    return text if parameter["required"] else f"{text} | None = None"
