"""Expand path templates; a path has exactly the segments of its template."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import unquote

from dynzuora.parameters.styles import ParameterError, encoded

_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
_SEGMENT = re.compile(r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2})+")  # RFC 3986: segment-nz
_SAFE_IN_LITERAL = "%!$&'()*+,;=:@"


def expand_path(template: str, texts: Mapping[str, str]) -> str:
    """Return ``template`` with each ``{name}`` replaced by its serialised text.

    Raises `ParameterError`, with the parameter's ``name``, where that would add, empty or
    remove a segment.

    >>> expand_path("/v1/accounts/{account-key}", {"account-key": "A%2FB"})
    '/v1/accounts/A%2FB'
    """
    return "/".join(
        _expanded(segment, texts, template) if "{" in segment else segment for segment in _segments(template)
    )


@lru_cache(maxsize=4096)
def _segments(template: str) -> tuple[str, ...]:
    """Return the segments of a template; those without a placeholder are written out and checked."""
    return tuple(
        _expanded(segment, {}, template) if not _PLACEHOLDER.search(segment) else segment
        for segment in template.split("/")
    )


def _expanded(segment: str, texts: Mapping[str, str], template: str) -> str:
    pieces = _PLACEHOLDER.split(segment)  # literal, name, literal, …
    names = pieces[1::2]
    for name in names:
        if name not in texts:
            raise ParameterError(f"is required by the path {template}.", name)
        if not _SEGMENT.fullmatch(texts[name]):
            raise ParameterError(f"{texts[name]!r} is not one path segment; serialize the value first.", name)
    pieces[0::2] = [encoded(literal, _SAFE_IN_LITERAL) for literal in pieces[0::2]]
    pieces[1::2] = [texts[name] for name in names]
    text = "".join(pieces)
    if unquote(text) in (".", ".."):  # HTTP libraries decode %2E before they look for dots
        raise ParameterError(
            f"turns {segment!r} into the dot segment {text!r}, which would change the path {template}.",
            names[0] if names else "",
        )
    return text
