"""Read JSON or YAML, with one clear error for everything else.

YAML is read by the rules of 1.2 (dates stay text, only true and false are booleans) and
from parser events, which takes a sixth of the time and half the memory of PyYAML's own tree
(decision 16). Nothing is executed, and aliases cannot make a small file large.

A number keeps its spelling: as text, ``1.10`` is "1.10", wherever a document means text.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from math import isinf
from typing import Any, NamedTuple

from dynzuora.document.prepared import DocumentWarning
from dynzuora.document.shapes import Location, pointer
from dynzuora.errors import SpecError

#: Larger than any API description.
MAX_BYTES = 200_000_000

#: Values in a document with aliases expanded. (Zuora's have 400,000.)
MAX_VALUES = 5_000_000

#: Real documents are nested about 40 deep.
MAX_DEPTH = 400


class Read(NamedTuple):
    """The data in a file, warnings about it, and the values of every ``$ref``, wherever it is."""

    data: Any
    warnings: list[DocumentWarning]
    references: set[str]


def read_document(content: bytes, source: str) -> Read:
    """Return the OpenAPI or Swagger document in ``content``.

    Raises:
        SpecError: it is something else.
    """
    result = read(content, source)
    check_root(result.data, source)
    return result


def check_root(data: Any, source: str) -> None:
    """Refuse what is not an OpenAPI or Swagger document."""
    if not isinstance(data, Mapping):
        kind = {list: "a list", str: "a string", type(None): "nothing"}.get(
            type(data), f"a {type(data).__name__}"
        )
        raise SpecError(
            f"{source} contains {kind}, but an OpenAPI document is an object. Is it the right file?",
            source=source,
        )
    if "openapi" not in data and "swagger" not in data:
        keys = ", ".join(map(repr, list(data)[:5])) or "no keys"
        raise SpecError(
            f"{source} is not an OpenAPI document: it has neither 'openapi' nor 'swagger' at the top "
            f"(it has {keys}). Is it the right file?",
            source=source,
        )


def read(content: bytes, source: str) -> Read:
    """Return the data in ``content``, whatever it is."""
    if len(content) > MAX_BYTES:
        raise SpecError(
            f"{source} has {len(content):,} bytes; at most {MAX_BYTES:,} are allowed.", source=source
        )
    text = _text(content, source)
    start = text.lstrip()[:200]
    if not start:
        raise SpecError(f"{source} is empty. Was the download complete?", source=source)
    if start.startswith("<"):
        content_kind = "a web page (a login page, perhaps)" if "html" in start.lower() else "XML"
        raise SpecError(
            f"{source} is {content_kind}, not an OpenAPI document. Download the JSON or YAML file itself.",
            source=source,
        )
    try:
        return _json(text, source) if start[0] in "{[" else _yaml(text, source)
    except RecursionError:
        raise SpecError(f"{source} is nested too deeply to be an OpenAPI document.", source=source) from None


def _text(content: bytes, source: str) -> str:
    for magic, kind in ((b"\x1f\x8b", "gzip"), (b"PK\x03\x04", "zip"), (b"%PDF", "PDF")):
        if content.startswith(magic):
            raise SpecError(
                f"{source} is a {kind} file. Unpack it and pass the JSON or YAML file.", source=source
            )
    encoding = json.detect_encoding(content)
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise SpecError(
            f"{source} is not text: byte {error.start} (line {line}) is not {encoding}. Save it as UTF-8.",
            source=source,
        ) from None


class _Spelled:
    """A number that is text as it was written; everything else about it is the number."""

    text: str

    def __str__(self) -> str:
        return self.text

    def __deepcopy__(self, memo: object) -> _Spelled:
        return self


class _SpelledFloat(_Spelled, float):
    """A float such as ``1.10``."""


class _SpelledInt(_Spelled, int):
    """An integer such as ``0o17``."""


def _spelled(number: int | float, text: str) -> int | float:
    """Return a number that is written as ``text``."""
    if str(number) == text:
        return number  # nearly always
    kept = _SpelledFloat(number) if isinstance(number, float) else _SpelledInt(number)
    kept.text = text
    return kept


def copied(value: Any) -> Any:
    """Return a copy of JSON data, in which numbers keep their spelling."""
    if isinstance(value, dict):
        return {name: copied(item) for name, item in value.items()}
    return [copied(item) for item in value] if isinstance(value, list) else value


# -- JSON -------------------------------------------------------------------------------


def _json(text: str, source: str) -> Read:
    duplicates: list[tuple[dict[str, Any], str]] = []
    references: list[Any] = []

    def pairs(members: list[tuple[str, Any]]) -> dict[str, Any]:
        node = dict(members)
        if "$ref" in node:
            references.append(node["$ref"])
        if len(node) != len(members):
            counts = Counter(name for name, _ in members)
            duplicates.extend((node, name) for name, count in counts.items() if count > 1)
        return node

    def constant(name: str) -> Any:
        at = _where(text, name)
        raise SpecError(f"{source} contains {name}, which is not a JSON number, at {at}.", source=source)

    def fraction(digits: str) -> int | float:
        number = float(digits)
        if isinf(number):
            at = _where(text, digits)
            raise SpecError(
                f"{source} contains the number {digits[:40]}, which is too large, at {at}.", source=source
            )
        return _spelled(number, digits)

    try:
        data = json.loads(text, object_pairs_hook=pairs, parse_constant=constant, parse_float=fraction)
    except json.JSONDecodeError as error:
        at = f"line {error.lineno}, column {error.colno}"
        if error.msg == "Extra data":
            problem = f"a second value begins at {at}. Pass a single document"
        elif error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string"):
            problem = f"it ends too early ({at}). Was the download complete?"
        else:
            problem = f"{error.msg} at {at}"
        raise SpecError(
            f"{source} is not JSON: {problem.rstrip('.')}.".replace("?.", "?"), source=source
        ) from None
    except ValueError:  # more digits than Python converts
        number = max((token[0] for token in _TOKEN.finditer(text) if token[0][-1].isdigit()), key=len)
        digits = len(number.lstrip("-"))
        raise SpecError(
            f"{source} contains a number of {digits:,} digits at {_where(text, number)}.", source=source
        ) from None
    warnings = _located(data, duplicates) if duplicates else []
    if _HALF.search(text):
        whole = json.loads(_dumped(data).encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
        if whole != data:
            message = "a lone surrogate; read as U+FFFD."
            return Read(
                whole, [*warnings, DocumentWarning("half-character", "#", message)], _texts(references)
            )
    return Read(data, warnings, _texts(references))


def _texts(values: Iterable[Any]) -> set[str]:
    return {value for value in values if isinstance(value, str)}


#: A string, whatever it contains, or what is between two punctuation marks.
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[^\s,:"{}\[\]]+')


def _where(text: str, token: str) -> str:
    """Return where a token first occurs, which Python's parser does not report."""
    position = next(match.start() for match in _TOKEN.finditer(text) if match[0] == token)
    line = text.count("\n", 0, position) + 1
    return f"line {line}, column {position - text.rfind(chr(10), 0, position)}"


#: Half of a surrogate pair; whether the other half follows is checked afterwards.
_HALF = re.compile(r"\\u[dD][89a-fA-F]")


def _dumped(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False)


def _located(data: Any, duplicates: list[tuple[dict[str, Any], str]]) -> list[DocumentWarning]:
    """Return warnings for the objects that have a name twice."""
    names: dict[int, list[str]] = {}
    for node, name in duplicates:
        names.setdefault(id(node), []).append(name)
    warnings: list[DocumentWarning] = []
    stack: list[tuple[Any, Location]] = [(data, None)]
    while stack:
        node, location = stack.pop()
        if isinstance(node, dict):
            warnings += [_duplicate((location, name), "") for name in names.get(id(node), ())]
            stack += [
                (child, (location, name)) for name, child in node.items() if isinstance(child, (dict, list))
            ]
        else:
            stack += [
                (child, (location, str(n))) for n, child in enumerate(node) if isinstance(child, (dict, list))
            ]
    return warnings


def _duplicate(location: Location, where: str) -> DocumentWarning:
    return DocumentWarning("duplicate-key", pointer(location), f"occurs twice{where}; the last one counts.")


# -- YAML -------------------------------------------------------------------------------

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS = {text: text.lower() == "true" for text in ("true", "True", "TRUE", "false", "False", "FALSE")}
#: YAML 1.2, 10.3.2, but without leading zeros: 007 is a code, not a number.
_NUMBER = re.compile(
    r"[-+]?(?:(?P<whole>0|[1-9][0-9]*)|(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?)"
)
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_TAG = "tag:yaml.org,2002:"
_SPECIAL = frozenset({"<<", "$ref"})
"""Keys of YAML and OpenAPI that mean more than a name."""


def _plain(text: str) -> Any:
    if text in _NULLS:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if text[0] in "+-.0123456789" and len(text) < 400:
        if number := _NUMBER.fullmatch(text):
            return _spelled(int(text) if number["whole"] else float(text), text)
        if _BASED.fullmatch(text):
            return _spelled(int(text, 0), text)
    return text


#: How a scalar with an explicit tag is read.
_TAGGED: Mapping[str, Callable[[str], Any]] = {
    "!": str,
    f"{_TAG}str": str,
    f"{_TAG}timestamp": str,
    **dict.fromkeys((f"{_TAG}null", f"{_TAG}bool", f"{_TAG}int", f"{_TAG}float"), _plain),
}


class _Open:
    """A list or mapping that is not yet complete."""

    __slots__ = ("anchor", "key", "location", "merged", "node", "values")

    def __init__(self, node: Any, location: Location, anchor: str | None) -> None:
        self.node, self.location, self.anchor = node, location, anchor
        self.key: str | None = None
        self.merged: list[dict[str, Any]] = []
        self.values = 1


def _yaml(text: str, source: str) -> Read:
    import yaml

    try:
        return _Builder(yaml, source).built(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        at = f" at line {mark.line + 1}, column {mark.column + 1}" if mark is not None else ""
        problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "cannot be read"
        raise SpecError(f"{source} is neither JSON nor YAML: {problem}{at}.", source=source) from None


class _Builder:
    def __init__(self, yaml: Any, source: str) -> None:
        self.yaml, self.source = yaml, source
        self.open: list[_Open] = []
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.root: Any = None
        self.aliased = False
        self.references: list[Any] = []
        self.warnings: list[DocumentWarning] = []

    def _error(self, problem: str, event: Any) -> SpecError:
        mark = event.start_mark
        message = (
            f"{self.source} cannot be used: {problem} at line {mark.line + 1}, column {mark.column + 1}."
        )
        return SpecError(message, source=self.source)

    def built(self, text: str) -> Read:
        yaml = self.yaml
        handlers = {
            yaml.ScalarEvent: self._scalar,
            yaml.MappingStartEvent: self._mapping,
            yaml.SequenceStartEvent: self._sequence,
            yaml.MappingEndEvent: self._end,
            yaml.SequenceEndEvent: self._end,
            yaml.AliasEvent: self._alias,
        }
        documents = 0
        # libyaml where PyYAML was built with it; the fallback gives the same result, slowly.
        for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            handler = handlers.get(type(event))
            if handler is not None:
                handler(event)
            elif type(event) is yaml.DocumentStartEvent:
                documents += 1
                if documents > 1:
                    raise self._error("a second document begins", event)
        data = copied(self.root) if self.aliased else self.root
        return Read(data, self.warnings, _texts(self.references))

    def _add(self, value: Any, event: Any, values: int = 1) -> None:
        """Add a complete value to the innermost open list or mapping."""
        if not self.open:
            self.root = value
            return
        top = self.open[-1]
        top.values += values
        if top.values > MAX_VALUES:
            raise self._error(f"more than {MAX_VALUES:,} values, most of them by aliases", event)
        if isinstance(top.node, list):
            top.node.append(value)
        elif top.key is None:
            raise self._error("a key that is not a string", event)
        else:
            if top.key not in _SPECIAL:
                top.node[top.key] = value
            elif top.key == "<<" and isinstance(value, (dict, list)):
                top.merged += [value] if isinstance(value, dict) else value
            else:
                top.node[top.key] = value
                self.references.append(value)
            top.key = None

    def _scalar(self, event: Any) -> None:
        text: str = event.value
        top = self.open[-1] if self.open else None
        if top is not None and top.key is None and isinstance(top.node, dict):
            if text in top.node:
                where = f" (again at line {event.start_mark.line + 1})"
                self.warnings.append(_duplicate((top.location, text), where))
            top.key = text
            if event.anchor is not None:
                self.anchors[event.anchor] = (text, 1)
            return
        if event.tag is not None:
            convert = _TAGGED.get(event.tag)
            if convert is None:
                raise self._error(f"the tag {event.tag!r}, which is not supported,", event)
            value = convert(text)
        else:
            value = _plain(text) if event.implicit[0] else text
        if isinstance(value, float) and isinf(value):
            raise self._error(f"the number {text[:40]}, which is too large,", event)
        if event.anchor is not None:
            self.anchors[event.anchor] = (value, 1)
        self._add(value, event)

    def _begin(self, event: Any, node: Any, tag: str) -> None:
        if event.tag not in (None, "!", f"{_TAG}{tag}"):
            raise self._error(f"the tag {event.tag!r}, which is not supported,", event)
        location: Location = None
        if self.open:
            top = self.open[-1]
            if isinstance(top.node, dict):
                if top.key is None:
                    raise self._error("a key that is not a string", event)
                location = (top.location, top.key)
            else:
                location = (top.location, str(len(top.node)))
        if len(self.open) >= MAX_DEPTH:
            raise self._error(f"nesting deeper than {MAX_DEPTH}", event)
        self.open.append(_Open(node, location, event.anchor))
        if event.anchor is not None:
            self.anchors.pop(event.anchor, None)  # not usable inside itself

    def _mapping(self, event: Any) -> None:
        self._begin(event, {}, "map")

    def _sequence(self, event: Any) -> None:
        self._begin(event, [], "seq")

    def _end(self, event: Any) -> None:
        done = self.open.pop()
        for mapping in done.merged:
            if not isinstance(mapping, dict):
                raise self._error("a merge of something that is not a mapping", event)
            for name, value in mapping.items():
                done.node.setdefault(name, value)
        if done.anchor is not None:
            self.anchors[done.anchor] = (done.node, done.values)
        self._add(done.node, event, done.values)

    def _alias(self, event: Any) -> None:
        if event.anchor not in self.anchors:
            problem = f"the alias *{event.anchor} is inside its own anchor or has none"
            raise self._error(problem, event)
        value, values = self.anchors[event.anchor]
        top = self.open[-1] if self.open else None
        if top is not None and isinstance(top.node, dict) and top.key is None:
            if not isinstance(value, str):
                raise self._error("a key that is not a string", event)
            top.key = value
            return
        self.aliased = self.aliased or values > 1 or isinstance(value, (dict, list))
        self._add(value, event, values)
