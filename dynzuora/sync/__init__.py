"""Incremental extraction: what has changed in a tenant since the last run, each version of a row once.

A run reads a window of time, which ends some time before now, and writes it as a batch. Only
then the state records it, so a run that dies loses nothing and repeats nothing: its batch comes
again under the same key, and replaces what was written of it. What the overlap of an object
reads again is left out if it has not changed. ``sync.toml`` has the lag and the overlaps.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import partial
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dynzuora._names import nearest
from dynzuora.configuration.settings import SANDBOX
from dynzuora.sync.rules import rules
from dynzuora.sync.sources import ENGINES
from dynzuora.sync.state import State
from dynzuora.sync.syncing import NoState, Plan, Summary, Sync
from dynzuora.sync.targets import FORMATS, Batch, Folder, Function

if TYPE_CHECKING:
    from dynzuora.operation.caller import Caller

__all__ = ["Batch", "Summary", "Sync", "sync"]

STATE = "sync.json"
"""The name of the state in a folder of batches, if none is given."""


def sync(
    caller: Caller,
    object: str,
    to: str | os.PathLike[str] | Callable[[Batch], Any] | None,
    state: str | os.PathLike[str] | None,
    *,
    columns: Sequence[str] | None,
    since: str | date | None,
    overlap: float | None,
    lag: float | None,
    window: float | None,
    engine: str,
    format: str,
    progress: bool | None,
) -> Sync:
    """Do what `Client.sync` does, which decides the defaults."""
    if not _OBJECT.fullmatch(object):
        raise ValueError(f"{object!r} is not the name of an object, such as Invoice.")
    if isinstance(columns, str):
        raise TypeError("columns takes a list of names.")
    _check_choice("engine", engine, ENGINES)
    _check_choice("format", format, FORMATS)
    overlap = _number("overlap", overlap, 0, _CENTURY, "days")
    lag = _number("lag", lag, 0, _CENTURY * 1440, "minutes")
    window = _number("window", window, 1 / 86400, _CENTURY, "days")
    if window is not None and since is None:
        raise ValueError("window needs since=.")
    if caller.options.dry_run:
        raise ValueError("A sync cannot be a dry run: what it would send depends on the replies.")
    default_lag = 0 if caller.environment == SANDBOX else rules().lag
    plan = Plan(
        object,
        engine,
        None if columns is None else tuple(columns),
        None if since is None else _moment(since),
        rules().overlap(object) if overlap is None else overlap,
        default_lag if lag is None else lag,
        window,
    )
    source = ENGINES[engine](caller, datetime.now(UTC), progress)
    if state is None and isinstance(to, str | os.PathLike):
        state = Path(to) / STATE
    run = Sync(source, plan, partial(_opened, state, _tenant(caller)))
    if to is None:
        return run
    return run.run(Function(to) if callable(to) else Folder(to, format))


_OBJECT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*")


_CENTURY = 36525
"""Days: arithmetic with more leaves the calendar."""


def _number(name: str, value: Any, least: float, most: float, unit: str) -> float | None:
    if value is None:
        return None
    number = float(value) if isinstance(value, Real | Decimal) and not isinstance(value, bool) else -1
    if not least <= number <= most:
        raise ValueError(f"{name} must be a number from {least:.5g} to {most:,} ({unit}), not {value!r}.")
    return number


def _opened(path: Any, tenant: str) -> AbstractContextManager[State | NoState]:
    new_id = os.urandom(4).hex()
    return nullcontext(NoState(new_id)) if path is None else State(path, tenant, new_id)


def _tenant(caller: Caller) -> str:
    """Return what tells whose data a client reads."""
    options = caller.options
    parts = [caller.environment.url]
    parts += [f"entity {options.entity}"] if options.entity else []
    parts += [f"organizations {', '.join(options.orgs)}"] if options.orgs else []
    return ", ".join(parts)


def _moment(since: str | date) -> datetime:
    """Return a time in UTC, in whole seconds."""
    if isinstance(since, str):
        try:
            moment = datetime.fromisoformat(since)
        except ValueError:
            raise ValueError(f"since={since!r} is not an ISO date or time.") from None
    else:
        moment = since if isinstance(since, datetime) else datetime.combine(since, time())
    aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    # Nothing in a tenant is older, and an overlap before the year 1 would have no date.
    return max(aware, datetime.fromtimestamp(0, UTC)).astimezone(UTC).replace(microsecond=0)


def _check_choice(name: str, value: str, choices: Any) -> None:
    if value not in choices:
        close = nearest(value, choices)
        hint = f" Did you mean {close[0]}?" if close else ""
        raise ValueError(f"{name}={value!r}: choose one of {', '.join(choices)}.{hint}")
