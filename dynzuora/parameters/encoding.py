"""How a form or a multipart body carries its properties: the Encoding Object, in both directions.

The rules are those of OpenAPI 3.0.4, 4.8.15 (Encoding Object). Where ``style``, ``explode`` or
``allowReserved`` is written, a property is carried as a query parameter is; otherwise by its
``contentType``, which is JSON for objects and text for the rest unless it is written. A list is
one field, or one part, for each item.

``style`` counts in multipart bodies too, as in OpenAPI 3.1: Swagger 2.0 has its
``collectionFormat`` there. A ``deepObject`` may be nested: ``items[0][price]=1``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote

from dynzuora import _json
from dynzuora._media_types import essence, is_json, is_text
from dynzuora.model import Shape
from dynzuora.parameters import nested
from dynzuora.parameters.parsing import items_of, parse, property_of, read, read_nested
from dynzuora.parameters.serializing import serialize
from dynzuora.parameters.styles import ParameterError, encoded, style_of, without
from dynzuora.parameters.values import text, unsendable

_STYLED = frozenset({"style", "explode", "allowReserved"})


class Encoding(NamedTuple):
    """How one property is carried: its name, its shape, and its Encoding Object, empty without one."""

    name: str
    shape: Shape
    definition: Mapping[str, Any]

    @property
    def is_styled(self) -> bool:
        """Whether it is carried as a query parameter is."""
        return not _STYLED.isdisjoint(self.definition)

    @property
    def media_types(self) -> tuple[str, ...]:
        """The media types of its Encoding Object, ranges such as ``image/*`` among them."""
        named = str(self.definition.get("contentType") or "").split(",")
        return tuple(name.strip() for name in named if name.strip())

    @property
    def headers(self) -> Mapping[str, Mapping[str, Any]]:
        """The Header Objects of its part, by their names; of a multipart body only."""
        return self.definition.get("headers") or {}

    @property
    def takes_file(self) -> bool:
        """Whether a value, or an item of it, may be a file."""
        kinds = self._item.kinds
        if any(shape.is_file for shape in kinds):
            return True
        is_text_only = all(is_json(name) or essence(name) == "text/plain" for name in self.media_types)
        return not is_text_only and all(shape.type in ("", "string") for shape in kinds)

    @property
    def takes_text(self) -> bool:
        """Whether a value, or an item of it, may be text that is not a file."""
        kinds = self._item.kinds
        if any(shape.is_file for shape in kinds):
            return any(shape.type == "string" and not shape.is_file for shape in kinds)
        return not self.takes_file or all(map(is_text, self.media_types))

    @property
    def is_string(self) -> bool:
        """Whether its schema speaks of text, not of a file: only its media type may be that of one."""
        return all(
            shape.type == "string" and (not shape.is_file or is_text(shape.content_media_type))
            for shape in self._item.kinds
        )

    @property
    def is_base64(self) -> bool:
        """Whether its schema speaks of bytes as text."""
        return all(shape.format in ("byte", "base64") for shape in self._item.kinds)

    def file_media_type(self, guess: str) -> str:
        """Return the media type of a file whose name suggests ``guess``."""
        named = self.media_types or tuple(filter(None, [self._item.content_media_type]))
        if not named or any(fnmatchcase(guess, _pattern(name)) for name in named):
            return guess
        return next((name for name in named if "*" not in name), guess)

    @property
    def _item(self) -> Shape:
        """The shape of what one field or part carries."""
        return items_of(self.shape) if self.is_list else self.shape

    @property
    def is_list(self) -> bool:
        """Whether the schema speaks of a list."""
        return any(shape.is_array for shape in self.shape.branches)

    @property
    def _parameter(self) -> dict[str, Any]:
        style = {key: self.definition[key] for key in _STYLED if key in self.definition}
        return {"name": self.name, "in": "query", "schema": self.shape.schema, **style}

    @property
    def is_spread(self) -> bool:
        """Whether the members of an object are fields by their own names."""
        style, explode = style_of(self._parameter)
        return explode and not style.bracketed

    @property
    def _is_nested(self) -> bool:
        return self.definition.get("style") == "deepObject"

    # -- writing --------------------------------------------------------------------------

    def field(self, value: Any) -> str:
        """Return ``name=value&…`` for a form, empty where there is nothing to send.

        Raises `ParameterError` for what cannot be carried unchanged.
        """
        if self._is_nested:
            return nested.written(self.name, value, self.shape)
        if self.is_styled:
            return serialize(self._parameter, value)
        return "&".join(f"{encoded(self.name)}={encoded(self.text(item)[0])}" for item in items(value))

    def parts(self, value: Any) -> list[tuple[str, str, str]]:
        """Return name, text and media type of each part of a multipart body.

        The media type is empty where it says no more than that of a text. Raises `ParameterError`.
        """
        if self.is_styled:
            self._refuse_commas(value)
            return [
                (name, content, "") for name, content in parse_qsl(self.field(value), keep_blank_values=True)
            ]
        return [(self.name, *self.text(item)) for item in items(value)]

    def _refuse_commas(self, value: Any) -> None:
        """Refuse members that a part, which encodes nothing, would hold as two."""
        style, explode = style_of(self._parameter)
        if not explode and isinstance(value, (dict, list)):
            members = [*value, *value.values()] if isinstance(value, dict) else value
            for member in map(text, members):
                without(member or "", unquote(style.delimiter), "a part")

    def text(self, item: Any) -> tuple[str, str]:
        """Return the text of one field or part, and its media type, empty for plain text."""
        if item is None:
            raise ParameterError("has an item that is None; remove it from the list.")
        is_container = isinstance(item, (dict, list))
        named = self._named(is_container)
        if is_json(named) or (is_container and not named):
            return _json.encode(item).decode(), named or "application/json"
        plain = text(item)
        if plain is None:
            raise ParameterError(f"is sent as {named}, and {unsendable(item)} as that; use a string.")
        return plain, named or self._item.content_media_type

    def _named(self, is_container: bool) -> str:
        """Return the named media type that fits a value best, empty where the default counts."""
        named = [name for name in self.media_types if "*" not in name]
        return min(named, key=lambda name: is_container and not is_json(name), default="")

    # -- reading --------------------------------------------------------------------------

    def value(self, content: str) -> Any:
        """Return the value that one field or part carries; text that is not of its type stays text."""
        return _value(content, self._item, self.media_types)

    def styled_value(self, query: str) -> Any:
        """Return the value in a query that carries it by its style, None where it is absent."""
        if not self._is_nested:
            return parse(self._parameter, query)
        return read_nested(self.name, query, self.shape)


def _pattern(media_type: str) -> str:
    """Return what the media types of files match; ``application/octet-stream`` is any of them."""
    name = essence(media_type)
    return "*" if name == "application/octet-stream" else name


def _value(content: str, shape: Shape, media_types: Iterable[str] = ()) -> Any:
    is_container = bool({"object", "array"} & set(shape.types)) and content.lstrip()[:1] in ("{", "[")
    if is_container or any(map(is_json, media_types)):
        try:
            return _json.decode(content)
        except ValueError:
            return content
    return read(content, shape)


def items(value: Any) -> list[Any]:
    """Return the items of a list, each of which is a field or part; anything else is its only item."""
    return list(value) if isinstance(value, list) else [value]


class Encodings:
    """How each property of a body is carried, from its Media Type Object and its shape."""

    def __init__(self, media: Mapping[str, Any], shape: Shape) -> None:
        self._definitions: Mapping[str, Any] = media.get("encoding") or {}
        self._shape = shape

    @property
    def headers(self) -> dict[str, Mapping[str, Mapping[str, Any]]]:
        """The Header Objects of the parts that have any, by the names of the parts."""
        return {name: headers for name in self._definitions if (headers := self.of(name).headers)}

    def of(self, name: str) -> Encoding:
        """Return how the property ``name`` is carried, whether or not it is declared."""
        return Encoding(name, property_of(self._shape, name), self._definitions.get(name) or {})

    def read_form(self, form: str) -> dict[str, Any]:
        """Return the value of an ``application/x-www-form-urlencoded`` text."""
        return self._read(parse_qsl(form, keep_blank_values=True), form)

    def read_parts(self, pairs: list[tuple[str, str]]) -> dict[str, Any]:
        """Return the value of the parts of a multipart body that are no files, by name."""
        return self._read(
            pairs, "&".join(f"{encoded(name)}={encoded(content, ',')}" for name, content in pairs)
        )

    def _read(self, pairs: list[tuple[str, str]], query: str) -> dict[str, Any]:
        by_name: dict[str, list[str]] = {}
        for name, content in pairs:
            by_name.setdefault(name, []).append(content)
        result: dict[str, Any] = {}
        for name in self._definitions:
            encoding = self.of(name)
            if encoding.is_styled and (value := encoding.styled_value(query)) is not None:
                if isinstance(value, dict) and encoding.is_spread:
                    value = {key: member for key, member in value.items() if key not in self._shape.fields}
                    for key in value:
                        by_name.pop(key, None)
                for key in [key for key in by_name if key == name or key.startswith(f"{name}[")]:
                    del by_name[key]
                result[name] = value
        for name, contents in by_name.items():
            encoding = self.of(name)
            values = [encoding.value(content) for content in contents]
            result[name] = values if encoding.is_list or len(values) > 1 else values[0]
        return result
