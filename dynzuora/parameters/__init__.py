"""Values to the text of a parameter and back: every style, exploded or not, everywhere OpenAPI 3.0 has it.

One table of styles serves both directions. It is RFC 6570's (appendix A) with
OpenAPI's delimiters added, and not the ``uritemplate`` library: that one knows no
``spaceDelimited``, ``pipeDelimited`` or ``deepObject`` and no names like
``account-key``, encodes headers, writes Python's ``True`` and reads nothing back. A
test compares the two wherever both apply.

A value is data, never a piece of an address: it cannot leave its path segment, its
query parameter or its header line, and what a server would read as something else is
refused. Performs no I/O.
"""

from __future__ import annotations

from dynzuora.parameters.parsing import day, number_of, parse, whole
from dynzuora.parameters.paths import expand_path, split_path
from dynzuora.parameters.serializing import serialize
from dynzuora.parameters.styles import ParameterError

__all__ = ["ParameterError", "day", "expand_path", "number_of", "parse", "serialize", "split_path", "whole"]
