"""A small comparison, what of somebody's code it breaks, and a text that no display may obey."""

from __future__ import annotations

from dynzuora.comparison.changes import Change, Diff, Fact, Move, Side, Signature, Verdict, Witness
from dynzuora.comparison.usage import Doubt, Finding, Place, Usage

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
        message="maxLength is 20, before 40",
        why="Longer values are refused.",
        fingerprint="0123456789ab",
        area="schema",
        field=field,
        tags=("Accounts",),
        verdicts=(Verdict("request", "breaking", "Longer values are refused."),),
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
    message="the operation GET /v1/report is gone",
    direction="",
    area="operation",
    fingerprint="ba9876543210",
    facts=(),
    witness=None,
)
NOTE = change(
    "property-added", severity="info", fingerprint="00000000000a", message="the property street is new"
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
        Finding(
            Place("jobs/nightly.py", 12),
            "POST_Old",
            "",
            "operation-renamed",
            "breaking",
            "POST_Old is called POST_New now",
            '"POST_New"',
            ("ba9876543210",),
        ),
    ),
    (Doubt(Place("look.ipynb", 2, 3), "client.call(name)", "the operation's id is computed"),),
)
EMPTY = Diff(SMALL.old, SMALL.old)
