"""Operations: one per ``operationId``, read from the document at first use.

`Operation.prepare` turns arguments into a frozen `dynzuora.Request` and finds every
fault at once; it performs no I/O and knows no credentials.
"""

from dynzuora._operations.document import Document, Operations, load
from dynzuora._operations.operation import CALL_OPTIONS, LEVELS, Operation, warn_of
from dynzuora._operations.parameters import Parameter, merged
from dynzuora._operations.undocumented import raw_request

__all__ = [
    "CALL_OPTIONS",
    "LEVELS",
    "Document",
    "Operation",
    "Operations",
    "Parameter",
    "load",
    "merged",
    "raw_request",
    "warn_of",
]
