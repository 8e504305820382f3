"""The six tools: a name and arguments in, text out. Reads are sent; a write needs its confirmation."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from dynzuora import _json, _redaction
from dynzuora._names import nearest
from dynzuora._text import cut, visible_lines
from dynzuora.assistants.describing import described
from dynzuora.document import specs
from dynzuora.errors import PYTHON_WORDS, DynzuoraError, InvalidRequest, Problem
from dynzuora.http import Request, only_reads
from dynzuora.search import search

if TYPE_CHECKING:
    from dynzuora.client import Client
    from dynzuora.operation import Document

LIMIT: Final = 5_500
"""Characters of an answer; the rest is had with its cursor."""

_LINE: Final = 110
_FEW: Final = 7
"""Operations that a search lists unless told otherwise: an answer of less than a kilobyte."""

_ROWS: Final = 50
_MOST_ROWS: Final = 1_000
_KEPT: Final = 16
"""Cut answers, and writes that wait for their confirmation, that are kept: the latest."""

WORDS: Final[Mapping[str, str]] = {
    **PYTHON_WORDS,
    "allow-writes": "The user allows writes by starting `dynzuora mcp --allow-writes`.",
    "body": "Pass the payload as body.",
    "body-field": 'It is a field of the body: body={{"{0}": …}}.',
    "call": "Use the tool call.",
    "call-option": "",
    "credentials": "The user sets ZUORA_CLIENT_ID and ZUORA_CLIENT_SECRET, or starts it with --sandbox.",
    "describe": "It was learned on {1}.",
    "download": "The user can write it to a file with `dynzuora call`.",
    "every-page": "Ask for the next page with the parameters of {0}.",
    "list": "Find it with the tool search.",
    "more-problems": "",
    "request": "Find it with the tool search.",
    "template": "The tool template has a valid body: operation={0}.",
}
"""Kind of advice → its wording for an assistant, which calls tools and cannot write Python."""


class Answer(NamedTuple):
    """What a tool says; ``failed`` where nothing was done."""

    text: str
    failed: bool = False


class Tool(NamedTuple):
    """A tool as it is listed: its parameters with their JSON Schemas, the required ones first."""

    name: str
    description: str
    parameters: Mapping[str, Mapping[str, Any]]
    required: int
    writes: bool = False

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON Schema of the arguments."""
        return {
            "type": "object",
            "properties": dict(self.parameters),
            "required": list(self.parameters)[: self.required],
            "additionalProperties": False,
        }


_TEXT: Final = {"type": "string"}
_OPERATION: Final = {"type": "string", "description": "operationId"}
_CURSOR: Final = {"type": "string", "description": "From a cut answer; repeat the arguments"}

TOOLS: Final = (
    Tool(
        "search",
        "Find operations of Zuora Billing's REST API by words. Start here.",
        {"words": _TEXT, "limit": {"type": "integer", "minimum": 1, "maximum": 50}, "cursor": _CURSOR},
        required=1,
    ),
    Tool(
        "describe",
        "Show an operation: parameters, one level of body fields. field (body.a.b, reply) goes deeper.",
        {"operation": _OPERATION, "field": _TEXT, "cursor": _CURSOR},
        required=1,
    ),
    Tool(
        "template",
        "Return a valid body of an operation to fill in; all=true has optional fields too.",
        {"operation": _OPERATION, "all": {"type": "boolean"}, "cursor": _CURSOR},
        required=1,
    ),
    Tool(
        "call",
        "Check and send a request. params: path, query and header parameters. A write is only checked and "
        "shown; show it to the user, then repeat it unchanged with the confirm it answers.",
        {
            "operation": _OPERATION,
            "params": {"type": "object"},
            "body": {},
            "confirm": _TEXT,
            "cursor": _CURSOR,
        },
        required=1,
        writes=True,
    ),
    Tool(
        "query",
        "Read rows with SQL (Data Query, Trino's dialect) or ZOQL: select name, balance from account.",
        {
            "statement": _TEXT,
            "engine": {"enum": ["sql", "zoql"]},
            "limit": {"type": "integer", "minimum": 1, "maximum": _MOST_ROWS},
            "cursor": _CURSOR,
        },
        required=1,
    ),
    Tool(
        "diff",
        "List what changed between two versions of the API, worst first; operation shows only its changes.",
        {"old": _TEXT, "new": _TEXT, "operation": _OPERATION, "cursor": _CURSOR},
        required=2,
    ),
)

_TYPES: Final[Mapping[str, type]] = {"string": str, "integer": int, "boolean": bool, "object": dict}


class Tools:
    """The tools of a document and its client: ``tools("search", {"words": "invoice"}).text``. Thread-safe.

    ``connect`` makes the client when one is first needed; one that is read-only refuses every
    write. ``token`` makes the random part of a confirmation, and of a cursor.
    """

    def __init__(
        self,
        document: Document,
        connect: Callable[[], Client],
        *,
        token: Callable[[], str] = lambda: secrets.token_hex(4),
    ) -> None:
        self._document = document
        self._connect = connect
        self._connected: Client | None = None
        self._token = token
        self._lock = threading.RLock()
        self._cut: OrderedDict[str, tuple[Any, str]] = OrderedDict()
        self._waiting: OrderedDict[str, Request] = OrderedDict()

    def __call__(self, name: str, arguments: Mapping[str, Any] | None = None) -> Answer:
        """Return the answer of a tool. What is refused is an answer that says what to do."""
        # Models send null for what they leave out, and 5.0 for 5, which JSON Schema takes for an integer.
        arguments = {
            key: int(value) if isinstance(value, float) and value.is_integer() else value
            for key, value in (arguments or {}).items()
            if value is not None
        }
        try:
            tool = next((tool for tool in TOOLS if tool.name == name), None)
            if tool is None:
                names = ", ".join(tool.name for tool in TOOLS)
                raise DynzuoraError(f"Unknown tool {name!r}. Use one of {names}.")
            _check(tool, arguments)
            cursor = arguments.pop("cursor", "")
            asked = (name, _json.encode(_json.plain(arguments)))
            if cursor:
                return Answer(self._rest(asked, cursor))
            answer: str = getattr(self, f"_{name}")(**arguments)
            return Answer(self._page(asked, answer, "", 0))
        except DynzuoraError as error:
            notes = getattr(error, "__notes__", ())
            text = "\n".join([error.in_words(WORDS), *map(visible_lines, notes)])
        except (ValueError, TypeError, ImportError) as error:
            text = str(error)
        return Answer(cut(_redaction.in_text(text), LIMIT), failed=True)

    @property
    def _client(self) -> Client:
        with self._lock:
            if self._connected is None:
                self._connected = self._connect()
            return self._connected

    # The tools

    def _search(self, words: str, limit: int = _FEW) -> str:
        matches, total = search(self._document, words, limit)
        if not matches:
            return f"No operation matches {words!r}. Use other words, such as the name of the object."
        lines = [
            cut(f"{match.id}: {match.method} {match.path} - {match.summary}", _LINE) for match in matches
        ]
        return "\n".join([f"{len(matches)} of {total}, best first", *lines])

    def _describe(self, operation: str, field: str = "") -> str:
        return visible_lines(described(self._document.operations.resolve(operation), field))

    def _template(self, operation: str, all: bool = False) -> str:
        resolved = self._document.operations.resolve(operation)
        body = resolved.template(required_only=not all)
        if body is None:
            return f"{resolved.id} takes no body."
        return body if isinstance(body, str) else _lines(_without_bytes(body))

    def _call(
        self, operation: str, params: Mapping[str, Any] | None = None, body: Any = None, confirm: str = ""
    ) -> str:
        request = self._client.prepare(operation, body=body, params=params)
        if only_reads(request.method, request.operation_id):
            return self._sent(request, body, params)
        if self._client.read_only:
            raise DynzuoraError(
                f"{request.operation_id} changes something, and this server is read-only: nothing was sent. "
                f"{WORDS['allow-writes']}\nIt was checked, and would be:\n{request.curl()}"
            )
        if not confirm:
            confirm = f"{request.operation_id} {self._token()}"
            with self._lock:
                self._waiting[confirm] = request
                _trim(self._waiting)
            return (
                f"Nothing was sent yet. {request.operation_id} was checked, and would be:\n{request.curl()}\n"
                f"If the user agrees, repeat the same call with confirm={confirm!r}."
            )
        with self._lock:
            waiting = self._waiting.get(confirm)
            if waiting != request:
                what = "is for another request" if waiting else "is not known, or was used before"
                raise DynzuoraError(
                    f"confirm={confirm!r} {what}; nothing was sent. Call without confirm to get a new one."
                )
            del self._waiting[confirm]  # before it is sent: no confirmation pays twice
        return self._sent(request, body, params)

    def _sent(self, request: Request, body: Any, params: Mapping[str, Any] | None) -> str:
        reply = self._client.call(request.operation_id, body=body, params=params)
        meta = reply.meta
        notes = [f"Note: {note.in_words(WORDS)}" for note in (*request.warnings, *meta.warnings)]
        head = f"{request.operation_id}: HTTP {meta.status}"
        return "\n".join([head, *dict.fromkeys(notes), _content(reply)])

    def _query(self, statement: str, engine: str | None = None, limit: int = _ROWS) -> str:
        rows = self._client.query(statement, engine=engine, limit=limit + 1, progress=False).to_list()
        shown = _redaction.redacted(_json.plain(rows[:limit]))
        more = f"There are more rows; limit is at most {_MOST_ROWS}, or narrow the statement."
        head = f"{len(shown)} row{'' if len(shown) == 1 else 's'}. {more if len(rows) > limit else ''}"
        return f"{head.rstrip()}\n{_lines(shown)}"

    def _diff(self, old: str, new: str, operation: str = "") -> str:
        from dynzuora.comparison import diff
        from dynzuora.comparison.changes import SEVERITIES
        from dynzuora.operation import load

        versions = [spec.version for spec in specs()]
        if unknown := [version for version in (old, new) if version not in versions]:
            # Any other source could be a file of this machine, or an address.
            raise DynzuoraError(
                f"{unknown[0]!r} is not a version that is installed. Use one of {', '.join(versions)}."
            )
        documents = load(old), load(new)
        if operation:  # one of the two versions may not have it
            ids = [document.operations.id_of(operation) for document in documents]
            operation = ids[1] or ids[0] or documents[1].operations.resolve(operation).id
        comparison = diff(*documents)
        changes = [change for change in comparison.changes if not operation or operation in change.operations]
        changes.sort(key=lambda change: SEVERITIES.index(change.severity))
        counts = ", ".join(
            f"{sum(change.severity == severity for change in changes)} {severity}" for severity in SEVERITIES
        )
        lines = [
            f"{change.severity}: {change.where}: {change.message} [{_few(change.operations)}]"
            for change in changes
        ]
        subject = f"{operation}, " if operation else ""
        return visible_lines("\n".join([f"{subject}{old} to {new}: {counts}", *lines]))

    # Answers that are cut

    def _rest(self, asked: tuple[str, bytes], cursor: str) -> str:
        id, _, start = cursor.partition(":")
        with self._lock:
            whose, text = self._cut.get(id, (None, ""))
        if whose != asked or not start.isdecimal() or int(start) >= len(text):
            raise DynzuoraError(
                f"cursor={cursor!r} is not one of this call, or too old. Call again without it."
            )
        return self._page(asked, text, id, int(start))

    def _page(self, asked: tuple[str, bytes], text: str, id: str, start: int) -> str:
        if len(text) - start <= LIMIT:
            return text[start:]
        end = text.rfind("\n", start + 1, start + LIMIT) + 1 or start + LIMIT
        with self._lock:
            id = id or self._token()
            self._cut[id] = asked, text
            _trim(self._cut)
        return f"{text[start:end]}\n[{end:,} of {len(text):,} characters. More: cursor={id}:{end}]"


def _check(tool: Tool, arguments: Mapping[str, Any]) -> None:
    """Raise `InvalidRequest` with everything that is wrong with the arguments of a tool."""
    names = list(tool.parameters)
    problems = [
        Problem(name, "is required.") for name in names[: tool.required] if arguments.get(name) in (None, "")
    ]
    for name, value in arguments.items():
        if name not in tool.parameters:
            close = nearest(name, names)
            message = f"unknown argument. The tool takes {', '.join(names)}."
            problems.append(Problem(name, message, nearest=close[0] if close else None))
            continue
        schema = tool.parameters[name]
        kind = schema.get("type", "")
        if "enum" in schema and value not in schema["enum"]:
            problems.append(Problem(name, f"is one of {', '.join(schema['enum'])}.", value))
        elif kind and type(value) is not _TYPES[kind]:
            problems.append(Problem(name, f"is a JSON {kind}.", value))
        elif "maximum" in schema and not schema["minimum"] <= value <= schema["maximum"]:
            limits = f"from {schema['minimum']} to {schema['maximum']}"
            problems.append(Problem(name, f"is a number {limits}.", value))
    if problems:
        raise InvalidRequest.of(tool.name, problems)


def _content(reply: Any) -> str:
    """Return the content of a reply as text, secrets masked."""
    value = getattr(reply, "value", reply)
    if isinstance(value, bytes):
        return f"{len(value):,} bytes, which are not shown. {WORDS['download']}"
    if isinstance(value, str):
        return _redaction.in_text(value)
    return _lines(_redaction.redacted(_json.plain(value)))


def _lines(value: Any) -> str:
    """Return JSON with a line for each member and each row, so that a cut answer ends between two."""
    if isinstance(value, dict) and value:
        members = (f"{_encoded(name)}:{_rows(item)}" for name, item in value.items())
        return "{" + ",\n".join(members) + "}"
    return _rows(value)


def _rows(value: Any) -> str:
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        return "[" + ",\n".join(map(_encoded, value)) + "]"
    return _encoded(value)


def _encoded(value: Any) -> str:
    return _json.encode(value).decode()


def _without_bytes(body: Any) -> Any:
    """Return a template with a word where the content of a file goes."""
    if isinstance(body, dict):
        return {name: _without_bytes(value) for name, value in body.items()}
    return "(a file: not from here)" if isinstance(body, bytes) else body


def _few(operations: Iterable[str]) -> str:
    names = list(operations)
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _trim(kept: OrderedDict[str, Any]) -> None:
    while len(kept) > _KEPT:
        kept.popitem(last=False)
