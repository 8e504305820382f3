"""Decide quickly, without an engine, whether a value is strictly valid.

Making an example means trying values and branches, and an engine would have to compile
every subschema that is tried. Nothing a caller sends is refused on the word of this module:
that is for `checking`. A property test compares the two.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from dynzuora._json import identity, same
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
        and ("if" not in schema or _fits_condition(schema, value, here))
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


def distinct(values: list[Any]) -> bool:
    """Return whether all JSON values differ."""
    return len(set(map(identity, values))) == len(values)


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
    first = limit(schema, "prefixItems") or ()
    return (
        _within(schema, len(value), "minItems", "maxItems")
        and all(fits(each, item, here.rules) for each, item in zip(first, value, strict=False))
        and (items is None or all(fits(items, item, here.rules) for item in value[len(first) :]))
        and (limit(schema, "uniqueItems") is not True or distinct(value))
        and ("contains" not in schema or _contains_enough(schema, value, here))
        and _fits_unevaluated(schema, value, here, "unevaluatedItems")
    )


def _contains_enough(schema: Schema, value: list[Any], here: _Here) -> bool:
    contained = limit(schema, "contains")
    if contained is None:
        return True
    count = sum(fits(contained, item, here.rules) for item in value)
    least, most = limit(schema, "minContains"), limit(schema, "maxContains")
    return count >= (1 if least is None else least) and (most is None or count <= most)


def _object_fits(schema: Schema, value: dict[str, Any], here: _Here) -> bool:
    required = limit(schema, "required") or ()
    missing = [name for name in required if name not in value]
    rules = here.rules
    if missing and set(missing) - not_written(missing, here.around, rules.components, rules.not_written):
        return False
    if not _within(schema, len(value), "minProperties", "maxProperties"):
        return False
    properties = limit(schema, "properties") or {}
    additional = limit(schema, "additionalProperties")
    patterns = schema.get("patternProperties")
    if not patterns:
        if not all(fits(properties.get(name, additional), member, rules) for name, member in value.items()):
            return False
    elif not all(
        fits(each, member, rules)
        for name, member in value.items()
        for each in _of_name(schema, name) or [additional]
    ):
        return False
    return _CONDITIONAL.isdisjoint(schema) or _fits_conditions(schema, value, here)


_CONDITIONAL = frozenset({"propertyNames", "dependentRequired", "dependentSchemas", "unevaluatedProperties"})


def _fits_conditions(schema: Schema, value: dict[str, Any], here: _Here) -> bool:
    names = limit(schema, "propertyNames")
    required = limit(schema, "dependentRequired") or {}
    dependent = limit(schema, "dependentSchemas") or {}
    others = {other for name in required if name in value for other in required[name]} - value.keys()
    dropped = not_written(others, here.around, here.rules.components, here.rules.not_written)
    return (
        (names is None or all(fits(names, name, here.rules) for name in value))
        and not others - dropped
        and all(here.fits(dependent[name], value) for name in dependent if name in value)
        and _fits_unevaluated(schema, value, here, "unevaluatedProperties")
    )


def _of_name(schema: Schema, name: str) -> list[Any]:
    """Return the schemas that ``properties`` and ``patternProperties`` have for a property."""
    properties = limit(schema, "properties") or {}
    return [*([properties[name]] if name in properties else ()), *of_pattern(schema, name)]


def of_pattern(schema: Schema, name: str) -> list[Any]:
    """Return the schemas that ``patternProperties`` has for a property."""
    patterns = limit(schema, "patternProperties") or {}
    matching = ((expression(pattern), each) for pattern, each in patterns.items())
    return [each for compiled, each in matching if compiled is not None and compiled.search(name)]


# --- what other keywords have not looked at --------------------------------------------------


def unevaluated(schema: Schema, value: Any, components: Components, keyword: str) -> list[Any]:
    """Return the names or positions in ``value`` that ``keyword``, an ``unevaluated…``, is about."""
    here = _Here(Rules(components, "readOnly"), schema, ())
    seen = _evaluated(schema, value, here, keyword, own=False)
    return [at for at in (value if isinstance(value, dict) else range(len(value))) if at not in seen]


def _fits_unevaluated(schema: Schema, value: Any, here: _Here, keyword: str) -> bool:
    rest = limit(schema, keyword)
    if rest is None or rest is True:
        return True
    seen = _evaluated(schema, value, here, keyword, own=False)
    parts = value.items() if isinstance(value, dict) else enumerate(value)
    return all(fits(rest, part, here.rules) for at, part in parts if at not in seen)


def _evaluated(schema: Any, value: Any, here: _Here, keyword: str, *, own: bool = True) -> set[Any]:
    """Return the names or positions that ``schema``, which the value fits, looks at.

    ``own``: what its own ``keyword`` looks at counts, too.
    """
    schema = resolve(schema, here.rules.components)[1]
    if not isinstance(schema, (dict, Mapping)) or id(schema) in here.inside:
        return set()
    here = here._replace(inside=(*here.inside, id(schema)))
    if (own and keyword in schema) or _LOOKS_AT_ALL[keyword] in schema:
        return set(value) if isinstance(value, dict) else set(range(len(value)))
    seen: set[Any] = set()
    if isinstance(value, dict):
        seen.update(name for name in value if _of_name(schema, name))
    else:
        seen.update(range(len(limit(schema, "prefixItems") or ())))
        contained = limit(schema, "contains")
        if contained is not None:
            seen.update(at for at, item in enumerate(value) if fits(contained, item, here.rules))
    for branch in _applied(schema, value, here):
        seen |= _evaluated(branch, value, here, keyword)
    return seen


_LOOKS_AT_ALL = {"unevaluatedProperties": "additionalProperties", "unevaluatedItems": "items"}


def _applied(schema: Schema, value: Any, here: _Here) -> Iterator[Any]:
    """Yield the schemas for the same value that the value fits."""
    branches = [*_branches(schema, "allOf"), *_branches(schema, "anyOf"), *_branches(schema, "oneOf")]
    condition = limit(schema, "if")
    if condition is not None:
        branches += [condition, schema.get("then" if here.fits(condition, value) else "else", True)]
    if isinstance(value, dict):
        branches += [
            each for name, each in (limit(schema, "dependentSchemas") or {}).items() if name in value
        ]
    yield from (branch for branch in branches if here.fits(branch, value))


_CONTAINERS: dict[type, Callable[[Schema, Any, _Here], bool]] = {dict: _object_fits, list: _list_fits}


def _branches(schema: Schema, keyword: str) -> list[Any]:
    branches: list[Any] = limit(schema, keyword) or []
    return branches


def _fits_condition(schema: Schema, value: Any, here: _Here) -> bool:
    condition = limit(schema, "if")
    if condition is None:
        return True
    return here.fits(schema.get("then" if here.fits(condition, value) else "else", True), value)


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
