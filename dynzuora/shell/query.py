"""JMESPath with exact money: its number functions take ``Decimal`` as they take ``float``.

jmespath knows types by the name of their class and has no public way to add one, so
two of its private methods are extended here; a test sums amounts through them.
"""

from __future__ import annotations

from typing import Any

import jmespath
from jmespath.functions import Functions


class _ExactFunctions(Functions):  # type: ignore[misc]  # jmespath has no types
    def _get_allowed_pytypes(self, types: list[str]) -> Any:
        names, element_names = super()._get_allowed_pytypes(types)
        return _with_decimal(names), [_with_decimal(each) for each in element_names]

    def _convert_to_jmespath_type(self, name: str) -> Any:
        return "number" if name == "Decimal" else super()._convert_to_jmespath_type(name)


def _with_decimal(names: Any) -> list[str]:
    return [*names, "Decimal"] if "float" in names else list(names)


def options() -> Any:
    """Return what ``jmespath.search`` needs to count with Decimals."""
    return jmespath.Options(custom_functions=_ExactFunctions())
