"""HTML files that work offline: compressed data, and a Content-Security-Policy.

The policy allows only the file's own script and style, by their hashes, so that nothing in
a document can run.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from typing import Any

from dynzuora._text import acting


def policy(*, style: str, script: str, calls_its_origin: bool = False) -> str:
    """Return the Content-Security-Policy of a file with this style and this script."""
    rules = ["default-src 'none'", f"style-src '{_digest(style)}'", f"script-src '{_digest(script)}'"]
    rules += ["connect-src 'self'"] if calls_its_origin else []
    return "; ".join([*rules, "base-uri 'none'", "form-action 'none'"])


def script_json(value: Any) -> str:
    """Return JSON for a ``<script>`` element: ASCII, and nothing in it ends the element."""
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    text = _ESCAPE.sub(_visible, text)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


_HALVES = frozenset({"d8", "d9", "da", "db", "dc", "dd", "de", "df"})
_ESCAPE = re.compile(r"\\(?:u([0-9a-f]{4})|.)")


def _visible(escape: re.Match[str]) -> str:
    """Escape again a character that would reorder a line, so that its escape is shown."""
    acts = escape[1] is not None and escape[1][0:2] not in _HALVES and acting().match(chr(int(escape[1], 16)))
    return f"\\{escape[0]}" if acts else escape[0]


def packed(value: Any) -> str:
    """Return JSON deflated and in base 64: a tenth of its size, and free of HTML syntax."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return base64.b64encode(packer.compress(script_json(value).encode()) + packer.flush()).decode()


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
