"""One operation as the server sees it: what it expects, what it does, what it answers.

Made when the operation is first called; the document is read no earlier. Requests are
checked as leniently as the client checks them ("standard"); fields nobody knows are
dropped without a word, as Zuora does, unless ``rejectUnknownFields=true``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote

from dynzuora import _json, paging
from dynzuora._media_types import family, is_structured
from dynzuora._names import canonical
from dynzuora._zuora import FILTER_PARAMETER, OBJECT_QUERY_PATHS
from dynzuora.model import ANYTHING, OperationModel, Shape, schema_of
from dynzuora.parameters import Encodings, parse
from dynzuora.sandbox import reading, reply_types
from dynzuora.sandbox.families import Families, Family
from dynzuora.sandbox.reading import Received, Upload
from dynzuora.sandbox.refusals import Reason, Refusal
from dynzuora.schema import Checker, example

if TYPE_CHECKING:
    from dynzuora.operation import Operation

REJECT_UNKNOWN = "rejectUnknownFields"


def _declared(content: Mapping[str, Any], media_type: str) -> str | None:
    """Return what the document calls ``media_type``: its own name, or the narrowest range it is in."""
    kind = media_type.partition("/")[0]
    names = {name.lower(): name for name in content}
    return next((names[name] for name in (media_type, f"{kind}/*", "*/*") if name in names), None)


class Arguments(NamedTuple):
    """A checked request: parameters by their declared names, the plain body, its files."""

    path: Mapping[str, str]
    query: Mapping[str, Any]
    body: Any
    uploads: Mapping[str, Upload]


class Answer(NamedTuple):
    """The declared reply of a success; media type and schema only where it is JSON."""

    status: int
    media_type: str
    shape: Shape
    example: Any
    media_types: tuple[str, ...]

    @property
    def schema(self) -> Mapping[str, Any]:
        """The schema as in the document."""
        return self.shape.schema


class Endpoint:
    """An operation with its checks and its reply, each compiled at first use."""

    def __init__(
        self,
        operation: Operation,
        families: Families,
        special: str,
        number_formats: frozenset[str] = frozenset(),
    ) -> None:
        self.operation = operation
        self.method = operation.method
        self.path = operation.path
        self.special = special
        self.model = OperationModel(reply_types.answered(operation.dereferenced, number_formats))
        self.style = paging.infer(operation.dereferenced)
        is_list = self.style.is_list and operation.method == "GET"
        self.family: Family = families.of(operation.method, operation.path, is_list, self.style.items)
        self._components = operation.slice["components"]["schemas"]
        self._checkers: dict[str, Any] = {}

    @cached_property
    def answer(self) -> Answer:
        """The declared success."""
        reply = self.model.reply
        status = int(reply.status) if reply.status.isdigit() else 200
        media_types = tuple(reply.content)
        if not reply.has_json_schema:
            return Answer(status, "", ANYTHING, None, media_types)
        return Answer(
            status, reply.media_type, reply.shape, next(iter(reply_types.examples(reply)), None), media_types
        )

    @cached_property
    def row(self) -> Shape:
        """The shape of one row of a list."""
        return paging.row_shape(self.model, self.style) or ANYTHING

    @cached_property
    def header_names(self) -> frozenset[str]:
        """The header parameters that the operation declares, in lower case."""
        return frozenset(parameter["name"].lower() for parameter in self._parameters("header"))

    @cached_property
    def filters(self) -> frozenset[str]:
        """The canonical names a filter of this list can mean: a row's properties and those just below."""
        names = set()
        for name, shape in self.row.properties.items():
            names |= {canonical(name)} | {canonical(name + inner) for inner in shape.properties}
        return frozenset(names)

    @cached_property
    def stand_ins(self) -> Mapping[str, frozenset[str]]:
        """Path parameter → the values in the document's examples, which select the first object."""
        return {
            parameter["name"]: frozenset(map(str, _shown_values(parameter)))
            for parameter in self.operation.dereferenced["parameters"]
            if parameter["in"] == "path"
        }

    @cached_property
    def header_stand_ins(self) -> frozenset[str]:
        """The values by which the document shows header parameters."""
        parameters = self.operation.dereferenced["parameters"]
        return frozenset(
            str(value)
            for parameter in parameters
            if parameter["in"] == "header"
            for value in _shown_values(parameter)
        )

    @cached_property
    def query_stand_ins(self) -> frozenset[str]:
        """The texts by which the document shows query parameters."""
        parameters = self.operation.dereferenced["parameters"]
        return frozenset(
            text
            for parameter in parameters
            if parameter["in"] == "query"
            for value in _shown_values(parameter)
            for text in _texts(value)
        )

    @cached_property
    def body_stand_ins(self) -> frozenset[str]:
        """Every text in the body that the document shows."""
        schemas = (media.get("schema", {}) for media in self.model.body.content.values())
        return frozenset(text for schema in schemas for text in _texts(example(schema)))

    def read(self, request: Received, path: Mapping[str, str]) -> Arguments:
        """Return what was sent.

        Raises `Refusal` with every reason, in the order path, query, headers, body.
        """
        reasons: list[Reason] = []
        segments = {name: unquote(text) for name, text in path.items()}
        query = self._query(request, reasons)
        self._check_headers(request, reasons)
        body, uploads = self._body(request, query, reasons)
        if reasons:
            raise Refusal(*reasons)
        return Arguments(segments, query, body, uploads)

    def _query(self, request: Received, reasons: list[Reason]) -> dict[str, Any]:
        query: dict[str, Any] = dict(request.pairs)
        for parameter in self._parameters("query"):
            name = parameter["name"]
            value = parse(parameter, request.query)
            if value is None:
                if parameter["required"]:
                    reasons.append(Reason(23, f"The query parameter {name} is required."))
                continue
            query[name] = value
            if name != self.style.size:  # the server caps a page size and forgives a bad one
                reasons += [Reason(27, str(problem)) for problem in self._problems(parameter, value)]
        return query

    def _check_headers(self, request: Received, reasons: list[Reason]) -> None:
        for parameter in self._parameters("header"):
            text = request.headers.get(parameter["name"].lower())
            if text is None:
                if parameter["required"]:
                    reasons.append(Reason(22, f"The header {parameter['name']} is required."))
                continue
            value = parse(parameter, text)
            reasons += [Reason(20, str(problem)) for problem in self._problems(parameter, value)]

    def _body(
        self, request: Received, query: Mapping[str, Any], reasons: list[Reason]
    ) -> tuple[Any, Mapping[str, Upload]]:
        definition = self.operation.slice.get("requestBody")
        if definition is None:
            return None, {}
        media_type = request.media_type or "application/json"
        declared = _declared(definition["content"], media_type)
        if request.body and declared is None:
            media_types = ", ".join(definition["content"])
            raise Refusal(Reason(20, f"{media_type} is not taken here; send {media_types}."), status=415)
        content = self.model.body.only(declared) if declared else self.model.body
        encodings = Encodings(content.media, content.shape)
        body, uploads = reading.payload(request, encodings)
        if encodings.headers and family(request.media_type) == "multipart":
            reasons += self._of_parts(request, encodings.headers)
        if body is None or (body == {} and not definition["required"]):
            if definition["required"]:
                reasons.append(Reason(22, "A request body is required."))
            return {}, {}
        schema = definition["content"].get(declared, {}).get("schema")
        if schema is not None and is_structured(media_type):
            checker = self._checker(f"body {declared}", schema)
            problems = checker.problems(body)
            reasons += [
                Reason(22 if "required" in problem.message else 20, str(problem)) for problem in problems
            ]
            if str(query.get(REJECT_UNKNOWN, "")).lower() == "true":
                self._reject_unknown(checker.unknown_fields(body))
        return body, uploads

    def _of_parts(
        self, request: Received, declared: Mapping[str, Mapping[str, Mapping[str, Any]]]
    ) -> Iterator[Reason]:
        """Yield what is wrong with the headers of the parts of a multipart body."""
        for part, headers in reading.part_headers(request):
            for name, definition in declared.get(part, {}).items():
                where = f"body.{part}: header {name}"
                if (text := headers.get(name.lower())) is not None:
                    value = parse({"schema": {}, **definition, "name": name, "in": "header"}, text)
                    checker = self._checker(where, schema_of(definition))
                    yield from (Reason(20, str(p)) for p in checker.problems(_json.plain(value), path=where))
                elif definition.get("required"):
                    yield Reason(22, f"{where} is required.")

    def _reject_unknown(self, unknown: tuple[Any, ...]) -> None:
        if unknown:
            names = ", ".join(problem.path for problem in unknown)
            raise Refusal(Reason(21, f"unrecognised fields: {names}"), shape="message")

    def _problems(self, parameter: Mapping[str, Any], value: Any) -> tuple[Any, ...]:
        if parameter["name"] == FILTER_PARAMETER and self.path.startswith(OBJECT_QUERY_PATHS):
            return ()  # `object_query` reads it; the document has at most the names of its fields
        schema = schema_of(parameter)
        if isinstance(value, list) and schema.get("type") == "string":
            value = ",".join(map(str, value))
        checker = self._checker(f"{parameter['in']} {parameter['name']}", schema)
        return tuple(checker.problems(_json.plain(value), path=parameter["name"]))

    def _checker(self, name: str, schema: Mapping[str, Any]) -> Any:
        if name not in self._checkers:
            self._checkers[name] = Checker(schema, self._components)
        return self._checkers[name]

    def _parameters(self, location: str) -> list[Mapping[str, Any]]:
        return [parameter for parameter in self.operation.slice["parameters"] if parameter["in"] == location]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)


def _shown_values(parameter: Mapping[str, Any]) -> list[Any]:
    schema = parameter.get("schema", {})
    examples = parameter.get("examples", {})
    return [
        *([parameter["example"]] if "example" in parameter else []),
        *(
            example["value"]
            for example in examples.values()
            if isinstance(example, Mapping) and "value" in example
        ),
        example(schema),
    ]
