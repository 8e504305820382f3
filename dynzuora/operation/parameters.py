"""An operation's parameters in Python: names, annotations, one line of text each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from dynzuora import _zuora
from dynzuora._names import argument_name, argument_names, canonical
from dynzuora.display.cards import python_type
from dynzuora.model import schema_of


class Parameter(NamedTuple):
    """One parameter of an operation. ``keyword`` is its name as a Python argument."""

    name: str
    location: str
    required: bool
    schema: Mapping[str, Any]
    keyword: str
    definition: Mapping[str, Any]

    @property
    def description(self) -> str:
        """The document's prose, empty in a facts-only document."""
        return str(self.definition.get("description", ""))

    def __repr__(self) -> str:
        kind = annotation(self.schema, self.required)
        return f"Parameter({self.keyword}: {kind}, {self.location} parameter {self.name!r})"


_SHARED = {canonical(name): name for name in _zuora.SHARED_HEADERS}


def shared_header(name: str) -> Parameter | None:
    """Return the shared header called ``name``, whether or not an operation declares it."""
    header = _SHARED.get(canonical(name))
    if header is None:
        return None
    return parameter_of(
        {"name": header, "in": "header", "required": False, "style": "simple", "explode": False}
    )


def prefixed(name: str, declared: Mapping[str, Parameter]) -> Parameter | None:
    """Return the parameter called ``name``, an object's name before that of a declared one, if it is that."""
    _, dot, own = name.rpartition(".")
    if not dot or own not in _zuora.PREFIXED or own not in declared:
        return None
    return parameter_of(
        {**declared[own].definition, "name": name, "explode": False, "schema": {"type": "string"}}, name
    )


def parameters_of(definitions: list[Mapping[str, Any]]) -> tuple[Parameter, ...]:
    """Return the parameters of an operation, each with a Python name of its own."""
    names = argument_names((definition["name"], definition["in"]) for definition in definitions)
    return tuple(map(parameter_of, definitions, names))


def parameter_of(definition: Mapping[str, Any], keyword: str = "") -> Parameter:
    """Return one Parameter Object as a `Parameter`; ``keyword`` is its Python name, if already known."""
    name, location = definition["name"], definition["in"]
    if name in _zuora.COMMA_SEPARATED and location == "query":
        definition = {**definition, "explode": False}
    return Parameter(
        name,
        location,
        definition["required"],
        schema_of(definition),
        keyword or argument_name(name, location),
        definition,
    )


def merged(operation_id: str, params: object, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return both kinds of arguments as one; a doubled name is a TypeError, as in any Python call."""
    if params is None:
        return parameters
    if not isinstance(params, Mapping):
        kind = type(params).__name__
        raise TypeError(f"params must be a mapping of parameter names to values, not a {kind}.")
    for name in params:
        if not isinstance(name, str):
            raise TypeError(f"the names in params must be strings, not {name!r}.")
        if name in parameters:
            raise TypeError(f"{operation_id} got {name} twice, in params and as a keyword; pass it once.")
    return {**params, **parameters}


def missing(parameter: Parameter) -> str:
    return f"is required ({parameter.location} parameter {parameter.name})."


class Annotation(str):
    """The text of a type, shown in signatures without quotes."""

    __slots__ = ()
    __repr__ = str.__str__


def annotation(schema: Mapping[str, Any], required: bool) -> Annotation:
    text = python_type(schema)
    return Annotation(text if required else f"{text} | None")


def line(parameter: Parameter) -> str:
    words = [python_type({"type": parameter.schema.get("type")})]
    if parameter.required:
        words.append("required")
    if "default" in parameter.schema:
        words.append(f"default {parameter.schema['default']}")
    if "enum" in parameter.schema:
        words.append("one of " + ", ".join(map(str, parameter.schema["enum"])))
    line = f"{', '.join(words)} ({parameter.location})"
    first = parameter.description.strip().splitlines()
    return f"{line}  {first[0]}" if first else line
