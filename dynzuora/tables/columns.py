"""A column over all batches: an array of each batch's values, and at the end the type that holds all.

A batch is stored as it comes: integers as int64, decimals with the digits that they have, texts
as texts, though they may spell dates. Only when the last batch was seen is the column's type
known, and `Column.final` gives each batch in it.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from operator import itemgetter
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from dynzuora import _json
from dynzuora._native import is_missing
from dynzuora.errors import TableError
from dynzuora.model import Shape
from dynzuora.tables import readings
from dynzuora.tables.declared import kind_of
from dynzuora.tables.readings import DAY, MEMORY, OF_KIND, TIME, UTC_TIME, Reading

PRECISION, USUAL_PRECISION = 38, 18
"""The digits of a decimal128, and how many a column has unless its values need more.

Arrow, and pandas with it, refuses to add or multiply decimals of 38 digits, since the result
might have more. A decimal256 has 76, but polars panics at one and DuckDB reads none.
"""
USUAL_SCALE = 2
"""So that an amount that happens to be whole in one file has the type that it has in the next."""
_DEEPEST = 4
"""Levels of objects of which a column without values gets the declared type."""

_JSON = {b"dynzuora": b"json"}
"""Metadata of a stored batch of values that no Arrow type holds: each is JSON text."""

_KINDS: dict[type, str] = {
    bool: "boolean",
    int: "integer",
    Decimal: "decimal",
    float: "float",
    str: "text",
    list: "list",
    dict: "object",
}
_NUMBERS = ("integer", "decimal", "float")
"""Each holds those before it; a float holds no number exactly, but then one of them was a float."""

_array = functools.partial(pa.array, memory_pool=MEMORY)

Stored = tuple[pa.Field, pa.Array]
"""The values of one batch."""


class Column:
    """The values of one field, or of the items of a list, over all batches."""

    def __init__(
        self,
        name: str,
        declared: Shape | None = None,
        *,
        floats: bool = False,
        lists_as_json: bool = False,
        digits: tuple[int, int] = (USUAL_PRECISION, USUAL_SCALE),
        above: tuple[Shape, ...] = (),
    ) -> None:
        """``digits`` are the precision and scale of decimals that do not need more."""
        self.name = name
        """Dotted from the row on, for messages."""
        self.key = name
        """As objects have it."""
        self.fields: dict[str, Column] = {}
        """The fields of objects, in order of appearance."""
        self.zones: set[str] = set()
        """The zones of times, as they are written."""
        self.odd: Any = None
        """The first value for which the column became text."""
        self._declared = declared
        self._kind = kind_of(declared) if declared else ""
        self._floats = floats
        self._lists_as_json = lists_as_json
        self._digits = digits
        self._above = above
        self._items: Column | None = None
        self._kinds: set[str] = set()
        self._first: type | None = None
        self._is_mixed = False
        self._whole, self._scale = 0, digits[1]
        self._readings: tuple[Reading, ...] = OF_KIND.get(self._kind, ())
        self._has_texts = self._has_empty = False

    # -- storing a batch --------------------------------------------------------------------

    def store(self, values: Sequence[Any]) -> Stored:
        """Take the values of one batch and return them as an array."""
        types = set(map(type, values))
        if not types <= _PLAIN:
            values = [None if is_missing(value) else _json.plain(value, self.name) for value in values]
            types = set(map(type, values))
        was_mixed = self._is_mixed
        if not self._first:
            self._first = next((type(value) for value in values if value is not None), None)
        array, metadata = self._stored({_KINDS[type] for type in types if type in _KINDS}, values)
        if len(self._kinds) > 1 or not self._fits:  # few columns, and asking takes time
            self._is_mixed = self.is_mixed
        if self._is_mixed and not was_mixed:
            self.odd = self._odd(values)
        return pa.field(self.key, array.type, metadata=metadata), array

    def _stored(self, kinds: set[str], values: Sequence[Any]) -> tuple[pa.Array, Any]:
        if not kinds:
            return pa.nulls(len(values)), None
        if len(kinds) > 1 and kinds <= {*_NUMBERS}:
            kinds = {max(kinds, key=_NUMBERS.index)}
        elif len(kinds) > 1 and kinds <= {"text", *_NUMBERS} and self._kind in ("decimal", "integer"):
            values = [value if isinstance(value, str | None) else _number_text(value) for value in values]
            self._kinds |= kinds
            kinds = {"text"}
        self._kinds |= kinds
        if len(kinds) > 1:
            self._kinds.add("mixed")
            return _as_json(values), _JSON
        array = _STORE[next(iter(kinds))](self, values)
        return (_as_json(values), _JSON) if array is None else (array, None)

    def _store_booleans(self, values: Sequence[Any]) -> pa.Array:
        return _array(values, pa.bool_())

    def _store_integers(self, values: Sequence[Any]) -> pa.Array | None:
        try:
            array = _array(values, pa.int64())
        except (OverflowError, pa.ArrowInvalid):
            self._kinds.add("decimal")
            return self._store_decimals(values)
        self._measure_ends(array)
        return array

    def _store_decimals(self, values: Sequence[Any]) -> pa.Array | None:
        """Return decimals, None if they have more digits than a decimal128."""
        if self._floats:
            return self._store_floats(values)
        try:
            array = _array(values, pa.decimal128(PRECISION, self._scale))
        except pa.ArrowInvalid:
            self._measure(value for value in values if value is not None)
            if self._whole + self._scale > PRECISION:
                return None
            array = _array(values, pa.decimal128(PRECISION, self._scale))
        self._measure_ends(array)
        return array

    def _store_floats(self, values: Sequence[Any]) -> pa.Array:
        self._kinds.add("float")
        return _array([None if value is None else float(value) for value in values], pa.float64())

    def _store_texts(self, values: Sequence[Any]) -> pa.Array:
        try:
            texts = _array(values, pa.string())
        except UnicodeEncodeError:  # half a surrogate pair, which no file takes
            texts = _array([None if value is None else _whole_characters(value) for value in values])
        if not self._readings:
            return texts
        self._has_empty |= "" in values
        full = _full(texts) if self._has_empty else texts
        if len(full):
            self._has_texts = True
            self._readings = readings.that_fit(self._readings, full)
            if readings.NUMBERS in self._readings and not self._floats:
                self._measure(full.drop_null().to_pylist())
            if readings.UTC_TIMES in self._readings:
                self.zones |= readings.zones(full)
        return texts

    def _store_lists(self, values: Sequence[Any]) -> pa.Array | None:
        if self._lists_as_json:
            return None
        if self._items is None:
            self._items = self._column(f"{self.name}[]", self._declared and self._declared.items)
        ends = itertools.accumulate(0 if value is None else len(value) for value in values)
        field, items = self._items.store([item for value in values if value is not None for item in value])
        type = pa.list_(field.with_name("item"))
        return pa.ListArray.from_arrays(pa.array([0, *ends], pa.int32()), items, type, mask=_mask(values))

    def _store_objects(self, values: Sequence[Any]) -> pa.Array:
        stored = self.store_fields([{} if value is None else value for value in values])
        return struct(len(values), stored, _mask(values))

    def store_fields(self, objects: Sequence[Mapping[str, Any]]) -> list[Stored]:
        """Take a batch of objects and return each of their fields as an array."""
        names = set().union(*objects)
        if not names <= self.fields.keys():
            for name in itertools.chain.from_iterable(objects):
                if name not in self.fields:
                    self.fields[name] = self.field(name)
        return [column.store(_values(objects, name)) for name, column in self.fields.items() if name in names]

    def field(self, name: str) -> Column:
        """Return the column of a field that no object had before."""
        path = f"{self.name}.{name}" if self.name else name
        column = self._column(path, self._declared and self._declared.properties.get(name))
        column.key = name
        return column

    def _column(self, name: str, declared: Shape | None) -> Column:
        above = (*self._above, self._declared) if self._declared and self.name else ()
        return Column(
            name,
            declared,
            floats=self._floats,
            lists_as_json=self._lists_as_json,
            digits=self._digits,
            above=above,
        )

    def _measure(self, numbers: Iterable[Any]) -> None:
        """Note how many digits numbers have on either side of the point."""
        for number in map(Decimal, numbers):
            exponent = number.as_tuple().exponent
            if not isinstance(exponent, int):
                raise TableError(f"{self.name}: {number} is not a number.", column=self.name, value=number)
            self._scale = max(self._scale, -exponent)
            self._whole = max(self._whole, number.adjusted() + 1)

    def _measure_ends(self, array: pa.Array) -> None:
        self._measure(end for end in pc.min_max(array).as_py().values() if end is not None)

    # -- the type ---------------------------------------------------------------------------

    @property
    def kind(self) -> str:
        """The kind of all values so far, that of the document without any; ``text`` if they are mixed."""
        kinds = set(self._kinds)
        reading = self._reading
        if reading and "text" in kinds:
            kinds = kinds - {"text"} | {reading.kind}
        if not kinds:
            return "float" if self._floats and self._kind == "decimal" else self._kind
        if not kinds <= {*_NUMBERS}:
            return kinds.pop() if len(kinds) == 1 else "text"
        kind = max(kinds | ({"decimal"} if self._kind == "decimal" else set()), key=_NUMBERS.index)
        if kind == "decimal":
            return "float" if self._floats else "decimal" if self._fits else "text"
        return kind

    @property
    def is_mixed(self) -> bool:
        """Whether no other type than text holds all values, which are not all texts."""
        return self.kind == "text" and bool(self._kinds - {"text"})

    @property
    def _fits(self) -> bool:
        return self._whole + self._scale <= PRECISION

    @property
    def _reading(self) -> Reading | None:
        is_certain = self._has_texts or self._kind in ("date", "time")
        return self._readings[0] if self._readings and is_certain else None

    def type(self, unknown: pa.DataType) -> pa.DataType:
        """Return the type that holds all values; ``unknown`` if there are none and nothing is declared."""
        kind = self.kind
        if kind == "decimal":
            is_usual = self._whole + self._scale <= self._digits[0]
            return pa.decimal128(self._digits[0] if is_usual else PRECISION, self._scale)
        if kind == "list":
            items = self._items or self._column(f"{self.name}[]", self._declared and self._declared.items)
            return pa.list_(items.type(unknown))
        if kind == "object":
            fields = self.fields or self.declared_fields()
            types = [(name, field.type(unknown)) for name, field in fields.items()]
            return pa.struct(types) if types else pa.string()  # no file holds a struct without fields
        return _TYPES.get(kind, unknown)

    def declared_fields(self) -> Mapping[str, Column]:
        """Return the declared fields of an object of which no row has any; of one that recurs, none."""
        declared = self._declared
        if declared is None or declared in self._above or len(self._above) >= _DEEPEST:
            return {}
        return {name: self.field(name) for name in declared.properties}

    # -- a batch in its final type ----------------------------------------------------------

    def final(self, stored: Stored, type: pa.DataType) -> pa.Array:
        """Return a stored batch in ``type``, which is what `type` returns after the last batch was stored."""
        field, array = stored
        if array.type == type and not _is_json(field):
            return array
        if pa.types.is_null(array.type):
            return pa.nulls(len(array), type)
        if type == pa.string():
            return _array([None if value is None else _text(value) for value in objects(stored)], type)
        if array.type == pa.string():
            assert self._reading is not None
            return self._reading.read(_nulled(array) if self._has_empty else array, type)
        if pa.types.is_list(type):
            assert self._items is not None
            items = self._items.final((array.type.value_field, array.values), type.value_type)
            return pa.ListArray.from_arrays(array.offsets, items, type, mask=array.is_null())
        if pa.types.is_struct(type):
            return self._final_objects(array, type)
        if pa.types.is_integer(array.type) and pa.types.is_decimal(type):
            array = array.cast(pa.decimal256(76, type.scale))  # a narrower one might not hold every integer
        return pc.cast(array, type, safe=not pa.types.is_floating(type), memory_pool=MEMORY)

    def _final_objects(self, array: pa.StructArray, type: pa.StructType) -> pa.Array:
        own = {field.name: (field, array.field(number)) for number, field in enumerate(array.type)}
        fields = [
            (
                field,
                self.fields[field.name].final(own[field.name], field.type)
                if field.name in own
                else pa.nulls(len(array), field.type),
            )
            for field in type
        ]
        return struct(len(array), fields, array.is_null())

    def children(self) -> Iterable[Column]:
        """Return the columns of fields and items."""
        return (*self.fields.values(), *([self._items] if self._items else ()))

    def _odd(self, values: Sequence[Any]) -> Any:
        """Return the first value of another kind than the column's first, else the longest number."""
        numbers = {int, Decimal, float}
        usual = numbers if self._first in numbers else {self._first}
        present = [value for value in values if value is not None]
        other = next((value for value in present if type(value) not in usual), None)
        return max(present, key=lambda value: len(str(value)), default=None) if other is None else other


def objects(stored: Stored) -> list[Any]:
    """Return the values of a stored batch as Python's own."""
    field, array = stored
    values: list[Any] = array.to_pylist()
    return [None if text is None else _json.decode(text) for text in values] if _is_json(field) else values


def _is_json(field: pa.Field) -> bool:
    return bool(field.metadata) and field.metadata.items() >= _JSON.items()


def _as_json(values: Sequence[Any]) -> pa.Array:
    texts = (None if value is None else _json.encode(_json.plain(value)).decode() for value in values)
    return _array(texts, pa.string())


def _values(objects: Sequence[Mapping[str, Any]], name: str) -> list[Any]:
    try:
        return [*map(itemgetter(name), objects)]  # in half the time
    except KeyError:
        return [value.get(name) for value in objects]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else _json.encode(_json.plain(value)).decode()


def _number_text(value: Any) -> str:
    return _json.number_text(Decimal(repr(value) if isinstance(value, float) else value))


def _whole_characters(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _full(texts: pa.Array) -> pa.Array:
    """Return the texts that are neither null nor empty."""
    return texts.filter(pc.not_equal(texts, ""))


def _nulled(texts: pa.Array) -> pa.Array:
    """Return texts with null for those that are empty."""
    return pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)


def _mask(values: Sequence[Any]) -> pa.Array | None:
    return pa.array([value is None for value in values], pa.bool_()) if None in values else None


def struct(length: int, stored: Sequence[Stored], mask: pa.Array | None) -> pa.StructArray:
    """Return the fields of objects as one array; where ``mask`` is true, the object is null."""
    if not stored:  # from_arrays would not know how long it is
        nulls = mask.to_pylist() if mask is not None else [False] * length
        return pa.array([None if null else {} for null in nulls], pa.struct([]))
    return pa.StructArray.from_arrays(
        [array for _, array in stored], fields=[f for f, _ in stored], mask=mask
    )


_PLAIN = frozenset({*_KINDS, type(None)})
_STORE: dict[str, Callable[[Column, Sequence[Any]], pa.Array | None]] = {
    "boolean": Column._store_booleans,
    "integer": Column._store_integers,
    "decimal": Column._store_decimals,
    "float": Column._store_floats,
    "text": Column._store_texts,
    "list": Column._store_lists,
    "object": Column._store_objects,
}
_TYPES = {
    "boolean": pa.bool_(),
    "integer": pa.int64(),
    "float": pa.float64(),
    "text": pa.string(),
    "date": DAY,
    "time": TIME,
    "utc": UTC_TIME,
}
