"""Whether a request was sent is observed: what the caller is handling, and where, must not matter.

Each case is one caller's situation, what a real server does, and a method. What is compared is
how many requests the server saw, which class the caller got, and whether it may have been done.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
import requests

from dynzuora import AsyncClient, Client, errors
from dynzuora.http import Headers, Request
from dynzuora.replies import interpret
from dynzuora.transport import Policy, Transport
from tests import wires
from tests.clocks import Clock
from tests.wires import Behaviour, answer, hangs_up, resets, says, wire

# Where a caller may stand


def plain(call: Callable[[], Any]) -> Any:
    return call()


def handling(error: BaseException) -> Callable[[Callable[[], Any]], Any]:
    def stand(call: Callable[[], Any]) -> Any:
        try:
            raise error
        except type(error):
            return call()

    return stand


def handling_a_refused_socket(call: Callable[[], Any]) -> Any:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = listening.getsockname()
    try:
        socket.create_connection(address)
    except OSError:
        return call()


def in_finally(call: Callable[[], Any]) -> Any:
    result: list[Any] = []
    with contextlib.suppress(ConnectionRefusedError):
        try:
            raise ConnectionRefusedError("another service is down")
        finally:
            result.append(outcome_of(call))
    return given(result[0])


def in_an_exit_stack(call: Callable[[], Any]) -> Any:
    result: list[Any] = []
    with contextlib.suppress(socket.gaierror), contextlib.ExitStack() as stack:
        stack.callback(lambda: result.append(outcome_of(call)))
        raise socket.gaierror(-2, "Name or service not known")
    return given(result[0])


def in_the_close_of_a_generator(call: Callable[[], Any]) -> Any:
    result: list[Any] = []

    def rows() -> Iterator[int]:
        try:
            yield 1
        finally:
            result.append(outcome_of(call))

    running = rows()
    next(running)
    running.close()
    return given(result[0])


def in_a_thread(call: Callable[[], Any]) -> Any:
    result: list[Any] = []
    try:
        raise requests.ConnectTimeout
    except requests.ConnectTimeout:
        thread = threading.Thread(target=lambda: result.append(outcome_of(call)))
        thread.start()
        thread.join()
    return given(result[0])


def in_asyncio(call: Callable[[], Any]) -> Any:
    async def work() -> Any:
        try:
            raise ConnectionRefusedError
        except ConnectionRefusedError:
            return await asyncio.to_thread(call)

    return asyncio.run(work())


def outcome_of(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except errors.DynzuoraError as error:
        return error


def given(result: Any) -> Any:
    if isinstance(result, BaseException):
        raise result
    return result


PLACES: dict[str, Callable[[Callable[[], Any]], Any]] = {
    "plain": plain,
    "in except ConnectionRefusedError": handling(ConnectionRefusedError("redis is down")),
    "in except gaierror": handling(socket.gaierror(-2, "Name or service not known")),
    "in except ProxyError": handling(requests.exceptions.ProxyError()),
    "in except ConnectTimeout": handling(requests.ConnectTimeout()),
    "in except ReadTimeout": handling(requests.ReadTimeout()),
    "in except of a refused socket": handling_a_refused_socket,
    "in finally": in_finally,
    "in an ExitStack": in_an_exit_stack,
    "in the close of a generator": in_the_close_of_a_generator,
    "in a thread": in_a_thread,
    "in asyncio.to_thread": in_asyncio,
}

# What a server may do


class Told(NamedTuple):
    """How often the server was asked, the class of the error, whether it may have been done."""

    asked: int
    kind: str
    may_have_been_done: bool


class Server(NamedTuple):
    """What a server does: with a new connection, with each request, how much of a body it reads."""

    behaviours: tuple[Behaviour, ...]
    before: Behaviour | None = None
    most: int | None = None
    counts_connections: bool = False


UNAVAILABLE = says(answer(b"", b"503 Service Unavailable"))
LOCK = b'{"success": false, "reasons": [{"code": 53500050, "message": "busy"}]}'
SERVERS = {
    "takes it and hangs up": Server((hangs_up,)),
    "hangs up at once": Server((hangs_up,), before=hangs_up, counts_connections=True),
    "reads half": Server((resets,), most=40_000),
    "answers half": Server((says(wires.OK[:-1], then=False),)),
    "answers half a header": Server((says(b"HTTP/1.1 200 OK\r\nContent-Ty", then=False),)),
    "resets after commit": Server((resets,)),
    "speaks no HTTP": Server((says(b"220 mail ready\r\n", then=False),)),
    "sends interim answers and hangs up": Server(
        (says(b"HTTP/1.1 102 Processing\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\n\r\n", then=False),)
    ),
    "switches protocols": Server((says(b"HTTP/1.1 101 Switching Protocols\r\n\r\n"),)),
    "is busy, then resets": Server((UNAVAILABLE, resets)),
    "resets, then is locked": Server((resets, says(answer(LOCK)))),
}
TOLD = {
    #                                     GET                                    POST
    "takes it and hangs up": (Told(5, "TransportError", False), Told(1, "TransportError", True)),
    "hangs up at once": (Told(5, "TransportError", False), Told(1, "TransportError", True)),
    "reads half": (Told(5, "TransportError", False), Told(1, "TransportError", True)),
    "answers half": (Told(5, "TransportError", False), Told(1, "TransportError", True)),
    "answers half a header": (Told(5, "TransportError", False), Told(1, "TransportError", True)),
    "resets after commit": (Told(5, "TransportError", False), Told(1, "TransportError", True)),
    "speaks no HTTP": (Told(5, "TransportError", False), Told(1, "TransportError", True)),
    "sends interim answers and hangs up": (
        Told(5, "TransportError", False),
        Told(1, "TransportError", True),
    ),
    "switches protocols": (Told(5, "TransportError", False), Told(1, "TransportError", True)),
    "is busy, then resets": (Told(5, "TransportError", False), Told(1, "TemporaryError", True)),
    "resets, then is locked": (Told(5, "LockContention", False), Told(1, "TransportError", True)),
}
OTHERS = {
    ("takes it and hangs up", "PUT"): Told(1, "TransportError", True),
    ("takes it and hangs up", "DELETE"): Told(5, "TransportError", True),
    ("takes it and hangs up", "keyed POST"): Told(5, "TransportError", True),
    ("resets after commit", "PUT"): Told(1, "TransportError", True),
    ("is busy, then resets", "keyed POST"): Told(5, "TransportError", True),
    ("resets, then is locked", "DELETE"): Told(5, "LockContention", True),
    ("resets, then is locked", "keyed POST"): Told(2, "LockContention", True),
}
TWO_PLACES = ("plain", "in except ConnectionRefusedError")
CASES = [
    *(
        (client, place, server, method)
        for client, places in (("Client", PLACES), ("AsyncClient", TWO_PLACES))
        for place in places
        for server in SERVERS
        for method in ("GET", "POST")
    ),
    *(
        (client, place, server, method)
        for client in ("Client", "AsyncClient")
        for place in TWO_PLACES
        for server, method in OTHERS
    ),
]
BODY = b"x" * 100_000


def requesting(client: str, url: str, method: str) -> Callable[[], Any]:
    """Return a function that makes a client and the call once."""
    verb = method.rpartition(" ")[2]
    options: dict[str, Any] = {"body": BODY if verb != "GET" else None}
    options["idempotency_key"] = "k" if method == "keyed POST" else None

    async def await_call(client: Client) -> Any:
        async with AsyncClient.of(client) as asynchronous:
            return await asynchronous.request(verb, "/v1/payments", **options)

    def call() -> Any:
        made = Client(None, url, token="fake-t0ken", allow_writes=True)
        clock = Clock()
        made._connection.sleep, made._connection.clock = clock.sleep, clock
        with made:
            if client == "AsyncClient":
                return asyncio.run(await_call(made))
            return made.request(verb, "/v1/payments", **options)

    return call


def calling(url: str, method: str) -> Callable[[], Any]:
    """Return a function that makes the call of an operation once."""
    clock = Clock()
    verb = method.rpartition(" ")[2]
    headers = Headers({"Idempotency-Key": "k"} if method == "keyed POST" else {})
    request = Request(verb, f"{url}/v1/payments", headers, BODY if verb != "GET" else None, "Any")

    def call() -> Any:
        sender = Transport(url, Policy(clock.sleep, lambda: 1.0, clock))
        try:
            return sender.exchange(request, lambda reply: interpret(request, reply), None)
        finally:
            sender.close()

    return call


def told(error: Any, asked: int) -> Told:
    return Told(asked, type(error).__name__, error.may_have_been_applied)


@pytest.mark.parametrize(("client", "place", "name", "method"), CASES)
def test_what_may_have_been_done_is_told_and_not_sent_again(
    client: str, place: str, name: str, method: str
) -> None:
    server = SERVERS[name]
    with wire(*server.behaviours, before=server.before, most=server.most) as tenant:
        with pytest.raises(errors.DynzuoraError) as caught:
            PLACES[place](requesting(client, tenant.url, method))
        asked = tenant.connections if server.counts_connections else len(tenant.seen)
    expected = OTHERS.get((name, method)) or TOLD[name][method == "POST"]
    assert told(caught.value, asked) == expected
    assert "Nothing was sent" not in str(caught.value)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
def test_what_no_server_took_was_not_sent_and_is_tried_again(place: str, method: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    with pytest.raises(errors.TransportError) as caught:
        PLACES[place](calling(url, method))
    assert (type(caught.value), caught.value.may_have_been_applied, caught.value.outcome) == (
        errors.TransportError,
        False,
        "not sent",
    )
    assert str(caught.value) == (
        f"Any: no connection to {url}: nothing takes connections there. Is the address right, "
        "and its port? (5 tries) Nothing was sent."
    )


@pytest.mark.parametrize("place", PLACES)
def test_a_payment_in_any_place_is_made_once_where_the_server_answers(place: str) -> None:
    with wire(says(wires.OK)) as tenant:
        reply = PLACES[place](calling(tenant.url, "POST"))
    assert (reply, tenant.seen) == ({}, ["POST /v1/payments HTTP/1.1"])


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_silence_in_any_place_is_a_timeout_of_one_request(method: str) -> None:
    release = threading.Event()
    with wire(lambda connection: release.wait(5) and False) as tenant:
        request = Request(method, f"{tenant.url}/v1/payments", Headers(), b"{}", "Any")
        sender = Transport(tenant.url, Policy(lambda seconds: None, lambda: 1.0, Clock()))
        limits = sender.limits._replace(read=0.1)
        try:
            raise ConnectionRefusedError
        except ConnectionRefusedError:
            with pytest.raises(errors.Timeout) as caught:
                sender.exchange(request, lambda reply: reply, None, limits=limits)
        release.set()
        sender.close()
    assert (caught.value.may_have_been_applied, len(tenant.seen)) == (True, 1)
