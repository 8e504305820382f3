"""A child of a fork can call, whatever lock another thread of its parent held at that moment."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

import dynzuora
from dynzuora import _forks
from dynzuora.transport import Concurrency
from tests.servers import OK, Answer, Seen, running, script

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork"),
    # From 3.12 on Python warns of what is tested here.
    pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning"),
]


class Owner:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        _forks.register(self)

    def after_fork(self) -> None:
        self.lock = threading.Lock()


def exit_code_of(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_a_lock_that_was_held_at_a_fork_is_free_in_the_child_and_held_in_the_parent() -> None:
    owner = Owner()
    with owner.lock:
        child = os.fork()
        if child == 0:
            os._exit(0 if owner.lock.acquire(blocking=False) else 1)
        assert (exit_code_of(child), owner.lock.locked()) == (0, True)


def test_what_is_registered_is_not_kept_alive() -> None:
    before = len(_forks._owners)
    owner = Owner()
    assert len(_forks._owners) == before + 1
    del owner
    gc.collect()
    assert len(_forks._owners) <= before


# Each lock of a client, held by another thread at the moment of a fork

ANSWERS_IN = 10
"""Seconds after which a child that hangs is ended by an alarm."""


def child_calls(client: dynzuora.Client) -> int:
    """Fork; the child reads something and exits with 0."""
    child = os.fork()
    if child == 0:
        signal.alarm(ANSWERS_IN)
        try:
            client.call("GET_SequenceSets")
        finally:
            os._exit(0 if sys.exception() is None else 1)
    return exit_code_of(child)


@contextmanager
def held(lock: Any) -> Iterator[None]:
    """Hold a lock in another thread while the block runs."""
    taken, release = threading.Event(), threading.Event()

    def hold() -> None:
        with lock:
            taken.set()
            release.wait(60)

    thread = threading.Thread(target=hold, daemon=True)
    thread.start()
    assert taken.wait(10)
    try:
        yield
    finally:
        release.set()
        thread.join()


def login(server: Any) -> dynzuora.Client:
    return dynzuora.Client(environment=server.url, client_id="0" * 36, client_secret="fake-secret")


LOCKS: dict[str, Callable[[Any], Any]] = {
    "first use": lambda connection: connection._lock,
    "token": lambda connection: connection._open()[1]._lock,
    "quota": lambda connection: connection._open()[0]._quota._lock,
    "concurrency": lambda connection: connection.concurrency._changed,
}


@pytest.mark.parametrize("name", LOCKS)
def test_a_child_can_call_whatever_lock_a_thread_of_its_parent_holds(name: str) -> None:
    answers = script(Answer(503, content=b""), OK)  # a repeat draws from the quota
    with running(answers) as server, login(server) as client:
        client._connection.sleep = lambda seconds: None
        client.document.operations["GET_SequenceSets"]  # read before the fork
        if name == "concurrency":
            client._connection.concurrency._limit = 8.0  # so that a success takes the lock
        with held(LOCKS[name](client._connection)):
            assert child_calls(client) == 0


def test_a_child_made_while_a_thread_fetches_a_token_fetches_its_own() -> None:
    asked, release = threading.Event(), threading.Event()

    def answers(seen: Seen) -> Answer:
        if seen.path == "/oauth/token" and not asked.is_set():
            asked.set()
            server.lock.release()  # other requests are answered meanwhile
            release.wait(60)
            server.lock.acquire()
        return script(OK)(seen)

    with running(answers) as server, login(server) as client:
        thread = threading.Thread(target=client.call, args=("GET_SequenceSets",), daemon=True)
        thread.start()
        assert asked.wait(30)
        assert child_calls(client) == 0
        release.set()
        thread.join()
        assert server.paths("/oauth") == ["/oauth/token"] * 2


def test_a_child_is_not_kept_waiting_by_calls_of_its_parent() -> None:
    concurrency = Concurrency(lambda: 0.0)
    concurrency.enter(lambda: False)
    concurrency._limit = 1.0  # full, by the parent's thread
    child = os.fork()
    if child == 0:
        signal.alarm(ANSWERS_IN)
        os._exit(0 if concurrency.enter(lambda: False) else 1)
    assert exit_code_of(child) == 0
