"""A value as a schema spells it, and nothing where it is not what the schema says."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dynzuora.model import shape_of
from dynzuora.sandbox.ledger import MISSING
from dynzuora.sandbox.showing import fit

HEX = "b59330f6509b21b6d6817ccb78e73bb3"
DASHED = "b59330f6-509b-21b6-d681-7ccb78e73bb3"


@pytest.mark.parametrize(
    ("value", "schema", "shown"),
    [
        ("2026-02-01", {"format": "date"}, "2026-02-01"),
        ("2026-02-01 10:00:00", {"format": "date"}, "2026-02-01"),
        ("tomorrow", {"format": "date"}, MISSING),
        ("2026-02-01", {"format": "date-time"}, "2026-02-01 00:00:00"),
        ("2026-13-01", {"format": "date-time"}, MISSING),
        (HEX, {"format": "uuid"}, DASHED),
        (HEX, {"format": "uuid", "maxLength": 32}, HEX),
        ("none", {"format": "uuid"}, MISSING),
        ("1E+999999", {"type": "number"}, "1E+999999"),
        (Decimal("1E+999999"), {"type": "integer"}, Decimal("1E+999999")),
        ("12", {"type": "integer"}, 12),
    ],
    ids=lambda each: "nothing" if each is MISSING else str(each),
)
def test_a_value_is_shown_as_its_schema_spells_it_or_not_at_all(value, schema, shown):
    row = shape_of({"properties": {"it": schema}})
    assert fit({"it": value}, row) == ({} if shown is MISSING else {"it": shown})
