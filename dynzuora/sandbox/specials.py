"""Endpoints that fit no role: Actions, ZOQL, files, describe, entity connections, workflows.

``zuora.toml`` maps methods and paths to them; each is a function like a role's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from dynzuora._media_types import essence
from dynzuora._names import canonical
from dynzuora.sandbox import creations, files, handlers, reading, showing, zoql
from dynzuora.sandbox.handlers import Call, Outcome
from dynzuora.sandbox.ledger import Ledger
from dynzuora.sandbox.refusals import Refusal, failed_row, not_found, refusal
from dynzuora.sandbox.store import Record


def connections(call: Call) -> Outcome:
    """List the entity connections to (inbound) or from (outbound) the current entity."""
    me, direction = call.ledger.entity, call.arguments.query.get("type")
    ends = {"inbound": ("targetentityid",), "outbound": ("sourceentityid",)}
    mine = ends.get(str(direction).lower(), ("targetentityid", "sourceentityid"))
    chosen = [
        record
        for record in call.ledger.records("entityconnection")
        if me in [record.value(end) for end in mine]
    ]
    return handlers.listed(call, chosen)


def connection_verb(call: Call) -> Outcome:
    """Accept, deny or disconnect; only the target may accept or deny, and only a pending request."""
    record = handlers.located(call)
    verb, me = call.endpoint.family.verb, call.ledger.entity
    ends = {record.value("sourceentityid"), record.value("targetentityid")}
    is_stand_in = call.arguments.path[call.endpoint.family.key] != record.id
    if verb != "disconnect" and me != record.value("targetentityid") and not is_stand_in:
        raise refusal(30, f"Only the target entity can {verb} a connection.")
    if me not in ends and not is_stand_in:
        raise not_found("entityconnection", str(record.id))
    expected = "Connected" if verb == "disconnect" else "Pending"
    if record.value("status") != expected and not is_stand_in:
        raise refusal(
            30, f"Cannot {verb} a connection that is {record.value('status')}; it must be {expected}."
        )
    return handlers.act(call)


def definitions(call: Call) -> Outcome:
    """Show all custom object definitions by name."""
    by_name = {
        str(record.value("object") or record.id): _definition(record)
        for record in call.ledger.records("definition")
    }
    return Outcome(showing.valid(call.endpoint.answer.shape, {"count": len(by_name), "definitions": by_name}))


def _definition(record: Record) -> dict[str, Any]:
    schema_fields = {name: record[name] for name in record if name not in ("type",)}
    return {"type": record.value("object"), "Id": record.id, "schema": schema_fields}


def record_batch(call: Call) -> Outcome:
    """Change or delete custom object records."""
    action = call.fields.get("action") or {}
    ledger = call.ledger
    values = action.get("records") or {}
    good, bad = handlers.divided(call, list(values) or action.get("ids") or ())
    for identifier in good:
        record = ledger.find("record", identifier)
        if record is None:
            continue
        if identifier in values:
            ledger.store.change(record, values[identifier])
        else:
            ledger.store.remove(record)
    failed = [{"Id": identifier, **values.get(identifier, {})} for identifier in bad]
    return handlers.batch_failed(failed) if failed else handlers.composed(call)


# --- Actions --------------------------------------------------------------------------


def action_create(call: Call) -> Outcome:
    """Create objects of one type; each succeeds or fails individually."""
    body = call.fields
    kind = call.ledger.kind_of(str(body.get("type", "")))

    def one(row: Mapping[str, Any]) -> dict[str, Any]:
        record = call.ledger.add(kind, creations.prepared(call.ledger, kind, row))
        creations.created(call.ledger, record)
        return {"Success": True, "Id": record.id}

    return _results(call, body.get("objects") or (), one)


def action_update(call: Call) -> Outcome:
    """Change objects of one type by Id; ``fieldsToNull`` clears fields."""
    body = call.fields
    kind = call.ledger.kind_of(str(body.get("type", "")))

    def one(row: Mapping[str, Any]) -> dict[str, Any]:
        key = row.get("Id") or row.get("id")
        if not key:
            raise refusal(22, "Id is required.")
        record = _record(call, kind, str(key))
        cleared = dict.fromkeys(map(str, row.get("fieldsToNull") or ()))
        values = {name: field for name, field in row.items() if name not in ("Id", "id", "fieldsToNull")}
        call.ledger.store.change(record, values | cleared)
        return {"Success": True, "Id": record.id}

    return _results(call, body.get("objects") or (), one)


def action_delete(call: Call) -> Outcome:
    """Delete objects of one type by id."""
    body = call.fields
    kind = call.ledger.kind_of(str(body.get("type", "")))

    def one(key: Any) -> dict[str, Any]:
        record = _record(call, kind, str(key))
        call.ledger.store.remove(record)
        return {"success": True, "id": record.id}

    return _results(call, body.get("ids") or (), one, lower=True)


def _record(call: Call, kind: str, key: str) -> Record:
    record = call.ledger.find(kind, key)
    if record is None and key in call.endpoint.body_stand_ins:
        record = next(
            iter(call.ledger.records(kind) or call.ledger.store.invent(kind, 1, call.ledger.entity))
        )
    if record is None:
        raise refusal(40, f"invalid id {key!r} for this {kind}.")
    return record


def _results(call: Call, rows: Any, one: Callable[[Any], dict[str, Any]], *, lower: bool = False) -> Outcome:
    handlers.check_size(call, "ids" if lower else "objects", rows)
    results = []
    for position, row in enumerate(rows):
        try:
            if position in call.failed_rows:
                raise refusal(30, handlers.refused_row(position))
            if row is None:
                raise refusal(20, "null is not an object.")
            results.append(one(row))
        except Refusal as refused:
            results.append(failed_row(refused, lower=lower))
    answer = call.endpoint.answer.shape
    wrapper = [name for name, shape in answer.properties.items() if shape.is_array]
    if not answer.is_array and len(wrapper) == 1:  # as in the document of 2018
        return Outcome({wrapper[0]: results})
    return Outcome(results)


def zoql_query(call: Call) -> Outcome:
    """Return the first batch of a ZOQL query, and a locator for the rest."""
    body = call.fields
    text = str(body.get("queryString", ""))
    if text in call.endpoint.body_stand_ins:
        text = "select Id from Account"
    size = reading.whole(str((body.get("conf") or {}).get("batchSize") or ""))
    return _batch(call, zoql.rows(call.ledger, text), 0, min(size or zoql.BATCH, zoql.BATCH), text)


def zoql_more(call: Call) -> Outcome:
    """Return the next batch for a locator."""
    locator = str(call.fields.get("queryLocator", ""))
    saved = call.notes.get(("locator", locator))
    if saved is None and locator in call.endpoint.body_stand_ins:
        return Outcome({"done": True, "records": [], "size": 0})
    if saved is None:
        raise refusal(20, f"INVALID_QUERY_LOCATOR: {locator!r} is unknown.", shape="message")
    text, start, size = saved
    return _batch(call, zoql.rows(call.ledger, text), start, size, text)


def _batch(call: Call, rows: list[dict[str, Any]], start: int, size: int, text: str) -> Outcome:
    chosen = rows[start : start + size]
    reply: dict[str, Any] = {"done": start + size >= len(rows), "records": chosen, "size": len(rows)}
    if not reply["done"]:
        locator = f"{call.ledger.store.count('locator'):032x}-{start + size}"
        call.notes["locator", locator] = (text, start + size, size)
        reply["queryLocator"] = locator
    return Outcome(reply)


# --- files ----------------------------------------------------------------------------


def file(call: Call) -> Outcome:
    """Return the bytes of a file."""
    return content_of(handlers.located(call))


def content_of(record: Record) -> Outcome:
    """Return a file as a download; a file without content becomes a PDF of its name."""
    name = str(record.value("name") or f"{record.id}.pdf")
    if record.content is None:
        record.content = files.pdf(name)
    ending = name.rpartition(".")[2].lower()
    media_type = _MEDIA_TYPES.get(ending, "application/octet-stream")
    quoted = re.sub(r'[\r\n"\\]', "_", name)
    headers = {"Content-Disposition": f'attachment; filename="{quoted}"', "Accept-Ranges": "bytes"}
    return Outcome(content=record.content, media_type=media_type, headers=headers)


_MEDIA_TYPES = {
    "pdf": "application/pdf",
    "csv": "text/csv",
    "json": "application/json",
    "zip": "application/zip",
    "gz": "application/gzip",
    "tsv": "text/tab-separated-values",
}


def describe(call: Call) -> Outcome:
    """Describe an object as XML: the fields of its CRUD schema, and those of its records."""
    name = call.arguments.path["object"]
    kind = call.ledger.kind_of(name)
    if name in call.endpoint.stand_ins["object"]:
        name, kind = "Account", "account"
    fields = {field: shape.type or "text" for field, shape in call.ledger.fields_of(kind).items()}
    fields |= dict.fromkeys(zoql.fields(call.ledger, kind), "text")
    if not call.ledger.records(kind) and len(fields) < 2:
        return Outcome(content=files.not_described(name), media_type="text/xml", status=404)
    forms: dict[str, tuple[str, str]] = {}
    for field, type_name in fields.items():
        forms.setdefault(canonical(field), (field, type_name))
    return Outcome(content=files.described(name, forms.values()), media_type="text/xml")


_FORMS = ("json-seq", "jsonl", "ndjson", "csv")


def stream_type(call: Call) -> str:
    """Return the media type of records that the Accept header requests, empty for plain JSON."""
    declared = call.endpoint.answer.media_types
    is_stream = call.endpoint.style.name == "stream"
    if call.endpoint.method != "GET" or not (is_stream or _is_form(*declared)):
        return ""
    for part in call.request.headers.get("accept", "*/*").split(","):
        media_type = essence(part)
        if media_type == "*/*":
            return next(filter(_is_form, declared), "") if is_stream else ""
        if _is_form(media_type):
            return media_type
        if media_type in declared:
            return ""
    return ""


def _is_form(*media_types: str) -> bool:
    return any(form in media_type for media_type in media_types for form in _FORMS)


def stream(call: Call, media_type: str) -> Outcome:
    """Return records as JSON lines or CSV."""
    endpoint = call.endpoint
    shape = endpoint.row if endpoint.style.is_list else endpoint.answer.shape
    invented = call.ledger.store.invent(endpoint.family.kind, call.rows or 3, call.ledger.entity)
    rows_shown = [showing.show(call.ledger, record, shape) for record in invented]
    rows = [
        row if isinstance(row, dict) else {"Id": record.id}
        for record, row in zip(invented, rows_shown, strict=True)
    ]
    content = files.table(rows) if "csv" in media_type else files.lines(rows)
    return Outcome(content=content, media_type=media_type)


def run_workflow(call: Call) -> Outcome:
    """Start a workflow: a new instance that advances through its states."""
    template = handlers.located(call)
    ledger = call.ledger
    values = {
        "originalWorkflowId": template.id,
        "name": template.value("name") or "Run",
        "type": "Workflow::Instance",
    }
    run = ledger.add("workflow", values)
    handlers.start(call, run, ledger.rules.job("workflow", "run"))
    return Outcome(handlers.shown(call, run))


def usage_status(ledger: Ledger, record: Record) -> dict[str, Any]:
    """Return the reply of ``/v1/usage/{id}/status``, a path that is in no document."""
    handlers.poll(ledger, record)
    return {"id": record.id, "importStatus": record.value("importstatus"), "success": True}


SPECIALS: Mapping[str, Callable[[Call], Outcome]] = {
    "action_create": action_create,
    "action_delete": action_delete,
    "action_update": action_update,
    "connection_verb": connection_verb,
    "connections": connections,
    "definitions": definitions,
    "describe": describe,
    "file": file,
    "record_batch": record_batch,
    "run_workflow": run_workflow,
    "zoql": zoql_query,
    "zoql_more": zoql_more,
}
