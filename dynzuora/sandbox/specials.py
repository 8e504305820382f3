"""Operations with a meaning of their own: tokens, Actions, ZOQL, files, describe, entity connections.

``zuora.toml`` says which request is which; each is one function like a role's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from dynzuora._media_types import essence
from dynzuora._names import canonical
from dynzuora.lists.styles import properties
from dynzuora.sandbox import creations, files, handlers, reading, showing, zoql
from dynzuora.sandbox.handlers import Call, Outcome
from dynzuora.sandbox.ledger import Ledger
from dynzuora.sandbox.refusals import Refusal, failed_row, not_found, refusal
from dynzuora.sandbox.store import Record

MOST_OBJECTS = 50
"""Objects of one Action call."""


def connections(call: Call) -> Outcome:
    """List the entity connections that lead to (inbound) or from (outbound) the current entity."""
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
    """Accept, deny or disconnect: the first two are the target's to do, and only to a request that waits."""
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
        raise refusal(30, f"The connection is {record.value('status')}; to {verb} it, it must be {expected}.")
    return handlers.act(call)


def definitions(call: Call) -> Outcome:
    """Show every custom object definition as a map from name to definition."""
    by_name = {
        str(record.value("object") or record.id): _definition(record)
        for record in call.ledger.records("definition")
    }
    return Outcome(
        showing.valid(call.endpoint.answer.schema, {"count": len(by_name), "definitions": by_name})
    )


def _definition(record: Record) -> dict[str, Any]:
    schema_fields = {name: record[name] for name in record if name not in ("type",)}
    return {"type": record.value("object"), "Id": record.id, "schema": schema_fields}


def record_batch(call: Call) -> Outcome:
    """Change or delete custom object records, as the action says."""
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
    """Create objects of one type; each succeeds or fails by itself."""
    body = call.fields
    kind = call.ledger.kind_of(str(body.get("type", "")))

    def one(row: Mapping[str, Any]) -> dict[str, Any]:
        record = call.ledger.add(kind, creations.prepared(call.ledger, kind, row))
        creations.created(call.ledger, record)
        return {"Success": True, "Id": record.id}

    return _each(call, body.get("objects") or (), one)


def action_update(call: Call) -> Outcome:
    """Change objects of one type, told by their Id; ``fieldsToNull`` clears."""
    body = call.fields
    kind = call.ledger.kind_of(str(body.get("type", "")))

    def one(row: Mapping[str, Any]) -> dict[str, Any]:
        key = row.get("Id") or row.get("id")
        if not key:
            raise refusal(22, "Id is required.")
        record = _known(call, kind, str(key))
        cleared = dict.fromkeys(map(str, row.get("fieldsToNull") or ()))
        values = {name: field for name, field in row.items() if name not in ("Id", "id", "fieldsToNull")}
        call.ledger.store.change(record, values | cleared)
        return {"Success": True, "Id": record.id}

    return _each(call, body.get("objects") or (), one)


def action_delete(call: Call) -> Outcome:
    """Delete objects of one type by id."""
    body = call.fields
    kind = call.ledger.kind_of(str(body.get("type", "")))

    def one(key: Any) -> dict[str, Any]:
        record = _known(call, kind, str(key))
        call.ledger.store.remove(record)
        return {"success": True, "id": record.id}

    return _each(call, body.get("ids") or (), one, lower=True)


def _known(call: Call, kind: str, key: str) -> Record:
    record = call.ledger.find(kind, key)
    if record is None and key in call.endpoint.body_stand_ins:
        record = next(
            iter(call.ledger.records(kind) or call.ledger.store.invent(kind, 1, call.ledger.entity))
        )
    if record is None:
        raise refusal(40, f"invalid id {key!r} for this {kind}.")
    return record


def _each(call: Call, rows: Any, one: Callable[[Any], dict[str, Any]], *, lower: bool = False) -> Outcome:
    if len(rows) > MOST_OBJECTS:
        raise refusal(20, f"{len(rows)} objects in one call; {MOST_OBJECTS} is the most.")
    results = []
    for position, row in enumerate(rows):
        try:
            if position in call.failed_rows:
                raise refusal(30, handlers.told_to_refuse(position))
            if row is None:
                raise refusal(20, "null is no object.")
            results.append(one(row))
        except Refusal as refused:
            results.append(failed_row(refused, lower=lower))
    schema = call.endpoint.answer.schema
    wrapper = [name for name, schema in properties(schema).items() if schema.get("type") == "array"]
    if schema.get("type") != "array" and len(wrapper) == 1:  # how the document of 2018 has it
        return Outcome({wrapper[0]: results})
    return Outcome(results)


def zoql_query(call: Call) -> Outcome:
    """Answer the first batch of a ZOQL query; a locator leads to the rest."""
    body = call.fields
    text = str(body.get("queryString", ""))
    if text in call.endpoint.body_stand_ins:
        text = "select Id from Account"
    size = reading.whole(str((body.get("conf") or {}).get("batchSize") or ""))
    return _batch(call, zoql.rows(call.ledger, text), 0, min(size or zoql.BATCH, zoql.BATCH), text)


def zoql_more(call: Call) -> Outcome:
    """Answer the next batch behind a locator."""
    locator = str(call.fields.get("queryLocator", ""))
    saved = call.notes.get(("locator", locator))
    if saved is None and locator in call.endpoint.body_stand_ins:
        return Outcome({"done": True, "records": [], "size": 0})
    if saved is None:
        raise refusal(20, f"INVALID_QUERY_LOCATOR: {locator!r} leads nowhere.", shape="message")
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
    """Answer the bytes of a file."""
    return content_of(handlers.located(call))


def content_of(record: Record) -> Outcome:
    """Return a file as a download; one that holds nothing yet becomes a PDF of its name."""
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
    """Describe an object as XML: the fields of its CRUD schema, and its records' own."""
    name = call.arguments.path["object"]
    kind = call.ledger.kind_of(name)
    if name in call.endpoint.stand_ins["object"]:
        name, kind = "Account", "account"
    fields = dict(call.endpoint.fields_of(kind)) | {field: "text" for field in zoql.fields(call.ledger, kind)}
    if not call.ledger.records(kind) and len(fields) < 2:
        return Outcome(content=files.not_described(name), media_type="text/xml", status=404)
    forms: dict[str, tuple[str, str]] = {}
    for field, type_name in fields.items():
        forms.setdefault(canonical(field), (field, type_name))
    return Outcome(content=files.described(name, forms.values()), media_type="text/xml")


_FORMS = ("json-seq", "jsonl", "ndjson", "csv")


def wanted_stream(call: Call) -> str:
    """Return the media type of records that the Accept header asks for, empty for plain JSON."""
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
    """Answer records one a line, or as CSV."""
    endpoint = call.endpoint
    schema = endpoint.rows if endpoint.style.is_list else endpoint.answer.schema
    invented = call.ledger.store.invent(endpoint.family.kind, call.rows or 3, call.ledger.entity)
    rows_shown = [showing.show(call.ledger, record, schema) for record in invented]
    rows = [
        row if isinstance(row, dict) else {"Id": record.id}
        for record, row in zip(invented, rows_shown, strict=True)
    ]
    content = files.table(rows) if "csv" in media_type else files.lines(rows)
    return Outcome(content=content, media_type=media_type)


def run_workflow(call: Call) -> Outcome:
    """Start a workflow: a new instance that goes through its states."""
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
    """Return what ``/v1/usage/{id}/status``, a path no document has, answers."""
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
