"""OpenAPI 3.1 converted to 3.0, where 3.0 can express it.

What 3.0 cannot express is refused by name and location: ignoring a keyword would let
requests pass that the document forbids.
"""

from __future__ import annotations

from typing import Any

from dynzuora.document.shapes import Location, pointer, walk_everything
from dynzuora.errors import SpecError

#: Keywords of JSON Schema 2020-12 that change what is valid and that 3.0 cannot express.
UNREADABLE = (
    "$anchor",
    "$dynamicAnchor",
    "$dynamicRef",
    "$id",
    "contains",
    "dependentRequired",
    "dependentSchemas",
    "else",
    "if",
    "patternProperties",
    "prefixItems",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
)

_DIALECT = "https://spec.openapis.org/oas/3.1/dialect/base"

#: Keywords allowed beside a reference, where they do not change what is valid.
_PROSE = frozenset({"$ref", "description", "summary", "title", "example", "examples", "deprecated"})


def openapi30(document: dict[str, Any], source: str) -> None:
    """Rewrite ``document`` in place.

    Raises:
        SpecError: it says something that OpenAPI 3.0 cannot express.
    """
    unreadable: list[str] = []
    if document.get("jsonSchemaDialect", _DIALECT) != _DIALECT:
        unreadable.append("jsonSchemaDialect at #/jsonSchemaDialect")

    def misfit(value: Any, held: str, shape: str, location: Location) -> Any:
        # True and false are schemas in 3.1; anything else is left to the repairs.
        if shape == "schema" and isinstance(value, bool):
            return {} if value else {"not": {}}
        return value

    for shape, node, location in walk_everything(document, misfit):
        if shape == "schema":
            unreadable += [f"{key} at {pointer(location)}" for key in UNREADABLE if key in node]
            _schema(node)
    if unreadable:
        more = f", and {len(unreadable) - 5} more" if len(unreadable) > 5 else ""
        raise SpecError(
            f"{source} is OpenAPI {document['openapi']} and uses {', '.join(unreadable[:5])}{more}: "
            "dynzuora reads documents as OpenAPI 3.0, which cannot express that. "
            "Remove these keywords with an overlay, or convert the document to 3.0.",
            source=source,
            pointer=unreadable[0].rpartition(" at ")[2],
        )
    document["openapi"] = "3.0.3"


def _schema(schema: dict[str, Any]) -> None:
    if "$ref" in schema and not _PROSE.issuperset(schema):
        schema["allOf"] = [*schema.get("allOf", ()), {"$ref": schema.pop("$ref")}]
    if isinstance(schema.get("type"), list):
        read_type_list(schema)
    elif schema.get("type") == "null":
        del schema["type"]
        schema |= {"nullable": True, "enum": [None]}
    if "const" in schema:
        schema["enum"] = [schema.pop("const")]
    for exclusive, inclusive in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        limit = schema.get(exclusive)
        if isinstance(limit, (int, float)) and not isinstance(limit, bool):
            _tighten(schema, exclusive, inclusive, limit)
    examples = schema.get("examples")
    if isinstance(examples, list):
        del schema["examples"]
        if examples:
            schema.setdefault("example", examples[0])
    encoding = schema.pop("contentEncoding", None)
    if encoding is not None:
        schema.pop("contentMediaType", None)  # of what the text encodes, not of the text
    if encoding == "base64":
        schema.setdefault("format", "byte")


def _tighten(schema: dict[str, Any], exclusive: str, inclusive: str, limit: float) -> None:
    """Express both limits with the one that 3.0 has: the tighter."""
    inclusive_limit = schema.get(inclusive)
    looser = isinstance(inclusive_limit, (int, float)) and (
        inclusive_limit > limit if inclusive == "minimum" else inclusive_limit < limit
    )
    if looser:
        del schema[exclusive]
    else:
        schema[inclusive], schema[exclusive] = limit, True


def read_type_list(schema: dict[str, Any]) -> None:
    """Convert ``type: [string, "null"]`` to one type and ``nullable``, several types to ``anyOf``."""
    types = [name for name in schema.pop("type") if isinstance(name, str)]
    kinds = [name for name in types if name != "null"]
    nullable = len(kinds) < len(types)
    if nullable:
        schema["nullable"] = True
    if len(kinds) == 1:
        schema["type"] = kinds[0]
    elif kinds:
        each_kind = [{"type": kind, **({"nullable": True} if nullable else {})} for kind in kinds]
        if "anyOf" in schema:
            schema["allOf"] = [*schema.get("allOf", ()), {"anyOf": each_kind}]
        else:
            schema["anyOf"] = each_kind
