"""Replacements for the tenant: a recording, or the sandbox that ``ZUORA_ENV=sandbox`` selects."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from dynzuora import _zuora
from dynzuora.configuration.settings import SANDBOX, VARIABLES, Settings

if TYPE_CHECKING:
    from dynzuora.operation import Document
    from dynzuora.sandbox import Sandbox


class StandIn(NamedTuple):
    """An adapter for requests in place of the network, and the settings that a client of it shows."""

    adapter: Any
    settings: Settings


def replayed(path: str | os.PathLike[str]) -> StandIn:
    """Return what answers from a recording. Raises what `recording.replaying.ReplayAdapter` does."""
    from dynzuora.recording.replaying import ReplayAdapter

    shown = _zuora.Environment("replay", Path(path).name, SANDBOX.url, False)
    return StandIn(ReplayAdapter(path, SANDBOX.url), Settings(shown, os.fspath(path)))


def forced(document: Document) -> StandIn:
    """Return the sandbox of ``ZUORA_ENV=sandbox``: one for each document, which its clients share.

    The first says on standard error that nothing reaches the vendor.
    """
    from dynzuora import sandbox

    with _lock:
        if not _sandboxes:
            print(_NOTICE, file=sys.stderr)
        key = document.title, document.version
        if key not in _sandboxes:
            _sandboxes[key] = sandbox.Sandbox(document)
        application = _sandboxes[key]
    shown = SANDBOX._replace(name="in-process sandbox: nothing reaches Zuora")
    source = f"{VARIABLES['environment']}={SANDBOX.key}"
    return StandIn(sandbox.adapter(application), Settings(shown, source, application.store.entities[0]))


_sandboxes: dict[tuple[str, str], Sandbox] = {}
_lock = threading.Lock()
_NOTICE = (
    f"dynzuora: {VARIABLES['environment']}={SANDBOX.key}: calls go to a simulated tenant in this process; "
    f"nothing reaches Zuora. Its own API Sandbox is {VARIABLES['environment']}=SBX."
)
