"""``sync.toml`` as typed values: how objects change, and how much is read again."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from typing import NamedTuple

from dynzuora._names import canonical
from dynzuora._packaged import packaged


class Rules(NamedTuple):
    """The tables of ``sync.toml``; ``overlaps`` is the canonical name of an object → days."""

    lag: float
    """Minutes."""
    changed: tuple[str, ...]
    deleted: str
    reserved: frozenset[str]
    overlaps: Mapping[str, float]

    def overlap(self, name: str) -> float:
        """Return how many days of an object are read again each time.

        >>> rules().overlap("InvoiceItem"), rules().overlap("Account")
        (14, 0)
        """
        return self.overlaps.get(canonical(name), 0)


def column(names: Iterable[str], columns: Iterable[str]) -> str:
    """Return the first of ``columns`` that is one of ``names``, as ``names`` spell it; empty if none is.

    >>> column(["id", "updateddate"], ["UpdatedDate", "CreatedDate"])
    'updateddate'
    """
    spellings = {canonical(name): name for name in names}
    return next((spellings[form] for form in map(canonical, columns) if form in spellings), "")


@cache
def rules() -> Rules:
    """Return the tables, read once."""
    table = tomllib.loads(packaged("sync", "sync.toml").read_text("utf-8"))
    return Rules(
        table["lag"]["minutes"],
        tuple(table["changed"]["columns"]),
        table["deleted"]["column"],
        frozenset(table["reserved"]["words"]),
        {canonical(name): row["days"] for row in table["overlaps"] for name in row["objects"]},
    )
