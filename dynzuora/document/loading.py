"""From a source to its prepared form, by the shortest way: there already, kept from before, or made now.

What was made is kept under a key that hashes everything that went in. It is plain
JSON, written aside and put in place with one rename, so that any number of processes
can start at once; what is damaged, a link or another user's is made again.
"""

from __future__ import annotations

import contextlib
import os
import stat
import time
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dynzuora._warning import warn
from dynzuora.configuration.folders import folder
from dynzuora.document import sources
from dynzuora.document.prepared import INDEX, SLICES, WARNINGS, Damaged, Prepared, from_folder, in_memory
from dynzuora.errors import SpecError, SpecWarning

if TYPE_CHECKING:
    from dynzuora.document.preparing import Origin

#: Part of every key: raise it when the same document is prepared to something else.
PREPARER_VERSION = 2

#: What overlays are called, and their bytes.
Overlays = Sequence[tuple[str, bytes]]


def prepare(source: Any = None, *, overlay: Any = None, external_files: bool = False) -> Prepared:
    """Return a document ready for use. None is the bundled default.

    ``source`` is a known version, a path, a URL, bytes or a mapping; ``overlay`` one
    OpenAPI Overlay (a path, bytes or a mapping) or a list of them. ``external_files``
    lets the document refer to files below its own folder, which nothing else does.

    Raises:
        SpecError: there is no such document, or it cannot be used.
    """
    if isinstance(source, Prepared):
        if overlay is not None or external_files:
            raise SpecError(
                f"{source.source} is prepared already; "
                "give overlay and external_files with the document itself.",
                source=source.source,
            )
        return source
    document = sources.find(source)
    overlays = sources.overlay_contents(overlay)
    if document.prepared is not None and not overlays and not external_files:
        with contextlib.suppress(OSError, Damaged):
            return from_folder(document.prepared, source=document.name)[0]
    content = document.read()
    key = digest_of(content, overlays, external_files=external_files)

    def again() -> Prepared:
        content = document.read()
        if digest_of(content, overlays, external_files=external_files) != key:
            raise SpecError(
                f"{document.name} has changed since it was loaded; load it again.", source=document.name
            )
        return _made(document, content, overlays, external_files, key)

    if document.lasting:
        with contextlib.suppress(OSError, Damaged):
            return _kept(_place(key), key, document, again)
    return _made(document, content, overlays, external_files, key)


def _made(
    document: sources.Found, content: bytes, overlays: Overlays, external_files: bool, key: str
) -> Prepared:
    from dynzuora.document import preparing  # and all that it needs; a warm start never comes here

    files = preparing.prepared_files(_origin(document, content, overlays, external_files), key)
    if document.lasting:
        _keep(files, _place(key))
    return in_memory(files, source=document.name)


def repaired(source: Any = None, *, overlay: Any = None, external_files: bool = False) -> dict[str, Any]:
    """Return the whole document as it is before it is cut: OpenAPI 3.0, repaired, overlays applied."""
    from dynzuora.document import preparing

    document = sources.find(source)
    overlays = sources.overlay_contents(overlay)
    return preparing.repaired(_origin(document, document.read(), overlays, external_files))[0]


def _origin(document: sources.Found, content: bytes, overlays: Overlays, external_files: bool) -> Origin:
    from dynzuora.document import preparing
    from dynzuora.document.overlay import read_overlay

    return preparing.Origin(
        content,
        document.name,
        overlays=[read_overlay(content, name) for name, content in overlays],
        file=document.file,
        external_files=external_files,
    )


def digest_of(content: bytes, overlays: Overlays = (), *, external_files: bool = False) -> str:
    """Return the SHA-256 of everything that goes into a prepared document."""
    import hashlib

    digest = hashlib.sha256(f"{PREPARER_VERSION} {external_files}\n".encode())
    for part in (content, *(overlay for _, overlay in overlays)):
        digest.update(f"{len(part)}\n".encode())
        digest.update(part)
    return digest.hexdigest()


# -- the cache --------------------------------------------------------------------------


def _place(key: str) -> Path:
    return folder("cache") / "prepared" / f"{key[:32]}-{_code_stamp()}"


@cache
def _code_stamp() -> str:
    """Return a mark of the code that prepares: what older code prepared is not its result."""
    import hashlib

    digest = hashlib.sha256()
    here = os.path.dirname(__file__)
    for where in (here, os.path.join(here, "overlays")):
        with os.scandir(where) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                if entry.name.endswith((".py", ".yaml")):
                    stat = entry.stat()
                    digest.update(f"{entry.name} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:8]


def _kept(place: Path, key: str, document: sources.Found, again: Any) -> Prepared:
    """Return what was kept in ``place``.

    Raises:
        OSError: nothing was.
        Damaged: it is not what this user wrote, or files it was made from have changed.
    """
    used = _check_trusted(place)
    prepared, files = from_folder(place, source=document.name, key=key, again=again)
    import hashlib

    for name, digest in files.items():
        assert document.file is not None
        if hashlib.sha256((document.file.parent / name).read_bytes()).hexdigest() != digest:
            raise Damaged(name)
    if time.time() - used > _A_DAY:
        with contextlib.suppress(OSError):
            os.utime(place)  # what is used is not what goes first
    return prepared


_A_DAY = 86400.0


def _check_trusted(place: Path) -> float:
    """Return when the entry at ``place`` was last used.

    Raises:
        OSError: there is none.
        Damaged: something of it is a link, another user's, or others can write to it.
    """
    used = _trusted(place, stat.S_ISDIR).st_mtime
    for name in (INDEX, SLICES, WARNINGS):
        _trusted(place / name, stat.S_ISREG)
    return used


def _trusted(place: Path, is_kind: Callable[[int], bool]) -> os.stat_result:
    status = os.lstat(place)
    mine = not hasattr(os, "geteuid") or (status.st_uid == os.geteuid() and not status.st_mode & 0o022)
    if not (mine and is_kind(status.st_mode)):
        raise Damaged(str(place))
    return status


def _keep(files: dict[str, bytes], place: Path) -> None:
    """Write the prepared form to ``place``, whole or not at all."""
    import tempfile

    from dynzuora.document import pruning

    aside = None
    try:
        os.makedirs(place.parent, mode=0o700, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=pruning.ASIDE, dir=place.parent))
        for name, content in files.items():
            with open(os.open(aside / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(content)
        _put(aside, place, files)
    except OSError as error:
        _warn_unwritable(str(place.parent), str(error.strerror))
        return
    finally:
        if aside is not None:
            pruning.remove(str(aside))
    pruning.prune(place.parent, place)


#: Others may put theirs, or take away what is damaged, between any two steps.
_ROUNDS = 10


def _put(aside: Path, place: Path, files: dict[str, bytes]) -> None:
    """Give what was written its place, unless another process has put the same there."""
    from dynzuora.document import pruning

    for _ in range(_ROUNDS):
        with contextlib.suppress(OSError):
            os.rename(aside, place)
            return
        with contextlib.suppress(OSError, Damaged):
            _check_trusted(place)
            if all((place / name).read_bytes() == content for name, content in files.items()):
                return
        gone = aside.with_name(aside.name + "-old")
        with contextlib.suppress(OSError):
            os.rename(place, gone)
            pruning.remove(str(gone))
    os.rename(aside, place)


@cache
def _warn_unwritable(where: str, why: str) -> None:
    """Say once that nothing can be kept; it costs a quarter of a second at every start."""
    warn(
        f"{where} cannot be written ({why}): documents are prepared anew at every start. "
        "Set DYNZUORA_HOME to a folder that can.",
        SpecWarning,
    )
