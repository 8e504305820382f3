"""Content codings: which are undone here, which change no byte, and how large a packed body may become."""

from __future__ import annotations

UNDONE = {"gzip": 31, "x-gzip": 31, "deflate": 15}
"""A coding (RFC 9110, 8.4.1) → the window bits by which zlib knows it."""

_CHANGE_NOTHING = frozenset({"", "identity", "none", "binary", "7bit", "8bit", "utf-8", "aws-chunked"})
"""What servers send and no body is coded in. S3 keeps ``aws-chunked``, the framing of an upload, as the
object's coding (https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html)."""

_ALWAYS = 64 * 1024 * 1024
_RATIO = 200


def codings(content_encoding: str) -> tuple[str, ...]:
    """Return the codings of a body that change its bytes, the one applied last first.

    >>> codings("gzip, aws-chunked")
    ('gzip',)
    """
    if not content_encoding:
        return ()  # the usual case
    names = (name.strip().lower() for name in content_encoding.split(","))
    return tuple(name for name in names if name not in _CHANGE_NOTHING)[::-1]


def unknown(content_encoding: str) -> str:
    """Return the coding of a body that stays because it is not known here, empty if there is none."""
    names = codings(content_encoding)
    return next((name for name in names if name not in UNDONE), "") if names else ""


def most(packed: int) -> int:
    """Return how many bytes a packed body of this size may become: text packs to a hundredth, a bomb to less.

    >>> most(0) == 64 * 1024 * 1024
    True
    """
    return _ALWAYS + _RATIO * packed
