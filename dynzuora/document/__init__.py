"""Find, read, repair and resolve an OpenAPI document, and cut it into slices.

`prepare` takes a version, a path, a URL, bytes or a mapping and returns a `Prepared` document:
its index, and for each operation a *slice*, which is the operation with every schema it
reaches. The slices of a document that was prepared before are read from the cache.

>>> document = prepare("2020-12-10")
>>> document.index["GET_Account"][:2]
('GET', '/v1/accounts/{account-key}')
>>> [parameter["name"] for parameter in document.slice("GET_Account")["parameters"]]
['account-key', 'Zuora-Entity-Ids', 'Zuora-Track-Id']

`dereferenced` turns a slice into a graph without references; `repaired` returns a whole
document as OpenAPI 3.0; `facts` and `facts_text` remove its prose. `specs` lists the documents
that have a version as their name, and `add` stores another one under its version.
"""

from dynzuora.document.facts_only import facts, facts_text
from dynzuora.document.loading import prepare, repaired
from dynzuora.document.prepared import DocumentWarning, Entry, Prepared
from dynzuora.document.resolution import dereferenced
from dynzuora.document.sources import DEFAULT_VERSION, Spec, specs
from dynzuora.document.store import add

__all__ = [
    "DEFAULT_VERSION",
    "DocumentWarning",
    "Entry",
    "Prepared",
    "Spec",
    "add",
    "dereferenced",
    "facts",
    "facts_text",
    "prepare",
    "repaired",
    "specs",
]
