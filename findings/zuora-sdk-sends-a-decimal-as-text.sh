#!/usr/bin/env bash
# zuora-sdk 3.21.0, the vendor's generated client, on Python 3.11 to 3.13.
# Input: a payment whose amount is Decimal("10.10"), the type that money has in Python; the model
#        declares the field as a number.
# Seen:  the request body has the amount in quotes, {"amount": "10.10"}; a float leaves as a number.
# Most would have guessed: a JSON number, or an error that only floats are accepted.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check zuora-sdk==3.21.0
seen="$("$folder/venv/bin/python" -W ignore - <<'PYTHON'
import json
from decimal import Decimal

from zuora_sdk.api_client import ApiClient
from zuora_sdk.models.create_payment_request import CreatePaymentRequest

client = ApiClient.__new__(ApiClient)  # no connection is needed to build a body
for amount in (Decimal("10.10"), 10.5):
    print(json.dumps(client.sanitize_for_serialization(CreatePaymentRequest(amount=amount))))
PYTHON
)"
printf '%s\n' "$seen"
[ "$seen" = $'{"amount": "10.10"}\n{"amount": 10.5}' ]
