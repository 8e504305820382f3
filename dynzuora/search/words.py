"""What people in billing call things, and what Zuora's documents call them: the table ``words.tsv``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from dynzuora._names import tokens
from dynzuora._packaged import packaged

Phrase = tuple[str, ...]
Meaning = Phrase | str
"""Words of a document, or the id of an operation."""

IGNORED = frozenset(
    {"a", "an", "and", "another", "any", "are", "be", "by", "do", "doe", "each", "for", "from", "has", "have"}
    | {"how", "i", "in", "is", "it", "me", "my", "of", "on", "one", "or", "our", "own", "s", "that", "the"}
    | {"their", "this", "to", "v", "what", "which", "with", "1"}
)
"""Words that say nothing about an operation."""


def significant(text: str) -> list[str]:
    """Return the words of a text without those that say nothing."""
    return [word for word in tokens(text) if word not in IGNORED]


@cache
def meanings() -> Mapping[Phrase, Sequence[Meaning]]:
    """Return phrase → what it may mean."""
    table: dict[Phrase, list[Meaning]] = {}
    for line in packaged("search", "words.tsv").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            words, means, _ = line.split("\t")
            row = table.setdefault(tuple(significant(words)), [])
            row += [part if "_" in part else tuple(tokens(part)) for part in means.split("|")]
    return table


LONGEST = 4
"""Words of the longest phrase."""
