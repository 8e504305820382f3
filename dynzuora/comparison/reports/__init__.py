"""A comparison as text, Markdown, JSON, HTML, a changelog, GitHub's annotations, SARIF, or in a notebook.

Reports judge nothing: they lay out the values of ``changes`` and ``usage.results``. Each
format is loaded at its first use: a terminal does not need what makes HTML.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynzuora import _lazy

if TYPE_CHECKING:
    from dynzuora.comparison.reports.as_changelog import changelog
    from dynzuora.comparison.reports.as_github import github
    from dynzuora.comparison.reports.as_html import html, notebook, usage_notebook
    from dynzuora.comparison.reports.as_json import json
    from dynzuora.comparison.reports.as_markdown import markdown
    from dynzuora.comparison.reports.as_sarif import sarif
    from dynzuora.comparison.reports.as_text import text, usage_text

__all__ = [
    "changelog",
    "github",
    "html",
    "json",
    "markdown",
    "notebook",
    "sarif",
    "text",
    "usage_notebook",
    "usage_text",
]

__getattr__ = _lazy.exports(
    __name__,
    {
        "changelog": "as_changelog",
        "github": "as_github",
        "html": "as_html",
        "json": "as_json",
        "markdown": "as_markdown",
        "notebook": "as_html",
        "sarif": "as_sarif",
        "text": "as_text",
        "usage_notebook": "as_html",
        "usage_text": "as_text",
    },
)
