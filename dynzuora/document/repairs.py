"""Repairs by rule: what is wrong in a document in a way that can be told without knowing it.

A rule is a row of a table: `rules` has those that look at one object, `paths` those that
need the whole document. Here the document is walked, once, and each object is shown to the
rules for the keywords it has. Nothing here raises, and nothing is repaired in silence.
Faults of one document in particular belong in an overlay.
"""

from __future__ import annotations

from typing import Any

from dynzuora._references import MISSING
from dynzuora.document.paths import PATH_RULES, framed
from dynzuora.document.prepared import DocumentWarning
from dynzuora.document.rules import RULES, TYPES, Rule, short
from dynzuora.document.shapes import LIST, MAP, ONE, REFERABLE, Place, pointer, reference, walk_everything

_RULES_OF: dict[str, tuple[Rule, ...]] = {
    shape: tuple(rule for rule in RULES if rule.shape == shape) for shape in {rule.shape for rule in RULES}
}


def repair(document: dict[str, Any]) -> list[DocumentWarning]:
    """Repair ``document`` in place and say what was done."""
    warnings: list[DocumentWarning] = []

    def misfit(value: Any, held: str, shape: str, place: Place) -> Any:
        instead = _fitting(value, held, shape)
        done = "left out" if instead is MISSING else f"read as {short(instead)}"
        original = "null" if value is None else short(value)
        message = f"{original} where {'an object' if held is ONE else 'a ' + held} belongs; {done}."
        warnings.append(DocumentWarning("misplaced-value", pointer(place), message))
        return instead

    for where, message in framed(document):
        warnings.append(DocumentWarning("frame", pointer(where), message))
    chosen: dict[tuple[str, ...], tuple[Rule, ...]] = {}
    for shape, node, place in walk_everything(document, misfit):
        if shape in REFERABLE and reference(node) is not None:
            continue
        # Objects of one kind have the same few keywords: the rules for them are picked once.
        keywords = (shape, *node)
        rules = chosen.get(keywords)
        if rules is None:
            rules = chosen[keywords] = tuple(
                rule for rule in _RULES_OF.get(shape, ()) if rule.keyword in node
            )
        for name, _, keyword, right, mend in rules:
            if keyword in node and type(node[keyword]) is not right:
                for where, message in mend(node, keyword, place):
                    warnings.append(DocumentWarning(name, pointer(where), message))
    for rule, repair_paths in PATH_RULES:
        for where, message in repair_paths(document):
            warnings.append(DocumentWarning(rule, pointer(where), message))
    return warnings


def _fitting(value: Any, held: str, shape: str) -> Any:
    """Return what a value that is not what its keyword holds was meant to be, or MISSING."""
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
