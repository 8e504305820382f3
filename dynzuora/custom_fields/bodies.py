"""Custom fields in the body of a request: the misspelt ones, and those a template can have.

The document says where an object's own fields may stand: beside ``AccountObjectCustomFields``
stand those of an account.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from dynzuora import _zuora
from dynzuora._names import nearest
from dynzuora._references import Components
from dynzuora.custom_fields.objects import Field, ObjectFields
from dynzuora.errors import Advice, Problem
from dynzuora.model import Schema
from dynzuora.schema import example
from dynzuora.schema.checking import location
from dynzuora.schema.fields import SchemaLocation, Step
from dynzuora.schema.wording import path_text

Known = Callable[[str], ObjectFields | None]
"""What is known of an object, by its name."""

_OWN = _zuora.CUSTOM_FIELD_SUFFIXES[0]


def problems(value: Any, schema: Schema, components: Components, known: Known) -> tuple[Problem, ...]:
    """Return every custom field of a body that its object does not have, with the nearest name."""
    found = []
    for steps, node, place in _objects(value, location(schema, components), ()):
        names = [name for name in node if name.endswith(_OWN)]
        described = _described(place, known) if names else []
        own = {field.name for one in described for field in one.custom}
        found += [
            _problem((*steps, name), name, described, own) for name in names if described and name not in own
        ]
    return tuple(found)


def _problem(steps: tuple[Step, ...], name: str, described: list[ObjectFields], own: set[str]) -> Problem:
    subject = " or ".join(one.name for one in described)
    return Problem(
        path_text("body", steps),
        f"{subject} has no such custom field; the server would silently ignore it.",
        nearest=next(iter(nearest(name, sorted(own))), None),
        advice=Advice("describe", (described[0].name, described[0].learned[:10])),
    )


def filled(value: Any, schema: Schema, components: Components, known: Known) -> Any:
    """Return a template with the custom fields that its objects have, each with a valid value."""
    for _, node, place in _objects(value, location(schema, components), ()):
        for one in _described(place, known):
            for field in one.custom:
                node.setdefault(field.name, example(_schema(field)))
    return value


def names_in(schema: Schema, components: Components, known: Known) -> list[str]:
    """Return the names of the custom fields that the body itself may have."""
    described = _described(location(schema, components), known)
    return [field.name for one in described for field in one.custom]


def _objects(
    value: Any, place: SchemaLocation, steps: tuple[Step, ...]
) -> Iterator[tuple[tuple[Step, ...], dict[str, Any], SchemaLocation]]:
    """Yield every object of a plain JSON value: the steps to it, itself, and its place in the schema."""
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from _objects(item, place.child(None), (*steps, number))
    elif isinstance(value, dict):
        yield steps, value, place
        for name, inner in list(value.items()):
            if isinstance(inner, (dict, list)):
                yield from _objects(inner, place.child(name), (*steps, name))


def _described(place: SchemaLocation, known: Known) -> list[ObjectFields]:
    """Return what is known of the objects whose custom fields may stand here; nothing if one is unknown."""
    described = [known(object_of(container)) for container in place.containers]
    return [one for one in described if one is not None] if all(described) else []


def object_of(container: str) -> str:
    """Return the object whose custom fields a component stands for.

    >>> object_of("AccountObjectCustomFields")
    'Account'
    """
    name = container.removesuffix(_zuora.CUSTOM_FIELD_CONTAINERS[0]).removesuffix("Object")
    return _zuora.OBJECT_NAMES.get(name, name)


def _schema(field: Field) -> Schema:
    if field.options:
        return {"type": "string", "enum": list(field.options)}
    schema = _zuora.FIELD_SCHEMAS.get(field.type, {"type": "string"})
    is_text = schema == {"type": "string"}
    return {**schema, "maxLength": field.max_length} if is_text and field.max_length else schema
