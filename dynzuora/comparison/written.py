"""What a value that is written as text may be read as: ``1`` in a URL is a text and a number.

RFC 6570 and OpenAPI 3.0.4 (4.8.12) write the values of parameters, headers and forms as text
without quotes, so the reader's schema decides what a text is. null cannot be written.
"""

from __future__ import annotations

import itertools
import json
from typing import Any

_MOST = 24


def readings(value: Any) -> list[Any]:
    """Return everything that the text of ``value`` may be read as, itself first.

    >>> readings(1)
    [1, '1', [1], ['1']]
    >>> readings("true")
    ['true', True, ['true'], [True]]
    """
    if isinstance(value, dict):
        fields = [[(name, reading) for reading in _scalars(field)] for name, field in value.items()]
        return [dict(pairs) for pairs in itertools.islice(itertools.product(*fields), _MOST)]
    if isinstance(value, list):
        items = [_scalars(item) for item in value]
        lists = [list(row) for row in itertools.islice(itertools.product(*items), _MOST)]
        return [*lists, *(items[0] if len(items) == 1 else ())]
    scalars = _scalars(value)
    return [*scalars, *([scalar] for scalar in scalars)]


def _scalars(value: Any) -> list[Any]:
    if isinstance(value, dict | list) or value is None:
        return [value]
    if not isinstance(value, str):
        return [value, json.dumps(value)]
    try:
        read = json.loads(value)
    except ValueError:
        return [value]
    return [value, read] if isinstance(read, int | float) else [value]
