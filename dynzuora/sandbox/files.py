"""Generated files: PDF, CSV, JSON lines, ZIP, and the XML of object descriptions.

Small, valid, and the same in every run.
"""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

from dynzuora import _json

_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_ZIP_TIME = (2026, 1, 2, 9, 0, 0)

DELIMITERS = {"CSV": ",", "TSV": "\t", "DSV": "|"}


def pdf(title: str) -> bytes:
    """Return a one-page PDF with ``title`` on it."""
    text = title.replace("\\", "").replace("(", "").replace(")", "").encode("latin-1", "replace")
    stream = b"BT /F1 24 Tf 72 720 Td (" + text + b") Tj ET"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
        b"/Resources<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
    ]
    content, offsets = b"%PDF-1.4\n", []
    for number, part in enumerate(objects, 1):
        offsets.append(len(content))
        content += b"%d 0 obj%s endobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return (
        content
        + b"xref\n0 5\n0000000000 65535 f \n%strailer<</Size 5/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n"
        % (
            table,
            len(content),
        )
    )


def table(rows: Sequence[Mapping[str, Any]], delimiter: str = ",", names: Iterable[str] = ()) -> bytes:
    """Return rows as delimited text; the columns are every field in order of appearance."""
    columns = list(dict.fromkeys([*names, *(name for row in rows for name in row)]))
    return delimited(columns, ([row.get(name) for name in columns] for row in rows), delimiter)


def delimited(columns: Iterable[str], rows: Iterable[Iterable[Any]], delimiter: str = ",") -> bytes:
    """Return a header and rows as delimited text; several columns may have one name."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(map(_cell, row) for row in rows)
    return out.getvalue().encode()


def lines(rows: Iterable[Any]) -> bytes:
    """Return rows as JSON lines."""
    return b"".join(_json.encode(row) + b"\n" for row in rows)


def zipped(name: str, content: bytes) -> bytes:
    """Return a ZIP archive of one file, with a fixed time, so that its bytes are reproducible."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(name, _ZIP_TIME), content)
    return out.getvalue()


def gzipped(content: bytes) -> bytes:
    """Return ``content`` as a gzip file without a timestamp."""
    return gzip.compress(content, mtime=0)


def described(name: str, fields: Iterable[tuple[str, str]]) -> bytes:
    """Return the XML that describes an object, one field per line."""
    body = "".join(
        f"<field><name>{escape(field)}</name><label>{escape(field)}</label><selectable>true</selectable>"
        "<createable>true</createable><updateable>true</updateable><filterable>true</filterable>"
        f"<custom>{'true' if field.endswith('__c') else 'false'}</custom><type>{kind}</type>"
        "<contexts><context>soap</context><context>export</context></contexts></field>\n"
        for field, kind in fields
    )
    title = f"<name>{escape(name)}</name><label>{escape(name)}</label>"
    return f"{_XML}<object>{title}<fields>\n{body}</fields></object>".encode()


def not_described(name: str) -> bytes:
    """Return the XML for an unknown object."""
    error = f"<error><code>INVALID_VALUE</code><message>no object {escape(name)}</message></error>"
    return f"{_XML}<errors>{error}</errors>".encode()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else _json.encode(value).decode()
