"""Names of files that come from a server: made safe, and never those of another file."""

from __future__ import annotations

import contextlib
import filecmp
import re
from collections.abc import Mapping
from email.message import Message
from pathlib import Path
from urllib.parse import unquote


def unused(path: Path, content: Path) -> Path:
    """Return ``path``, numbered if a file with other content has that name."""
    free, number = path, 1
    while free.exists() and not (free.is_file() and filecmp.cmp(free, content, shallow=False)):
        number += 1
        free = path.with_name(f"{path.stem} ({number}){path.suffix}")
    return free


def filename(headers: Mapping[str, str], default: str) -> str:
    """Return the file name the server sends, made safe; ``default`` if it sends none."""
    names = (re.split(r"[/\\]", name)[-1] for name in (_disposed(headers), default))
    return next(filter(None, map(safe_name, names)), "download")


def _disposed(headers: Mapping[str, str]) -> str:
    """Return the name in Content-Disposition: ``filename*`` before ``filename`` (RFC 6266, 4.3).

    Headers are read as Latin-1, but many servers write names in UTF-8.
    """
    text = re.sub(r"[\r\n]", " ", headers.get("Content-Disposition", ""))
    with contextlib.suppress(UnicodeError):
        text = text.encode("latin-1").decode()
    extended = _EXTENDED.search(text)
    if extended is not None:
        return unquote(extended["value"], extended["charset"], "replace")
    message = Message()
    message["Content-Disposition"] = text
    try:
        return str(message.get_filename() or "")
    except UnicodeError:  # it names a codec that is not a text encoding
        return ""


_EXTENDED = re.compile(
    r"""(?:^|;)\s*filename\*\s*=\s*"?(?P<charset>utf-8|iso-8859-1)'[^']*'(?P<value>[^\s;"]+)""", re.IGNORECASE
)
"""A name in an encoding of its own: UTF-8 (RFC 8187), or Latin-1, which RFC 5987 had, too."""


def safe_name(name: str) -> str:
    """Return a file name that is valid on every system and cannot leave its folder.

    Names come from the server: from a header, an id, a URL or a field.
    """
    plain = "".join(c for c in name if c.isprintable() and c not in '<>:"|?*/\\').strip(". ")
    stem, dot, ending = plain.rpartition(".")
    if len(ending) > _LONGEST_ENDING:
        stem, dot, ending = plain, "", ""
    return _truncate(stem, LONGEST_NAME - len(ending) - 1) + dot + ending


LONGEST_NAME = 200
"""Bytes; file systems allow 255, of which the names of parts need some."""
_LONGEST_ENDING = 20


def _truncate(text: str, limit: int) -> str:
    return text.encode()[:limit].decode(errors="ignore")
