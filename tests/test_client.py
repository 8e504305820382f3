"""The client: options and parameters, guards, views, and what may be shown of it."""

from __future__ import annotations

import copy
import inspect
import json
import os
import pickle
import re
import threading
import traceback
from pathlib import Path
from typing import Any

import pytest

import dynzuora
from dynzuora import Client, errors
from dynzuora.http import Request
from tests.documents import TINY, document, operation, parameter
from tests.servers import OK, Answer, Server, refused, running, script

SECRET = "fake-sentinel-s3cret"


def client(server: Server | str = "https://billing.invalid", **more: Any) -> dynzuora.Client:
    url = server if isinstance(server, str) else server.url
    return dynzuora.Client(TINY, url, **{"token": "fake", "allow_writes": True, **more})


@pytest.fixture(autouse=True)
def no_settings_of_the_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    for name in ("ENV", "BASE_URL", "CLIENT_ID", "CLIENT_SECRET", "TOKEN", "ENTITY", "READ_ONLY"):
        monkeypatch.delenv(f"ZUORA_{name}", raising=False)
    monkeypatch.setenv("DYNZUORA_HOME", str(tmp_path))


# Calling


def test_call_sends_what_prepare_shows() -> None:
    with running(script(OK)) as server, client(server, entity="e1") as billing:
        request = billing.prepare("GET_Things", page_size=5)
        assert billing.call("GET_Things", page_size=5) == {"success": True}
        seen = server.seen[0]
    assert (f"{server.url}{seen.path}", seen.headers["Zuora-Entity-Ids"]) == (
        request.url,
        request.headers["Zuora-Entity-Ids"],
    )


def test_dry_run_returns_the_request_and_sends_nothing() -> None:
    with running(script(OK)) as server, client(server) as billing:
        found = billing.call("DELETE_Thing", thing_key="a", dry_run=True)
        assert (isinstance(found, Request), found.method, found.url, server.seen) == (
            True,
            "DELETE",
            f"{server.url}/things/a",
            [],
        )


def test_a_name_that_is_an_option_and_a_parameter_must_be_settled() -> None:
    billing = client()
    with pytest.raises(TypeError, match=r"timeout is a call option and a parameter of GET_Things"):
        billing.call("GET_Things", timeout="x")
    assert billing.prepare("GET_Things", params={"timeout": "x"}).url.endswith("/things?timeout=x")


def test_a_parameter_in_params_and_among_the_arguments_is_refused() -> None:
    with pytest.raises(TypeError, match="GET_Things got state twice, in params and as a keyword"):
        client().call("GET_Things", params={"state": "open"}, state="open")


@pytest.mark.parametrize("spelling", ["GET_Things", "get_things", "GET /things"])
def test_an_operation_can_be_called_by_any_of_its_names(spelling: str) -> None:
    assert client().call(spelling, dry_run=True).operation_id == "GET_Things"


def test_bound_operations_are_the_same_by_attribute_item_and_tag() -> None:
    billing = client()
    assert billing.ops.GET_Things is billing["GET_Things"] is billing.ops.by_tag.things.GET_Things
    assert billing.ops.GET_Things(page_size=1, dry_run=True) == billing.prepare("GET_Things", page_size=1)


def test_an_alias_of_the_user_names_an_operation() -> None:
    assert client(aliases={"things": "GET_Things"}).call("things", dry_run=True).operation_id == "GET_Things"


def test_an_unknown_body_field_warns_at_the_caller_s_line() -> None:
    with running(script(OK)) as server, client(server) as billing:
        with pytest.warns(errors.RequestWarning, match=r"body\.curency") as caught:
            reply = billing.call("POST_Things", body={"amount": 1, "curency": "USD"})
        assert (caught[0].filename, [each.path for each in reply.meta.warnings]) == (
            __file__,
            ["body.curency"],
        )


def test_an_odd_call_warns_at_the_caller_s_line_whichever_way_it_is_made(tmp_path: Path) -> None:
    body = {"amount": 1, "curency": "USD"}
    with (
        running(script(OK, OK)) as server,
        client(server) as billing,
        pytest.warns(errors.RequestWarning, match=r"body\.curency") as caught,
    ):
        billing.ops.POST_Things(body=body)
        billing.download("POST_Things", tmp_path / "file", body=body)
    assert [each.filename for each in caught] == [__file__, __file__]


@pytest.mark.parametrize("place", ["no/such/folder/usage.ndjson", "a pipe", "a folder"])
def test_a_usage_log_that_cannot_be_written_is_a_warning_and_the_call_is_made(
    place: str, tmp_path: Path
) -> None:
    path = tmp_path / place
    if place == "a pipe":
        os.mkfifo(path)  # which nobody reads
    elif place == "a folder":
        path.mkdir()
    billing = logging_to(path)
    with pytest.warns(RuntimeWarning, match=f"^usage_log {re.escape(str(path))} cannot be written: "):
        assert billing.call("GET_SequenceSets")["success"] is True


def logging_to(path: Path) -> Client:
    billing = Client.sandbox()
    billing._caller = billing._caller._replace(usage_log=path)
    return billing


def test_whatever_a_program_asks_for_is_in_its_usage_log(tmp_path: Path) -> None:
    log = tmp_path / "usage.jsonl"
    with logging_to(log) as billing:
        billing.call("GET_SequenceSets", page_size=1)
        billing.items("GET_SequenceSets", name="DEFAULT").to_list()
        billing.pages("GET_AllOrders").first()
        billing.items("GET_Describe", object="Account").first()
        billing.download("GET_Describe", tmp_path / "described", object="Account")
    entries = [json.loads(line) for line in log.read_text().splitlines()]
    assert [(each["operation"], each["arguments"]) for each in entries] == [
        ("GET_SequenceSets", ["page_size"]),
        ("GET_SequenceSets", ["name"]),
        ("GET_AllOrders", []),
        ("GET_Describe", ["object"]),
        ("GET_Describe", ["object"]),
    ]


def test_a_parameter_among_the_options_of_a_request_is_told_where_to_go() -> None:
    with pytest.raises(TypeError, match=r"pageSize is not a call option.+into query= of client\.request"):
        client().request("GET", "/v1/things", pageSize=2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"body": {"a": 1}}, "A URL or path is requested as it is"),
        ({"params": {"a": 1}}, "A URL or path is requested as it is"),
        ({"timeuot": 1}, "timeuot is not a call option.+Did you mean timeout"),
    ],
    ids=["body", "params", "option"],
)
def test_what_an_address_cannot_take_is_refused(
    arguments: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(TypeError, match=message):
        client().download("/v1/files/1", tmp_path, **arguments)


def test_a_file_s_rows_are_looked_at_before_they_are_fetched() -> None:
    billing = Client.sandbox()
    asked = billing.items("GET_Describe", object="Account", dry_run=True).to_list()
    assert [(each.method, each.url) for each in asked] == [
        ("GET", "https://sandbox.invalid/v1/describe/Account")
    ]
    with pytest.raises(errors.InvalidRequest, match="must be a non-negative integer"):
        billing.items("GET_Describe", object="Account", limit=-1)


def test_params_that_are_no_mapping_are_refused_by_name() -> None:
    with pytest.raises(TypeError, match="params must be a mapping of parameter names to values, not a list"):
        client().call("GET_Things", params=["state"])


def test_a_usage_log_holds_names_and_never_values(tmp_path: Any) -> None:
    log = tmp_path / "usage.jsonl"
    with running(script(OK)) as server, client(server, usage_log=log) as billing:
        billing.call("GET_Things", page_size=7)
        billing.call("POST_Things", body={"amount": 8, "currency": "USD"})
    assert log.read_text() == (
        '{"operation": "GET_Things", "arguments": ["page_size"], "body": []}\n'
        '{"operation": "POST_Things", "arguments": [], "body": ["amount", "currency"]}\n'
    )
    assert log.stat().st_mode & 0o777 == 0o600


def test_any_endpoint_can_be_requested_with_the_same_errors() -> None:
    with running(script(OK, refused(50000040, 404))) as server, client(server) as billing:
        billing.request("GET", "/v1/unknown", query={"a": [1, 2], "b": None, "c": "x y"})
        assert server.seen[0].path == "/v1/unknown?a=1&a=2&c=x%20y"
        with pytest.raises(errors.NotFound):
            billing.request("GET", "/v1/unknown")


@pytest.mark.parametrize(
    "path", ["v1/x", "//evil.invalid/x", "/v1/../x", "/v1/%2e%2E/x", "/v1/x?a=1", "/v1/x#a", "/a b"]
)
def test_a_path_that_would_lead_elsewhere_is_refused(path: str) -> None:
    with pytest.raises(errors.InvalidRequest):
        client().request("GET", path, dry_run=True)


# Options that are headers


def test_client_and_call_options_become_headers_and_the_call_wins() -> None:
    billing = client(entity="e1", zuora_version="257.0")
    request = billing.call("GET_Things", entity="e2", track_id="t-1", headers={"X-Own": "1"}, dry_run=True)
    assert dict(request.headers) == {
        "Accept": "application/json",
        "Zuora-Entity-Ids": "e2",
        "Zuora-Track-Id": "t-1",
        "Zuora-Version": "257.0",
        "X-Own": "1",
    }


@pytest.mark.parametrize("track_id", ["a:b", "a;b", 'a"b', "a'b", "é", "x" * 65])
def test_a_track_id_that_zuora_would_refuse_is_refused_here(track_id: str) -> None:
    with pytest.raises(errors.InvalidRequest, match="is not a track id"):
        client().call("GET_Things", track_id=track_id, dry_run=True)


def test_a_track_id_is_made_on_request() -> None:
    sent = client().call("GET_Things", track_id=True, dry_run=True).headers["Zuora-Track-Id"]
    assert re.fullmatch("[0-9a-f]{32}", sent)


def test_an_idempotency_key_is_for_post_and_patch_only() -> None:
    with pytest.raises(errors.InvalidRequest, match="Zuora refuses one on DELETE; only POST and PATCH"):
        client().call("DELETE_Thing", thing_key="a", idempotency_key="k", dry_run=True)


def test_keys_are_off_unless_asked_for_and_then_new_for_each_call() -> None:
    def keys(billing: dynzuora.Client) -> list[Any]:
        calls = [billing.call("POST_Things", body={"amount": 1}, dry_run=True) for _ in range(2)]
        calls.append(billing.call("GET_Things", dry_run=True))
        return [each.headers.get("Idempotency-Key") for each in calls]

    first, second, get = keys(client(idempotency=True))
    assert (len(first), first != second, get, keys(client())) == (32, True, None, [None] * 3)


KEY = parameter("Idempotency-Key", "header", schema={"type": "string", "maxLength": 255})
DECLARED = document(
    {
        "/things": {
            "get": operation("GET_Things", KEY),
            "post": operation("POST_Things", KEY),
            "put": operation("PUT_Things", KEY),
            "delete": operation("DELETE_Things", {**KEY, "required": True}),
        }
    }
)
"""A document that declares the header on every operation, as 2026-05-01 does on 259."""


def declared(server: Server | str = "https://billing.invalid", **more: Any) -> dynzuora.Client:
    url = server if isinstance(server, str) else server.url
    return dynzuora.Client(DECLARED, url, **{"token": "fake", "allow_writes": True, **more})


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_the_option_fills_an_idempotency_key_that_the_document_declares(method: str) -> None:
    request = declared().prepare(f"{method}_Things", idempotency_key="k" * 255)
    assert request.headers["Idempotency-Key"] == "k" * 255
    with pytest.raises(
        errors.InvalidRequest, match="idempotency_key: has 256 characters; allowed: at most 255"
    ):
        declared().prepare(f"{method}_Things", idempotency_key="k" * 256)


@pytest.mark.parametrize("key", [True, b"x", ""])
def test_a_declared_idempotency_key_is_a_text(key: Any) -> None:
    with pytest.raises(errors.InvalidRequest, match="must be a string of at least 1 character"):
        declared().call("PUT_Things", idempotency_key=key, validate="off", dry_run=True)


def test_a_required_idempotency_key_is_in_the_signature_and_missed() -> None:
    thing = declared()["DELETE_Things"]
    assert str(inspect.signature(thing)) == "(*, idempotency_key: str)"
    assert thing(idempotency_key="k", dry_run=True).headers["Idempotency-Key"] == "k"
    assert thing(Idempotency_Key="k", dry_run=True).headers["Idempotency-Key"] == "k"
    with pytest.raises(errors.InvalidRequest, match="idempotency_key: is required"):
        thing(dry_run=True)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_the_client_s_own_key_goes_wherever_the_document_declares_one(method: str) -> None:
    billing = declared(idempotency=True)
    keys = [billing.prepare(f"{method}_Things").headers["Idempotency-Key"] for _ in range(2)]
    assert ([len(key) for key in keys], len({*keys})) == ([32, 32], 2)
    assert billing.prepare(f"{method}_Things", idempotency_key="k").headers["Idempotency-Key"] == "k"


@pytest.mark.parametrize(
    ("name", "options", "tries", "keys"),
    [
        ("GET_Things", {"idempotency_key": "k"}, 5, 1),
        ("POST_Things", {"idempotency_key": "k"}, 5, 1),
        ("PUT_Things", {"idempotency_key": "k"}, 1, 1),
        ("DELETE_Things", {"idempotency_key": "k"}, 5, 1),
        ("GET_Things", {}, 5, 5),
        ("POST_Things", {}, 5, 1),
        ("PUT_Things", {}, 1, 1),
        ("DELETE_Things", {}, 5, 1),
    ],
)
def test_a_declared_key_takes_no_repeat_from_a_read_and_gives_none_to_a_put(
    name: str, options: dict[str, Any], tries: int, keys: int
) -> None:
    with running(script(Answer(503, content=b""))) as server, declared(server, idempotency=True) as billing:
        billing._connection.sleep = lambda seconds: None
        with pytest.raises(errors.TemporaryError):
            billing.call(name, **options)
        sent = [seen.headers["Idempotency-Key"] for seen in server.seen]
    assert (len(sent), len({*sent})) == (tries, keys)


def test_a_429_with_only_a_reset_is_waited_for_and_the_error_says_how_long() -> None:
    waits: list[float] = []
    limited = Answer(429, {}, headers={"RateLimit-Reset": "20"})
    with running(script(limited)) as server, client(server) as billing:
        billing._connection.sleep = waits.append
        with pytest.raises(errors.RateLimited) as caught:
            billing.call("GET_Things")
    assert (caught.value.retry_after, waits, caught.value.retryable) == (20.0, [20.0] * 4, True)


def test_a_token_for_several_entities_warns_once_when_none_was_chosen() -> None:
    def token(seen: Any) -> Answer:
        reply = {"access_token": "fake", "expires_in": 3599, "scope": "entity.e1 entity.e2 tenant.1"}
        return Answer(200, reply) if seen.path == "/oauth/token" else OK

    with running(token) as server, client(server, token=None, client_id="i", client_secret="s") as billing:
        with pytest.warns(
            errors.RequestWarning, match=r"gives access to 2 entities and none was chosen.*e1, e2"
        ) as caught:
            billing.call("GET_Things")
            billing.call("GET_Things")
        assert len(caught) == 1


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({"X\r\nE": "1"}, "headers: 'X\\r\\nE' is not a valid header name."),
        ({"é": "1"}, "headers: 'é' is not a valid header name."),
        ({1: "1"}, "headers: 1 is not a valid header name."),
        ({"Authorization": "x"}, "headers: Authorization is set by the client and cannot be overridden."),
        ({"Content-Length": "5"}, "headers: Content-Length is set by the client and cannot be overridden."),
    ],
    ids=["line break", "not ASCII", "number", "credential", "framing"],
)
def test_a_header_that_cannot_be_the_caller_s_is_refused(headers: Any, message: str) -> None:
    with pytest.raises(errors.InvalidRequest) as caught:
        client().call("GET_Things", headers=headers, dry_run=True)
    assert str(caught.value) == f"GET_Things: {message}"


@pytest.mark.parametrize(
    "options",
    [
        {"timeout": "5"},
        {"timeout": 0},
        {"timeout": True},
        {"timeout": (1,)},
        {"timeout": float("inf")},
        {"deadline": -1},
        {"retries": -1},
        {"retries": "x"},
        {"validate": "no"},
    ],
    ids=repr,
)
def test_an_option_that_means_nothing_is_refused_when_the_client_is_made(options: dict[str, Any]) -> None:
    [(name, _value)] = options.items()
    with pytest.raises(ValueError, match=f"{name}="):
        client(**options)


@pytest.mark.parametrize("level", [False, True, "", "lenient"])
def test_a_level_that_means_nothing_is_refused_by_a_call_as_by_the_client(level: Any) -> None:
    with pytest.raises(ValueError, match=f"validate={level!r}: choose one of standard, strict, off"):
        client().call("GET_Things", validate=level, dry_run=True)


@pytest.mark.parametrize("key", [True, b"x", "", "k" * 255])
def test_an_idempotency_key_is_a_text(key: Any) -> None:
    with pytest.raises(errors.InvalidRequest, match="must be a string of 1 to 254 characters"):
        client().call("POST_Things", body={"amount": 1}, idempotency_key=key, dry_run=True)


def test_a_token_with_a_line_break_is_refused_and_not_shown() -> None:
    with pytest.raises(errors.DynzuoraError, match="If it was read from a file, strip it") as caught:
        client(token=f"{SECRET}\n").call("GET_Things")
    assert SECRET not in str(caught.value)


def test_prepare_shows_the_key_that_call_would_send() -> None:
    request = client(idempotency=True).prepare("POST_Things", body={"amount": 1})
    assert len(request.headers["Idempotency-Key"]) == 32


def test_read_only_cannot_be_lifted_afterwards() -> None:
    with pytest.raises(AttributeError):
        client("PROD", allow_writes=False).read_only = False  # type: ignore[misc]


def test_a_text_as_the_body_of_an_unknown_endpoint_is_refused() -> None:
    with pytest.raises(errors.InvalidRequest, match="must be a mapping or list to send as JSON, or bytes"):
        client().request("POST", "/v1/x", body='{"a": 1}', dry_run=True)


def test_the_sandbox_environment_needs_the_sandbox() -> None:
    with pytest.raises(errors.DynzuoraError, match=r"Use Client\.sandbox\(\)"):
        dynzuora.Client(TINY, "sandbox")


def test_a_tag_tells_operations_from_tags() -> None:
    by_tag = client().ops.by_tag
    assert (repr(by_tag), repr(by_tag.things).partition(":")[0]) == ("<1 tags: things>", "<9 operations")


# Guards


@pytest.mark.parametrize(
    ("url", "options", "read_only"),
    [
        ("PROD", {}, True),
        ("PROD", {"allow_writes": True}, False),
        ("PROD", {"allow_writes": True, "read_only": True}, True),
        ("PROD", {"read_only": False}, True),
        ("https://billing.invalid", {}, True),
        ("SBX", {}, False),
        ("US Cloud 2 API sandbox", {}, False),
        ("SBX", {"read_only": True}, True),
        ("http://127.0.0.1:1", {}, False),
        ("http://localhost", {}, False),
    ],
)
def test_production_may_only_be_read_until_writes_are_allowed(
    url: str, options: dict[str, bool], read_only: bool
) -> None:
    assert dynzuora.Client(TINY, url, token="fake", **options).read_only is read_only


def test_a_variable_makes_every_client_read_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZUORA_READ_ONLY", "1")
    assert client().read_only


def test_a_read_only_client_sends_reads_and_refuses_the_rest() -> None:
    with running(script(OK)) as server, client(server, read_only=True) as billing:
        billing.call("GET_Things")
        billing.call("Action_POSTquery", body={"queryString": "select Id from Account"})
        with pytest.raises(
            errors.ReadOnly, match=r"^POST_Things may change something, and this client of .* is read-only\."
        ):
            billing.call("POST_Things", body={"amount": 1})
        with pytest.raises(errors.ReadOnly):
            billing.request("POST", "/v1/unknown", body={})
        assert [each.method for each in server.seen] == ["GET", "POST"]


def test_production_looks_different() -> None:
    assert repr(dynzuora.Client(TINY, "PROD", token="fake")) == (
        "<Client PRODUCTION PROD (US Cloud 2 production), 1, 9 operations, read-only>"
    )
    assert repr(dynzuora.Client(TINY, "SBX", token="fake")) == (
        "<Client SBX (US Cloud 2 API sandbox), 1, 9 operations, writes allowed>"
    )


# Where it points


def test_without_an_environment_the_error_lists_the_keys() -> None:
    with pytest.raises(errors.DynzuoraError) as caught:
        dynzuora.Client(TINY)
    assert all(key in str(caught.value) for key in ("ZUORA_ENV", "PROD_EU", "CSBX_AP", "Client.sandbox()"))


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("PRD", "There is no environment 'PRD'. Did you mean PROD?"),
        ("http://rest.zuora.com", "http://rest.zuora.com would send the token unencrypted."),
        ("ftp://rest.zuora.com", "is not a base URL"),
        ("https://user:pw@rest.zuora.com", "is not a base URL"),
    ],
)
def test_an_environment_that_cannot_be_is_refused(url: str, message: str) -> None:
    with pytest.raises(errors.DynzuoraError) as caught:
        client(url)
    assert message in str(caught.value)
    assert "pw" not in str(caught.value)


def test_variables_name_the_environment_and_arguments_win(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZUORA_ENV", "SBX_EU")
    found = [dynzuora.Client(TINY).environment, dynzuora.Client(TINY, "CSBX").environment]
    monkeypatch.setenv("ZUORA_BASE_URL", "https://rest.test.eu.zuora.com/")
    assert [*found, dynzuora.Client(TINY).environment] == ["SBX_EU", "CSBX", "CSBX_EU"]


def test_without_credentials_the_first_call_says_what_to_give() -> None:
    with pytest.raises(errors.DynzuoraError, match="There are no credentials for SBX"):
        dynzuora.Client(TINY, "SBX").call("GET_Things")


# Views and life


def test_a_view_shares_the_connection_and_not_the_entity() -> None:
    billing = client()
    view = billing.with_entity("e2")
    found = [
        each.call("GET_Things", dry_run=True).headers.get("Zuora-Entity-Ids") for each in (billing, view)
    ]
    assert (found, view._connection is billing._connection) == ([None, "e2"], True)
    assert view.ops.GET_Things(dry_run=True).headers["Zuora-Entity-Ids"] == "e2"


def test_a_client_is_neither_pickled_nor_deep_copied() -> None:
    for twin in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError, match="a Client cannot be pickled or deep-copied"):
            twin(client())


def test_a_closed_client_can_be_used_again() -> None:
    with running(script(OK)) as server:
        billing = client(server)
        for _ in range(2):
            with billing:
                assert billing.call("GET_Things") == {"success": True}


def test_many_threads_may_share_a_client() -> None:
    with running(script(OK)) as server, client(server) as billing:
        threads = [threading.Thread(target=billing.call, args=("GET_Things",)) for _ in range(16)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        assert len(server.seen) == 16


# Secrets


def test_a_secret_appears_nowhere(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("DEBUG")
    shown: list[str] = []

    def refuse(seen: Any) -> Answer:
        return Answer(401, {"message": "no"})

    with running(refuse) as server:
        billing = client(server, token=None, client_id="i", client_secret=SECRET)
        shown += [repr(billing), str(billing), repr(billing.__dict__), repr(billing.ops)]
        try:
            billing.call("GET_Things")
        except errors.AuthError as error:
            shown += [str(error), repr(error), repr(error.__dict__)]
            shown.append(str(pickle.dumps(error)))
            shown += traceback.TracebackException.from_exception(error, capture_locals=True).format()
    refused_connection = client("http://127.0.0.1:9", token=SECRET, retries=0)
    try:
        refused_connection.call("GET_Things")
    except errors.TransportError as error:
        shown += [
            str(error),
            *traceback.TracebackException.from_exception(error, capture_locals=True).format(),
        ]
    with running(script(OK)) as server, client(server, token=SECRET) as billing:
        reply = billing.call("GET_Things")
        shown += [str(pickle.dumps(reply)), repr(reply.meta), reply.meta.request.curl()]
    out, err = capsys.readouterr()
    shown += [out, err, *(record.getMessage() for record in caplog.records)]
    assert [text for text in shown if SECRET in text] == []


def test_the_repr_of_a_request_shows_the_host_the_credentials_and_the_verdict() -> None:
    request = client().prepare("GET_Things", page_size=1)
    assert repr(request) == (
        f"Request(GET {request.url}, Headers({{'Accept': 'application/json'}}), body=None, "
        "credentials='Bearer ***', verdict='GET_Things: checked')"
    )


def test_a_reply_that_is_one_page_of_more_says_so() -> None:
    with Client.sandbox() as billing:
        [problem] = billing.call("GET_SequenceSets", page_size=1).meta.warnings
        assert billing.call("GET_SequenceSets", page_size=40).meta.warnings == ()
        [result] = billing.map("GET_SequenceSets", [{"page_size": 1}])
    assert str(problem) == (
        'reply: is one page; there may be more rows. client.items("GET_SequenceSets", …) reads the rows of '
        "every page."
    )
    assert result.reply.meta.warnings == (problem,)


def test_a_document_that_lost_something_is_told_when_the_client_is_made() -> None:
    broken = {"/things": {"get": operation("GET_Things", {"$ref": "#/components/parameters/Gone"})}}
    with pytest.warns(
        errors.SpecWarning, match="^the document: .* repaired or left out. The first is #/paths"
    ):
        dynzuora.Client(document(broken), "https://billing.invalid", token="fake")


def test_tags_are_in_alphabetical_order() -> None:
    with Client.sandbox() as billing:
        assert list(vars(billing.ops.by_tag)) == sorted(vars(billing.ops.by_tag))
