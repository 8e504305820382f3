"""A small comparison, what of somebody's code it breaks, and a text that no display may obey."""

from __future__ import annotations

from dynzuora.comparison import Change, Diff, Usage
from dynzuora.comparison.changes import Fact, Move, Side, Signature, Verdict, Witness
from dynzuora.comparison.usage import SourceLocation, Unresolved, UsageFinding

_OPPOSITES = dict(
    pair
    for one, other in (
        *(("added", "removed"), ("set", "dropped"), ("raised", "lowered"), ("widened", "narrowed")),
        *(("required", "optional"), ("opened", "closed"), ("admitted", "forbidden"), ("found", "lost")),
        *(("allowed", "refused"), ("declared", "undeclared"), ("deprecated", "undeprecated")),
        *(("repaired", "broken"), ("relaxed", "tightened")),
    )
    for pair in ((one, other), (other, one))
)


def mirrored(kind: str) -> str:
    """Return the kind that the same two documents give in the other order: added and removed, …"""
    prefix, _, rest = kind.partition("-became-")
    if rest:
        return f"{prefix}-became-{_OPPOSITES[rest]}"
    first = "required-" if kind.startswith("required-") else ""
    words = kind.removeprefix(first).split("-")
    return first + "-".join(_OPPOSITES.get(word, word) for word in words)


EVIL = "<img src=x onerror=alert(1)>\u202egnp.exe\x1b[31m\n# `|` @everyone [x](https://a.example)"


def change(rule: str = "max-length-lowered", **values: object) -> Change:
    """A breaking change with whatever else a test is about."""
    field = "city"
    fact = Fact(rule, "#/components/schemas/Contact/properties/city", "Contact.city", 40, 20, field)
    base = Change(
        id=rule,
        severity="breaking",
        direction="request",
        where="Contact.city",
        operations=("POST_Account", "PUT_Account"),
        old=40,
        new=20,
        message="maxLength was lowered from 40 to 20",
        why="Anything above it is rejected.",
        fingerprint="0123456789ab",
        area="schema",
        field=field,
        tags=("Accounts",),
        verdicts=(Verdict("request", "breaking", "Anything above it is rejected."),),
        facts=(fact,),
        witness=Witness("x" * 21, "Contact.city", "old", "has 21 characters; allowed: 20 or less."),
    )
    return base._replace(**values)  # type: ignore[arg-type]  # named by the test, which knows the fields


GONE = change(
    "operation-removed",
    where="GET_Report",
    operations=("GET_Report",),
    tags=("Reports",),
    old="GET /v1/report",
    new=None,
    message="the operation GET /v1/report was removed",
    direction="",
    area="operation",
    fingerprint="ba9876543210",
    facts=(),
    witness=None,
)
NOTE = change(
    "property-added", severity="info", fingerprint="00000000000a", message="the property street was added"
)
SMALL = Diff(
    Side("Small billing", "1", 2),
    Side("Small billing", "2", 1),
    (GONE, change(), NOTE),
    moves=(Move("operation-id", "", "POST_Old", "POST_New"),),
    aliases={"POST_Old": "POST_New"},
    surface=(Signature("PUT_Account", ("key: str",), ("key: str", "since: str")),),
)
USAGE = Usage(
    ("jobs/nightly.py",),
    2,
    ("GET_Report",),
    (
        UsageFinding(
            SourceLocation("jobs/nightly.py", 12),
            "POST_Old",
            "",
            "operation-renamed",
            "breaking",
            "POST_Old was renamed to POST_New",
            '"POST_New"',
            ("ba9876543210",),
        ),
    ),
    (Unresolved(SourceLocation("look.ipynb", 2, 3), "client.call(name)", "the operation's id is computed"),),
)
EMPTY = Diff(SMALL.old, SMALL.old)
