"""Decide quickly, without an engine, whether a value is strictly valid.

Making an example means trying values and branches, and an engine would have to compile
every subschema that is tried. Nothing a caller sends is refused on the word of this module:
that is for `checking`. A property test compares the two.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from dynzuora._patterns import longest, portable
from dynzuora._references import Components, resolve
from dynzuora.model import Schema
from dynzuora.schema.arithmetic import exact, is_integer, is_multiple, is_number
from dynzuora.schema.fields import not_written
from dynzuora.schema.keywords import TYPES, well_formed


class Rules(NamedTuple):
    """The components, the flag that makes a property not required, and whether ``oneOf`` means one."""

    components: Components
    not_written: str
    only_one: bool = True


def fits(
    schema: Any, value: Any, rules: Rules, around: Schema | None = None, inside: tuple[int, ...] = ()
) -> bool:
    """Return whether ``value`` is strictly valid.

    What no engine can check counts as valid, a reference that points to nothing as invalid.
    ``around`` is the outermost schema for the same value, ``inside`` the ids of those that led here.
    """
    if not isinstance(schema, (dict, Mapping)):
        return schema is not False
    if isinstance(schema.get("$ref"), str):
        target = resolve(schema, rules.components)[1]
        if target is None or id(target) in inside:
            return target is not None
        return fits(target, value, rules, None, (*inside, id(target)))
    here = _Here(rules, around or schema, inside)
    return (
        _of_type(schema, value)
        and _in_enum(schema, value)
        and _CONTAINERS.get(type(value), _scalar_fits)(schema, value, here)
        and all(here.fits(branch, value) for branch in _branches(schema, "allOf"))
        and _fits_alternatives(schema, value, here)
    )


def surely_valid(schema: Schema, value: Any, components: Components) -> bool:
    """Return True where ``value`` is strictly valid in a request; False decides nothing."""
    return fits(schema, value, Rules(components, "readOnly"))


class _Here(NamedTuple):
    """The context for checking the same value against other schemas."""

    rules: Rules
    around: Schema
    inside: tuple[int, ...]

    def fits(self, schema: Any, value: Any) -> bool:
        return fits(schema, value, self.rules, self.around, self.inside)


def same(one: Any, other: Any) -> bool:
    """Return whether two plain values are the same JSON value: 1 equals 1.0 but not true."""
    if is_number(one) and is_number(other):
        return exact(one) == exact(other)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[name], other[name]) for name in one)
    return type(one) is type(other) and bool(one == other)


def distinct(values: list[Any]) -> bool:
    """Return whether all JSON values differ."""
    return not any(same(one, other) for at, one in enumerate(values) for other in values[:at])


def limit(schema: Schema, keyword: str) -> Any:
    """Return the value of a keyword, None where it is missing or invalid."""
    value = schema.get(keyword)
    return value if value is not None and well_formed(keyword, value) else None


def limits(parts: Iterable[Schema], *keywords: str) -> list[Any]:
    """Return every value of ``keywords`` in schemas that apply together."""
    values = (limit(part, keyword) for part in parts for keyword in keywords)
    return [value for value in values if value is not None]


def types_of(schema: Schema) -> tuple[str, ...]:
    """Return the types a schema declares, none where it allows any."""
    declared = schema.get("type", ())
    types = (declared,) if isinstance(declared, str) else tuple(declared)
    if not types or not all(name in TYPES for name in types):
        return ()
    return (*types, "null") if schema.get("nullable") is True else types


_IS: dict[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "number": is_number,
    "integer": is_integer,
    "boolean": lambda value: isinstance(value, bool),
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "null": lambda value: value is None,
}


def _of_type(schema: Schema, value: Any) -> bool:
    types = types_of(schema)
    return not types or any(_IS[name](value) for name in types)


def _in_enum(schema: Schema, value: Any) -> bool:
    values = enum_of(schema)
    return values is None or any(same(allowed, value) for allowed in values)


def enum_of(schema: Schema) -> list[Any] | None:
    """Return the values a schema lists, None where it lists none."""
    if "const" in schema:
        return [schema["const"]]
    values = schema.get("enum")
    if not isinstance(values, list) or not values:
        return None
    if schema.get("type") in ("array", "object") and not any(
        isinstance(value, (list, dict)) for value in values
    ):
        return None
    return values


@functools.lru_cache(maxsize=512)
def expression(pattern: str) -> re.Pattern[str] | None:
    """Return the document's pattern compiled, None where it is not checked."""
    text = portable(pattern)
    return None if text is None else re.compile(text)


def _scalar_fits(schema: Schema, value: Any, here: _Here) -> bool:
    if isinstance(value, str):
        return _text_fits(schema, value)
    return not is_number(value) or _number_fits(schema, exact(value))


def _text_fits(schema: Schema, value: str) -> bool:
    pattern = limit(schema, "pattern")
    if not _within(schema, len(value), "minLength", "maxLength"):
        return False
    compiled = expression(pattern) if pattern is not None else None
    if compiled is None or pattern is None or len(value) > (longest(pattern) or len(value)):
        return True
    return compiled.search(value) is not None


def _within(schema: Schema, count: int, least: str, most: str) -> bool:
    minimum, maximum = limit(schema, least), limit(schema, most)
    return (minimum is None or count >= minimum) and (maximum is None or count <= maximum)


def bounds(schema: Schema) -> tuple[tuple[int | Decimal, bool] | None, tuple[int | Decimal, bool] | None]:
    """Return the minimum and maximum of a number, each with whether it is exclusive."""
    return _bound(schema, "minimum", "exclusiveMinimum", max), _bound(
        schema, "maximum", "exclusiveMaximum", min
    )


def _bound(
    schema: Schema, inclusive: str, exclusive: str, tighter: Callable[..., Any]
) -> tuple[int | Decimal, bool] | None:
    pairs = []
    plain, flag = limit(schema, inclusive), schema.get(exclusive)
    if plain is not None:
        pairs.append((exact(plain), flag is True))
    if is_number(flag):
        pairs.append((exact(flag), True))
    if not pairs:
        return None
    value = tighter(value for value, _ in pairs)
    return value, any(excluded for number, excluded in pairs if number == value)


def _number_fits(schema: Schema, value: int | Decimal) -> bool:
    least, most = bounds(schema)
    step = limit(schema, "multipleOf")
    return (
        (least is None or value > least[0] or (value == least[0] and not least[1]))
        and (most is None or value < most[0] or (value == most[0] and not most[1]))
        and (step is None or is_multiple(value, exact(step)))
    )


def _list_fits(schema: Schema, value: list[Any], here: _Here) -> bool:
    items = limit(schema, "items")
    return (
        _within(schema, len(value), "minItems", "maxItems")
        and (items is None or all(fits(items, item, here.rules) for item in value))
        and (limit(schema, "uniqueItems") is not True or distinct(value))
    )


def _object_fits(schema: Schema, value: dict[str, Any], here: _Here) -> bool:
    required = limit(schema, "required") or ()
    missing = [name for name in required if name not in value]
    rules = here.rules
    if missing and set(missing) - not_written(missing, here.around, rules.components, rules.not_written):
        return False
    properties = limit(schema, "properties") or {}
    additional = limit(schema, "additionalProperties")
    return _within(schema, len(value), "minProperties", "maxProperties") and all(
        fits(properties.get(name, additional), member, rules) for name, member in value.items()
    )


_CONTAINERS: dict[type, Callable[[Schema, Any, _Here], bool]] = {dict: _object_fits, list: _list_fits}


def _branches(schema: Schema, keyword: str) -> list[Any]:
    branches: list[Any] = limit(schema, keyword) or []
    return branches


def _fits_alternatives(schema: Schema, value: Any, here: _Here) -> bool:
    some, one = _branches(schema, "anyOf"), _branches(schema, "oneOf")
    if some and not any(here.fits(branch, value) for branch in some):
        return False
    if one:
        fitting = sum(here.fits(branch, value) for branch in one)
        if fitting == 0 or (fitting > 1 and here.rules.only_one):
            return False
    negated = limit(schema, "not")
    return negated is None or not fits(negated, value, here.rules, None, here.inside)
