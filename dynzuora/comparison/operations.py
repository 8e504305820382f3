"""Compare two operations apart from their schemas, which are passed on.

Two ways to write the same operation are not a difference: where a parameter is declared, in
which order and case, a range of statuses or media types instead of one of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from dynzuora._media_types import is_text
from dynzuora._references import escape
from dynzuora.comparison import matching
from dynzuora.comparison.schemas import REQUEST, RESPONSE, Schemas
from dynzuora.model import Schema, schema_of, successes

Object = Mapping[str, Any]

_Key = tuple[str, str]
_Parameters = Mapping[_Key, Object]

_FLAGS = {
    "allowReserved": ("parameter-reserved-refused", "parameter-reserved-allowed"),
    "allowEmptyValue": ("parameter-empty-refused", "parameter-empty-allowed"),
    "deprecated": ("parameter-undeprecated", "parameter-deprecated"),
}
"""Keyword → the kinds for its removal and its addition."""


_FORMS = {"application/x-www-form-urlencoded", "multipart/form-data"}
"""Media types that write every value as text."""


class Note(Protocol):
    """Adds a difference of the operation at hand."""

    def __call__(
        self,
        kind: str,
        part: str,
        old: Any,
        new: Any,
        *,
        field: str = ...,
        direction: int = ...,
        at: str = ...,
    ) -> None: ...


class Enter(Protocol):
    """Passes on the schemas of a part of the operation at hand."""

    def __call__(
        self, old: Schema, new: Schema, direction: int, part: str, at: str, *, is_text: bool = ...
    ) -> None: ...


class OperationComparison:
    """Compares one operation of the old document with its partner in the new one."""

    def __init__(self, old: Object, new: Object, schemas: Schemas, note: Note, enter: Enter) -> None:
        self.old, self.new, self.schemas = old, new, schemas
        self.note, self.enter = note, enter

    def compare(self) -> None:
        """Note every difference."""
        old, new, id = self.old, self.new, self.old["id"]
        if new["id"] != id:
            self.note("operation-id-changed", id, id, new["id"])
            if id in self.schemas.new.prepared.index:
                other = self.schemas.new.prepared.index[id]
                route = f"{old['method']} {old['path']}"
                self.note("operation-id-reused", id, route, f"{other.method} {other.path}", field=id)
        if old["method"] != new["method"] or matching.bare(old["path"]) != matching.bare(new["path"]):
            routes = (f"{slice['method']} {slice['path']}" for slice in (old, new))
            self.note("operation-moved", id, *routes)
        if old.get("fault") or new.get("fault"):
            if not old.get("fault"):
                self.note("operation-broken", id, None, new["fault"])
            elif not new.get("fault"):
                self.note("operation-repaired", id, old["fault"], None)
            return
        was, now = bool(old.get("deprecated")), bool(new.get("deprecated"))
        if was != now:
            self.note("operation-deprecated" if now else "operation-undeprecated", id, was, now)
        for tag in old["tags"]:
            if tag not in new["tags"]:
                self.note("tag-removed", "tags", tag, None)
        for tag in new["tags"]:
            if tag not in old["tags"]:
                self.note("tag-added", "tags", None, tag)
        for word in ("summary", "description") if self.schemas.descriptions else ():
            if old.get(word) != new.get(word):
                self.note("description-changed", id, old.get(word), new.get(word))
        self._security()
        self._parameters()
        self._body()
        self._responses()

    # -- security -----------------------------------------------------------------------

    def _security(self) -> None:
        old_schemes, new_schemes = (side.get("securitySchemes", {}) for side in (self.old, self.new))
        partners = _scheme_partners(old_schemes, new_schemes)
        for name, other in partners.items():
            self._scheme(name, old_schemes[name], new_schemes[other])
        old: list[Object] = [
            {partners.get(name, name): scopes for name, scopes in alternative.items()}
            for alternative in _alternatives(self.old)
        ]
        new = _alternatives(self.new)
        if not old or not new:
            if old != new:
                kind = "security-added" if new else "security-removed"
                self.note(kind, "security", _either(old), _either(new))
            return
        added = [alternative for alternative in new if alternative not in old]
        for alternative in old:
            if alternative not in new:
                self._alternative(alternative, new, added)
        for alternative in added:
            self.note("security-alternative-added", "security", None, _either([alternative]))

    def _alternative(self, old: Object, news: list[Object], added: list[Object]) -> None:
        """Compare one way to authenticate that is not there as it was; take its partner from ``added``."""
        partner = next((new for new in added if new.keys() == old.keys()), None)
        if partner is not None:
            added.remove(partner)
            self._scopes(old, partner)
            return
        less = next((new for new in news if _is_part_of(new, old)), None)
        more = next((new for new in added if new.keys() > old.keys()), None)
        if (other := less or more) is None:
            self.note("security-alternative-removed", "security", _either([old]), None)
            return
        kind = "security-relaxed" if less else "security-tightened"
        self.note(kind, "security", _either([old]), _either([other]))
        if other in added:
            added.remove(other)

    def _scheme(self, name: str, old: Object, new: Object) -> None:
        """Compare what a security scheme asks of its callers."""
        if _definition(old) != _definition(new):
            self.note("security-scheme-changed", "security", _scheme(old), _scheme(new), field=name)
        old_flows, new_flows = old.get("flows", {}), new.get("flows", {})
        for flow in old_flows:
            if flow not in new_flows:
                self.note("oauth-flow-removed", "security", flow, None, field=name)
        for flow in new_flows:
            if flow not in old_flows:
                self.note("oauth-flow-added", "security", None, flow, field=name)
                continue
            for word in ("authorizationUrl", "tokenUrl", "refreshUrl"):
                was, now = old_flows[flow].get(word), new_flows[flow].get(word)
                if was != now:
                    self.note("oauth-url-changed", "security", was, now, field=f"{name}: {word}")

    def _scopes(self, old: Object, new: Object) -> None:
        for name in old:
            for scope in sorted(set(old[name]) - set(new[name])):
                self.note("security-scope-removed", "security", f"{name}: {scope}", None, field=name)
            for scope in sorted(set(new[name]) - set(old[name])):
                self.note("security-scope-added", "security", None, f"{name}: {scope}", field=name)

    # -- parameters ---------------------------------------------------------------------

    def _parameters(self) -> None:
        olds = {_key(parameter): parameter for parameter in self.old["parameters"]}
        news = {_key(parameter): parameter for parameter in self.new["parameters"]}
        partners = self._partners(olds, news)
        for key, old in olds.items():
            if key in partners:
                self._parameter(old, news[partners[key]])
            else:
                kind = "required-parameter-removed" if old["required"] else "parameter-removed"
                self._note_parameter(kind, old, old["name"], None)
        for key, new in news.items():
            if key not in partners.values():
                kind = "required-parameter-added" if new["required"] else "parameter-added"
                self._note_parameter(kind, new, None, new["name"])

    def _partners(self, olds: _Parameters, news: _Parameters) -> dict[_Key, _Key]:
        """Pair the parameters: by name, then those that moved to another location, then renamed ones."""
        in_path = matching.path_parameters(self.old["path"], self.new["path"])
        partners = {key: key for key in olds if key in news and (key[0] != "path" or key[1] not in in_path)}
        for name, other in in_path.items():
            if ("path", name) in olds and ("path", other) in news:
                partners["path", name] = ("path", other)
        removed = [key for key in olds if key not in partners]
        added = [key for key in news if key not in partners.values()]
        for key in list(removed):
            candidates = [other for other in added if other[1].lower() == key[1].lower()]
            if len(candidates) == 1:
                partners[key] = candidates[0]
                removed.remove(key)
                added.remove(candidates[0])
        old_version, new_version = self.schemas.old, self.schemas.new
        for location in ("query", "header", "cookie"):
            old_shapes = {
                key[1]: old_version.shape(schema_of(olds[key])) for key in removed if key[0] == location
            }
            new_shapes = {
                key[1]: new_version.shape(schema_of(news[key])) for key in added if key[0] == location
            }
            if old_shapes and new_shapes:
                for name, other in matching.renamed(old_shapes, new_shapes).items():
                    partners[location, name] = (location, other)
        return partners

    def _note_parameter(self, kind: str, parameter: Object, old: Any, new: Any) -> None:
        name = parameter["name"]
        self.note(kind, _label(parameter), old, new, field=name, direction=REQUEST, at="/parameters")

    def _parameter(self, old: Object, new: Object) -> None:
        for kind, was, now in _parameter_differences(old, new):
            self._note_parameter(kind, old, was, now)
        as_text = not _media_type(old) and not _media_type(new)
        self.enter(schema_of(old), schema_of(new), REQUEST, _label(old), "/parameters", is_text=as_text)

    # -- bodies and responses -----------------------------------------------------------

    def _body(self) -> None:
        old, new = self.old.get("requestBody"), self.new.get("requestBody")
        if old is None and new is None:
            return
        if old is None or new is None:
            prefix = "required-" if (old or new or {}).get("required") else ""
            kind, values = ("body-added", (None, "body")) if old is None else ("body-removed", ("body", None))
            self.note(prefix + kind, "body", *values, direction=REQUEST, at="/requestBody")
            return
        was, now = bool(old.get("required")), bool(new.get("required"))
        if was != now:
            kind = "body-became-required" if now else "body-became-optional"
            self.note(kind, "body", was, now, direction=REQUEST, at="/requestBody")
        self._content(old, new, REQUEST, "body", "/requestBody")

    def _responses(self) -> None:
        olds, news = self.old.get("responses", {}), self.new.get("responses", {})
        partners = {status: status for status in olds if status in news}
        for status in [status for status in olds if status not in partners]:
            other = _same_class(status, [status for status in news if status not in partners.values()])
            if other:
                partners[status] = other
        for status, old in olds.items():
            if status not in partners:
                kind = "success-status-removed" if status in successes(olds) else "error-status-removed"
                self._note_status(kind, status, status, None)
                continue
            other = partners[status]
            part, at = f"response {status}", f"/responses/{other}"
            self._headers(old.get("headers", {}), news[other].get("headers", {}), part, at)
            self._content(old, news[other], RESPONSE, part, at)
            self._links(old.get("links", {}), news[other].get("links", {}), part, at)
        for status in news:
            if status not in partners.values():
                kind = "success-status-added" if status in successes(news) else "error-status-added"
                self._note_status(kind, status, None, status)

    def _note_status(self, kind: str, status: str, old: Any, new: Any) -> None:
        self.note(kind, f"response {status}", old, new, direction=RESPONSE, at=f"/responses/{status}")

    def _headers(self, olds: Object, news: Object, part: str, at: str) -> None:
        new_by_name = {name.lower(): header for name, header in news.items()}
        old_names = {name.lower() for name in olds}
        for name, old in olds.items():
            here = f"{part}, header {name}"
            new = new_by_name.get(name.lower())
            was = bool(old.get("required"))
            if new is None:
                kind = "required-header-removed" if was else "header-removed"
                self.note(kind, here, name, None, field=name, direction=RESPONSE, at=at)
                continue
            now = bool(new.get("required"))
            if was != now:
                kind = "header-became-required" if now else "header-became-optional"
                self.note(kind, here, was, now, field=name, direction=RESPONSE, at=at)
            as_text = not _media_type(old) and not _media_type(new)
            pointer = f"{at}/headers/{name}/schema"
            self.enter(schema_of(old), schema_of(new), RESPONSE, here, pointer, is_text=as_text)
        for name, new in news.items():
            if name.lower() not in old_names:
                kind = "required-header-added" if new.get("required") else "header-added"
                here = f"{part}, header {name}"
                self.note(kind, here, None, name, field=name, direction=RESPONSE, at=at)

    def _links(self, olds: Object, news: Object, part: str, at: str) -> None:
        for name in dict.fromkeys((*olds, *news)):
            was, now = olds.get(name), news.get(name)
            if was != now:
                kind = "link-added" if was is None else "link-removed" if now is None else "link-changed"
                here = f"{part}, link {name}"
                self.note(kind, here, was, now, field=name, direction=RESPONSE, at=at)

    def _content(self, old: Object, new: Object, direction: int, part: str, at: str) -> None:
        olds, news = old.get("content", {}), new.get("content", {})
        partners = {media: media if media in news else _covering(media, news) for media in olds}
        for media, was in olds.items():
            other = partners[media]
            if other is None:
                self.note("media-type-removed", part, media, None, field=media, direction=direction, at=at)
                continue
            now = news[other]
            here = f"{part} ({media})" if len(olds) > 1 or len(news) > 1 else part
            pointer = f"{at}/content/{escape(other)}/schema"
            is_raw = is_text(media) and is_text(other)
            schemas = schema_of(was), schema_of(now)
            # A text may be described as a text, or by what is in it (XML): it is the same text.
            types = (self.schemas.old.shape(schemas[0]).type, self.schemas.new.shape(schemas[1]).type)
            if not is_raw or len({type in ("object", "array") for type in types}) == 1:
                as_text = is_raw or {media, other} <= _FORMS
                self.enter(*schemas, direction, here, pointer, is_text=as_text)
            old_encoding, new_encoding = was.get("encoding", {}), now.get("encoding", {})
            for name in sorted(old_encoding.keys() | new_encoding.keys()):
                if old_encoding.get(name, {}) != new_encoding.get(name, {}):
                    values = old_encoding.get(name), new_encoding.get(name)
                    self.note("encoding-changed", here, *values, field=name, direction=direction, at=at)
        for media in news:
            if media not in partners.values() and _covering(media, olds) is None:
                self.note("media-type-added", part, None, media, field=media, direction=direction, at=at)


class SentComparison(OperationComparison):
    """Compares a request that the server sends: its body is received, and its responses are the caller's."""

    def compare(self) -> None:
        self._parameters()
        self._body()
        self._responses()


_SENT = {
    **dict.fromkeys(("required-parameter-removed", "body-removed", "required-body-removed"), "part-removed"),
    "parameter-removed": "extra-removed",
    **dict.fromkeys(("required-parameter-added", "body-added", "required-body-added"), "part-added"),
    "parameter-added": "extra-added",
    **dict.fromkeys(("parameter-became-optional", "body-became-optional"), "part-became-optional"),
    **dict.fromkeys(("parameter-became-required", "body-became-required"), "part-became-required"),
    **dict.fromkeys(
        ("parameter-renamed", "required-parameter-renamed", "parameter-relocated"), "part-renamed"
    ),
    "success-status-removed": "answer-removed",
    "success-status-added": "answer-added",
    "required-header-added": "answer-header-became-required",
    "header-became-required": "answer-header-became-required",
    "required-header-removed": "answer-header-became-optional",
    "header-became-optional": "answer-header-became-optional",
}
_OF_BOTH = frozenset({"media-type-removed", "media-type-added", "encoding-changed"})
"""Kinds with a verdict in either direction."""


def as_sent(kind: str) -> str:
    """Return the kind of a difference in a request that the server sends, which is received."""
    if kind in _OF_BOTH:
        return kind
    is_answer = kind.startswith(("error-status", "header", "link"))
    return f"sent-{_SENT.get(kind, 'answer-changed' if is_answer else 'part-changed')}"


def _key(parameter: Object) -> _Key:
    name = parameter["name"]
    return parameter["in"], name.lower() if parameter["in"] == "header" else name


def _label(parameter: Object) -> str:
    return f"{parameter['in']} parameter {parameter['name']}"


def _parameter_differences(old: Object, new: Object) -> Iterator[tuple[str, Any, Any]]:
    """Yield (kind, old, new) for what changed in a parameter, its schema apart."""
    if old["in"] != new["in"]:
        yield "parameter-relocated", old["in"], new["in"]
    ignores_case = old["in"] == new["in"] == "header"
    old_name, new_name = (side["name"].lower() if ignores_case else side["name"] for side in (old, new))
    if old_name != new_name:
        prefix = "required-" if old["required"] or new["required"] else ""
        kind = "path-parameter-renamed" if old["in"] == "path" else f"{prefix}parameter-renamed"
        yield kind, old["name"], new["name"]
    elif old["required"] != new["required"]:
        kind = "parameter-became-required" if new["required"] else "parameter-became-optional"
        yield kind, old["required"], new["required"]
    elif "" not in (_style(old), _style(new)) and _style(old) != _style(new) and old["in"] == new["in"]:
        yield "parameter-style-changed", _style(old), _style(new)
    for word, kinds in _FLAGS.items():
        was, now = bool(old.get(word)), bool(new.get(word))
        if was != now:
            yield kinds[now], was, now
    old_media, new_media = _media_type(old), _media_type(new)
    if old_media != new_media:
        yield "parameter-media-type-changed", old_media or "text", new_media or "text"


def _media_type(parameter: Object) -> str:
    """Return the media type of a parameter's text; empty for plain text."""
    return next(iter(parameter.get("content", {})), "")


def _style(parameter: Object) -> str:
    """Return how lists and objects are serialized; empty for single values, which all styles write alike."""
    schema = schema_of(parameter)
    if schema.get("type") in ("string", "number", "integer", "boolean") and parameter["style"] in _PLAIN:
        return ""
    return f"{parameter['style']}{', exploded' if parameter['explode'] else ''}"


_PLAIN = ("form", "simple", "spaceDelimited", "pipeDelimited", "tabDelimited", "deepObject")


def _alternatives(slice: Object) -> list[Object]:
    """Return the ways to authenticate; none if authentication is optional."""
    alternatives = slice.get("security") or []
    return [] if any(not alternative for alternative in alternatives) else list(alternatives)


def _either(alternatives: list[Object]) -> str | None:
    return " or ".join(" and ".join(sorted(alternative)) for alternative in alternatives) or None


def _is_part_of(new: Object, old: Object) -> bool:
    """Whether who has the credentials of ``old`` has those of ``new``."""
    return new.keys() <= old.keys() and all(set(new[name]) <= set(old[name]) for name in new)


def _definition(scheme: Object) -> tuple[str, ...]:
    """Return what tells one security scheme from another, whatever it is called."""
    words = [str(scheme.get(word, "")) for word in ("type", "scheme", "in", "name", "openIdConnectUrl")]
    words[1] = words[1].lower()  # RFC 9110, 11.1
    if words[2] == "header":
        words[3] = words[3].lower()
    return tuple(words)


def _scheme_partners(olds: Mapping[str, Object], news: Mapping[str, Object]) -> dict[str, str]:
    """Return old → new name of the security schemes: by definition, else by name."""
    partners: dict[str, str] = {}
    for name, scheme in sorted(olds.items()):
        same = [other for other in sorted(news) if _definition(news[other]) == _definition(scheme)]
        other = name if name in same or not same else same[0]
        if other in news and other not in partners.values():
            partners[name] = other
    return partners


def _scheme(scheme: Object) -> str:
    words = (scheme.get(word) for word in ("type", "scheme", "in", "name"))
    return " ".join(str(word) for word in words if word)


def _same_class(status: str, others: list[str]) -> str | None:
    """Return the status that covers ``status`` (``2XX`` for ``200``), or that it covers."""
    for other in others:
        if other[:1] == status[:1] and "XX" in (other[1:].upper(), status[1:].upper()):
            return other
    return None


def _covering(media: str, content: Object) -> str | None:
    """Return the range of media types in ``content`` that covers ``media``."""
    ranges = (f"{media.partition('/')[0]}/*", "*/*")
    return next((range for range in ranges if range in content and range != media), None)
