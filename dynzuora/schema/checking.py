"""Whether a value fits its schema, and every way in which it does not.

jsonschema-rs says yes in microseconds where it is installed, jsonschema explains a no
(and decides alone where it is not). Nothing is compiled, and no engine imported, before
the first value comes.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, NamedTuple

from dynzuora._references import Components
from dynzuora._zuora import CUSTOM_FIELD_CONTAINERS, CUSTOM_FIELD_SUFFIXES
from dynzuora.errors import Problem
from dynzuora.model import Schema
from dynzuora.schema import wording
from dynzuora.schema.arithmetic import exact, is_integer, is_multiple
from dynzuora.schema.dialect import NOT_WRITTEN, Translation, translate
from dynzuora.schema.fields import Knowledge, Place, strangers
from dynzuora.schema.keywords import Form

Level = Literal["standard", "strict"]
Direction = Literal["request", "response"]
Engine = Literal["fastest", "jsonschema"]


class Findings(NamedTuple):
    """What a check found: problems are reasons to refuse, unknown fields to warn."""

    problems: tuple[Problem, ...] = ()
    unknown_fields: tuple[Problem, ...] = ()


class Checker:
    """Checks plain wire values against one schema. Compiled at first use, then good for any number.

    Custom fields are never unknown, and no message shows the value of a secret field.
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
        self._knowledge = Knowledge(components, CUSTOM_FIELD_SUFFIXES, CUSTOM_FIELD_CONTAINERS)
        self._form = Form(level == "standard", NOT_WRITTEN[direction])
        self._rust = engine == "fastest"

    def check(self, value: Any, path: str = "body") -> Findings:
        """Return everything there is to say of ``value``."""
        if self._passes_gate(value):
            return Findings()
        unknown = self._unknown(value, path)
        if self._fast is not None and _says_yes(self._fast, value):
            return Findings((), unknown)
        return Findings(self._explained(value, path), unknown)

    def problems(self, value: Any, path: str = "body") -> tuple[Problem, ...]:
        """Return every reason to refuse ``value``, in its own order."""
        if self._passes_gate(value) or (self._fast is not None and _says_yes(self._fast, value)):
            return ()
        return self._explained(value, path)

    def unknown_fields(self, value: Any, path: str = "body") -> tuple[Problem, ...]:
        """Return every field that no schema knows, with the nearest name that one does."""
        return () if self._passes_gate(value) else self._unknown(value, path)

    @property
    def not_checked(self) -> tuple[str, ...]:
        """What the document says and no engine is asked: unsafe patterns, broken keywords."""
        return self._translation.not_checked

    def _passes_gate(self, value: Any) -> bool:
        return self._gate is not None and _says_yes(self._gate, value)

    def _unknown(self, value: Any, path: str) -> tuple[Problem, ...]:
        found = strangers(value, self._place)
        return tuple(wording.unknown_field(each, path) for each in found)

    def _explained(self, value: Any, path: str) -> tuple[Problem, ...]:
        validator, sources = self._explainer
        subject = wording.Subject(value, path, self._place, sources)
        try:
            return wording.problems(validator.iter_errors(value), subject)
        except RecursionError:
            return (wording.too_deep(path),)

    def _translated(self, form: Form) -> Translation:
        return translate(self._schema, self._knowledge.components, form, knowledge=self._knowledge)

    @functools.cached_property
    def _place(self) -> Place:
        return Place([self._schema], self._knowledge)

    @functools.cached_property
    def _translation(self) -> Translation:
        return self._translated(self._form)

    @functools.cached_property
    def _gate(self) -> Any:
        """The narrow schema, compiled; None without jsonschema-rs."""
        if not self._rust or _rust_engine() is None:
            return None
        form = self._form._replace(closed=True)
        return _compiled(self._translated(form).schema)

    @functools.cached_property
    def _fast(self) -> Any:
        """The schema of the level, compiled; None without jsonschema-rs."""
        return None if self._gate is None else _compiled(self._translation.schema)

    @functools.cached_property
    def _explainer(self) -> tuple[Any, Mapping[int, Schema]]:
        """jsonschema's validator over a graph without references: they cost it a third of its time."""
        from referencing import Registry

        translation = self._translated(self._form)
        sources = _without_references(translation)
        root = {"allOf": translation.schema["allOf"]}
        return _explaining_engine()(root, registry=Registry()), sources


def _says_yes(validator: Any, value: Any) -> bool:
    """An engine that gives up (depth, backtracking) has not said yes; jsonschema will decide."""
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


def _compiled(schema: dict[str, Any]) -> Any:
    """Return the compiled schema, or None where the Rust engine cannot read it and jsonschema must."""
    try:
        return _rust_engine().Draft7Validator(schema)
    except ValueError:
        return None


def _without_references(translation: Translation) -> Mapping[int, Schema]:
    """Put in place of every reference what it stands for; recursion makes the graph a circle."""
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
# Left alone it calls Decimal("1") no integer, finds Decimal("0.10") below a minimum of 0.1
# (a binary float, a little more than that), and cannot divide a Decimal by a float. The Rust
# engine reads a float as the digits it prints, and so does everything here.


@functools.cache
def _explaining_engine() -> Any:
    from jsonschema import Draft7Validator, validators
    from jsonschema.exceptions import ValidationError

    def numeric(accepts: Callable[[Any, Any], bool]) -> Callable[..., Iterator[ValidationError]]:
        def keyword(validator: Any, limit: Any, value: Any, _: Any) -> Iterator[ValidationError]:
            if validator.is_type(value, "number") and not accepts(exact(value), exact(limit)):
                yield ValidationError("")

        return keyword

    plain_enum = Draft7Validator.VALIDATORS["enum"]

    def enum(validator: Any, values: Any, value: Any, schema: Any) -> Iterator[ValidationError]:
        if isinstance(value, str):
            if value not in values:
                yield ValidationError("")
        elif validator.is_type(value, "number"):
            if not any(validator.is_type(each, "number") and exact(each) == exact(value) for each in values):
                yield ValidationError("")
        else:
            yield from plain_enum(validator, values, value, schema) or ()

    def integer(_: Any, value: Any) -> bool:
        return is_integer(value)

    return validators.extend(  # type: ignore[no-untyped-call]  # its stubs leave the arguments out
        Draft7Validator,
        {
            "minimum": numeric(operator.ge),
            "maximum": numeric(operator.le),
            "exclusiveMinimum": numeric(operator.gt),
            "exclusiveMaximum": numeric(operator.lt),
            "multipleOf": numeric(is_multiple),
            "enum": enum,
        },
        type_checker=Draft7Validator.TYPE_CHECKER.redefine("integer", integer),
    )
