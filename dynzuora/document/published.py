"""Documents that are published at an address: fetched when they change, and every one of them kept.

A source has a name, which stands for the newest document that was kept of it wherever a
document is named. The vendor's are in ``published.toml``; ``sources.toml`` in the configuration
folder, of the same form, adds the user's own.
"""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path
from typing import NamedTuple

from dynzuora._names import nearest
from dynzuora._packaged import packaged
from dynzuora.configuration.folders import folder, write_whole
from dynzuora.document import kept, loading, sources, store
from dynzuora.document.kept import NAME, Kept
from dynzuora.document.prepared import Prepared
from dynzuora.errors import SpecError

_BROKEN = frozenset({"dangling-reference", "unusable-operation"})
"""Rules of warnings about what a document refers to and does not have."""

_MOST_BROKEN = 0.1
"""Additional broken references per operation above which a document was cut off in transit."""


class Published(NamedTuple):
    """A source of documents; the comments of ``published.toml`` explain the fields."""

    name: str
    url: str
    what: str = ""
    page: str = ""


class Update(NamedTuple):
    """A document that was fetched and is not kept yet."""

    source: Published
    content: bytes
    prepared: Prepared
    state: Kept
    before: Path | None
    """The document that was kept before; None if there is none."""

    @property
    def path(self) -> Path:
        """Where it is kept."""
        return kept.folder_of(self.source.name) / self.state.file

    def keep(self) -> Path:
        """Keep the document, and let the name of its source stand for it.

        Raises:
            SpecError: the folder cannot be written.
        """
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_whole(self.path, self.content)
            kept.note(self.source.name, self.state)
        except OSError as error:
            raise SpecError(
                f"{self.path.parent} cannot be written: {error.strerror}. "
                "Set DYNZUORA_HOME to a writable folder.",
                source=self.source.name,
            ) from error
        return self.path


def published() -> dict[str, Published]:
    """Return name → source: the user's own, then the vendor's.

    Raises:
        SpecError: the user's file is not valid; it names every problem.
    """
    path = folder("config") / "sources.toml"
    own = _read(path.read_text("utf-8"), str(path)) if path.is_file() else {}
    shipped = _read(packaged("document", "published.toml").read_text("utf-8"), "published.toml")
    return own | {name: source for name, source in shipped.items() if name not in own}


def _read(text: str, name: str) -> dict[str, Published]:
    try:
        rows = tomllib.loads(text).get("sources", [])
    except tomllib.TOMLDecodeError as error:
        raise SpecError(f"{name} is not valid TOML: {error}.", source=name) from None
    problems = []
    for number, row in enumerate(rows, 1):
        label = f"source {number}"
        if unknown := sorted(row.keys() - set(Published._fields)):
            problems.append(
                f"{label}: {', '.join(unknown)} unknown; the keys are {', '.join(Published._fields)}"
            )
        if not NAME.fullmatch(str(row.get("name", ""))):
            problems.append(f"{label}: its name must be small letters, digits and -")
        if not isinstance(row.get("url"), str):
            problems.append(f"{label}: it has no url")
    if problems:
        raise SpecError(f"{name}: {'; '.join(problems)}.", source=name)
    return {row["name"]: Published(**row) for row in rows}


def source_of(name: str) -> Published:
    """Return the source of that name.

    Raises:
        SpecError: there is none.
    """
    every = published()
    if name not in every:
        close = nearest(name, every)
        hint = f" Did you mean {close[0]}?" if close else ""
        raise SpecError(
            f"There is no source {name!r}; there are {', '.join(every)}.{hint} "
            f"Your own belong in {folder('config') / 'sources.toml'}.",
            source=name,
        )
    return every[name]


def fetched(source: Published, *, cut_off: bool = False) -> Update | None:
    """Fetch the document of a source; None if it is the one that was kept last.

    Nothing is written. ``cut_off=True`` takes a document that seems to have been cut off.

    Raises:
        SpecError: there is no document, or not the whole of one.
    """
    from dynzuora.document.fetching import fetch_changed

    sources.check_url(source.url)
    last = kept.last(source.name, source.url)
    tags = ("", "") if last is None else (last.etag, last.last_modified)
    answer = fetch_changed(source.url, etag=tags[0], last_modified=tags[1])
    if answer is None:
        return None
    sha256 = hashlib.sha256(answer.content).hexdigest()
    if last is not None and sha256 == last.sha256:
        kept.note(source.name, last._replace(etag=answer.etag, last_modified=answer.last_modified))
        return None
    prepared = loading.prepare(answer.content)
    if not prepared.index:
        raise SpecError(f"{source.url} has no operations, so it is not kept.", source=source.url)
    before = kept.newest(source.name)
    if not cut_off:
        _check_whole(prepared, 0 if before is None else _broken(loading.prepare(before)), source)
    file = store.file_name(answer.content, prepared.version, source.url)
    if (kept.folder_of(source.name) / file).exists():  # other content under the same version
        file = f"{Path(file).stem}+{sha256[:8]}{Path(file).suffix}"
    state = Kept(source.url, file, sha256, prepared.version, answer.etag, answer.last_modified)
    return Update(source, answer.content, prepared, state, before)


def _broken(prepared: Prepared) -> int:
    return sum(warning.rule in _BROKEN for warning in prepared.warnings)


def _check_whole(prepared: Prepared, broken_before: int, source: Published) -> None:
    broken = _broken(prepared)
    if broken - broken_before > max(1, _MOST_BROKEN * len(prepared.index)):
        raise SpecError(
            f"{source.url} refers to {broken:,} things that it does not have ({broken_before:,} before), "
            "so it was probably cut off, and is not kept. If it is meant so, --replace keeps it.",
            source=source.url,
        )
