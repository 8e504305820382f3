"""Files: from the server to disk, and from disk to rows; and what an upload needs besides its bytes.

Nothing here opens a connection: the client passes in how to fetch.
"""

from dynzuora.files.rows import FileRows, open_rows, rows
from dynzuora.files.saving import Place, reference, save, with_checksum

__all__ = ["FileRows", "Place", "open_rows", "reference", "rows", "save", "with_checksum"]
