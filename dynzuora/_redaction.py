"""Redaction: secrets in headers, bodies and URLs show as ``***`` wherever they are displayed.

Used by curl lines, logs, errors and everything else that people read. Secrets are recognized by
name, never by value; the names are tables in `dynzuora._zuora`, except those that any HTTP server
uses. Each function takes time linear in its input, so callers cut long text first; a secret that
a cut has halved is masked, too.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from dynzuora import _zuora
from dynzuora._names import canonical

MASK = "***"


def _forms(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(map(canonical, names))


_NUMBERS = _forms(_zuora.SECRET_NUMBERS)
_CODES = _forms(_zuora.SECRET_CODES)
_ENDINGS = (*_NUMBERS, *_CODES, *_forms(_zuora.SECRET_KEYS))
_WORDS = _forms(_zuora.SECRET_WORDS)
_NAMES = frozenset(_forms(_zuora.SECRET_NAMES))
_HARMLESS = frozenset(_forms(_zuora.NOT_SECRET))
_BANK_ACCOUNT = canonical(_zuora.BANK_ACCOUNT)
_NEIGHBOURS = frozenset(_forms(_zuora.BANK_ACCOUNT_NEIGHBOURS))

_HEADER_ENDINGS = ("authorization", "cookie", "subscriptionkey")
_LONGEST_KEPT = 100
"""How long a name may be for its verdict to be kept; others' names may be as long as they like."""


def is_secret_header(name: str) -> bool:
    """Whether a header field's value must not be shown."""
    return canonical(name).endswith(_HEADER_ENDINGS) or is_secret_field(name)


def is_secret_field(name: str) -> bool:
    """Whether the value of a body field or parameter must not be shown, a tenant's own fields included.

    >>> is_secret_field("payment_token"), is_secret_field("IBAN__c"), is_secret_field("accountKey")
    (True, True, False)
    """
    return _is_short_secret(name) if len(name) <= _LONGEST_KEPT else _is_secret(name)


def is_number(name: str) -> bool:
    """Whether a secret is a number of which a tenant gives the last characters back."""
    return _form(name).endswith(_NUMBERS)


def is_code(name: str) -> bool:
    """Whether a secret is one that a tenant never gives back."""
    return _form(name).endswith(_CODES)


def _form(name: str) -> str:
    for suffix in _zuora.CUSTOM_FIELD_SUFFIXES:
        name = name.removesuffix(suffix)
    return canonical(name)


def _is_secret(name: str) -> bool:
    form = _form(name)
    if form in _HARMLESS:
        return False
    return form in _NAMES or form.endswith(_ENDINGS) or any(word in form for word in _WORDS)


_is_short_secret = lru_cache(maxsize=4096)(_is_secret)


def redacted(value: Any) -> Any:
    """Return a copy of a plain value with every secret masked: those of fields, those inside text and bytes.

    >>> redacted({"name": "A", "cardNumber": "4111", "file": "https://s3.invalid/a?X-Amz-Signature=1f"})
    {'name': 'A', 'cardNumber': '***', 'file': 'https://s3.invalid/a?X-Amz-Signature=***'}
    """
    if isinstance(value, dict):
        masked = bank_account_names(value)
        return {
            name: MASK if name in masked or is_secret_field(str(name)) else redacted(item)
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [redacted(item) for item in value]
    if isinstance(value, bytes):
        return in_text(value.decode("latin-1")).encode("latin-1")
    return in_text(value) if isinstance(value, str) else value


def bank_account_names(value: Mapping[Any, Any]) -> frozenset[Any]:
    """Return the names in an object that hold a bank account's number, recognized by their neighbours."""
    forms = {name: canonical(str(name)) for name in value}
    if _BANK_ACCOUNT not in forms.values() or _NEIGHBOURS.isdisjoint(forms.values()):
        return frozenset()
    return frozenset(name for name, form in forms.items() if form == _BANK_ACCOUNT)


def in_text(text: str) -> str:
    """Return any text with its secrets masked: JSON (whole, cut off or misspelt), XML, forms, queries, URLs.

    >>> in_text("https://me:fake-pw@host.invalid/x?token=1&page=2")
    'https://***@host.invalid/x?token=***&page=2'
    """
    if '"' in text and ":" in text:
        text = _members_masked(text)
    if "</" in text:
        text = _ELEMENT.sub(_masked_element, text)
    if "=" in text:
        text = _CHUNK.sub(_masked_pair, text)
    if ":" in text:
        text = _AUTHORITY.sub(_masked_login, text)
    return text


# No two ways to match the same characters may follow one another in these: each must stay linear.

_JSON_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)|[{}\[\],:]|[^\s{}\[\],:"]+|\s+', re.DOTALL)
"""A string (the last one may be cut off), a mark, anything else, space."""

_ELEMENT = re.compile(r"<(?P<name>[^\s<>/]+)(?P<rest>(?:[\s/][^<>]*)?)>(?:<!\[CDATA\[)?[^<]+")
_CHUNK = re.compile(r"""[^&#\s"]+(?:(?<==)"[^"]*"?)?""")
"""The text between two marks of a query; the value of an attribute is in quotes."""

_AUTHORITY = re.compile(r"""(?P<before>:(?:\\?/){2})(?P<authority>[^/?#\s"<>\\]*)""")
"""A URL from its ``://`` to the end of its host and port; JSON may write the slashes as ``\\/``."""

_PORT = re.compile(r"[^:]*:[0-9]{0,5}|\[[^\]]*\]?(?::[0-9]{0,5})?")


def _members_masked(text: str) -> str:
    """Return JSON with the value of each secret name masked, an object or array as a whole."""
    out: list[str] = []
    name, value_of, depth, dropping = "", "", 0, False
    tokens = _JSON_TOKEN.findall(text)
    has_bank = any(_form(token) in _NEIGHBOURS for token in tokens if token[0] == '"')
    for token in tokens:
        mark = token[0]
        if depth:  # inside a value that is masked already
            depth += (mark in "{[") - (mark in "]}")
        elif dropping and mark not in ",]}":
            continue
        elif value_of and not mark.isspace():
            out.append(MASK)
            depth, dropping, value_of = int(mark in "{["), mark not in "{[", ""
        else:
            dropping = False
            out.append(token)
            if mark == ":" and name:
                value_of = name if _is_secret_member(name, has_bank) else ""
            if not mark.isspace():
                name = token if mark == '"' else ""
    return "".join(out)


def _is_secret_member(token: str, has_bank: bool) -> bool:
    name = token.strip('"')
    if "\\" in name:
        with contextlib.suppress(ValueError):
            name = str(json.loads(token))
    return is_secret_field(name) or (has_bank and canonical(name) == _BANK_ACCOUNT)


def _masked_element(match: re.Match[str]) -> str:
    local = match["name"].rpartition(":")[2]
    return f"<{match['name']}{match['rest']}>{MASK}" if is_secret_field(local) else match[0]


def _masked_pair(match: re.Match[str]) -> str:
    text, start = match[0], 0
    while (equals := text.find("=", start)) >= 0:
        name = text[max(start, text.rfind("?", start, equals) + 1) : equals]
        if is_secret_field(unquote(name) if "%" in name else name):
            return text[: equals + 1] + MASK
        start = equals + 1
    return text


def _masked_login(match: re.Match[str]) -> str:
    authority = match["authority"]
    host = authority.rpartition("@")[2]
    if host != authority:
        return f"{match['before']}{MASK}@{host}"
    is_cut = match.end() == len(match.string) and ":" in authority and not _PORT.fullmatch(authority)
    return f"{match['before']}{MASK}" if is_cut else match[0]
