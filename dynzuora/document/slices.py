"""Cut a document into slices: one operation each, with exactly the schemas it reaches.

References between schemas are kept, in one spelling (``#/components/schemas/NAME``); all
others are resolved. A fault disables as little as possible: an optional subschema then
allows any value, otherwise one operation cannot be used.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from dynzuora import _media_types
from dynzuora._references import SCHEMAS, look_up, way_of, written
from dynzuora.document import inheritance
from dynzuora.document.dialects import MEDIA_OF_32, dialect_fault, family, is_of_2020_12, schema_fault
from dynzuora.document.paths import ACCEPT, FAULT, real_path
from dynzuora.document.prepared import DocumentWarning, Sent
from dynzuora.document.resolution import resolved
from dynzuora.document.rules import STYLES, is_raw_cookie
from dynzuora.document.shapes import HTTP_METHODS, SHELLS, Location, location_of, pointer, reference, walk
from dynzuora.document.targets import Targets

#: Characters of a name that would need escaping in a reference.
_UNSAFE = re.compile(r"[^\w.!$&'()*+,;=:@-]", re.ASCII)


#: Created once: a document is written in thousands of pieces.
_json = json.JSONEncoder(separators=(",", ":")).encode


class Slice(NamedTuple):
    """One operation: its entry in the index and its JSON text; ``sent`` if the server sends the request."""

    id: str
    method: str
    path: str
    tags: list[str]
    summary: str
    fault: str
    text: bytes
    sent: Sent | None = None


def slices(document: dict[str, Any], targets: Targets, warnings: list[DocumentWarning]) -> Iterator[Slice]:
    """Cut ``document``, which is changed in the process; add to ``warnings`` what had to be left out."""
    inheritance.write_out(document, targets)
    cutter = _Cutter(document, targets, warnings)
    for path, item in document["paths"].items():
        for method in HTTP_METHODS:
            if method in item:
                yield cutter.slice(path, item, method)
    yield from cutter.sent()


class _Unusable(Exception):
    """The operation cannot be used; ``location`` is where and ``message`` why."""

    def __init__(self, location: Location, message: str) -> None:
        super().__init__(message)
        self.location, self.message = location, message


#: Schemas for one value: all branches of allOf, oneOf, anyOf and not. (Zuora's have 49 at most.)
MAX_PARTS = 10_000

#: References to references. (Zuora's have four at most.)
MAX_CHAIN = 100


#: Makes part of a slice from an object at a location; adds the schemas it reaches.
_Make = Callable[[dict[str, Any], Location, set[str]], dict[str, Any]]


class _Cutter:
    def __init__(self, document: dict[str, Any], targets: Targets, warnings: list[DocumentWarning]) -> None:
        self.document = document
        self.targets = targets
        self.warnings = warnings
        self.of_2020_12 = is_of_2020_12(family(document))
        self.dialect_fault = dialect_fault(document.get("jsonSchemaDialect"), "jsonSchemaDialect")
        # Schemas: the document's own objects, cleaned in place, and their names in slices.
        self.schemas: dict[str, dict[str, Any]] = {}
        self.locations: dict[str, Location] = {}
        self.names: dict[str, str | None] = {}
        self.edges: dict[str, set[str]] = {}
        self.texts: dict[str, str] = {}
        self.broken: dict[int, str] = {}
        #: A name among those of schemas → why what reaches it cannot be used, and where.
        self.faults: dict[str, tuple[Location, str]] = {}
        self.parts: dict[str, tuple[int, int]] = {}  # schemas for one value, and the depth of references
        schemas = look_up(document, ("components", "schemas"))
        for name in schemas if isinstance(schemas, dict) else ():
            self._name(SCHEMAS + written(name))
        count = 0
        while count < len(self.schemas):  # following one may add others
            for name in list(self.schemas)[count:]:
                self._follow(name)
                count += 1
        self._break_endless()
        self.shells = self._shells()
        #: By the name of the method: the method itself would keep this and the document alive.
        self.results: dict[tuple[str, str], tuple[dict[str, Any], set[str]]] = {}

    def _warn(self, rule: str, location: Location, message: str) -> None:
        self.warnings.append(DocumentWarning(rule, pointer(location), message))

    # -- references to schemas ----------------------------------------------------------

    def _name(self, target: str) -> str | None:
        """Return the name slices use for the schema ``target`` points to."""
        if target not in self.names:
            schema = self.targets.at(target)
            if not isinstance(schema, dict):
                self.names[target] = None
            else:
                way = way_of(target) or ()
                plain = way[2:] if way[:2] == ("components", "schemas") else way
                name = base = _UNSAFE.sub("_", ".".join(plain))
                number = 2
                while name in self.schemas and self.schemas[name] is not schema:
                    name, number = f"{base}_{number}", number + 1
                self.schemas[name] = schema
                self.locations[name] = location_of(*way)
                self.names[target] = name
                self.names.setdefault(SCHEMAS + name, name)  # as it is spelled from now on
        return self.names[target]

    def _follow(self, name: str) -> set[str]:
        if name not in self.edges:
            self.edges[name] = set()
            if name in self.schemas:
                self._cleaned(self.schemas[name], self.locations[name], self.edges[name])
        return self.edges[name]

    def _cleaned(self, schema: dict[str, Any], location: Location, reached: set[str]) -> None:
        """Normalize references, remove extensions, and add the names of the schemas reached."""
        for _, node, at in walk(schema, "schema", location):
            target = reference(node) if "$ref" in node else None
            if target is None:
                if self.of_2020_12 and (fault := self.dialect_fault or schema_fault(node)):
                    reached.add(self._fault(at, fault))
                    continue
                for key in _silent(tuple(node)):
                    del node[key]
                if "discriminator" in node:
                    inheritance.tell_apart(node, self.targets)
                continue
            name = self._name(target)
            if name is None:
                self._cut_off(node, at, target)
                continue
            if node["$ref"] != SCHEMAS + name or len(node) > 1:
                node.clear()
                node["$ref"] = SCHEMAS + name
            reached.add(name)

    def _fault(self, location: Location, message: str) -> str:
        """Return a name that makes unusable what reaches it."""
        name = f"!{pointer(location)}"
        self.faults[name] = location, message
        return name

    def _cut_off(self, node: dict[str, Any], location: Location, target: str) -> None:
        what = "points to nothing" if target.startswith("#") else "leaves the document"
        node.clear()
        self.broken[id(node)] = f"{pointer(location)}: the reference {target!r} {what}"
        hint = (
            "" if target.startswith("#") else " (external_files=True follows references to files beside it)"
        )
        self._warn(
            "dangling-reference", location, f"the reference {target!r} {what}{hint}; any value is allowed."
        )

    def _break_endless(self) -> None:
        """Cut references that lead back to themselves without going deeper into a value."""
        done: set[str] = set()
        for start in list(self.schemas):
            path: dict[str, Iterator[dict[str, Any]]] = {start: iter(_inner_references(self.schemas[start]))}
            while path and start not in done:
                name = next(reversed(path))
                for node in path[name]:
                    target = node["$ref"][len(SCHEMAS) :] if "$ref" in node else ""
                    if target in path:
                        node.clear()
                        self.edges.pop(name, None)
                        where = self.locations[name]
                        message = f"{name} contains itself through {target!r}; any value is allowed."
                        self.broken[id(node)] = f"{pointer(where)}: {message}"
                        self._warn("endless-reference", where, message)
                    elif target and target not in done:
                        path[target] = iter(_inner_references(self.schemas[target]))
                        break
                else:
                    del path[name]
                    done.add(name)
                    self._count_parts(name)

    def _count_parts(self, name: str) -> None:
        """Cut references of a schema that combines too many schemas for any engine."""
        count = depth = 1
        for node in _inner_references(self.schemas[name]):
            target = node["$ref"][len(SCHEMAS) :] if "$ref" in node else ""
            below, deep = self.parts.get(target, (0, 0))
            if count + below <= MAX_PARTS and deep < MAX_CHAIN:
                count, depth = count + below, max(depth, deep + 1)
                continue
            node.clear()
            self.edges.pop(name, None)
            where = self.locations[name]
            message = (
                f"{name} combines more than {MAX_PARTS:,} schemas through {target!r}; any value is allowed."
            )
            if deep >= MAX_CHAIN:
                message = f"{name} is a chain of more than {MAX_CHAIN} references; any value is allowed."
            self.broken[id(node)] = f"{pointer(where)}: {message}"
            self._warn("endless-reference", where, message)
        self.parts[name] = count, depth

    def _closure(self, names: Iterable[str]) -> list[str]:
        reached = set(names)
        waiting = list(reached)
        while waiting:
            new = self._follow(waiting.pop()) - reached
            reached |= new
            waiting += new
        return sorted(reached)

    def _text(self, name: str) -> str:
        if name not in self.texts:
            self.texts[name] = f"{json.dumps(name)}:{_json(self.schemas[name])}"
        return self.texts[name]

    # -- everything around the schemas --------------------------------------------------

    def _shells(self) -> dict[str, tuple[dict[str, Any] | None, Location]]:
        """Resolve references to anything but schemas: reference → the object and its location."""
        targets: dict[str, str] = {}
        for shape, node, _ in walk(self.document, shapes=SHELLS):
            if "$ref" in node and (target := reference(node)) is not None:
                targets.setdefault(target, shape)
        objects = resolved(self.targets, targets)
        return {target: (objects.get(target), location_of(*(way_of(target) or ()))) for target in targets}

    def _shell(self, node: dict[str, Any], location: Location) -> tuple[dict[str, Any] | None, Location]:
        """Return the object that ``node`` is or refers to, and its location."""
        target = reference(node)
        return (node, location) if target is None else self.shells[target]

    def _make_once(
        self, make: _Make, node: dict[str, Any], location: Location, reached: set[str]
    ) -> dict[str, Any]:
        """Make a part of a slice from ``node``; what many operations refer to is made once."""
        target = reference(node)
        if target is None:
            return make(node, location, reached)
        key = make.__name__, target
        if key not in self.results:
            shell, where = self.shells[target]
            assert shell is not None
            own: set[str] = set()
            self.results[key] = make(shell, where, own), own
        result, own = self.results[key]
        reached |= own
        return self._described(result, node)

    def _described(self, part: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
        """Return a part of a slice with the description that its Reference Object has in 3.1."""
        if not self.of_2020_12 or reference(node) is None or not isinstance(node.get("description"), str):
            return part
        return {**part, "description": node["description"]}

    def _schema(self, schema: dict[str, Any], location: Location, reached: set[str]) -> dict[str, Any]:
        self._cleaned(schema, location, reached)
        return schema

    # -- operations ---------------------------------------------------------------------

    def slice(self, path: str, item: dict[str, Any], method: str) -> Slice:
        return self._slice(
            item[method]["operationId"], path, item, method, location_of("paths", path, method)
        )

    def sent(self) -> Iterator[Slice]:
        """Yield what the server sends: webhooks, and the callbacks of operations."""
        hooks = self.document.get("webhooks")
        for name, node in hooks.items() if isinstance(hooks, dict) else ():
            if not name.startswith("x-"):
                yield from self._sent(Sent("", name, ""), node, location_of("webhooks", name))
        for path, item in self.document["paths"].items():
            for method in HTTP_METHODS:
                callbacks = item.get(method, {}).get("callbacks")
                for name, node in callbacks.items() if isinstance(callbacks, dict) else ():
                    at = location_of("paths", path, method, "callbacks", name)
                    callback, at = self._shell_of_sent(node, at)
                    for expression, inner in callback.items():
                        if not expression.startswith("x-"):
                            key = Sent(item[method]["operationId"], name, expression)
                            yield from self._sent(key, inner, (at, expression))

    def _sent(self, key: Sent, node: Any, location: Location) -> Iterator[Slice]:
        item, at = self._shell_of_sent(node, location)
        for method in HTTP_METHODS:
            if isinstance(item.get(method), dict):
                key = key._replace(method=method.upper())
                slice = self._slice(str(key), key.expression, item, method, (at, method), is_sent=True)
                yield slice._replace(sent=key)

    def _shell_of_sent(self, node: Any, location: Location) -> tuple[dict[str, Any], Location]:
        try:
            shell, at = self._shell(node, location)
        except (AttributeError, LookupError, TypeError):  # what nobody calls needs no repair
            return {}, location
        return shell if isinstance(shell, dict) else {}, at

    def _slice(
        self,
        id: str,
        path: str,
        item: dict[str, Any],
        method: str,
        location: Location,
        *,
        is_sent: bool = False,
    ) -> Slice:
        operation = item[method]
        summary = " ".join(operation.get("summary", "").split()) or title(id)
        head: dict[str, Any] = {
            "id": id,
            "method": method.upper(),
            "path": real_path(path, item),
            "pointer": pointer(location),
            "summary": summary,
        }
        if operation.get("description"):
            head["description"] = operation["description"]
        head["tags"] = operation.get("tags", [])
        if operation.get("deprecated"):
            head["deprecated"] = True
        head |= self._security(operation)
        reached: set[str] = set()
        fault = ""
        try:
            self._fill(head, item, operation, location, reached)
            names = self._closure(reached)
            for where, message in [self.faults[name] for name in names if name in self.faults][:1]:
                raise _Unusable(where, message)
            if FAULT in operation:
                fault = f"{pointer(location)}: {operation[FAULT]}"
        except _Unusable as unusable:
            fault = f"{pointer(unusable.location)}: {unusable.message}"
            if not is_sent:
                self._warn(
                    "unusable-operation", unusable.location, f"{unusable.message}; {id} cannot be used."
                )
        except (AttributeError, LookupError, TypeError, ValueError, RecursionError) as error:
            # An unexpected shape costs this operation only, and is reported.
            fault = f"{pointer(location)}: not an operation of OpenAPI ({error!r})"
            if not is_sent:
                self._warn(
                    "unusable-operation", location, f"cannot be read ({error!r}); {id} cannot be used."
                )
        if fault:
            head |= {"parameters": [], "responses": {}, "fault": fault}
            head.pop("requestBody", None)
            names = []
        texts = ",".join(map(self._text, names))
        text = f'{_json(head)[:-1]},"components":{{"schemas":{{{texts}}}}}}}'
        return Slice(id, method.upper(), head["path"], head["tags"], summary, fault, text.encode())

    def _security(self, operation: dict[str, Any]) -> dict[str, Any]:
        """Return the security requirements and the schemes they name, where the document has any.

        An empty list says that the operation asks for nothing; that is not the same as no list.
        """
        ways = operation.get("security", self.document.get("security"))
        if not isinstance(ways, list) or not all(isinstance(way, dict) for way in ways):
            return {}
        declared = look_up(self.document, ("components", "securitySchemes"))
        schemes = declared if isinstance(declared, dict) else {}
        if self.of_2020_12:  # a name in 3.2 may be the URI of a scheme
            ways = [{_component(name, schemes): scopes for name, scopes in way.items()} for way in ways]
        named = {name for way in ways for name in way if isinstance(schemes.get(name), dict)}
        used = {name: self._shell(schemes[name], location_of())[0] for name in sorted(named)}
        return {
            "security": ways,
            "securitySchemes": {
                name: _without(scheme, "description") for name, scheme in used.items() if scheme is not None
            },
        }

    def _fill(
        self,
        head: dict[str, Any],
        item: dict[str, Any],
        operation: dict[str, Any],
        location: Location,
        reached: set[str],
    ) -> None:
        head["parameters"] = self._parameters(item, operation, location, reached)
        accept = operation.get(ACCEPT, item.get(ACCEPT))
        if accept is not None:
            head["accept"] = accept
        if "requestBody" in operation:
            here = (location, "requestBody")
            body, at = self._shell(operation["requestBody"], here)
            if body is None:
                raise _Unusable(here, f"the reference {operation['requestBody']['$ref']!r} points to nothing")
            content = self._content(body.get("content", {}), at, reached)
            for name, entry in content.items():
                if "schema" in entry:
                    self._needed(entry["schema"], f"the body ({name})")
            if content:
                described = self._described(body, operation["requestBody"])
                head["requestBody"] = {
                    "required": body.get("required", False),
                    **{key: described[key] for key in ("description",) if key in described},
                    "content": content,
                }
            else:
                self._warn("empty-body", at, "a body without a media type; read as no body.")
        head["responses"] = {
            status: self._response(response, ((location, "responses"), status), reached)
            for status, response in operation.get("responses", {}).items()
        }

    def _parameters(
        self, item: dict[str, Any], operation: dict[str, Any], location: Location, reached: set[str]
    ) -> list[dict[str, Any]]:
        parameters: dict[tuple[str, str], dict[str, Any]] = {}
        for holder, at in ((item, location and location[0]), (operation, location)):
            for number, node in enumerate(holder.get("parameters", ())):
                here = ((at, "parameters"), str(number))
                parameter, _ = self._shell(node, here)
                if parameter is None:
                    raise _Unusable(here, f"the reference {node['$ref']!r} points to nothing")
                if parameter.get("in") == "querystring":
                    raise _Unusable(here, "in: querystring, of OpenAPI 3.2, is not supported")
                if is_raw_cookie(parameter):
                    raise _Unusable(here, "style: cookie, of OpenAPI 3.2, is not supported")
                if not isinstance(parameter.get("name"), str) or parameter.get("in") not in tuple(STYLES):
                    raise _Unusable(here, "it is not a parameter")
                result = self._make_once(self._parameter, node, here, reached)
                parameters[parameter["name"], parameter["in"]] = result
        return list(parameters.values())

    def _parameter(self, parameter: dict[str, Any], location: Location, reached: set[str]) -> dict[str, Any]:
        where = parameter["in"]
        style = parameter.get("style") or ("form" if where in ("query", "cookie") else "simple")
        result: dict[str, Any] = {
            "name": parameter["name"],
            "in": where,
            "required": parameter.get("required", False),
            "style": style,
            "explode": parameter.get("explode", style == "form"),
        }
        for key, value in parameter.items():
            if key in result or key.startswith("x-"):
                continue
            if key == "schema":
                value = self._schema(value, (location, key), reached)
                if result["required"]:
                    self._needed(value, f"the parameter {result['name']!r}")
            elif key == "content":
                value = self._content(value, location, reached)
            elif key == "examples":
                value = self._examples(value, location)
            result[key] = value
        return result

    def _content(self, content: dict[str, Any], location: Location, reached: set[str]) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for name, entry in content.items():
            at = ((location, "content"), name)
            new = result[name] = {}
            for key in MEDIA_OF_32:
                if key in entry and self.of_2020_12:
                    raise _Unusable((at, key), f"{key}, of OpenAPI 3.2, is not supported")
            for key, value in entry.items():
                if key == "schema":
                    new[key] = self._schema(value, (at, key), reached)
                elif key == "examples":
                    new[key] = self._examples(value, at)
                elif key == "encoding":
                    is_multipart = (
                        _media_types.family(name) == "multipart"
                    )  # headers of a part; ignored elsewhere
                    new[key] = {
                        field: self._encoding(value[field], ((at, key), field), reached, is_multipart)
                        for field in value
                    }
                elif not key.startswith("x-"):
                    new[key] = value
        return result

    def _encoding(
        self, encoding: dict[str, Any], location: Location, reached: set[str], has_headers: bool
    ) -> dict[str, Any]:
        """Return an Encoding Object with the headers of its part (OpenAPI 3.0.4, 4.8.15)."""
        result = _without(encoding, "headers")
        headers = self._headers(encoding.get("headers", {}), location, reached) if has_headers else {}
        headers = {name: header for name, header in headers.items() if name.lower() != "content-type"}
        return result | ({"headers": headers} if headers else {})

    def _headers(
        self, headers: Mapping[str, Any], location: Location, reached: set[str]
    ) -> dict[str, dict[str, Any]]:
        """Return the Header Objects at a location, without those whose reference points to nothing."""
        result: dict[str, Any] = {}
        for name, header in headers.items():
            at = ((location, "headers"), name)
            if self._shell(header, at)[0] is None:
                message = f"the reference {header['$ref']!r} points to nothing; the header is ignored."
                self._warn("dangling-reference", at, message)
                continue
            result[name] = self._make_once(self._header, header, at, reached)
        return result

    def _examples(self, examples: dict[str, Any], location: Location) -> dict[str, Any]:
        values = {name: self._shell(example, location)[0] for name, example in examples.items()}
        return {name: example for name, example in values.items() if example is not None}

    def _response(self, response: dict[str, Any], here: Location, reached: set[str]) -> dict[str, Any]:
        shell, location = self._shell(response, here)
        if shell is None:
            message = f"the reference {response['$ref']!r} points to nothing; the response is read as empty."
            self._warn("dangling-reference", here, message)
            shell = {}
        described = self._described(shell, response)
        result: dict[str, Any] = {key: described[key] for key in ("description",) if described.get(key)}
        if headers := self._headers(shell.get("headers", {}), location, reached):
            result["headers"] = headers
        result["content"] = self._content(shell.get("content", {}), location, reached)
        links = {
            name: self._shell(link, ((location, "links"), name))[0]
            for name, link in shell.get("links", {}).items()
        }
        if links := {name: _without(link, "description") for name, link in links.items() if link}:
            result["links"] = links
        return result

    def _header(self, header: dict[str, Any], location: Location, reached: set[str]) -> dict[str, Any]:
        if "schema" in header:
            self._cleaned(header["schema"], (location, "schema"), reached)
        if "content" in header:
            header = {**header, "content": self._content(header["content"], location, reached)}
        return _without(header)

    def _needed(self, schema: dict[str, Any], what: str) -> None:
        """Refuse the operation if a required value depends on a broken reference."""
        if not self.broken:
            return
        seen: set[int] = set()
        waiting = [schema]
        while waiting:
            node = waiting.pop()
            if id(node) in seen:
                continue
            seen.add(id(node))
            if id(node) in self.broken:
                where, _, why = self.broken[id(node)].partition(": ")
                raise _Unusable(location_of(*(way_of(where) or ())), f"{why}, and {what} needs it")
            target = reference(node)
            if target is not None:
                waiting.append(self.schemas[target[len(SCHEMAS) :]])
                continue
            properties = node.get("properties", {})
            waiting += [properties[name] for name in node.get("required", ()) if name in properties]
            waiting += node.get("allOf", ())
            if node.get("minItems") and "items" in node:
                waiting.append(node["items"])


def _inner_references(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the references to schemas for the same value."""
    references: list[dict[str, Any]] = []
    waiting = [schema]
    while waiting:
        node = waiting.pop()
        if reference(node) is not None:
            references.append(node)
            continue
        for key in ("allOf", "oneOf", "anyOf"):
            waiting += node.get(key, ())
        waiting += [node[key] for key in ("not", "if", "then", "else") if key in node]
        waiting += node.get("dependentSchemas", {}).values()
    return references


def _component(name: str, schemes: dict[str, Any]) -> str:
    """Return the name of the scheme that a Security Requirement names: in OpenAPI 3.2 perhaps by its URI."""
    way = () if name in schemes else way_of(name) or ()
    return way[2] if way[:2] == ("components", "securitySchemes") and len(way) == 3 else name


def title(id: str) -> str:
    """Return a title for an operation without a summary: ``GET_SequenceSets`` → ``Get sequence sets``.

    Abbreviations stay: ``GET_RSbyInvoiceItem`` → ``Get RS by invoice item``.
    """
    spaced = re.sub(rf"({_VERBS})(?=[a-z])", r"\1_", id)  # Action_POSTamend
    spaced = re.sub(r"(?<=[A-Z]{2})(by|for)(?=[A-Z])", r"_\1_", spaced)
    words: list[str] = []
    for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[^A-Z\W_]+|[A-Z]", spaced):
        is_abbreviation = len(word) > 1 and word.isupper() and not re.fullmatch(_VERBS, word)
        part = word if is_abbreviation else word.lower()
        if words[-1:] != [part]:  # GET_Get_Email_Template
            words.append(part)
    text = " ".join(words)
    return text[:1].upper() + text[1:] or id


_VERBS = "GET|POST|PUT|PATCH|DELETE"


@lru_cache(maxsize=1024)
def _silent(keywords: tuple[str, ...]) -> tuple[str, ...]:
    """Return those that say nothing: extensions, and names of schemas, which references no longer use.

    Cached, since there are few different sets of keywords.
    """
    return tuple(key for key in keywords if key.startswith("x-") or key in _NAMES)


_NAMES = frozenset({"$anchor", "$comment", "$defs", "$dynamicAnchor", "$id", "$schema", "$vocabulary"})


def _without(node: dict[str, Any], *keywords: str) -> dict[str, Any]:
    return {key: node[key] for key in node if key not in keywords and not key.startswith("x-")}
