"""Read the body of an HTTP/1.1 request from a connection, in bounds, however it is framed.

RFC 9112, sections 6 and 7: a body has a length or comes in chunks, and whatever does not hold to
that is refused. The development server's own reader believes a chunk that is shorter than it says.
"""

from __future__ import annotations

import re
from email.message import Message
from io import BufferedIOBase
from typing import Final

_CHUNK: Final = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r\n")
_LONGEST_LINE: Final = 1000
_MOST_TRAILERS: Final = 100
_PIECE: Final = 65_536
"""Bytes read at once: memory is not allocated on the word of a Content-Length."""


class Body:
    """The body of the request with these ``headers``, as WSGI's ``wsgi.input``; read once."""

    def __init__(self, connection: BufferedIOBase, headers: Message) -> None:
        self._connection = connection
        self._lengths = headers.get_all("Content-Length", [])
        self._codings = headers.get_all("Transfer-Encoding", [])

    def read(self, size: int) -> bytes:
        """Return the whole body, or its first ``size`` bytes if it is longer.

        Raises OSError if it is not framed as RFC 9112 says, or ends early.
        """
        if not self._codings:
            return self._exactly(min(self._length(), size))
        if self._lengths:
            raise OSError("both Content-Length and Transfer-Encoding are given")
        if [coding.strip().lower() for coding in self._codings] != ["chunked"]:
            raise OSError(f"Transfer-Encoding {', '.join(self._codings)} is not supported")
        return self._chunks(size)

    def _length(self) -> int:
        lengths = set(self._lengths) or {"0"}
        if len(lengths) > 1 or not re.fullmatch("[0-9]{1,18}", min(lengths)):
            raise OSError(f"Content-Length {', '.join(sorted(lengths))} is not one number")
        return int(lengths.pop())

    def _chunks(self, size: int) -> bytes:
        content = bytearray()
        while length := self._chunk_length():
            content += self._exactly(min(length, size - len(content)))
            if len(content) >= size:
                return bytes(content)
            if self._exactly(2) != b"\r\n":
                raise OSError("a chunk is not as long as it says")
        for _ in range(_MOST_TRAILERS):
            if self._line() == b"\r\n":
                return bytes(content)
        raise OSError(f"there are more than {_MOST_TRAILERS} trailers")

    def _chunk_length(self) -> int:
        match = _CHUNK.fullmatch(self._line())
        if match is None:
            raise OSError("the length of a chunk is not valid")
        return int(match[1], 16)

    def _line(self) -> bytes:
        line = self._connection.readline(_LONGEST_LINE)
        if not line.endswith(b"\r\n"):
            raise OSError("a line is too long or does not end in CR LF")
        return line

    def _exactly(self, length: int) -> bytes:
        content = bytearray()
        while len(content) < length:
            piece = self._connection.read(min(length - len(content), _PIECE))
            if not piece:
                raise OSError(f"it ends after {len(content)} of {length} bytes")
            content += piece
        return bytes(content)
