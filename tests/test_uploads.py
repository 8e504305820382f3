"""Files are streamed from where they are, at each try anew; one that is gone is told."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import pytest

from dynzuora import errors
from dynzuora.http import Headers, Part, Request
from dynzuora.replies import interpret
from dynzuora.transport import Policy, Transport
from tests.servers import OK, Answer, Seen, running, script
from tests.wires import resets, wire

LOCKED = Answer(200, {"success": False, "reasons": [{"code": 53500050, "message": "busy"}]})
LARGE = 3_000_000
"""Bytes: more than is sent as one."""


def send(url: str, content: Any, sleep: Callable[[float], None] = lambda seconds: None) -> Any:
    parts = (Part("file", content, "usage.csv", "text/csv"), Part("params", b"{}", None, "application/json"))
    request = Request("POST", f"{url}/v1/usage", Headers(), parts, "POST_Usage")
    sender = Transport(url, Policy(sleep, lambda: 0.5, lambda: 0.0))
    try:
        return sender.exchange(request, lambda reply: interpret(request, reply), None)
    finally:
        sender.close()


def file_in(seen: Seen) -> bytes:
    """The file of a multipart body, as it arrived."""
    return seen.body.partition(b"\r\n\r\n")[2].partition(b"\r\n--")[0]


class Unseekable(io.RawIOBase):
    """What comes out of a pipe."""

    def __init__(self, content: bytes) -> None:
        self._content = io.BytesIO(content)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._content.readinto(buffer)


def sources(folder: Path, content: bytes) -> dict[str, Any]:
    path = folder / "usage.csv"
    path.write_bytes(content)
    return {
        "bytes": content,
        "a path": path,
        "a file": open(path, "rb"),
        "a text file": open(path, encoding="ascii"),
        "a pipe": io.BufferedReader(Unseekable(content)),
        "a file read to its end": io.BytesIO(content),
    }


@pytest.mark.parametrize("size", [0, 10, LARGE])
@pytest.mark.parametrize(
    "name", ["bytes", "a path", "a file", "a text file", "a pipe", "a file read to its end"]
)
def test_each_try_sends_the_whole_file(name: str, size: int, tmp_path: Path) -> None:
    content = b"a,b\n" * (size // 4)
    given = sources(tmp_path, content)
    given["a file read to its end"].read()
    with running(script(LOCKED, OK)) as server:
        send(server.url, given[name])
        assert [file_in(each) == content for each in server.seen] == [True, True]
        lengths = [int(each.headers["Content-Length"]) for each in server.seen]
    assert lengths == [len(each.body) for each in server.seen]
    for each in given.values():
        if isinstance(each, IO | io.IOBase):
            each.close()


def test_a_large_file_needs_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "usage.csv"
    with path.open("wb") as file:
        file.truncate(64_000_000)
    read: list[int] = []

    def swallow(connection: Any) -> bool:
        while piece := connection.recv(1_000_000):
            read.append(len(piece))
            if piece.endswith(b"--\r\n"):
                break
        return resets(connection)

    with wire(swallow, most=0) as server:
        tracemalloc.start()
        with pytest.raises(errors.TransportError):
            send(server.url, path)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert (sum(read) > 60_000_000, peak < 8_000_000) == (True, True)


@pytest.mark.parametrize("tries", [1, 2])
def test_a_file_that_is_gone_before_a_try_is_told(tries: int, tmp_path: Path) -> None:
    path = tmp_path / "usage.csv"
    path.write_bytes(b"a,b\n")
    if tries == 1:
        path.unlink()
    with running(script(LOCKED, OK)) as server:
        with pytest.raises(errors.TransportError) as caught:
            send(server.url, path, sleep=lambda seconds: path.unlink())
        assert len(server.seen) == tries - 1
    often = " (2 tries)" if tries == 2 else ""
    assert (str(caught.value), caught.value.outcome, caught.value.may_have_been_applied) == (
        f"POST_Usage: the file {path} cannot be read: No such file or directory.{often} Nothing was sent.",
        "local",
        False,
    )


class Shrinking(io.BytesIO):
    """A file that ends sooner than its size says."""

    def seek(self, offset: int, whence: int = 0) -> int:
        return super().seek(offset, whence) + (100 if whence == io.SEEK_END else 0)


@pytest.mark.parametrize("size", [4, LARGE])
def test_a_file_that_becomes_shorter_is_told_and_not_padded(size: int) -> None:
    with wire(resets) as server:
        with pytest.raises(errors.TransportError, match="became shorter while it was sent") as caught:
            send(server.url, Shrinking(b"x" * size))
        assert caught.value.may_have_been_applied is (size == LARGE)


def test_a_closed_file_is_told() -> None:
    file = io.BytesIO(b"a,b\n")
    file.close()
    with running(script(OK)) as server, pytest.raises(errors.TransportError, match="closed file"):
        send(server.url, file)
