"""The roles of operations: create, read, list, update, delete, act.

Each role is a function from a `Call` to an `Outcome`. Consequences in Zuora (an order
creates a subscription, an applied memo lowers a balance) are in ``creations``, ``actions``
and ``endings``; endpoints that fit no role are in ``specials``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from dynzuora import _zuora
from dynzuora._names import canonical
from dynzuora.model import ANYTHING, Shape
from dynzuora.sandbox import (
    actions,
    conditions,
    creations,
    endings,
    filtering,
    jobs,
    object_query,
    paging,
    showing,
)
from dynzuora.sandbox.amounts import objects
from dynzuora.sandbox.endpoint import Arguments, Endpoint
from dynzuora.sandbox.families import Scope
from dynzuora.sandbox.ledger import Ledger
from dynzuora.sandbox.reading import Received
from dynzuora.sandbox.refusals import Refusal, failed_records, failed_row, not_found, refusal
from dynzuora.sandbox.rules import JobRule
from dynzuora.sandbox.store import Record

NOT_OWN = frozenset({"processId", "requestId"})
"""Properties that end like a key but identify the request."""

HOUSEKEEPING = frozenset({"rejectunknownfields", "fields", "returnids"})
"""Query parameters of creating requests that are not properties of the new object."""


class Call(NamedTuple):
    """A request, with everything that a role needs.

    ``rows`` is the number of rows that lists are filled to; ``job_end`` the state that a fault
    sets for a job; ``notes`` is state between requests besides the records.
    """

    endpoint: Endpoint
    arguments: Arguments
    ledger: Ledger
    request: Received
    rows: int
    job_end: str
    failed_rows: frozenset[int]
    notes: dict[Any, Any]

    @property
    def fields(self) -> Mapping[str, Any]:
        """The body's fields, empty if it is not an object."""
        return self.arguments.body if isinstance(self.arguments.body, Mapping) else {}


class Outcome(NamedTuple):
    """The result of a call: a ``value`` for JSON, or ``content`` as bytes."""

    value: Any = None
    content: bytes | None = None
    media_type: str = ""
    status: int | None = None
    headers: Mapping[str, str] = {}


def perform(call: Call) -> Outcome:
    """Perform the call by its role."""
    return ROLES[call.endpoint.family.role](call)


# --- which records --------------------------------------------------------------------


def located(call: Call) -> Record:
    """Return the record that the path names.

    A key that is an example in the document names the first object of the kind. If no
    operation creates objects of the kind, any other key is valid too, unless it is an id, a
    key or a number.

    Raises `Refusal` if there is no such record.
    """
    family, ledger = call.endpoint.family, call.ledger
    key = call.arguments.path[family.key]
    parents = _parents(call)
    if family.key_kind == family.kind:
        record = _named(call, family.kind, family.key, key, parents)
    else:
        record = _belonging(call, key, parents)
    return record or _made_up(ledger, family.kind, family.key, key)


Parents = Sequence[tuple[Scope, str, Record | None]]


def _named(call: Call, kind: str, parameter: str, key: str, parents: Parents = ()) -> Record | None:
    """Return the record that ``key`` names."""
    record = call.ledger.find(kind, key, under=parameter)
    if record is None and key in call.endpoint.stand_ins[parameter]:
        candidates = [
            record for record in call.ledger.records(kind) if _within(call.ledger, record, kind, parents)
        ]
        return (candidates or _living_examples(call.ledger, kind))[0]
    return record if record is not None and _within(call.ledger, record, kind, parents) else None


def _belonging(call: Call, key: str, parents: Parents) -> Record | None:
    """Return the record that belongs to the object that ``key`` names: a subscription's amendment."""
    family, ledger = call.endpoint.family, call.ledger
    owner = _named(call, family.key_kind, family.key, key)
    for record in ledger.records(family.kind):
        if ledger.mentions(record, key, owner) and _within(ledger, record, family.kind, parents):
            return record
    if key in call.endpoint.stand_ins[family.key] or not ledger.is_stateful(family.kind):
        return _living_examples(ledger, family.kind)[0]
    return None


def _living_examples(ledger: Ledger, kind: str) -> list[Record]:
    count = 1
    while not (examples := ledger.store.invent(kind, count, ledger.entity)):
        count += 1
    return examples


def _made_up(ledger: Ledger, kind: str, parameter: str, key: str) -> Record:
    names_an_object = canonical(parameter).endswith(("id", "key", "number"))
    if names_an_object or kind in ledger.families.created:
        raise not_found(kind, key)
    record = ledger.add(kind, {parameter: key})
    record.invented = True
    return record


def _parents(call: Call) -> Parents:
    """Return the scopes with their raw keys and the records these name.

    Raises `Refusal` for an unknown key of a kind that has objects.
    """
    parents = []
    for scope in call.endpoint.family.scopes:
        key = call.arguments.path[scope.parameter]
        record = None
        if scope.kind != call.endpoint.family.kind:
            record = _named(call, scope.kind, scope.parameter, key)
            if record is None and call.ledger.is_stateful(scope.kind):
                raise not_found(scope.kind, key)
        parents.append((scope, key, record))
    return parents


def _within(ledger: Ledger, record: Record, kind: str, parents: Parents) -> bool:
    if record.invented:
        return True
    return all(
        ledger.rules.kind(scope.kind).shared or ledger.mentions(record, key, parent)
        for scope, key, parent in parents
    )


# --- roles ----------------------------------------------------------------------------


def create(call: Call) -> Outcome:
    """Create one record, or one per element of a batch."""
    family, ledger, body = call.endpoint.family, call.ledger, call.fields
    parents = _parents(call)
    for _, key, parent in parents:
        if parent is not None and key in (str(parent.id), parent.number):
            creations.check(family.kind, parent, body)
    common = _from_path(parents) | _from_query(call)
    batch = _batch_property(call)
    if batch:
        return _create_batch(call, common, batch)
    record = _created(call, {**common, **body})
    for upload in call.arguments.uploads.values():
        endings.keep_file(ledger, record, upload)
    start(call, record, ledger.rules.job(family.kind))
    headers = {"Location": f"/async-jobs/{record.id}"} if call.endpoint.answer.status == 202 else {}
    return Outcome(_identified(call, record, shown(call, record)), headers=headers)


def _create_batch(call: Call, common: Mapping[str, Any], batch: str) -> Outcome:
    ledger, kind, elements = call.ledger, call.endpoint.family.kind, call.fields[batch]
    check_size(call, batch, elements)
    good, bad = divided(call, elements)
    if bad and kind != "record":
        raise refusal(30, refused_row(min(call.failed_rows)))  # this family is all or nothing
    records = [_created(call, {**common, **element}) for element in good]
    if bad:
        return batch_failed(bad)
    rows = [showing.show(ledger, record, _item_shape(call, batch), None) for record in records]
    return Outcome(_enveloped(call, {batch: rows}))


def check_size(call: Call, name: str, rows: Sequence[Any]) -> None:
    """Raise a `Refusal` if there are more rows than the operation accepts in one request."""
    batch = _zuora.BATCHES.get(call.endpoint.operation.id)
    if batch is not None and len(rows) > batch.most:
        raise refusal(20, f"{name} has {len(rows)} elements; the maximum per request is {batch.most}.")


def divided(call: Call, elements: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    """Return the elements to process, and those that a fault selected to fail."""
    bad = [element for position, element in enumerate(elements) if position in call.failed_rows]
    return [element for position, element in enumerate(elements) if position not in call.failed_rows], bad


def batch_failed(records: list[Any]) -> Outcome:
    """Respond that a custom object batch succeeded except for ``records``, which must be sent again."""
    refused = refusal(61, "Some records could not be stored; send them again.")
    return Outcome(failed_records(refused, records), status=500)


def refused_row(position: int) -> str:
    """Return the message for a row that a fault selected."""
    return f"The sandbox was asked to refuse row {position}."


def read(call: Call) -> Outcome:
    """Show one record; reading a job advances it."""
    record = located(call)
    poll(call.ledger, record)
    value = shown(call, record)
    shape = call.endpoint.answer.shape
    query = _object_query(call, shape)
    if query is not None and isinstance(value, dict):
        return Outcome(object_query.shaped(call.ledger, record, value, shape, query))
    fields = call.arguments.query.get("fields")
    if fields and isinstance(value, dict):
        names = {canonical(name) for name in filtering.text(fields).split(",")} | {"id"}
        value = {name: field for name, field in value.items() if canonical(name) in names}
    return Outcome(value)


def view(call: Call) -> Outcome:
    """Show something derived from a record, with invented values for what it does not have."""
    record = located(call)
    answer = call.endpoint.answer
    values = showing.project(call.ledger, record, answer.shape)
    if len(values) * 2 >= len(answer.shape.properties):
        return Outcome(shown(call, record))
    return Outcome(showing.filled(answer.schema, values, answer.example))


def listing(call: Call) -> Outcome:
    """Show one page of the records that the path and the query select."""
    family, ledger = call.endpoint.family, call.ledger
    parents = _parents(call)
    rows: dict[Record, str] = {}
    for kind, word in (ledger.rules.unions.get(family.kind) or {family.kind: ""}).items():
        rows |= {record: word for record in ledger.records(kind) if _within(ledger, record, kind, parents)}
    return listed(call, list(rows), rows)


def listed(call: Call, records: list[Record], words: Mapping[Record, str] | None = None) -> Outcome:
    """Show the requested page of ``records``, filled up with invented ones."""
    family, ledger, style = call.endpoint.family, call.ledger, call.endpoint.style
    query = _object_query(call, call.endpoint.row)
    if query is None:
        records = filtering.select(ledger, records, call.arguments.query, call.endpoint.filters)
    else:
        records = object_query.select(ledger, records, query)
    records += ledger.store.invent(family.kind, _examples(call, len(records)), ledger.entity)
    page = paging.cut(style, records, call.request, lambda record: str(record.id))
    rows = [_row(call, row, (words or {}).get(row, "")) for row in page.rows]
    if query is not None:
        shape = call.endpoint.row
        rows = [
            object_query.shaped(ledger, record, row, shape, query)
            for record, row in zip(page.rows, rows, strict=True)
        ]
    return Outcome(_enveloped(call, {style.items: rows}, page.beside) if style.items else rows)


def _object_query(call: Call, shape: Shape) -> object_query.Query | None:
    if not call.endpoint.path.startswith(object_query.PATHS):
        return None
    query, kind = call.arguments.query, call.endpoint.family.kind
    return object_query.parsed(query, kind, shape, call.endpoint.query_stand_ins)


def update(call: Call) -> Outcome:
    """Merge the body into a record; PUT replaces a custom object record."""
    record, body = located(call), call.fields
    ledger = call.ledger
    for name, value in body.items():
        _check_condition(call, record, f"{name}={value}")
        rule = ledger.rules.job(record.kind, f"{name}={value}")
        if rule is not None:
            start(call, record, rule)
            body = {other: field for other, field in body.items() if other != name}
    if record.kind == "record" and call.endpoint.method == "PUT":
        others = {name: record[name] for name in record if name == "object"}
        record.replace({**others, **body})
        body = {}
    ledger.store.change(record, body)
    return Outcome(shown(call, record))


def delete(call: Call) -> Outcome:
    """Remove a record, or cancel a job."""
    record = _deletable(call, located(call))
    ledger = call.ledger
    value = shown(call, record)
    rule = ledger.rules.job(record.kind, "delete")
    creation = ledger.rules.job(record.kind)
    if rule is not None:
        start(call, record, rule)
    elif creation is not None and creation.deleted:
        record.job = None
        ledger.store.change(record, {creation.field: creation.deleted})
        value = shown(call, record)
    else:
        ledger.store.remove(record)
    return Outcome(value)


def _deletable(call: Call, record: Record) -> Record:
    """Return ``record``; an example if it must not be deleted but was named by an example value."""
    try:
        conditions.check(call.ledger.rules.condition(record.kind, "delete"), record, {}, ())
    except Refusal:
        key = call.endpoint.family.key
        if call.arguments.path[key] not in call.endpoint.stand_ins[key]:
            raise
        return _living_examples(call.ledger, record.kind)[0]
    return record


def act(call: Call) -> Outcome:
    """Perform the action that the last segment of the path names, and show the record."""
    record = located(call)
    ledger, verb = call.ledger, call.endpoint.family.verb
    body = call.fields
    _check_condition(call, record, verb)
    effect = actions.ACTIONS.get((record.kind, verb))
    if effect is not None:
        done = effect(ledger, record, body)
        return Outcome(_with_flags(call, done) if done else shown(call, record))
    status = ledger.rules.kind(record.kind).verbs.get(verb) or ledger.rules.verbs.get(verb)
    rule = ledger.rules.job(record.kind, verb)
    if rule is not None:
        start(call, record, rule)
    elif status:
        ledger.store.change(record, {"status": status})
    elif call.endpoint.method != "POST":
        ledger.store.change(record, body)
    else:
        return composed(call, showing.project(ledger, record, call.endpoint.answer.shape))
    return Outcome(shown(call, record))


def _check_condition(call: Call, record: Record, verb: str) -> None:
    condition = call.ledger.rules.condition(record.kind, verb)
    key = call.endpoint.family.key
    if condition is not None and call.arguments.path[key] not in call.endpoint.stand_ins[key]:
        conditions.check(condition, record, call.fields, call.endpoint.body_stand_ins)


def batch(call: Call) -> Outcome:
    """Change several records, identified by id in the body's array."""
    ledger, family = call.ledger, call.endpoint.family
    changed = []
    for rows in call.fields.values():
        for row in objects(rows):
            key = row.get("id") or row.get("Id")
            record = ledger.find(family.kind, key) if key else None
            if record is not None:
                ledger.store.change(
                    record, {name: field for name, field in row.items() if name not in ("id", "Id")}
                )
                changed.append(record)
    style = call.endpoint.style
    if style.items and changed:
        return Outcome(_enveloped(call, {style.items: [_row(call, record, "") for record in changed]}))
    return composed(call)


# --- replies --------------------------------------------------------------------------


def start(call: Call, record: Record, rule: JobRule | None) -> None:
    """Start a record's job, if there is a rule for one; a fault or the request may set its end."""
    if rule is not None:
        jobs.start(call.ledger.store, record, rule, call.job_end or jobs.magic_end(call.fields))


def poll(ledger: Ledger, record: Record) -> None:
    """Advance a record's job to its next state.

    Raises `Refusal` if the job has removed the record.
    """
    job = record.job
    if job is None:
        return
    if not job.state:
        ledger.store.remove(record)
        raise not_found(record.kind, str(record.id))
    ledger.store.change(record, {job.rule.field: job.state})
    if job.is_over:
        record.job = None
        endings.finish(ledger, record, job)
    job.position += 1


def shown(call: Call, record: Record) -> Any:
    """Return a record as the operation's response schema shows it."""
    answer = call.endpoint.answer
    return _with_flags(call, showing.show(call.ledger, record, answer.shape, answer.example))


def _identified(call: Call, record: Record, value: Any) -> Any:
    """Add to the reply of a creation the id, key or number of the new object, if it has just one."""
    properties = call.endpoint.answer.shape.properties
    names = [name for name in properties if name.endswith(("Id", "Key", "Number")) and name not in NOT_OWN]
    if len(names) == 1 and isinstance(value, dict) and names[0] not in value:
        key = record.number if names[0].endswith("Number") else record.id
        value |= showing.fit({names[0]: key or record.id}, call.endpoint.answer.shape)
    return value


def composed(call: Call, values: Any = None) -> Outcome:
    """Respond with ``values``, the request's values and the document's example, and invent the rest."""
    answer, body = call.endpoint.answer, call.fields
    echo = showing.fit(body, answer.shape) if body else None
    value = showing.filled(answer.schema, values, echo, answer.example)
    if isinstance(value, list) and body:  # Actions: one result per element
        elements = next((field for field in body.values() if isinstance(field, list)), [])
        done = dict(value[0] if value else {})
        value = [
            _result(call, position, dict(done), answer.shape.items or ANYTHING)
            for position in range(len(elements))
        ]
    return Outcome(_with_flags(call, value))


ROLES: Mapping[str, Callable[[Call], Outcome]] = {
    "create": create,
    "read": read,
    "view": view,
    "list": listing,
    "update": update,
    "delete": delete,
    "action": act,
    "batch": batch,
    "other": composed,
}


def _result(call: Call, position: int, done: dict[str, Any], shape: Shape) -> dict[str, Any]:
    if position in call.failed_rows:
        return failed_row(refusal(30, refused_row(position)))
    return showing.flagged(done, shape)


def _enveloped(call: Call, rows: Mapping[str, Any], beside: Mapping[str, Any] | None = None) -> Any:
    shape = call.endpoint.answer.shape
    value = showing.filled(showing.only(shape, showing.SUCCESS), {})
    if not isinstance(value, dict):  # the schema of a list that has properties, too
        return value
    value |= rows
    value |= {
        name: field
        for name, field in (beside or {}).items()
        if name in shape.properties and field is not None
    }
    return showing.flagged(value, shape)


def _with_flags(call: Call, value: Any) -> Any:
    return showing.flagged(dict(value), call.endpoint.answer.shape) if isinstance(value, dict) else value


def _row(call: Call, record: Record, word: str) -> Any:
    shape = call.endpoint.row
    row = showing.show(call.ledger, record, shape, _example_row(call, record))
    if isinstance(row, dict) and (word or record.invented):
        row = dict(row)
        for name, sub in shape.properties.items():
            if word and name == "documentType":
                row[name] = showing.first_fitting(sub, word, row.get(name))
            text_wanted = call.arguments.query.get(name)
            if record.invented and text_wanted is not None and name not in showing.CONTINUATIONS:
                row[name] = showing.first_fitting(sub, text_wanted, row.get(name))
    return row


def _example_row(call: Call, record: Record) -> Any:
    example = call.endpoint.answer.example
    rows = example.get(call.endpoint.style.items) if isinstance(example, dict) else None
    return rows[0] if isinstance(rows, list) and rows else None


def _examples(call: Call, count: int) -> int:
    """Return how many invented rows fill a list, the same number as at its first request."""
    family, ledger = call.endpoint.family, call.ledger
    filters = filtering.filters(call.arguments.query)
    key = (ledger.entity, call.endpoint.path, *call.arguments.path.values(), *sorted(filters.items()))
    least = call.rows or (0 if ledger.is_stateful(family.kind) else 1)
    if not least:
        return 0
    if key not in call.notes:
        call.notes[key] = max(0, least - count)
    return int(call.notes[key])


def _batch_property(call: Call) -> str:
    """Return the property that is an array in both body and reply: one object per element."""
    body = call.fields
    shared = [
        name
        for name, shape in call.endpoint.answer.shape.properties.items()
        if isinstance(body.get(name), list) and shape.is_array and len(objects(body[name])) == len(body[name])
    ]
    return shared[0] if len(shared) == 1 and len(body) == 1 else ""


def _item_shape(call: Call, name: str) -> Shape:
    return call.endpoint.answer.shape.properties[name].items or ANYTHING


def _created(call: Call, values: Mapping[str, Any]) -> Record:
    family, ledger = call.endpoint.family, call.ledger
    values = creations.prepared(ledger, family.kind, values)
    record = ledger.add(family.kind, values)
    creations.created(ledger, record)
    return record


def _from_path(parents: Parents) -> dict[str, Any]:
    """Return the values that the path gives a new record: its owners."""
    values: dict[str, Any] = {}
    for scope, key, parent in parents:
        if parent is None:
            values[scope.parameter] = key
            continue
        values[f"{parent.kind}Id"] = parent.id
        for name in ("accountId", "accountNumber", "currency"):
            inherited = parent.value(canonical(name))
            if inherited is not None:
                values.setdefault(name, inherited)
    return values


def _from_query(call: Call) -> dict[str, Any]:
    return {
        name: value
        for name, value in call.arguments.query.items()
        if canonical(name) not in HOUSEKEEPING and value is not None
    }
