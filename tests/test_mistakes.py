"""Typical mistakes: each message says what, where and how to fix, and these are the messages, whole."""

from __future__ import annotations

import copy
import inspect
import pickle
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import dynzuora
from dynzuora.errors import (
    DynzuoraError,
    InvalidRequest,
    Problem,
    RequestWarning,
    SpecError,
    UnknownOperation,
)
from dynzuora.shell import shell
from dynzuora.shell.wording import SHELL_WORDS

NUMBER = {"prefix": "DE-", "startNumber": 1}
SET = {"name": "DE", "invoice": NUMBER, "creditMemo": NUMBER, "debitMemo": NUMBER}


def call(operation: str, body: Any = None, **parameters: Any) -> Callable[[dynzuora.Client], Any]:
    return lambda client: client.call(operation, body=body, **parameters)


@pytest.mark.parametrize(
    ("mistake", "error", "message"),
    [
        pytest.param(
            call("GET_SequenceSetz"),
            UnknownOperation,
            "No operation 'GET_SequenceSetz' in API Reference: Billing 2020-12-10. Did you mean "
            "GET_SequenceSet (GET /v1/sequence-sets/{id}), GET_SequenceSets (GET /v1/sequence-sets), "
            "PUT_SequenceSet (PUT /v1/sequence-sets/{id})?",
            id="wrong id",
        ),
        pytest.param(
            call("GET_SequenceSets", pageSzie=2),
            InvalidRequest,
            "GET_SequenceSets: pageSzie: unknown parameter. This operation takes pageSize, page, name. "
            "Did you mean pageSize?",
            id="wrong name",
        ),
        pytest.param(
            call("GET_SequenceSets", timout=2),
            InvalidRequest,
            "GET_SequenceSets: timout: unknown parameter. This operation takes pageSize, page, name. "
            "Did you mean timeout?",
            id="wrong name of an option",
        ),
        pytest.param(
            call("PUT_SequenceSet", id="1", Name="DE"),
            InvalidRequest,
            "PUT_SequenceSet: Name: unknown parameter. It is a field of the body: pass it in "
            'body={"name": …}.',
            id="a field of the body as an argument",
        ),
        pytest.param(
            lambda client: dynzuora.Client("sbx"),
            DynzuoraError,
            "'sbx' is an environment, but the first argument of Client is the document: "
            "use Client(environment='SBX').",
            id="an environment where the document belongs",
        ),
        pytest.param(
            lambda client: client.ops["get_acount"],
            UnknownOperation,
            "No operation 'get_acount' in API Reference: Billing 2020-12-10. Did you mean "
            "GET_Account (GET /v1/accounts/{account-key}), PUT_Account (PUT /v1/accounts/{account-key}), "
            "Object_GETAccount (GET /v1/object/account/{id})?",
            id="wrong item of ops",
        ),
        pytest.param(
            lambda client: client.ops.GET_SequenceSetz,
            AttributeError,
            "No operation 'GET_SequenceSetz' in API Reference: Billing 2020-12-10. Did you mean "
            "GET_SequenceSet (GET /v1/sequence-sets/{id}), GET_SequenceSets (GET /v1/sequence-sets), "
            "PUT_SequenceSet (PUT /v1/sequence-sets/{id})?",
            id="wrong attribute of ops",
        ),
        pytest.param(
            lambda client: client.ops.get_account,
            AttributeError,
            "Attributes have the document's spelling: client.ops.GET_Account, not get_account. "
            'Any other works in client.call("get_account", …) and client["get_account"].',
            id="another spelling as an attribute",
        ),
        pytest.param(
            lambda client: client.ops.by_tag.Invoices,
            AttributeError,
            "There is no 'Invoices' among these tags. Did you mean invoices, invoice_items, invoice_splits?",
            id="wrong tag",
        ),
        pytest.param(
            lambda client: client.get_account,
            AttributeError,
            "'Client' object has no attribute 'get_account': operations are client.ops.GET_Account(…) and "
            'client.call("GET_Account", …).',
            id="an operation as an attribute of the client",
        ),
        pytest.param(
            lambda client: client.ops.GET_Account("A00000001"),
            TypeError,
            'GET_Account takes its arguments by name: client["GET_Account"](account_key="…")',
            id="an argument by position",
        ),
        pytest.param(
            lambda client: dynzuora.Client(env="SBX"),
            TypeError,
            "Client takes no argument env. Did you mean environment=?",
            id="a short name of an argument of Client",
        ),
        pytest.param(
            lambda client: dynzuora.Client(base_url="https://rest.zuora.com"),
            TypeError,
            "Client takes no argument base_url. Did you mean environment=?",
            id="another client's name of an argument of Client",
        ),
        pytest.param(
            lambda client: dynzuora.Client(client_secrets="x"),
            TypeError,
            "Client takes no argument client_secrets. Did you mean client_secret=?",
            id="a misspelt argument of Client",
        ),
        pytest.param(
            lambda client: dynzuora.Client(colour="red"),
            TypeError,
            "Client takes no argument colour. help(dynzuora.Client) lists them.",
            id="an argument of Client like no other",
        ),
        pytest.param(
            lambda client: client.call("get_account", "A00000001"),
            TypeError,
            'call takes the arguments of GET_Account by name: client.call("GET_Account", account_key="…")',
            id="an argument of call by position",
        ),
        pytest.param(
            lambda client: client.items("GET_AllOrders", {"pageSize": 20}),
            TypeError,
            'items takes the arguments of GET_AllOrders by name: client.items("GET_AllOrders")',
            id="an argument of items by position",
        ),
        pytest.param(
            lambda client: dynzuora.operations.GET_Account,
            AttributeError,
            'Use operations["GET_Account"].',
            id="an operation as an attribute of the operations",
        ),
        pytest.param(
            lambda client: dynzuora.operations.GET_SequenceSetz,
            AttributeError,
            "No operation 'GET_SequenceSetz' in API Reference: Billing 2020-12-10. Did you mean "
            "GET_SequenceSet (GET /v1/sequence-sets/{id}), GET_SequenceSets (GET /v1/sequence-sets), "
            "PUT_SequenceSet (PUT /v1/sequence-sets/{id})?",
            id="wrong attribute of the operations",
        ),
        pytest.param(
            lambda client: list(client.map("GET_Account", ["A00000001"])),
            TypeError,
            'map GET_Account: each call must be a mapping of arguments such as {"account_key": "A00000001"} '
            'or {"body": {…}}, not a str. The calls before it were sent.',
            id="a map of values",
        ),
        pytest.param(
            lambda client: client.call("GET_AllOrders").orders,
            AttributeError,
            "A reply has no attribute 'orders'; it is a dict: reply[\"orders\"].",
            id="a field of a reply as an attribute",
        ),
        pytest.param(
            lambda client: client.call("GET_AllOrders").to_df(),
            AttributeError,
            "A reply has no attribute 'to_df': the rows of every page are "
            'client.items("GET_AllOrders", …).to_df().',
            id="a reply as a frame",
        ),
        pytest.param(
            call("GET_SequenceSets", pageSize="many"),
            InvalidRequest,
            "GET_SequenceSets: pageSize: expected an integer, got 'many'.",
            id="wrong type",
        ),
        pytest.param(
            call("POST_SequenceSets"),
            InvalidRequest,
            'POST_SequenceSets: body: is required. See client.template("POST_SequenceSets").',
            id="missing body",
        ),
        pytest.param(
            call(
                "POST_Account",
                {
                    "name": "A",
                    "currency": "USD",
                    "billToContact": {"firstName": "a", "lastName": "b"},
                    "creditCard": "4111111111111111",
                },
            ),
            InvalidRequest,
            "POST_Account: body.creditCard: expected an object, got a string of 16 characters. "
            'See client.template("POST_Account").',
            id="a card number where its object belongs",
        ),
        pytest.param(
            call("GET_EntityConnections", type="inbuond"),
            InvalidRequest,
            "GET_EntityConnections: type: expected one of 'inbound', 'outbound'; got 'inbuond'. "
            "Did you mean inbound?",
            id="bad enum",
        ),
        pytest.param(
            call(
                "POST_Attachments",
                {"file": "nowhere.pdf"},
                associatedObjectType="Account",
                associatedObjectKey="A00000001",
            ),
            InvalidRequest,
            "POST_Attachments: body.file: file 'nowhere.pdf' does not exist. Give a path that exists, "
            'bytes or a file object. See client.template("POST_Attachments").',
            id="file missing",
        ),
        pytest.param(
            call("POST_SequenceSets", {"sequenceSets": [{"nmae": "DE", "invoice": {"startNumber": "one"}}]}),
            InvalidRequest,
            "POST_SequenceSets: 4 problems, nothing was sent\n"
            "  - body.sequenceSets[0].name: is required; found 'nmae' instead.\n"
            "  - body.sequenceSets[0].creditMemo: is required.\n"
            "  - body.sequenceSets[0].debitMemo: is required.\n"
            "  - body.sequenceSets[0].invoice.startNumber: expected an integer, got 'one'.\n"
            'See client.template("POST_SequenceSets").',
            id="several at once",
        ),
        pytest.param(
            lambda client: dynzuora.load("2020-12-01"),
            SpecError,
            "There is no document '2020-12-01': it is neither a version "
            "(2020-12-10, 2021-08-20, 2026-05-01) nor a file. "
            "Did you mean 2020-12-10?",
            id="no such version",
        ),
        pytest.param(
            lambda client: dynzuora.load(b"hello: world\n"),
            SpecError,
            "the document is not an OpenAPI document: it has neither 'openapi' nor 'swagger' at the top "
            "(it has 'hello'). Is it the right file?",
            id="bad document",
        ),
        pytest.param(
            lambda client: dynzuora.load(b'{"openapi": "3.0.0",\n "info"'),
            SpecError,
            "the document is not JSON: it ends too early (line 2, column 8). Was the download complete?",
            id="bad JSON in a document",
        ),
    ],
)
def test_a_mistake_is_answered_with_what_where_and_how_to_fix(
    mistake: Callable[[dynzuora.Client], Any],
    error: type[Exception],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DYNZUORA_HOME", str(tmp_path))
    with pytest.raises(error) as caught:
        mistake(dynzuora.Client.sandbox())
    assert str(caught.value) == message


@pytest.mark.parametrize("method", ["call", "prepare", "pages", "items", "submit"])
def test_every_method_that_takes_an_operation_takes_the_rest_by_name(method: str) -> None:
    client = dynzuora.Client.sandbox()
    with pytest.raises(TypeError, match=rf"^{method} takes the arguments of GET_Account by name"):
        getattr(client, method)("GET_Account", "A00000001")
    kinds = {each.kind.name for each in inspect.signature(getattr(client, method)).parameters.values()}
    assert kinds == {"POSITIONAL_ONLY", "KEYWORD_ONLY", "VAR_KEYWORD"}


def test_an_item_of_ops_may_have_any_spelling() -> None:
    client = dynzuora.Client.sandbox()
    assert client.ops["get_account"] is client.ops.GET_Account is client["g_et_account"]


def test_what_has_hints_for_attributes_is_copied_pickled_and_asked_like_any_object() -> None:
    client = dynzuora.Client.sandbox()
    reply = client.call("GET_SequenceSets")
    assert pickle.loads(pickle.dumps(reply)) == copy.deepcopy(reply) == reply
    assert not any(hasattr(each, "_ipython_display_") for each in (client, client.ops, reply))
    with pytest.raises(AttributeError, match="'Client' object has no attribute 'document'"):
        _ = object.__new__(dynzuora.Client).document


def test_an_unknown_field_is_warned_of_with_the_nearest_name() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        dynzuora.Client.sandbox().call(
            "POST_SequenceSets", body={"sequenceSets": [SET | {"invioce": NUMBER}]}
        )
    assert [(each.category, str(each.message)) for each in caught] == [
        (
            RequestWarning,
            "POST_SequenceSets: body.sequenceSets[0].invioce: unknown field; the server would "
            "silently ignore it. Did you mean invoice?",
        )
    ]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        pytest.param(
            ["call", "POST_SequenceSets", "--sandbox", "--body", "@nowhere.json"],
            "Error: --body @nowhere.json: there is no file 'nowhere.json'. "
            "To create one: dynzuora show POST_SequenceSets --template > nowhere.json\n",
            id="file missing",
        ),
        pytest.param(
            ["call", "POST_SequenceSets", "--sandbox", "--body", "{'sequenceSets': []}"],
            "Error: --body is not JSON: Expecting property name enclosed in double quotes: line 1 column 2 "
            "(char 1). Strings and names need double quotes.\n",
            id="bad JSON",
        ),
        pytest.param(
            ["call", "GET_Account", "--sandbox"],
            "Error: GET_Account: account_key: is required (path parameter account-key).\n",
            id="missing parameter",
        ),
        pytest.param(
            ["call", "POST_SequenceSets", "--sandbox"],
            "Error: POST_SequenceSets: body: is required. "
            "See `dynzuora show POST_SequenceSets --template`.\n",
            id="missing body",
        ),
        pytest.param(
            ["call", "POST_SequenceSets", "--sandbox", "body=[]"],
            "Error: POST_SequenceSets: 2 problems, nothing was sent\n"
            "  - body: unknown parameter. Use --body for the payload.\n"
            "  - body: is required.\n"
            "See `dynzuora show POST_SequenceSets --template`.\n",
            id="body as a parameter",
        ),
        pytest.param(
            ["call", "PUT_SequenceSet", "--sandbox", "id=1", "name=DE"],
            "Error: PUT_SequenceSet: name: unknown parameter. "
            "It is a field of the body: --body '{\"name\": …}'.\n",
            id="a field of the body as a parameter",
        ),
        pytest.param(
            ["call", "GET_SequenceSets", "--sandbox", "timout=2"],
            "Error: GET_SequenceSets: timout: unknown parameter. "
            "This operation takes pageSize, page, name.\n",
            id="an option of Python",
        ),
        pytest.param(
            ["call", "DELETE_SequenceSet", "id=1", "--sandbox", "--read-only"],
            "Error: DELETE_SequenceSet may change something, and this client of sandbox (in-process sandbox) "
            "is read-only. Nothing was sent. "
            "To allow it, use --allow-writes without --read-only or ZUORA_READ_ONLY.\n",
            id="a write that may not be",
        ),
        pytest.param(
            ["call", "GET_Account", "account-key=A1", "--all", "--sandbox"],
            "Error: GET_Account: does not return a list: the reply is one object. Drop --all.\n",
            id="all of what is no list",
        ),
        pytest.param(
            ["show", "GET_SequenceSets", "--template"],
            "Error: GET_SequenceSets takes no body.\n",
            id="template of no body",
        ),
        pytest.param(
            ["show", "POST_SequenceSets", "--required-only"],
            "Usage: dynzuora show [OPTIONS] OPERATION...\nTry 'dynzuora show --help' for help.\n\n"
            "Error: --required-only needs --template.\n",
            id="required only, of nothing",
        ),
        pytest.param(
            ["call", "GET_SequenceSets", "--pageSize", "2", "--sandbox"],
            "Usage: dynzuora call [OPTIONS] OPERATION [name=value]...\n"
            "Try 'dynzuora call --help' for help.\n\n"
            "Error: No such option '--pageSize'. Write a parameter of the operation without dashes: "
            "pageSize=2\n",
            id="a parameter as an option",
        ),
        pytest.param(
            ["--spec", "sbx", "ops"],
            "Usage: dynzuora [OPTIONS] COMMAND [ARGS]...\nTry 'dynzuora --help' for help.\n\n"
            "Error: --spec takes a document, but 'sbx' is an environment. Use --env SBX.\n",
            id="an environment where the document belongs",
        ),
        pytest.param(
            ["call", "GET_Account", "A00000001", "--sandbox"],
            "Usage: dynzuora call [OPTIONS] OPERATION [name=value]...\n"
            "Try 'dynzuora call --help' for help.\n\n"
            "Error: 'A00000001' is not of the form name=value. Write account-key=A00000001.\n",
            id="a value alone",
        ),
    ],
)
def test_a_mistake_in_the_shell_is_answered_likewise(words: list[str], message: str) -> None:
    result = CliRunner().invoke(shell, words, prog_name="dynzuora", catch_exceptions=False)
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", message)


def test_a_flood_of_problems_shows_the_first_twenty_and_keeps_all() -> None:
    error = InvalidRequest.of("POST_X", [Problem(f"body[{n}]", "is wrong.") for n in range(3000)])
    assert len(error.problems) == 3000
    first, *shown, last = str(error).splitlines()
    assert first == "POST_X: 3,000 problems, nothing was sent"
    assert shown == [f"  - body[{n}]: is wrong." for n in range(20)]
    assert last == "  … and 2,980 more, in .problems"
    assert error.in_words(SHELL_WORDS).splitlines()[-1] == "  … and 2,980 more"
    assert error._repr_html_().count("is wrong.") == 20
    assert "… and 2,980 more, in .problems" in error._repr_html_()
