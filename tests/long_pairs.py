"""Random pairs of schemas: what a value proves is breaking, and what none proves is not.

    python -m tests.long_pairs --count 12000 --seed 1

judges each pair in requests and in responses by values of its own (`tests.schema_pairs`) and
jsonschema, and ends with the figures. Policies (`settled` in rules.toml) are counted apart.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections import Counter
from contextlib import suppress

from dynzuora import diff
from dynzuora.comparison import Diff
from tests.schema_pairs import Pair, document, pair, proof

POLICIES = {
    *("enum-value-added", "additional-properties-opened", "property-admitted"),
    *("property-added", "property-removed"),
}
"""Rules that stay as they are in responses, though a value proves them (docs/diff.md, Severities)."""


def judged(one: Pair, direction: str) -> tuple[str, Diff]:
    """Return what became of a pair in one direction, and the comparison."""
    old, new = (document(schema, direction, str(n)) for n, schema in enumerate((one.old, one.new)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = diff(old, new)
    taking, refusing = (one.old, one.new) if direction == "request" else (one.new, one.old)
    value = proof(taking, refusing, one.seed)
    if value:
        if found.breaking:
            return "proved and breaking", found
        is_policy = direction == "response" and any(change.id in POLICIES for change in found.changes)
        return "proved, and a policy" if is_policy else "missed", found
    if any(change.witness is None for change in found.breaking):
        return "invented", found
    return ("breaking by a witness" if found.breaking else "not breaking"), found


def run(count: int, seed: int, shown: int) -> bool:
    outcomes: Counter[str] = Counter()
    with suppress(KeyboardInterrupt):  # the figures of those that were judged
        for number in range(seed, seed + count):
            one = pair(number)
            for direction in ("request", "response"):
                outcome, found = judged(one, direction)
                outcomes[outcome] += 1
                if outcome in ("missed", "invented") and outcomes[outcome] <= shown:
                    _show(outcome, one, direction, found)
    return _figures(outcomes)


def _show(outcome: str, one: Pair, direction: str, found: Diff) -> None:
    print(f"{outcome}: seed {one.seed}, {direction}\n  {one.old}\n  {one.new}")
    value = proof(*((one.old, one.new) if direction == "request" else (one.new, one.old)), one.seed)
    print(f"  {value} {[(c.id, c.severity, c.where) for c in found.changes]}", flush=True)


def _figures(outcomes: Counter[str]) -> bool:
    """Print the figures, and return whether they are good enough."""
    proved = outcomes["proved and breaking"] + outcomes["missed"]
    without = outcomes["invented"] + outcomes["breaking by a witness"] + outcomes["not breaking"]
    print(dict(outcomes))
    print(f"breaking of {proved} proved: {outcomes['proved and breaking'] / max(proved, 1):.2%}")
    print(f"breaking without a witness of {without} unproved: {outcomes['invented'] / max(without, 1):.2%}")
    return outcomes["missed"] <= proved * 0.002 and outcomes["invented"] <= without * 0.01


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.long_pairs", description=__doc__)
    parser.add_argument("--count", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--shown", type=int, default=10)
    given = parser.parse_args()
    return 0 if run(given.count, given.seed, given.shown) else 1


if __name__ == "__main__":
    sys.exit(main())
