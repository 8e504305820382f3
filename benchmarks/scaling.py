"""How cost grows with the document: the same on ½, 1, 2 and 4 times its operations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmarks.documents import SIZES
from benchmarks.subjects import Growth, Kind, Loop, Setting, Subject

NOISE = 0.1
"""What a measured power may be above 1 and still be taken for linear."""

COSTS: Mapping[str, str] = {
    "prepare": "dynzuora.load(content)",
    "load, prepared": "dynzuora.load(old)",
    "load and first search": "dynzuora.Client(old, 'http://127.0.0.1:9', token='x').search(words)",
    "search again, per keystroke": "client.search(words)",
    "Tab in a notebook, per keystroke": "complete('client.call(\"GET_Acc', {'client': client})",
    "diff, both loaded": "dynzuora.diff(loaded, changed)",
}
"""What grows → the expression. The words have a typing error, the slowest case."""

_SETUP = """
import dynzuora
from dynzuora.editors.jupyter import complete
words = 'cancle subscription'
content = open(old, 'rb').read()
loaded, changed = dynzuora.load(old), dynzuora.load(new)
client = dynzuora.Client(old, 'http://127.0.0.1:9', token='x')
"""


def at(cost: str, size: float) -> str:
    """Return the name of a cost at a size."""
    return f"{cost}: {size:g} times the operations"


def subjects(setting: Setting) -> Sequence[Subject]:
    return [
        Loop(at(cost, size), "fast", run, f"old, new = {str(old)!r}, {str(new)!r}\n{_SETUP}")
        for cost, run in COSTS.items()
        for size, (old, new) in zip(SIZES, setting.scaled, strict=True)
    ]


KIND = Kind(
    "Cost and size of the document",
    "CPU of one process. The smaller document has the first half of the operations and what they need,"
    " the larger ones copies of all with schemas of their own. The changed document has a property more"
    " in every third schema.",
    subjects,
    tuple(
        Growth(f"growth of {cost}", tuple(at(cost, size) for size in SIZES), SIZES, 1 + NOISE)
        for cost in COSTS
    ),
)
