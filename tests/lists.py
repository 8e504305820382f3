"""A tenant with one list in each paging style, and what can go wrong with one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import dynzuora
from tests.documents import document, operation, parameter
from tests.servers import Answer, Seen, Server, running

TEXT = {"type": "string"}
ROW = {
    "type": "object",
    "properties": {
        "id": TEXT,
        "amount": {"type": "number"},
        "on": {"type": "string", "format": "date"},
        "bill": {"type": "object", "properties": {"city": TEXT}},
    },
}


def number(default: int | None = None, maximum: int | None = None) -> dict[str, Any]:
    limits = {"default": default, "maximum": maximum}
    return {"type": "integer", **{name: each for name, each in limits.items() if each}}


def answers(items: str, **beside: Any) -> dict[str, Any]:
    """A 200 whose reply has rows under ``items``, or is an array where that is empty."""
    rows = {"type": "array", "items": ROW}
    schema = {"type": "object", "properties": {items: rows, **beside}} if items else rows
    return {"responses": {"200": {"content": {"application/json": {"schema": schema}}}}}


def taking(*properties: str) -> dict[str, Any]:
    schema = {"type": "object", "properties": dict.fromkeys(properties, TEXT)}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


SIZE = parameter("pageSize", schema=number(20, 40))
LISTS = document(
    {
        "/v1/things/{key}/parts": {
            "get": operation(
                "GET_Parts",
                parameter("key", "path"),
                SIZE,
                parameter("status"),
                **answers("parts", nextPage=TEXT, success={"type": "boolean"}),
            )
        },
        "/v1/sets": {
            "get": operation("GET_Sets", parameter("page", schema=number(1)), SIZE, **answers("sets"))
        },
        "/events": {
            "get": operation(
                "GET_Events",
                parameter("start", schema=number(1)),
                parameter("limit", schema=number(10)),
                **answers("data", next=TEXT),
            )
        },
        "/workflows": {
            "get": operation(
                "GET_Flows",
                parameter("page", schema=number()),
                parameter("page_length", schema=number(20)),
                **answers("data", pagination={"type": "object", "properties": {"next_page": TEXT}}),
            ),
            "put": operation(
                "PUT_Flows",
                **taking("data"),
                **answers("data", pagination={"type": "object", "properties": {"next_page": TEXT}}),
            ),
        },
        "/records": {
            "get": operation(
                "GET_Records",
                parameter("cursor"),
                parameter("pageSize", schema=number()),
                **answers("records", count=number()),
            )
        },
        "/object-query": {
            "get": operation(
                "GET_Objects",
                parameter("cursor"),
                parameter("pageSize", schema=number(10, 50)),
                **answers("data", nextPage=TEXT),
            )
        },
        "/jobs": {
            "get": operation("GET_Jobs", parameter("pageSize", schema=number(20, 100)), **answers("data"))
        },
        "/whole": {"get": operation("GET_Whole", **answers("whole"))},
        "/array": {"get": operation("GET_Array", **answers(""))},
        "/one": {"get": operation("GET_One", **answers("rows", name=TEXT))},
        "/v1/action/query": {
            "post": operation(
                "Action_POSTquery",
                **taking("queryString"),
                **answers("records", queryLocator=TEXT, done={"type": "boolean"}, size=number()),
            )
        },
        "/v1/action/queryMore": {
            "post": operation(
                "Action_POSTqueryMore",
                **taking("queryLocator"),
                **answers("records", queryLocator=TEXT, done={"type": "boolean"}, size=number()),
            )
        },
    }
)


@cache
def lists() -> dynzuora.Document:
    return dynzuora.load(LISTS)


Change = Callable[[dict[str, Any], Seen], Any]


def row(index: int) -> dict[str, Any]:
    return {"id": f"r{index}", "amount": index}


class Tenant:
    """Answers every list of `LISTS` with ``rows``; ``change`` may spoil a reply before it is sent."""

    def __init__(self, rows: list[Any], change: Change | None = None, cap: int = 40) -> None:
        self.rows = rows
        self.change = change
        self.cap = cap
        self.origin = ""

    def __call__(self, seen: Seen) -> Answer:
        parts = urlsplit(seen.path)
        query = dict(parse_qsl(parts.query))
        reply = self.reply(parts.path, query, seen)
        if self.change is not None and isinstance(reply, dict):
            reply = self.change(reply, seen) or reply
        return reply if isinstance(reply, Answer) else Answer(200, reply)

    def reply(self, path: str, query: dict[str, str], seen: Seen) -> Any:
        size = min(int(query.get("pageSize", query.get("page_length", query.get("limit", 20)))), self.cap)
        page = int(query.get("page", 1))
        chosen = self.rows[(page - 1) * size : page * size]
        link = None
        if len(self.rows) > page * size:
            link = f"{self.origin}{path}?{urlencode({**query, 'page': page + 1})}"
        if path.endswith("/parts"):
            return {"success": True, "parts": chosen, **({"nextPage": link} if link else {})}
        if path == "/workflows":
            return {"data": chosen, "pagination": {"page": page, **({"next_page": link} if link else {})}}
        return {
            "/v1/sets": lambda: {"sets": chosen},
            "/events": lambda: self.from_start(int(query.get("start", 1)) - 1, size, path, query),
            "/records": lambda: {"records": self.after(query.get("cursor"), size), "count": len(self.rows)},
            "/object-query": lambda: self.by_cursor(int(query.get("cursor", "c0")[1:]), size),
            "/jobs": lambda: {"data": self.rows[:size]},
            "/whole": lambda: {"whole": self.rows},
            "/array": lambda: self.rows,
            "/v1/action/query": lambda: self.batch(0),
            "/v1/action/queryMore": lambda: self.batch(int(json.loads(seen.body)["queryLocator"][1:])),
        }[path]()

    def from_start(self, start: int, size: int, path: str, query: dict[str, str]) -> dict[str, Any]:
        more = len(self.rows) > start + size
        link = f"{path}?{urlencode({'start': start + size + 1, 'limit': size})}" if more else None
        return {"data": self.rows[start : start + size], "next": link}

    def after(self, cursor: str | None, size: int) -> list[Any]:
        start = next((i + 1 for i, each in enumerate(self.rows) if each["id"] == cursor), 0)
        return self.rows[start : start + size]

    def by_cursor(self, start: int, size: int) -> dict[str, Any]:
        more = {"nextPage": f"c{start + size}"} if len(self.rows) > start + size else {}
        return {"data": self.rows[start : start + size], **more}

    def batch(self, start: int, size: int = 40) -> dict[str, Any]:
        done = len(self.rows) <= start + size
        more = {} if done else {"queryLocator": f"q{start + size}"}
        return {"records": self.rows[start : start + size], "size": len(self.rows), "done": done, **more}


@contextmanager
def tenant(
    rows: int | list[Any] = 95, change: Change | None = None, *, cap: int = 40, **options: Any
) -> Iterator[tuple[dynzuora.Client, Server]]:
    """A client of a tenant, and the server that it talks to."""
    answers = Tenant([row(index) for index in range(rows)] if isinstance(rows, int) else rows, change, cap)
    with running(answers) as server:
        answers.origin = server.url
        with dynzuora.Client(
            LISTS, server.url, token="fake", allow_writes=True, retries=0, **options
        ) as client:
            yield client, server
