#!/usr/bin/env bash
# jsonschema 4.26.0 beside jsonschema-rs 0.60.3.
# Input: the JSON text 1.0 under {"type": "integer"}, read by the json module as a float, and again
#        with parse_float=Decimal, as whoever handles money reads it.
# Seen:  jsonschema accepts the float and refuses Decimal("1.0"): "is not of type 'integer'".
#        jsonschema-rs accepts both. (That {"type": "number"} takes any Decimal makes it harder to see.)
# Most would have guessed: one text, one verdict; draft 2020-12 calls 1.0 an integer.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check jsonschema==4.26.0 jsonschema-rs==0.60.3
seen="$("$folder/venv/bin/python" - <<'PYTHON'
import json
from decimal import Decimal

import jsonschema
import jsonschema_rs

schema = {"type": "integer"}
for value in (json.loads("1.0"), json.loads("1.0", parse_float=Decimal)):
    engines = (jsonschema.Draft202012Validator, jsonschema_rs.Draft202012Validator)
    print(repr(value), *(engine(schema).is_valid(value) for engine in engines))
PYTHON
)"
printf '%s\n' "$seen"
[ "$seen" = $'1.0 True True\nDecimal(\'1.0\') False True' ]
