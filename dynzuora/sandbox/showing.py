"""A record as one schema shows it: the schema's own spelling, casing and types.

The same account answers to ``basicInfo.accountNumber``, ``AccountNumber`` and ZOQL.
What is kept by canonical name is laid onto the schema (`project`); `schema.compose`
then guarantees that the result is valid to the letter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from dynzuora import _json, _zuora
from dynzuora._names import canonical
from dynzuora._references import MISSING
from dynzuora.model import ANYTHING, Schema, Shape
from dynzuora.sandbox.ledger import Ledger
from dynzuora.sandbox.store import Record
from dynzuora.schema import compose

FAULTS = frozenset({"reasons", "processId", "errors", "Errors", "Reasons", "ProcessId"})
"""Properties that only a refusal fills."""

CONTINUATIONS = frozenset({"nextPage", "next", "next_page", "queryLocator"})
"""Properties that lead to more; filled by paging alone."""

_UNWANTED = FAULTS | CONTINUATIONS

SUCCESS = ("success", "Success")
WRAPPERS = frozenset({"data"})


def show(ledger: Ledger, record: Record, shape: Shape, example: Any = None) -> Any:
    """Return ``record`` as an instance of ``shape``, kept until anything changes that it may show.

    An invented record shows the document's example, or one made from the schema.
    """
    kept = record.shown.get(id(shape))
    version = record.changes if record.invented else ledger.store.now  # an example is tied to nothing
    if kept is None or kept[0] is not shape or kept[1] != version:
        kept = shape, version, _show(ledger, record, shape, example)
        record.shown[id(shape)] = kept
    return kept[2]


def _show(ledger: Ledger, record: Record, shape: Shape, example: Any) -> Any:
    projected = project(ledger, record, shape)
    if record.invented:
        schema = without(shape.schema, _UNWANTED)
        return _pruned(compose(schema, projected, fill=False, model=_model(ledger, shape, example)))
    return compose(without(shape.schema, _UNWANTED), projected, fill=False)


def _model(ledger: Ledger, shape: Shape, example: Any) -> Any:
    """Return what every invented record of a shape has: making it takes far longer than changing it."""
    key = id(shape), example is None
    kept = ledger.store.models.get(key)
    if kept is None or kept[0] is not shape:
        kept = ledger.store.models[key] = shape, filled(shape.schema, example)
    return kept[1]


def filled(schema: Schema, *sources: Any) -> Any:
    """Return a whole instance of ``schema`` from the sources, the rest made up; no errors, no next links."""
    values = [_without_names(source, _UNWANTED) for source in sources if source is not None]
    return _pruned(compose(without(schema, _UNWANTED), *values))


def valid(shape: Shape, value: Any) -> Any:
    """Return what of ``value`` is valid under ``shape``."""
    return compose(shape.schema, *_present([fit(value, shape)]), fill=False)


def project(ledger: Ledger, record: Record, shape: Shape, depth: int = 0) -> dict[str, Any]:
    """Return what ``record`` knows of the properties of ``shape``, in their spelling and types."""
    result: dict[str, Any] = {}
    for name, sub in shape.fields.items():
        if name in FAULTS or name in CONTINUATIONS or name in SUCCESS:
            continue
        form = canonical(name)
        value = ledger.resolve(record, form)
        if value is MISSING and depth < 3:
            value = _nested(ledger, record, form, sub, depth)
        if value is not MISSING:
            value = fit(value, sub, ledger.rules.synonyms)
        if value is not MISSING:
            result[name] = value
            if name in WRAPPERS and isinstance(value, dict):
                value |= _undeclared(ledger, record)
    if depth == 0:
        result |= _own_fields(record, shape)
    return result


def _undeclared(ledger: Ledger, record: Record) -> dict[str, Any]:
    names = ledger.rules.kind(record.kind).undeclared
    return {name: record[name] for name in names if record.value(canonical(name)) is not None}


def _nested(ledger: Ledger, record: Record, form: str, shape: Shape, depth: int) -> Any:
    """Answer a property that is an object or a list of other records."""
    if shape.type == "object":
        if form in ledger.rules.kind(record.kind).sections or form == record.kind or form in WRAPPERS:
            return project(ledger, record, shape, depth + 1)
        other = ledger.referred(record, form)
        if other is not None:
            return project(ledger, other, shape, depth + 1)
    elif shape.is_array and not record.invented:
        kind = ledger.kind_of(form)
        if kind != record.kind and kind in ledger.families.kinds:
            rows = ledger.children(record, kind)
            row = shape.items or ANYTHING
            return [project(ledger, item, row, depth + 1) for item in rows] or MISSING
    return MISSING


def _own_fields(record: Record, shape: Shape) -> dict[str, Any]:
    """Return the tenant's own fields, which no schema lists: custom fields, and any of a custom object."""
    declared = {canonical(name) for name in shape.fields}
    values: dict[str, Any] = dict(record)
    if isinstance(values.get("customFields"), Mapping) and "customFields" not in shape.fields:
        values |= values.pop("customFields")
    is_open = record.kind == "record" and shape.words.get("additionalProperties", True) is not False
    return {
        name: value
        for name, value in values.items()
        if canonical(name) not in declared and (is_open or name.endswith(_zuora.CUSTOM_FIELD_SUFFIXES))
    }


def flagged(value: dict[str, Any], shape: Shape) -> dict[str, Any]:
    """Set the success flags that ``shape`` has and admits."""
    for name, sub in shape.properties.items():
        if name in SUCCESS and sub.type in ("", "boolean", "string") and _admits(shape, name):
            value[name] = fit(True, sub)
    return value


def _admits(shape: Shape, name: str) -> bool:
    """Whether no part of ``shape`` says that anything it does not name is an object."""
    others = [
        part.schema.get("additionalProperties", True)
        for part in shape.parts
        if name not in part.schema.get("properties", {})
    ]
    return not any(rest is False or (isinstance(rest, Mapping) and "type" in rest) for rest in others)


def fit(value: Any, shape: Shape, synonyms: tuple[frozenset[str], ...] = ()) -> Any:
    """Return ``value`` as ``shape`` spells it: names, number or text, the enum's own word.

    `MISSING` for text that is not a date or not a UUID where one is required.
    """
    if isinstance(value, Mapping):
        return _fit_object(value, shape, synonyms)
    if isinstance(value, list):
        fitted = (fit(item, shape.items or ANYTHING, synonyms) for item in value)
        return [item for item in fitted if item is not MISSING]
    value = _retyped(value, shape.type)
    if "enum" in shape.words and value not in shape.words["enum"]:
        return _in_enum(value, shape.words["enum"], synonyms)
    write = _FORMATS.get(shape.format)
    if write is None or not isinstance(value, str):
        return value
    written = write(value)
    if isinstance(written, str) and len(written) > shape.words.get("maxLength", len(written)):
        return value.replace("-", "")  # 2026-05-01 has UUIDs of at most 32 characters
    return written


def first_fitting(shape: Shape, *values: Any) -> Any:
    """Return the first of ``values`` that ``shape`` takes, or one made up."""
    return compose(
        shape.schema, *_present(fit(candidate, shape) for candidate in values if candidate is not None)
    )


def _present(values: Iterable[Any]) -> Iterable[Any]:
    return (value for value in values if value is not MISSING)


def _fit_object(
    value: Mapping[str, Any], shape: Shape, synonyms: tuple[frozenset[str], ...]
) -> dict[str, Any]:
    properties = shape.fields
    names = {canonical(name): name for name in properties}
    result: dict[str, Any] = {}
    for name, item in value.items():
        declared = name if name in properties else names.get(canonical(name), "")
        if declared:
            fitted = fit(item, properties[declared], synonyms)
            if fitted is not MISSING:
                result[declared] = fitted
        elif not properties or name.endswith(_zuora.CUSTOM_FIELD_SUFFIXES):
            result[name] = item
    return result


_DATE = re.compile(r"(\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]))", re.ASCII)
_MOMENT = re.compile(
    _DATE.pattern + r"(?:[T ](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?",
    re.ASCII,
)


def _as_moment(text: str) -> Any:
    match = _MOMENT.fullmatch(text)
    if match is None:
        return MISSING
    return f"{text} 00:00:00" if text == match[1] else text


def _as_date(text: str) -> Any:
    match = _MOMENT.fullmatch(text)
    return MISSING if match is None else match[1]


def _as_uuid(text: str) -> Any:
    try:
        return str(UUID(text))
    except ValueError:
        return MISSING


_FORMATS = {"date-time": _as_moment, "date": _as_date, "uuid": _as_uuid}
"""Format → how it is written. A moment has no T and no zone where the tenant wrote it, as with Zuora."""


def _retyped(value: Any, kind: Any) -> Any:
    if kind == "string" and isinstance(value, (int, Decimal, float)):
        if isinstance(value, bool):
            return str(value).lower()
        return _json.number_text(value) if isinstance(value, Decimal) else str(value)
    if kind in ("number", "integer") and isinstance(value, str):
        try:
            number = Decimal(value)
        except InvalidOperation:
            return value
        if not is_ordinary(number):
            return value
        return int(number) if number == number.to_integral_value() else number
    if kind == "integer" and isinstance(value, Decimal) and is_ordinary(value) and value == int(value):
        return int(value)
    if kind == "boolean" and isinstance(value, str):
        return {"true": True, "yes": True, "false": False, "no": False}.get(value.lower(), value)
    return value


def is_ordinary(number: Decimal) -> bool:
    """Whether a number is one that can be written out and reckoned with: ``1E+999999`` is not."""
    return number.is_finite() and abs(number.adjusted()) < _MOST_DIGITS


_MOST_DIGITS = 100


def _in_enum(value: Any, enum: list[Any], synonyms: tuple[frozenset[str], ...]) -> Any:
    form = canonical(str(value))
    for word in enum:
        if canonical(str(word)) == form:
            return word
    for words in synonyms:
        if value in words:
            return next((word for word in enum if word in words), value)
    return value


def without(schema: Schema, names: frozenset[str]) -> Schema:
    """Return ``schema`` without the optional top-level properties ``names``."""
    required = schema.get("required")
    dropped = names - set(required if isinstance(required, list) else ())
    result = dict(schema)
    if dropped & schema.get("properties", {}).keys():
        result["properties"] = {
            name: inner for name, inner in schema["properties"].items() if name not in dropped
        }
    if "allOf" in schema:
        result["allOf"] = [without(part, names) for part in schema["allOf"]]
    return result


def _without_names(value: Any, names: frozenset[str]) -> Any:
    if isinstance(value, Mapping):
        return {name: item for name, item in value.items() if name not in names}
    return value


def only(shape: Shape, kept: Iterable[str]) -> Schema:
    """Return the schema of ``shape`` without its optional top-level properties except ``kept``."""
    return without(shape.schema, frozenset(shape.properties) - set(kept))


def _pruned(value: Any) -> Any:
    """Return a made-up value without links to further pages, which do not exist."""
    if isinstance(value, dict):
        return {name: _pruned(item) for name, item in value.items() if name not in CONTINUATIONS}
    return [_pruned(item) for item in value] if isinstance(value, list) else value
