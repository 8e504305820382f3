#!/usr/bin/env bash
# jsonschema 4.26.0 beside jsonschema-rs 0.60.3.
# Input: {"minimum": 0.1} from a schema read by the json module, and the amount 0.1 read with
#        parse_float=Decimal; both have the same digits in their files.
# Seen:  jsonschema says that 0.1 is less than the minimum of 0.1: Python compares a Decimal with the
#        exact value of the float, which is a little more. With {"maximum": 0.1} it is accepted;
#        with {"maximum": 0.7} the amount 0.7 is refused, since that float is a little less.
#        jsonschema-rs accepts each.
# Most would have guessed: a bound that is inclusive includes the number that it spells.
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

for text, number in (('{"minimum": 0.1}', "0.1"), ('{"maximum": 0.1}', "0.1"), ('{"maximum": 0.7}', "0.7")):
    schema, value = json.loads(text), json.loads(number, parse_float=Decimal)
    engines = (jsonschema.Draft202012Validator, jsonschema_rs.Draft202012Validator)
    print(text, number, *(engine(schema).is_valid(value) for engine in engines))
PYTHON
)"
printf '%s\n' "$seen"
[ "$seen" = $'{"minimum": 0.1} 0.1 False True\n{"maximum": 0.1} 0.1 True True\n{"maximum": 0.7} 0.7 False True' ]
