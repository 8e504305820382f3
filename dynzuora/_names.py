"""Compare names: their canonical form, and the nearest of many.

Zuora spells a name in many ways (``account-key``, ``accountKey``, ``account_key``), and so do
users of other clients. Within every operation the canonical forms are distinct, so accepting
any spelling is never a guess.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable

_WORDS = re.compile(r"(?:GET|POST|PUT|PATCH|DELETE)(?=[a-z])|[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
"""A method before small letters is a word of its own: ``POSTamend``."""


def canonical(name: str) -> str:
    """Return ``name`` without punctuation and case: ``account-key`` → ``accountkey``."""
    bare = name.replace("_", "").replace("-", "")  # nearly always enough
    return (bare if bare.isalnum() else "".join(filter(str.isalnum, bare))).casefold()


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
    """
    text = "".join(character if character.isalnum() else "_" for character in name).strip("_") or "_"
    if clash:
        text += f"_in_{location}"
    if text[0].isdigit():
        text = f"_{text}"
    return f"{text}_" if keyword.iskeyword(text) or text in ("body", "params", "self") else text


def argument_names(parameters: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Return the Python arguments of one operation's parameters, given as (name, location)."""
    pairs = tuple(parameters)
    forms = [canonical(name) for name, _ in pairs]
    return tuple(
        argument_name(name, location, clash=forms.count(canonical(name)) > 1) for name, location in pairs
    )


def nearest(name: str, candidates: Iterable[str], *, limit: int = 1) -> tuple[str, ...]:
    """Return up to ``limit`` candidates similar to ``name``, best first."""
    import difflib  # most names are spelled correctly

    by_form: dict[str, str] = {}
    for candidate in candidates:
        by_form.setdefault(canonical(candidate), candidate)
    forms = difflib.get_close_matches(canonical(name), by_form, n=limit, cutoff=0.6)
    return tuple(by_form[form] for form in forms)
