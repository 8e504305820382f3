"""A whole document as one HTML file to look at: search, operation cards, schema trees.

The file carries the document itself, packed; its script lays out a card when one is
opened, so the list paints at once and a schema that contains itself is no trouble.
"""

from __future__ import annotations

from dynzuora._browse.page import page

__all__ = ["page"]
