"""Every way the server says no becomes the right class; every way it says yes plain data."""

from __future__ import annotations

import copy
import json
import pickle
import time
from decimal import Decimal
from typing import Any

import pytest

from dynzuora import errors
from dynzuora.errors import Reason
from dynzuora.http import Headers, Request, Response
from dynzuora.replies import interpret
from dynzuora.replies.failures import errors_of_items
from dynzuora.transport import Policy, Transport
from tests.servers import Answer, running, script

REQUEST = Request(
    "GET", "https://sandbox.invalid/v1/things", Headers({"Accept": "application/json"}), None, "GET_Things"
)


def response(
    body: Any, status: int = 200, content_type: str = "application/json", **headers: str
) -> Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Response(status, Headers({"Content-Type": content_type, **headers}), content)


def reply(body: Any, status: int = 200, **more: Any) -> Any:
    return interpret(REQUEST, response(body, status, **more))


def failure(body: Any, status: int, **more: Any) -> errors.DynzuoraError:
    with pytest.raises(errors.DynzuoraError) as caught:
        reply(body, status, **more)
    return caught.value


def one_reason(code: Any, message: str = "told") -> dict[str, Any]:
    return {"success": False, "processId": "F00D", "reasons": [{"code": code, "message": message}]}


SHAPES = [
    ("E1 lock", one_reason(53500050), (200, 400), errors.LockContention),
    ("E1 permission", one_reason(50000010), (200, 403), errors.PermissionDenied),
    ("E1 value", one_reason("58740020"), (200, 400), errors.ValidationFailed),
    ("E1 field", one_reason(58740021), (200, 400), errors.ValidationFailed),
    ("E1 rule", one_reason(53100030), (200, 400), errors.RuleViolation),
    ("E1 not found", one_reason(50000040), (200, 404), errors.NotFound),
    ("E1 method", one_reason(50000045), (200, 405), errors.MethodNotAllowed),
    ("E1 internal", one_reason(50000060), (200, 500), errors.ServerError),
    ("E1 temporary", one_reason(50000061), (200, 503), errors.TemporaryError),
    ("E1 too many", one_reason(50000070), (200, 429), errors.RateLimited),
    ("E1 gateway", one_reason(53500099), (200, 400), errors.IntegrationError),
    ("E1 login", one_reason(90000011), (200, 401), errors.AuthError),
    (
        "E1 text flag",
        {"success": "false", "reasons": [{"code": 1, "message": "no"}]},
        (200,),
        errors.ApiError,
    ),
    (
        "E2",
        {"Success": False, "Errors": [{"Code": "INVALID_VALUE", "Message": "no"}]},
        (200, 400),
        errors.ValidationFailed,
    ),
    (
        "E2 lock in words",
        {
            "Success": False,
            "Errors": [{"Code": "INVALID_VALUE", "Message": "Operation failed due to a lock competition"}],
        },
        (200, 400),
        errors.LockContention,
    ),
    (
        "E3 bare",
        [
            {"Success": True, "Id": "1"},
            {"Success": False, "Errors": [{"Code": "INVALID_VALUE", "Message": "no"}]},
        ],
        (200,),
        errors.PartialFailure,
    ),
    (
        "E3 delete",
        [{"success": False, "id": "1", "errors": {"code": "INVALID_ID", "message": "no"}}],
        (200,),
        errors.PartialFailure,
    ),
    (
        "E3 amend",
        {"results": [{"Success": False, "Errors": [{"Code": "INVALID_VALUE", "Message": "no"}]}]},
        (200,),
        errors.PartialFailure,
    ),
    ("E4 word", {"reasons": [{"code": "ObjectNotFound", "message": "no"}]}, (404,), errors.NotFound),
    (
        "E4 field",
        {"reasons": [{"code": "MissingRequiredField", "message": "no"}]},
        (400,),
        errors.ValidationFailed,
    ),
    ("E4 rule", {"reasons": [{"code": "ConstraintViolated", "message": "no"}]}, (400,), errors.RuleViolation),
    ("E4 number", {"reasons": [{"code": "405", "message": "no"}]}, (405,), errors.MethodNotAllowed),
    ("E4 media", {"reasons": [{"code": "415", "message": "no"}]}, (415,), errors.ValidationFailed),
    ("E4 broken", {"reasons": [{"code": "SystemError", "message": "no"}]}, (500,), errors.ServerError),
    ("E4 metrics", {"reasons": [{"code": "50000070", "message": "no"}]}, (429,), errors.RateLimited),
    ("E4b method", {"code": "405", "message": "no"}, (405,), errors.MethodNotAllowed),
    ("E4b media", {"code": "415", "message": "no"}, (415,), errors.ValidationFailed),
    ("E4b broken", {"code": "500", "message": "no"}, (500,), errors.ServerError),
    ("E5 no job", {"code": 1001, "message": "no"}, (400, 404), errors.NotFound),
    ("E5 not yours", {"code": 1009, "message": "no"}, (403,), errors.PermissionDenied),
    (
        "E6",
        {
            "code": "71000061",
            "message": "no",
            "details": [{"code": "x", "message": "row", "record": {"a": 1}}],
        },
        (400, 401, 500),
        errors.PartialFailure,
    ),
    ("E7 credentials", {"message": "Authentication error"}, (401,), errors.AuthError),
    ("E7 field", {"message": "unknown field"}, (400,), errors.ValidationFailed),
    ("E7 route", {"message": "no Route matched"}, (404,), errors.NotFound),
    ("E8 object", {"errors": [{"code": 404, "status": 404, "title": "no"}]}, (404,), errors.NotFound),
    ("E8 text", {"errors": ["no"], "parameters": {}}, (400, 406), errors.ValidationFailed),
    ("E8 conflict", {"errors": ["no"]}, (409,), errors.RuleViolation),
    ("E9 object", {"done": True, "records": {}, "size": 0}, (404,), errors.NotFound),
    ("E9 array", {"done": True, "records": [], "size": 0}, (404,), errors.NotFound),
    (
        "E10",
        {
            "status": "Failed",
            "errors": "it broke",
            "success": True,
            "result": {"success": False, "reasons": []},
        },
        (200,),
        errors.JobFailed,
    ),
    (
        "E11",
        {"responses": [{"id": "1", "response": {"status": "400 Bad Request", "body": {"message": "no"}}}]},
        (200,),
        errors.PartialFailure,
    ),
]


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        pytest.param(body, s, kind, id=f"{name} {s}")
        for name, body, statuses, kind in SHAPES
        for s in statuses
    ],
)
def test_each_failure_shape_becomes_its_class(body: Any, status: int, kind: type) -> None:
    assert type(failure(body, status)) is kind


def failure_over_http(answer: Answer) -> errors.DynzuoraError:
    policy = Policy(lambda seconds: None, lambda: 0.0, time.monotonic, most=1)
    with running(script(answer)) as server:
        sender = Transport(server.url, policy)
        request = REQUEST._replace(url=f"{server.url}/v1/things")
        with pytest.raises(errors.DynzuoraError) as caught:
            sender.exchange(request, lambda reply: interpret(request, reply), None)
        sender.close()
    return caught.value


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        pytest.param(body, s, kind, id=f"{name} {s}")
        for name, body, statuses, kind in SHAPES
        for s in statuses
    ],
)
def test_each_failure_shape_becomes_its_class_over_http(body: Any, status: int, kind: type) -> None:
    assert type(failure_over_http(Answer(status, body))) is kind


UNREADABLE = [
    pytest.param(b"<error>too large</error>", "text/xml", 403, errors.PermissionDenied, id="E12 file"),
    pytest.param(b"<error>none</error>", "text/xml", 404, errors.NotFound, id="E12 describe"),
    pytest.param(b"", "text/html", 502, errors.TemporaryError, id="E13 empty 502"),
    pytest.param(b"<html>busy</html>", "text/html", 503, errors.TemporaryError, id="E13 page 503"),
    pytest.param(b"<html>slow</html>", "text/html", 504, errors.ServerError, id="E13 page 504"),
    pytest.param(b"", "", 429, errors.RateLimited, id="E13 token 429"),
    pytest.param(
        b"<html>sorry</html>", "application/json", 500, errors.ServerError, id="page that claims JSON"
    ),
    pytest.param(b"<html>log in</html>", "text/html", 200, errors.ServerError, id="page in a 200"),
    pytest.param(b'{"a": ', "application/json", 200, errors.ServerError, id="cut off"),
    pytest.param(b'{"a": NaN}', "application/json", 200, errors.ServerError, id="NaN"),
    pytest.param(b"", "", 302, errors.ApiError, id="redirect"),
]


@pytest.mark.parametrize(("body", "content_type", "status", "kind"), UNREADABLE)
def test_a_body_that_nobody_understands_is_told_by_its_status(
    body: bytes, content_type: str, status: int, kind: type
) -> None:
    assert type(failure(body, status, content_type=content_type)) is kind


@pytest.mark.parametrize(("body", "content_type", "status", "kind"), UNREADABLE)
def test_a_body_that_nobody_understands_is_told_by_its_status_over_http(
    body: bytes, content_type: str, status: int, kind: type
) -> None:
    error = failure_over_http(Answer(status, content=body, headers={"Content-Type": content_type}))
    assert type(error) is kind


@pytest.mark.parametrize("flag", [True, "true", None])
def test_a_flag_that_does_not_say_no_is_no_failure(flag: Any) -> None:
    body = {"id": "1"} if flag is None else {"success": flag, "id": "1"}
    assert reply(body) == body


def test_a_business_state_of_failure_is_data() -> None:
    assert reply({"success": True, "status": "Error", "gatewayState": "FailedToSettle"})["status"] == "Error"


def test_an_error_tells_operation_code_reason_ids_and_what_to_do() -> None:
    error = failure(one_reason(53500050, "The account is locked."), 200, **{"Zuora-Request-Id": "r-1"})
    assert str(error) == (
        "GET_Things failed: HTTP 200, lock contention: The account is locked (53500050) "
        "(request id r-1, process id F00D). Nothing was changed; send it again."
    )


def test_a_body_that_tells_nothing_is_shown_without_its_secrets() -> None:
    error = failure({"password": "geheim", "note": "why?"}, 400)
    assert str(error) == (
        """GET_Things failed: HTTP 400: the body begins '{"password":"***","note":"why?"}'."""
    )


def test_the_error_of_an_item_ends_in_one_full_stop() -> None:
    error = failure(
        [{"Success": False, "Errors": [{"Code": "INVALID_ID", "Message": "No such thing."}]}], 200
    )
    assert isinstance(error, errors.PartialFailure)
    assert str(errors_of_items(error)[0]) == "GET_Things: item 0 failed: No such thing (INVALID_ID)."


def test_a_refused_field_of_another_api_version_is_told_with_the_way_out() -> None:
    request = REQUEST._replace(operation_id="PUT_Subscription", body=b'{"collect": true}')
    with pytest.raises(errors.ValidationFailed) as caught:
        interpret(request, response(one_reason(53100021, "unknown field collect"), 400))
    assert str(caught.value) == (
        "PUT_Subscription failed: HTTP 400, unknown field: unknown field collect (53100021) "
        "(process id F00D). collect depends on zuora_version; none was sent, which means the tenant's own "
        "(186.0 unless it was upgraded)."
    )


def test_limits_are_read_from_the_headers() -> None:
    headers = {
        "RateLimit-Remaining": "7",
        "Concurrency-Limit-Limit": "40",
        "Concurrency-Limit-Remaining": "39",
    }
    assert reply({"success": True}, **headers).meta.limits == (None, 7, None, 40, 39)


def test_an_error_carries_every_reason_as_data() -> None:
    body = {
        "success": False,
        "processId": "P",
        "reasons": [{"code": 1, "message": "a"}, {"code": 2, "message": "b"}],
    }
    error: Any = failure(body, 400)
    assert (error.reasons, error.code, error.category, error.process_id, error.status) == (
        (Reason("1", "a"), Reason("2", "b")),
        "1",
        None,
        "P",
        400,
    )


@pytest.mark.parametrize(
    ("code", "retryable"),
    [(53500050, True), (50000061, True), (50000070, True), (50000060, False), (53500099, False)],
)
def test_only_a_request_refused_as_a_whole_is_retryable(code: int, retryable: bool) -> None:
    error: Any = failure(one_reason(code), 200)
    assert error.retryable is retryable


def test_a_partial_failure_names_the_failed_items_by_position() -> None:
    items = [{"Success": True, "Id": "1"}, {"Success": False, "Errors": [{"Code": "X", "Message": "no"}]}]
    error: Any = failure(items, 200)
    assert (error.failed, error.results, error.retryable) == ((1,), tuple(items), False)


def test_an_error_carries_the_reply_and_the_attempts() -> None:
    body = {"success": False, "password": "fake", "reasons": [{"code": 1, "message": "no"}]}
    error: Any = failure(body, 400)
    assert (error.body, error.attempts) == ({**body, "password": "***"}, ())


def test_a_token_reply_shows_no_token_and_holds_it() -> None:
    found = reply({"access_token": "fake-token", "expires_in": 1})
    assert (repr(found), found["access_token"]) == ("{'access_token': '***', 'expires_in': 1}", "fake-token")
    assert "fake-token" not in found._repr_html_()


def test_an_array_shows_no_secret_and_its_copy_keeps_meta() -> None:
    found = reply([{"cardNumber": "4111111111111111"}])
    assert repr(found) == "[{'cardNumber': '***'}]"
    assert (found.copy(), found.copy().meta) == ([{"cardNumber": "4111111111111111"}], found.meta)


def test_a_copy_of_a_reply_keeps_meta() -> None:
    found = reply({"a": 1})
    assert (found.copy(), found.copy().meta) == ({"a": 1}, found.meta)


def test_an_error_survives_pickle_and_copy_with_its_fields() -> None:
    error: Any = failure(one_reason(53500050), 200)
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert (type(twin), str(twin), twin.reasons, twin.status) == (
            type(error),
            str(error),
            error.reasons,
            200,
        )


@pytest.mark.parametrize(
    ("body", "content_type", "kind", "value"),
    [
        pytest.param(b'{"a": 1}', "application/json; charset=utf-8", dict, {"a": 1}, id="object"),
        pytest.param(b"[1, 2]", "application/json", list, [1, 2], id="array"),
        pytest.param(b"", "application/json", dict, {}, id="empty"),
        pytest.param(b"\xef\xbb\xbf{}", "application/json", dict, {}, id="byte order mark"),
        pytest.param(b"a,b", "text/csv", str, "a,b", id="text"),
        pytest.param(b"%PDF", "application/pdf", bytes, b"%PDF", id="binary"),
        pytest.param(b'{"a": 1}', "", dict, {"a": 1}, id="unlabelled JSON"),
    ],
)
def test_a_reply_is_plain_data_with_meta(body: bytes, content_type: str, kind: type, value: Any) -> None:
    found = reply(body, content_type=content_type)
    assert (isinstance(found, kind), found, found.meta.status) == (True, value, 200)


def test_a_bare_scalar_is_in_value() -> None:
    assert reply(b"null").value is None
    assert reply(b"1.10").value == Decimal("1.10")


def test_money_keeps_its_digits_unless_floats_are_asked_for() -> None:
    body = response(b'{"amount": 12345678901234567.89}')
    assert str(interpret(REQUEST, body)["amount"]) == "12345678901234567.89"  # type: ignore[index]
    assert interpret(REQUEST, body, floats=True)["amount"] == 12345678901234567.89  # type: ignore[index]


@pytest.mark.parametrize("body", [b'{"a": [1]}', b"[1]", b"true", b"text"])
def test_copy_and_pickle_keep_meta(body: bytes) -> None:
    found = reply(body, content_type="text/plain" if body == b"text" else "application/json")
    for twin in (copy.copy(found), copy.deepcopy(found), pickle.loads(pickle.dumps(found))):
        assert (twin, type(twin), twin.meta) == (found, type(found), found.meta)


# What a body is decides, not what it is called

NO = {"success": False, "reasons": [{"code": 53200030, "message": "declined"}]}
LABELS = [
    *("text/plain", "text/plain;charset=UTF-8", "application/octet-stream", "text/html", "text/csv", ""),
    *("application/x-www-form-urlencoded", "application/xml", "binary", "text/javascript; charset=utf-8"),
    *("application/x-ndjson", "application/json-seq", "APPLICATION/JSON ; Charset=utf-8", "text/json", ";;"),
]
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"]


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("accept", ["application/json", "application/json, */*", "text/csv", "*/*"])
def test_a_refusal_is_one_whatever_it_is_called(label: str, accept: str) -> None:
    request = REQUEST._replace(headers=Headers({"Accept": accept}))
    with pytest.raises(errors.RuleViolation) as caught:
        interpret(request, response(NO, content_type=label))
    assert (caught.value.code, caught.value.body) == ("53200030", NO)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("label", ["application/json", "text/plain", ""])
def test_json_is_read_in_each_encoding_of_unicode(label: str, encoding: str) -> None:
    content = '\r\n {"name": "Ü€"}'.encode(encoding)
    assert reply(content, content_type=label) == {"name": "Ü€"}
    with pytest.raises(errors.RuleViolation):
        reply(json.dumps(NO).encode(encoding), content_type=label)


def test_json_in_the_encoding_that_it_names_is_read_where_it_is_not_utf_8() -> None:
    content = '{"name": "März"}'.encode("latin-1")
    assert reply(content, content_type="application/json; charset=ISO-8859-1") == {"name": "März"}


@pytest.mark.parametrize(
    ("label", "said"),
    [
        (
            "text/plain;charset=UTF-8",
            "reply: the body calls itself 'text/plain'; it is JSON, and was read as such.",
        ),
        ("", "reply: the body has no Content-Type; it is JSON, and was read as such."),
    ],
)
@pytest.mark.parametrize("body", [{"id": "1"}, [1, 2], [], {}])
def test_mislabelled_json_is_data_with_a_warning(label: str, said: str, body: Any) -> None:
    data = reply(body, content_type=label)
    assert (data, [str(warning) for warning in data.meta.warnings]) == (body, [said])


@pytest.mark.parametrize("accept", ["*/*", "text/csv"])
def test_json_without_a_label_is_data_whatever_was_asked_for(accept: str) -> None:
    request = REQUEST._replace(headers=Headers({"Accept": accept}))
    assert interpret(request, Response(200, Headers(), b'[{"id": "1"}]')) == [{"id": "1"}]


def test_json_that_is_labelled_so_has_no_warning() -> None:
    assert reply({"id": "1"}, content_type="application/vnd.api+json; charset=utf-8").meta.warnings == ()


@pytest.mark.parametrize(
    "body",
    [b'{"success": false, "amount": NaN}', b'{"success": false, "reasons": [', b'[{"Success": false},]'],
    ids=["NaN", "cut off", "trailing comma"],
)
@pytest.mark.parametrize("label", ["text/plain", "application/octet-stream", "application/json", ""])
def test_broken_json_is_never_a_success(body: bytes, label: str) -> None:
    assert type(failure(body, 200, content_type=label)) is errors.ServerError


@pytest.mark.parametrize("text", ["[note] all is well", "{curly} text", "OK", "null", "12"])
def test_text_that_only_begins_like_json_is_text(text: str) -> None:
    assert reply(text.encode(), content_type="text/plain") == text


@pytest.mark.parametrize("label", ["application/json-seq", "application/x-ndjson", "application/jsonl"])
def test_a_row_of_json_values_is_not_one_value(label: str) -> None:
    data = reply(b'{"id": "1"}\n', content_type=label)
    assert (type(data).__name__, data) == ("BinaryReply", b'{"id": "1"}\n')


PAGE = b"<!DOCTYPE html><html><body>Log in</body></html>"
PAGES = {
    "doctype": PAGE,
    "bare": b"  <HTML lang=en><p>Log in",
    "byte order mark": b"\xef\xbb\xbf" + PAGE,
    "UTF-16": PAGE.decode().encode("utf-16"),
    "comment": b"<!-- portal -->\n<html>",
    "XHTML": b'<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "x">\n<html/>',
    "script": b"<script>location='/login'</script>",
}


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
@pytest.mark.parametrize("label", ["text/html", "text/plain", "text/csv", "application/octet-stream", ""])
@pytest.mark.parametrize("accept", ["application/json, */*", "*/*", "text/csv", "text/html;q=0"])
def test_a_page_that_nobody_asked_for_is_an_error(page: bytes, label: str, accept: str) -> None:
    request = REQUEST._replace(headers=Headers({"Accept": accept}))
    with pytest.raises(errors.ServerError, match="HTML page"):
        interpret(request, response(page, content_type=label))


def test_a_page_that_was_asked_for_is_text() -> None:
    request = REQUEST._replace(headers=Headers({"Accept": "text/html, */*;q=0.1"}))
    assert interpret(request, response(PAGE, content_type="text/html")) == PAGE.decode()


def test_a_page_in_the_place_of_a_token_is_an_authentication_error() -> None:
    request = REQUEST._replace(operation_id="createToken")
    for status, page in ((200, PAGE), (403, PAGE), (404, b"not here")):
        with pytest.raises(errors.AuthError) as caught:
            interpret(request, response(page, status, content_type="text/html"), environment="SBX")
        assert (caught.value.status, caught.value.environment) == (status, "SBX")
    with pytest.raises(errors.TemporaryError):
        interpret(request, response(PAGE, 503, content_type="text/html"))


@pytest.mark.parametrize("status", [100, 101, 102, 103, 199, 300, 302, 304, 399])
def test_a_status_that_is_no_success_is_none(status: int) -> None:
    assert isinstance(failure({"id": "1"}, status), errors.ApiError)


@pytest.mark.parametrize("status", [200, 201, 202, 203, 205, 206, 207, 226])
def test_every_success_status_is_one(status: int) -> None:
    assert reply({"id": "1"}, status) == {"id": "1"}


@pytest.mark.parametrize(
    ("status", "accept", "label", "nothing"),
    [
        (200, "application/json", "application/json", {}),
        (200, "application/json", "", {}),
        (200, "application/json", "text/html", {}),
        (204, "application/json", "text/csv", {}),
        (204, "*/*", "", {}),
        (200, "application/json", "text/csv; charset=utf-8", ""),
        (200, "text/csv", "", ""),
        (204, "text/csv", "", ""),
        (200, "application/json", "application/pdf", b""),
        (200, "application/pdf", "", b""),
        (200, "application/json", "application/octet-stream", b""),
    ],
)
def test_an_empty_body_is_empty_of_its_kind(status: int, accept: str, label: str, nothing: Any) -> None:
    headers = Headers({"Content-Type": label} if label else {})
    request = REQUEST._replace(headers=Headers({"Accept": accept}))
    data: Any = interpret(request, Response(status, headers, b""))
    assert (isinstance(data, type(nothing)), data) == (True, nothing)


@pytest.mark.parametrize(
    ("label", "content", "text"),
    [
        ("text/csv; charset=windows-1252", b"caf\xe9 \x80", "café €"),
        ('text/csv; header=present; Charset="ISO-8859-15"', b"\xa4", "€"),
        ("text/csv; charset=utf-16", "Ü".encode("utf-16"), "Ü"),
        ("text/csv; charset=utf-8", "Ü".encode("utf-8-sig"), "Ü"),
        ("text/csv; charset=windows-1252", "Ü".encode("utf-8-sig"), "Ü"),
        ("text/csv", "Ü".encode(), "Ü"),
        ("text/csv; charset=klingon", "Ü".encode(), "Ü"),
        ("text/csv; charset=hex", b"4f4b", "4f4b"),
        ("text/csv; charset=idna", b"xn--mnchen-3ya", "xn--mnchen-3ya"),
        ("text/csv; charset=", b"ok", "ok"),
        ("text/csv; charset=ascii", b"\xff", "\ufffd"),
    ],
)
def test_text_is_read_in_the_charset_that_it_names(label: str, content: bytes, text: str) -> None:
    assert reply(content, content_type=label) == text


def test_a_reply_is_written_as_json_digit_for_digit() -> None:
    data = reply(b'{"amount": 10.10, "date": "2026-01-02"}')
    assert data.to_json() == '{"amount":10.10,"date":"2026-01-02"}'
    assert json.dumps(data, default=str) == '{"amount": "10.10", "date": "2026-01-02"}'
