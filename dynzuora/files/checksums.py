"""Checksums of uploads, which Zuora requires for some of them."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from dynzuora import _json


def with_checksum(body: Any, file: str, values: str, field: str) -> Any:
    """Return a multipart body with the MD5 of its part ``file`` in the part ``values``, unless it has one."""
    if not isinstance(body, Mapping) or file not in body:
        return body
    fields = body.get(values)
    try:
        fields = _json.decode(fields) if isinstance(fields, (str, bytes)) else fields
    except ValueError:
        return body  # not JSON: validation reports it
    if not isinstance(fields, Mapping) or fields.get(field):
        return body
    digest = _md5(body[file])
    if not digest:
        return body
    return {**body, values: _json.encode(_json.plain({**fields, field: digest})).decode()}


def _md5(value: Any) -> str:
    """Return the MD5 of a file in any form a multipart body accepts, empty for anything else."""
    if isinstance(value, tuple):
        value = value[1] if len(value) > 1 else None
    if isinstance(value, (bytes, bytearray)):
        return _md5_of(io.BytesIO(value))
    if isinstance(value, (str, Path)):
        if not Path(value).is_file():
            return ""
        with open(value, "rb") as file:
            return _md5_of(file)
    return _md5_of(value) if hasattr(value, "read") and value.seekable() else ""


def _md5_of(file: IO[Any]) -> str:
    """Return the MD5 of a whole file of bytes or of text, and leave it at its start."""
    digest = hashlib.md5(usedforsecurity=False)
    file.seek(0)
    while piece := file.read(65536):
        digest.update(piece.encode() if isinstance(piece, str) else piece)
    file.seek(0)
    return digest.hexdigest()
