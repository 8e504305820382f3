"""Swagger 2.0 converted to OpenAPI 3.0, so that all other code reads one dialect.

What 2.0 cannot express (styles of path parameters, server variables) is left to the
defaults of 3.0, which are the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dynzuora._media_types import essence
from dynzuora._references import way_of
from dynzuora.document.prepared import DocumentWarning
from dynzuora.document.reading import copied
from dynzuora.document.shapes import HTTP_METHODS, Location, location_of, pointer, reference, walk_everything
from dynzuora.document.targets import Targets

#: Sections of 2.0, and their names below ``components`` in 3.0.
_SECTIONS = {
    "definitions": "schemas",
    "parameters": "parameters",
    "responses": "responses",
    "securityDefinitions": "securitySchemes",
}

#: collectionFormat → style and explode; "multi" and "csv" differ only in the latter.
_STYLES: dict[str, dict[str, Any]] = {
    "csv": {"explode": False},
    "multi": {"style": "form", "explode": True},
    "ssv": {"style": "spaceDelimited", "explode": False},
    "pipes": {"style": "pipeDelimited", "explode": False},
    "tsv": {"style": "tabDelimited", "explode": False},
}

#: Where a collectionFormat can be sent; others can everywhere.
_PLACES = {"multi": ("query", "formData"), "tsv": ("query", "formData", "path")}

#: Keywords that describe the value, not the parameter.
_SCHEMA_KEYWORDS = (
    *("type", "format", "items", "default", "enum", "pattern", "multipleOf"),
    *("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"),
    *("minLength", "maxLength", "minItems", "maxItems", "uniqueItems"),
)

_OAUTH_FLOWS = {
    "implicit": "implicit",
    "password": "password",
    "application": "clientCredentials",
    "accessCode": "authorizationCode",
}

_FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")


def openapi30(
    document: dict[str, Any], references: Iterable[str]
) -> tuple[dict[str, Any], Targets, list[DocumentWarning]]:
    """Return ``document`` as OpenAPI 3.0, what its ``references`` lead to, and warnings.

    The warnings are about what could not be converted.
    """
    return _Conversion(document).result(references)


class _Conversion:
    def __init__(self, document: dict[str, Any]) -> None:
        self.old = document
        self.targets = Targets(document)
        self.warnings: list[DocumentWarning] = []
        #: What was written anew: the id of the original → the original and what it became.
        self.became: dict[int, tuple[Any, Any]] = {}

    def result(self, references: Iterable[str]) -> tuple[dict[str, Any], Targets, list[DocumentWarning]]:
        old = self.old
        references = set(references)
        self.targets.pin(references)
        components: dict[str, Any] = {"schemas": _mapping(old.get("definitions"))}
        components["parameters"] = {
            name: self._parameter(parameter, location_of("parameters", name))
            for name, parameter in _mapping(old.get("parameters")).items()
            if not self._is_body(parameter)
        }
        components["responses"] = {
            name: self._response(response, self._types(old, "produces"), location_of("responses", name))
            for name, response in _mapping(old.get("responses")).items()
        }
        components["securitySchemes"] = {
            name: _security_scheme(scheme)
            for name, scheme in _mapping(old.get("securityDefinitions")).items()
            if isinstance(scheme, dict)
        }
        paths: dict[str, Any] = {}
        for path, item in _mapping(old.get("paths")).items():
            paths[path] = self._path_item(path, item) if isinstance(item, dict) else item
        new: dict[str, Any] = {
            "openapi": "3.0.3",
            "info": old.get("info"),
            "servers": _servers(old),
            "tags": old.get("tags", []),
            "paths": paths,
            "components": components,
        }
        if "security" in old:
            new["security"] = old["security"]
        originals = {target: self.targets.at(target) for target in references if moved(target) == target}
        targets = Targets(
            new,
            {
                target: self.became.get(id(node), (node, node))[1]
                for target, node in originals.items()
                if isinstance(node, dict)
            },
        )
        for shape, node, _ in walk_everything(new, lambda value, *_: value, targets.at):
            target = node.get("$ref")
            if isinstance(target, str):
                node["$ref"] = moved(target)
            if shape == "schema":
                _schema(node)
        targets.pin(map(moved, references))
        return new, targets, self.warnings

    def _become(self, old: Any, new: Any) -> Any:
        """Return ``new``, which stands for ``old`` wherever a reference leads to that."""
        self.became[id(old)] = old, new
        return new

    def _warn(self, location: Location, message: str) -> None:
        self.warnings.append(DocumentWarning("swagger-2.0", pointer(location), message))

    def _is_body(self, node: Any) -> bool:
        parameter = self.targets.of(node)
        return isinstance(parameter, dict) and parameter.get("in") in ("body", "formData")

    def _types(self, operation: dict[str, Any], keyword: str) -> list[str]:
        for holder in (operation, self.old):
            types = holder.get(keyword)
            if isinstance(types, list):
                return [media_type for media_type in types if isinstance(media_type, str)]
        return []

    def _path_item(self, path: str, item: dict[str, Any]) -> Any:
        location = location_of("paths", path)
        new = {key: value for key, value in item.items() if key not in HTTP_METHODS}
        shared = _listed(item.get("parameters"))
        if shared:
            new["parameters"] = [
                self._parameter(parameter, ((location, "parameters"), str(number)))
                for number, parameter in enumerate(shared)
                if not self._is_body(parameter)
            ]
        bodies = [parameter for parameter in shared if self._is_body(parameter)]
        for method in HTTP_METHODS:
            if isinstance(item.get(method), dict):
                new[method] = self._operation(item[method], bodies, (location, method))
        return self._become(item, new)

    def _operation(self, operation: dict[str, Any], bodies: list[Any], location: Location) -> Any:
        moved = ("parameters", "responses", "consumes", "produces", "schemes")
        new = {key: value for key, value in operation.items() if key not in moved}
        parameters = _listed(operation.get("parameters"))
        if parameters:
            new["parameters"] = [
                self._parameter(parameter, ((location, "parameters"), str(number)))
                for number, parameter in enumerate(parameters)
                if not self._is_body(parameter)
            ]
        bodies = self._bodies(parameters, bodies)
        whole = [body for body in bodies if body["in"] == "body"]
        fields = [body for body in bodies if body["in"] == "formData"]
        if whole:
            new["requestBody"] = self._body(whole[0], self._types(operation, "consumes"))
            if len(bodies) > 1:
                self._warn(location, "more than one body; only the first is used.")
        elif fields:
            new["requestBody"] = self._form(fields, self._types(operation, "consumes"), location)
        produces = self._types(operation, "produces")
        new["responses"] = {
            status: self._response(response, produces, ((location, "responses"), status))
            for status, response in _mapping(operation.get("responses")).items()
        }
        return self._become(operation, new)

    def _bodies(self, own: list[Any], shared: list[Any]) -> list[dict[str, Any]]:
        """Return what an operation's body is made of: its own, and the fields that its path shares."""
        bodies = [self.targets.of(parameter) for parameter in own if self._is_body(parameter)]
        whole = any(body is not None and body["in"] == "body" for body in bodies)
        names = {body.get("name") for body in bodies if body is not None}
        for body in map(self.targets.of, shared):
            if body is not None and not whole and body.get("name") not in names:
                bodies.append(body)
        return [body for body in bodies if body is not None]

    def _parameter(self, parameter: Any, location: Location) -> Any:
        if not isinstance(parameter, dict) or reference(parameter) is not None:
            return parameter
        new = {key: value for key, value in parameter.items() if key not in _SCHEMA_KEYWORDS}
        new.pop("collectionFormat", None)
        if not isinstance(new.get("schema"), dict):
            new["schema"] = {key: parameter[key] for key in _SCHEMA_KEYWORDS if key in parameter}
        if parameter.get("type") == "array":
            new |= self._style(parameter, location)
        return self._become(parameter, new)

    def _style(self, parameter: dict[str, Any], location: Location) -> dict[str, Any]:
        collection_format = parameter.get("collectionFormat", "csv")
        style = _STYLES.get(collection_format) if isinstance(collection_format, str) else None
        where = parameter.get("in")
        if style is None or where not in _PLACES.get(collection_format, (where,)):
            what = f"collectionFormat {collection_format!r} cannot be sent in {where}"
            self._warn(location, f"{what}; read as csv.")
            style = _STYLES["csv"]
        return {"style": "form", **style} if where in ("query", "formData") else dict(style)

    def _body(self, parameter: dict[str, Any], consumes: list[str]) -> dict[str, Any]:
        media = {"schema": parameter["schema"]} if isinstance(parameter.get("schema"), dict) else {}
        body: dict[str, Any] = {"required": parameter.get("required", False)}
        if "description" in parameter:
            body["description"] = parameter["description"]
        types = [media_type for media_type in consumes if essence(media_type) not in _FORMS]
        return {**body, "content": _for_each(types or ["application/json"], media)}

    def _form(self, fields: list[dict[str, Any]], consumes: list[str], location: Location) -> dict[str, Any]:
        properties: dict[str, Any] = {}
        encoding: dict[str, Any] = {}
        for field in fields:
            name = field.get("name")
            if not isinstance(name, str):
                self._warn(location, "a form field without a name; ignored.")
                continue
            schema = {key: field[key] for key in (*_SCHEMA_KEYWORDS, "description") if key in field}
            properties[name] = schema
            if field.get("type") == "array":
                encoding[name] = self._style(field, location)
        required = [name for field in fields if field.get("required") is True and (name := field.get("name"))]
        schema = {"type": "object", "properties": properties}
        if required:
            schema["required"] = required
        files = any(field.get("type") == "file" for field in fields)
        named = [media_type for media_type in consumes if essence(media_type) in _FORMS]
        types = ["multipart/form-data"] if files else named or ["application/x-www-form-urlencoded"]
        media = {"schema": schema, **({"encoding": encoding} if encoding else {})}
        return {"required": bool(required), "content": _for_each(types, media)}

    def _response(self, response: Any, produces: list[str], location: Location) -> Any:
        if isinstance(response, dict) and reference(response) is not None:
            target = self.targets.of(response)
            # 3.0 has media types in the response, so one that is shared by operations that
            # produce other types than the document's default is copied, and so is another
            # operation's own.
            shared = response["$ref"].startswith("#/responses/") and produces == self._types({}, "produces")
            if shared or not isinstance(target, dict):
                return response
            response = _copy(target)
        if not isinstance(response, dict):
            return response
        new = {key: value for key, value in response.items() if key not in ("schema", "headers", "examples")}
        headers = {
            name: self._parameter({**header, "in": "header"}, ((location, "headers"), name))
            for name, header in _mapping(response.get("headers")).items()
            if isinstance(header, dict)
        }
        for header in headers.values():
            header.pop("in", None)
        if headers:
            new["headers"] = headers
        examples = _mapping(response.get("examples"))
        content: dict[str, Any] = {}
        if isinstance(response.get("schema"), dict):
            content = _for_each(produces or ["application/json"], {"schema": response["schema"]})
        for name, example in examples.items():
            content.setdefault(name, {})["example"] = example
        return self._become(response, {**new, "content": content} if content else new)


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _copy(value: dict[str, Any]) -> dict[str, Any]:
    """Return a copy, where the original is used in two places."""
    result: dict[str, Any] = copied(value)
    return result


def _for_each(types: list[str], media: dict[str, Any]) -> dict[str, Any]:
    """Return ``content`` with the same for each type: the original for the first, then copies."""
    return {name: _copy(media) if number else media for number, name in enumerate(types)}


def moved(target: str) -> str:
    """Return where a reference to a whole definition leads in 3.0, or into a schema; others stay."""
    way = way_of(target) or ()
    if way and way[0] in _SECTIONS and (len(way) == 2 or (way[0] == "definitions" and len(way) > 2)):
        return f"#/components/{_SECTIONS[way[0]]}/{target[len(way[0]) + 3 :]}"
    return target


def _schema(schema: dict[str, Any]) -> None:
    if schema.get("type") == "file":
        schema |= {"type": "string", "format": "binary"}
    if "x-nullable" in schema:
        schema["nullable"] = schema.pop("x-nullable")
    if isinstance(schema.get("discriminator"), str):
        schema["discriminator"] = {"propertyName": schema["discriminator"]}


def _servers(old: dict[str, Any]) -> list[dict[str, str]]:
    base = old.get("basePath") if isinstance(old.get("basePath"), str) else ""
    base = f"/{base.strip('/')}" if base and base.strip("/") else ""
    host = old.get("host")
    if not isinstance(host, str) or not host:
        return [{"url": base or "/"}]
    # Some write a whole URL where only the name of a host belongs.
    scheme, has_scheme, name = host.rpartition("://")
    own = [scheme.lower()] if has_scheme and scheme.lower() in ("http", "https") else ["https"]
    schemes = [scheme for scheme in _listed(old.get("schemes")) if scheme in ("http", "https")] or own
    return [{"url": f"{scheme}://{name.strip('/')}{base}"} for scheme in schemes]


def _security_scheme(scheme: dict[str, Any]) -> dict[str, Any]:
    if scheme.get("type") == "basic":
        return {"type": "http", "scheme": "basic"}
    flow = _OAUTH_FLOWS.get(str(scheme.get("flow")))
    if scheme.get("type") != "oauth2" or flow is None:
        return scheme
    urls = {key: scheme[key] for key in ("authorizationUrl", "tokenUrl") if key in scheme}
    return {"type": "oauth2", "flows": {flow: {**urls, "scopes": scheme.get("scopes", {})}}}
