"""``type`` and ``enum`` of a lenient schema. Pure: values in, part of a schema out.

Zuora accepts "1.50" for 1.5, "yes" for true and enum values in any case; so does a schema
made here.
"""

from __future__ import annotations

import functools
import re
from typing import Any

from dynzuora._patterns import BOOLEAN_TEXT, INTEGER_TEXT, NUMBER_TEXT, any_case

_TEXT_OF = {"number": NUMBER_TEXT, "integer": INTEGER_TEXT, "boolean": BOOLEAN_TEXT}
_NUMBER = re.compile(NUMBER_TEXT)
_TRUTH = {"true": True, "yes": True, "false": False, "no": False}

# An enum of 100,000 values as one pattern takes seconds and megabytes to compile; above this
# many characters the usual spellings are listed instead.
_LONGEST_PATTERN = 20_000


@functools.cache
def lenient_type(types: tuple[str, ...]) -> dict[str, Any]:
    """Return the lenient equivalent of ``type``: always null, text for numbers, any scalar for text."""
    if "string" in types:
        return {"type": list(dict.fromkeys((*types, "string", "number", "boolean", "null")))}
    texts = [_TEXT_OF[name] for name in types if name in _TEXT_OF]
    if not texts:
        return {"type": list(dict.fromkeys((*types, "null")))}
    pattern = texts[0] if len(texts) == 1 else "|".join(f"(?:{text})" for text in texts)
    return {"type": list(dict.fromkeys((*types, "string", "null"))), "pattern": pattern}


def lenient_enum(values: list[Any], types: list[str], *, listed: bool) -> dict[str, Any]:
    """Return the lenient equivalent of ``enum``: one pattern, or the usual spellings where ``listed``."""
    words: dict[str, str] = {}
    others: dict[str, Any] = {}
    for value in values:
        for word in _words(value, types):
            words.setdefault(word.lower(), word)
        for other in _others(value):
            others.setdefault(repr(other), other)
    if listed or sum(map(len, words)) > _LONGEST_PATTERN:
        spellings = (spelling for word in words.values() for spelling in _spellings(word))
        return {"enum": [*dict.fromkeys(spellings), *others.values(), None]}
    if not others:
        return {"type": ["string", "null"], "pattern": any_case(words.values())}
    if not words:
        return {"enum": [*others.values(), None]}
    text = {"type": "string", "pattern": any_case(words.values())}
    return {"anyOf": [text, {"enum": [*others.values(), None]}]}


def _words(value: Any, types: list[str]) -> tuple[str, ...]:
    """Return the texts for an enum value. YAML turned 41 Yes and No of the vendor into true and false."""
    if isinstance(value, bool):
        word = "true" if value else "false"
        return (word,) if types == ["boolean"] else (word, "yes" if value else "no")
    if isinstance(value, str):
        return (value,)
    return () if value is None or isinstance(value, (list, dict)) else (str(value),)


def _others(value: Any) -> tuple[Any, ...]:
    """Return the values other than text for an enum value."""
    if not isinstance(value, str):
        return () if value is None else (value,)
    if value.lower() in _TRUTH:
        return (_TRUTH[value.lower()],)
    if not _NUMBER.search(value):
        return ()
    return (int(value) if value.lstrip("+-").isdigit() else float(value),)


def _spellings(word: str) -> tuple[str, ...]:
    return (word, word.lower(), word.upper(), word.capitalize(), word.title(), word[:1].lower() + word[1:])
