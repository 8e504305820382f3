"""What a comparison says, as text, Markdown, JSON, one HTML file, or a notebook's display.

Reports judge nothing: they lay out the values of ``changes`` and ``usage``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dynzuora.comparison.reports.markdown import markdown
from dynzuora.comparison.reports.text import text, usage_text
from dynzuora.comparison.reports.view import as_json as json

if TYPE_CHECKING:
    from dynzuora.comparison.reports.pages import html, notebook, usage_notebook

__all__ = ["html", "json", "markdown", "notebook", "text", "usage_notebook", "usage_text"]


def __getattr__(name: str) -> Any:
    """Load what makes HTML when it is asked for: a terminal has no use for it."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from dynzuora.comparison.reports import pages

    return getattr(pages, name)
