"""A tenant whose Data Query is a real database (sqlite3) that changes while it is read.

Its clock is its own. A transaction takes effect some time after its ``UpdatedDate``, as in a
tenant, and every version that a row ever had is kept in ``history``.
"""

from __future__ import annotations

import json
import random
import re
import sqlite3
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter
from urllib3.response import HTTPResponse

import dynzuora

START = datetime(2026, 1, 1, tzinfo=UTC)
COLUMNS = ("id", "updateddate", "amount", "deleted")
TYPES = {"amount": "decimal(22,9)", "deleted": "boolean", "updateddate": "timestamp(3) with time zone"}

Row = dict[str, Any]


class Warehouse(BaseAdapter):
    """The adapter of a client; each request takes ``step`` seconds and lets ``on_request`` change rows."""

    def __init__(self, *tables: str, columns: tuple[str, ...] = COLUMNS) -> None:
        super().__init__()
        self.now = START
        self.step = 60.0
        self.statements: list[str] = []
        self.history: dict[str, list[Row]] = {table: [] for table in tables}
        self.on_request = lambda: None
        self._database = sqlite3.connect(":memory:")
        self._database.row_factory = sqlite3.Row
        self._results: list[bytes] = []
        self._pending: list[tuple[datetime, str, Row]] = []
        for table in tables:
            self._database.execute(f"create table {table} ({', '.join(columns)}, unique (id))")

    def client(self) -> dynzuora.Client:
        """A client of this tenant that does not wait."""
        client = dynzuora.Client(environment="https://tenant.example", token="fake", transport=self)
        client._connection.sleep = lambda seconds: None
        return client

    def put(self, table: str, *, after: float = 0, dated: datetime | None = None, **row: Any) -> None:
        """Write a row, which is seen ``after`` seconds; its date is now, unless it is ``dated``."""
        row = {"updateddate": f"{dated or self.now:%Y-%m-%dT%H:%M:%SZ}", "deleted": False, **row}
        self._pending.append((self.now + timedelta(seconds=after), table, row))
        self._settle()

    def add_column(self, table: str, name: str) -> None:
        """Add a custom field."""
        self._database.execute(f"alter table {table} add column {name}")

    def _settle(self) -> None:
        due = [pending for pending in self._pending if pending[0] <= self.now]
        self._pending = [pending for pending in self._pending if pending[0] > self.now]
        for _, table, row in sorted(due, key=lambda pending: pending[0]):
            names, marks = ", ".join(row), ", ".join("?" * len(row))
            self._database.execute(
                f"insert or replace into {table} ({names}) values ({marks})", tuple(row.values())
            )
            self.history[table].append(row)

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        self.on_request()
        self.now += timedelta(seconds=self.step)
        self._settle()
        path = urlsplit(request.url or "").path
        if request.method == "POST":
            statement = json.loads(request.body or b"")["query"]
            self.statements.append(statement)
            self._results.append(self._answered(statement))
            content = _state(len(self._results) - 1, "accepted")
        elif path.startswith("/query/jobs/"):
            content = _state(int(path.rpartition("/")[2][-9:]), "completed")
        else:
            content = self._results[int(path.rpartition("/")[2])]
        return self._response(request, content)

    def _answered(self, statement: str) -> bytes:
        if statement.startswith("describe "):
            columns = self._database.execute(f"pragma table_info({statement.split()[1]})")
            rows = [
                {"Column": column["name"], "Type": TYPES.get(column["name"], "varchar")} for column in columns
            ]
        else:
            text = re.sub(r"timestamp '(\S+) (\S+) \+00:00'", r"'\1T\2Z'", statement)
            rows = [dict(row) for row in self._database.execute(text)]
        for row in rows:
            if "deleted" in row:
                row["deleted"] = bool(row["deleted"])
        return b"".join(json.dumps(row).encode() + b"\n" for row in rows)

    def _response(self, request: requests.PreparedRequest, content: bytes) -> requests.Response:
        response = requests.Response()
        response.status_code, response.url, response.request = 200, request.url or "", request
        response.headers["Content-Type"] = "application/json"
        response.headers["Date"] = format_datetime(self.now, usegmt=True)
        response.raw = HTTPResponse(
            BytesIO(content), response.headers, 200, preload_content=False, decode_content=False
        )
        return response

    def close(self) -> None:
        self._database.close()


def _state(number: int, state: str) -> bytes:
    job = {"id": f"00000000-0000-0000-0000-{number:012d}", "queryStatus": state}
    job |= {"dataFile": f"https://files.example/result/{number}"} if state == "completed" else {}
    return json.dumps({"data": job}).encode()


def churn(warehouse: Warehouse, tables: tuple[str, ...], seed: int, most: float) -> None:
    """Let each request change a row or two at random; each is seen at most ``most`` seconds later."""
    chance = random.Random(seed)
    count = 0

    def change() -> None:
        nonlocal count
        for _ in range(chance.randrange(3)):
            count += 1
            warehouse.put(
                chance.choice(tables),
                after=chance.uniform(0, most),
                id=f"row{chance.randrange(12)}",
                amount=count,
                deleted=chance.random() < 0.1,
            )

    warehouse.on_request = change
