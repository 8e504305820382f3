"""OpenAPI Overlays 1.0: corrections of one particular document in a separate file.

The overlay that is shipped corrects single faults of Zuora's documents; a user's overlays
are applied after it. Every action is reported, also one whose target matches nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from dynzuora._packaged import packaged
from dynzuora.document import reading
from dynzuora.document.prepared import DocumentWarning
from dynzuora.document.shapes import location_of, pointer
from dynzuora.errors import SpecError

SHIPPED = packaged("document", "overlays", "zuora.yaml")


class Overlay(NamedTuple):
    """An overlay and what messages call it."""

    source: str
    data: Mapping[str, Any]


class _Target(NamedTuple):
    """A place that an action changes. jsonpath-rfc9535 has a parent, too, as a method or not by release."""

    location: tuple[int | str, ...]
    value: Any
    parent: Any


def read_overlay(content: bytes, source: str) -> Overlay:
    """Return the overlay in ``content``.

    Raises:
        SpecError: it is not an overlay; every problem is named.
    """
    data = reading.read(content, source).data
    problems: list[str] = []
    if not isinstance(data, Mapping):
        problems.append("its root is not an object")
    else:
        if not str(data.get("overlay", "")).startswith("1."):
            problems.append("it does not say 'overlay: 1.0.0'")
        actions = data.get("actions")
        if not isinstance(actions, list) or not actions:
            problems.append("it has no list of actions")
        else:
            problems += [
                f"action {number} {problem}"
                for number, action in enumerate(actions, 1)
                if (problem := _problem(action))
            ]
    if problems:
        raise SpecError(
            f"{source} is not an OpenAPI Overlay: {'; '.join(problems)}. "
            "See https://spec.openapis.org/overlay/v1.0.0.html.",
            source=source,
        )
    return Overlay(source, data)


def _problem(action: Any) -> str:
    if not isinstance(action, Mapping) or not isinstance(action.get("target"), str):
        return "has no target"
    if not isinstance(action.get("remove", False), bool):
        return "has a remove that is not true or false"
    if not action.get("remove") and "update" not in action:
        return "neither updates nor removes"
    import jsonpath_rfc9535

    try:
        jsonpath_rfc9535.compile(action["target"])
    except jsonpath_rfc9535.JSONPathError as error:
        return f"has the target {action['target']!r}, which is not a JSONPath ({str(error).splitlines()[0]})"
    return ""


def shipped() -> Overlay:
    """Return the overlay that comes with the package, which a test checks."""
    return Overlay(SHIPPED.name, reading.read(SHIPPED.read_bytes(), SHIPPED.name).data)


def apply(document: dict[str, Any], overlay: Overlay) -> list[DocumentWarning]:
    """Apply ``overlay`` to ``document`` in place; return what was changed where."""
    actions = tuple(_fitting(overlay.data, document))
    if not actions:
        return []
    import jsonpath_rfc9535  # takes 17 ms

    warnings: list[DocumentWarning] = []
    for action in actions:
        target = action["target"]
        try:
            nodes = jsonpath_rfc9535.find(target, document)
        except jsonpath_rfc9535.JSONPathError as error:
            message = f"{overlay.source}: the target {target!r} is invalid: {error}"
            raise SpecError(message, source=overlay.source) from error
        targets = [_Target(node.location, node.value, _parent(document, node.location)) for node in nodes]
        locations = [tuple(map(str, node.location)) for node in targets]
        if not locations:
            message = (
                f"{overlay.source}: the target {target} matches nothing. "
                "(Overlays apply after repairs: media types have no parameters.)"
            )
            warnings.append(DocumentWarning("overlay-target", "#", message))
            continue
        if action.get("remove"):
            # Last first, so that positions in lists stay valid.
            for node in sorted(targets, key=lambda node: _order(node.location), reverse=True):
                _remove(node, overlay)
        else:
            for node in targets:
                _update(node, action["update"])
        more = f" ({len(locations)} places)" if len(locations) > 1 else ""
        did = action.get("description") or f"{'removed' if action.get('remove') else 'changed'} by {target}"
        where = pointer(location_of(*locations[0]))
        warnings.append(DocumentWarning("overlay", where, f"{' '.join(str(did).split())}{more}"))
    return warnings


def _fitting(data: Mapping[str, Any], document: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    info = document["info"]
    titles = data.get("x-titles")
    if titles is not None and info["title"] not in titles:
        return
    for action in data["actions"]:
        versions = action.get("x-versions")
        if versions is None or info["version"] in versions:
            yield action


def _order(location: tuple[int | str, ...]) -> tuple[tuple[int, str], ...]:
    return tuple((step, "") if isinstance(step, int) else (0, step) for step in location)


def _parent(document: Any, location: tuple[int | str, ...]) -> Any:
    """Return the object or list that holds a location; None for the document itself."""
    if not location:
        return None
    for step in location[:-1]:
        document = document[step]
    return document


def _remove(target: _Target, overlay: Overlay) -> None:
    if target.parent is None:
        raise SpecError(f"{overlay.source} removes the whole document.", source=overlay.source)
    del target.parent[target.location[-1]]


def _update(target: _Target, value: Any) -> None:
    value = reading.copied(value)  # each location gets its own copy
    if isinstance(target.value, list):
        target.value.append(value)
    elif isinstance(target.value, dict) and isinstance(value, dict):
        _merge(target.value, value)
    elif target.parent is not None:
        target.parent[target.location[-1]] = value


def _merge(into: dict[str, Any], value: dict[str, Any]) -> None:
    for key, addition in value.items():
        current = into.get(key)
        if isinstance(current, dict) and isinstance(addition, dict):
            _merge(current, addition)
        elif isinstance(current, list) and isinstance(addition, list):
            current += addition
        else:
            into[key] = addition
