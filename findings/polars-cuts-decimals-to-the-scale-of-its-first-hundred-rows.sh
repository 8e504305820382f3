#!/usr/bin/env bash
# polars 2.1.0.
# Input: rows as dicts whose amount is a decimal.Decimal, a hundred of 5 and then one of 1.25: what a list
#        of invoices looks like when the odd one comes late.
# Seen:  the column is decimal[38,0] and the last amount is 1, without a word. With
#        infer_schema_length=None it is 1.25.
# Most would have guessed: an exact type keeps its digits, or an error says that they do not fit.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check polars==2.1.0
seen="$("$folder/venv/bin/python" - <<'PYTHON'
from decimal import Decimal

import polars

rows = [{"amount": Decimal("5")}] * 100 + [{"amount": Decimal("1.25")}]
for options in ({}, {"infer_schema_length": None}):
    column = polars.DataFrame(rows, **options)["amount"]
    print(column[-1], *options)
PYTHON
)"
printf '%s\n' "$seen"
[ "$seen" = $'1\n1.25 infer_schema_length' ]
