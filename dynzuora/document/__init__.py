"""Find, read, repair and resolve an OpenAPI document, and cut it into slices.

`prepare` takes a version, a path, a URL, bytes or a mapping and returns a `Prepared` document:
its index, and for each operation a *slice*, which is the operation with every schema it
reaches. The slices of a document that was prepared before are read from the cache.

>>> from dynzuora.document import prepare
>>> document = prepare("2020-12-10")
>>> document.index["GET_Account"][:2]
('GET', '/v1/accounts/{account-key}')
>>> [parameter["name"] for parameter in document.slice("GET_Account")["parameters"]]
['account-key', 'Zuora-Entity-Ids', 'Zuora-Track-Id']

`dereferenced` turns a slice into a graph without references; `repaired` returns a whole
document as OpenAPI 3.0; `facts` and `facts_text` remove its prose. `specs` lists the documents
that have a version as their name, and `add` stores another one under its version.

Names are imported at first use: a warm start needs `prepare` and none of what prepares.
"""

from typing import TYPE_CHECKING

from dynzuora import _lazy

if TYPE_CHECKING:
    from dynzuora.document.facts_only import facts as facts
    from dynzuora.document.facts_only import facts_text as facts_text
    from dynzuora.document.loading import prepare as prepare
    from dynzuora.document.loading import repaired as repaired
    from dynzuora.document.prepared import HARMLESS as HARMLESS
    from dynzuora.document.prepared import DocumentWarning as DocumentWarning
    from dynzuora.document.prepared import Entry as Entry
    from dynzuora.document.prepared import Prepared as Prepared
    from dynzuora.document.resolution import dereferenced as dereferenced
    from dynzuora.document.sources import DEFAULT_VERSION as DEFAULT_VERSION
    from dynzuora.document.sources import LATEST as LATEST
    from dynzuora.document.sources import Spec as Spec
    from dynzuora.document.sources import newer_than as newer_than
    from dynzuora.document.sources import specs as specs
    from dynzuora.document.store import add as add

_HOMES = {
    "DEFAULT_VERSION": "sources",
    "DocumentWarning": "prepared",
    "Entry": "prepared",
    "HARMLESS": "prepared",
    "LATEST": "sources",
    "Prepared": "prepared",
    "Spec": "sources",
    "add": "store",
    "dereferenced": "resolution",
    "facts": "facts_only",
    "facts_text": "facts_only",
    "newer_than": "sources",
    "prepare": "loading",
    "repaired": "loading",
    "specs": "sources",
}
__all__ = list(_HOMES)
__getattr__ = _lazy.exports(__name__, _HOMES)
