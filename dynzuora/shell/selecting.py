"""JMESPath with exact numbers: a Decimal is a number wherever jmespath knows int and float.

Literals are read, compared, converted and summed as they are written, so that
``amount == `19.99` `` means 19.99. jmespath has no public way to add a type, so this module
extends its parser, interpreter and functions; the specification's own rules apply otherwise
(https://jmespath.org/specification.html).
"""

from __future__ import annotations

import decimal
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from jmespath.exceptions import JMESPathError
from jmespath.functions import Functions, signature
from jmespath.lexer import Lexer
from jmespath.parser import ParsedResult, Parser
from jmespath.visitor import Options, TreeInterpreter

from dynzuora import _json

_NUMBERS = frozenset({int, Decimal, float})
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?", re.ASCII)
"""The specification's ``to_number`` takes JSON's numbers, and no NaN or ``1_000`` of Python's."""

_EXACT = decimal.Context(prec=10_000, traps=[decimal.Inexact, decimal.InvalidOperation, decimal.Overflow])
"""Sums keep every digit, or fail."""


class QueryError(ValueError):
    """An expression that is invalid, or that cannot be applied to this value."""


def search(expression: str, value: Any) -> Any:
    """Return the result of a JMESPath expression on a plain JSON value.

    Raises `QueryError`.
    """
    try:
        parsed = _Parser().parse(expression).parsed
        result = _Interpreter(Options(custom_functions=_Functions())).visit(parsed, value)
        return _json.plain(result, "result")
    except decimal.DecimalException:
        raise QueryError("its numbers have too many digits to be added exactly") from None
    except RecursionError:
        raise QueryError("it is nested too deeply") from None
    except (JMESPathError, ValueError, TypeError) as error:  # it compares texts with numbers, steps by 0
        raise QueryError(str(error)) from error


class _Lexer(Lexer):  # type: ignore[misc]  # jmespath has no types
    _text = ""

    def _consume_until(self, delimiter: str) -> Any:
        self._text = super()._consume_until(delimiter)
        return self._text

    def _consume_literal(self) -> Any:
        token = super()._consume_literal()
        try:
            return {**token, "value": _json.decode(self._text.replace("\\`", "`"))}
        except ValueError:
            return token  # text without quotes, which jmespath still takes


class _Parser(Parser):  # type: ignore[misc]  # jmespath has no types
    _CACHE: dict[str, Any] = {}  # noqa: RUF012  # as jmespath has it; its own is shared with other callers

    def _parse(self, expression: str) -> Any:
        self._tokens = list(_Lexer().tokenize(expression))
        self._index = 0
        parsed = self._expression(binding_power=0)
        if self._current_token() != "eof":
            self._error_nud_token(self._lookahead_token(0))
        return ParsedResult(expression, parsed)


class _Interpreter(TreeInterpreter):  # type: ignore[misc]  # jmespath has no types
    def visit_comparator(self, node: Mapping[str, Any], value: Any) -> Any:
        left, right = (self.visit(child, value) for child in node["children"])
        if node["value"] in _EQUALITY:
            return _EQUALITY[node["value"]](left, right)
        is_ordered = (_is_number(left) and _is_number(right)) or type(left) is type(right) is str
        return _ORDER[node["value"]](left, right) if is_ordered else None


def _is_number(value: Any) -> bool:
    return type(value) in _NUMBERS


_EQUALITY: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": _json.same,
    "ne": lambda left, right: not _json.same(left, right),
}
_ORDER: Mapping[str, Callable[[Any, Any], bool]] = {
    "lt": operator.lt,
    "lte": operator.le,
    "gt": operator.gt,
    "gte": operator.ge,
}


class _Functions(Functions):  # type: ignore[misc]  # jmespath has no types
    def _get_allowed_pytypes(self, types: Sequence[str]) -> Any:
        names, element_names = super()._get_allowed_pytypes(types)
        return _with_decimal(names), [_with_decimal(name) for name in element_names]

    def _convert_to_jmespath_type(self, name: str) -> Any:
        return "number" if name == "Decimal" else super()._convert_to_jmespath_type(name)

    @signature({"types": ["number"]})  # type: ignore[untyped-decorator]  # jmespath has no types
    def _func_abs(self, number: Any) -> Any:
        return number.copy_abs() if isinstance(number, Decimal) else abs(number)

    @signature({"types": ["array-number"]})  # type: ignore[untyped-decorator]
    def _func_sum(self, numbers: list[Any]) -> Any:
        return _sum(numbers)

    @signature({"types": ["array-number"]})  # type: ignore[untyped-decorator]
    def _func_avg(self, numbers: list[Any]) -> Any:
        if not numbers:
            return None
        total = Decimal(_sum(numbers))
        places = decimal.Context(prec=max(28, len(total.as_tuple().digits) + 12))
        return places.divide(total, Decimal(len(numbers)))

    @signature({"types": ["array", "string"]}, {"types": []})  # type: ignore[untyped-decorator]
    def _func_contains(self, subject: Any, element: Any) -> bool:
        if isinstance(subject, str):
            return isinstance(element, str) and element in subject
        return any(_json.same(item, element) for item in subject)

    @signature({"types": []})  # type: ignore[untyped-decorator]
    def _func_to_number(self, value: Any) -> Any:
        if isinstance(value, str):
            return _json.decode(value) if _NUMBER.fullmatch(value) else None
        return value if _is_number(value) else None

    @signature({"types": []})  # type: ignore[untyped-decorator]
    def _func_to_string(self, value: Any) -> str:
        return value if isinstance(value, str) else _json.encode(_json.plain(value)).decode()

    @signature({"types": []})  # type: ignore[untyped-decorator]
    def _func_type(self, value: Any) -> Any:
        return self._convert_to_jmespath_type(type(value).__name__)


def _sum(numbers: list[Any]) -> Any:
    if all(isinstance(number, int) for number in numbers):
        return sum(numbers)
    total = Decimal(0)
    for number in numbers:
        total = _EXACT.add(total, Decimal(number))
    return total


def _with_decimal(names: Any) -> list[str]:
    return [*names, "Decimal"] if "float" in names else list(names)
