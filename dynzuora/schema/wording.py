"""What is wrong with a value, in the document's words: errors of jsonschema → problems.

An engine sees the translated schema and would speak of patterns and anyOf. Every
sentence here is made from the document's own schema instead, which the translation
remembers for each of its nodes.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from dynzuora._names import nearest
from dynzuora._redaction import MASK, is_secret_field
from dynzuora.errors import Problem
from dynzuora.model import Schema
from dynzuora.schema.fields import Place, Step, Stranger

Error = Any
"""A jsonschema ValidationError; its stubs leave every field open to a marker that iteration never leaves."""

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
    """What is spoken about: the body, its name, and what the document says of it."""

    body: Any
    path: str
    place: Place
    sources: Mapping[int, Schema]


class _Finding(NamedTuple):
    steps: tuple[Step, ...]
    problem: Problem
    decisive: bool = False
    """Nothing else said about the same value matters: it is another kind of value altogether."""


def problems(errors: Iterable[Error], subject: Subject) -> tuple[Problem, ...]:
    """Return what is wrong, in the order of the body; in each object what is missing comes first."""
    found: dict[tuple[tuple[Step, ...], str], _Finding] = {}
    for error in errors:
        for finding in _findings(error, subject):
            found.setdefault((finding.steps, finding.problem.message), finding)
    decided = {finding.steps for finding in found.values() if finding.decisive}
    kept = [each for each in found.values() if not _is_moot(each, decided)]
    order = _Order(subject.body)
    return tuple(each.problem for each in sorted(kept, key=lambda each: order.of(each.steps)))


def _is_moot(finding: _Finding, decided: set[tuple[Step, ...]]) -> bool:
    """Say whether the value, or one that holds it, is of the wrong kind anyway."""
    steps = finding.steps
    above = any(steps[:end] in decided for end in range(len(steps)))
    return above or (steps in decided and not finding.decisive)


def unknown_field(stranger: Stranger, path: str) -> Problem:
    """Return the problem of a field that no schema knows."""
    name = str(stranger.steps[-1])
    return Problem(
        path_text(path, stranger.steps),
        "is an unknown field here; the server would silently drop it.",
        found=_found(stranger.value, is_secret_field(name)),
        nearest=_closest(name, stranger.known),
    )


@functools.lru_cache
def _closest(name: str, names: frozenset[str]) -> str | None:
    return next(iter(nearest(name, sorted(names))), None)


def too_deep(path: str) -> Problem:
    """Return the problem of a value that no engine can follow to its end."""
    return Problem(path, "is nested too deep to be checked.")


def path_text(path: str, steps: Iterable[Step]) -> str:
    """Return the place as the caller would write it.

    >>> path_text("body", ["items", 3, "amount"])
    'body.items[3].amount'
    """
    for step in steps:
        plain = isinstance(step, str) and "." not in step and "[" not in step
        path += f".{step}" if plain else f"[{step!r}]"
    return path


class _Order:
    """Where in the body something stands, as positions that can be compared."""

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
        known = self._positions.get(id(value))
        if known is None:
            known = self._positions[id(value)] = {name: index for index, name in enumerate(value)}
        return known


# --- from one error to findings --------------------------------------------------------------


def _findings(error: Error, subject: Subject) -> Iterator[_Finding]:
    source = subject.sources.get(id(error.schema), {})
    keyword = str(error.validator)
    if _is_enum(error, keyword, source, subject):
        yield _one_of_values(error, source, subject)
    elif keyword == "pattern" and source.keys() <= _NUMBER_LIMITS and source:
        [limit] = source  # of a number that is written as text
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
        return all(id(each) not in subject.sources for each in error.validator_value)
    return keyword in ("enum", "type", "pattern")


def _is_own_pattern(keyword: str, source: Schema) -> bool:
    return keyword == "pattern" and "pattern" in source and source.get("type", "string") == "string"


def _finding(
    error: Error, subject: Subject, message: str, found: Any, *, decisive: bool = False, **more: Any
) -> _Finding:
    steps = tuple(error.absolute_path)
    return _Finding(steps, Problem(path_text(subject.path, steps), message, found, **more), decisive)


def _hidden(error: Error) -> bool:
    return any(isinstance(each, str) and is_secret_field(each) for each in error.absolute_path)


def _one_of_values(error: Error, source: Schema, subject: Subject) -> _Finding:
    values = tuple(source["enum"]) if "enum" in source else (source["const"],)
    shown = [shown_value(each) for each in values[:_MOST_VALUES]]
    if len(values) > len(shown):
        shown.append(f"and {len(values) - len(shown)} more")
    hidden = _hidden(error)
    comparable = isinstance(error.instance, str) and len(values) <= _MOST_COMPARED
    close = nearest(error.instance, map(str, values)) if comparable else ()
    return _finding(
        error,
        subject,
        f"expected {'one of ' if len(values) > 1 else ''}{', '.join(shown)}; "
        f"got {shown_value(error.instance, hidden)}.",
        _found(error.instance, hidden),
        decisive=True,
        allowed=values,
        nearest=close[0] if close else None,
    )


def _wrong_type(error: Error, types: Sequence[str], subject: Subject) -> _Finding:
    hidden = _hidden(error)
    wanted = " or ".join(_NOUNS[each] for each in types) or "another kind of value"
    if _CONTAINERS.isdisjoint(types):
        shown, found = shown_value(error.instance, hidden), _found(error.instance, hidden)
    else:
        shown = found = _measured(error.instance)
    return _finding(
        error,
        subject,
        f"expected {wanted}, got {shown}.",
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
        if source.get("nullable") is True:
            types["null"] = None
    return tuple(each for each in types if each in _NOUNS)


def _missing(error: Error, source: Schema, subject: Subject) -> Iterator[_Finding]:
    place = _place_of(error, subject)
    strangers = [name for name in error.instance if not place.knows(name)]
    steps = tuple(error.absolute_path)
    for name in error.validator_value:
        if name in error.instance:
            continue
        close = nearest(name, strangers)
        message = f"is required; {close[0]!r} stands there instead." if close else "is required."
        yield _Finding((*steps, name), Problem(path_text(subject.path, (*steps, name)), message))


def _not_allowed(error: Error, source: Schema, subject: Subject) -> Iterator[_Finding]:
    known = error.schema.get("properties", {})
    steps = tuple(error.absolute_path)
    for name, value in error.instance.items():
        if name in known:
            continue
        close = nearest(name, known)
        yield _Finding(
            (*steps, name),
            Problem(
                path_text(subject.path, (*steps, name)),
                "is not a field of this object, which takes no others.",
                found=_found(value, is_secret_field(name)),
                nearest=close[0] if close else None,
            ),
        )


_MISSING_OR_EXTRA: dict[str, Callable[[Error, Schema, Subject], Iterator[_Finding]]] = {
    "required": _missing,
    "additionalProperties": _not_allowed,
}


def _place_of(error: Error, subject: Subject) -> Place:
    place = subject.place
    for step in error.absolute_path:
        place = place.child(None if isinstance(step, int) else step)
    return place


# --- alternatives ----------------------------------------------------------------------------


def _no_alternative(error: Error, source: Schema, subject: Subject) -> Iterator[_Finding]:
    """Speak of the alternative that fits best: what is wrong with the others helps nobody."""
    if not error.context:
        yield _finding(error, subject, "fits more than one alternative; exactly one must fit.", None)
        return
    branches: dict[int, list[Error]] = {}
    for each in error.context:
        branches.setdefault(int(each.relative_schema_path[0]), []).append(each)
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
        failed = [subject.sources.get(id(each.schema), {}) for one in branches.values() for each in one]
        yield _wrong_type(error, _types(failed), subject)
        return
    yield from _of_branch(min(branches.values(), key=functools.partial(_misfit, subject=subject)), subject)


def _of_branch(errors: Iterable[Error], subject: Subject) -> Iterator[_Finding]:
    for each in errors:
        yield from _findings(each, subject)


def _is_wrong_type(errors: Sequence[Error]) -> bool:
    return any(each.validator == "type" and len(each.relative_path) == 0 for each in errors)


def _misfit(errors: list[Error], subject: Subject) -> tuple[bool, int, int, int]:
    """Less is better: the wrong kind of value, wrong tags, missing fields, everything else."""
    tags = sum(
        len(each.relative_path) == 1 and _is_enum(each, str(each.validator), source, subject)
        for each in errors
        for source in [subject.sources.get(id(each.schema), {})]
    )
    missing = sum(each.validator in ("required", "additionalProperties") for each in errors)
    return _is_wrong_type(errors), tags, missing, len(errors)


def _discriminator(error: Error, source: Schema) -> tuple[int | None, list[str]] | None:
    """Return which alternative the value says it is (None: no such), and the names it may say."""
    discriminator = source.get("discriminator")
    branches = source.get("oneOf") or source.get("anyOf")
    if not isinstance(discriminator, Mapping) or not isinstance(error.instance, dict) or not branches:
        return None
    said = error.instance.get(str(discriminator.get("propertyName")))
    if not isinstance(said, str):
        return None
    references = [each.get("$ref") if isinstance(each, Mapping) else None for each in branches]
    named = {str(each).rpartition("/")[2]: index for index, each in enumerate(references) if each}
    mapping = discriminator.get("mapping") or {}
    by_tag = {tag: named.get(str(target).rpartition("/")[2]) for tag, target in mapping.items()} or named
    known = {tag: index for tag, index in by_tag.items() if index is not None}
    return known.get(said, named.get(said)), list(known)


def _unknown_tag(error: Error, source: Schema, names: list[str], subject: Subject) -> _Finding:
    field = source["discriminator"]["propertyName"]
    steps = (*error.absolute_path, field)
    said = error.instance[field]
    hidden = _hidden(error) or is_secret_field(field)
    close = nearest(said, names)
    message = f"expected one of {', '.join(map(shown_value, names))}; got {shown_value(said, hidden)}."
    path = path_text(subject.path, steps)
    problem = Problem(path, message, _found(said, hidden), tuple(names), close[0] if close else None)
    return _Finding(steps, problem, decisive=True)


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
    for second, value in enumerate(values):
        for first in range(second):
            if values[first] == value and isinstance(values[first], bool) == isinstance(value, bool):
                return f"has the same item twice, at [{first}] and [{second}]"
    return "has the same item twice"


class _Limit(NamedTuple):
    """How a broken limit is told: what the value is, and what is allowed instead."""

    told: Callable[[Any], str]
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
    "pattern": _Limit(_is, "text that matches {}"),
    "uniqueItems": _Limit(_twice, "each item once"),
    "not": _Limit(_is, "anything but that"),
}


def _broken_limit(error: Error, keyword: str, source: Schema, subject: Subject) -> _Finding:
    hidden = _hidden(error)
    found = _found(error.instance, hidden)
    row = _LIMITS.get(keyword)
    if row is None:  # a schema that is just `false`
        return _finding(error, subject, "is not allowed here.", found)
    limit = source["pattern"] if keyword == "pattern" else shown_value(_limit_of(error, keyword, source))
    allowed = row.allowed.format(limit)
    told = "is not shown" if hidden and row.told is _is else row.told(error.instance)
    return _finding(error, subject, f"{told}; allowed: {allowed}.", found, allowed=(allowed,))


def _limit_of(error: Error, keyword: str, source: Schema) -> Any:
    """Return the limit that was broken; of a number as text the engine knows only a pattern."""
    return source[keyword] if error.validator == "pattern" else error.validator_value


_NUMBER_LIMITS = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"})


# --- values ----------------------------------------------------------------------------------


def shown_value(value: Any, hidden: bool = False) -> str:
    """Return a value for a sentence: short, in JSON's words, containers only named."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if hidden:
        return "a value that is not shown"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int) and value.bit_length() > _LONGEST_NUMBER:
        return "a number without end"  # Python refuses to write it out
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= _LONGEST_VALUE else text[:_LONGEST_VALUE] + "…"


def _measured(value: Any) -> str:
    """Name what stands where an object or a list belongs: it may be the secret that belongs inside."""
    if isinstance(value, str):
        return f"a text of {_count(len(value), 'character')}"
    if value is None or isinstance(value, (bool, dict, list)):
        return shown_value(value)
    return "a number"


def _found(value: Any, hidden: bool) -> Any:
    """Containers are named, not kept: a problem may be logged, and a body holds secrets."""
    if isinstance(value, (dict, list)):
        return shown_value(value)
    return MASK if hidden and value is not None else value
