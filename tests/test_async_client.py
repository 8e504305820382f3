"""`AsyncClient`: the client's own methods, awaited; a cancelled call ends and says what it may have done."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import inspect
import signal
import socket
import threading
import traceback
from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple

import pytest

from dynzuora import AsyncClient, Client, _cancelling, errors
from dynzuora.aio import AsyncJob, AsyncRows
from dynzuora.calls import METHODS
from dynzuora.jobs import Job
from dynzuora.lists import Items
from tests import wires
from tests.wires import Behaviour, answer, says, wire

LOCKED = answer(b'{"success": false, "reasons": [{"code": 53500050, "message": "busy"}]}')
LATER = 5.0
"""Seconds after which a test gives up."""


def public(owner: type) -> set[str]:
    return {name for name in dir(owner) if not name.startswith("_")}


def signature(owner: type, name: str) -> list[str]:
    return list(inspect.signature(getattr(owner, name)).parameters)[1:]


def test_it_has_every_method_of_the_client_and_of_what_the_methods_return() -> None:
    assert public(AsyncClient) == public(Client) | {"of"}
    assert public(AsyncJob) - {"kind", "reply"} == public(Job)
    assert public(AsyncRows) == public(Items) - {"ready", "waits"}
    assert set(METHODS) <= public(AsyncClient)


@pytest.mark.parametrize("name", sorted(public(Client) - {"sandbox"}))
def test_a_method_has_the_arguments_and_the_documentation_of_the_client_s(name: str) -> None:
    own, other = (getattr(owner, name) for owner in (AsyncClient, Client))
    assert own.__doc__
    if inspect.isfunction(other) and name != "close":
        assert (signature(AsyncClient, name), own.__doc__) == (signature(Client, name), other.__doc__)


def test_it_is_made_with_the_arguments_of_the_client() -> None:
    assert list(inspect.signature(AsyncClient).parameters) == list(inspect.signature(Client).parameters)
    assert inspect.signature(AsyncClient.sandbox).parameters == inspect.signature(Client.sandbox).parameters
    with pytest.raises(TypeError, match=r"Did you mean environment=\?"):
        AsyncClient(enviroment="SBX")  # type: ignore[call-arg]


def test_results_are_those_of_the_client() -> None:
    calls = [{"account_key": key} for key in ("A00000001", "none")]
    with Client.sandbox() as client:
        synchronous = (
            client.call("GET_SequenceSets"),
            client.items("GET_SequenceSets").to_list(),
            [(row.index, type(row.error)) for row in client.map("GET_Account", calls)],
            client.query("select count(*) as accounts from account").to_list(),
            [row["name"] for row in client.sync("Account", columns=["Name"]).rows()],
            client.ops.GET_SequenceSets(page_size=1),
            client.search("cancle subscription")[0].id,
        )

    async def main() -> Any:
        async with AsyncClient.sandbox() as client:
            sync = await client.sync("Account", columns=["Name"])
            return (
                await client.call("GET_SequenceSets"),
                [row async for row in client.items("GET_SequenceSets")],
                [(row.index, type(row.error)) async for row in client.map("GET_Account", calls)],
                await client.query("select count(*) as accounts from account").to_list(),
                [row["name"] async for row in sync.rows()],
                await client.ops.GET_SequenceSets(page_size=1),
                (await client.search("cancle subscription"))[0].id,
            )

    assert asyncio.run(main()) == synchronous


def test_a_job_is_awaited() -> None:
    async def main() -> Any:
        async with AsyncClient.sandbox() as client:
            job = await client.submit("POST_BillingPreviewRun", body={"targetDate": "2026-02-01"})
            return await (await job.wait()).status, (await job.result())["status"]

    assert asyncio.run(main()) == ("Completed", "Completed")


def test_pages_are_requested_as_rows_are_taken() -> None:
    tries: list[str] = []

    async def main() -> Any:
        client = AsyncClient.sandbox(on_attempt=lambda request, attempt: tries.append(request.operation_id))
        rows = client.items("GET_SequenceSets", page_size=1)
        seen = [len(tries)]
        async for _ in rows:
            seen.append(tries.count("GET_SequenceSets"))
            break
        return [*seen, len(await rows.to_list()), tries.count("GET_SequenceSets")]

    assert asyncio.run(main()) == [0, 1, 1, 3]


def test_rows_of_a_page_that_was_read_take_no_thread() -> None:
    async def main() -> Any:
        client = AsyncClient.sandbox()
        rows = client.items("GET_SequenceSets")
        first = await anext(rows)
        client._runner.close = client._runner._calls = client._runner._long = None  # type: ignore[assignment, method-assign]
        return first["name"], (await anext(rows))["name"]

    assert asyncio.run(main()) == ("DEFAULT", "FR")


def test_one_client_serves_several_loops_and_views() -> None:
    client = AsyncClient.sandbox()

    async def main() -> Any:
        request = await client.with_entity("e").prepare("GET_SequenceSets")
        return (await client.call("GET_SequenceSets"))["success"], request.headers["Zuora-Entity-Ids"]

    assert [asyncio.run(main()), asyncio.run(main())] == [(True, "e"), (True, "e")]


def test_context_variables_and_tracebacks_cross_threads() -> None:
    name = contextvars.ContextVar("name", default="")
    seen: list[str] = []

    async def main() -> None:
        client = AsyncClient.sandbox(on_attempt=lambda request, attempt: seen.append(name.get()))
        name.set("mine")
        await client.call("GET_SequenceSets")
        [_ async for _ in client.map("GET_SequenceSets", [{}])]
        await client.call("GET_Account", account_key="none")

    with pytest.raises(errors.NotFound) as caught:
        asyncio.run(main())
    assert set(seen) == {"mine"}
    assert {"main", "interpret"} <= {frame.name for frame in traceback.extract_tb(caught.value.__traceback__)}


# Cancelled


class Situation(NamedTuple):
    """A method, and what the server does; by ``moment`` the test knows that it is time to cancel."""

    method: str
    behave: Callable[[threading.Event, threading.Event], Behaviour]
    told: bool
    note: str
    key: str | None = None
    most: int | None = None
    size: int = 2


def holds(moment: threading.Event, closed: threading.Event, *pieces: bytes) -> Behaviour:
    """Send ``pieces``, say so, and wait until the client hangs up."""

    def behave(connection: socket.socket) -> bool:
        for piece in pieces:
            connection.sendall(piece)
        moment.set()
        with contextlib.suppress(ConnectionError):
            while connection.recv(65536):
                pass
        closed.set()
        return False

    return behave


LOOK = "It may have been done: look before you send it again."
UNCHANGED = "Nothing was changed: sending it again is safe."
SITUATIONS = {
    "a payment without an answer": Situation("POST", holds, True, LOOK),
    "a payment with half an answer": Situation(
        "POST", lambda moment, closed: holds(moment, closed, wires.OK[:-1]), True, LOOK
    ),
    "a payment with half an answer that the end of the connection ends": Situation(
        "POST",
        lambda moment, closed: holds(moment, closed, b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{"),
        True,
        LOOK,
    ),
    "a payment of which a part was read": Situation("POST", holds, True, LOOK, most=1000, size=5_000_000),
    "a keyed payment without an answer": Situation("POST", holds, True, LOOK, key="k"),
    "a PUT without an answer": Situation("PUT", holds, True, LOOK),
    "a GET without an answer": Situation("GET", holds, False, UNCHANGED),
}


async def cancelled(task: asyncio.Task[Any], moment: threading.Event) -> asyncio.CancelledError:
    """Cancel a task once it is time, and return its error."""
    assert await asyncio.to_thread(moment.wait, LATER)
    task.cancel()
    with pytest.raises(asyncio.CancelledError) as caught:
        await task
    return caught.value


def verdict(error: BaseException) -> tuple[bool, str]:
    return getattr(error, "may_have_been_applied"), error.__notes__[0]  # noqa: B009  # unknown to checkers


def client_of(url: str, **arguments: Any) -> AsyncClient:
    return AsyncClient(None, url, token="fake-t0ken", allow_writes=True, **arguments)


@pytest.mark.parametrize("situation", SITUATIONS.values(), ids=SITUATIONS)
def test_a_cancelled_call_closes_its_connection_and_says_what_it_may_have_done(situation: Situation) -> None:
    moment, closed = threading.Event(), threading.Event()

    async def main(url: str) -> Any:
        async with client_of(url) as client:
            body = b"x" * situation.size if situation.method != "GET" else None
            call = client.request(situation.method, "/v1/payments", body=body, idempotency_key=situation.key)
            error = await cancelled(asyncio.create_task(call), moment)
            return *verdict(error), await asyncio.to_thread(closed.wait, LATER)

    with wire(situation.behave(moment, closed), most=situation.most) as tenant:
        outcome = asyncio.run(main(tenant.url))
    note = f"dynzuora: the call was cancelled. {situation.note}"
    assert (outcome, len(tenant.seen)) == ((situation.told, note, True), 1)


@pytest.mark.parametrize(
    ("reply", "key", "told", "note"),
    [
        pytest.param(LOCKED, None, False, UNCHANGED, id="refused, so not done"),
        pytest.param(answer(b"", b"503 Service Unavailable"), "k", True, LOOK, id="outcome unknown"),
    ],
)
def test_a_wait_between_tries_ends_at_once(reply: bytes, key: str | None, told: bool, note: str) -> None:
    moment = threading.Event()

    def sleep(seconds: float) -> None:
        moment.set()
        _cancelling.sleep(1000)

    async def main(url: str) -> Any:
        client = client_of(url)
        client._client._connection.sleep = sleep
        task = asyncio.create_task(client.request("POST", "/v1/payments", body=b"{}", idempotency_key=key))
        error = await cancelled(task, moment)
        await asyncio.to_thread(client._runner._calls.shutdown)  # the thread has ended
        return verdict(error)

    with wire(says(reply)) as tenant:
        told_of = asyncio.run(main(tenant.url))
    assert (told_of[0], len(tenant.seen)) == (told, 1)
    assert note in told_of[1] or (not told and "Nothing was" in told_of[1])


def test_a_call_that_waits_for_a_thread_is_not_sent() -> None:
    moment, closed = threading.Event(), threading.Event()

    async def main(url: str) -> Any:
        client = AsyncClient.of(Client(None, url, token="fake-t0ken", allow_writes=True), workers=1)
        first, second = (
            asyncio.create_task(client.request("POST", f"/v1/{n}", body=b"{}")) for n in ("first", "second")
        )
        assert await asyncio.to_thread(moment.wait, LATER)
        return verdict(await cancelled(second, moment)), verdict(await cancelled(first, moment))

    with wire(holds(moment, closed)) as tenant:
        outcome = asyncio.run(main(tenant.url))
    assert outcome == (
        (False, "dynzuora: the call was cancelled. Nothing was sent."),
        (True, f"dynzuora: the call was cancelled. {LOOK}"),
    )
    assert tenant.seen == ["POST /v1/first HTTP/1.1"]


def test_a_call_cancelled_during_the_login_sends_nothing_and_leaves_the_token_to_the_others() -> None:
    moment, release = threading.Event(), threading.Event()

    def log_in(connection: socket.socket) -> bool:
        moment.set()
        release.wait(LATER)
        connection.sendall(answer(b'{"access_token": "fake", "expires_in": 3600}'))
        return True

    async def main(url: str) -> Any:
        client = AsyncClient(None, url, client_id="fake", client_secret="fake", allow_writes=True)
        first, second = (
            asyncio.create_task(client.request("POST", f"/v1/{n}", body=b"{}")) for n in ("first", "second")
        )
        told = verdict(await cancelled(first, moment))
        release.set()
        reply = await second
        await client.close()
        return told, reply

    with wire(log_in, says(wires.OK)) as tenant:
        outcome = asyncio.run(main(tenant.url))
    assert outcome == ((False, "dynzuora: the call was cancelled. Nothing was sent."), {})
    assert tenant.seen == ["POST /oauth/token HTTP/1.1", "POST /v1/second HTTP/1.1"]


def test_a_timeout_of_asyncio_has_the_verdict_in_its_cause() -> None:
    moment, closed = threading.Event(), threading.Event()

    async def main(url: str) -> None:
        client = client_of(url)
        async with asyncio.timeout(None) as timeout:
            task = asyncio.create_task(client.request("POST", "/v1/payments", body=b"{}"))
            assert await asyncio.to_thread(moment.wait, LATER)
            timeout.reschedule(0)
            await task

    with wire(holds(moment, closed)) as tenant, pytest.raises(TimeoutError) as caught:
        asyncio.run(main(tenant.url))
    assert caught.value.__cause__ is not None
    assert verdict(caught.value.__cause__)[0] is True


def test_closing_ends_calls_under_way_with_an_error_that_says_what_they_did() -> None:
    moment, closed = threading.Event(), threading.Event()

    async def main(url: str) -> None:
        client = client_of(url)
        task = asyncio.create_task(client.request("POST", "/v1/payments", body=b"{}"))
        assert await asyncio.to_thread(moment.wait, LATER)
        await client.close()
        await task

    with wire(holds(moment, closed)) as tenant, pytest.raises(errors.TransportError) as caught:
        asyncio.run(main(tenant.url))
    assert (caught.value.may_have_been_applied, len(tenant.seen)) == (True, 1)


def test_ctrl_c_closes_the_connections() -> None:
    moment, closed = threading.Event(), threading.Event()

    async def main(url: str) -> None:
        task = asyncio.create_task(client_of(url).request("POST", "/v1/payments", body=b"{}"))
        assert await asyncio.to_thread(moment.wait, LATER)
        asyncio.get_running_loop().call_soon(signal.raise_signal, signal.SIGINT)
        await task

    with wire(holds(moment, closed)) as tenant:
        with pytest.raises(KeyboardInterrupt):
            asyncio.run(main(tenant.url))
        assert closed.wait(LATER)


def test_a_cancelled_map_closes_its_connections_and_lists_unknown_outcomes() -> None:
    moment, closed = threading.Event(), threading.Event()

    async def main(url: str) -> Any:
        results = client_of(url).map("POST_CreatePayment", [{"body": {}, "validate": "off"}] * 3, workers=1)
        error = await cancelled(asyncio.create_task(_next(results)), moment)
        return error.__notes__, await asyncio.to_thread(closed.wait, LATER)

    with wire(holds(moment, closed)) as tenant:
        notes, was_closed = asyncio.run(main(tenant.url))
    assert notes[0] == f"dynzuora: the call was cancelled. {LOOK}"
    assert notes[1].startswith("POST_CreatePayment: stopped.")
    assert (was_closed, len(tenant.seen)) == (True, 1)


def _next(results: Any) -> Coroutine[Any, Any, Any]:
    async def take() -> Any:
        return await anext(results)

    return take()


def test_a_cancelled_wait_says_how_to_resume() -> None:
    moment = threading.Event()

    def sleep(seconds: float) -> None:
        moment.set()
        _cancelling.sleep(1000)

    async def main() -> Any:
        client = AsyncClient.sandbox()
        client._client._connection.sleep = sleep
        job = await client.submit("POST_BillingPreviewRun", body={"targetDate": "2026-02-01"})
        error = await cancelled(asyncio.create_task(job.wait()), moment)
        return job.id, error.__notes__[1]

    identifier, note = asyncio.run(main())
    assert note.startswith("Resume with client.submit('GET_BillingPreviewRun'")
    assert identifier in note
