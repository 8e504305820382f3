"""Turn errors of jsonschema into problems in the document's words.

An engine sees the translated schema and would report patterns and anyOf. Messages are made
from the document's own schema instead, which the translation records for each of its nodes.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from dynzuora import _json
from dynzuora._names import nearest
from dynzuora._redaction import MASK, is_secret_field, redacted
from dynzuora.errors import Problem
from dynzuora.model import Schema
from dynzuora.schema.fields import SchemaLocation, Step, Stranger
from dynzuora.schema.fitting import unevaluated

Error = Any
"""A jsonschema ValidationError; its stubs allow a marker in every field that never occurs in iteration."""

_NOUNS = {
    "string": "a string",
    "number": "a number",
    "integer": "an integer",
    "boolean": "true or false",
    "object": "an object",
    "array": "a list",
    "null": "null",
}
_CONTAINERS = frozenset({"object", "array"})
_LONGEST_VALUE = 60
_LONGEST_NUMBER = 1_000
_MOST_VALUES = 12
_MOST_COMPARED = 2_000


class Subject(NamedTuple):
    """The value being checked, what messages call it, and what the document says about it."""

    body: Any
    path: str
    location: SchemaLocation
    sources: Mapping[int, Schema]


class _Report(NamedTuple):
    """One problem and where it is."""

    steps: tuple[Step, ...]
    problem: Problem
    decisive: bool = False
    """Other problems of the same value do not matter: its type is wrong."""


def problems(errors: Iterable[Error], subject: Subject) -> tuple[Problem, ...]:
    """Return the problems in the order of the body; in each object, missing fields come first."""
    by_message: dict[tuple[tuple[Step, ...], str], _Report] = {}
    for error in errors:
        for report in _reports(error, subject):
            by_message.setdefault((report.steps, report.problem.message), report)
    decided = {report.steps for report in by_message.values() if report.decisive}
    kept = [item for item in by_message.values() if not _is_moot(item, decided)]
    order = _Order(subject.body)
    return tuple(item.problem for item in sorted(kept, key=lambda item: order.of(item.steps)))


def _is_moot(report: _Report, decided: set[tuple[Step, ...]]) -> bool:
    """Return whether the value, or one that contains it, has the wrong type anyway."""
    steps = report.steps
    above = any(steps[:end] in decided for end in range(len(steps)))
    return above or (steps in decided and not report.decisive)


def unknown_field(stranger: Stranger, path: str) -> Problem:
    """Return the problem of a field that no schema declares."""
    name = str(stranger.steps[-1])
    return Problem(
        path_text(path, stranger.steps),
        "unknown field; the server would silently ignore it.",
        found=_found(stranger.value, is_secret_field(name)),
        nearest=_closest(name, stranger.known),
    )


@functools.lru_cache
def _closest(name: str, names: frozenset[str]) -> str | None:
    return next(iter(nearest(name, sorted(names))), None)


def too_deep(path: str) -> Problem:
    """Return the problem of a value that is nested too deeply for any engine."""
    return Problem(path, "is nested too deeply to be checked.")


def path_text(path: str, steps: Iterable[Step]) -> str:
    """Return the path as a caller would write it.

    >>> path_text("body", ["items", 3, "amount"])
    'body.items[3].amount'
    """
    for step in steps:
        plain = isinstance(step, str) and "." not in step and "[" not in step
        path += f".{step}" if plain else f"[{step!r}]"
    return path


class _Order:
    """Sorts problems by their position in the body."""

    def __init__(self, body: Any) -> None:
        self._body = body
        self._positions: dict[int, dict[str, int]] = {}

    def of(self, steps: tuple[Step, ...]) -> tuple[int, ...]:
        positions, value = [], self._body
        for step in steps:
            if isinstance(step, int):
                position = step
                value = value[step]
            else:
                position = self._of_names(value).get(step, -1)
                value = value.get(step)
            positions.append(position)
        return tuple(positions)

    def _of_names(self, value: dict[str, Any]) -> dict[str, int]:
        positions = self._positions.get(id(value))
        if positions is None:
            positions = self._positions[id(value)] = {name: index for index, name in enumerate(value)}
        return positions


# --- from one error to findings --------------------------------------------------------------


def _reports(error: Error, subject: Subject) -> Iterator[_Report]:
    source = subject.sources.get(id(error.schema), {})
    keyword = str(error.validator)
    if _is_about_a_name(error):
        yield _wrong_name(error, subject)
    elif _is_enum(error, keyword, source, subject):
        yield _one_of_values(error, source, subject)
    elif keyword == "pattern" and source.keys() <= _NUMBER_LIMITS and source:
        [limit] = source  # the limit of a number written as text
        yield _broken_limit(error, limit, source, subject)
    elif keyword in ("type", "pattern") and not _is_own_pattern(keyword, source):
        yield _wrong_type(error, _types([source]), subject)
    elif keyword in ("anyOf", "oneOf"):
        yield from _no_alternative(error, source, subject)
    elif keyword in _MISSING_OR_EXTRA:
        yield from _MISSING_OR_EXTRA[keyword](error, source, subject)
    else:
        yield _broken_limit(error, keyword, source, subject)


def _is_enum(error: Error, keyword: str, source: Schema, subject: Subject) -> bool:
    if "enum" not in source and "const" not in source:
        return False
    if keyword == "anyOf":  # the alternatives of an enum are the translation's own
        return all(id(branch) not in subject.sources for branch in error.validator_value)
    return keyword in ("enum", "type", "pattern")


def _is_own_pattern(keyword: str, source: Schema) -> bool:
    return keyword == "pattern" and "pattern" in source and source.get("type", "string") == "string"


def _report(
    error: Error, subject: Subject, message: str, found: Any, *, decisive: bool = False, **more: Any
) -> _Report:
    steps = tuple(error.absolute_path)
    return _Report(steps, Problem(path_text(subject.path, steps), message, found, **more), decisive)


def _hidden(error: Error) -> bool:
    return any(isinstance(step, str) and is_secret_field(step) for step in error.absolute_path)


def _one_of_values(error: Error, source: Schema, subject: Subject) -> _Report:
    values = tuple(source["enum"]) if "enum" in source else (source["const"],)
    show = _written if any(isinstance(value, (dict, list)) for value in values) else shown_value
    texts = [show(value) for value in values[:_MOST_VALUES]]
    if len(values) > len(texts):
        texts.append(f"and {len(values) - len(texts)} more")
    hidden = _hidden(error)
    comparable = isinstance(error.instance, str) and len(values) <= _MOST_COMPARED
    close = nearest(error.instance, map(str, values)) if comparable else ()
    return _report(
        error,
        subject,
        f"expected {'one of ' if len(values) > 1 else ''}{', '.join(texts)}; "
        f"got {show(error.instance, hidden)}.",
        _found(error.instance, hidden),
        decisive=True,
        allowed=values,
        nearest=close[0] if close else None,
    )


def _wrong_type(error: Error, types: Sequence[str], subject: Subject) -> _Report:
    hidden = _hidden(error)
    expected = " or ".join(_NOUNS[name] for name in types) or "another kind of value"
    if _CONTAINERS.isdisjoint(types):
        text, found = shown_value(error.instance, hidden), _found(error.instance, hidden)
    else:
        text = found = _measured(error.instance)
        if not error.absolute_path and isinstance(error.instance, str):
            found = error.instance  # whoever keeps the problem measures the whole body
    return _report(
        error,
        subject,
        f"expected {expected}, got {text}.",
        found,
        decisive=True,
        allowed=tuple(types),
    )


def _types(sources: Iterable[Schema]) -> tuple[str, ...]:
    """Return the types the document names, each once."""
    types: dict[str, None] = {}
    for source in sources:
        declared = source.get("type", ())
        types.update(dict.fromkeys([declared] if isinstance(declared, str) else declared))
        if source.get("nullable") is True or source.get("enum") == _ONLY_NULL:
            types["null"] = None
    return tuple(name for name in types if name in _NOUNS)


def _missing(error: Error, source: Schema, subject: Subject) -> Iterator[_Report]:
    location = _location_of(error, subject)
    strangers = [name for name in error.instance if not location.knows(name)]
    steps = tuple(error.absolute_path)
    for name in error.validator_value:
        if name in error.instance:
            continue
        close = nearest(name, strangers)
        message = f"is required; found {close[0]!r} instead." if close else "is required."
        yield _Report((*steps, name), Problem(path_text(subject.path, (*steps, name)), message))


def _not_allowed(error: Error, source: Schema, subject: Subject) -> Iterator[_Report]:
    properties = error.schema.get("properties", {})
    patterns = error.schema.get("patternProperties", ())
    steps = tuple(error.absolute_path)
    for name, value in error.instance.items():
        if name in properties or any(re.search(pattern, name) for pattern in patterns):
            continue
        close = nearest(name, properties)
        yield _Report(
            (*steps, name),
            Problem(
                path_text(subject.path, (*steps, name)),
                "unknown field; this object allows no others.",
                found=_found(value, is_secret_field(name)),
                nearest=close[0] if close else None,
            ),
        )


def _missing_beside(error: Error, source: Schema, subject: Subject) -> Iterator[_Report]:
    steps = tuple(error.absolute_path)
    for name, others in error.validator_value.items():
        for other in others if name in error.instance else ():
            if other not in error.instance:
                message = f"is required where there is {name!r}."
                problem = Problem(path_text(subject.path, (*steps, other)), message)
                yield _Report((*steps, other), problem)


def _not_evaluated(error: Error, source: Schema, subject: Subject) -> Iterator[_Report]:
    """Name the fields or items that nothing describes, in the combination that was sent."""
    steps = tuple(error.absolute_path)
    rest = unevaluated(source, error.instance, subject.location.components, str(error.validator))
    for step in rest or list(error.instance)[:1]:
        name = step if isinstance(step, str) else ""
        value = error.instance[step] if rest else None
        problem = Problem(
            path_text(subject.path, (*steps, step) if rest else steps),
            f"is {'a field' if name else 'an item'} that nothing describes, with the others that are here.",
            found=_found(value, is_secret_field(name)),
        )
        yield _Report((*steps, step) if rest else steps, problem)


_MISSING_OR_EXTRA: dict[str, Callable[[Error, Schema, Subject], Iterator[_Report]]] = {
    "required": _missing,
    "additionalProperties": _not_allowed,
    "dependentRequired": _missing_beside,
    "unevaluatedProperties": _not_evaluated,
    "unevaluatedItems": _not_evaluated,
}


def _is_about_a_name(error: Error) -> bool:
    """Return whether a name in an object broke ``propertyNames``."""
    keywords = list(error.absolute_schema_path)
    return any(
        keyword == "propertyNames" and before not in ("properties", "patternProperties")
        for before, keyword in zip(["", *keywords], keywords, strict=False)
    )


def _wrong_name(error: Error, subject: Subject) -> _Report:
    steps = (*error.absolute_path, error.instance)
    return _Report(steps, Problem(path_text(subject.path, steps), "is not a name that is allowed here."))


def _location_of(error: Error, subject: Subject) -> SchemaLocation:
    location = subject.location
    for step in error.absolute_path:
        location = location.child(None if isinstance(step, int) else step)
    return location


# --- alternatives ----------------------------------------------------------------------------


def _no_alternative(error: Error, source: Schema, subject: Subject) -> Iterator[_Report]:
    """Report the problems of the alternative that matches best."""
    if not error.context:
        yield _report(error, subject, "matches more than one alternative; exactly one must match.", None)
        return
    branches: dict[int, list[Error]] = {}
    for cause in error.context:
        branches.setdefault(int(cause.relative_schema_path[0]), []).append(cause)
    tag = _discriminator(error, source)
    if tag is not None:
        chosen, names = tag
        if chosen in branches:
            yield from _of_branch(branches[chosen], subject)
            return
        if chosen is None and names:
            yield _unknown_tag(error, source, names, subject)
            return
    if all(map(_is_wrong_type, branches.values())):
        failed = [subject.sources.get(id(error.schema), {}) for one in branches.values() for error in one]
        yield _wrong_type(error, _types(failed), subject)
        return
    yield from _of_branch(min(branches.values(), key=functools.partial(_misfit, subject=subject)), subject)


def _of_branch(errors: Iterable[Error], subject: Subject) -> Iterator[_Report]:
    for error in errors:
        yield from _reports(error, subject)


def _is_wrong_type(errors: Sequence[Error]) -> bool:
    return any(
        len(error.relative_path) == 0
        and (error.validator == "type" or (error.validator == "enum" and error.validator_value == _ONLY_NULL))
        for error in errors
    )


_ONLY_NULL = [None]
"""The enum by which OpenAPI 3.0, which has no type null, says it."""


def _misfit(errors: list[Error], subject: Subject) -> tuple[bool, int, int, int]:
    """Return a sort key, least first: wrong type, wrong tags, missing fields, all problems."""
    tags = sum(
        len(error.relative_path) == 1 and _is_enum(error, str(error.validator), source, subject)
        for error in errors
        for source in [subject.sources.get(id(error.schema), {})]
    )
    missing = sum(error.validator in ("required", "additionalProperties") for error in errors)
    return _is_wrong_type(errors), tags, missing, len(errors)


def _discriminator(error: Error, source: Schema) -> tuple[int | None, list[str]] | None:
    """Return the alternative that the discriminator selects (None: unknown), and the names it may have."""
    discriminator = source.get("discriminator")
    branches = source.get("oneOf") or source.get("anyOf")
    if not isinstance(discriminator, Mapping) or not isinstance(error.instance, dict) or not branches:
        return None
    property = str(discriminator.get("propertyName"))
    said = error.instance.get(property)
    if not isinstance(said, str):
        return None
    references = [branch.get("$ref") if isinstance(branch, Mapping) else None for branch in branches]
    named = {str(target).rpartition("/")[2]: index for index, target in enumerate(references) if target}
    mapping = discriminator.get("mapping") or {}
    by_tag = {tag: named.get(str(target).rpartition("/")[2]) for tag, target in mapping.items()} or named
    indexes = {tag: index for tag, index in by_tag.items() if index is not None}
    indexes |= {tag: index for index, branch in enumerate(branches) for tag in _demanded(branch, property)}
    lower = {tag.lower(): index for tag, index in (named | indexes).items()}
    return indexes.get(said, named.get(said, lower.get(said.lower()))), list(indexes)


def _demanded(branch: Any, property: str) -> tuple[str, ...]:
    """Return the values that an alternative itself demands of a property."""
    own = branch.get("properties", {}).get(property) if isinstance(branch, Mapping) else None
    return tuple(map(str, own.get("enum", ()))) if isinstance(own, Mapping) else ()


def _unknown_tag(error: Error, source: Schema, names: list[str], subject: Subject) -> _Report:
    field = source["discriminator"]["propertyName"]
    steps = (*error.absolute_path, field)
    said = error.instance[field]
    hidden = _hidden(error) or is_secret_field(field)
    close = nearest(said, names)
    message = f"expected one of {', '.join(map(shown_value, names))}; got {shown_value(said, hidden)}."
    path = path_text(subject.path, steps)
    problem = Problem(path, message, _found(said, hidden), tuple(names), close[0] if close else None)
    return _Report(steps, problem, decisive=True)


# --- limits ----------------------------------------------------------------------------------


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _characters(value: Any) -> str:
    return f"has {_count(len(value), 'character')}"


def _items(value: Any) -> str:
    return f"has {_count(len(value), 'item')}"


def _fields(value: Any) -> str:
    return f"has {_count(len(value), 'field')}"


def _is(value: Any) -> str:
    return f"is {shown_value(value)}"


def _twice(values: Any) -> str:
    first: dict[Any, int] = {}
    for second, value in enumerate(map(_json.identity, values)):
        if first.setdefault(value, second) != second:
            return f"has the same item twice, at [{first[value]}] and [{second}]"
    return "has the same item twice"


class _Limit(NamedTuple):
    """The message for a limit: what the value is, and what is allowed instead."""

    statement: Callable[[Any], str]
    allowed: str


_LIMITS = {
    "minLength": _Limit(_characters, "at least {}"),
    "maxLength": _Limit(_characters, "at most {}"),
    "minItems": _Limit(_items, "at least {}"),
    "maxItems": _Limit(_items, "at most {}"),
    "minProperties": _Limit(_fields, "at least {}"),
    "maxProperties": _Limit(_fields, "at most {}"),
    "minimum": _Limit(_is, "{} or more"),
    "maximum": _Limit(_is, "{} or less"),
    "exclusiveMinimum": _Limit(_is, "more than {}"),
    "exclusiveMaximum": _Limit(_is, "less than {}"),
    "multipleOf": _Limit(_is, "a multiple of {}"),
    "pattern": _Limit(_is, "text matching {}"),
    "uniqueItems": _Limit(_twice, "each item once"),
    "not": _Limit(_is, "any other value"),
    "contains": _Limit(_items, "at least one of a certain kind"),
    "minContains": _Limit(_items, "at least {} of a certain kind"),
    "maxContains": _Limit(_items, "at most {} of a certain kind"),
}


def _broken_limit(error: Error, keyword: str, source: Schema, subject: Subject) -> _Report:
    hidden = _hidden(error)
    found = _found(error.instance, hidden)
    row = _LIMITS.get(keyword)
    if row is None:  # a schema that is just `false`
        return _report(error, subject, "is not allowed here.", found)
    limit = source["pattern"] if keyword == "pattern" else shown_value(_limit_of(error, keyword, source))
    allowed = row.allowed.format(limit)
    statement = "is not shown" if hidden and row.statement is _is else row.statement(error.instance)
    return _report(error, subject, f"{statement}; allowed: {allowed}.", found, allowed=(allowed,))


def _limit_of(error: Error, keyword: str, source: Schema) -> Any:
    """Return the limit; for a number written as text the engine knows only a pattern."""
    return source[keyword] if error.validator == "pattern" else error.validator_value


_NUMBER_LIMITS = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"})


# --- values ----------------------------------------------------------------------------------


def shown_value(value: Any, hidden: bool = False) -> str:
    """Return a value for a message: short, in JSON's words, containers only by type."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if hidden:
        return "a value that is not shown"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int) and value.bit_length() > _LONGEST_NUMBER:
        return "a huge number"  # Python refuses to write it out
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= _LONGEST_VALUE else text[:_LONGEST_VALUE] + "…"


def _written(value: Any, hidden: bool = False) -> str:
    """Return a value beside others of its kind: a container as short JSON, its secrets masked."""
    if hidden or not isinstance(value, (dict, list)):
        return shown_value(value, hidden)
    text = _json.encode(redacted(value)).decode()
    return text if len(text) <= _LONGEST_VALUE else text[:_LONGEST_VALUE] + "…"


def _measured(value: Any) -> str:
    """Name a value where an object or a list belongs; it may be a secret, so it is not shown."""
    if isinstance(value, str):
        return f"a string of {_count(len(value), 'character')}"
    if value is None or isinstance(value, (bool, dict, list)):
        return shown_value(value)
    return "a number"


def _found(value: Any, hidden: bool) -> Any:
    """Return a value for `Problem.found`; containers, which may hold secrets, only by type."""
    if isinstance(value, (dict, list)):
        return shown_value(value)
    return MASK if hidden and value is not None else value
