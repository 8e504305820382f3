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

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

END = r"(?![\s\S])"
"""Matches only at the end of the text."""

NUMBER_TEXT = rf"^[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?{END}"
INTEGER_TEXT = rf"^[+-]?[0-9]+(?:\.0+)?{END}"
BOOLEAN_TEXT = rf"^(?:[Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee]){END}"

_LONGEST = 2_000
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
_EVERYTHING = frozenset({r"[\s\S]", r"[\S\s]", r"[\d\D]", r"[\D\d]", r"[\w\W]", r"[\W\w]"})
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
    if len(pattern) > _LONGEST:
        return None
    parts: list[str] = []
    groups: list[bool] = []  # for each open group: does it contain a repetition or a choice?
    closed_loosely = False  # the previous token closed a group that does
    position = 0
    while position < len(pattern):
        token = _TOKEN.match(pattern, position)
        if token is None:
            return None
        kind, text = token.lastgroup, token.group()
        position = token.end()
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
    try:
        re.compile(result)
    except (re.error, OverflowError, RecursionError):
        return None
    return result if _longest(pattern) >= _LEAST_LONGEST else None


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
    scanned once. Any other multiplies the ways: by the length of the text if it is unbounded.
    """
    tokens = [(match.lastgroup or "", match.group()) for match in _TOKEN.finditer(pattern)]
    anchored = pattern.startswith("^") and not _has_choice_outside(tokens)
    ways, degree, scans = 1, 0 if anchored else 1, 0
    for position, (kind, text) in enumerate(tokens):
        if text == "|":
            ways *= 2
        if kind != "repeat":
            continue
        count = _ways_of(text)
        if _goes_on_one_way(tokens, position):
            scans = scans or int(count is None)
        elif count is None:
            degree += 1
        else:
            ways *= count
    return int((_STEPS / min(ways, _STEPS)) ** (1 / max(degree + scans, 1)) + 1e-6)


def _has_choice_outside(tokens: Iterable[tuple[str, str]]) -> bool:
    depth = 0
    for kind, text in tokens:
        depth += (kind == "open") - (kind == "close")
        if text == "|" and not depth:
            return True
    return False


def _ways_of(repeat: str) -> int | None:
    """Return how many counts a repetition allows; None if unbounded."""
    if repeat[0] in "*+":
        return None
    if repeat[0] == "?":
        return 2
    least, comma, most = repeat.rstrip("?")[1:-1].partition(",")
    if comma and not most:
        return None
    return int(most) - int(least) + 1 if comma else 1


def _goes_on_one_way(tokens: Sequence[tuple[str, str]], position: int) -> bool:
    rest = tokens[position + 1 : position + 3]
    if all(kind in ("end", "close") for kind, _ in tokens[position + 1 :]):
        return True  # nothing follows
    kind, text = rest[0]
    if kind not in _ATOMS or (len(rest) == 2 and rest[1][0] == "repeat" and rest[1][1][0] in "*?{"):
        return False
    before = tokens[position - 1] if position else ("", "")
    return before[0] in _ATOMS and _disjoint(before[1], text)


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
        return "".join(rewritten)
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


def sample(pattern: str, extra: int = 0) -> str | None:
    """Return a simple text for ``pattern``, each open repetition ``extra`` times longer.

    It is a guess: the first alternative is used, and lookahead is ignored.

    >>> sample("^[A-Z]{3}-[0-9]+$", extra=2)
    'AAA-000'
    """
    tokens = list(_TOKEN.finditer(pattern))
    if sum(len(token.group()) for token in tokens) != len(pattern):
        return None
    text, rest = _sample_sequence(tokens, extra)
    return text if not rest else None


def _sample_sequence(tokens: list[re.Match[str]], extra: int) -> tuple[str, list[re.Match[str]]]:
    """Return a text for the tokens up to an unmatched ``)``, and the remaining tokens."""
    done: list[str] = []
    chosen: str | None = None
    while tokens and tokens[0].lastgroup != "close":
        token, tokens = tokens[0], tokens[1:]
        kind, text = token.lastgroup, token.group()
        if text == "|":
            chosen, done = "".join(done) if chosen is None else chosen, []
            continue
        piece = _sample_piece(kind, text)
        if kind == "open":
            inner, tokens = _sample_sequence(tokens, extra)
            tokens = tokens[1:]
            piece = "" if text in ("(?=", "(?!") else inner
        if tokens and tokens[0].lastgroup == "repeat":
            piece *= _repetitions(tokens[0].group(), extra)
            tokens = tokens[1:]
        done.append(piece)
    return "".join(done) if chosen is None else chosen, tokens


def _sample_piece(kind: str | None, text: str) -> str:
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
    numbers = re.findall("[0-9]+", repeat)
    if not numbers:
        return {"*": extra, "+": 1 + extra, "?": 0}[repeat[0]]
    least = int(numbers[0])
    if "," not in repeat:
        return least
    return min(least + extra, int(numbers[1])) if len(numbers) == 2 else least + extra
