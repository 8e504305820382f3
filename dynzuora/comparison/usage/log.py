"""Uses read from the log that a client writes (``Client(usage_log=…)``): names, never values.

One JSON object per line: ``{"operation": id, "arguments": [names], "body": [dotted
field names]}``. Lists are passed silently, as in ``sequenceSets.name``. A log tells what
is called by code that cannot be read.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from dynzuora.comparison.usage.values import UNKNOWN, Doubt, Entry, Place, Table, Use

SUFFIXES = (".jsonl", ".ndjson", ".log")


def uses_in(path: Path, resolve: Callable[[str], str]) -> tuple[list[Use], list[Doubt]]:
    """Return one use for each different line of a log, at the first line that says so."""
    uses: dict[str, Use] = {}
    doubts: list[Doubt] = []
    with open(path, encoding="utf-8") as file:
        for number, text in enumerate(file, 1):
            place = Place(path.as_posix(), number)
            if text.strip() and text not in uses:
                try:
                    use = _use(json.loads(text), place, resolve)
                except (ValueError, KeyError, TypeError, AttributeError):
                    doubts.append(Doubt(place, text.strip()[:80], "is no line of a usage log"))
                    continue
                if use.operation:
                    uses[text] = use
                else:
                    why = "names an operation that neither document has"
                    doubts.append(Doubt(place, text.strip()[:80], why))
    return list(uses.values()), doubts


def _use(record: Mapping[str, Any], place: Place, resolve: Callable[[str], str]) -> Use:
    use = Use(resolve(record["operation"]), place, "log")
    use.arguments = {str(name): Entry(UNKNOWN, place) for name in record.get("arguments", ())}
    if record.get("body"):
        table = Table()
        for field in record["body"]:
            _put(table, field.split("."), place)
        use.body = Entry(table, place)
    return use


def _put(table: Table, names: list[str], place: Place) -> None:
    first, *rest = names
    entry = table.entries.setdefault(first, Entry(Table() if rest else UNKNOWN, place))
    if rest:
        if not isinstance(entry.value, Table):
            entry = table.entries[first] = Entry(Table(), place)
        assert isinstance(entry.value, Table)
        _put(entry.value, rest, place)
