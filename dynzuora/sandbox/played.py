"""Jobs without a path of their own: rows of ``zuora.toml`` say how they start, are polled, and end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dynzuora.sandbox import endings, files, handlers, jobs, zoql
from dynzuora.sandbox.handlers import Call, Outcome
from dynzuora.sandbox.ledger import Ledger
from dynzuora.sandbox.refusals import Refusal
from dynzuora.sandbox.rules import JobRule, Played
from dynzuora.sandbox.store import Record


def perform(call: Call, rows: tuple[Played, ...]) -> Outcome | None:
    """Start, poll or cancel a job if the operation does, else None: so for one that was not started here."""
    name = f"{call.endpoint.method} {call.endpoint.path}"
    for row in rows:
        if name in row.start:
            return _started(call, row)
        if name in row.cancel:
            return _cancelled(call, row)
    polled = [row for row in rows if row.poll == name]
    return _polled(call, polled) if polled else None


def _kind(row: Played) -> str:
    return f"job {row.poll}"


def _key(call: Call, row: Played) -> str:
    """Return the id in the path of a request, empty if there is none."""
    parameter = row.poll.rpartition("{")[2].partition("}")[0]
    return "" if row.item else call.arguments.path.get(parameter, "")


def _record(call: Call, row: Played, key: str) -> Record | None:
    records = call.ledger.records(_kind(row))
    return next((record for record in records if key in (str(record.id), record.value("key"))), None)


def _started(call: Call, row: Played) -> Outcome:
    ledger, key = call.ledger, _key(call, row)
    record = (_record(call, row, key) if key else None) or ledger.add(_kind(row), dict(call.fields))
    record.put({"start": row.start[0], **({"key": key} if key else {})})
    rule = JobRule(_kind(row), "status", row.states, row.bad)
    jobs.start(ledger.store, record, rule, call.job_end or jobs.magic_end(call.fields))
    return Outcome(_with(handlers.composed(call).value, {row.id: key or record.id}))


def _cancelled(call: Call, row: Played) -> Outcome | None:
    record = _record(call, row, _key(call, row))
    if record is None:
        return None
    record.job = None
    call.ledger.store.change(record, {"status": row.bad[-1]})
    value = handlers.composed(call).value
    return Outcome(_with(value, {row.status: row.bad[-1]}) if row.status in value else value)


def _polled(call: Call, rows: list[Played]) -> Outcome | None:
    ledger, value, row = call.ledger, handlers.composed(call).value, rows[0]
    if row.item:
        if not ledger.records(_kind(row)):
            return None
        items = [
            _state(ledger, record, row, {"requestId": record.id}) for record in ledger.records(_kind(row))
        ]
        return Outcome(_with(value, {row.item: items}))
    record = _record(call, row, _key(call, row))
    if record is None:
        return None
    [row] = (row for row in rows if row.start[0] == record.value("start"))
    return Outcome(_state(ledger, record, row, value))


def _state(ledger: Ledger, record: Record, row: Played, value: Any) -> Any:
    """Return the reply of a poll, which advances the job."""
    handlers.poll(ledger, record)
    state = record.value("status")
    changes: dict[str, Any] = {row.status: state}
    if row.zero:
        changes[row.zero] = 0
    if row.made:
        changes["batches"], failed = _batches(ledger, record, state == row.states[-1])
        if failed:
            changes[row.status] = row.bad[0]
            ledger.store.change(record, {"status": row.bad[0]})
    if row.file:
        path = row.file.removesuffix(".*")
        file = endings.new_file(ledger, record, "result.csv", files.table([{"Id": record.id}]))
        reference = f"{endings.ORIGIN}{endings.OPEN_FILES}{file.id}/result.csv"
        changes[path] = [reference] if path != row.file else reference
    return _with(value, changes)


def _batches(ledger: Ledger, record: Record, is_complete: bool) -> tuple[list[dict[str, Any]], bool]:
    """Return the batches of an aggregate query, and whether one of them failed."""
    batches, failed = [], record.value("status") == "error"
    for query in record.value("queries") or []:
        batch: dict[str, Any] = {"name": query.get("name"), "query": query.get("query"), "status": "pending"}
        batches.append(batch)
        if not is_complete:
            continue
        try:
            rows = zoql.rows(ledger, str(query.get("query") or ""))
        except Refusal as refused:
            batch |= {"status": "aborted", "message": str(refused)}
            failed = True
            continue
        file = endings.new_file(ledger, record, f"{query.get('name')}.csv", files.table(rows))
        batch |= {"status": "completed", "fileId": file.id, "recordCount": str(len(rows))}
    return batches, failed


def _with(value: Any, changes: Mapping[str, Any]) -> Any:
    """Return a reply with values at dotted paths."""
    value = dict(value) if isinstance(value, Mapping) else {}
    for path, new in changes.items():
        inner = value
        *above, last = path.split(".")
        for name in above:
            inner[name] = dict(inner.get(name) or {}) if isinstance(inner.get(name), Mapping) else {}
            inner = inner[name]
        inner[last] = new
    return value
