#!/usr/bin/env bash
# openapi-core 0.23.1 with werkzeug 3.1.8, OpenAPI 3.0.3.
# Input: two query parameters that are arrays and differ in style alone, each with the items a and b:
#        spaceDelimited as ids=a%20b, pipeDelimited as ids=a%7Cb.
# Seen:  the pipe gives two items, the space one: ['a b'].
# Most would have guessed: two items from either, since both separators arrive percent-encoded.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check openapi-core==0.23.1 werkzeug==3.1.8
seen="$("$folder/venv/bin/python" -W ignore - <<'PYTHON'
from openapi_core import OpenAPI
from openapi_core.contrib.werkzeug import WerkzeugOpenAPIRequest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

for style, query in (("pipeDelimited", "ids=a%7Cb"), ("spaceDelimited", "ids=a%20b")):
    items = {"type": "array", "items": {"type": "string"}}
    parameter = {"name": "ids", "in": "query", "style": style, "explode": False, "schema": items}
    get = {"parameters": [parameter], "responses": {"200": {"description": "the rows"}}}
    document = {
        "openapi": "3.0.3",
        "info": {"title": "One list", "version": "1"},
        "servers": [{"url": "http://localhost"}],
        "paths": {"/rows": {"get": get}},
    }
    request = Request(EnvironBuilder(path="/rows", query_string=query).get_environ())
    result = OpenAPI.from_dict(document).unmarshal_request(WerkzeugOpenAPIRequest(request))
    print(style, result.parameters.query["ids"], result.errors)
PYTHON
)"
printf '%s\n' "$seen"
[ "$seen" = $'pipeDelimited [\'a\', \'b\'] []\nspaceDelimited [\'a b\'] []' ]
