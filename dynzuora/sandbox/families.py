"""What each operation does to which kind of object, derived from paths and methods.

A path is read as *steps*: literal segments, optionally followed by a parameter. The first
literal that names an object is the kind (``creditmemo``); a step below another is a part of
it (``creditmemoitem``). Exceptions are in ``zuora.toml``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from dynzuora._names import canonical, singular
from dynzuora.model import ANYTHING, Shape
from dynzuora.sandbox.rules import Rules

if TYPE_CHECKING:
    from dynzuora.operation import Document, Operation


class Step(NamedTuple):
    """Literal segments and the parameter after them, empty if there is none."""

    literals: tuple[str, ...]
    parameter: str


class Scope(NamedTuple):
    """A path parameter that restricts the objects: those of an account, the items of an invoice."""

    parameter: str
    kind: str


class Family(NamedTuple):
    """What an operation does: its ``role``, the ``kind`` of object, and the ``scopes`` of its path.

    ``key`` is the path parameter that names the object, empty if none does. ``key_kind`` is
    the kind that it names: another kind if the object is found by its owner. ``verb`` is the
    last segment of an action's path.
    """

    role: str
    kind: str
    scopes: tuple[Scope, ...] = ()
    key: str = ""
    key_kind: str = ""
    verb: str = ""


def steps(path: str) -> tuple[Step, ...]:
    """Return the steps of a path template."""
    path_steps: list[Step] = []
    literals: list[str] = []
    for segment in path.strip("/").split("/"):
        if segment.startswith("{"):
            path_steps.append(Step(tuple(literals), segment.strip("{}").rpartition("{")[2]))
            literals = []
        else:
            literals.append(segment)
    return (*path_steps, Step(tuple(literals), "")) if literals else tuple(path_steps)


class Families:
    """The kinds and roles of a document's paths."""

    def __init__(self, paths: Iterable[tuple[str, str]], rules: Rules) -> None:
        self._rules = rules
        self._methods: dict[str, set[str]] = {}
        for method, path in paths:
            self._methods.setdefault(path, set()).add(method)
        self._prefixes = {
            "/".join(segments[:end])
            for segments in (path.split("/") for path in self._methods)
            for end in range(2, len(segments))
            if segments[end].startswith("{")
        }
        self._roots = self._find_roots()
        self.kinds = {kind for path in self._methods for kind, _ in self._chain(self._trail(path))}
        self.collections = [
            (kind, path)
            for path in self._methods
            if (kind := self._chain(self._trail(path))[-1][0]) and self._trail(path)[-1].parameter
        ]
        self.created = {
            family.kind
            for path, methods in self._methods.items()
            if "POST" in methods and (family := self.of("POST", path, False, "")).role == "create"
        }

    def of(self, method: str, path: str, is_list: bool, items: str) -> Family:
        """Return what ``method path`` does; ``is_list`` and ``items`` are from its paging style."""
        trail = self._trail(path)
        chain = self._chain(trail)
        last, (kind, _) = trail[-1], chain[-1]
        verb = last.literals[-1] if last.literals else ""  # of /{kind}/{id}
        partition = bool(last.parameter) and self._is_prefix(path)
        scopes = tuple(
            Scope(step.parameter, self._parameter_kind(step.parameter, kind, step))
            for step, (kind, _) in zip(trail, chain, strict=True)
            if step.parameter
        )
        if is_list:
            return Family("list", self._row_kind(items, kind, path), scopes)
        if last.parameter and not partition:
            return self._item(method, kind, scopes)
        if method == "POST" and self._is_collection(path, kind, partition, len(trail)):
            return Family("create", kind, scopes)
        if not scopes:
            role = "batch" if method in ("PUT", "PATCH") else "other"
            return Family(role, kind, verb=verb)
        parent = next(index for index in range(len(trail) - 1, -1, -1) if trail[index].parameter)
        role = {"GET": "view"}.get(method, "action")
        key = scopes[-1]
        return Family(role, chain[parent][0], scopes[:-1], key.parameter, key.kind, verb)

    def _item(self, method: str, kind: str, scopes: Sequence[Scope]) -> Family:
        if method == "POST":
            return Family("create", kind, tuple(scopes))
        role = {"GET": "read", "PUT": "update", "PATCH": "update", "DELETE": "delete"}.get(method, "other")
        return Family(role, kind, tuple(scopes[:-1]), scopes[-1].parameter, scopes[-1].kind)

    def _trail(self, path: str) -> tuple[Step, ...]:
        """Return the steps without those that select a view of the object before them."""
        first, *rest = steps(path)
        return first, *(
            step
            for step in rest
            if not (step.literals and self._rules.views.get(step.literals[-1]) == step.parameter)
        )

    def _is_collection(self, path: str, kind: str, partition: bool, depth: int) -> bool:
        if path in self._rules.collections or partition or self._is_prefix(path):
            return True
        return depth > 1 and (kind in self._roots or "GET" in self._methods[path])

    def _is_prefix(self, path: str) -> bool:
        """Whether some path continues with a parameter right after ``path``."""
        return path in self._prefixes

    def _find_roots(self) -> set[str]:
        roots = set()
        for path in self._methods:
            first = steps(path)[0]
            named = self._named(first.literals)
            collection = "/" + "/".join(first.literals)
            if len(named) == 1 and (first.parameter or self._is_prefix(collection)):
                roots.add(self._rules.collections.get(collection, self._singular(named[0])))
        return roots

    def _chain(self, trail: Sequence[Step]) -> list[tuple[str, str]]:
        """Return (kind, kind that the parameter names) for each step."""
        chain: list[tuple[str, str]] = []
        path = ""
        for step in trail:
            path += "".join(f"/{literal}" for literal in step.literals)
            chain.append(self._kind(path, step, chain[-1][0] if chain else ""))
            path += f"/{{{step.parameter}}}"
        return chain

    def _kind(self, path: str, step: Step, parent: str) -> tuple[str, str]:
        if path in self._rules.collections:
            kind = self._rules.collections[path]
            return kind, kind
        named = [self._singular(kinds) for kinds in self._named(step.literals)]
        if not named:
            return parent, parent
        if not parent:
            kind = next((kind for kind in named if kind in self._roots), named[-1])
            return kind, named[-1]
        if named[-1] in self._roots:
            return named[-1], named[-1]
        kind = self._rules.aliases.get(parent + named[-1], parent + named[-1])
        return kind, kind

    def _named(self, literals: Sequence[str]) -> list[str]:
        named = [literal for literal in literals if literal not in self._rules.namespaces]
        return named or list(literals[-1:])

    def _singular(self, name: str) -> str:
        word = singular(canonical(name))
        return self._rules.aliases.get(word, word)

    def _parameter_kind(self, parameter: str, kind: str, step: Step) -> str:
        if self._rules.collections.get("/" + "/".join(step.literals)) == kind:
            return kind
        word = canonical(parameter)
        for suffix in ("id", "key", "number"):
            stem = self._rules.aliases.get(word.removesuffix(suffix), word.removesuffix(suffix))
            if stem != word and stem in self._roots:
                return stem
        named = self._named(step.literals) if step.literals else []
        return self._singular(named[-1]) if named and len(named) > 1 else kind

    def _row_kind(self, items: str, kind: str, path: str) -> str:
        """Return the kind of a list's rows: their property's name if that is a kind, else the path's."""
        word = self._singular(items)
        if path in self._rules.collections:
            return kind
        literals = {self._singular(literal) for literal in steps(path)[0].literals}
        return word if word in self._rules.unions or word in self.kinds | literals else kind


def load(index: Mapping[str, Any], rules: Rules) -> Families:
    """Return the families of a prepared document's index."""
    return Families(((entry.method, entry.path) for entry in index.values()), rules)


def id_style(document: Document, families: Families, kind: str) -> str:
    """Return how a document declares the ids of a kind: ``integer``, ``uuid``, or ``hex`` for any other text.

    The path that reads an object tells, else the replies that show one.
    """
    operations = [
        (document.operations[identifier], family)
        for identifier, entry in document.prepared.index.items()
        if not entry.fault and (family := families.of(entry.method, entry.path, False, "")).kind == kind
    ]
    declared = next(filter(lambda shape: shape.types, _id_shapes(operations, kind)), ANYTHING)
    if declared.types and {"integer", "number"}.issuperset(declared.types):
        return "integer"
    return "uuid" if declared.format == "uuid" else "hex"


def _id_shapes(operations: Sequence[tuple[Operation, Family]], kind: str) -> Iterator[Shape]:
    for operation, family in operations:
        if family.role == "read":
            yield operation.model.parameters("path")[family.key]
    for operation, family in operations:
        if family.role in ("create", "read"):
            fields = operation.model.reply.shape.fields
            yield from (shape for name, shape in fields.items() if canonical(name) in ("id", f"{kind}id"))
