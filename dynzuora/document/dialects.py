"""Versions of OpenAPI, and what of them is beyond this package: refused where it stands.

Nothing here refuses a document. What cannot be done disables the operations that reach it,
after overlays had their chance to remove it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

#: Of a document's ``jsonSchemaDialect`` and a schema's ``$schema``; the dialects of OpenAPI
#: are 2020-12 with keywords that do not change what is valid.
_DIALECT = re.compile(
    r"https?://json-schema\.org/draft/2020-12/schema#?"
    r"|https://spec\.openapis\.org/oas/3\.[12]/(dialect|schema)/(base|[0-9]{4}-[0-9]{2}-[0-9]{2})#?"
)

#: Fields of a Media Type Object that OpenAPI 3.2 adds.
MEDIA_OF_32 = ("itemSchema", "itemEncoding", "prefixEncoding")


def family(document: Mapping[str, Any]) -> str:
    """Return ``"2.0"``, ``"3.0"``, ``"3.1"`` or ``"3.2"``; empty for another version."""
    if "openapi" in document:
        match = re.fullmatch(r"(3\.[012])(\..*)?", str(document["openapi"]))
        return match[1] if match else ""
    return "2.0" if str(document.get("swagger")) in ("2.0", "2") else ""


def is_of_2020_12(family: str) -> bool:
    """Return whether schemas of that family are JSON Schema 2020-12."""
    return family not in ("2.0", "3.0")


def dialect_fault(dialect: Any, keyword: str) -> str:
    """Return why schemas in ``dialect`` cannot be checked, empty where they can."""
    if dialect is None or (isinstance(dialect, str) and _DIALECT.fullmatch(dialect)):
        return ""
    shown = repr(str(dialect)[:100])
    return f"{keyword} is {shown}; only JSON Schema 2020-12 and OpenAPI's dialects of it are checked"


def schema_fault(schema: Mapping[str, Any]) -> str:
    """Return why a schema of 2020-12 cannot be checked, empty where it can."""
    if "$schema" in schema and (fault := dialect_fault(schema["$schema"], "$schema")):
        return fault
    if "$dynamicRef" in schema:
        return f"the $dynamicRef {str(schema['$dynamicRef'])[:100]!r} points to nothing"
    return ""
