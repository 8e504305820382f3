#!/usr/bin/env bash
# pandas 3.1.1 with pyarrow 26.0.1.
# Input: a column of type decimal128(38, 2)[pyarrow], the widest that Arrow's 128 bits have, with the
#        amount 1.25; and the same with 18 digits.
# Seen:  with 38 digits `amounts + amounts` raises ArrowInvalid, "Decimal precision out of range", since
#        Arrow makes the result one digit wider than its operands, whatever they hold. With 18 it is 2.50.
# Most would have guessed: the wider type is the safer one.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pandas==3.1.1 pyarrow==26.0.1
seen="$("$folder/venv/bin/python" -W ignore - <<'PYTHON'
from decimal import Decimal

import pandas
import pyarrow

for digits in (38, 18):
    amounts = pandas.Series([Decimal("1.25")], dtype=pandas.ArrowDtype(pyarrow.decimal128(digits, 2)))
    try:
        print(digits, (amounts + amounts)[0])
    except pyarrow.ArrowInvalid as error:
        print(digits, type(error).__name__)
PYTHON
)"
printf '%s\n' "$seen"
[ "$seen" = $'38 ArrowInvalid\n18 2.50' ]
