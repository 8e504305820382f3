"""The page at ``/``: what this sandbox is and every operation it answers."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dynzuora._sandbox.app import Sandbox


def page(sandbox: Sandbox) -> bytes:
    """Return the page as HTML."""
    import jinja2

    source = resources.files(__package__).joinpath("index.html.j2").read_text("utf-8")
    template = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined).from_string(source)
    index = sandbox.document.prepared.index
    operations = [
        {"id": identifier, "method": each.method, "path": each.path, "summary": each.summary}
        for identifier, each in sorted(index.items(), key=lambda item: (item[1].path, item[1].method))
    ]
    return template.render(document=sandbox.document, operations=operations).encode()
