#!/usr/bin/env bash
# zuora-sdk 3.21.0, the vendor's generated client, on Python 3.11 to 3.13.
# Input: a payment as a server may send it, without the optional fields `standalone` and `prepayment`.
# Seen:  the model says standalone=False, as if the server had; `prepayment`, absent as well, is None.
#        The default that the document declares for requests is filled into replies.
# Most would have guessed: None for every field that the reply does not have.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check zuora-sdk==3.21.0
seen="$("$folder/venv/bin/python" -W ignore - <<'PYTHON'
from zuora_sdk.api_client import ApiClient
from zuora_sdk.models.payment_response import PaymentResponse

client = ApiClient.__new__(ApiClient)  # no connection is needed to read a body
payment = client.deserialize('{"success": true, "id": "1"}', "PaymentResponse", "application/json")
assert isinstance(payment, PaymentResponse)
print("standalone", payment.standalone)
print("prepayment", payment.prepayment)
PYTHON
)"
printf '%s\n' "$seen"
[ "$seen" = $'standalone False\nprepayment None' ]
