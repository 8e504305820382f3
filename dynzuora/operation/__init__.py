"""Operations: one per ``operationId``, read from the document at first use.

`Operation.prepare` turns arguments into a frozen `dynzuora.Request` and finds every
fault at once; it performs no I/O and knows no credentials.
"""

from dynzuora.operation.document import Document, Operations, load
from dynzuora.operation.operation import CALL_OPTIONS, LEVELS, Operation, warn_of
from dynzuora.operation.parameters import Parameter, merged
from dynzuora.operation.undocumented import raw_request

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
