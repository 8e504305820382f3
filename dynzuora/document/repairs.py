"""Repair by rule the faults that any document may have.

A rule is a row of a table: `rules` has those for one object, `paths` those that need the
whole document. The document is walked once, and the rules for its keywords are applied to
each object. Nothing here raises, and every repair is reported. Faults of one particular
document belong in an overlay.
"""

from __future__ import annotations

from typing import Any

from dynzuora._references import MISSING
from dynzuora.document.dialects import family, is_of_2020_12
from dynzuora.document.paths import PATH_RULES, complete_frame
from dynzuora.document.prepared import DocumentWarning
from dynzuora.document.rules import RULES, TYPES, Rule, short
from dynzuora.document.shapes import LIST, MAP, ONE, Location, is_reference, pointer, walk_everything
from dynzuora.document.targets import Targets

_RULES_OF: dict[bool, dict[str, tuple[Rule, ...]]] = {
    of_2020_12: {
        shape: tuple(rule for rule in RULES if rule.shape == shape and rule.of_2020_12 in (None, of_2020_12))
        for shape in {rule.shape for rule in RULES}
    }
    for of_2020_12 in (False, True)
}


def repair(
    document: dict[str, Any], targets: Targets, objects: list[tuple[Location, dict[str, Any]]] | None = None
) -> list[DocumentWarning]:
    """Repair ``document`` in place; return what was done.

    Its schemas with properties are added to ``objects``.
    """
    warnings: list[DocumentWarning] = []

    def misfit(value: Any, held: str, shape: str, location: Location) -> Any:
        instead = _fitting(value, held, shape)
        done = "ignored" if instead is MISSING else f"read as {short(instead)}"
        original = "null" if value is None else short(value)
        message = f"{original} where {'an object' if held is ONE else 'a ' + held} belongs; {done}."
        warnings.append(DocumentWarning("misplaced-value", pointer(location), message))
        return instead

    for where, message in complete_frame(document):
        warnings.append(DocumentWarning("frame", pointer(where), message))
    rules_of = _RULES_OF[is_of_2020_12(family(document))]
    chosen: dict[tuple[str, ...], tuple[Rule, ...]] = {}
    for shape, node, location in walk_everything(document, misfit, targets.at):
        if "$ref" in node and is_reference(node, shape):
            continue
        if objects is not None and shape == "schema" and "properties" in node:
            objects.append((location, node))
        # Objects of one shape have the same few keywords, so their rules are selected once.
        keywords = (shape, *node)
        rules = chosen.get(keywords)
        if rules is None:
            rules = chosen[keywords] = tuple(rule for rule in rules_of.get(shape, ()) if rule.keyword in node)
        for name, _, keyword, right, mend, _ in rules:
            if keyword in node and type(node[keyword]) is not right:
                for where, message in mend(node, keyword, location):
                    warnings.append(DocumentWarning(name, pointer(where), message))
    for rule, repair_paths in PATH_RULES:
        for where, message in repair_paths(document, targets):
            warnings.append(DocumentWarning(rule, pointer(where), message))
    return warnings


def _fitting(value: Any, held: str, shape: str) -> Any:
    """Return the object that an invalid value stands for, or MISSING."""
    if held is MAP:
        return MISSING
    if held is LIST:
        if shape == "parameter" and isinstance(value, dict):
            return list(value.values())
        return [value] if isinstance(value, dict) else MISSING
    if shape == "schema":
        if isinstance(value, str) and value.lower() in TYPES:
            return {"type": value.lower()}
        if isinstance(value, list) and value and all(isinstance(member, dict) for member in value):
            return value[0] if len(value) == 1 else {"anyOf": value}
        return {"not": {}} if value is False else {}
    if isinstance(value, str) and shape in ("tag", "server"):
        return {"name" if shape == "tag" else "url": value}
    if value is None and shape in ("response", "media type", "path item", "example"):
        return {}
    return MISSING
