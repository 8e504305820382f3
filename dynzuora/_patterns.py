r"""Regular expressions that mean the same in every engine.

A pattern in a document is ECMA-262. Python's `re` and the Rust engine of jsonschema-rs each
read some of it differently, so it is rewritten: ``$`` becomes ``(?![\s\S])`` (Python's ``$``
accepts a newline), ``\d`` becomes ``[0-9]`` and ``\w`` ``[A-Za-z0-9_]`` (Python's are Unicode).
A pattern that cannot be rewritten, or that could run for hours, is refused; the caller
reports it as not checked.

A backtracking engine cannot be interrupted, so the number of steps is estimated beforehand:
`longest` returns the length of text for which it stays bounded.
"""

from __future__ import annotations

import bisect
import itertools
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TypeAlias

END = r"(?![\s\S])"
"""Matches only at the end of the text."""

NUMBER_TEXT = rf"^[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?{END}"
INTEGER_TEXT = rf"^[+-]?[0-9]+(?:\.0+)?{END}"
BOOLEAN_TEXT = rf"^(?:[Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee]){END}"

_LONGEST = 2_000
_DEEPEST = 50
"""Longer patterns, and groups nested deeper, are not read."""

_SPECIAL = frozenset("^$\\.*+?()[]{}|/")

_TOKEN = re.compile(
    r"""
      (?P<set>\[\^?(?:[^\]\\\[]|\\.)+\])
    | (?P<escape>\\(?:u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|.))
    | (?P<open>\((?:\?(?:[:=!]|<[A-Za-z_]\w*>)|(?!\?)))
    | (?P<close>\))
    | (?P<repeat>(?:[*+?]|\{[0-9]+(?:,[0-9]*)?\})\??)
    | (?P<end>\$)
    | (?P<plain>[^\\\[\](){}*+?$])
    """,
    re.VERBOSE | re.DOTALL,
)
_SPACE = " \\t-\\r\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
"""https://tc39.es/ecma262/#sec-white-space and line terminators; Python and Rust have other lists."""

_ESCAPES = {
    r"\d": "[0-9]",
    r"\D": "[^0-9]",
    r"\w": "[A-Za-z0-9_]",
    r"\W": "[^A-Za-z0-9_]",
    r"\s": f"[{_SPACE}]",
    r"\S": f"[^{_SPACE}]",
}
_ESCAPES_IN_SETS = {r"\d": "0-9", r"\w": "A-Za-z0-9_", r"\s": _SPACE}
_ANY = "[^\\n\\r\u2028\u2029]"
_EVERYTHING = frozenset({"[^]", r"[\s\S]", r"[\S\s]", r"[\d\D]", r"[\D\d]", r"[\w\W]", r"[\W\w]"})
_SAME_EVERYWHERE = re.compile(
    r"\\(?:[nrtfv]|u(?![dD][89a-fA-F])[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|[^A-Za-z0-9])", re.DOTALL
)
"""Half of a surrogate pair is a character in ECMA-262 only."""


@lru_cache(maxsize=2048)
def portable(pattern: str) -> str | None:
    """Return ``pattern`` rewritten so that every engine reads it alike, or None where that is not safe.

    >>> portable(r"^\\d{3}$")
    '^[0-9]{3}(?![\\\\s\\\\S])'
    >>> portable("^(a+)+$") is None
    True
    """
    tokens = _tokens(pattern)
    if tokens is None:
        return None
    parts: list[str] = []
    groups: list[bool] = []  # for each open group: does it contain a repetition or a choice?
    closed_loosely = False  # the previous token closed a group that does
    for kind, text in tokens:
        if kind == "open":
            groups.append(False)
        elif kind == "repeat" and closed_loosely and not text.startswith("?"):
            return None  # a repetition of a repetition can take exponential time
        loose = closed_loosely = False
        if kind == "close":
            if not groups:
                return None
            closed_loosely = loose = groups.pop()
        elif kind == "repeat" or text == "|":
            loose = True
        if loose and groups:
            groups[-1] = True
        rewritten = _rewritten(kind, text)
        if rewritten is None:
            return None
        parts.append(rewritten)
    result = "".join(parts)
    return result if _compiles(result) and _longest(pattern) >= _LEAST_LONGEST else None


_Tokens: TypeAlias = Sequence[tuple[str, str]]


def _tokens(pattern: str) -> _Tokens | None:
    """Return kind and text of each token; None where that is not all of a pattern, or too much of one."""
    if len(pattern) > _LONGEST:
        return None
    tokens = [(match.lastgroup or "", match.group()) for match in _TOKEN.finditer(pattern)]
    deepest = max(itertools.accumulate((kind == "open") - (kind == "close") for kind, _ in tokens), default=0)
    return tokens if deepest <= _DEEPEST and sum(len(text) for _, text in tokens) == len(pattern) else None


def _compiles(expression: str) -> bool:
    try:
        re.compile(expression)
    except (re.error, OverflowError, RecursionError):
        return False
    return True


def longest(pattern: str) -> int | None:
    """Return the length of text up to which a `portable` pattern takes bounded time; None for any length.

    >>> longest("^[a-z]+-[0-9]+$") is None
    True
    >>> longest("^.*a.*b.*c$")
    271
    """
    limit = _longest(pattern)
    return None if limit > _LONG_ENOUGH else limit


_STEPS = 20_000_000
"""Steps an engine takes in about a second."""

_LEAST_LONGEST = 32
"""A pattern with a smaller limit is not checked at all."""

_LONG_ENOUGH = 1_000_000


@lru_cache(maxsize=2048)
def _longest(pattern: str) -> int:
    """Return the length up to which the estimated steps stay below `_STEPS`.

    A repetition that can only continue in one way (what follows cannot be part of it) is
    scanned once each time that the engine reaches it: to its end, or to its count. Any other
    multiplies the ways besides: by its counts, or by the length of the text if it is unbounded.
    """
    tokens = _tokens(pattern) or ()
    anchored = pattern.startswith("^") and not _has_choice_outside(tokens)
    ways, degree, scans, scanned = 1, 0 if anchored else 1, 0, 0
    for position, (kind, text) in enumerate(tokens):
        if text == "|":
            ways *= 2
        if kind != "repeat":
            continue
        least, most = _counts(text)
        if most is not None:
            scanned += most * _width(tokens, position)
        if _goes_on_one_way(tokens, position):
            scans = scans or int(most is None)
        elif most is None:
            degree += 1
        else:
            ways *= most - least + 1
    ways = min(ways, _STEPS + 1)
    lengths = range(1, _LONG_ENOUGH + 2)
    return bisect.bisect_right(
        lengths,
        _STEPS,
        key=lambda length: ways * length**degree * max(scans * length + min(scanned, length), 1),
    )


def _width(tokens: _Tokens, position: int) -> int:
    """Return of how many tokens the repetition at ``position`` repeats at most."""
    depth = 0
    for start in range(position - 1, -1, -1):
        kind = tokens[start][0]
        depth += (kind == "close") - (kind == "open")
        if depth == 0:
            return position - start
    return 1


def _has_choice_outside(tokens: _Tokens) -> bool:
    depth = 0
    for kind, text in tokens:
        depth += (kind == "open") - (kind == "close")
        if text == "|" and not depth:
            return True
    return False


def _counts(repeat: str) -> tuple[int, int | None]:
    """Return the least and the greatest count of a repetition; None if it is unbounded."""
    if repeat[0] != "{":
        return int(repeat[0] == "+"), 1 if repeat[0] == "?" else None
    least, comma, most = repeat.rstrip("?")[1:-1].partition(",")
    if not comma:
        return int(least), int(least)
    return int(least), int(most) if most else None


def _goes_on_one_way(tokens: _Tokens, position: int) -> bool:
    following = _behind_choice(tokens, position + 1)
    rest = tokens[following : following + 2]
    if all(kind in ("end", "close") for kind, _ in tokens[following:]):
        return True  # nothing follows
    kind, text = rest[0]
    if kind not in _ATOMS or (len(rest) == 2 and rest[1][0] == "repeat" and rest[1][1][0] in "*?{"):
        return False
    before = tokens[position - 1] if position else ("", "")
    return before[0] in _ATOMS and _disjoint(before[1], text)


def _behind_choice(tokens: _Tokens, position: int) -> int:
    """Return where matching goes on at ``position``: at a ``|``, behind the alternatives after it."""
    depth = 0
    while position < len(tokens) and (depth or tokens[position][1] == "|"):
        depth = 1 if not depth else depth + (tokens[position][0] == "open") - (tokens[position][0] == "close")
        position += 1
    return position


_ATOMS = frozenset({"set", "escape", "plain"})


@lru_cache(maxsize=2048)
def _disjoint(one: str, other: str) -> bool:
    """Return whether no ASCII character matches both atoms."""
    if not (one + other).isascii() or "\\u" in one + other or "^" in (one, other):
        return False
    characters = []
    for atom in (one, other):
        kind = "set" if atom[0] == "[" else "escape" if atom[0] == "\\" else "plain"
        rewritten = _rewritten(kind, atom)
        if rewritten is None:
            return False
        characters.append(
            {character for character in map(chr, range(256)) if re.fullmatch(rewritten, character)}
        )
    return all(characters) and characters[0].isdisjoint(characters[1])


def _rewritten(kind: str | None, text: str) -> str | None:
    if kind == "end":
        return END
    if kind == "escape":
        return _ESCAPES.get(text) or (text if _SAME_EVERYWHERE.fullmatch(text) else None)
    if kind == "set":
        return _rewritten_set(text)
    if kind == "open" and text.startswith("(?<"):
        return "("
    return _ANY if text == "." else text


def _rewritten_set(text: str) -> str | None:
    """Rewrite the escapes of ``[…]``; doubled ``&&``, ``--`` and ``~~`` are operators elsewhere."""
    if text in _EVERYTHING:
        return r"[\s\S]"
    if any(operator in text for operator in ("&&", "--", "~~", "||")):
        return None
    parts = re.findall(r"\\(?:u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|.)|[^\\]", text, re.DOTALL)
    for before, dash, after in zip(parts[1:-1], parts[2:-1], parts[3:-1], strict=False):
        if dash == "-" and (before in _ESCAPES_IN_SETS or after in _ESCAPES_IN_SETS):
            return None  # a range from or to a whole class
    rewritten = [_ESCAPES_IN_SETS.get(part, part) for part in parts]
    if all(len(part) == 1 or part[0] != "\\" or _SAME_EVERYWHERE.fullmatch(part) for part in rewritten):
        result = "".join(rewritten)
        return result if _compiles(result) else None
    return None


def any_case(words: Iterable[str]) -> str:
    """Return a pattern that matches each of ``words`` in any case, and nothing else.

    >>> any_case(["USD", "a.b"])
    '^(?:[Uu][Ss][Dd]|[Aa]\\\\.[Bb])(?![\\\\s\\\\S])'
    """
    return "^(?:" + "|".join("".join(map(_either_case, word)) for word in words) + ")" + END


def _either_case(character: str) -> str:
    upper, lower = character.upper(), character.lower()
    if upper != lower and len(upper) == len(lower) == 1:
        return f"[{upper}{lower}]"
    return "\\" + character if character in _SPECIAL else character


_LONGEST_SAMPLE = 100_000


def sample(pattern: str, extra: int = 0) -> str | None:
    """Return a simple text for ``pattern``, each open repetition ``extra`` times longer.

    It is a guess: the first alternative is used, and lookahead is ignored. None where there is
    no guess, or none of at most 100,000 characters.

    >>> sample("^[A-Z]{3}-[0-9]+$", extra=2)
    'AAA-000'
    """
    tokens = _tokens(pattern)
    if tokens is None:
        return None
    try:
        text, rest = _sample_sequence(tokens, extra)
    except _TooLong:
        return None
    return text if not rest else None


class _TooLong(Exception):
    pass


def _sample_sequence(tokens: _Tokens, extra: int) -> tuple[str, _Tokens]:
    """Return a text for the tokens up to an unmatched ``)``, and the remaining tokens."""
    done: list[str] = []
    chosen: str | None = None
    while tokens and tokens[0][0] != "close":
        (kind, text), tokens = tokens[0], tokens[1:]
        if text == "|":
            chosen, done = "".join(done) if chosen is None else chosen, []
            continue
        piece = _sample_piece(kind, text)
        if kind == "open":
            inner, tokens = _sample_sequence(tokens, extra)
            tokens = tokens[1:]
            piece = "" if text in ("(?=", "(?!") else inner
        if tokens and tokens[0][0] == "repeat":
            count = _repetitions(tokens[0][1], extra)
            if len(piece) * count > _LONGEST_SAMPLE:
                raise _TooLong
            piece *= count
            tokens = tokens[1:]
        done.append(piece)
        if sum(map(len, done)) > _LONGEST_SAMPLE:
            raise _TooLong
    return "".join(done) if chosen is None else chosen, tokens


def _sample_piece(kind: str, text: str) -> str:
    if kind == "escape":
        return {"d": "0", "w": "a", "s": " ", "D": "a", "W": "-", "S": "a"}.get(text[1], text[1:])
    if kind == "set":
        expression = _rewritten_set(text)
        candidates = "A0a -_./@:+,;#"
        return next(
            (candidate for candidate in candidates if expression and re.match(expression, candidate)), text[1]
        )
    return text if kind == "plain" and text != "^" else {".": "a"}.get(text, "")


def _repetitions(repeat: str, extra: int) -> int:
    least, most = _counts(repeat)
    if repeat[0] == "?":
        return 0
    return least + extra if most is None else min(least + extra, most)
