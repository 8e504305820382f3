"""Cancel a call of another thread: its connection closes, and what it may have done is observed.

A thread makes its calls under a `Cancellation`, in the context variable `current`; any other thread may
cancel it. From then on nothing is sent: a try that has sent nothing is refused, one that is under way
loses its connection, and a wait between tries ends.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any, NamedTuple, Protocol


class Cancelled(Exception):
    """The call was cancelled before any of this try was sent."""


class Watch(Protocol):
    """What is observed of a try: `transport.connections.Watch`."""

    connection: Any
    """What has the socket that it uses as ``sock``; None before and after."""

    @property
    def sent(self) -> bool: ...


class _Try(NamedTuple):
    watch: Watch | None
    reads: bool
    doubt: bool

    @property
    def may_have_been_applied(self) -> bool:
        return self.doubt or (self.watch is not None and self.watch.sent and not self.reads)


class Cancellation:
    """What the calls under it have sent, in any number of threads, and whether they are to end."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cancelled = threading.Event()
        self._tries: dict[int, _Try] = {}
        self._earlier = False
        self.sent = False
        """Whether any try had been sent when it was cancelled, whatever it does."""
        self.may_have_been_applied = False
        """Whether anything may have been changed when it was cancelled."""

    def begin(self, watch: Watch, number: int, *, reads: bool, doubt: bool) -> None:
        """Note a try of this thread: the ``number``-th of its call, and what the ones before left.

        Raises `Cancelled`.
        """
        with self.sending():
            thread = threading.get_ident()
            last = self._tries.get(thread)
            self._earlier |= number == 1 and last is not None and last.may_have_been_applied
            self._tries[thread] = _Try(watch, reads, doubt)

    @contextlib.contextmanager
    def sending(self) -> Iterator[None]:
        """Note inside that something is sent, so that the verdict of `cancel` is true for good.

        Raises `Cancelled` if nothing more may be sent.
        """
        with self._lock:
            if self._cancelled.is_set():
                raise Cancelled("the call was cancelled.")
            yield

    def end(self, watch: Watch) -> None:
        """Note that a try is over: its connection may now serve another call."""
        with self._lock:
            watch.connection = None

    def settle(self, *, doubt: bool) -> None:
        """Note what the tries of this thread's call may have done, now that they were judged."""
        with self._lock:
            self._tries[threading.get_ident()] = _Try(None, True, doubt)

    def cancel(self) -> None:
        """End the calls. Returns at once; another time, it changes nothing."""
        with self._lock:
            if self._cancelled.is_set():
                return
            self._cancelled.set()
            watches = [last.watch for last in self._tries.values() if last.watch is not None]
            self.sent = any(watch.sent for watch in watches)
            self.may_have_been_applied = self._earlier or any(
                last.may_have_been_applied for last in self._tries.values()
            )
            for watch in watches:
                _hang_up(getattr(watch.connection, "sock", None))

    def wait(self, seconds: float) -> None:
        """Sleep, but not after it was cancelled."""
        self._cancelled.wait(seconds)


current: ContextVar[Cancellation | None] = ContextVar("current", default=None)
"""What ends the calls of this context."""


def settle(*, doubt: bool) -> None:
    """Note what the call of this context may have done so far; see `Cancellation.settle`."""
    cancellation = current.get()
    if cancellation is not None:
        cancellation.settle(doubt=doubt)


@contextlib.contextmanager
def shielded() -> Iterator[None]:
    """Finish what is done inside, even if the call is cancelled: other calls wait for it, too."""
    token = current.set(None)
    try:
        yield
    finally:
        current.reset(token)


def sleep(seconds: float) -> None:
    """Sleep as `time.sleep` does, until the call of this context is cancelled."""
    cancellation = current.get()
    if cancellation is None:
        time.sleep(seconds)
    else:
        cancellation.wait(seconds)


def _hang_up(sock: Any) -> None:
    """Wake the thread that is blocked on a socket. The connection cannot be used afterwards."""
    with contextlib.suppress(Exception):  # closed meanwhile, or not connected
        if isinstance(sock, socket.socket):
            # Not SSLSocket's own, which drops the TLS object that the other thread is using.
            socket.socket.shutdown(sock, socket.SHUT_RDWR)
        elif sock is not None:
            sock.shutdown(socket.SHUT_RDWR)
