"""Drift: what replies have that the document does not, counted, and the overlay that corrects it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from dynzuora import _redaction
from dynzuora._text import cut
from dynzuora.display import text_table
from dynzuora.http import EndedAttempt, Request
from dynzuora.model import Content, Schemas, takes_null
from dynzuora.operation import Document, Operation
from dynzuora.recording.judging import Judge
from dynzuora.recording.tries import Try
from dynzuora.replies import failures
from dynzuora.schema.checking import location
from dynzuora.schema.fields import strangers

if TYPE_CHECKING:
    import pandas

_MOST = 10_000
"""How many distinct deviations are counted. More come from a field whose values are not an enumeration."""

_LONGEST = 100


class Deviation(NamedTuple):
    """Something that replies of an operation have and the document does not.

    ``field`` is its path, ``[]`` for every item of a list; ``kind`` is ``field``, ``type`` or
    ``enum``. ``found`` is the type, or the value for ``enum``; ``declared`` what the document
    says instead. ``replies`` counts the replies that have it.
    """

    operation: str
    field: str
    kind: str
    found: str
    declared: str
    replies: int


class _Key(NamedTuple):
    operation: str
    field: str
    kind: str
    found: str
    declared: str


class _Place(NamedTuple):
    """A schema that a value must match, or may match, and its JSONPath in the document."""

    schema: Mapping[str, Any]
    path: str


class Drift:
    """An ``on_attempt`` that compares replies with the document. Thread-safe.

    ``drift.rows``, ``drift.to_df()`` and ``repr`` are the table; ``drift.to_overlay()`` is an OpenAPI
    Overlay with which a document declares all of it.
    """

    def __init__(self, document: Document) -> None:
        self._document = document
        self._lock = threading.Lock()
        self._counts: Counter[_Key] = Counter()
        self._corrections: dict[_Key, tuple[dict[str, Any], ...]] = {}

    @classmethod
    def of(cls, tries: Iterable[Try], document: Document) -> Drift:
        """Return the drift of a recording from a document, whatever version it was recorded with."""
        drift = cls(document)
        judge = Judge(document)
        for entry in tries:
            operation = judge.operation(entry)
            if operation is not None and entry.response.form == "json":
                drift.add(operation, entry.status, entry.response.value)
        return drift

    def __call__(self, request: Request, attempt: EndedAttempt) -> None:
        """Compare the reply of an attempt."""
        operation = self._document.operations.get(request.operation_id)
        if operation is not None and attempt.response is not None and attempt.error is None:
            self.add(operation, attempt.response.status, attempt.reply)

    def add(self, operation: Operation, status: int, reply: Any) -> None:
        """Compare a reply with what the operation declares for a success."""
        declared = operation.model.reply
        if not (200 <= status < 300 and declared.has_json_schema):
            return
        value = _plain(reply)
        if isinstance(value, (dict, list)) and failures.failure_of(value, status) is None:
            self._count(dict(_Comparison(operation, declared).deviations(value)))

    def _count(self, deviations: Mapping[_Key, tuple[dict[str, Any], ...]]) -> None:
        with self._lock:
            for key, corrections in deviations.items():
                if key in self._counts or len(self._counts) < _MOST:
                    self._counts[key] += 1
                    self._corrections[key] = corrections

    @property
    def rows(self) -> list[Deviation]:
        """What was counted, by operation and field."""
        with self._lock:
            return [Deviation(*key, replies) for key, replies in sorted(self._counts.items())]

    def __iter__(self) -> Iterator[Deviation]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self._counts)

    def to_df(self) -> pandas.DataFrame:
        """Return the rows as a pandas DataFrame. Raises ImportError without pandas."""
        import pandas

        return pandas.DataFrame(self.rows, columns=list(Deviation._fields))

    def to_overlay(self) -> dict[str, Any]:
        """Return an OpenAPI Overlay 1.0 that declares what was found, as plain values.

        A field is added with its type, a value to its enumeration; where replies have another type
        than the declared one, any type is allowed. The actions lead to the operation, so a response that
        the document states by reference (``#/components/responses/…``) is not corrected.
        """
        with self._lock:
            actions = {
                repr(action): action for key in sorted(self._counts) for action in self._corrections[key]
            }
        version = self._document.version
        return {
            "overlay": "1.0.0",
            "info": {"title": f"What replies have that {version} does not declare", "version": version},
            "actions": [*actions.values()],
        }

    def __repr__(self) -> str:
        rows = self.rows
        if not rows:
            return f"No reply has anything that {self._document.version} does not declare."
        return text_table(Deviation._fields, [[*map(str, row)] for row in rows])


class _Comparison:
    """One reply beside the schema of its operation."""

    def __init__(self, operation: Operation, declared: Content) -> None:
        self._operation = operation
        self._declared = declared
        self._schemas = operation.model.schemas
        path = (
            f"$.paths{_member(operation.path)}.{operation.method.lower()}.responses{_member(declared.status)}"
            f".content{_member(declared.media_type)}.schema"
        )
        self._root = [*_alternatives(self._schemas, declared.schema, path)]

    def deviations(self, value: Any) -> Iterator[tuple[_Key, tuple[dict[str, Any], ...]]]:
        yield from self._unknown_fields(value)
        yield from self._wrong_values(value, self._root, "reply")

    def _unknown_fields(self, value: Any) -> Iterator[tuple[_Key, tuple[dict[str, Any], ...]]]:
        top = location(self._declared.schema, self._operation.components)
        for stranger in strangers(value, top):
            places, field = self._root, "reply"
            for step in stranger.steps[:-1]:
                places, field = self._below(places, step), field + _written(step)
            name = str(stranger.steps[-1])
            kind = _type_of(stranger.value)
            schema = {} if kind == "null" else {"type": kind}
            holder = next((place for place in places if "properties" in place.schema), None)
            update = {"properties": {name: schema}}
            corrections = ({"target": holder.path, "update": update},) if holder else ()
            key = _Key(self._operation.id, f"{field}.{name}", "field", kind, "")
            yield key, corrections

    def _wrong_values(
        self, value: Any, places: list[_Place], field: str
    ) -> Iterator[tuple[_Key, tuple[dict[str, Any], ...]]]:
        typed = [place for place in places if "type" in place.schema]
        listing = [place for place in places if "enum" in place.schema]
        kind = _type_of(value)
        if value == _redaction.MASK:  # a recording does not have what it was
            return
        if value is None:
            if places and not any(takes_null(place.schema, self._schemas.components) for place in places):
                declared = " or ".join(sorted({str(place.schema.get("type", "")) for place in places}))
                corrections: list[dict[str, Any]] = [
                    {"target": place.path, "update": {"nullable": True}} for place in places
                ]
                yield _Key(self._operation.id, field, "type", kind, declared), tuple(corrections)
            return
        if typed and not any(_is_a(value, place.schema["type"]) for place in typed):
            removed = [
                f"{place.path}.{word}" for place in typed for word in ("type", "enum") if word in place.schema
            ]
            corrections = [{"target": path, "remove": True} for path in removed]
            declared = " or ".join(sorted({str(place.schema["type"]) for place in typed}))
            kind = "number" if kind == "integer" else kind  # 0 and 0.50 are one deviation
            yield _Key(self._operation.id, field, "type", kind, declared), tuple(corrections)
        elif listing and len(listing) == len(typed or places) and not isinstance(value, (dict, list)):
            if not any(value in place.schema["enum"] for place in listing):
                shown = cut(_redaction.in_text(str(value)), _LONGEST)
                declared = ", ".join(str(known) for known in listing[0].schema["enum"])
                corrections = [{"target": place.path, "update": {"enum": [value]}} for place in listing]
                key = _Key(self._operation.id, field, "enum", shown, cut(declared, _LONGEST))
                yield key, tuple(corrections)
        elif isinstance(value, (dict, list)):
            for step, item in value.items() if isinstance(value, dict) else enumerate(value):
                below = self._below(places, step)
                if below:
                    yield from self._wrong_values(item, below, field + _written(step))

    def _below(self, places: list[_Place], step: Any) -> list[_Place]:
        below: dict[str, _Place] = {}
        for schema, path in places:
            if isinstance(step, int):
                part, end = schema.get("items"), ".items"
            else:
                part, end = schema.get("properties", {}).get(step), f".properties{_member(step)}"
            if part is not None:
                below |= {place.path: place for place in _alternatives(self._schemas, part, path + end)}
        return [*below.values()]


def _alternatives(
    schemas: Schemas, schema: Any, path: str, above: frozenset[str] = frozenset()
) -> Iterator[_Place]:
    """Yield a schema and those in its ``allOf``, ``oneOf`` and ``anyOf``, each with its path."""
    name, target = schemas.resolved(schema)
    path = f"$.components.schemas{_member(name)}" if name else path
    if path in above:
        return
    yield _Place(target, path)
    for word in ("allOf", "oneOf", "anyOf"):
        for number, part in enumerate(target.get(word, ())):
            yield from _alternatives(schemas, part, f"{path}.{word}[{number}]", above | {path})


def _plain(reply: Any) -> Any:
    value = getattr(reply, "value", reply)
    if isinstance(value, dict):
        return dict(value)
    return list(value) if isinstance(value, list) else value


def _member(name: str) -> str:
    """Return a step of a JSONPath (RFC 9535, 2.3.1)."""
    escaped = name.replace("\\", "\\\\").replace("'", "\\'")
    return f"['{escaped}']"


def _written(step: Any) -> str:
    return "[]" if isinstance(step, int) else f".{step}"


_TYPES: dict[type, str] = {
    bool: "boolean",
    int: "integer",
    float: "number",
    Decimal: "number",
    str: "string",
    list: "array",
    dict: "object",
    type(None): "null",
}


def _type_of(value: Any) -> str:
    return _TYPES[type(value)]


def _is_a(value: Any, declared: Any) -> bool:
    types = declared if isinstance(declared, list) else [declared]
    kind = _type_of(value)
    if kind in types or (kind == "integer" and "number" in types):
        return True
    return kind == "number" and "integer" in types and value == int(value)
