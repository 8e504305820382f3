"""Dates and times in the forms that Zuora writes them."""

from __future__ import annotations

from datetime import UTC, datetime, timezone

_SHORTEST_DATE, _LONGEST_DATE = len("2026-01-31"), len("2026-01-31T23:59:59.999999999+00:00 UTC")


def moment(text: str) -> datetime | None:
    """Return a date or time in any of Zuora's formats, None for any other text.

    A time without a zone is in the tenant's, which is not known here, so it stays naive.

    >>> moment("2026-01-31 09:30:00")
    datetime.datetime(2026, 1, 31, 9, 30)
    """
    if not (_SHORTEST_DATE <= len(text) <= _LONGEST_DATE and text[4] == text[7] == "-"):
        return None
    if text.endswith(" UTC"):
        text = f"{text[:-4]}Z"
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def zone_of(text: str) -> timezone:
    """Return the zone of a time as it is written: ``Z``, `` UTC``, ``+02:00`` or ``+0200``."""
    time = moment(f"2026-01-31T00:00:00{text}")
    offset = time.utcoffset() if time else None
    return timezone(offset) if offset else UTC
