"""Every value a caller can pass arrives exactly as meant, or is refused with an error that names the place.

What "arrives" means is told by a real server: its request line, headers and body, decoded by others' code.
"""

from __future__ import annotations

import email
import email.policy
import json
import math
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, unquote

import numpy
import pandas
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dynzuora
from dynzuora import errors
from tests.servers import OK, Answer, Seen, Server, running, script

TRICKS = [
    *(
        "",
        ".",
        "..",
        "../x",
        "%2e%2e",
        "%2e",
        "a/b",
        "a\\b",
        "a?b",
        "a#b",
        "a%2Fb",
        "a%b",
        "//x",
        "@x",
        " a ",
    ),
    *(
        "a\r\nX: y",
        "a\n",
        "\x00",
        "\t",
        "\x7f",
        "\ud800",
        "a\udc00b",
        "é",
        "漢",
        "😀",
        "\u2028",
        "\ufeff",
        "a;b=c",
    ),
    *("a&b=c", "a+b", "a,b", "x" * 5000, "null", "{a}", "[1]", '"', "'"),
]
scalars = (
    st.sampled_from(TRICKS)
    | st.text()
    | st.text(st.characters(codec=None), max_size=5)
    | st.integers()
    | st.booleans()
    | st.floats(allow_subnormal=False)
    | st.decimals(places=4)
    | st.decimals(allow_nan=True, allow_infinity=True)
    | st.dates()
    | st.binary(max_size=4)
    | st.none()
    | st.builds(numpy.int64, st.integers(-(2**63), 2**63 - 1))
    | st.builds(numpy.float64, st.floats(allow_nan=True))
    | st.just(pandas.NaT)
    | st.builds(set, st.lists(st.integers(), max_size=2))
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4) | st.integers(), inner, max_size=3)
    ),
    max_leaves=6,
)


def client_of(server: Server) -> dynzuora.Client:
    return dynzuora.Client(environment=server.url, token="fake-token", retries=0, allow_writes=True)


def arrived(server: Server, send: Callable[[], Any]) -> Seen | None:
    """Return the request that arrived, None where it was refused here with a reason."""
    server.seen.clear()
    try:
        send()
    except errors.InvalidRequest as error:
        assert server.seen == []
        assert all(problem.path and problem.message for problem in error.problems)
        return None
    [seen] = server.seen
    return seen


def text_of(value: Any) -> str:
    """Return what a value means as text, told without the package."""
    if isinstance(value, (bool, numpy.bool)):
        return str(value).lower()
    if isinstance(value, (float, Decimal)):
        return format(Decimal(repr(float(value)) if isinstance(value, float) else value), "f")
    return value.isoformat() if isinstance(value, date) else str(value)


@settings(max_examples=300, deadline=None)
@given(value=scalars)
def in_a_path(server: Server, client: dynzuora.Client, value: Any) -> None:
    seen = arrived(server, lambda: client.call("GET_Account", params={"account-key": value}))
    if seen is not None:
        before, key = seen.path.rsplit("/", 1)
        assert (before, unquote(key, errors="strict")) == ("/v1/accounts", text_of(value))
        assert {".", ".."}.isdisjoint(unquote(key).replace("\\", "/").split("/"))


@settings(max_examples=300, deadline=None)
@given(name=st.text(min_size=1), value=scalars)
def in_a_query(server: Server, client: dynzuora.Client, name: str, value: Any) -> None:
    seen = arrived(server, lambda: client.request("GET", "/v1/things", query={name: value}))
    if seen is not None:
        path, _, query = seen.path.partition("?")
        sent = [] if value is None else [(name, text_of(value))]
        assert (path, parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))) == (
            "/v1/things",
            sent,
        )


@settings(max_examples=300, deadline=None)
@given(value=scalars)
def in_a_header(server: Server, client: dynzuora.Client, value: Any) -> None:
    seen = arrived(server, lambda: client.request("GET", "/v1/things", headers={"X-Asked": value}))
    if seen is not None:
        assert seen.headers.get("X-Asked") == (None if value is None else text_of(value))
        assert set(seen.headers) - {"X-Asked"} == {
            *("Host", "Accept", "Accept-Encoding", "Authorization", "User-Agent")
        }


@settings(max_examples=300, deadline=None)
@given(name=st.sampled_from(TRICKS) | st.text(max_size=5))
def in_the_name_of_a_header(server: Server, client: dynzuora.Client, name: str) -> None:
    seen = arrived(server, lambda: client.request("GET", "/v1/things", headers={name: "x"}))
    if seen is not None:
        assert seen.headers[name] == "x"


@settings(max_examples=300, deadline=None)
@given(end=st.sampled_from(TRICKS) | st.text(max_size=5))
def in_a_path_of_its_own(server: Server, client: dynzuora.Client, end: str) -> None:
    seen = arrived(server, lambda: client.request("GET", f"/v1/{end}"))
    if seen is not None:
        assert unquote(seen.path) == unquote(f"/v1/{end}")
        assert {".", ".."}.isdisjoint(unquote(end).replace("\\", "/").split("/"))


@settings(max_examples=100, deadline=None)
@given(
    method=st.sampled_from(["get", "POST", "G\r\nX: y", "GET /x", "", "GÉT", 7, None])
    | st.text(max_size=4).filter(lambda text: not (text.isascii() and text.isalpha()))
)
def in_a_method(server: Server, client: dynzuora.Client, method: Any) -> None:
    seen = arrived(server, lambda: client.request(method, "/v1/things"))
    if seen is not None:
        assert seen.method == method.upper()


@settings(max_examples=200, deadline=None)
@given(value=scalars.filter(lambda value: not isinstance(value, (str, bytes))) | st.text())
def in_a_part_of_a_form(server: Server, client: dynzuora.Client, value: Any) -> None:
    sent = {"File": b"content", "ImportType": "Usage", "Name": value}
    seen = arrived(server, lambda: client.call("Object_POSTImport", body=sent, validate="off"))
    if seen is not None and value is not None:
        form = email.message_from_bytes(
            b"Content-Type: " + seen.headers["Content-Type"].encode() + b"\r\n\r\n" + seen.body,
            policy=email.policy.HTTP,
        )
        parts = {each.get_param("name", header="Content-Disposition"): each for each in form.iter_parts()}
        assert parts["File"].get_payload(decode=True) == b"content"
        found = parts["Name"].get_payload(decode=True).decode()
        meant = Decimal if isinstance(value, (float, Decimal)) else str
        assert meant(found) == meant(text_of(value))


@settings(max_examples=300, deadline=None)
@given(value=values.filter(lambda value: not isinstance(value, (str, bytes))))
def in_a_body(server: Server, client: dynzuora.Client, value: Any) -> None:
    seen = arrived(server, lambda: client.request("POST", "/v1/things", body=value))
    if seen is None:
        assert not is_plain(value)
    elif value is not None:
        assert json.loads(seen.body, parse_float=Decimal) == as_json(value)


def as_json(value: Any) -> Any:
    """Return what ``value`` is in JSON, numbers exact."""
    if isinstance(value, dict):
        return {name: as_json(each) for name, each in value.items()}
    if isinstance(value, list):
        return [as_json(each) for each in value]
    if isinstance(value, numpy.integer):
        return int(value)
    if isinstance(value, float):
        return Decimal(repr(float(value)))
    return value.isoformat() if isinstance(value, date) else value


def is_plain(value: Any) -> bool:
    """Whether JSON can carry a value, so that nobody may refuse it."""
    if isinstance(value, dict):
        return all(
            isinstance(name, str) and is_plain(name) and is_plain(each) for name, each in value.items()
        )
    if isinstance(value, list):
        return all(map(is_plain, value))
    if isinstance(value, str):
        return not any("\ud800" <= each <= "\udfff" for each in value)
    if isinstance(value, Decimal):
        return value.is_finite()
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or isinstance(value, int) or (isinstance(value, date) and value == value)


@pytest.mark.parametrize(
    "place",
    [
        *(in_a_path, in_a_path_of_its_own, in_a_method, in_a_query, in_a_header, in_the_name_of_a_header),
        *(in_a_part_of_a_form, in_a_body),
    ],
    ids=lambda each: each.__name__,
)
def test_a_value_arrives_as_it_was_meant_or_is_refused_with_its_place(place: Any) -> None:
    with running(script(OK)) as server, client_of(server) as client:
        place(server, client)


NEVER: list[Any] = [
    *(math.nan, math.inf, -math.inf, numpy.float64("nan"), numpy.float32("inf"), pandas.NaT, pandas.NA),
    *(Decimal("NaN"), Decimal("sNaN"), Decimal("-Infinity"), {1}, frozenset(), b"x", "\ud800", 10**5000),
    *(object(), dict, len, 1j, range(3), (each for each in "ab")),
]


@pytest.mark.parametrize("value", NEVER, ids=lambda each: type(each).__name__)
@pytest.mark.parametrize("place", ["path", "query", "header", "body", "deep in a body"])
def test_what_no_request_can_carry_is_refused_everywhere(value: Any, place: str) -> None:
    with running(script(OK)) as server, client_of(server) as client:
        send = {
            "path": lambda: client.call("GET_Account", account_key=value),
            "query": lambda: client.request("GET", "/v1/things", query={"a": value}),
            "header": lambda: client.request("GET", "/v1/things", headers={"X-Asked": value}),
            "body": lambda: client.call("POST_Account", body={"name": value}, validate="off"),
            "deep in a body": lambda: client.request("POST", "/v1/things", body={"a": [{"b": value}]}),
        }[place]
        assert arrived(server, send) is None


@pytest.mark.parametrize("trick", TRICKS, ids=ascii)
def test_no_text_leads_a_path_elsewhere(trick: str) -> None:
    with running(script(OK)) as server, client_of(server) as client:
        seen = arrived(server, lambda: client.call("GET_Account", account_key=trick))
    assert seen is None or (unquote(seen.path), seen.path.count("/")) == (f"/v1/accounts/{trick}", 3)


@pytest.mark.parametrize(
    ("operation", "arguments", "told"),
    [
        ("GET_AllOrders", {"page_size": True}, "pageSize: expected an integer, got true"),
        ("GET_AllOrders", {"page_size": {3}}, "pageSize: a value of type set"),
        ("GET_AllOrders", {"page_size": math.nan}, "pageSize: nan is not a number"),
        (
            "POST_Account",
            {"body": {"billCycleDay": True}},
            "body.billCycleDay: expected an integer, got true",
        ),
        ("POST_Order", {"body": {"newAccount": {"billCycleDay": "32"}}}, "is '32'; allowed: 31 or less"),
        ("POST_Account", {"body": {"tagging": {1}}}, "body.tagging: a set cannot be sent as JSON"),
        ("GET_Account", {"account_key": "../users"}, "account_key: '..%2Fusers' would change the path"),
    ],
)
def test_a_value_of_another_kind_is_refused(operation: str, arguments: dict[str, Any], told: str) -> None:
    with running(script(OK)) as server, client_of(server) as client:
        with pytest.raises(errors.InvalidRequest) as caught:
            client.call(operation, **arguments)
        assert (server.seen, told in str(caught.value)) == ([], True)


def test_a_body_changed_while_a_repeat_waits_is_sent_as_it_was() -> None:
    payload: dict[str, Any] = {"list": [1], "inner": {"amount": Decimal("1.10")}}

    def change(seconds: float) -> None:
        payload["list"].append(2)
        payload["inner"]["amount"] = 99

    busy = Answer(429, {"reasons": [{"code": 50000070, "message": "busy"}]})
    with running(script(busy, busy, OK)) as server:
        client = dynzuora.Client(environment=server.url, token="fake-token", allow_writes=True)
        client._connection.sleep = change
        with client:
            client.request("POST", "/v1/things", body=payload)
    assert [seen.body for seen in server.seen] == [b'{"list":[1],"inner":{"amount":1.10}}'] * 3
    assert payload["list"] == [1, 2, 2]


def test_a_huge_body_arrives_whole() -> None:
    rows = [{"text": "x" * 1000, "number": number} for number in range(20_000)]
    with running(script(OK)) as server, client_of(server) as client:
        client.request("POST", "/v1/things", body={"rows": rows})
    assert json.loads(server.seen[0].body) == {"rows": rows}
