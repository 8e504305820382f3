"""The user's own documents: kept under their version, and found by it from then on."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from typing import Any

from dynzuora.document import loading, preparing, sources
from dynzuora.errors import Advice, SpecError

#: A version that can be the name of a file everywhere.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,79}")

#: Names that mean a device on Windows.
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)


def add(source: Any, *, replace: bool = False) -> str:
    """Keep a document under its version, and return the version.

    Raises:
        SpecError: it cannot be used, its version cannot be a name, or the version is
            known with other content and ``replace`` is false.
    """
    document = sources.find(source)
    content = document.read()
    prepared = loading.prepare(content)
    version = prepared.version
    if not prepared.index:
        raise SpecError(f"{document.name} has no operations; it is not kept.", source=document.name)
    if not _NAME.fullmatch(version) or _DEVICES.fullmatch(version) or version.endswith("."):
        raise SpecError(
            f"{document.name}: its info.version is {version!r}, which cannot be the name of a file. "
            "Correct it in the document, or give the document by its path.",
            source=document.name,
            pointer="#/info/version",
        )
    kept = {document.version: document for document in sources.known()}.get(version)
    if kept is not None and not replace:
        if kept.where.read_bytes() == content:
            return version
        raise SpecError(
            f"{document.name}: version {version} is known with other content ({kept.where}).",
            source=document.name,
            advice=Advice("replace"),
        )
    _write(content, version)
    return version


def _write(content: bytes, version: str) -> None:
    where = sources.added_folder()
    suffix = ".json" if content.lstrip()[:1] in (b"{", b"\xef") else ".yaml"
    try:
        os.makedirs(where, mode=0o700, exist_ok=True)
        handle, aside = tempfile.mkstemp(prefix=".", dir=where)
        try:
            with open(handle, "wb") as file:
                file.write(content)
            os.replace(aside, where / f"{version}{suffix}")
        except BaseException:
            os.unlink(aside)
            raise
        for other in {".json", ".yaml", ".yml"} - {suffix}:
            Path(where / f"{version}{other}").unlink(missing_ok=True)
    except OSError as error:
        raise SpecError(
            f"{where} cannot be written: {error.strerror}. Set DYNZUORA_HOME to a folder that can.",
            source=str(where),
        ) from error


def bundle(folder: Path, into: Path) -> None:
    """Write the prepared form of every document in ``folder`` below ``into``, as a wheel carries it."""
    for document in sources.bundled(folder):
        content = document.where.read_bytes()
        origin = preparing.Origin(content, document.where.name)
        place = into / document.version
        place.mkdir(parents=True)
        for name, text in preparing.prepared_files(origin, loading.digest_of(content)).items():
            (place / name).write_bytes(text)
