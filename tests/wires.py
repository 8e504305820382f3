"""A server on a bare socket: what it does with each connection is a small function.

What a behaviour is given is the connection and the head and body of one request; it answers
as it likes and returns whether it goes on with this connection. What arrived is kept in
``seen``, whole requests and broken ones alike.
"""

from __future__ import annotations

import contextlib
import re
import socket
import struct
import threading
from collections.abc import Callable, Iterator

Behaviour = Callable[[socket.socket], bool]

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


def answer(content: bytes, status: bytes = b"200 OK") -> bytes:
    """The bytes of an answer of JSON."""
    head = b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    return head % (status, len(content)) + content


def says(*pieces: bytes, then: bool = True) -> Behaviour:
    """Send these bytes, and go on with the connection or hang up."""

    def behave(connection: socket.socket) -> bool:
        for piece in pieces:
            connection.sendall(piece)
        return then

    return behave


def hangs_up(connection: socket.socket) -> bool:
    return False


def resets(connection: socket.socket) -> bool:
    """End the connection with RST, which loses what was not read yet."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return False


class Wire:
    """The address, and the first line of every request that arrived, whole or not."""

    def __init__(self, behaviours: list[Behaviour], before: Behaviour | None, most: int | None) -> None:
        self.seen: list[str] = []
        self.connections = 0
        self._behaviours = behaviours
        self._before = before
        self._most = most
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self._threads = [threading.Thread(target=self._serve, daemon=True)]
        self._threads[0].start()

    def refuse(self) -> None:
        """Take no more connections."""
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def close(self) -> None:
        """Take no more connections, and wait for those that there are."""
        self.refuse()
        for thread in self._threads:
            thread.join(5)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            thread = threading.Thread(target=self._talk, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _talk(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.settimeout(5)
            if self._before is not None and not self._before(connection):
                return
            while self._read(connection):
                number = min(len(self.seen), len(self._behaviours)) - 1
                if not self._behaviours[number](connection):
                    return

    def _read(self, connection: socket.socket) -> bool:
        """Read one request, or as much of its body as it is to be read; False where there is none."""
        content = b""
        while b"\r\n\r\n" not in content:
            piece = connection.recv(65536)
            if not piece:
                return False
            content += piece
        head, _, body = content.partition(b"\r\n\r\n")
        self.seen.append(head.split(b"\r\n")[0].decode())
        length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        wanted = min(int(length[1]) if length else 0, self._most if self._most is not None else 10**9)
        while len(body) < wanted:
            piece = connection.recv(65536)
            if not piece:
                return False
            body += piece
        return True


@contextlib.contextmanager
def wire(*behaviours: Behaviour, before: Behaviour | None = None, most: int | None = None) -> Iterator[Wire]:
    """Run a server whose n-th request is met by the n-th behaviour, later ones by the last.

    ``before`` is done with a connection before anything is read; ``most`` is how many bytes of a
    body are read.
    """
    server = Wire(list(behaviours) or [hangs_up], before, most)
    try:
        yield server
    finally:
        server.close()
