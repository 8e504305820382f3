r"""Text from elsewhere made safe to display: control and reordering characters are escaped.

A name in a document may contain an escape sequence, a mark that reverses the direction of a
line, or an invisible character. Data keeps it; a display shows ``\x1b`` instead.
"""

from __future__ import annotations

import re

_ACTING = "\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2060-\u206f\ufff9-\ufffb\ud800-\udfff"
"""Controls but tab and newline, direction marks, halves of pairs."""

_UNSEEN = re.compile(
    f"[\t\n{_ACTING}\u00ad\u115f\u1160\u180e\u200b-\u200d\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff]"
)
"""These, and characters without a shape."""

ACTING = re.compile(f"[{_ACTING}\U000e0000-\U000e0fff]")
"""Prose keeps its lines, and the joiners that scripts and emoji are written with."""


def visible(text: object) -> str:
    r"""Return ``text`` on one line, with what would act instead of show written as an escape.

    >>> visible("a\u202eb\nc")
    'a\\u202eb c'
    """
    return _UNSEEN.sub(_escaped, str(text))


def visible_lines(text: object) -> str:
    r"""Return ``text`` in its lines, with what would act instead of show written as an escape.

    >>> visible_lines("a\x1b[2Jb\r\nc")
    'a\\x1b[2Jb\nc'
    """
    return ACTING.sub(_escaped, str(text).replace("\r\n", "\n"))


def cut(text: str, limit: int) -> str:
    """Return ``text``, at most ``limit`` characters of it.

    >>> cut("a long story", 7)
    'a long…'
    """
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def _escaped(match: re.Match[str]) -> str:
    if match[0] in "\t\n\r":
        return " "
    number = ord(match[0])
    width, letter = (2, "x") if number < 1 << 8 else (4, "u") if number < 1 << 16 else (8, "U")
    return f"\\{letter}{number:0{width}x}"
