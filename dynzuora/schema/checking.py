"""Check a value against its schema and report every problem at once.

jsonschema-rs, where it is installed, accepts a valid value in microseconds; jsonschema
explains what is wrong, and decides alone where jsonschema-rs is missing. Nothing is
compiled and no engine imported before the first check.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, NamedTuple

from dynzuora._json import same
from dynzuora._references import Components
from dynzuora._zuora import CUSTOM_FIELD_CONTAINERS, CUSTOM_FIELD_SUFFIXES
from dynzuora.errors import Problem
from dynzuora.model import Schema
from dynzuora.schema import wording
from dynzuora.schema.arithmetic import exact, is_integer, is_multiple
from dynzuora.schema.dialect import NOT_WRITTEN, Translation, translate
from dynzuora.schema.fields import Knowledge, SchemaLocation, strangers
from dynzuora.schema.fitting import distinct
from dynzuora.schema.keywords import Variant

Level = Literal["standard", "strict"]
Direction = Literal["request", "response"]
Engine = Literal["fastest", "jsonschema"]


class CheckResult(NamedTuple):
    """The result of a check: problems refuse the value, unknown fields are worth a warning."""

    problems: tuple[Problem, ...] = ()
    unknown_fields: tuple[Problem, ...] = ()


class Checker:
    """Checks plain JSON values against one schema, which is compiled at first use.

    ``level`` is ``"standard"`` (lenient, see `standard_schema`) or ``"strict"``. Custom fields
    are never unknown, and no message shows the value of a secret field.
    """

    def __init__(
        self,
        schema: Schema,
        components: Components,
        *,
        level: Level = "standard",
        direction: Direction = "request",
        engine: Engine = "fastest",
    ) -> None:
        self._schema = schema
        self._knowledge = _knowledge(components)
        self._variant = Variant(level == "standard", NOT_WRITTEN[direction])
        self._rust = engine == "fastest"

    def check(self, value: Any, path: str = "body") -> CheckResult:
        """Return the problems and the unknown fields of ``value``; ``path`` is what messages call it."""
        if self._passes_prefilter(value):
            return CheckResult()
        unknown = self._unknown(value, path)
        if self._compiled is not None and _accepts(self._compiled, value):
            return CheckResult((), unknown)
        return CheckResult(self._explained(value, path), unknown)

    def problems(self, value: Any, path: str = "body") -> tuple[Problem, ...]:
        """Return every problem of ``value``, in its own order."""
        if self._passes_prefilter(value) or (self._compiled is not None and _accepts(self._compiled, value)):
            return ()
        return self._explained(value, path)

    def unknown_fields(self, value: Any, path: str = "body") -> tuple[Problem, ...]:
        """Return every field that no schema declares, with the nearest declared name."""
        return () if self._passes_prefilter(value) else self._unknown(value, path)

    @property
    def not_checked(self) -> tuple[str, ...]:
        """What the document says that is not checked: unsafe patterns, invalid keywords."""
        return self._translation.not_checked

    def _passes_prefilter(self, value: Any) -> bool:
        return self._prefilter is not None and _accepts(self._prefilter, value)

    def _unknown(self, value: Any, path: str) -> tuple[Problem, ...]:
        fields = strangers(value, self._location)
        return tuple(wording.unknown_field(field, path) for field in fields)

    def _explained(self, value: Any, path: str) -> tuple[Problem, ...]:
        validator, sources = self._explainer
        subject = wording.Subject(value, path, self._location, sources)
        try:
            return wording.problems(validator.iter_errors(value), subject)
        except RecursionError:
            return (wording.too_deep(path),)

    def _translated(self, variant: Variant) -> Translation:
        return translate(self._schema, self._knowledge.components, variant, knowledge=self._knowledge)

    @functools.cached_property
    def _location(self) -> SchemaLocation:
        return location(self._schema, self._knowledge.components)

    @functools.cached_property
    def _translation(self) -> Translation:
        return self._translated(self._variant)

    @functools.cached_property
    def _prefilter(self) -> Any:
        """The narrower schema of decision 9, compiled; None without jsonschema-rs."""
        if not self._rust or _rust_engine() is None:
            return None
        variant = self._variant._replace(prefilter=True)
        return _compile(self._translated(variant).schema)

    @functools.cached_property
    def _compiled(self) -> Any:
        """The schema of the level, compiled; None without jsonschema-rs."""
        return None if self._prefilter is None else _compile(self._translation.schema)

    @functools.cached_property
    def _explainer(self) -> tuple[Any, Mapping[int, Schema]]:
        """jsonschema's validator for a graph without references, which would take a third of its time."""
        from referencing import Registry

        translation = self._translated(self._variant)
        sources = _without_references(translation)
        root = {"allOf": translation.schema["allOf"]}
        return _explaining_engine()(root, registry=Registry()), sources


def _knowledge(components: Components) -> Knowledge:
    return Knowledge(components, CUSTOM_FIELD_SUFFIXES, CUSTOM_FIELD_CONTAINERS)


def location(schema: Schema, components: Components) -> SchemaLocation:
    """Return the place of the fields of a value that ``schema`` describes."""
    return SchemaLocation([schema], _knowledge(components))


def _accepts(validator: Any, value: Any) -> bool:
    """An engine that gives up (depth, backtracking) has not accepted; jsonschema decides."""
    try:
        return bool(validator.is_valid(value))
    except (ValueError, RecursionError):
        return False


@functools.cache
def _rust_engine() -> Any:
    try:
        import jsonschema_rs
    except ImportError:
        return None
    return jsonschema_rs


def _compile(schema: dict[str, Any]) -> Any:
    """Return the compiled schema; None where the Rust engine cannot read it and jsonschema must."""
    try:
        return _rust_engine().Draft202012Validator(schema)
    except ValueError:
        return None


def _without_references(translation: Translation) -> Mapping[int, Schema]:
    """Replace every reference with its target, in place; a recursive schema becomes a cyclic graph."""
    targets = {id(node): target for node, target in translation.references}
    sources = dict(translation.sources)
    for node, target in translation.references:
        while id(target) in targets:
            target = targets[id(target)]
        node.clear()
        if isinstance(target, dict):
            node.update(target)
            sources[id(node)] = sources.get(id(target), {})
        elif target is False:
            node["not"] = {}
    return sources


# --- jsonschema, with numbers as exact as money needs them -----------------------------------
# By default Decimal("1") is not an integer to it, Decimal("0.10") is below a minimum of 0.1
# (a binary float, slightly more), and it cannot divide a Decimal by a float. The Rust engine
# reads a float as the digits it prints, and so does this.


@functools.cache
def _explaining_engine() -> Any:
    from jsonschema import Draft202012Validator, validators
    from jsonschema.exceptions import ValidationError

    def numeric(accepts: Callable[[Any, Any], bool]) -> Callable[..., Iterator[ValidationError]]:
        def keyword(validator: Any, limit: Any, value: Any, _: Any) -> Iterator[ValidationError]:
            if validator.is_type(value, "number") and not accepts(exact(value), exact(limit)):
                yield ValidationError("")

        return keyword

    def enum(validator: Any, values: Any, value: Any, schema: Any) -> Iterator[ValidationError]:
        is_allowed = value in values if isinstance(value, str) else any(same(value, one) for one in values)
        if not is_allowed:
            yield ValidationError("")

    def unique_items(validator: Any, wanted: Any, value: Any, schema: Any) -> Iterator[ValidationError]:
        if wanted and validator.is_type(value, "array") and not distinct(value):
            yield ValidationError("")

    def integer(_: Any, value: Any) -> bool:
        return is_integer(value)

    return validators.extend(  # type: ignore[no-untyped-call]  # its stubs leave the arguments out
        Draft202012Validator,
        {
            "minimum": numeric(operator.ge),
            "maximum": numeric(operator.le),
            "exclusiveMinimum": numeric(operator.gt),
            "exclusiveMaximum": numeric(operator.lt),
            "multipleOf": numeric(is_multiple),
            "enum": enum,
            "uniqueItems": unique_items,
        },
        type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", integer),
    )
