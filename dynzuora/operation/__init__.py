"""Operations: one per ``operationId``, read from the document at first use.

`Operation.prepare` turns arguments into a frozen `dynzuora.Request` and reports every
problem at once. It sends nothing and knows no credentials.

>>> operation = load("2020-12-10").operations["GET_SequenceSets"]
>>> operation.prepare(page_size=20).url
'/v1/sequence-sets?pageSize=20'
"""

from dynzuora.operation.document import Document, Operations, load
from dynzuora.operation.operation import Operation, warn_of
from dynzuora.operation.parameters import Parameter, merged
from dynzuora.operation.undocumented import raw_request

__all__ = [
    "Document",
    "Operation",
    "Operations",
    "Parameter",
    "load",
    "merged",
    "raw_request",
    "warn_of",
]
