"""What a comparison says, as text, Markdown, JSON, one HTML file, or a notebook's display.

Reports judge nothing: they lay out the values of ``changes`` and ``usage``.
"""

from __future__ import annotations

from dynzuora._diff.reports.markdown import markdown
from dynzuora._diff.reports.pages import html, notebook, usage_notebook
from dynzuora._diff.reports.text import text, usage_text
from dynzuora._diff.reports.view import as_json as json

__all__ = ["html", "json", "markdown", "notebook", "text", "usage_notebook", "usage_text"]
