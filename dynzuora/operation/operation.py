"""One operation: its signature, its documentation, and `Operation.prepare`.

Names, types, limits and prose are looked up in the operation's slice when they are first
needed. Nothing is sent, and there are no credentials here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn

from dynzuora import _json, _media_types, _warning, _zuora, document, parameters
from dynzuora._names import canonical, nearest
from dynzuora._text import visible, visible_lines
from dynzuora.calls import CALL_OPTIONS, check_level
from dynzuora.display import cards, render
from dynzuora.errors import Advice, InvalidRequest, Problem, RequestWarning, SpecError
from dynzuora.http import Body, Headers, Request, Scheme
from dynzuora.model import Content, OperationModel, is_shared
from dynzuora.operation import bodies, security
from dynzuora.operation.parameters import (
    Annotation,
    Parameter,
    annotation,
    line,
    merged,
    missing,
    parameters_of,
    prefixed,
    shared_header,
)

if TYPE_CHECKING:
    import inspect

    from dynzuora.document import Prepared
    from dynzuora.paging import PagingStyle
    from dynzuora.schema import Checker

Arguments = Mapping[str, Any]

_FIELDS_SHOWN = 8
_Sent = tuple[Body, str, tuple[Problem, ...]]


class Documentation:
    """A ``__doc__`` that is ``text`` on a class of operations, and on an operation its description."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __get__(self, operation: Operation | None, owner: type) -> str:
        return self._text if operation is None else operation.describe()


class Operation:
    __doc__ = Documentation(
        """One operation of the document: ``id``, ``method``, ``path``, ``tags``, ``parameters``.

        ``prepare`` builds a checked `Request`; calling needs a client.
        """
    )

    def __init__(self, prepared: Prepared, identifier: str) -> None:
        entry = prepared.index[identifier]
        self.id = identifier
        self.method = entry.method
        self.path = entry.path
        self.tags = entry.tags
        self.summary = entry.summary
        self._prepared = prepared

    @cached_property
    def slice(self) -> Mapping[str, Any]:
        """The operation's part of the document, references kept. Never changed.

        Raises `SpecError` where this part of the document is invalid.
        """
        entry = self._prepared.index[self.id]
        if entry.fault:
            raise SpecError(
                f"{self.id} cannot be used: the document is invalid at {entry.fault}. "
                "Correct it with an overlay.",
                source=self._prepared.source,
                pointer=entry.fault.partition(": ")[0],
            )
        return self._prepared.slice(self.id)

    @cached_property
    def model(self) -> OperationModel:
        """The parts of the slice by name, and what their schemas say."""
        return OperationModel(self.slice)

    @cached_property
    def dereferenced(self) -> Mapping[str, Any]:
        """The slice as a graph of shared nodes, made by prance; recursion stays a reference."""
        return document.dereferenced(dict(self.slice))

    @property
    def description(self) -> str:
        """The document's prose, empty in a facts-only document."""
        return str(self.slice.get("description", ""))

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """The operation's own parameters in the document's order, without shared headers."""
        return tuple(parameter for parameter in self._all_parameters if not is_shared(parameter.definition))

    @cached_property
    def _all_parameters(self) -> tuple[Parameter, ...]:
        return parameters_of(self.slice["parameters"])

    def header(self, name: str) -> Parameter | None:
        """Return the header parameter called ``name``, shared ones included; None if it is not declared."""
        return self._headers.get(canonical(name))

    @cached_property
    def _headers(self) -> dict[str, Parameter]:
        return {canonical(p.name): p for p in self._all_parameters if p.location == "header"}

    @property
    def has_body(self) -> bool:
        """Whether the operation takes a request body."""
        return "requestBody" in self.slice

    @property
    def body_required(self) -> bool:
        """Whether the body is required."""
        return bool(self.has_body and self.slice["requestBody"]["required"])

    @property
    def media_type(self) -> str:
        """The media type a body is sent as, JSON before others; empty without a body."""
        return self.model.body.media_type

    @cached_property
    def paging(self) -> PagingStyle:
        """The paging style of the operation, and what in the document shows it."""
        from dynzuora import paging

        return paging.infer(self.slice)

    def template(self, *, required_only: bool = False) -> Any:
        """Return a valid body to fill in; None where the operation takes none.

        What would collect money or run billing is off in it.
        """
        from dynzuora.schema import example

        if not self.has_body:
            return None
        content = OperationModel(self.dereferenced).body
        body = example(
            content.schema,
            required_only=required_only,
            prefer=content.examples,
            components=self.components,
        )
        body = bodies.with_money_at_rest(body)
        return bodies.with_empty_files(self.model.body, body)

    def prepare(
        self,
        body: Any = None,
        *,
        params: Arguments | None = None,
        validate: str = "standard",
        **parameters: Any,
    ) -> Request:
        """Return the request for these arguments, checked against the document.

        ``params`` and the keyword arguments are the document's parameters; punctuation and
        case of their names do not matter, and None omits one. ``validate`` is ``"standard"``
        (lenient, see docs/safety.md), ``"strict"`` or ``"off"``.

        Raises `InvalidRequest` with every problem. Nothing is sent.

        >>> import dynzuora
        >>> dynzuora.operations["GET_SequenceSets"].prepare(page_size=20).url
        '/v1/sequence-sets?pageSize=20'
        """
        check_level(validate)
        problems: list[Problem] = []
        bound = self._bind(merged(self.id, params, parameters), problems)
        url, headers = self._address(bound, validate, problems)
        content, media_type, notes = self._body(body, validate, problems)
        if validate != "off":
            notes = (*notes, *self._filter_notes(bound))
        if problems:
            of_body = any(p.path.startswith("body") for p in problems)
            raise InvalidRequest.of(self.id, problems, Advice("template", (self.id,)) if of_body else None)
        if media_type and media_type != "multipart/form-data":  # the transport chooses the boundary
            headers["Content-Type"] = media_type
        headers["Accept"] = self._accept
        return Request(self.method, url, Headers(headers), content, self.id, notes, scheme=self.scheme)

    @cached_property
    def scheme(self) -> Scheme:
        """Where the operation wants the proof of who asks."""
        return security.scheme(self.slice)

    def _bind(self, arguments: Arguments, problems: list[Problem]) -> list[tuple[Parameter, Any]]:
        """Match arguments to parameters by name; report unknown, repeated and missing ones."""
        by_name = self._by_name
        bound: dict[tuple[str, str], tuple[Parameter, Any]] = {}
        for name, value in arguments.items():
            parameter = by_name.get(name) or by_name.get(canonical(name)) or shared_header(name)
            parameter = parameter or prefixed(name, by_name)
            if parameter is None:
                problems.append(self._unknown_argument(name))
            elif (place := (parameter.name, parameter.location)) in bound:
                problems.append(Problem(name, f"is {parameter.name} again; pass it once.", value))
            elif value is not None:
                bound[place] = parameter, value
        ordered = []
        for p in self._all_parameters:
            if pair := bound.pop((p.name, p.location), None):
                ordered.append(pair)
            elif p.required:
                problems.append(Problem(p.keyword, missing(p)))
        return [*ordered, *bound.values()]

    @cached_property
    def _by_name(self) -> dict[str, Parameter]:
        parameters: dict[str, Parameter] = {}
        names: dict[str, set[str]] = {}
        for p in self._all_parameters:
            names.setdefault(canonical(p.name), set()).add(p.name)
        for spelling in (lambda p: canonical(p.name), lambda p: p.keyword, lambda p: p.name):
            parameters |= {spelling(p): p for p in reversed(self._all_parameters)}
        exact = {spelling for p in self._all_parameters for spelling in (p.name, p.keyword)}
        for form, spellings in names.items():
            if len(spellings) > 1 and form not in exact:
                del parameters[form]  # names that differ in punctuation only: it may mean either
        return parameters

    def _unknown_argument(self, name: str) -> Problem:
        keywords = [p.keyword for p in self.parameters]
        close = nearest(name, keywords)
        options = () if close else nearest(name, CALL_OPTIONS)
        listed = f"This operation takes {', '.join(keywords) or 'no parameters'}."
        advice = Advice("call-option", options) if options else None
        if self.has_body:
            fields = {canonical(field["name"]): field["name"] for field in self._body_rows()}
            if canonical(name) in ("body", "data", "json", "payload"):
                listed, advice = "", Advice("body")
            elif canonical(name) in fields:
                listed, advice = "", Advice("body-field", (fields[canonical(name)],))
        return Problem(
            name,
            f"unknown parameter. {listed}".rstrip(),
            allowed=tuple(keywords),
            nearest=close[0] if close else None,
            advice=advice,
        )

    def _address(
        self, bound: Sequence[tuple[Parameter, Any]], validate: str, problems: list[Problem]
    ) -> tuple[str, dict[str, str]]:
        segments: dict[str, str] = {}
        query: list[str] = []
        headers: dict[str, str] = {}
        for parameter, value in bound:
            text = self._serialized(parameter, value, validate, problems)
            if text is None:
                continue
            if parameter.location == "path":
                segments[parameter.name] = text
            elif parameter.location == "query":
                query += [text] if text else []
            elif parameter.location == "header":
                headers[parameter.name] = text
            elif text:
                headers["Cookie"] = f"{headers['Cookie']}; {text}" if "Cookie" in headers else text
        if problems:
            return self.path, headers
        try:
            path = parameters.expand_path(self.path, segments)
        except parameters.ParameterError as error:
            problems.append(Problem(error.name, error.message))
            return self.path, headers
        return path + ("?" + "&".join(query) if query else ""), headers

    def _serialized(
        self, parameter: Parameter, value: Any, validate: str, problems: list[Problem]
    ) -> str | None:
        """Return a value as its parameter is sent; None if it cannot be, or must not be empty."""
        shape = None
        is_deep = parameter.definition["style"] == "deepObject"
        if is_deep or type(value) not in (str, int, bool):  # which are sent as they are
            shape = self.model.schemas.of(parameter.schema)
            value = parameters.day(parameters.whole(value, shape), shape)
        try:
            text = parameters.serialize(parameter.definition, value, shape)
        except parameters.ParameterError as error:
            problems.append(Problem(parameter.keyword, error.message, value))
            return None
        if parameter.required and not text:
            problems.append(Problem(parameter.keyword, "is required, but empty."))
            return None
        if validate != "off":
            problems += self._value_problems(parameter, value, validate)
        return text

    def _is_filter(self, parameter: Parameter) -> bool:
        return parameter.name == _zuora.FILTER_PARAMETER and self.path.startswith(_zuora.OBJECT_QUERY_PATHS)

    def _filter_notes(self, bound: Sequence[tuple[Parameter, Any]]) -> list[Problem]:
        """Return a note for each filter by a field that the document does not declare."""
        values = [(parameter.keyword, value) for parameter, value in bound if self._is_filter(parameter)]
        if not values:
            return []
        from dynzuora.operation import filters
        from dynzuora.paging import row_shape

        row = row_shape(self.model, self.paging)
        fields = row.fields if row else ()
        return [note for keyword, value in values for note in filters.notes(keyword, value, fields)]

    def _value_problems(
        self, parameter: Parameter | bodies.PartHeader, value: Any, validate: str
    ) -> Sequence[Problem]:
        """Check the value of a parameter, or of a header of a part."""
        if isinstance(parameter, Parameter) and self._is_filter(parameter):
            from dynzuora.operation import filters

            return [*filters.problems(parameter.keyword, value)]  # the document has at most its fields' names
        try:
            plain = _json.plain(value, parameter.keyword)
        except _json.InvalidJson as error:
            return error.problems
        if isinstance(plain, list) and parameter.schema.get("type") == "string":
            plain = ",".join(map(str, plain))  # as Zuora's comma-separated and repeated parameters are
        if validate == "standard" and type(plain) is not int:
            shape = self.model.schemas.of(parameter.schema)
            plain = parameters.number_of(plain, shape)  # so that limits apply
        from dynzuora.schema import surely_valid

        if surely_valid(parameter.schema, plain, self.components):
            return ()  # nearly always, and without loading an engine
        checker = self._checker(parameter.location, parameter.name, parameter.schema, validate)
        return checker.problems(plain, path=parameter.keyword)

    def _body(self, body: Any, validate: str, problems: list[Problem]) -> _Sent:
        """Return content, media type and warnings of the body."""
        if body is None:
            if self.body_required:
                problems.append(Problem("body", "is required."))
            return self._empty_body()
        if not self.has_body:
            problems.append(
                Problem("body", f"is not allowed: {self.method} {self.path} takes no body.", body)
            )
            return None, "", ()
        declared = self.model.body
        chosen = bodies.chosen(declared, body)
        content = declared if chosen == declared.media_type else declared.only(chosen)
        media_type = bodies.sent_as(chosen, body)
        written = bodies.write(media_type, body, content)
        problems += written.problems
        if validate != "off":
            for header in written.headers:
                problems += self._value_problems(header, header.value, validate)
        notes = () if written.value is None else self._checked(written, content, validate, problems)
        return written.content, media_type, notes

    def _empty_body(self) -> _Sent:
        if self.method in _zuora.EMPTY_JSON_METHODS and _media_types.is_json(
            self.media_type or "application/json"
        ):
            return b"{}", self.media_type or "application/json", ()
        return None, "", ()

    def _checked(
        self, written: bodies.Written, content: Content, validate: str, problems: list[Problem]
    ) -> tuple[Problem, ...]:
        """Check a plain body; return warnings."""
        schema = content.schema
        if not schema or validate == "off":
            return ()
        result = self._checker("body", content.media_type, schema, validate).check(written.value)
        problems += [problem for problem in result.problems if not written.is_of_file(problem)]
        return result.unknown_fields  # JSON Schema allows them, and Zuora silently ignores them

    def _checker(self, location: str, name: str, schema: Mapping[str, Any], validate: str) -> Checker:
        key = (location, name, validate)
        if key not in self._checkers:
            from dynzuora.schema import Checker  # only when something is checked

            self._checkers[key] = Checker(
                schema,
                self.components,
                level=validate,  # type: ignore[arg-type]  # checked by `prepare`
            )
        return self._checkers[key]

    @cached_property
    def _checkers(self) -> dict[tuple[str, str, str], Checker]:
        return {}

    @cached_property
    def _accept(self) -> str:
        """The media types of a success, JSON first; ``*/*`` where the document names none."""
        return ", ".join(self.model.media_types) or "*/*"

    @property
    def __signature__(self) -> inspect.Signature:
        """Keyword-only, required first, ``body`` last, without call options."""
        import inspect  # which brings Python's parser and disassembler, and only a notebook asks

        return inspect.Signature(self.signature_parameters())

    def signature_parameters(self) -> list[inspect.Parameter]:
        """Return the parameters of the Python signature, in order."""
        import inspect

        kind = inspect.Parameter.KEYWORD_ONLY
        own = sorted(self.parameters, key=lambda p: not p.required)
        result = [
            inspect.Parameter(
                p.keyword,
                kind,
                default=inspect.Parameter.empty if p.required else None,
                annotation=annotation(p.schema, p.required),
            )
            for p in own
        ]
        if self.has_body:
            default = inspect.Parameter.empty if self.body_required else None
            result.append(inspect.Parameter("body", kind, default=default, annotation=Annotation("dict")))
        return result

    def card(self) -> dict[str, Any]:
        """Return the operation's documentation as plain values."""
        return cards.operation_card(self.slice, [parameter.definition for parameter in self.parameters])

    def describe(self) -> str:
        """Return the operation's documentation as plain text."""
        lines = [self.summary, "", f"{self.method} {self.path}  ({', '.join(self.tags)})"]
        if self.description:
            lines += ["", self.description.strip()]
        own = sorted(self.parameters, key=lambda p: not p.required)
        if own:
            width = max(len(p.keyword) for p in own)
            lines += ["", "Parameters:"]
            lines += [f"    {p.keyword:<{width}}  {line(p)}" for p in own]
        if self.has_body:
            need = "required" if self.body_required else "optional"
            lines += ["", f"Body: {self.media_type}, {need}", *_indented_fields(self._body_rows())]
        for answer in self.card()["responses"]:
            if answer["fields"]:  # only a success has them
                fields = [field | {"required": False} for field in answer["fields"]]
                lines += ["", f"Reply: {answer['type']}", *_indented_fields(fields)]
        lines += ["", "Example:", f"    {self.example_call()}"]
        return visible_lines("\n".join(lines))

    def _body_rows(self) -> list[dict[str, Any]]:
        """The top-level fields of the body, required ones first; none where it is not an object."""
        if not self.has_body:
            return []
        fields: list[dict[str, Any]] = cards.field_tree(self.model.body.shape, depth=1)["fields"]
        return fields

    @property
    def components(self) -> Mapping[str, Any]:
        """What references in its schemas are looked up in."""
        return self.model.schemas.components

    def example_call(self) -> str:
        """Return one line of Python that calls this operation with its required arguments."""
        own = [parameter.definition for parameter in self.parameters]
        return cards.python_example(self.slice, own, with_body=self.has_body)

    def __call__(self, *_: Any, **__: Any) -> Any:
        """Raise TypeError: only a client can call an operation."""
        raise TypeError(
            f"{self.id} has no client to send it. Use dynzuora.Client(...).call"
            f'("{self.id}", ...), or Client.sandbox() to try it; .prepare(...) builds the request.'
        )

    def __copy__(self) -> Operation:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("an Operation is not pickled or deep-copied; look it up in the document instead.")

    def __repr__(self) -> str:
        return visible(f"<Operation {self.id}: {self.method} {self.path}>")

    def _repr_html_(self) -> str:
        try:
            return render("operation", **self.card())
        except SpecError as error:
            return render("error", **cards.error_card(self.id, str(error)))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Operation):
            return NotImplemented
        return (self.id, self._prepared.digest) == (other.id, other._prepared.digest)

    def __hash__(self) -> int:
        return hash((self.id, self._prepared.digest))


def _indented_fields(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return lines for the first fields of a body and all required ones, and the number of others."""
    fields = [row for index, row in enumerate(rows) if index < _FIELDS_SHOWN or row["required"]]
    width = max((len(row["name"]) for row in fields), default=0)
    lines = [
        f"    {row['name']:<{width}}  {row['type']}{', required' if row['required'] else ''}"
        for row in fields
    ]
    more = len(rows) - len(fields)
    return [*lines, f"    … and {more} more"] if more else lines


def warn_of(notes: Sequence[Problem], operation_id: str) -> None:
    """Issue one `RequestWarning` for each note, at the caller's own line."""
    for note in notes:
        _warning.warn(RequestWarning.of(operation_id, note))
