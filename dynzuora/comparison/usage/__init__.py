"""Find the lines of the caller's own code that a new version of the document breaks.

Scripts and notebooks are read, never run (``tracing``); a client's log may be added
(``log``). Each use is then looked up in both documents (``judging``). What cannot be
followed is listed as unresolved, so no finding means that nothing was found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynzuora import _lazy

if TYPE_CHECKING:
    from dynzuora.comparison.usage.reading import used_by
    from dynzuora.comparison.usage.results import SourceLocation, Unresolved, UsageFinding, UsageResult

__all__ = ["SourceLocation", "Unresolved", "UsageFinding", "UsageResult", "used_by"]

__getattr__ = _lazy.exports(
    __name__,
    {
        "SourceLocation": "results",
        "Unresolved": "results",
        "UsageFinding": "results",
        "UsageResult": "results",
        "used_by": "reading",
    },
)
