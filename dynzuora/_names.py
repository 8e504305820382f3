"""How names are compared: one canonical form, one measure of nearness.

Zuora spells one concept many ways (``account-key``, ``accountKey``, ``account_key``)
and so do the people who bring names from other clients. Within every operation the
canonical forms stay distinct, so forgiving the spelling never guesses.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def canonical(name: str) -> str:
    """Return ``name`` without punctuation and case: ``account-key`` → ``accountkey``."""
    return "".join(filter(str.isalnum, name)).casefold()


def nearest(name: str, candidates: Iterable[str], *, limit: int = 1) -> tuple[str, ...]:
    """Return up to ``limit`` candidates that look like ``name``, best first."""
    by_form: dict[str, str] = {}
    for candidate in candidates:
        by_form.setdefault(canonical(candidate), candidate)
    forms = difflib.get_close_matches(canonical(name), by_form, n=limit, cutoff=0.6)
    return tuple(by_form[form] for form in forms)
