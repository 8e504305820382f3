"""Ask a tenant for the description of an object."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from dynzuora import _zuora, files
from dynzuora.custom_fields.objects import ObjectFields, from_elements

if TYPE_CHECKING:
    from dynzuora.operation.caller import Caller


def described(caller: Caller, name: str) -> ObjectFields:
    """Return the description of the object called ``name``, as the tenant has it now.

    It only reads, so that it is asked for in a dry run, too.

    Raises what a call raises, and `FileError` if the response is not XML.
    """
    reply = caller.call(_zuora.DESCRIBE, params={"object": name}, dry_run=False)
    content = reply if isinstance(reply, bytes) else str(reply).encode()
    elements = files.described(io.BytesIO(content), f"the description of {name}")
    return from_elements(name, elements, datetime.now(UTC).isoformat(timespec="seconds"))
