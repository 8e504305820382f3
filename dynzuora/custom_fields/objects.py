"""The fields of one object of a tenant, as values that compare with ``==``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from dynzuora._names import nearest
from dynzuora.display import render, text_table
from dynzuora.display.cards import table


class Field(NamedTuple):
    """A field of an object.

    ``type`` is Zuora's: ``boolean``, ``date``, ``datetime``, ``decimal``, ``integer``, ``picklist``,
    ``text``, ``timestamp`` or ``ZOQL``; a picklist has ``options``. ``custom`` is true for the
    tenant's own. ``contexts`` say where the field is available, such as ``export``.
    """

    name: str
    type: str
    nullable: bool = True
    custom: bool = False
    label: str = ""
    options: tuple[str, ...] = ()
    max_length: int | None = None
    contexts: tuple[str, ...] = ()


@dataclass(frozen=True)
class ObjectFields:
    """An object and its fields: iterate over them, or look one up by its name.

    ``learned`` is when it was described, an RFC 3339 time in UTC.
    """

    name: str
    fields: tuple[Field, ...]
    learned: str

    def __iter__(self) -> Iterator[Field]:
        return iter(self.fields)

    def __len__(self) -> int:
        return len(self.fields)

    def __contains__(self, name: object) -> bool:
        return any(field.name == name for field in self.fields)

    def __getitem__(self, name: str) -> Field:
        """Return the field called ``name``. The KeyError for an unknown one names the nearest."""
        for field in self.fields:
            if field.name == name:
                return field
        close = nearest(name, [field.name for field in self.fields])
        hint = f" Did you mean {close[0]}?" if close else ""
        raise KeyError(f"{self.name} has no field {name!r}.{hint}")

    @property
    def custom(self) -> tuple[Field, ...]:
        """The tenant's own fields."""
        return tuple(field for field in self.fields if field.custom)

    @property
    def _heading(self) -> str:
        return f"{self.name}: {len(self)} fields, {len(self.custom)} of them custom; learned {self.learned}"

    def __repr__(self) -> str:
        rows = [
            (row["name"], row["type"], row["nullable"], row["custom"], row["options"]) for row in self._rows()
        ]
        return f"{self._heading}\n{text_table(('name', 'type', 'nullable', 'custom', 'options'), rows)}"

    def _repr_html_(self) -> str:
        return render("operations", heading=self._heading, table=table(self._rows()))

    def _rows(self) -> list[dict[str, str]]:
        """Return a row for each field, the custom ones first."""
        return [
            {
                "name": field.name,
                "type": field.type,
                "nullable": "yes" if field.nullable else "no",
                "custom": "yes" if field.custom else "",
                "options": ", ".join(field.options),
            }
            for field in sorted(self.fields, key=lambda field: not field.custom)
        ]


def from_elements(name: str, elements: Iterable[Mapping[str, Any]], learned: str) -> ObjectFields:
    """Return an object from its description, an element of text or of a list of texts for each property."""
    return ObjectFields(name, tuple(_field(element) for element in elements), learned)


def _field(element: Mapping[str, Any]) -> Field:
    length = element.get("maxlength", "")
    return Field(
        name=_text(element, "name"),
        type=_text(element, "type") or "text",
        nullable=_text(element, "required") != "true",
        custom=_text(element, "custom") == "true",
        label=_text(element, "label"),
        options=_texts(element, "options"),
        max_length=int(length) if isinstance(length, str) and length.isdecimal() else None,
        contexts=_texts(element, "contexts"),
    )


def _text(element: Mapping[str, Any], name: str) -> str:
    value = element.get(name, "")
    return value if isinstance(value, str) else ""


def _texts(element: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = element.get(name, ())
    return tuple(value) if isinstance(value, list) else ()
