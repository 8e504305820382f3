"""Stubs for editors and type checkers, written from a document: its ids, or typed ``ops``.

Only type checkers read them, so nothing here runs when a client is used. Each stub is
stamped with the digest of the document it was written from; `stale` compares.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dynzuora._names import canonical
from dynzuora._packaged import packaged
from dynzuora._text import visible
from dynzuora.model import ANYTHING, Shape
from dynzuora.operation import CALL_OPTIONS

if TYPE_CHECKING:
    from dynzuora.operation import Document, Operation, Parameter

_STAMP: Final = "# dynzuora stubs of {version}, digest {digest}"
_STAMPED: Final = re.compile(r"^# dynzuora stubs of (.*), digest ([0-9a-f]+)$", re.MULTILINE)

_IDS: Final = '''"""The operationIds of {version}, for editors to complete. Made by `dynzuora stubs --ids`."""

from typing import Literal, TypeAlias

OperationId: TypeAlias = Literal[
{ids}
]
'''

_OPS: Final = """{stamp}
# Made by `dynzuora stubs`; make it again when the document changes. Custom fields are in no
# document: put them into a body with a variable of type Any.
# pyright: reportIncompatibleMethodOverride=false
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, Required, TypeAlias, TypedDict, Unpack

from dynzuora.client import BoundOperation
from dynzuora.operation import Operation

class _Options(TypedDict, total=False):
    timeout: float | tuple[float, float] | None
    validate: str | None
    dry_run: bool | None
    idempotency_key: str | None
    track_id: str | bool | None
    zuora_version: str | None
    entity: str | None
    headers: Mapping[str, str] | None

class Tags:
    def __getattr__(self, name: str) -> Any: ...

{types}

{operations}

class Ops:
    by_tag: Tags
{attributes}
    def __getitem__(self, identifier: str) -> BoundOperation: ...
    def __iter__(self) -> Iterator[str]: ...
    def __len__(self) -> int: ...
    def __init__(
        self, operations: Mapping[str, BoundOperation], resolve: Callable[[str], Operation]
    ) -> None: ...
"""


def ids(document: Document) -> str:
    """Return a stub module with a document's operationIds as one Literal."""
    listed = "\n".join(f"    {_literal(identifier)}," for identifier in document.operations)
    return _IDS.format(version=_in_docstring(document.version), ids=listed)


def write(document: Document, folder: Path) -> tuple[Path, ...]:
    """Write typed ``ops`` for a document below ``folder``; return the files that were written.

    Beside it goes a copy of the package's ``__init__``: without one mypy sees no stub of a submodule.
    """
    package = folder / "dynzuora"
    package.mkdir(parents=True, exist_ok=True)
    stub, face = package / "ops.pyi", package / "__init__.pyi"
    stub.write_text(ops(document), encoding="utf-8")
    face.write_text(packaged("__init__.py").read_text("utf-8"), encoding="utf-8")
    return stub, face


def are_in(folder: Path) -> bool:
    """Whether there are stubs in ``folder``."""
    return (folder / "dynzuora" / "ops.pyi").is_file()


def stale(document: Document, folder: Path) -> str:
    """Return what is wrong with the stubs in ``folder``; empty where they are those of the document."""
    stub = folder / "dynzuora" / "ops.pyi"
    if not are_in(folder):
        return f"There is no stub {stub}."
    found = _STAMPED.search(stub.read_text("utf-8"))
    if found is None:
        return f"{stub} was not written by dynzuora stubs."
    if found[2] != document.prepared.digest:
        return f"{stub} was written from {found[1]} as it was; the document is {document.version} now."
    return ""


def ops(document: Document) -> str:
    """Return a stub module in which each operation is a typed callable of ``Ops``."""
    types = _Types()
    operations, attributes = [], []
    for operation in document.operations.values():
        if not document.prepared.index[operation.id].fault and _is_name(operation.id):
            operations.append(_operation(operation, types))
            attributes.append(f"    {operation.id}: _{operation.id}")
    return _OPS.format(
        stamp=_stamp(document),
        types="\n".join(types.written),
        operations="\n".join(operations),
        attributes="\n".join(attributes),
    )


def _stamp(document: Document) -> str:
    return _STAMP.format(version=visible(document.version), digest=document.prepared.digest)


def _is_name(identifier: str) -> bool:
    return identifier.isidentifier() and not keyword.iskeyword(identifier) and identifier[0] != "_"


def _operation(operation: Operation, types: _Types) -> str:
    words = ["self", "*"]
    own = sorted(operation.parameters, key=lambda each: not each.required)
    options = {canonical(name) for name in (*CALL_OPTIONS, "params")}
    words += [_argument(each, types, operation) for each in own if canonical(each.name) not in options]
    if operation.has_body:
        body = operation.model.body
        text = types.of(body.shape, f"{operation.id}Body") if body.has_json_schema else "Any"
        words.append(f"body: {text}" if operation.body_required else f"body: {text} = ...")
    words += ["params: Mapping[str, Any] | None = ...", "**options: Unpack[_Options]"]
    return (
        f"class _{operation.id}(BoundOperation):\n"
        f'    """{operation.method} {_in_docstring(operation.path)}"""\n'
        f"    def __call__({', '.join(words)}) -> Any: ..."
    )


def _argument(parameter: Parameter, types: _Types, operation: Operation) -> str:
    shape = operation.model.schemas.of(parameter.schema)
    text = types.of(shape, f"{operation.id}__{parameter.keyword}")
    if parameter.required:
        return f"{parameter.keyword}: {text}"
    return f"{parameter.keyword}: {text} | None = ..."


_SCALARS: Final[Mapping[str, str]] = {
    "integer": "int",
    "number": "float | Decimal",
    "boolean": "bool",
    "string": "str",
}
_NULLABLE: Final = ("str", "int", "float", "bool", "Literal")
_FORMATS: Final[Mapping[str, str]] = {"date": "str | date", "date-time": "str | datetime"}


class _Types:
    """Schemas as Python types; an object with fields becomes a TypedDict of its own.

    One name is one schema in a document, whichever operation it is met in.
    """

    def __init__(self) -> None:
        self.written: list[str] = []
        self._names: dict[str, str] = {}
        self._components: set[str] = set()
        self._taken: set[str] = set()

    def of(self, shape: Shape, name: str) -> str:
        """Return a type for what may be sent; ``name`` is for an object that has no name in the document."""
        shape = shape.only
        return self._component(shape) if shape.component else self._text(shape, name)

    def _text(self, shape: Shape, name: str) -> str:
        if "enum" in shape.words:
            return _choices(shape.words["enum"])
        fields = {field: each for field, each in shape.properties.items() if not _is_read_only(shape, field)}
        if fields:
            return self._typed_dict(name, fields, shape.required)
        if shape.alternatives:
            _, members = shape.alternatives[0]
            texts = [self.of(each, f"{name}__{number}") for number, each in enumerate(members, 1)]
            return " | ".join(dict.fromkeys(texts))
        if shape.is_array:
            return f"list[{self.of(shape.items or ANYTHING, f'{name}__item')}]"
        if shape.type == "string":
            return _FORMATS.get(shape.format, "str")
        return _SCALARS.get(shape.type, "dict[str, Any]" if shape.type else "Any")

    def _component(self, shape: Shape) -> str:
        reference = shape.component
        if reference not in self._names:
            self._names[reference] = name = self._free(_class_name(reference))
            self._components.add(name)
            text = self._text(shape, name)
            if text != name:
                self.written.append(
                    f"{name}: TypeAlias = {text}" if name not in text else f"{name}: TypeAlias = Any"
                )
        return self._names[reference]

    def _typed_dict(self, name: str, fields: Mapping[str, Shape], required: frozenset[str]) -> str:
        """Write a TypedDict in its functional form: a field's name may be any text, even ``date``."""
        name = name if name in self._components else self._free(name)
        lines = []
        for field, shape in fields.items():
            text = self.of(shape, name + _class_name(field, "__"))
            if text.startswith(_NULLABLE):  # null is taken anywhere, but errors about a union name no key
                text += " | None"
            lines.append(f"    {field!r}: {f'Required[{text}]' if field in required else text},")
        self.written.append(f"{name} = TypedDict({name!r}, {{\n" + "\n".join(lines) + "\n}, total=False)")
        return name

    def _free(self, name: str) -> str:
        """Return ``name``, numbered where another type has it: "a-b" and "a.b" are two schemas."""
        number, free = 1, name
        while free in self._taken:
            number += 1
            free = f"{name}_{number}"
        self._taken.add(free)
        return free


def _is_read_only(shape: Shape, field: str) -> bool:
    """Whether a field is not sent: its own schema says so, or the one that a reference there leads to."""
    return bool(
        shape.merged.properties[field].schema.get("readOnly") or shape.properties[field].words.get("readOnly")
    )


def _class_name(name: str, before: str = "B_") -> str:
    """Return a schema's name as a class name of the stub; ``B_`` keeps clear of everything imported."""
    return before + re.sub(r"\W", "_", name)


def _in_docstring(text: str) -> str:
    """Return a text of the document so that it can neither end a docstring nor escape anything in it."""
    return visible(text).replace("\\", "\\\\").replace('"', '\\"')


def _literal(text: str) -> str:
    """Return a text as Python writes it, in double quotes."""
    return '"' + repr(text)[1:-1].replace("\\'", "'").replace('"', '\\"') + '"'


def _choices(allowed: list[Any]) -> str:
    """Return a Literal where all values are text; numbers and null are taken in more ways than one."""
    texts = [each for each in allowed if isinstance(each, str)]
    return f"Literal[{', '.join(map(repr, texts))}]" if texts and texts == allowed else "Any"
