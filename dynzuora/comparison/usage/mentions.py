"""Paths of operations that are written in code and lead to no call that can be followed.

``ENDPOINTS = {"invoices": "/v1/invoices"}``, ``if path == "/v1/files/"``: they are uses, too,
of which only the path is known, and sometimes the method.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from typing import NamedTuple

from dynzuora.comparison.usage import texts
from dynzuora.comparison.usage.documents import Documents
from dynzuora.comparison.usage.http_calls import HTTP_METHODS, callee, match, method_of
from dynzuora.comparison.usage.results import SourceLocation, Unresolved
from dynzuora.comparison.usage.sources import Source
from dynzuora.comparison.usage.values import Use


class _Hint(NamedTuple):
    """What is around a text: the name of what it is handed to, and the method that is said there."""

    name: str = ""
    method: str | None = None


def mentions(source: Source, documents: Documents, handled: Collection[SourceLocation]) -> Iterator[Use]:
    """Yield a use for each operation at a path that is written, but for those that are ``handled``."""

    def locate(node: ast.AST, text: str) -> SourceLocation:
        return source.location(source.line_with(text, node))

    pending: list[tuple[ast.AST, _Hint]] = [(node, _Hint()) for node in source.statements]
    while pending:
        node, hint = pending.pop()
        pieces = texts.written(node, locate)
        if pieces is None:
            pending += _inside(node, hint)
            continue
        pending += ((part, _Hint()) for part in _computed(node))
        if not any(piece.location in handled for piece in pieces if piece.location):
            yield from _uses(pieces, hint, documents, source)


def _inside(node: ast.AST, hint: _Hint) -> Iterator[tuple[ast.AST, _Hint]]:
    """Yield the parts of a node that may be texts or have some, each with what is around it."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return  # a docstring
    if isinstance(node, ast.Call):
        arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
        name = callee(node)
        values = (part.value for part in arguments if isinstance(part, ast.Constant))
        hint = _Hint(name, method_of(name, values))
    elif isinstance(node, ast.Dict):
        values = (part.value for part in node.values if isinstance(part, ast.Constant))
        hint = _Hint("", next((str(value) for value in values if value in HTTP_METHODS), None))
    elif isinstance(node, ast.stmt):
        hint = _Hint()
    for field, value in ast.iter_fields(node):
        if field != "decorator_list":  # `@app.get("/v1/accounts")` serves, and asks nobody
            parts = value if isinstance(value, list) else [value]
            yield from ((part, hint) for part in parts if isinstance(part, ast.AST))


def _computed(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the parts of a text that are not written there."""
    if isinstance(node, ast.JoinedStr):
        yield from (part.value for part in node.values if isinstance(part, ast.FormattedValue))
    elif isinstance(node, ast.BinOp):
        for side in (node.left, node.right):
            is_text = isinstance(side, ast.BinOp | ast.JoinedStr | ast.Constant)
            yield from _computed(side) if is_text else (side,)
    elif isinstance(node, ast.Call):
        yield from (*node.args, *(keyword.value for keyword in node.keywords))


def _uses(pieces: texts.Pieces, hint: _Hint, documents: Documents, source: Source) -> Iterator[Use]:
    method = hint.method or ""
    word, _, rest = pieces[0].text.partition(" ")
    if word in HTTP_METHODS and rest.startswith("/"):  # "GET /v1/accounts"
        method, pieces = word, (pieces[0]._replace(text=rest), *pieces[1:])
    found = match(pieces, method, documents, source, name=hint.name, is_request=hint.method is not None)
    if found is None or not found.is_sure:
        return
    for verb, id in found.operations.items():
        use = Use(id, found.location, "mention", f"{verb} {documents.path(id)}")
        use.others = tuple(other for other in found.operations.values() if other != id)
        why = f"is the path of {id}, and what is done with it cannot be followed"
        use.unresolved.append(Unresolved(found.location, found.address.path, why))
        yield use
