"""Everything a user does with a document, done with one document in one process.

Prints one line of JSON. A document is either loaded, and then every operation can be
prepared and called in the sandbox, or has its fault among the document's warnings, or it is
a `SpecError`; any other exception is a fault of this package and ends the process.
"""

from __future__ import annotations

import json
import re
import resource
import sys
import time
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import dynzuora
from dynzuora.editors.stubs import ops
from dynzuora.errors import ApiError, DynzuoraError, InvalidRequest, RequestWarning, SpecError, SpecWarning
from dynzuora.operation import Document, Operation
from dynzuora.pages.browse import page
from tests.generated import body_for, parameters_for


def used(path: Path) -> dict[str, Any]:
    """Use the document at ``path`` and tell what came of it."""
    started = time.process_time()
    try:
        document = dynzuora.load(path)
    except SpecError as error:
        return {"outcome": "refused", "reason": str(error)}
    loaded = time.process_time() - started
    client = dynzuora.Client.sandbox(document)
    refused: Counter[str] = Counter()
    outcomes = Counter(
        _used(operation, client, document, refused) for operation in document.operations.values()
    )
    _shown(document, client)
    changes = dynzuora.diff(document, document).changes
    if changes:
        raise AssertionError(f"{len(changes)} changes between a document and itself: {changes[0].message}")
    return {
        "outcome": "loaded",
        "operations": dict(outcomes),
        "refused": dict(refused.most_common(5)),
        "warnings": dict(Counter(each.rule for each in document.warnings)),
        "seconds to load": round(loaded, 1),
        "seconds": round(time.process_time() - started, 1),
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def _used(operation: Operation, client: dynzuora.Client, document: Document, refused: Counter[str]) -> str:
    """Make a request of an operation and let the sandbox answer it; tell how far it came."""
    fault = document.prepared.index[operation.id].fault
    try:
        body, parameters = body_for(operation), parameters_for(operation)
        operation.template()
        operation.prepare(body, params=parameters)
        client.call(operation.id, body=body, params=parameters)
    except SpecError as error:
        if not fault:
            raise
        named = {each.pointer for each in document.warnings}
        return "broken, and named" if error.pointer in named else "broken, and not named"
    except InvalidRequest as error:
        refused[_QUOTED.sub("…", error.problems[0].message)[:80]] += 1
        return "made no valid request"
    except DynzuoraError as error:
        said = error.reasons[0].message if isinstance(error, ApiError) and error.reasons else str(error)
        refused[f"{type(error).__name__}: {_QUOTED.sub('…', said)[:80]}"] += 1
        return "prepared, and refused by the sandbox"
    return "prepared and answered"


_QUOTED = re.compile(r"'[^']*'|\d+")


def _shown(document: Document, client: dynzuora.Client) -> None:
    """Lay the document out in every way there is."""
    for operation in document.operations.values():
        repr(operation), operation._repr_html_()
        if not document.prepared.index[operation.id].fault:
            operation.describe()
            client.template(operation.id, required_only=True)
    repr(document), document._repr_html_(), document.operations._repr_html_()
    found = client.search("list all users")
    repr(found), page(document), compile(ops(document), "ops", "exec")


def main(path: str) -> None:
    warnings.simplefilter("error")
    warnings.simplefilter("ignore", RequestWarning)  # of fields made up for a schema that knows them not
    warnings.simplefilter("ignore", SpecWarning)  # of repairs, which the result counts
    print(json.dumps(used(Path(path))))


if __name__ == "__main__":
    main(sys.argv[1])
