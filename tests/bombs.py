"""Small recipes for documents that want to be large: what they cost is measured in a process of its own.

``python -m tests.bombs NAME`` loads one, prepares every operation and prints what came of it.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any

import dynzuora
from dynzuora.errors import InvalidRequest, SpecError
from tests.documents import body_of, document, operation

Schemas = dict[str, Any]


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def of_schemas(schemas: Schemas, body: Any, **more: Any) -> bytes:
    """A document with one operation that takes ``body``, and one beside it that takes nothing."""
    paths = {
        "/bomb": {"post": operation("bomb", requestBody=body_of("application/json", body))},
        "/beside": {"get": operation("beside")},
    }
    return json.dumps(document(paths, components={"schemas": schemas}, **more)).encode()


def _deep_json() -> bytes:
    return of_schemas({"A": 0}, {}).replace(
        b'"A": 0', b'"A": ' + b'{"items": ' * 10_000 + b"{}" + b"}" * 10_000
    )


def _deep_yaml() -> bytes:
    return b"openapi: 3.0.0\npaths:\n  a: " + b"[" * 10_000 + b"]" * 10_000


def _deep_yaml_blocks() -> bytes:
    return b"openapi: 3.0.0\npaths:\n  a:\n    " + b"- " * 10_000


def _deep_values() -> bytes:
    """As deep as JSON may be, where no schema is: in an example."""
    return of_schemas({"A": 0}, {}).replace(
        b'"A": 0', b'"A": {"example": ' + b"[" * 10_000 + b"]" * 10_000 + b"}"
    )


def _alias_bomb() -> bytes:
    lines = ["openapi: 3.0.0", "paths: {}", "a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 20)]
    return "\n".join(lines).encode()


def _merge_bomb() -> bytes:
    lines = ["openapi: 3.0.0", "paths: {}", "m0: &m0 {" + ", ".join(f"k{n}: {n}" for n in range(100)) + "}"]
    lines += [f"m{n}: &m{n} {{a: *m{n - 1}, b: *m{n - 1}, <<: [*m{n - 1}, *m{n - 1}]}}" for n in range(1, 60)]
    return "\n".join(lines).encode()


def _reference_bomb() -> bytes:
    """Each of forty schemas holds the next twice: written out it would have 2**40 parts."""
    schemas: Schemas = {
        f"S{n}": {"type": "object", "properties": {"a": _ref(f"S{n + 1}"), "b": _ref(f"S{n + 1}")}}
        for n in range(40)
    }
    return of_schemas({**schemas, "S40": {"type": "string"}}, _ref("S0"))


def _combination_bomb() -> bytes:
    schemas: Schemas = {
        f"S{n}": {"allOf": [_ref(f"S{n + 1}"), {"anyOf": [_ref(f"S{n + 1}"), _ref(f"S{n + 1}")]}]}
        for n in range(30)
    }
    return of_schemas({**schemas, "S30": {"type": "object"}}, _ref("S0"))


def _long_chain() -> bytes:
    schemas: Schemas = {f"S{n}": _ref(f"S{n + 1}") for n in range(10_000)}
    return of_schemas({**schemas, "S10000": {"type": "object"}}, _ref("S0"))


def _long_chain_of_properties() -> bytes:
    schemas: Schemas = {
        f"S{n}": {"type": "object", "properties": {"a": _ref(f"S{n + 1}")}} for n in range(2_000)
    }
    return of_schemas({**schemas, "S2000": {"type": "string"}}, _ref("S0"))


def _pure_cycle() -> bytes:
    return of_schemas({"A": _ref("B"), "B": _ref("C"), "C": _ref("A")}, _ref("A"))


def _dense_cycle() -> bytes:
    names = [f"S{n}" for n in range(60)]
    schemas: Schemas = {
        name: {"type": "object", "properties": {each: _ref(each) for each in names}} for name in names
    }
    return of_schemas(schemas, _ref("S0"))


def _self_containing_all_of() -> bytes:
    schemas: Schemas = {
        "A": {"allOf": [_ref("A"), {"type": "object", "properties": {"a": {"type": "string"}}}]}
    }
    return of_schemas(schemas, _ref("A"))


def _recursive() -> bytes:
    node = {
        "type": "object",
        "properties": {"next": _ref("A"), "others": {"type": "array", "items": _ref("A")}},
    }
    return of_schemas({"A": node}, _ref("A"))


def _operations() -> bytes:
    paths = {f"/p{n}/{{id}}": {"get": operation(f"op{n}")} for n in range(20_000)}
    return json.dumps(document(paths)).encode()


def _operations_of_one_name() -> bytes:
    return json.dumps(document({f"/p{n}": {"get": operation("same")} for n in range(20_000)})).encode()


def _operations_without_a_name() -> bytes:
    paths = {f"/{'é' * (n + 1)}" if n < 200 else f"/p/{n}": {"get": {"responses": {}}} for n in range(20_000)}
    return json.dumps(document(paths)).encode()


def _enum() -> bytes:
    return of_schemas({}, {"type": "string", "enum": [f"value-{n}" for n in range(100_000)]})


def _properties() -> bytes:
    properties = {f"p{n}": {"type": "string"} for n in range(5_000)}
    return of_schemas({}, {"type": "object", "properties": properties, "required": list(properties)})


def _alternatives() -> bytes:
    each = [{"type": "object", "properties": {f"p{n}": {"type": "string"}}} for n in range(2_000)]
    return of_schemas({}, {"oneOf": each})


def _names_twice() -> bytes:
    names = ", ".join(f'"k{n}": 0' for n in range(200_000))
    return b'{"openapi": "3.0.0", "info": {"title": "x", "version": "1"}, "paths": {}, "x": {"k0": 1, ' + (
        names.encode() + b"}}"
    )


def _parameters() -> bytes:
    parameters = [{"name": f"p{n}", "in": "query", "schema": {"type": "string"}} for n in range(5_000)]
    return json.dumps(document({"/bomb": {"get": operation("bomb", *parameters)}})).encode()


def _long_path() -> bytes:
    path = "".join(f"/{{p{n}}}" for n in range(2_000))
    return json.dumps(document({path: {"get": operation("bomb")}})).encode()


def _braces() -> bytes:
    return json.dumps(document({"/" + "{" * 100_000: {"get": operation("bomb")}})).encode()


def _wide_number() -> bytes:
    return of_schemas({}, {"maximum": 0}).replace(b'"maximum": 0', b'"maximum": 1' + b"0" * 4_000)


def _endless_exponent() -> bytes:
    schema = b'"multipleOf": 1e-300, "minimum": 1e300, "default": 1e400'
    return of_schemas({}, {"maximum": 0}).replace(b'"maximum": 0', schema)


def _lengths() -> bytes:
    return of_schemas({}, {"type": "string", "minLength": 10**12})


def _counts() -> bytes:
    return of_schemas({}, {"type": "array", "minItems": 10**12, "items": {"type": "string"}})


BOMBS: dict[str, Callable[[], bytes]] = {
    name[1:].replace("_", "-"): build
    for name, build in globals().copy().items()
    if name.startswith("_") and not name.startswith("__") and name != "_ref" and callable(build)
}


def outcome(content: bytes) -> dict[str, Any]:
    """Load a document, prepare every operation, and tell what came of it."""
    try:
        loaded = dynzuora.load(content)
    except SpecError as error:
        return {"refused": str(error)}
    made = Counter(map(_made, loaded.operations.values()))
    repr(loaded), loaded._repr_html_()
    return {"warnings": dict(Counter(each.rule for each in loaded.warnings)), "operations": dict(made)}


def _made(each: dynzuora.Operation) -> str:
    try:
        body = each.template() if each.has_body else None
        parameters = {one.name: "x" for one in each.parameters if one.required}
        each.prepare(body, params=parameters)
        each._repr_html_(), each.describe()
        if each.has_body:
            repr(each.dereferenced.keys())
    except SpecError:
        return "broken"
    except InvalidRequest as error:
        return f"refused: {error.problems[0].message[:60]}"
    return "prepared"


if __name__ == "__main__":
    print(json.dumps(outcome(BOMBS[sys.argv[1]]())))
