"""What changed in one operation, all that is not a schema; its schemas are sent on to be compared.

Two ways to write the same operation are no difference: where a parameter is declared, in what
order and case, a range of statuses or media types in place of one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dynzuora._references import escape
from dynzuora.comparison import matching
from dynzuora.comparison.schemas import REQUEST, RESPONSE
from dynzuora.model import schema_of, successes

if TYPE_CHECKING:
    from dynzuora.comparison.facts import Comparison

Object = Mapping[str, Any]

_Key = tuple[str, str]
_Keyed = Mapping[_Key, Object]

_FLAGS = {
    "allowReserved": ("parameter-reserved-refused", "parameter-reserved-allowed"),
    "allowEmptyValue": ("parameter-empty-refused", "parameter-empty-allowed"),
    "deprecated": ("parameter-undeprecated", "parameter-deprecated"),
}


class OperationComparison:
    """Compares what stands in one operation, and sends its schemas on."""

    def __init__(self, notes: Comparison, old: Object, new: Object) -> None:
        self.old, self.new = old, new
        self.say, self.enter = notes.say, notes.enter
        self.schemas, self.prose = notes.schemas, notes.prose

    def compare(self) -> None:
        old, new, id = self.old, self.new, self.old["id"]
        if new["id"] != id:
            self.say("operation-id-changed", id, id, new["id"])
        if old["method"] != new["method"] or matching.bare(old["path"]) != matching.bare(new["path"]):
            self.say(
                "operation-moved", id, f"{old['method']} {old['path']}", f"{new['method']} {new['path']}"
            )
        if old.get("fault") or new.get("fault"):
            if not old.get("fault"):
                self.say("operation-broken", id, None, new["fault"])
            elif not new.get("fault"):
                self.say("operation-repaired", id, old["fault"], None)
            return
        if bool(old.get("deprecated")) != bool(new.get("deprecated")):
            kind = "operation-deprecated" if new.get("deprecated") else "operation-undeprecated"
            self.say(kind, id, bool(old.get("deprecated")), bool(new.get("deprecated")))
        for tag in old["tags"]:
            if tag not in new["tags"]:
                self.say("tag-removed", "tags", tag, None)
        for tag in new["tags"]:
            if tag not in old["tags"]:
                self.say("tag-added", "tags", None, tag)
        if self.prose:
            for word in ("summary", "description"):
                if old.get(word) != new.get(word):
                    self.say("description-changed", id, old.get(word), new.get(word))
        self._security()
        self._parameters()
        self._body()
        self._responses()

    def _security(self) -> None:
        old, new = (_security(each) for each in (self.old, self.new))
        if not old or not new:
            if old != new:
                kind = "security-added" if new else "security-removed"
                self.say(kind, "security", _either(old), _either(new))
            return
        gone, come = [each for each in old if each not in new], [each for each in new if each not in old]
        for each in gone:
            same = next((other for other in come if other.keys() == each.keys()), None)
            if same is None:
                self.say("security-alternative-removed", "security", _either([each]), None)
                continue
            come.remove(same)
            for name in each:
                for scope in sorted(set(each[name]) - set(same[name])):
                    self.say("security-scope-removed", "security", f"{name}: {scope}", None, field=name)
                for scope in sorted(set(same[name]) - set(each[name])):
                    self.say("security-scope-added", "security", None, f"{name}: {scope}", field=name)
        for each in come:
            self.say("security-alternative-added", "security", None, _either([each]))
        schemes = self.old.get("securitySchemes", {}), self.new.get("securitySchemes", {})
        for name in sorted(schemes[0].keys() & schemes[1].keys()):
            was, now = (_scheme(each[name]) for each in schemes)
            if was != now:
                self.say("security-scheme-changed", "security", was, now, field=name)

    # -- parameters ---------------------------------------------------------------------

    def _parameters(self) -> None:
        in_path = matching.path_parameters(self.old["path"], self.new["path"])
        olds = {_key(each): each for each in self.old["parameters"]}
        news = {_key(each): each for each in self.new["parameters"]}
        partners = {key: key for key in olds if key in news and (key[0] != "path" or key[1] not in in_path)}
        for name, other in in_path.items():
            if ("path", name) in olds and ("path", other) in news:
                partners["path", name] = ("path", other)
        self._more_partners(olds, news, partners)
        for key, old in olds.items():
            if key in partners:
                self._parameter(old, news[partners[key]])
            else:
                kind = "required-parameter-removed" if old["required"] else "parameter-removed"
                self._of_parameter(kind, old, old["name"], None)
        for key, new in news.items():
            if key not in partners.values():
                kind = "required-parameter-added" if new["required"] else "parameter-added"
                self._of_parameter(kind, new, None, new["name"])

    def _more_partners(self, olds: _Keyed, news: _Keyed, partners: dict[_Key, _Key]) -> None:
        """Pair what went to another location, then what only is called otherwise."""
        left_old = [key for key in olds if key not in partners]
        left_new = [key for key in news if key not in partners.values()]
        for key in list(left_old):
            same = [other for other in left_new if other[1].lower() == key[1].lower()]
            if len(same) == 1:
                partners[key] = same[0]
                left_old.remove(key)
                left_new.remove(same[0])
        for location in ("query", "header", "cookie"):
            shape_of_old = {key[1]: self._shape(olds[key], 0) for key in left_old if key[0] == location}
            shape_of_new = {key[1]: self._shape(news[key], 1) for key in left_new if key[0] == location}
            if shape_of_old and shape_of_new:
                for name, other in matching.renamed(shape_of_old, shape_of_new).items():
                    partners[location, name] = (location, other)

    def _shape(self, parameter: Object, side: int) -> Any:
        return (self.schemas.new if side else self.schemas.old).shape(schema_of(parameter))

    def _of_parameter(self, kind: str, parameter: Object, old: Any, new: Any) -> None:
        place = f"{parameter['in']} parameter {parameter['name']}"
        self.say(kind, place, old, new, field=parameter["name"], direction=REQUEST, at="/parameters")

    def _parameter(self, old: Object, new: Object) -> None:
        def found(kind: str, was: Any, now: Any) -> None:
            self._of_parameter(kind, old, was, now)

        if old["in"] != new["in"]:
            found("parameter-relocated", old["in"], new["in"])
        name_changed = old["name"] != new["name"]
        if old["in"] == new["in"] == "header":
            name_changed = old["name"].lower() != new["name"].lower()
        if name_changed:
            needed = "required-" if old["required"] or new["required"] else ""
            kind = "path-parameter-renamed" if old["in"] == "path" else f"{needed}parameter-renamed"
            found(kind, old["name"], new["name"])
        elif old["required"] != new["required"]:
            kind = "parameter-became-required" if new["required"] else "parameter-became-optional"
            found(kind, old["required"], new["required"])
        elif "" not in (_style(old), _style(new)) and _style(old) != _style(new) and old["in"] == new["in"]:
            found("parameter-style-changed", _style(old), _style(new))
        for word, kinds in _FLAGS.items():
            if bool(old.get(word)) != bool(new.get(word)):
                found(kinds[bool(new.get(word))], bool(old.get(word)), bool(new.get(word)))
        was, now = _media_type(old), _media_type(new)
        if was != now:
            found("parameter-media-type-changed", was or "text", now or "text")
        place = f"{old['in']} parameter {old['name']}"
        self.enter(schema_of(old), schema_of(new), REQUEST, place, "/parameters")

    # -- bodies and responses -----------------------------------------------------------

    def _body(self) -> None:
        old, new = self.old.get("requestBody"), self.new.get("requestBody")
        if old is None and new is None:
            return
        if old is None or new is None:
            needed = "required-" if (old or new or {}).get("required") else ""
            kind = "body-added" if old is None else "body-removed"
            was, now = (None, "body") if old is None else ("body", None)
            self.say(needed + kind, "body", was, now, direction=REQUEST, at="/requestBody")
            return
        if bool(old.get("required")) != bool(new.get("required")):
            kind = "body-became-required" if new.get("required") else "body-became-optional"
            values = bool(old.get("required")), bool(new.get("required"))
            self.say(kind, "body", *values, direction=REQUEST, at="/requestBody")
        self._content(old, new, REQUEST, "body", "/requestBody")

    def _responses(self) -> None:
        olds, news = self.old.get("responses", {}), self.new.get("responses", {})
        partners = {status: status for status in olds if status in news}
        for status in [each for each in olds if each not in partners]:
            other = _same_class(status, [each for each in news if each not in partners.values()])
            if other:
                partners[status] = other
        for status, old in olds.items():
            if status not in partners:
                kind = "success-status-removed" if status in successes(olds) else "error-status-removed"
                self._of_status(kind, status, status, None)
                continue
            other = partners[status]
            place, at = f"response {status}", f"/responses/{other}"
            self._headers(old.get("headers", {}), news[other].get("headers", {}), place, at)
            self._content(old, news[other], RESPONSE, place, at)
        for status in news:
            if status not in partners.values():
                kind = "success-status-added" if status in successes(news) else "error-status-added"
                self._of_status(kind, status, None, status)

    def _of_status(self, kind: str, status: str, old: Any, new: Any) -> None:
        self.say(kind, f"response {status}", old, new, direction=RESPONSE, at=f"/responses/{status}")

    def _headers(self, olds: Object, news: Object, place: str, at: str) -> None:
        by_name = {name.lower(): header for name, header in news.items()}
        known = {name.lower() for name in olds}
        for name, old in olds.items():
            here = f"{place}, header {name}"
            new = by_name.get(name.lower())
            needed = "required-" if old.get("required") else ""
            if new is None:
                values: tuple[Any, Any] = (name, None)
                self.say(f"{needed}header-removed", here, *values, field=name, direction=RESPONSE, at=at)
                continue
            if bool(old.get("required")) != bool(new.get("required")):
                kind = "header-became-required" if new.get("required") else "header-became-optional"
                values = bool(old.get("required")), bool(new.get("required"))
                self.say(kind, here, *values, field=name, direction=RESPONSE, at=at)
            self.enter(schema_of(old), schema_of(new), RESPONSE, here, f"{at}/headers/{name}/schema")
        for name, new in news.items():
            if name.lower() not in known:
                needed = "required-" if new.get("required") else ""
                here = f"{place}, header {name}"
                self.say(f"{needed}header-added", here, None, name, field=name, direction=RESPONSE, at=at)

    def _content(self, old: Object, new: Object, direction: int, place: str, at: str) -> None:
        olds, news = old.get("content", {}), new.get("content", {})
        several = len(olds) > 1 or len(news) > 1
        partners = {media: media if media in news else _covering(media, news) for media in olds}
        for media, entry in olds.items():
            other = partners[media]
            if other is None:
                self.say("media-type-removed", place, media, None, field=media, direction=direction, at=at)
                continue
            here = f"{place} ({media})" if several else place
            pointer = f"{at}/content/{escape(other)}/schema"
            self.enter(entry.get("schema", {}), news[other].get("schema", {}), direction, here, pointer)
            was, now = entry.get("encoding", {}), news[other].get("encoding", {})
            for name in sorted(was.keys() | now.keys()):
                if was.get(name, {}) != now.get(name, {}):
                    values = was.get(name), now.get(name)
                    self.say("encoding-changed", here, *values, field=name, direction=direction, at=at)
        for media in news:
            if media not in partners.values() and _covering(media, olds) is None:
                self.say("media-type-added", place, None, media, field=media, direction=direction, at=at)


def _key(parameter: Object) -> _Key:
    name = parameter["name"]
    return parameter["in"], name.lower() if parameter["in"] == "header" else name


def _media_type(parameter: Object) -> str:
    """Return the media type that a parameter's text is of; empty for plain text."""
    return next(iter(parameter.get("content", {})), "")


def _style(parameter: Object) -> str:
    """Return how lists and objects are written; empty for single values, which every style writes alike."""
    schema = schema_of(parameter)
    if schema.get("type") in ("string", "number", "integer", "boolean") and parameter["style"] in _PLAIN:
        return ""
    return f"{parameter['style']}{', exploded' if parameter['explode'] else ''}"


_PLAIN = ("form", "simple", "spaceDelimited", "pipeDelimited", "deepObject")


def _security(cut: Object) -> list[Object]:
    """Return the ways to authenticate; none at all when one of them is nothing."""
    ways = cut.get("security") or []
    return [] if any(not each for each in ways) else list(ways)


def _either(ways: list[Object]) -> str | None:
    return " or ".join(" and ".join(sorted(each)) for each in ways) or None


def _scheme(scheme: Object) -> str:
    words = (scheme.get(word) for word in ("type", "scheme", "in", "name"))
    return " ".join(str(each) for each in words if each)


def _same_class(status: str, others: list[str]) -> str | None:
    """Return the status that stands for ``status``: a class for one of it, or one for its class."""
    for each in others:
        if each[:1] == status[:1] and "XX" in (each[1:].upper(), status[1:].upper()):
            return each
    return None


def _covering(media: str, content: Object) -> str | None:
    """Return the range of media types in ``content`` that ``media`` is in."""
    wide = f"{media.partition('/')[0]}/*"
    return next((each for each in (wide, "*/*") if each in content and each != media), None)
