"""At home in IPython: Tab and ``?`` through a real kernel, and how public objects show themselves."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

import dynzuora
from dynzuora import errors
from dynzuora.editors.jupyter import Cursor, complete, locate

pytest.importorskip("ipykernel")
manager = pytest.importorskip("jupyter_client.manager")

SETS = ["GET_SequenceSets", "POST_SequenceSets", "GET_SequenceSet", "PUT_SequenceSet", "DELETE_SequenceSet"]
OPTIONS = [
    *("params", "timeout", "validate", "dry_run", "idempotency_key", "track_id", "zuora_version", "entity"),
    "headers",
]


class Kernel:
    """A running IPython kernel with a client of the sandbox in it."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.run("import dynzuora\nclient = dynzuora.Client.sandbox()\nclient.ops")

    def run(self, code: str) -> dict[str, str]:
        """Run a cell and return what its last line shows, by media type."""
        shown: dict[str, str] = {}

        def hear(message: Any) -> None:
            if message["msg_type"] == "execute_result":
                shown.update(message["content"]["data"])

        reply = self._client.execute_interactive(code, output_hook=hear, timeout=60)["content"]
        assert reply["status"] == "ok", "\n".join(reply["traceback"])
        return shown

    def failure(self, code: str) -> list[str]:
        """Run a cell that fails and return the lines of what it shows, without colours."""
        reply = self._client.execute_interactive(code, output_hook=lambda message: None, timeout=60)[
            "content"
        ]
        return re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(reply["traceback"])).splitlines()

    def tab(self, code: str) -> list[tuple[str, str]]:
        """What Tab at the end of a cell would make of the text it replaces, and the badge beside it."""
        self._client.complete(code, len(code))
        reply = self._client.get_shell_msg(timeout=60)["content"]
        found = reply["metadata"].get("_jupyter_types_experimental", [])
        return [(code[each["start"] : each["end"]] + " → " + each["text"], each["type"]) for each in found]

    def inspect(self, name: str) -> str:
        """What ``name?`` shows."""
        self._client.inspect(name, len(name))
        text = self._client.get_shell_msg(timeout=60)["content"]["data"]["text/plain"]
        return re.sub(r"\x1b\[[0-9;]*m", "", text)


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    environment = os.environ | {
        "IPYTHONDIR": str(tmp_path_factory.mktemp("ipython")),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }
    running, client = manager.start_new_kernel(
        kernel_name="python3", env=environment, stderr=subprocess.DEVNULL
    )
    try:
        yield Kernel(client)
    finally:
        client.stop_channels()
        running.shutdown_kernel(now=True)
        running.cleanup_resources()


@pytest.fixture(params=[True, False], ids=["jedi", "no jedi"])
def either(kernel: Kernel, request: pytest.FixtureRequest) -> Kernel:
    kernel.run(f"get_ipython().Completer.use_jedi = {request.param}")
    return kernel


# Tab


@pytest.mark.parametrize(
    ("code", "found"),
    [
        (
            'client.call("GET_Sequ',
            [("GET_Sequ → GET_SequenceSets", "GET"), ("GET_Sequ → GET_SequenceSet", "GET")],
        ),
        ('client.items("POST_SequenceS', [("POST_SequenceS → POST_SequenceSets", "POST")]),
        ('client["DELETE_SequenceS', [("DELETE_SequenceS → DELETE_SequenceSet", "DELETE")]),
        (
            'client.call("GET /v1/sequence-sets/',
            [("GET /v1/sequence-sets/ → GET /v1/sequence-sets/{id}", "GET")],
        ),
        ('client.call("GET_Account", acc', [("acc → account_key=", "param")]),
        (
            'x = [1,\n  2]\nclient.call(\n    "GET_SequenceSets",\n    pageSize=(1 + 1),\n    na',
            [("na → name=", "param")],
        ),
        ('client["GET_Account"](acc', [("acc → account_key=", "param")]),
        ('client.template("POST_Account", ', [(" → required_only=", "option")]),
        ('client.operations["DELETE_SequenceS', [("DELETE_SequenceS → DELETE_SequenceSet", "DELETE")]),
        (
            'client.document.operations["PUT_SequenceS',
            [("PUT_SequenceS → PUT_SequenceSet", "PUT")],
        ),
    ],
    ids=[
        *("id", "of a list", "item", "path", "argument", "several lines", "bound", "template"),
        *("operations", "document"),
    ],
)
def test_tab_completes_inside_a_call(either: Kernel, code: str, found: list[tuple[str, str]]) -> None:
    shown = either.tab(code)
    if code.endswith("/"):
        shown = [each for each in shown if each[0].endswith("{id}")]
    assert shown == found


def test_tab_offers_what_the_word_names_before_what_only_has_it(kernel: Kernel) -> None:
    offered = [text.rpartition(" ")[2] for text, _ in kernel.tab('client.call("account')]
    assert offered[:3] == ["POST_Account", "GET_Account", "PUT_Account"]


def test_tab_completes_operations_as_attributes(either: Kernel) -> None:
    found = [text.rpartition(".")[2].rpartition(" ")[2] for text, _ in either.tab("client.ops.GET_Sequ")]
    assert found == ["GET_SequenceSets", "GET_SequenceSet"]
    assert "GET_SequenceSets" in str(either.tab("client.ops.by_tag.sequence_sets.GET"))
    assert "name=" in str(either.tab("client.ops.GET_SequenceSets(na"))
    assert "search" in str(either.tab("client.sea"))


def test_what_is_no_client_is_left_to_ipython(either: Kernel) -> None:
    either.run("import subprocess")
    assert "GET_" not in str(either.tab('subprocess.call("GET_Sequ'))


def test_the_first_client_and_the_extension_register_one_completer(kernel: Kernel) -> None:
    count = (
        "sum(getattr(each, 'matcher_identifier', '') == 'dynzuora'"
        " for each in get_ipython().Completer.custom_matchers)"
    )
    assert kernel.run(count)["text/plain"] == "1"
    kernel.run("dynzuora.Client.sandbox()\n%load_ext dynzuora")
    assert kernel.run(count)["text/plain"] == "1"
    assert kernel.run(f"%unload_ext dynzuora\n{count}")["text/plain"] == "0"
    assert kernel.run(f"%load_ext dynzuora\n{count}")["text/plain"] == "1"


def test_a_cell_awaits_the_asynchronous_client(kernel: Kernel) -> None:
    kernel.run("awaited = dynzuora.AsyncClient.sandbox()")
    shown = kernel.run("[row['name'] async for row in awaited.items('GET_SequenceSets')]")
    assert shown["text/plain"] == "['DEFAULT', 'FR']"


def test_outside_of_ipython_nothing_of_it_is_loaded() -> None:
    code = (
        "import sys, dynzuora; dynzuora.Client.sandbox();"
        " print([each for each in ('IPython', 'dynzuora.editors.jupyter') if each in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"


@pytest.fixture(scope="module")
def names() -> dict[str, Any]:
    client = dynzuora.Client.sandbox()
    return {"client": client, "holder": type("Holder", (), {})(), "bound": client["GET_Account"]}


@pytest.mark.parametrize(
    ("text", "fragment", "found"),
    [
        ('client.call("sequenceset', "sequenceset", SETS),
        ('holder.call("GET_SequenceS', "GET_SequenceS", []),
        ('self.client.call("POST_SequenceS', "POST_SequenceS", ["POST_SequenceSets"]),
        ('Client.sandbox().call("POST_SequenceS', "POST_SequenceS", ["POST_SequenceSets"]),
        ('unknown.call("POST_SequenceS', "POST_SequenceS", []),
        ("!it's\nclient.call('POST_SequenceS", "POST_SequenceS", ["POST_SequenceSets"]),
        ("# client.call(\"POST_SequenceS", "", []),
        ("client.call('Nope', ", "", []),
        ("client.call('GET_Account', account_key=", "", []),
        ("client.call('GET_Account', account_key='1', ", "", [f"{each}=" for each in OPTIONS]),
        ("bound(account_key='1', para", "para", ["params="]),
        ("client.map('GET_Account', w", "w", ["workers="]),
        ("client.call('GET_CreditMemos', status='Po", "Po", ["Posted"]),
        ("client.call('POST_Account', body={'billT", "billT", ["billToContact"]),
        ("client.call('POST_Account', body={'name': 'A', 'autoP", "autoP", ["autoPay"]),
        ("client.call('POST_Account', body={'name': 'autoP", "autoP", []),
        ("client.call('POST_Account', params={'autoP", "autoP", []),
        (
            "client.call('GET_SequenceSets', x=f(g(1), pageSize=[3]), page",
            "page",
            ["pageSize=", "page="],
        ),
        ("client.call('GET_SequenceSets', x='a, pageSize=3', page", "page", ["pageSize=", "page="]),
    ],
    ids=[
        "inside an id", "no client", "attribute not known yet", "made on the spot", "a name like any other",
        "after a shell line", "comment", "no such operation", "value", "given already", "bound", "map",
        "choice", "field", "next field", "value of a field", "no body", "given to somebody else",
        "only told of",
    ],
)  # fmt: skip
def test_what_is_offered(names: dict[str, Any], text: str, fragment: str, found: list[str]) -> None:
    offered = complete(text, names)
    assert (offered[0], [each.text for each in offered[1]]) == (fragment, found)


def test_the_place_of_the_cursor_is_found_behind_texts_and_brackets() -> None:
    assert locate('a("(", """\n"""); b(c["x"], \'d') == Cursor('a("(", """\n"""); b', "(", "c[], ", "d")


# ?


def test_a_question_mark_shows_signature_summary_parameters_and_an_example(kernel: Kernel) -> None:
    text = re.sub(r"File: .*\n", "", kernel.inspect("client.ops.GET_Account"))
    assert [each.rstrip() for each in text.splitlines()] == [
        "Signature:   client.ops.GET_Account(*, account_key: str)",
        "Type:        BoundOperation",
        "String form: <Operation GET_Account: GET /v1/accounts/{account-key} on sandbox>",
        "Docstring:",
        "Get account",
        "",
        "GET /v1/accounts/{account-key}  (Accounts)",
        "",
        "Parameters:",
        "    account_key  str, required (path)",
        "",
        "Reply: application/json: GETAccountType",
        "    basicInfo          GETAccountTypeBasicInfo",
        "    billToContact      GETAccountTypeBillToContact",
        "    billingAndPayment  object",
        "    metrics            object",
        "    soldToContact      GETAccountTypeSoldToContact",
        "    success            boolean",
        "    taxInfo            object",
        "",
        "Example:",
        '    client.call("GET_Account", account_key="…")',
    ]


def test_the_documentation_names_the_first_fields_of_a_body() -> None:
    text = dynzuora.operations["POST_Account"].__doc__ or ""
    assert text.partition("Body: ")[2].splitlines()[:10] == [
        "application/json, required",
        "    billToContact             POSTAccountTypeBillToContact, required",
        "    currency                  string, required",
        "    name                      string, required",
        "    accountNumber             string",
        "    additionalEmailAddresses  array of string",
        "    applicationOrder          array of string",
        "    applyCredit               boolean",
        "    applyCreditBalance        boolean",
        "    … and 40 more",
    ]


def test_the_documentation_says_that_a_body_may_be_left_out() -> None:
    text = dynzuora.operations["PUT_SequenceSet"].__doc__ or ""
    assert "Body: application/json, optional\n" in text
    assert "body=client.template(" in text
    assert "(optional)</summary>" in dynzuora.operations["PUT_SequenceSet"]._repr_html_()


def test_the_example_of_every_operation_is_python() -> None:
    for operation in dynzuora.operations.values():
        compile(operation.example_call(), operation.id, "eval")


# A failure


ABOUT = [
    "NotFound                                  Traceback (most recent call last)",
    "----> 1 client.call('GET_Account', account_key='none')",
]


def test_a_failure_shows_the_callers_lines_and_the_message(kernel: Kernel) -> None:
    lines = kernel.failure("client.call('GET_Account', account_key='none')")
    assert [each for each in lines if each in ABOUT] == ABOUT
    assert [each for each in lines if each.startswith("File ")] == []
    assert lines[-1].startswith(
        "NotFound: GET_Account failed: HTTP 404, not found: There is no account 'none'"
    )


def test_how_the_package_came_to_a_failure_is_shown_on_request(kernel: Kernel) -> None:
    kernel.run("%xmode Verbose")
    lines = kernel.failure("client.call('GET_Account', account_key='none')")
    kernel.run("%xmode Context")
    assert any("in Client.call(" in each for each in lines if each.startswith("File "))


# What public objects show


def html_of(shown: Any) -> str:
    """What an object shows, without the alignment of its cells."""
    html: str = shown if isinstance(shown, str) else shown._repr_html_()
    return html.replace(' style="text-align:left"', "")


NEWER = '2026-05-01 is newer: <code>spec="latest"</code>'

CLIENT = f"""\
<h4>sandbox</h4>
<table>
<tbody>
<tr><th>environment</th><td>in-process sandbox <code>https://sandbox.invalid</code></td></tr>
<tr><th>writes</th><td>allowed</td></tr>
<tr><th>entity</th><td><code>5e0a1c2b3d4f46578a9b0c1d2e3f4051</code></td></tr>
<tr><th>document</th><td>API Reference: Billing 2020-12-10; {NEWER}</td></tr>
<tr><th>operations</th><td>411 in 84 tags</td></tr>
</tbody>
</table>
<p>Go on with <code>client.search("cancel subscription")</code>, <code>client.ops.by_tag</code> \
or <code>client.call("GET_…")</code> and Tab.</p>"""


def test_a_client_shows_where_its_calls_go(kernel: Kernel) -> None:
    shown = kernel.run("client")
    assert shown | {"text/html": html_of(shown["text/html"])} == {
        "text/html": CLIENT,
        "text/plain": "<Client sandbox (in-process sandbox), 2020-12-10 "
        '(2026-05-01 is newer: spec="latest"), 411 operations, writes allowed>',
    }


def test_a_client_of_production_says_so_first() -> None:
    html = html_of(dynzuora.Client(environment="PROD", token="secret", allow_writes=True))
    assert html.startswith(
        '<h4><span style="background:#b00020;color:#fff;padding:0 .4em">PRODUCTION</span>'
        " &middot; PROD</h4>\n"
        "<p><b>Calls reach a live tenant and may move money.</b></p>"
    )
    assert "secret" not in html


def test_an_error_of_several_problems_shows_them_as_a_table() -> None:
    problems = [
        errors.Problem("nmae", "is unknown.", nearest="name"),
        errors.Problem("body.<x>", "is required."),
    ]
    assert html_of(errors.InvalidRequest.of("POST_X", problems, errors.Advice("template", ("<b>",)))) == (
        "<h4>InvalidRequest</h4>\n"
        "<p>POST_X: 2 problems, nothing was sent</p>\n"
        "<table>\n"
        "<thead><tr><th>where</th><th>what</th></tr></thead>\n"
        "<tbody>\n"
        "<tr><td>nmae</td><td>is unknown. Did you mean name?</td></tr>\n"
        "<tr><td>body.&lt;x&gt;</td><td>is required.</td></tr>\n"
        "</tbody>\n"
        "</table>\n"
        "\n"
        "<p>See client.template(&#34;&lt;b&gt;&#34;).</p>\n"
        "<details><summary>details</summary>\n"
        "<table>\n"
        "<tbody>\n"
        "<tr><th>operation id</th><td>POST_X</td></tr>\n"
        "</tbody>\n"
        "</table>\n"
        "</details>\n"
    )


def test_a_cell_of_sql_shows_a_frame_and_keeps_it(kernel: Kernel) -> None:
    pytest.importorskip("pandas")
    kernel.run("currency = 'EUR'")
    shown = kernel.run("%%zuora -o euros\nselect name from account\nwhere currency = :currency")
    assert "Blue Heron Bakery GmbH" in shown["text/html"]
    assert kernel.run("euros['name'].to_list()")["text/plain"] == "['Blue Heron Bakery GmbH']"


def test_what_comes_in_pieces_shows_how_far_it_is() -> None:
    client = dynzuora.Client.sandbox()
    items = client.items("GET_SequenceSets")
    assert html_of(items) == (
        "<h4>Items of GET_SequenceSets</h4>\n"
        "<p>nothing read yet</p>\n"
        "<p>Read them with <code>.first()</code>, <code>.to_list()</code>, <code>.to_df()</code>, "
        "<code>.to_parquet(path)</code> or <code>for row in …:</code></p>\n"
    )
    items.to_list()
    assert html_of(items) == "<h4>Items of GET_SequenceSets</h4>\n<p>2 rows, all read</p>\n"
    results = client.map("GET_Account", [{"account_key": "<b>"}])
    assert "<p>Take the results with <code>for result in …:</code></p>" in html_of(results)
    [result] = results
    assert html_of(results) == "<h4>Map of GET_Account</h4>\n<p>1 calls done, 1 of them failed</p>\n"
    assert "<p>failed</p>" in html_of(result)
    assert "{account_key: &lt;b&gt;}" in html_of(result)


def test_rows_of_files_show_that_nothing_is_fetched_yet() -> None:
    rows = dynzuora.Client.sandbox().items("GET_ChargeMetrics", **SINCE, limit=1000)
    assert repr(rows) == (
        "<FileRows of 1 file, the first 1,000 rows; read them with .first(), .to_list(), .to_df() or for>"
    )
    assert html_of(rows) == (
        "<h4>Rows of files</h4>\n"
        "<p>1 file, the first 1,000 rows, downloaded when read</p>\n"
        "<p>Read them with <code>.first()</code>, <code>.to_list()</code>, <code>.to_df()</code> "
        "or <code>for row in …:</code></p>\n"
    )


SINCE = {"fromTimestamp": "2026-01-01T00:00:00Z", "toTimestamp": "2026-01-02T00:00:00Z"}


def test_the_warnings_of_a_document_show_themselves_by_rule() -> None:
    warnings = dynzuora.load("2020-12-10").warnings
    first, *rest = repr(warnings).split("\n\n")
    assert first == f"{len(warnings)} things repaired or left out; each has .rule, .pointer and .message"
    assert sum(int(each.splitlines()[0].partition(": ")[2]) for each in rest) == len(warnings)
    html = html_of(warnings)
    assert html.startswith(f"<p>{len(warnings)} things repaired")
    assert html.count("<tr>") == len(rest) + 1
    assert repr(type(warnings)()) == "0 things repaired or left out"


def test_a_parameter_shows_its_name_type_and_place() -> None:
    [shown] = dynzuora.operations["GET_Account"].parameters
    assert repr(shown) == "Parameter(account_key: str, path parameter 'account-key')"


def test_a_job_shows_its_state() -> None:
    client = dynzuora.Client.sandbox()
    job = client.submit("POST_BillingPreviewRun", body=client.template("POST_BillingPreviewRun"))
    assert html_of(job).startswith(f"<h4>billing preview run {job.id}</h4>\n<p>started</p>")
    assert "<p>Completed</p>" in job.wait()._repr_html_()


def test_a_request_shows_what_would_be_sent() -> None:
    html = dynzuora.operations["GET_SequenceSets"].prepare(page_size=2)._repr_html_()
    assert html.startswith(
        "<h4>GET /v1/sequence-sets?pageSize=2</h4>\n<p>GET_SequenceSets: checked, not sent</p>"
    )
    assert "curl --request GET" in html


def test_the_operations_of_a_client_show_themselves_by_tag() -> None:
    ops = dynzuora.Client.sandbox().ops
    assert html_of(ops).startswith("<p>411 operations; .by_tag groups them</p>")
    assert "<td>charge_metrics</td><td>2</td>" in html_of(ops.by_tag)
    assert "<td>GET_SequenceSets</td>" in html_of(ops.by_tag.sequence_sets)


EVIL = "<img src=x onerror=alert(1)>"


def test_the_text_of_a_hostile_document_stays_text() -> None:
    document = {
        "openapi": "3.0.3",
        "info": {"title": EVIL, "version": EVIL},
        "tags": [{"name": EVIL}],
        "paths": {
            "/x": {
                "post": {
                    "operationId": "POST_X",
                    "summary": EVIL,
                    "description": EVIL,
                    "tags": [EVIL],
                    "parameters": [
                        {"name": EVIL, "in": "query", "description": EVIL, "schema": {"enum": [EVIL]}}
                    ],
                    "requestBody": {
                        "content": {"application/json": {"schema": {"properties": {EVIL: {"pattern": EVIL}}}}}
                    },
                    "responses": {"200": {"description": EVIL}},
                }
            }
        },
    }
    client = dynzuora.Client(document, "https://localhost", token="x")
    shown = [client, client.document, client.operations, client.ops, client["POST_X"]]
    pages = [html_of(each) for each in shown]
    assert all("&lt;img" in page for page in pages)
    assert [page for page in pages if "<img" in page] == []


def test_a_reply_of_many_fields_is_cut_and_says_so() -> None:
    client = dynzuora.Client.sandbox()
    reply = client.call("GET_SequenceSets")
    reply.update({f"field{number}": "x" * 500 for number in range(1000)})
    assert "more fields, not shown" in html_of(reply)
    assert len(html_of(reply)) < 50_000
