"""Swagger 2.0 converted to OpenAPI 3.0, so that all other code reads one dialect.

What 2.0 cannot express (styles of path parameters, server variables) is left to the
defaults of 3.0, which are the same.
"""

from __future__ import annotations

from typing import Any

from dynzuora._media_types import essence
from dynzuora.document.prepared import DocumentWarning
from dynzuora.document.reading import copied
from dynzuora.document.shapes import METHODS, Location, location_of, pointer, reference, target_of, walk

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
}

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


def openapi30(document: dict[str, Any]) -> tuple[dict[str, Any], list[DocumentWarning]]:
    """Return ``document`` as OpenAPI 3.0, and warnings about what could not be converted."""
    return _Conversion(document).result()


class _Conversion:
    def __init__(self, document: dict[str, Any]) -> None:
        self.old = document
        self.warnings: list[DocumentWarning] = []

    def result(self) -> tuple[dict[str, Any], list[DocumentWarning]]:
        old = self.old
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
        for shape, node, _ in walk(new, misfit=lambda value, *_: value):
            target = node.get("$ref")
            if isinstance(target, str):
                node["$ref"] = _moved(target)
            if shape == "schema":
                _schema(node)
        return new, self.warnings

    def _warn(self, location: Location, message: str) -> None:
        self.warnings.append(DocumentWarning("swagger-2.0", pointer(location), message))

    def _is_body(self, node: Any) -> bool:
        parameter = target_of(self.old, node)
        return isinstance(parameter, dict) and parameter.get("in") in ("body", "formData")

    def _types(self, operation: dict[str, Any], keyword: str) -> list[str]:
        for holder in (operation, self.old):
            types = holder.get(keyword)
            if isinstance(types, list) and types:
                return [media_type for media_type in types if isinstance(media_type, str)]
        return []

    def _path_item(self, path: str, item: dict[str, Any]) -> dict[str, Any]:
        location = location_of("paths", path)
        new = {key: value for key, value in item.items() if key not in METHODS}
        shared = _listed(item.get("parameters"))
        if shared:
            new["parameters"] = [
                self._parameter(parameter, ((location, "parameters"), str(number)))
                for number, parameter in enumerate(shared)
                if not self._is_body(parameter)
            ]
        bodies = [parameter for parameter in shared if self._is_body(parameter)]
        for method in METHODS:
            if isinstance(item.get(method), dict):
                new[method] = self._operation(item[method], bodies, (location, method))
        return new

    def _operation(self, operation: dict[str, Any], bodies: list[Any], location: Location) -> dict[str, Any]:
        moved = ("parameters", "responses", "consumes", "produces", "schemes")
        new = {key: value for key, value in operation.items() if key not in moved}
        parameters = _listed(operation.get("parameters"))
        if parameters:
            new["parameters"] = [
                self._parameter(parameter, ((location, "parameters"), str(number)))
                for number, parameter in enumerate(parameters)
                if not self._is_body(parameter)
            ]
        bodies = [target_of(self.old, parameter) for parameter in parameters if self._is_body(parameter)] or [
            target_of(self.old, body) for body in bodies
        ]
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
        return new

    def _parameter(self, parameter: Any, location: Location) -> Any:
        if not isinstance(parameter, dict) or reference(parameter) is not None:
            return parameter
        new = {key: value for key, value in parameter.items() if key not in _SCHEMA_KEYWORDS}
        new.pop("collectionFormat", None)
        if not isinstance(new.get("schema"), dict):
            new["schema"] = {key: parameter[key] for key in _SCHEMA_KEYWORDS if key in parameter}
        if parameter.get("type") == "array":
            new |= self._style(parameter, location)
        return new

    def _style(self, parameter: dict[str, Any], location: Location) -> dict[str, Any]:
        collection_format = parameter.get("collectionFormat", "csv")
        style = _STYLES.get(collection_format) if isinstance(collection_format, str) else None
        in_query = parameter.get("in") in ("query", "formData")
        if style is None or (not in_query and collection_format != "csv"):
            self._warn(
                location,
                f"collectionFormat {collection_format!r} cannot be expressed in OpenAPI 3.0; read as csv.",
            )
            style = _STYLES["csv"]
        return {"style": "form", **style} if in_query else dict(style)

    def _body(self, parameter: dict[str, Any], consumes: list[str]) -> dict[str, Any]:
        media = {"schema": parameter["schema"]} if isinstance(parameter.get("schema"), dict) else {}
        body: dict[str, Any] = {"required": parameter.get("required", False)}
        if "description" in parameter:
            body["description"] = parameter["description"]
        types = [media_type for media_type in consumes if essence(media_type) not in _FORMS]
        return {**body, "content": {name: _copy(media) for name in types or ["application/json"]}}

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
        return {"required": bool(required), "content": {name: _copy(media) for name in types}}

    def _response(self, response: Any, produces: list[str], location: Location) -> Any:
        if isinstance(response, dict) and reference(response) is not None:
            target = target_of(self.old, response)
            # 3.0 has media types in the response, so one shared by operations that produce
            # other types than the document's default is copied.
            if produces == self._types(self.old, "produces") or not isinstance(target, dict):
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
            content = {
                name: {"schema": _copy(response["schema"])} for name in produces or ["application/json"]
            }
        for name, example in examples.items():
            content.setdefault(name, {})["example"] = example
        return {**new, "content": content} if content else new


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _copy(value: dict[str, Any]) -> dict[str, Any]:
    """Return a copy, where the original is used in two places."""
    result: dict[str, Any] = copied(value)
    return result


def _moved(target: str) -> str:
    for old, new in _SECTIONS.items():
        if target.startswith(f"#/{old}/"):
            return f"#/components/{new}/{target[len(old) + 3 :]}"
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
    base = (base or "").rstrip("/")
    host = old.get("host")
    if not isinstance(host, str) or not host:
        return [{"url": base or "/"}]
    schemes = [scheme for scheme in _listed(old.get("schemes")) if scheme in ("http", "https")] or ["https"]
    return [{"url": f"{scheme}://{host}{base}"} for scheme in schemes]


def _security_scheme(scheme: dict[str, Any]) -> dict[str, Any]:
    if scheme.get("type") == "basic":
        return {"type": "http", "scheme": "basic"}
    flow = _OAUTH_FLOWS.get(str(scheme.get("flow")))
    if scheme.get("type") != "oauth2" or flow is None:
        return scheme
    urls = {key: scheme[key] for key in ("authorizationUrl", "tokenUrl") if key in scheme}
    return {"type": "oauth2", "flows": {flow: {**urls, "scopes": scheme.get("scopes", {})}}}
