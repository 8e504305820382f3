r"""Text from elsewhere made safe to display: control and reordering characters are escaped.

A name in a document may contain an escape sequence, a mark that reverses the direction of a
line, or an invisible character. Data keeps it; a display shows ``\x1b`` instead.
"""

from __future__ import annotations

import re
from functools import cache

_ACTING = "\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2060-\u206f\ufff9-\ufffb\ud800-\udfff"
"""Controls but tab and newline, direction marks, halves of pairs."""


@cache  # compiled at first use, since each takes 4 ms
def _unseen() -> re.Pattern[str]:
    """Return the pattern of these, and of characters without a shape."""
    return re.compile(
        f"[\t\n{_ACTING}\u00ad\u115f\u1160\u180e\u200b-\u200d\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff]"
    )


@cache
def acting() -> re.Pattern[str]:
    """Return the pattern of what acts in prose: it keeps its lines, and the joiners of scripts and emoji."""
    return re.compile(f"[{_ACTING}\U000e0000-\U000e0fff]")


def visible(text: object) -> str:
    r"""Return ``text`` on one line, with what would act instead of show written as an escape.

    >>> visible("a\u202eb\nc")
    'a\\u202eb c'
    """
    shown = str(text)
    return shown if shown.isascii() and shown.isprintable() else _unseen().sub(_escaped, shown)


def visible_lines(text: object) -> str:
    r"""Return ``text`` in its lines, with what would act instead of show written as an escape.

    >>> visible_lines("a\x1b[2Jb\r\nc")
    'a\\x1b[2Jb\nc'
    """
    shown = str(text).replace("\r\n", "\n")
    return shown if shown.isascii() and shown.isprintable() else acting().sub(_escaped, shown)


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
