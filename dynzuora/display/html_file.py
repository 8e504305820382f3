"""What every HTML file of ours has: its data packed, and a policy that lets nothing else run.

A page is one file that needs no network. Its content security policy names the script and
the style it was made with by their hashes, so whatever a document says, nothing of it runs.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from typing import Any

from dynzuora._text import ACTING


def policy(*, style: str, script: str, calls_its_origin: bool = False) -> str:
    """Return the Content-Security-Policy of a page with this one style and this one script."""
    rules = ["default-src 'none'", f"style-src '{_digest(style)}'", f"script-src '{_digest(script)}'"]
    rules += ["connect-src 'self'"] if calls_its_origin else []
    return "; ".join([*rules, "base-uri 'none'", "form-action 'none'"])


def script_json(value: Any) -> str:
    """Return JSON that may stand in a ``<script>``: nothing in it ends the element or is more than ASCII."""
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    text = _ESCAPE.sub(_shown, text)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


_HALVES = frozenset({"d8", "d9", "da", "db", "dc", "dd", "de", "df"})
_ESCAPE = re.compile(r"\\(?:u([0-9a-f]{4})|.)")


def _shown(escape: re.Match[str]) -> str:
    """Leave the escape of a character that would reorder the line as text: the page shows it."""
    acts = escape[1] is not None and escape[1][0:2] not in _HALVES and ACTING.match(chr(int(escape[1], 16)))
    return f"\\{escape[0]}" if acts else escape[0]


def packed(value: Any) -> str:
    """Return JSON, deflated, in base 64: a tenth of its size, and of no meaning to a parser of HTML."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return base64.b64encode(packer.compress(script_json(value).encode()) + packer.flush()).decode()


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
