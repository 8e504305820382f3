"""Compare names: their canonical form, and the nearest of many.

Zuora spells a name in many ways (``account-key``, ``accountKey``, ``account_key``), and so do
users of other clients. Within every operation the canonical forms are distinct, so accepting
any spelling is never a guess.
"""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

from dynzuora._zuora import OPTION_HEADERS

_WORDS = re.compile(r"(?:GET|POST|PUT|PATCH|DELETE)(?=[a-z])|[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
"""A method before small letters is a word of its own: ``POSTamend``."""


@lru_cache(maxsize=4096)
def canonical(name: str) -> str:
    """Return ``name`` without punctuation and case: ``account-key`` → ``accountkey``."""
    bare = name.replace("_", "").replace("-", "")  # nearly always enough
    return (bare if bare.isalnum() else "".join(filter(str.isalnum, bare))).casefold()


_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


def is_header_name(name: object) -> bool:
    """Whether ``name`` can be that of a header: a token (RFC 9110, 5.6.2)."""
    return isinstance(name, str) and _TOKEN.fullmatch(name) is not None


def is_header_text(value: object) -> bool:
    """Whether ``value`` can stand in a header as it is: printable US-ASCII on one line (RFC 9110, 5.5)."""
    return isinstance(value, str) and value.isascii() and value.isprintable()


_OPTIONS = {
    canonical(header): option
    for option, header in OPTION_HEADERS.items()
    if canonical(header) == canonical(option)
}
"""Header in canonical form → the call option that is spelled the same."""


def split_words(name: str) -> list[str]:
    """Return the words of a name or a sentence as they are written: ``creditMemoIds`` → credit, Memo, Ids."""
    return _WORDS.findall(name)


def singular(word: str) -> str:
    """Return a plural in the singular, other words unchanged: ``entities`` → ``entity``."""
    if word.endswith(("ss", "us", "is")) or (len(word) <= 3 and word != "ids"):
        return word
    for plural, one in (("ies", "y"), ("sses", "ss"), ("xes", "x"), ("s", "")):
        if word.endswith(plural):
            return word.removesuffix(plural) + one
    return word


def tokens(text: str) -> list[str]:
    """Return the words of a name or a sentence, to compare: ``creditMemoIds`` → credit, memo, id."""
    return [singular(word.lower()) for word in split_words(text)]


def route(text: str) -> str:
    """Return ``"get /v1/{id}"`` as ``"GET /v1/{}"``: a path is its shape, not its parameters' names."""
    method, _, path = text.strip().partition(" ")
    parts = ("{}" if part.startswith("{") else part for part in path.strip().rstrip("/").split("/"))
    return f"{method.upper()} {'/'.join(parts)}"


def argument_name(name: str, location: str, *, clash: bool = False) -> str:
    """Return ``name`` as a Python argument: ``account-key`` → ``account_key``; camelCase stays.

    A ``clash`` is a name that parameters in two locations share: the location becomes part of it.
    A header that is a call option by the same name is spelled as the option.
    """
    option = _OPTIONS.get(canonical(name)) if location == "header" else None
    name = name if name.isascii() else unicodedata.normalize("NFKC", name)  # as Python reads identifiers
    text = option or "".join(letter if f"_{letter}".isidentifier() else "_" for letter in name)
    text = text.strip("_") or "_"
    if clash:
        text += f"_in_{location}"
    if not text.isidentifier():
        text = f"_{text}"
    return f"{text}_" if keyword.iskeyword(text) or text in ("body", "params", "self") else text


def argument_names(parameters: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Return the Python arguments of one operation's parameters, given as (name, location).

    They differ: those that would be the same are numbered.

    >>> argument_names([("at", "query"), ("at<", "query")])
    ('at_in_query', 'at_in_query_2')
    """
    pairs = tuple(parameters)
    forms = Counter(canonical(name) for name, _ in pairs)
    arguments: dict[str, None] = {}
    for name, location in pairs:
        argument = first = argument_name(name, location, clash=forms[canonical(name)] > 1)
        number = 1
        while argument in arguments:
            number += 1
            argument = f"{first}_{number}"
        arguments[argument] = None
    return tuple(arguments)


def nearest(name: str, candidates: Iterable[str], *, limit: int = 1) -> tuple[str, ...]:
    """Return up to ``limit`` candidates similar to ``name``, best first."""
    import difflib  # most names are spelled correctly

    by_form: dict[str, str] = {}
    for candidate in candidates:
        by_form.setdefault(canonical(candidate), candidate)
    forms = difflib.get_close_matches(canonical(name), by_form, n=limit, cutoff=0.6)
    return tuple(by_form[form] for form in forms)
