"""How to install an extra: from where the package itself was installed from, be it a clone."""

from __future__ import annotations

import json
import os
from importlib import metadata
from urllib.parse import urlsplit
from urllib.request import url2pathname


def install(extra: str) -> str:
    """Return the command that installs an extra.

    ``direct_url.json`` beside the package says where it came from, unless that was an index
    (PEP 610).
    """
    try:
        origin = json.loads(metadata.distribution("dynzuora").read_text("direct_url.json") or "{}")
    except (metadata.PackageNotFoundError, OSError, ValueError):
        origin = {}
    named = f"dynzuora[{extra}]"
    if "dir_info" in origin:
        named = f"{url2pathname(urlsplit(origin['url']).path)}[{extra}]"
    elif "vcs_info" in origin:
        named = f"{named} @ {origin['vcs_info']['vcs']}+{origin['url']}"
    quote = '"' if os.name == "nt" else "'"
    return f"pip install {quote}{named}{quote}"
