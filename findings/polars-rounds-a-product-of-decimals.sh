#!/usr/bin/env bash
# polars 2.1.0 beside pyarrow 26.0.1 and duckdb 2.0.1.
# Input: 1.25 times 1.25, both of a column of decimals with two places, as a quantity times a price.
# Seen:  polars says 1.56 and keeps scale 2; pyarrow and DuckDB say 1.5625, with a scale of 4.
# Most would have guessed: the three, which read one another's columns without a copy, multiply alike.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check polars==2.1.0 pyarrow==26.0.1 duckdb==2.0.1
seen="$("$folder/venv/bin/python" - <<'PYTHON'
from decimal import Decimal

import duckdb
import polars
import pyarrow
import pyarrow.compute

rows = pyarrow.table({"amount": [Decimal("1.25")]})
column = polars.from_arrow(rows)["amount"]
print("polars", (column * column)[0])
print("pyarrow", pyarrow.compute.multiply(rows["amount"], rows["amount"])[0])
print("duckdb", duckdb.sql("select amount * amount from rows").fetchall()[0][0])
PYTHON
)"
printf '%s\n' "$seen"
[ "$seen" = $'polars 1.56\npyarrow 1.5625\nduckdb 1.5625' ]
