"""The user's own documents, stored under their version."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from dynzuora.configuration.folders import write_whole
from dynzuora.document import loading, preparing, sources
from dynzuora.document.prepared import in_memory
from dynzuora.errors import Advice, SpecError

#: A version that is a valid file name on every system.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,79}")

#: Device names on Windows.
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)


def add(source: Any, *, replace: bool = False) -> str:
    """Store a document under its version, and return the version.

    Raises:
        SpecError: it cannot be used, its version cannot be a name, or the version is
            stored with other content and ``replace`` is false.
    """
    document = sources.find(source)
    content = document.read()
    prepared = loading.prepare(content)
    version = prepared.version
    if not prepared.index:
        raise SpecError(f"{document.name} has no operations, so it is not added.", source=document.name)
    file = file_name(content, version, document.name)
    stored = {document.version: document for document in sources.specs()}.get(version)
    if stored is not None and not replace:
        if stored.path.read_bytes() == content:
            return version
        raise SpecError(
            f"{document.name}: version {version} already exists with other content ({stored.path}).",
            source=document.name,
            advice=Advice("replace"),
        )
    _write(content, version, file)
    return version


def file_name(content: bytes, version: str, source: str) -> str:
    """Return the name of a document's file.

    Raises:
        SpecError: its version cannot be one.
    """
    if not _NAME.fullmatch(version) or _DEVICES.fullmatch(version) or version.endswith("."):
        raise SpecError(
            f"{source}: its info.version is {version!r}, which cannot be the name of a file. "
            "Correct it in the document, or use the document by its path.",
            source=source,
            pointer="#/info/version",
        )
    return version + (".json" if content.lstrip()[:1] in (b"{", b"\xef") else ".yaml")


def _write(content: bytes, version: str, file: str) -> None:
    folder = sources.added_folder()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(folder / file, content)
        for other in {".json", ".yaml", ".yml"} - {Path(file).suffix}:
            (folder / f"{version}{other}").unlink(missing_ok=True)
    except OSError as error:
        raise SpecError(
            f"{folder} cannot be written: {error.strerror}. Set DYNZUORA_HOME to a writable folder.",
            source=str(folder),
        ) from error


def bundle(folder: Path, into: Path) -> None:
    """Write the prepared form of every document in ``folder`` below ``into``, for a wheel."""
    for document in sources.bundled(folder):
        content = document.path.read_bytes()
        origin = preparing.Origin(content, document.path.name)
        target = into / document.version
        target.mkdir(parents=True)
        files = preparing.prepared_files(origin, loading.digest_of(content))
        in_memory(files, source=document.path.name).vocabulary()  # which adds its file
        for name, text in files.items():
            (target / name).write_bytes(text)
