"""The tree of exceptions, as ``help(dynzuora.errors)`` draws it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dynzuora import errors

CLASSES = [value for value in vars(errors).values() if isinstance(value, type)]


def drawn(parent: type, indent: str = "    ") -> Iterator[str]:
    """Draw the classes below ``parent`` in the order of their definition."""
    children = [child for child in CLASSES if child.__bases__[0] is parent]
    for child in children:
        is_last = child is children[-1]
        yield f"{indent}{'└' if is_last else '├'}── {child.__name__}"
        yield from drawn(child, f"{indent}{' ' if is_last else '│'}   ")


def test_the_docstring_draws_the_tree_of_the_classes() -> None:
    lines = (errors.__doc__ or "").splitlines()
    tree = [match[0] for line in lines if (match := re.match(r"    (?:[│├└─ ]* )?\w+", line))]
    assert tree == ["    DynzuoraError", *drawn(errors.DynzuoraError)]


def test_the_docstring_names_what_each_exception_also_is() -> None:
    also = {
        error.__name__: error.__bases__[1].__name__
        for error in CLASSES
        if issubclass(error, errors.DynzuoraError) and len(error.__bases__) > 1
    }
    assert also == dict(re.findall(r"─ (\w+) .*\(also an? (\w+)\)", errors.__doc__ or ""))
