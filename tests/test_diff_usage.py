"""Which lines of one's own code a new document breaks: planted uses, each with what is expected.

``tests/data/usage`` holds two small documents, and scripts and notebooks. A line
that breaks ends in ``# breaks: RULE SUBJECT``, one that cannot be followed in
``# unresolved``; every other line must be silent.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dynzuora import diff
from dynzuora.client import usage_log
from dynzuora.comparison import Diff, Usage
from dynzuora.comparison.usage import SourceLocation, sources
from dynzuora.comparison.usage.results import SEVERITY_OF
from dynzuora.errors import DynzuoraError

HERE = Path(__file__).parent / "data" / "usage"
CODE = sorted(path for path in HERE.joinpath("code").iterdir())
MARK = re.compile(
    r"#\s*(?:breaks:\s*(?P<rule>[\w-]+)(?:\s+(?P<subject>.*\S))?|(?P<unresolved>unresolved))\s*$"
)

Json = dict[str, Any]
Expected = tuple[str, int, int, str, str]


@pytest.fixture(scope="module")
def changes() -> Diff:
    """The comparison of the two small documents."""
    return diff(HERE / "old.json", HERE / "new.json")


@pytest.fixture(scope="module")
def usage(changes: Diff) -> Usage:
    return changes.used_by(HERE / "code")


def test_of_many_files_that_speak_of_the_api_those_that_may_call_it_are_read(
    tmp_path: Path, changes: Diff, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in CODE:
        tmp_path.joinpath(path.name).write_bytes(path.read_bytes())
    more = {
        "computed": "# zuora\nimport requests\nrequests.get(input())\n",
        "paths": "ACCOUNTS = '/v1/accounts/1'\n",
        "asks": "# zuora\nimport paths\nserver.get(paths.ACCOUNTS)\n",
    }
    for name, text in more.items():
        tmp_path.joinpath(f"{name}.py").write_text(text)
    alone = changes.used_by(tmp_path)
    for number in range(120):
        tmp_path.joinpath(f"other{number}.py").write_text("# zuora\nimport os\nos.environ.get('HOME')\n")
    parsed: list[str] = []
    read = sources.read
    monkeypatch.setattr(sources, "read", lambda path: parsed.append(path.name) or read(path))
    found = changes.used_by(tmp_path)
    assert [name for name in parsed if name.startswith("other")] == []
    assert len(found.files) == len(alone.files) + 120
    assert found._replace(files=()) == alone._replace(files=())


def marks(path: Path) -> Iterator[Expected]:
    """What the marks in a file say: path, cell, line, rule, subject."""
    if path.suffix == ".py":
        cells = [(0, path.read_text("utf-8").splitlines())]
    else:
        cells = [
            (number, "".join(cell["source"]).splitlines())
            for number, cell in enumerate(json.loads(path.read_bytes())["cells"], 1)
        ]
    for cell, lines in cells:
        for number, line in enumerate(lines, 1):
            if found := MARK.search(line):
                rule = found["rule"] or "unresolved"
                yield path.as_posix(), cell, number, rule, found["subject"] or ""


def found(usage: Usage) -> set[Expected]:
    told = {(*_at(each.location), each.rule, each.subject) for each in usage.findings}
    return told | {(*_at(each.location), "unresolved", "") for each in usage.unresolved}


def _at(location: SourceLocation) -> tuple[str, int, int]:
    return location.path, location.cell, location.line


def test_the_corpus_of_planted_uses_is_large() -> None:
    assert len(CODE) == 24
    assert len([mark for path in CODE for mark in marks(path)]) >= 79


@pytest.mark.parametrize("path", CODE, ids=lambda path: path.stem)
def test_each_line_says_what_breaks_there_and_no_other_does(path: Path, usage: Usage) -> None:
    assert {each for each in found(usage) if each[0] == path.as_posix()} == set(marks(path))


# What a finding says


def one(code: str, changes: Diff, folder: Path, name: str = "script.py") -> Usage:
    """Read one file with this text."""
    path = folder / name
    path.write_text(code, encoding="utf-8")
    return changes.used_by(path)


@pytest.mark.parametrize(
    ("code", "reason", "instead"),
    [
        (
            'client.call("POST_ObjectDefinition", body={"label": "x"})',
            "POST_ObjectDefinition was renamed to POST_ObjectDefinitions",
            '"POST_ObjectDefinitions"',
        ),
        (
            'client.call("GET_Invoice", invoiceId="1")',
            "the path parameter invoiceId was renamed to invoiceKey",
            "invoiceKey=…",
        ),
        (
            'client.call("PUT_Account", account_key="1", body={})',
            "the query parameter effectiveDate was added and is required",
            "add effectiveDate=…",
        ),
        (
            'client.call("POST_Invoice", body={"accountId": "1"})',
            "body.billingDay was added and is required",
            'add "billingDay": 1',
        ),
        (
            'client.call("GET_Invoices")["invoices"][0]["items"][0]["chargeName"]',
            "reply.invoices.items.chargeName was renamed to chargeLabel",
            '["chargeLabel"]',
        ),
        (
            'client.call("POST_Payment", body={"amount": 1}, draft=True)',
            "POST_Payment no longer has a parameter draft",
            "remove it",
        ),
    ],
    ids=["operation", "path parameter", "new argument", "new field", "reply key", "argument"],
)
def test_a_finding_says_why_and_what_to_write_instead(
    code: str, reason: str, instead: str, changes: Diff, tmp_path: Path
) -> None:
    [finding] = one(code, changes, tmp_path).findings
    assert (finding.reason, finding.instead) == (reason, instead)


def test_a_value_that_is_written_out_is_tried_against_both_documents(changes: Diff, tmp_path: Path) -> None:
    [finding] = one('client.call("GET_Invoices", status="Error")', changes, tmp_path).findings
    assert finding.rule == "value-refused"
    assert finding.instead == "one of 'Draft', 'Posted'"


def service(version: str, parameter: Json | None = None, body: Json | None = None, **schemas: Json) -> Json:
    """A document of one operation, which takes a parameter or a body."""
    operation: dict[str, Any] = {"operationId": "POST_A", "responses": {"200": {"description": ""}}}
    if parameter is not None:
        operation["parameters"] = [parameter]
    if body is not None:
        operation["requestBody"] = {"content": {"application/json": {"schema": body}}}
    return {
        "openapi": "3.0.0",
        "info": {"title": "A", "version": version},
        "paths": {"/a": {"post": operation}},
        "components": {"schemas": schemas},
    }


def query(name: str = "s", required: bool = False, **schema: Any) -> Json:
    return {"name": name, "in": "query", "required": required, "schema": {"type": "string", **schema}}


def fields(**schema: Any) -> Json:
    return {"type": "object", "properties": {"s": {"type": "string", **schema}}}


def listed(**schema: Any) -> Json:
    return {"type": "array", "items": {"type": "string", **schema}}


def told(arguments: str, old: Json, new: Json, folder: Path) -> list[str]:
    """What is said of one call."""
    path = folder / "script.py"
    path.write_text(f"import dynzuora\nclient = dynzuora.Client()\nclient.call('POST_A', {arguments})\n")
    return [each.rule for each in diff(old, new).used_by(path).findings]


REFERRED = {"$ref": "#/components/schemas/A"}


@pytest.mark.parametrize(
    ("written", "place"),
    [
        ("s=g()", lambda version, **limit: service(version, query(**limit))),
        ("s=[g()]", lambda version, **limit: service(version, query(**listed(**limit)))),
        ("s=g()", lambda version, **limit: service(version, query(**listed(**limit)))),
        ("body={'s': g()}", lambda version, **limit: service(version, None, fields(**limit))),
        ("body={'s': g()}", lambda version, **limit: service(version, None, REFERRED, A=fields(**limit))),
        ("body={'s': g()}", lambda version, **limit: service(
            version, None, REFERRED, A={"allOf": [fields(**limit), {"properties": {"t": {}}}]})),
        ("body={'l': [g()]}", lambda version, **limit: service(
            version, None, REFERRED, A={"properties": {"l": listed(**limit)}})),
        ("body={'l': [{'s': g()}]}", lambda version, **limit: service(
            version, None, {"properties": {"l": {"items": fields(**limit)}}})),
        ("body={'s': g()}", lambda version, **limit: service(
            version, None, {"properties": {"s": REFERRED}}, A={"type": "string", **limit})),
    ],
    ids=["argument", "element of an argument", "list argument", "inline field", "field of a component",
         "field in an inline allOf", "element of a list", "field of an element", "field that is a component"],
)  # fmt: skip
@pytest.mark.parametrize(
    ("before", "after"),
    [({"maxLength": 255}, {"maxLength": 100}), ({"enum": ["a", "b"]}, {"enum": ["a"]})],
    ids=["limit", "enum"],
)
def test_a_computed_value_may_be_refused_where_fewer_are_accepted_now(
    written: str, place: Callable[..., Json], before: Json, after: Json, tmp_path: Path
) -> None:
    assert told(written, place("1", **before), place("2", **after), tmp_path) == ["value-may-be-refused"]


def test_a_computed_value_of_several_operations_may_be_refused_in_each(tmp_path: Path) -> None:
    old, new = service("1", None, fields(maxLength=9)), service("2", None, fields(maxLength=4))
    for each in (old, new):
        each["paths"]["/b"] = {"post": {**each["paths"]["/a"]["post"], "operationId": "POST_B"}}
    path = tmp_path / "script.py"
    path.write_text("".join(f"client.call('POST_{each}', body={{'s': g()}})\n" for each in "AB"))
    assert [each.location.line for each in diff(old, new).used_by(path).findings] == [1, 2]


def test_a_computed_value_is_no_worse_off_where_it_is_only_needed_now(tmp_path: Path) -> None:
    old, new = service("1", query()), service("2", query(required=True, maxLength=4))
    assert told("s=g()", old, new, tmp_path) == ["value-may-be-refused"]
    assert told("s=g()", old, service("2", query(required=True, minLength=0)), tmp_path) == []


@pytest.mark.parametrize(
    ("written", "old", "new"),
    [
        ("s=['b']", query(**listed(enum=["a", "b"])), query(**listed(enum=["a"]))),
        ("s='30'", query(type="integer", maximum=40), query(type="integer", maximum=20)),
        ("s=30", query(type="integer", maximum=40), query(type="integer", maximum=20)),
    ],
    ids=["element", "number as text", "number"],
)  # fmt: skip
def test_a_value_is_judged_as_the_client_would_send_it(
    written: str, old: Json, new: Json, tmp_path: Path
) -> None:
    assert told(written, service("1", old), service("2", new), tmp_path) == ["value-refused"]


def test_what_is_written_in_a_list_of_a_body_is_tried(tmp_path: Path) -> None:
    old, new = (
        service(version, None, {"properties": {"l": listed(enum=enum)}})
        for version, enum in (("1", ["a", "b"]), ("2", ["a"]))
    )
    assert told("body={'l': ['b']}", old, new, tmp_path) == ["value-refused"]
    assert told("body={'l': ['a']}", old, new, tmp_path) == []


@pytest.mark.parametrize("written", ["s='b'", "s=g()"])
def test_a_finding_names_the_change_it_comes_from(written: str, tmp_path: Path) -> None:
    comparison = diff(service("1", query(enum=["a", "b"])), service("2", query(enum=["a"])))
    path = tmp_path / "script.py"
    path.write_text(f"client.call('POST_A', {written})")
    [finding], [change] = comparison.used_by(path).findings, comparison.changes
    assert finding.changes == (change.fingerprint,)


def test_what_is_allowed_is_found_in_merged_schemas_too(tmp_path: Path) -> None:
    before, after = fields(enum=["a", "b"]), {"allOf": [fields(enum=["a"]), fields(maxLength=9)]}
    path = tmp_path / "script.py"
    path.write_text("client.call('POST_A', body={'s': 'b'})")
    [finding] = diff(service("1", None, before), service("2", None, after)).used_by(path).findings
    assert finding.instead == "one of 'a'"


def test_reading_ends_where_a_reply_is_a_list_of_itself(tmp_path: Path) -> None:
    old, new = (service(version, A={"type": "array", "items": REFERRED}) for version in "12")
    content = {"application/json": {"schema": REFERRED}}
    for each in (old, new):
        each["paths"]["/a"]["post"]["responses"]["200"]["content"] = content
    path = tmp_path / "script.py"
    path.write_text("client.call('POST_A')[0]['s']")
    assert diff(old, new).used_by(path).findings == ()


def test_names_in_params_are_parameters_even_if_they_are_called_like_an_option(tmp_path: Path) -> None:
    old = service("1", query("timeout"))
    assert told("params={'timeout': '3'}", old, service("2"), tmp_path) == ["argument-removed"]


@pytest.mark.parametrize(
    ("name", "argument"),
    [("class", "class_"), ("1st", "_1st"), ("body", "body_"), ("account-key", "account_key")],
)
def test_an_argument_to_add_is_spelled_as_python_takes_it(name: str, argument: str, tmp_path: Path) -> None:
    path = tmp_path / "script.py"
    path.write_text("client.call('POST_A')")
    [finding] = diff(service("1"), service("2", query(name, required=True))).used_by(path).findings
    assert finding.instead == f"add {argument}=…"


def test_open_questions_of_a_notebook_stand_in_the_order_of_its_cells(tmp_path: Path) -> None:
    cells = [{"cell_type": "code", "source": f"{gap}client.call(g())"} for gap in ("\n\n\n", "")]
    path = tmp_path / "look.ipynb"
    path.write_text(json.dumps({"cells": cells}))
    unresolved = diff(service("1"), service("2")).used_by(path).unresolved
    assert [(each.location.cell, each.location.line) for each in unresolved] == [(1, 4), (2, 1)]


def test_the_page_about_comparing_has_every_finding_with_its_severity() -> None:
    page = HERE.parents[2].joinpath("docs/diff.md").read_text("utf-8").partition("## Which of your lines")[2]
    rows = [line.strip("|").split("|") for line in page.splitlines() if line.startswith("| ")]
    told = {rule: severity.strip() for *_, rules, severity in rows for rule in re.findall("`(.+?)`", rules)}
    assert told == SEVERITY_OF


def test_a_fingerprint_stays_while_lines_move(changes: Diff, tmp_path: Path) -> None:
    code = 'client.call("GET_LegacyReport")'
    [before] = one(code, changes, tmp_path).findings
    [after] = one(f"\n\n{code}", changes, tmp_path).findings
    assert (before.location.line, after.location.line) == (1, 3)
    assert before.fingerprint == after.fingerprint


def test_nothing_breaks_between_a_document_and_itself() -> None:
    old = HERE / "old.json"
    usage = diff(old, old).used_by(HERE / "code")
    assert usage.findings == ()
    assert usage.uses > 50


# What is read


def test_a_place_in_a_notebook_is_a_cell_and_its_line() -> None:
    assert str(SourceLocation("a.py", 3)) == "a.py:3"
    assert str(SourceLocation("a.ipynb", 3, cell=2)) == "a.ipynb:cell 2 line 3"


@pytest.mark.parametrize(
    ("cell", "python"),
    [
        ("%matplotlib inline\nx = 1", "pass\nx = 1"),
        ("!pip list", "pass"),
        ("files = !ls", "files = None"),
        ("%time call()", "call()"),
        ("x = %timeit -n 3 call()", "x = call()"),
        ("%%time\ncall()", "\ncall()"),
        ("%%bash\nls\nls", "\n\n"),
        ("client.call?", "pass"),
        ("if x:\n    %who", "if x:\n    pass"),
    ],
)
def test_what_only_ipython_understands_is_taken_out_of_a_cell(cell: str, python: str) -> None:
    assert sources.without_magics(cell) == python


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("broken.py", "def f(:\n"),
        ("broken.ipynb", "{"),
        ("other.ipynb", '{"cells": 3}'),
        ("null.py", "x = 1\0"),
    ],
)
def test_a_file_that_cannot_be_read_is_listed_and_stops_nothing(
    name: str, content: str, changes: Diff, tmp_path: Path
) -> None:
    [unresolved] = one(content, changes, tmp_path, name).unresolved
    assert unresolved.location.path == (tmp_path / name).as_posix()
    assert "cannot be read as" in unresolved.why


def test_a_path_that_is_not_there_or_of_no_known_kind_is_an_error(changes: Diff, tmp_path: Path) -> None:
    with pytest.raises(DynzuoraError, match="There is no file"):
        changes.used_by(tmp_path / "none.py")
    with pytest.raises(DynzuoraError, match="cannot be searched for uses"):
        one("", changes, tmp_path, "notes.txt")


def test_a_folder_is_searched_but_not_what_is_hidden_or_installed(changes: Diff, tmp_path: Path) -> None:
    for folder in (".venv/lib", "lib/site-packages", "jobs"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "a.py").write_text('client.call("GET_LegacyReport")')
    assert [each.location.path for each in changes.used_by(tmp_path).findings] == [
        (tmp_path / "jobs/a.py").as_posix()
    ]


@pytest.mark.parametrize(
    "code",
    [
        "def f(): return f()\nf()",
        "def f(x): return [f(y) for y in x]\nf([1, 2])",
        "x = []\nx.append(x)\nclient.call('GET_Payments', params={'page': x})",
        "while True: x = {'a': x}",
        "for a in range(9):\n  for b in range(9):\n    client.call('GET_Payments')",
        "x = " + "+".join(["1"] * 500),
    ],
    ids=["recursion", "deep recursion", "a list in itself", "a growing table", "nested loops", "deep"],
)
def test_reading_ends_whatever_the_code(code: str, changes: Diff, tmp_path: Path) -> None:
    assert one(code, changes, tmp_path).findings == ()


# The log of a client


def test_a_log_of_names_tells_what_breaks_in_code_that_cannot_be_read(changes: Diff, tmp_path: Path) -> None:
    log = tmp_path / "usage.jsonl"
    for _ in range(2):
        usage_log.append(log, "GET_Invoices", ["dueBefore"], None)
        usage_log.append(log, "POST_Invoice", [], {"accountId": "1", "items": [{"chargeName": "x"}]})
    usage = changes.used_by(log)
    assert [(each.location.line, each.rule, each.subject) for each in usage.findings] == [
        (1, "argument-renamed", "argument dueBefore"),
        (2, "field-renamed", "body.items.chargeName"),
        (2, "field-required", "body.billingDay"),
    ]


def test_a_line_that_is_no_record_is_listed(changes: Diff, tmp_path: Path) -> None:
    usage = one('{"operation": "GET_Nothing"}\nnot JSON\n', changes, tmp_path, "usage.jsonl")
    assert [(each.location.line, each.why) for each in usage.unresolved] == [
        (1, "names an operation that neither document has"),
        (2, "is not a line of a usage log"),
    ]


# The ways people write it

GONE = ["operation-removed"]
DUE = ["reply-key-removed"]
SILENT: list[str] = []
LOOK = ["unresolved"]


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("op = client.ops.GET_LegacyReport; op()", GONE),
        ("for op in [client.ops.GET_LegacyReport, client.ops.GET_Payments]: op()", GONE),
        ("ops = {'a': client.ops.GET_LegacyReport}; ops['a']()", GONE),
        ("noun = 'LegacyReport'; client.call(f'GET_{noun}')", GONE),
        ("for noun in ('Payments', 'LegacyReport'): client.call('GET_' + noun)", GONE),
        ("client.call('get-legacy-report')", GONE),
        ("client.call(*['GET_LegacyReport'])", GONE),
        ("pool.submit(client.call, 'GET_LegacyReport')", GONE),
        ("list(pool.map(client.call, ['GET_Payments', 'GET_LegacyReport']))", GONE),
        ("from functools import partial\npartial(client.call, 'GET_LegacyReport')()", GONE),
        ("getattr(client, 'call')('GET_LegacyReport')", GONE),
        ("for _, op in zip([1], ['GET_LegacyReport']): client.call(op)", GONE),
        ("client.call(next(iter(['GET_LegacyReport'])))", GONE),
        ("fetchers = dict(invoices=client.call)", SILENT),
        ("client.call('GET_Invoices', **copy.copy({'status': 'Error'}))", ["value-refused"]),
        ("try:\n    op = 'GET_LegacyReport'\nexcept E:\n    op = 'GET_Payments'\nclient.call(op)", GONE),
        ("match x:\n  case 1: op = 'GET_LegacyReport'\n  case _: op = 'GET_Payments'\nclient.call(op)", GONE),
        ("class A:\n  op = 'GET_LegacyReport'\nclass B(A):\n  def f(self): self.client.call(self.op)", GONE),
        ("class A:\n  @property\n  def z(self): return Client()\n  def f(self): self.z.call(X)", LOOK),
        ("def f(z: 'dynzuora.Client'): z.call(op_of())", LOOK),
        ("async def f(): return client.call('GET_LegacyReport')", GONE),
        ("def outer():\n  def inner(op): return client.call(op)\n  return inner('GET_LegacyReport')", GONE),
        ("run = lambda op: client.call(op)\nrun('GET_LegacyReport')", GONE),
        ("with_args = dict(status='Error'); client.call('GET_Invoices', **with_args)", ["value-refused"]),
        ("p = {}; p['status'] = 'Error'; client.call('GET_Invoices', params=p)", ["value-refused"]),
        ("reply = client.call('GET_Invoices')\nfor i, r in enumerate(reply['invoices']): r['dueDate']", DUE),
        ("list(map(lambda r: r['dueDate'], client.call('GET_Invoices')['invoices']))", DUE),
        ("sorted(client.items('GET_Invoices'), key=operator.itemgetter('dueDate'))", DUE),
        ("pd.DataFrame(client.call('GET_Invoices')['invoices'])[['id', 'dueDate']]", DUE),
        ("client.items('GET_Invoices').to_df().dueDate.max()", DUE),
        ("client.items('GET_Invoices', limit=3).to_df().sort_values('dueDate')", DUE),
        ("{r['id']: r['dueDate'] for r in client.items('GET_Invoices')}", DUE),
        ("f\"{client.call('GET_Invoice', invoiceKey='1')['dueDate']:>20} {x}\"", DUE),
        ("reply = client.call('GET_Invoices')\nreply.get('invoices', [])[0].get('dueDate')", DUE),
        ("reply = client.call('GET_Invoices')\nprint(reply.meta, reply['success'])", SILENT),
        ("b = {'accountId': 1, 'billingDay': 1, 'autoPay': 1}; del b['autoPay']\n"
         "client.call('POST_Invoice', body=b)", SILENT),
        ("b = {'accountId': '1', 'autoPay': True}; b |= {'billingDay': 3}\n"
         "client.call('POST_Invoice', body=b)", ["field-removed"]),
        ("b = client.template('POST_Invoice'); b['autoPay'] = True\n"
         "client.call('POST_Invoice', body=b)", LOOK),
        ("client.call('POST_Invoice', body=json.load(file))", LOOK),
        ("client.call('POST_Payment', body=json.load(file))", SILENT),
        ("client.call('POST_Payment', body={'amount': amount(), 'currency': find()})", SILENT),
        ("client.call('GET_Payments')[key()]", SILENT),
        ("client.call('GET_Invoices')[key()]", LOOK),
        ("client.call('GET_Reports')", SILENT),
        ("client.call('GET_Nonsense')", LOOK),
        ("import dynzuora, dynzuora.errors\ndynzuora.Client().call('GET_Nonsense')", LOOK),
        ("import dynzuora.errors as errors\nerrors.Client().call('GET_Nonsense')", SILENT),
        ("{'items': 1}.items(); settings.items('x'); phone.call('GET_Nonsense')", SILENT),
    ],
)  # fmt: skip
def test_many_ways_of_writing_it_are_understood(
    code: str, told: list[str], changes: Diff, tmp_path: Path
) -> None:
    usage = one(f"from dynzuora import Client\nclient = Client()\n{code}\n", changes, tmp_path)
    assert [each.rule for each in usage.findings] + ["unresolved"] * len(usage.unresolved) == told


def test_constants_of_a_module_beside_the_script_are_known(changes: Diff, tmp_path: Path) -> None:
    (tmp_path / "names.py").write_text("REPORT = 'GET_LegacyReport'\ndef f(): pass\n")
    code = "import names\nfrom names import REPORT\nclient.call(REPORT)\nclient.call(names.REPORT)\n"
    assert [each.location.line for each in one(code, changes, tmp_path).findings] == [3, 4]


# The names that a client takes


@pytest.mark.parametrize(
    ("name", "operation"),
    [
        ("list_sequence_sets", "GET_SequenceSets"),
        ("g_et_sequence_sets", "GET_SequenceSets"),
        ("GET /v1/sequence-sets", "GET_SequenceSets"),
        ("ApplyPayment", "PUT_ApplyPayment"),
    ],
)
def test_every_name_that_a_call_takes_is_known(name: str, operation: str, tmp_path: Path) -> None:
    usage = one(f"client.call({name!r})", diff("2020-12-10", "2021-08-20"), tmp_path)
    assert (usage.operations, usage.unresolved) == ((operation,), ())


def test_a_name_is_unresolved_only_if_neither_document_knows_it(tmp_path: Path) -> None:
    changes = diff("2020-12-10", "2021-08-20")
    code = "from dynzuora import Client\nclient = Client()\n"
    code += "".join(f"client.call({name!r})\n" for name in ("list_sequence_sets", "make_tea"))
    [unresolved] = one(code, changes, tmp_path).unresolved
    assert unresolved.why == "names an operation that neither document has"
    assert unresolved.code == "client.call('make_tea')"


def renamed_operation(tmp_path: Path, code: str) -> list[tuple[str, str]]:
    """What is found in code when POST_A is renamed to postA."""
    old, new = service("1"), service("2")
    new["paths"]["/a"]["post"]["operationId"] = "postA"
    return [(each.reason, each.instead) for each in one(code, diff(old, new), tmp_path).findings]


def test_a_name_that_leads_to_the_renamed_operation_does_not_break(tmp_path: Path) -> None:
    assert renamed_operation(tmp_path, "client.call('POST_A'); client.call('POST /a')") == []


def test_an_attribute_breaks_by_a_change_of_its_spelling(tmp_path: Path) -> None:
    assert renamed_operation(tmp_path, "client.ops.POST_A()") == [("POST_A was renamed to postA", '"postA"')]


def test_a_name_that_no_longer_leads_to_its_operation_breaks(tmp_path: Path) -> None:
    old, new = service("1"), service("2")
    new["paths"]["/b"] = {"put": {"operationId": "PATCH_A", "responses": {}}}
    new["paths"]["/c"] = {"post": {"operationId": "create_A", "responses": {}}}
    findings = one("client.call('create_a')", diff(old, new), tmp_path).findings
    assert [(each.rule, each.reason) for each in findings] == [
        ("operation-renamed", "create_a no longer stands for POST_A")
    ]


def test_a_file_that_is_nested_too_deeply_does_not_end_the_report(changes: Diff, tmp_path: Path) -> None:
    (tmp_path / "deep.py").write_text("x = " + "+".join(["1"] * 50_000))
    (tmp_path / "other.py").write_text("client.call('GET_LegacyReport')")
    usage = changes.used_by(tmp_path)
    assert [each.location.path for each in usage.findings] == [(tmp_path / "other.py").as_posix()]
    assert [each.location.path for each in usage.unresolved] == [(tmp_path / "deep.py").as_posix()]


def test_an_id_that_names_another_operation_now_is_a_finding(tmp_path: Path) -> None:
    old = {"openapi": "3.0.0", "info": {"title": "T", "version": "1"}, "paths": {}}
    new = json.loads(json.dumps(old))
    fine = {"200": {"description": "ok"}}
    for document, ids in ((old, ("one", "two")), (new, ("two", "three"))):
        for path, id in zip(("/first", "/second"), ids, strict=True):
            document["paths"][path] = {"get": {"operationId": id, "responses": fine}}
    code = 'from dynzuora import Client\nClient().call("two")\nClient().call("GET /second")\n'
    (tmp_path / "code.py").write_text(code, "utf-8")
    [finding] = diff(old, new).used_by(tmp_path / "code.py").findings
    assert (finding.location.line, finding.rule, finding.instead) == (2, "operation-renamed", '"three"')


@pytest.mark.parametrize(
    "request_text",
    [
        'get(string.Template("$base/v1/accounts/$key").substitute(base=BASE, key="A1"))',
        'get(Template("/v1/accounts/${key}").safe_substitute({"key": "A1"}))',
        'get(Template("{$key}$$/v1/accounts/1").substitute(key=BASE))',
        'request(method, f"{BASE}/v1/accounts/1")',
    ],
)
def test_a_url_from_a_template_is_that_of_its_operation(request_text: str, tmp_path: Path) -> None:
    code = f'BASE = "https://rest.zuora.com"\nmethod = "GET"\nrequests.{request_text}\n'
    assert one(code, diff("2020-12-10", "2021-08-20"), tmp_path).operations == ("GET_Account",)


def test_a_method_that_is_looked_up_by_its_name_sends_a_request(tmp_path: Path) -> None:
    code = """
class Billing:
    def go(self, method, path):
        return getattr(requests, method.lower())(self.base + "/v1" + path)
    def account(self, key):
        return self.go("GET", f"/accounts/{key}")
"""
    assert one(code, diff("2020-12-10", "2021-08-20"), tmp_path).operations == ("GET_Account",)


@pytest.mark.parametrize(
    "code",
    [
        "async def main(n):\n    async with AsyncClient() as c:\n        await c.call(n)",
        "async def main(n):\n    c = AsyncClient.of(made())\n    await c.call(n)",
        "async def main(c: AsyncClient, n):\n    await c.call(n)",
    ],
    ids=["made", "of", "annotation"],
)
def test_a_computed_id_given_to_the_asynchronous_client_is_unresolved(
    code: str, changes: Diff, tmp_path: Path
) -> None:
    usage = one(f"from dynzuora import AsyncClient\n{code}", changes, tmp_path)
    assert [entry.location.line for entry in usage.unresolved] == [1 + len(code.splitlines())]
