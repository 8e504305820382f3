"""Downloads: written to a temporary file, which gets its final name once it is complete.

An interrupted download resumes where the server can confirm that the file is unchanged,
within a call and in a later one: a note beside ``.NAME.part`` identifies what it is a part
of.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from dynzuora import _codings
from dynzuora._warning import warn
from dynzuora.display.progress import Meter
from dynzuora.errors import ApiError, DynzuoraError, RequestWarning, TransportError
from dynzuora.files.locations import Download
from dynzuora.files.names import LONGEST_NAME, filename, safe_name, unused
from dynzuora.files.parts import Part, StartAgain, disk
from dynzuora.files.unpacking import unpack
from dynzuora.http import Headers, Request, only_reads

if TYPE_CHECKING:
    from dynzuora.operation.caller import Caller

_TRIES = 5
"""How often in a row a download may fail without receiving a byte."""
_RESTARTS = 5
"""How often a download may start again because the server sends a range of another file, or none."""
_CANNOT_RESUME = 416


def save(
    caller: Caller,
    download: Download,
    to: str | os.PathLike[str],
    *,
    prefix: str = "",
    unzip: bool = False,
    progress: bool | None = None,
    on_headers: Callable[[Headers], object] = lambda headers: None,
) -> Path | Request:
    """Download to the file ``to``, or into the folder ``to``, and return the path; in a dry run, the request.

    In a folder, an existing file with other content is never replaced. ``prefix`` precedes
    the server's file name. ``unzip`` unpacks gzip and ZIP; an archive of several files
    becomes a folder. ``on_headers`` gets the headers that the file came with. A later call
    resumes what an earlier one with the same request left.

    Raises what `Caller.send` raises, also for an error or HTML that the server sends instead of
    the file; `FileError` if the file cannot be written or unpacked.
    """
    if caller.options.dry_run:
        return download.request
    target = Path(to).expanduser()
    digest = _digest(download.request)
    reads = only_reads(download.request.method, download.request.operation_id)
    with disk(target):
        into_folder = target.is_dir() or str(to).endswith(("/", os.sep))
        folder = target if into_folder else target.parent
        folder.mkdir(parents=True, exist_ok=True)
        keeps_name = not into_folder and len(os.fsencode(target.name)) <= LONGEST_NAME
        part = Part(folder / f".{target.name if keeps_name else digest[:16]}.part", digest, keeps=reads)
    with Meter(f"download {target.name}", unit="B", enabled=progress) as meter:
        _fetch_whole(caller, download.request, part, meter)
    part.refuse_if_bad(download.request, caller.environment.key)
    on_headers(part.headers)
    file_name = safe_name(prefix + filename(part.headers, download.name))
    final = unused(folder / file_name, part.path) if into_folder else target
    part.become(final)
    if coding := _codings.unknown(part.headers.get("Content-Encoding", "")):
        warn(f"{final}: the server sent it packed as {coding[:40]!r}; it was not unpacked.", RequestWarning)
    return unpack(final, keep_name=not into_folder) if unzip else final


def _digest(request: Request) -> str:
    """Return what identifies a download, so that another call can resume it."""
    # A signature is new each time.
    url = request.url.partition("?")[0] if request.elsewhere else request.url
    return hashlib.sha256(f"{request.method} {url} {request.body!r}".encode()).hexdigest()


def _fetch_whole(caller: Caller, request: Request, part: Part, meter: Meter) -> None:
    failures, restarts, wait = 0, 0, 1.0
    try:
        while True:
            before = part.size
            part.meter, part.begun = meter, False
            try:
                headers = request.headers | part.request_headers()
                caller.send(request._replace(headers=headers), receive=part)
                part.check()
                return
            except (StartAgain, ApiError) as error:
                if isinstance(error, ApiError) and (error.status != _CANNOT_RESUME or not before):
                    raise
                part.forget()  # the file has changed
                restarts += 1
                if restarts > _RESTARTS or not part.keeps:
                    raise _given_up(part, error, restarts) from error
            except TransportError as error:
                failures = 0 if part.size > before else failures + 1
                if not part.begun or failures >= _TRIES:
                    raise
                if not part.keeps:  # it was done, and would be done again
                    error.may_have_been_applied = True
                    raise
                caller.sleep(wait)
                wait = min(wait * 1.5, 30.0)
    except BaseException:
        part.give_up()
        raise


def _given_up(part: Part, error: DynzuoraError, restarts: int) -> TransportError:
    return TransportError(
        f"{part.path.name}: the server sent parts of different files {restarts} times ({error}).",
        may_have_been_applied=not part.keeps,
    )
