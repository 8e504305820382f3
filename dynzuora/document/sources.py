"""Where documents come from: versions, files, URLs, bytes, mappings.

Text is a URL, ``git:REV:PATH``, else a version, else a path; text that is both a version and
a path is refused.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from dynzuora._names import nearest
from dynzuora._packaged import packaged
from dynzuora.configuration.folders import folder
from dynzuora.document import kept
from dynzuora.errors import SpecError

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

#: The document that is used by default.
DEFAULT_VERSION = "2020-12-10"

#: The name of the newest document that is bundled or was added.
LATEST = "latest"
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

_PREFIX = "zuora-"
_SUFFIXES = (".json", ".yaml", ".yml")


class Spec(NamedTuple):
    """A document with a version as its name; ``origin`` is ``bundled`` or ``added``."""

    version: str
    path: Traversable
    origin: str
    #: A folder that holds its prepared form, if it is there.
    prepared: Traversable | None = None


class Source(NamedTuple):
    """A document to read: what messages call it, how to read it, and its files."""

    name: str
    read: Callable[[], bytes]
    #: The file, where it is one.
    file: Path | None = None
    #: How to read it and the files beside it.
    read_file: Callable[[Path], bytes] = Path.read_bytes
    #: A folder that holds the prepared form of exactly this document.
    prepared: Traversable | None = None
    #: Whether to cache the prepared form.
    lasting: bool = True
    #: Whether it came with the package.
    bundled: bool = False


def bundled_folder() -> Traversable:
    """Return the folder of the bundled documents: in the package, or beside it in a checkout."""
    installed = packaged("specs")
    return installed if installed.is_dir() else Path(__file__).parents[2] / "specs"


def added_folder() -> Path:
    """Return the folder of added documents."""
    return folder("data") / "specs"


def specs() -> list[Spec]:
    """Return every document with a version as its name; an added one hides a bundled one."""
    documents = {document.version: document for document in bundled(bundled_folder())}
    documents.update((document.version, document) for document in _in_folder(added_folder(), "", "added"))
    return [documents[version] for version in sorted(documents)]


def bundled(path: Traversable) -> Iterable[Spec]:
    """Return the documents in a folder of bundled documents."""
    for spec in _in_folder(path, _PREFIX, "bundled"):
        yield spec._replace(prepared=path / "prepared" / spec.version)


def _in_folder(path: Traversable, prefix: str, origin: str) -> Iterable[Spec]:
    try:
        files = sorted(path.iterdir(), key=lambda file: file.name)
    except OSError:
        return
    for file in files:
        stem, suffix = os.path.splitext(file.name)
        if suffix in _SUFFIXES and stem.startswith(prefix) and not file.name.startswith("."):
            yield Spec(stem[len(prefix) :], file, origin)


def find(source: Any) -> Source:
    """Return the document that ``source`` names, without reading it.

    Raises:
        SpecError: there is no such document, or the name is ambiguous.
    """
    if source is None:
        return _find_text(DEFAULT_VERSION)
    if isinstance(source, str):
        return _find_text(source)
    if isinstance(source, os.PathLike):
        return _file(Path(source), str(source))
    if isinstance(source, (bytes, bytearray, memoryview)):
        content = bytes(source)
        return Source("the document", lambda: content, lasting=False)
    if isinstance(source, Mapping):
        return Source("the document", lambda: _dumped(source), lasting=False)
    raise SpecError(
        "a document is a version, a path, a URL, git:REV:PATH, bytes or a mapping, "
        f"not {type(source).__name__}."
    )


def _dumped(document: Mapping[str, Any]) -> bytes:
    try:
        return json.dumps(document, default=_plain, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise SpecError(f"the document is not JSON: {error}.", source="the document") from None


def _plain(value: Any) -> Any:
    """Convert what YAML loaders put into a document (dates, mappings of their own) to JSON."""
    if isinstance(value, Mapping):
        return dict(value)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    raise TypeError(f"it holds a {type(value).__name__}")


def _find_text(text: str) -> Source:
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]+)://", text)
    if scheme:
        return _url(text)
    if text.startswith("git:"):
        return _of_revision(text)
    if re.match(r"\s*[{<]|\s*(openapi|swagger)\s*:", text) or "\n" in text:
        raise SpecError(
            "the text is a document, not the name of one. Pass it as bytes (text.encode()) or as a mapping."
        )
    versions = {document.version: document for document in specs()}
    match = versions.get(text) or (versions.get(_latest(versions)) if text == LATEST else None)
    path = Path(text)
    if match is None and not path.exists():
        path = kept.newest(text) or path
    if match is not None:
        if path.exists():
            raise SpecError(
                f"{text!r} is both a version ({match.path}) and a path ({path.absolute()}). "
                f"Write ./{text} for the path, or move it.",
                source=text,
            )
        file = match.path if isinstance(match.path, Path) else None
        is_bundled = match.origin == "bundled"
        return Source(match.version, match.path.read_bytes, file, prepared=match.prepared, bundled=is_bundled)
    if not path.exists():
        close = [version for version in versions if version.startswith(text)] or _of_that_year(text, versions)
        hint = f" Did you mean {' or '.join(close)}?" if close else ""
        raise SpecError(
            f"There is no document {text!r}: it is neither a version ({', '.join(versions) or 'none'}) "
            f"nor a file.{hint}",
            source=text,
        )
    return _file(path, text)


def _latest(versions: Iterable[str]) -> str:
    """Return the newest of the versions that are dates; empty if none is."""
    return max((version for version in versions if _DATE.fullmatch(version)), default="")


def newer_than(version: str) -> str:
    """Return the newest version, bundled or added, if it is newer than ``version``; else empty."""
    latest = _latest(document.version for document in specs())
    return latest if _DATE.fullmatch(version) and latest > version else ""


def _of_that_year(text: str, versions: Iterable[str]) -> tuple[str, ...]:
    """Return the nearest version, of the same year if ``text`` begins with one."""
    return tuple(
        version for version in nearest(text, versions) if not text[:4].isdigit() or version[:4] == text[:4]
    )


def _file(path: Path, name: str) -> Source:
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "does not exist"
        raise SpecError(f"{name} {what}. Pass an OpenAPI document, JSON or YAML.", source=name)
    return _readable(name, path, Path.read_bytes)


def _of_revision(text: str) -> Source:
    from dynzuora.document.revisions import revision

    return _readable(text, *revision(text))


def _readable(name: str, path: Path, read_file: Callable[[Path], bytes]) -> Source:
    def read() -> bytes:
        try:
            return read_file(path)
        except OSError as error:
            raise SpecError(f"{name} cannot be read: {error.strerror}.", source=name) from error

    return Source(name, read, path, read_file)


def _url(text: str) -> Source:
    from dynzuora._origins import without_secrets

    check_url(text)

    def read() -> bytes:
        from dynzuora.document.fetching import fetch

        return fetch(text)

    return Source(without_secrets(text), read)


def check_url(text: str) -> None:
    """Raise SpecError unless ``text`` is a URL, and nobody can change what is fetched from it."""
    from dynzuora._origins import is_private, without_secrets

    name = without_secrets(text) if "://" in text else text
    if text.partition("://")[0].lower() not in ("https", "http"):
        raise SpecError(f"{name}: only https is fetched; pass a path for a file.", source=name)
    if not is_private(text):
        raise SpecError(
            f"{name}: a document is fetched over https, so that nobody can change it in transit.", source=name
        )


def overlay_contents(overlays: Any) -> list[tuple[str, bytes]]:
    """Return the overlays a caller named: a path, bytes, a mapping, or a list of them.

    Raises:
        SpecError: one cannot be read.
    """
    if overlays is None:
        return []
    if isinstance(overlays, (list, tuple)):
        return [content for one in overlays for content in overlay_contents(one)]
    if isinstance(overlays, Mapping):
        return [("the overlay", _dumped(overlays))]
    if isinstance(overlays, bytes):
        return [("the overlay", overlays)]
    if isinstance(overlays, (str, os.PathLike)):
        try:
            return [(str(overlays), Path(overlays).read_bytes())]
        except OSError as error:
            raise SpecError(
                f"the overlay {overlays} cannot be read: {error.strerror}.", source=str(overlays)
            ) from error
    raise SpecError(
        f"an overlay is a path, a mapping, bytes or a list of them, not {type(overlays).__name__}."
    )
