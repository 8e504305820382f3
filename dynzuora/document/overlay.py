"""OpenAPI Overlays 1.0 and 1.1: corrections of a document in a separate file.

The overlay that is shipped corrects single faults of Zuora's documents, of whatever version:
an action applies where its target finds something. A user's overlays are applied after it.
Every change is reported, and so is a user's target that matches nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from dynzuora._packaged import packaged
from dynzuora.document import reading
from dynzuora.document.prepared import DocumentWarning
from dynzuora.document.shapes import location_of, pointer
from dynzuora.errors import SpecError

SHIPPED = packaged("document", "overlays", "zuora.json")
"""JSON, because a document that is JSON then needs no PyYAML."""

_VERSION: Final = re.compile(r"1\.([01])(\.\d+)?")
"""The versions that are applied. A patch release changes no feature (Overlay 1.1.0, Versions)."""

_STEP: Final = re.compile(r"\.([A-Za-z_][A-Za-z0-9_]*)|\['([^'\\]*)'\]")
"""A step of a JSONPath by one plain name: ``.schemas`` or ``['/v1/accounts']``."""


class Overlay(NamedTuple):
    """An overlay and what messages call it. ``optional``: no warning where a target matches nothing."""

    source: str
    data: Mapping[str, Any]
    optional: bool = False

    @property
    def concatenates(self) -> bool:
        """Whether it follows Overlay 1.1: lists are joined, and kinds of values must agree."""
        return str(self.data["overlay"]).startswith("1.1")


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
        version = data.get("overlay")
        release = _VERSION.fullmatch(str(version))
        if version is None:
            problems.append("it does not say 'overlay: 1.1.0'")
        elif not release:
            problems.append(f"it says 'overlay: {version}', and only 1.0 and 1.1 are supported")
        actions = data.get("actions")
        if not isinstance(actions, list) or not actions:
            problems.append("it has no list of actions")
        else:
            may_copy = release is None or release[1] == "1"
            problems += [
                f"action {number} {problem}"
                for number, action in enumerate(actions, 1)
                for problem in _problems(action, may_copy=may_copy)
            ]
    if problems:
        raise SpecError(
            f"{source} is not an OpenAPI Overlay: {'; '.join(problems)}. "
            "See https://spec.openapis.org/overlay/v1.1.0.html.",
            source=source,
        )
    return Overlay(source, data)


def _problems(action: Any, *, may_copy: bool) -> Iterable[str]:
    if not isinstance(action, Mapping) or not isinstance(action.get("target"), str):
        yield "has no target"
        return
    if not isinstance(action.get("remove", False), bool):
        yield "has a remove that is not true or false"
    elif not action.get("remove"):
        if "copy" in action and not may_copy:
            yield "has a copy, which needs 'overlay: 1.1.0'"
        elif "copy" in action and "update" in action:
            yield "has both update and copy"
        elif not {"copy", "update"} & action.keys():
            yield "neither updates, copies nor removes"
    for name in ("target", "copy"):
        if name in action and (problem := _path_problem(action[name])):
            yield f"has the {name} {action[name]!r}, which is not a JSONPath ({problem})"


def _path_problem(path: Any) -> str:
    """Return why ``path`` is not a JSONPath; empty if it is one."""
    import jsonpath_rfc9535

    try:
        jsonpath_rfc9535.compile(path)
    except jsonpath_rfc9535.JSONPathError as error:
        return str(error).splitlines()[0]
    except (TypeError, AttributeError):
        return "it is not a string"
    return ""


def shipped() -> Overlay:
    """Return the overlay that comes with the package, which a test checks."""
    return Overlay(SHIPPED.name, reading.read(SHIPPED.read_bytes(), SHIPPED.name).data, optional=True)


def apply(document: dict[str, Any], overlay: Overlay) -> list[DocumentWarning]:
    """Apply ``overlay`` to ``document`` in place; return what was changed where.

    Raises:
        SpecError: an action cannot be applied to what its target finds.
    """
    warnings: list[DocumentWarning] = []
    for action in _fitting(overlay.data, document):
        targets = _nodes(document, action["target"], overlay)
        if targets:
            _apply(document, action, targets, overlay)
            warnings.append(_change(action, targets))
        elif not overlay.optional:
            message = (
                f"{overlay.source}: the target {action['target']} matches nothing. "
                "(Overlays apply after repairs: media types have no parameters.)"
            )
            warnings.append(DocumentWarning("overlay-target", "#", message))
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


def _nodes(document: Any, path: str, overlay: Overlay) -> list[_Target]:
    """Return what a JSONPath finds."""
    if not _may_match(document, path):
        return []
    import jsonpath_rfc9535  # takes 17 ms

    try:
        nodes = jsonpath_rfc9535.find(path, document)
    except jsonpath_rfc9535.JSONPathError as error:
        message = f"{overlay.source}: the path {path!r} is invalid: {error}"
        raise SpecError(message, source=overlay.source) from error
    return [_Target(node.location, node.value, _parent(document, node.location)) for node in nodes]


def _may_match(document: Any, path: str) -> bool:
    """Whether the plain names that a JSONPath begins with lead anywhere; most documents have none of ours."""
    position = 1
    while step := _STEP.match(path, position):
        name = step[1] or step[2]
        if not isinstance(document, dict) or name not in document:
            return False
        document, position = document[name], step.end()
    return True


def _apply(document: Any, action: Mapping[str, Any], targets: Sequence[_Target], overlay: Overlay) -> None:
    if action.get("remove"):
        # Last first, so that positions in lists stay valid.
        for target in sorted(targets, key=lambda target: _order(target.location), reverse=True):
            _remove(target, overlay)
        return
    value = action["update"] if "update" in action else _copied(document, action["copy"], overlay)
    change = _joined if overlay.concatenates else _update
    if overlay.concatenates:
        _check_kinds(action["target"], targets, value, overlay)
    for target in targets:
        change(target, reading.copied(value), overlay)  # each location gets its own copy


def _copied(document: Any, path: str, overlay: Overlay) -> Any:
    """Return the one value that a copy takes."""
    nodes = _nodes(document, path, overlay)
    if len(nodes) != 1:
        raise SpecError(
            f"{overlay.source}: copy takes one value, and {path} finds {len(nodes)}.", source=overlay.source
        )
    return nodes[0].value


def _change(action: Mapping[str, Any], targets: Sequence[_Target]) -> DocumentWarning:
    more = f" ({len(targets)} places)" if len(targets) > 1 else ""
    did = (
        action.get("description")
        or f"{'removed' if action.get('remove') else 'changed'} by {action['target']}"
    )
    where = pointer(location_of(*map(str, targets[0].location)))
    return DocumentWarning("overlay", where, f"{' '.join(str(did).split())}{more}")


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


# -- Overlay 1.0 --------------------------------------------------------------------------


def _update(target: _Target, value: Any, _: Overlay) -> None:
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


# -- Overlay 1.1 --------------------------------------------------------------------------


def _kind(value: Any) -> str:
    return (
        "an object" if isinstance(value, dict) else "an array" if isinstance(value, list) else "a primitive"
    )


def _check_kinds(path: str, targets: Sequence[_Target], value: Any, overlay: Overlay) -> None:
    """Refuse what 1.1 refuses: targets of several kinds, or of another kind than the value."""
    kinds = sorted({_kind(target.value) for target in targets})
    if len(kinds) > 1:
        found = f"the target {path} finds {' and '.join(kinds)}; they must be of one kind"
    elif kinds != [_kind(value)] and kinds != ["an array"]:
        found = f"the target {path} finds {kinds[0]}, which cannot be changed by {_kind(value)}"
    else:
        return
    raise SpecError(f"{overlay.source}: {found} (Overlay 1.1).", source=overlay.source)


def _joined(target: _Target, value: Any, overlay: Overlay) -> None:
    if isinstance(target.value, list):
        target.value.extend(value if isinstance(value, list) else [value])
    elif isinstance(target.value, dict):
        _merge_alike(target.value, value, target.location, overlay)
    else:
        target.parent[target.location[-1]] = value


def _merge_alike(
    into: dict[str, Any], value: dict[str, Any], location: tuple[int | str, ...], overlay: Overlay
) -> None:
    """Merge as `_merge` does, but refuse to put one kind of value in the place of another."""
    for key, addition in value.items():
        place = (*location, key)
        if key not in into:
            into[key] = addition
        elif (kind := _kind(into[key])) != _kind(addition):
            where = pointer(location_of(*map(str, place)))
            raise SpecError(
                f"{overlay.source}: {where} is {kind}, which cannot be changed by {_kind(addition)} "
                "(Overlay 1.1). Remove it first.",
                source=overlay.source,
            )
        elif isinstance(addition, dict):
            _merge_alike(into[key], addition, place, overlay)
        elif isinstance(addition, list):
            into[key] += addition
        else:
            into[key] = addition
