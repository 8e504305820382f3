"""Files: downloads to disk, files as rows, and checksums of uploads.

A file already on disk, compressed or not, is read with ``open_rows(path)``, and an open one
with ``rows(file)``.
"""

from dynzuora.files.checksums import with_checksum
from dynzuora.files.file_rows import FileRows, response_rows
from dynzuora.files.locations import Download, FileLocation, reference, referenced
from dynzuora.files.rows import described, open_rows, rows
from dynzuora.files.saving import save

__all__ = [
    "Download",
    "FileLocation",
    "FileRows",
    "described",
    "open_rows",
    "reference",
    "referenced",
    "response_rows",
    "rows",
    "save",
    "with_checksum",
]
