"""Files: downloads to disk, files as rows, and checksums of uploads.

Opens no connections: `save` and `FileRows` are given a function that fetches. A file already
on disk, packed or not, is read with ``open_rows(path)``, and an open one with ``rows(file)``.
"""

from dynzuora.files.rows import FileRows, open_rows, rows
from dynzuora.files.saving import FileLocation, reference, save, with_checksum

__all__ = ["FileLocation", "FileRows", "open_rows", "reference", "rows", "save", "with_checksum"]
