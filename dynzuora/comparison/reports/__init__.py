"""A comparison as text, Markdown, JSON, one HTML file, or a notebook's display.

Reports judge nothing: they lay out the values of ``changes`` and ``usage.results``. Each
format is loaded at its first use: a terminal does not need what makes HTML.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynzuora import _lazy

if TYPE_CHECKING:
    from dynzuora.comparison.reports.as_html import html, notebook, usage_notebook
    from dynzuora.comparison.reports.as_json import json
    from dynzuora.comparison.reports.as_markdown import markdown
    from dynzuora.comparison.reports.as_text import text, usage_text

__all__ = ["html", "json", "markdown", "notebook", "text", "usage_notebook", "usage_text"]

__getattr__ = _lazy.exports(
    __name__,
    {
        "html": "as_html",
        "json": "as_json",
        "markdown": "as_markdown",
        "notebook": "as_html",
        "text": "as_text",
        "usage_notebook": "as_html",
        "usage_text": "as_text",
    },
)
