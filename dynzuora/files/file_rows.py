"""`FileRows`: the rows of files on the server, which are downloaded as rows are taken."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Self

from dynzuora import _json, _media_types
from dynzuora.display import render
from dynzuora.display.cards import work_card
from dynzuora.files.locations import Download
from dynzuora.files.rows import open_rows
from dynzuora.files.saving import save
from dynzuora.http import Headers, Request
from dynzuora.tables.tabular import RowTypes, Tabular

if TYPE_CHECKING:
    from dynzuora.operation import Operation
    from dynzuora.operation.caller import Caller


_BATCH = 1000
"""Rows that are read together."""


class FileRows(Tabular):
    """A one-pass iterator over the rows of files on the server, in any format and compression.

    Each file is downloaded to a temporary folder when its first row is taken. In a dry run
    the requests are the rows.
    """

    resume_token = None
    """As `Items` has it; files are always read from the start."""

    def __init__(
        self,
        caller: Caller,
        downloads: Iterable[Download],
        *,
        limit: int | None = None,
        progress: bool | None = None,
    ) -> None:
        downloads = list(downloads)
        self._limit = limit
        self._floats = caller.floats
        self._files = len(downloads)
        self._rows = itertools.islice(_download_rows(caller, downloads, progress), limit)
        self._next: list[Any] = []

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        return self._next.pop() if self._next else next(self._rows)

    def first(self) -> Any:
        """Return the next row without taking it, None at the end."""
        self._next = self._next or [*itertools.islice(self._rows, 1)]
        return self._next[0] if self._next else None

    def to_list(self) -> list[Any]:
        """Take and return the remaining rows."""
        return list(self)

    def _row_batches(self) -> Iterator[list[Any]]:
        while rows := [*itertools.islice(self, _BATCH)]:
            yield rows

    def _row_types(self) -> RowTypes:
        return RowTypes(floats=self._floats)

    def __repr__(self) -> str:
        return f"<FileRows of {self._summary()}; read them with .first(), .to_list(), .to_df() or for>"

    def _repr_html_(self) -> str:
        state = f"{self._summary()}, downloaded when read"
        ways = (".first()", ".to_list()", ".to_df()", "for row in …:")
        card = work_card("Rows of files", state, hint="Read them with", code=ways)
        return render("work", **card)

    def _summary(self) -> str:
        files = f"{self._files:,} {'file' if self._files == 1 else 'files'}"
        return files if self._limit is None else f"{files}, the first {self._limit:,} rows"


def _download_rows(caller: Caller, downloads: Iterable[Download], progress: bool | None) -> Iterator[Any]:
    """Yield the rows of each file. Not a method: a reference cycle would keep the folder alive."""
    _json.expect_much()
    for download in downloads:
        with tempfile.TemporaryDirectory(prefix="dynzuora-") as folder:
            received: list[Headers] = []
            saved = save(caller, download, f"{folder}/", progress=progress, on_headers=received.append)
            if isinstance(saved, Request):
                yield saved
                continue
            charset = _media_types.charset(received[-1].get("Content-Type", ""))
            yield from open_rows(saved, floats=caller.floats, charset=charset)


def response_rows(
    caller: Caller,
    operation: Operation,
    body: Any,
    params: Mapping[str, Any],
    *,
    limit: int | None = None,
    progress: bool | None = None,
    resume: str | None = None,
) -> FileRows:
    """Return the rows of the file that an operation returns, checked; nothing is sent yet.

    Raises `InvalidRequest`, and TypeError for a resume token.
    """
    from dynzuora.lists import checked_limit

    if resume:
        raise TypeError(f"{operation.id} returns one file, which has no resume token.")
    limit = checked_limit(operation, limit)
    download = Download(caller.checked(operation, body, params), operation.id)
    return FileRows(caller, [download], limit=limit, progress=progress)
