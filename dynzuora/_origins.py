"""The origin of a URL, and whether anyone on the way can read what is sent there."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
"""Hosts that are this machine."""


def origin(url: str) -> str:
    """Return scheme, host and port, in lower case, without user and password (RFC 6454, section 4)."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}".lower()


def is_loopback(url: str) -> bool:
    """Whether ``url`` leads to this machine: ``localhost``, 127.0.0.0/8 or ``::1``."""
    host = urlsplit(url).hostname or ""
    if host in LOOPBACK:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_near(url: str) -> bool:
    """Whether ``url`` leads to this machine or its link, however the address is spelled.

    Services there trust whoever reaches them: no reply may have them asked.

    >>> is_near("https://0x7f.1/"), is_near("http://169.254.169.254/latest"), is_near("https://zuora.com")
    (True, True, False)
    """
    host = (urlsplit(url).hostname or "").rstrip(".").partition("%")[0]
    if host in LOOPBACK or host.endswith(".localhost"):
        return True
    address = _address(host)
    if address is None:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return address.is_loopback or address.is_link_local or address.is_unspecified


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        pass
    import socket

    try:
        return ipaddress.ip_address(socket.inet_aton(host))  # 127.1 and 0x7f000001, as resolvers take them
    except (OSError, UnicodeError):
        return None


def is_private(url: str) -> bool:
    """Whether what is sent to ``url`` is encrypted or stays on this machine."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(url))


def without_secrets(url: str) -> str:
    """Return the URL without what may be secret: user, password, query and fragment."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
