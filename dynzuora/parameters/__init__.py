"""Serialize the values of parameters and parse them back, in every style of OpenAPI 3.0.

A parameter is a Parameter Object of a document, with its references resolved.

>>> ids = {"name": "ids", "in": "query", "style": "pipeDelimited", "schema": {"type": "array"}}
>>> serialize(ids | {"explode": False}, ["a b", "c"])
'ids=a%20b%7Cc'
>>> parse(ids | {"explode": False}, "ids=a%20b%7Cc")
['a b', 'c']
>>> expand_path("/v1/accounts/{account-key}", {"account-key": "A%2FB"})
'/v1/accounts/A%2FB'

One table of styles serves both directions: RFC 6570's (appendix A) with OpenAPI's delimiters
added. The ``uritemplate`` library has no ``spaceDelimited``, ``pipeDelimited`` or
``deepObject`` and no names like ``account-key``, encodes headers, writes Python's ``True``
and does not parse; a test compares the two wherever both apply.

A value is data, never part of an address: it cannot leave its path segment, its query
parameter or its header line, and what a server would read as something else is refused
with `ParameterError`. Performs no I/O.
"""

from __future__ import annotations

from dynzuora.parameters.encoding import Encoding, Encodings, items
from dynzuora.parameters.parsing import day, number_of, parse, whole
from dynzuora.parameters.paths import expand_path
from dynzuora.parameters.serializing import serialize
from dynzuora.parameters.styles import ParameterError

__all__ = [
    "Encoding",
    "Encodings",
    "ParameterError",
    "day",
    "expand_path",
    "items",
    "number_of",
    "parse",
    "serialize",
    "whole",
]
