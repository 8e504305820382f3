"""Uses read from the log that a client writes (``Client(usage_log=…)``): names, never values.

One JSON object per line: ``{"operation": id, "arguments": [names], "body": [dotted field
names]}``. Lists are skipped, as in ``sequenceSets.name``. A log covers calls by code that
cannot be read.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from dynzuora.comparison.usage.results import SourceLocation, Unresolved
from dynzuora.comparison.usage.values import UNKNOWN, DictValue, Item, Use

SUFFIXES = (".jsonl", ".ndjson", ".log")


def uses_in(path: Path, resolve: Callable[[str], str]) -> tuple[list[Use], list[Unresolved]]:
    """Return one use for each different line of a log, located at its first occurrence."""
    uses: dict[str, Use] = {}
    unresolved: list[Unresolved] = []
    with open(path, encoding="utf-8") as file:
        for number, text in enumerate(file, 1):
            if not text.strip() or text in uses:
                continue
            location = SourceLocation(path.as_posix(), number)
            why = "names an operation that neither document has"
            try:
                use = _use(json.loads(text), location, resolve)
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
                use, why = None, "is not a line of a usage log"
            if use and use.operation:
                uses[text] = use
            else:
                unresolved.append(Unresolved(location, text.strip()[:80], why))
    return list(uses.values()), unresolved


def _use(record: Mapping[str, Any], location: SourceLocation, resolve: Callable[[str], str]) -> Use:
    use = Use(resolve(record["operation"]), location, "log", record["operation"])
    use.arguments = {str(name): Item(UNKNOWN, location) for name in record.get("arguments", ())}
    if record.get("body"):
        body = DictValue()
        for field in record["body"]:
            _put(body, field.split("."), location)
        use.body = Item(body, location)
    return use


def _put(body: DictValue, names: list[str], location: SourceLocation) -> None:
    for name in names[:-1]:
        inner = body.fields[name].value if name in body.fields else UNKNOWN
        if not isinstance(inner, DictValue):
            inner = DictValue()
            body.fields[name] = Item(inner, location)
        body = inner
    body.fields.setdefault(names[-1], Item(UNKNOWN, location))
