"""What oasdiff's own tests say of their pairs of documents, read from its Go sources.

Facts only: the two files, the simple changes that a test makes to them, and the ids of the checks
that it expects. A test that does more than that (a loop, a table, a merge, a clock) is not read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

FUNCTION = re.compile(r"^func (Test\w+)\(t \*testing\.T\) \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
OPENED = re.compile(
    r'^\s*(\w+), err :?= (?:open|loader\.LoadFromFile)\((?:(\w+)\()?"([^"]+)"\)?', re.MULTILINE
)
NUMBERED = re.compile(r"^\s*(\w+) := l\(t, (\d+)", re.MULTILINE)
BOTH = re.compile(r"\bd\(t, diff\.NewConfig\(\), (\d+), (\d+)")
SIDE = r"\s*(?:&load\.SpecInfo\{Spec: )?(\w+)\}?,"
COMPARED = re.compile(rf"OperationsSourcesMap\([^,]+,{SIDE}{SIDE.replace(',', '[,)]')}")
ABSENT = re.compile(
    r"requireNoChange\(.*|.*(?:NotEqual|NotContains|require\.False|require\.NotEmpty).*|.*WithSeverity.*"
)
UNREAD = re.compile(
    r"t\.Run\(|^\s*for |StabilityLevel|WithDeprecation|\.Find\(|flatten|SpecInfo\{$", re.MULTILINE
)
ENTRY = re.compile(r"checker\.ApiChange\{(.*?)^\s*\}", re.MULTILINE | re.DOTALL)
CHANGE = re.compile(r"^\s*(?:(\w+)\.Spec\.(.+?) = (.+)|(deleteParam|delete)\((\w+)\.Spec\.(.+)\))$")
STEP = re.compile(
    r'(\w+)(?:\((?:"([^"]*)"|(\w+(?:\.\w+)?)(?:, "([^"]*)")?)\))?(?:\[(?:"([^"]*)"|(\d+))\])?\.?'
)
KEYWORDS = {
    "Max": "maximum",
    "Min": "minimum",
    "ExclusiveMax": "exclusiveMaximum",
    "TokenURL": "tokenUrl",
    "ExclusiveMin": "exclusiveMinimum",
    "OperationID": "operationId",
    "AuthorizationURL": "authorizationUrl",
}


class Expected(NamedTuple):
    """One entry that oasdiff reports."""

    id: str
    level: str
    """ERR, WARN or INFO."""
    direction: str
    operation: str
    """``POST /pets``; empty where the test does not say."""
    names: tuple[str, ...]
    """Texts of the entry: properties, parameters, statuses."""


class Case(NamedTuple):
    name: str
    old: Any
    """A path, or the document where the test changes it."""
    new: Any
    expected: tuple[Expected, ...]
    is_whole: bool
    """Whether the test made all of oasdiff's checks."""


class NotReadError(Exception):
    """A test does what is not read here."""


def rules(root: Path) -> dict[str, tuple[str, str, str]]:
    """Name of the Go constant → id, level and direction of each check."""
    sources = "\n".join(
        path.read_text("utf-8") for path in sorted(root.glob("checker/*.go")) if "_test" not in path.name
    )
    ids = dict(re.findall(r"\b(\w+Id)\s*=\s*\"([\w-]+)\"", sources))
    table = re.findall(r"newBackwardCompatibilityRule\((\w+), (\w+), \w+, Direction(\w+)", sources)
    return {name: (ids[name], level, direction.lower()) for name, level, direction in table}


def cases(root: Path) -> Iterator[Case | str]:
    """Every test that compares one pair of documents; the name of each that is not read."""
    table = rules(root)
    sources = [path.read_text("utf-8") for path in sorted(root.glob("checker/*_test.go"))]
    constants = dict(re.findall(r'^\s*(\w+)\s*=\s*"([^"]+)"$', "\n".join(sources), re.MULTILINE))
    folders = dict(re.findall(r'(\w+)\s*= dataFileFn\("([^"]+)"\)', "\n".join(sources)))
    for source in sources:
        for name, body in FUNCTION.findall(source):
            if "OperationsSourcesMap" in body or BOTH.search(body):
                try:
                    yield case(root, name, body, table, constants, folders)
                except NotReadError:
                    yield name


def case(
    root: Path, name: str, body: str, table: Any, constants: dict[str, str], folders: dict[str, str]
) -> Case:
    if UNREAD.search(body):
        raise NotReadError
    files = {
        variable: root / "data" / folders.get(folder, "") / file.removeprefix("../data/")
        for variable, folder, file in OPENED.findall(re.sub(r"open\(file\)", _file(body), body))
    }
    files |= {
        variable: root / f"data/openapi-test{number}.yaml" for variable, number in NUMBERED.findall(body)
    }
    if (both := BOTH.search(body)) is not None:
        files = {str(side): root / f"data/openapi-test{both[side]}.yaml" for side in (1, 2)}
        sides = ["1", "2"]
    else:
        compared = COMPARED.findall(body)
        if len(compared) != 1:
            raise NotReadError
        sides = list(compared[0])
    if not all(side in files for side in sides):
        raise NotReadError
    paths = {files[side] for side in sides}
    documents = _changed(body, {side: files[side] for side in sides}, constants)
    if len(paths) == 1 and all(isinstance(document, Path) for document in documents.values()):
        raise NotReadError  # the change is made where it is not seen here
    expected = tuple(_expected(body, table))
    if not expected and not re.search(r"require\.Empty\(t, (?:errs|changes)\)", body):
        raise NotReadError
    return Case(
        name,
        *(documents[side] for side in sides),
        expected,
        "allChecksConfig" in body or both is not None,
    )


def _file(body: str) -> str:
    file = re.search(r'file := ("[^"]+")', body)
    return f"open({file[1]})" if file else "open()"


def _expected(body: str, table: Any) -> Iterator[Expected]:
    seen = set()
    for entry in ENTRY.findall(body):
        at = dict(re.findall(r'(Operation|Path):\s*"([^"]*)"', entry))
        for constant in re.findall(r"Id:\s*checker\.(\w+Id)\b", entry):
            seen.add(constant)
            texts = re.findall(r'"([^"]*)"', (re.findall(r"Args:\s*\[\]any\{(.*)\}", entry) or [""])[0])
            if constant in table:
                yield Expected(*table[constant], f"{at.get('Operation')} {at.get('Path')}", tuple(texts))
    rest = "\n".join(line for line in body.splitlines() if not ABSENT.match(line.strip()))
    for constant in dict.fromkeys(re.findall(r"checker\.(\w+Id)\b", rest)):
        if constant in table and constant not in seen:
            yield Expected(*table[constant], "", ())


def _changed(body: str, files: dict[str, Path], constants: dict[str, str]) -> dict[str, Any]:
    documents: dict[str, Any] = dict(files)
    variables = {"nil": None, **{k: v for k, v in constants.items()}}
    for line in body.splitlines():
        if (literal := re.match(r"^\s*(\w+) := (?:\w+\()?([\d.]+|\"[^\"]*\")\)?$", line)) is not None:
            variables[literal[1]] = yaml.safe_load(literal[2])
        if not re.match(rf"\s*(?:\w+\()?(?:{'|'.join(files)})\.", line) or "require" in line:
            if re.search(rf"[=(&]\s*(?:{'|'.join(files)})\.Spec", line) and "Info{" not in line:
                raise NotReadError
            continue
        change = CHANGE.match(re.sub(r"\.Delete\((\".*\")\)$", r"[\1] = nil", line))
        if change is None:
            raise NotReadError
        side = change[1] or change[5]
        if isinstance(documents[side], Path):
            documents[side] = json.loads(
                json.dumps(yaml.safe_load(documents[side].read_text("utf-8")), default=str)
            )
        if change[1]:
            _set(documents[side], change[2], _value(change[3], variables), variables)
        else:
            path, _, key = change[6].rpartition(", ")
            _delete(documents[side], change[4], path, key.strip('"'), variables)
    return documents


def _value(text: str, variables: dict[str, Any]) -> Any:
    if (types := re.fullmatch(r"&openapi3\.Types\{(.*)\}|\[\](?:string|any)\{(.*)\}", text)) is not None:
        items = yaml.safe_load(f"[{types[1] or types[2] or ''}]")
        return items[0] if types[1] and len(items) == 1 else items
    text = re.sub(
        r"^(?:openapi3\.Ptr|uint64|float64)\((?:uint64|float64)?\(?([\w.]+)\)*$", r"\1", text
    ).lstrip("&")
    if text in variables:
        return variables[text]
    if re.fullmatch(r'"[^"]*"|[\d.]+|true|false', text):
        return yaml.safe_load(text)
    raise NotReadError


def _steps(path: str, variables: dict[str, Any]) -> Iterator[Any]:
    at = 0
    while at < len(path):
        step = STEP.match(path, at)
        if step is None or not step[0]:
            raise NotReadError
        at = step.end()
        word, text, variable, name, key, index = step.groups()
        if word == "GetByInAndName":
            yield (variable.removeprefix("openapi3.ParameterIn").lower(), name)
        elif word == "Value":
            if text or variable:
                yield text or variables.get(variable)
        elif word in ("GetOperation", "Find") or text or variable:
            raise NotReadError
        else:
            yield KEYWORDS.get(word, word[0].lower() + word[1:])
        if key is not None or index is not None:
            yield key if key is not None else int(index)


def _followed(document: Any, node: Any) -> Any:
    while isinstance(node, dict) and "$ref" in node:
        target = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


def _at(document: Any, steps: list[Any]) -> Any:
    node = document
    for step in steps:
        node = _followed(document, node)
        try:
            if isinstance(step, tuple):
                node = next(
                    row
                    for row in map(lambda row: _followed(document, row), node)
                    if (row["in"], row["name"]) == step
                )
            else:
                node = node[step]
        except (KeyError, IndexError, StopIteration, TypeError):
            raise NotReadError from None
    return _followed(document, node)


def _set(document: Any, path: str, value: Any, variables: dict[str, Any]) -> None:
    *steps, last = _steps(path, variables)
    node = _at(document, steps)
    if (
        not isinstance(node, dict | list)
        or isinstance(last, tuple)
        or last == "extensions"
        or "extensions" in steps
    ):
        raise NotReadError
    if value is None:
        node.pop(last, None)
    else:
        node[last] = value


def _delete(document: Any, how: str, path: str, key: str, variables: dict[str, Any]) -> None:
    if how == "deleteParam":
        path, _, place = path.rpartition(", openapi3.ParameterIn")
        node = _at(document, list(_steps(path, variables)))
        node["parameters"] = [
            row
            for row in node["parameters"]
            if (lambda row: (row["in"], row["name"]) != (place.lower(), key))(_followed(document, row))
        ]
    else:
        _at(document, list(_steps(path, variables))).pop(key, None)
