"""JMESPath with exact decimals: its number functions accept ``Decimal`` as they accept ``float``.

jmespath identifies types by class name and has no public way to add one, so this module
extends two of its private methods; a test sums amounts with them.
"""

from __future__ import annotations

from typing import Any

import jmespath
from jmespath.functions import Functions


class _ExactFunctions(Functions):  # type: ignore[misc]  # jmespath has no types
    def _get_allowed_pytypes(self, types: list[str]) -> Any:
        names, element_names = super()._get_allowed_pytypes(types)
        return _with_decimal(names), [_with_decimal(name) for name in element_names]

    def _convert_to_jmespath_type(self, name: str) -> Any:
        return "number" if name == "Decimal" else super()._convert_to_jmespath_type(name)


def _with_decimal(names: Any) -> list[str]:
    return [*names, "Decimal"] if "float" in names else list(names)


def options() -> Any:
    """Return the options that make ``jmespath.search`` calculate with Decimals."""
    return jmespath.Options(custom_functions=_ExactFunctions())
