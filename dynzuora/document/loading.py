"""From a source to its prepared form: bundled, cached, or prepared now.

A cache entry's key hashes everything that went in (decision 2). It is plain JSON, written
to a temporary folder and renamed into place, so any number of processes can start at once.
An entry that is damaged, a link or another user's is prepared again.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dynzuora._warning import warn
from dynzuora.configuration.folders import folder, write_whole
from dynzuora.document import sources
from dynzuora.document.prepared import FILES, VOCABULARY, Damaged, Keep, Prepared, from_folder, in_memory
from dynzuora.errors import SpecError, SpecWarning

if TYPE_CHECKING:
    import hashlib

    from dynzuora.document.preparing import Origin

#: Part of every key: raise it when preparing the same document gives another result.
PREPARER_VERSION = 5

#: The name and the bytes of each overlay.
Overlays = Sequence[tuple[str, bytes]]


def prepare(source: Any = None, *, overlay: Any = None, external_files: bool = False) -> Prepared:
    """Return a document ready for use. None is the bundled default, ``"latest"`` the newest.

    ``source`` is a version, a path, a URL, ``git:REV:PATH``, bytes or a mapping, or a list of
    them, of which the first that has an operation wins; ``overlay`` is one OpenAPI Overlay (a
    path, bytes or a mapping) or a list of them. ``external_files`` lets the document refer to
    files below its own folder.

    Raises:
        SpecError: there is no such document, or it cannot be used.
    """
    if isinstance(source, Prepared):
        if overlay is not None or external_files:
            raise SpecError(
                f"{source.source} is already prepared; "
                "pass overlay and external_files with the document itself.",
                source=source.source,
            )
        return source
    if type(source) in (list, tuple):
        from dynzuora.document.sets import PreparedSet

        return PreparedSet(
            _member(member, overlay=overlay, external_files=external_files) for member in source
        )
    document = sources.find(source)
    overlays = sources.overlay_contents(overlay)
    prepared = _prepare(document, overlays, external_files)
    prepared.bundled = document.bundled and not overlays
    return prepared


def _prepare(document: sources.Source, overlays: Overlays, external_files: bool) -> Prepared:
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
        return _prepare_now(document, content, overlays, external_files, key)

    if document.lasting:
        with contextlib.suppress(OSError, Damaged):
            return _read_entry(_entry_path(key), key, document, again)
    return _prepare_now(document, content, overlays, external_files, key)


def _member(source: Any, *, overlay: Any, external_files: bool) -> Prepared:
    """Return a document of a set, which may be loaded already."""
    loaded = getattr(source, "prepared", None)
    if isinstance(source, Prepared) or isinstance(loaded, Prepared):
        return loaded if isinstance(loaded, Prepared) else source
    return prepare(source, overlay=overlay, external_files=external_files)


def _prepare_now(
    document: sources.Source, content: bytes, overlays: Overlays, external_files: bool, key: str
) -> Prepared:
    from dynzuora.document import preparing  # and all that it needs; a warm start does not

    files = preparing.prepared_files(_origin(document, content, overlays, external_files), key)
    if not document.lasting:
        return in_memory(files, source=document.name)
    entry = _entry_path(key)
    _write_entry(files, entry)
    return in_memory(files, source=document.name, keep=_keeper(entry))


def _keeper(entry: Path) -> Keep:
    """Return what adds a file to a cache entry that is there."""

    def keep(name: str, content: bytes) -> None:
        with contextlib.suppress(OSError):
            write_whole(entry / name, content)

    return keep


def repaired(source: Any = None, *, overlay: Any = None, external_files: bool = False) -> dict[str, Any]:
    """Return the whole document in the words of OpenAPI 3.0, with repairs and overlays applied.

    What only 3.1 has words for stays as it is.
    """
    from dynzuora.document import preparing

    document = sources.find(source)
    overlays = sources.overlay_contents(overlay)
    return preparing.repaired(_origin(document, document.read(), overlays, external_files)).document


def _origin(document: sources.Source, content: bytes, overlays: Overlays, external_files: bool) -> Origin:
    from dynzuora.document import preparing
    from dynzuora.document.overlay import read_overlay

    return preparing.Origin(
        content,
        document.name,
        overlays=[read_overlay(content, name) for name, content in overlays],
        file=document.file,
        read_file=document.read_file,
        external_files=external_files,
    )


def digest_of(content: bytes, overlays: Overlays = (), *, external_files: bool = False) -> str:
    """Return the SHA-256 of everything that goes into a prepared document."""
    digest = _sha256(f"{PREPARER_VERSION} {external_files}\n".encode())
    for part in (content, *(overlay for _, overlay in overlays)):
        digest.update(f"{len(part)}\n".encode())
        digest.update(part)
    return digest.hexdigest()


def _sha256(content: bytes = b"") -> hashlib._Hash:
    import hashlib

    return hashlib.sha256(content)


# -- the cache --------------------------------------------------------------------------


def _entry_path(key: str) -> Path:
    return folder("cache") / "prepared" / f"{key[:32]}-{_code_stamp()}"


@cache
def _code_stamp() -> str:
    """Return a stamp of the preparing code, whose older results are not used."""
    digest = _sha256()
    for file in _code_files():
        stat = os.stat(file)
        digest.update(f"{os.path.basename(file)} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:8]


def _code_files() -> Iterable[str]:
    """Return the files that decide what is prepared: the code, or the archive or program it is in.

    The bundled documents are among them: what others have lost is restored from these.
    """
    if getattr(sys, "frozen", False):
        return (sys.executable,)
    archive: str | None = getattr(__spec__.loader, "archive", None)
    if archive is not None:
        return (archive,)
    here = os.path.dirname(__file__)
    names = [*os.listdir(here), *(f"overlays/{name}" for name in os.listdir(os.path.join(here, "overlays")))]
    own = [os.path.join(here, name) for name in sorted(names) if name.endswith((".py", ".json"))]
    return [*own, *(str(spec.path) for spec in sources.bundled(sources.bundled_folder()))]


def _read_entry(entry: Path, key: str, document: sources.Source, again: Any) -> Prepared:
    """Return the cached document.

    Raises:
        OSError: there is none.
        Damaged: it is not what this user wrote, or files it was made from have changed.
    """
    used = _check_trusted(entry)
    prepared, files = from_folder(entry, source=document.name, key=key, again=again, keep=_keeper(entry))
    for name, digest in files.items():
        assert document.file is not None
        if _sha256(document.read_file(document.file.parent / name)).hexdigest() != digest:
            raise Damaged(name)
    if time.time() - used > _A_DAY:
        with contextlib.suppress(OSError):
            os.utime(entry)  # so that it is not removed first
    return prepared


_A_DAY = 86400.0


def _check_trusted(entry: Path) -> float:
    """Return when a cache entry was last used.

    Raises:
        OSError: there is none.
        Damaged: part of it is a link, another user's, or writable by others.
    """
    used = _trusted(entry, stat.S_ISDIR).st_mtime
    for name in FILES:
        _trusted(entry / name, stat.S_ISREG)
    with contextlib.suppress(FileNotFoundError):
        _trusted(entry / VOCABULARY, stat.S_ISREG)
    return used


def _trusted(entry: Path, is_kind: Callable[[int], bool]) -> os.stat_result:
    status = os.lstat(entry)
    mine = not hasattr(os, "geteuid") or (status.st_uid == os.geteuid() and not status.st_mode & 0o022)
    if not (mine and is_kind(status.st_mode)):
        raise Damaged(str(entry))
    return status


def _write_entry(files: dict[str, bytes], entry: Path) -> None:
    """Write a cache entry, whole or not at all."""
    import tempfile

    from dynzuora.document import pruning

    temporary = None
    try:
        os.makedirs(entry.parent, mode=0o700, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=pruning.ASIDE, dir=entry.parent))
        for name, content in files.items():
            with open(os.open(temporary / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(content)
        _move_into_place(temporary, entry, files)
    except OSError as error:
        _warn_unwritable(str(entry.parent), str(error.strerror))
        return
    finally:
        if temporary is not None:
            pruning.remove(str(temporary))
    pruning.prune(entry.parent, entry)


#: Another process may add or remove the entry between any two steps.
_TRIES = 10


def _move_into_place(temporary: Path, entry: Path, files: dict[str, bytes]) -> None:
    """Rename a new entry into place, unless another process has written the same."""
    from dynzuora.document import pruning

    for _ in range(_TRIES):
        with contextlib.suppress(OSError):
            os.rename(temporary, entry)
            return
        with contextlib.suppress(OSError, Damaged):
            _check_trusted(entry)
            if all((entry / name).read_bytes() == content for name, content in files.items()):
                return
        damaged = temporary.with_name(temporary.name + "-old")
        with contextlib.suppress(OSError):
            os.rename(entry, damaged)
            pruning.remove(str(damaged))
    os.rename(temporary, entry)


@cache
def _warn_unwritable(where: str, why: str) -> None:
    """Warn once that nothing can be cached, which costs a quarter of a second at every start."""
    warn(
        f"{where} cannot be written ({why}): documents are prepared again at every start. "
        "Set DYNZUORA_HOME to a writable folder.",
        SpecWarning,
    )
