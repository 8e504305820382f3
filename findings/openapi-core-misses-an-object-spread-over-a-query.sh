#!/usr/bin/env bash
# openapi-core 0.23.1 with werkzeug 3.1.8, OpenAPI 3.0.3.
# Input: a required query parameter `filter` that is an object, in the default style (form, exploded), sent
#        as that style says: each property under its own name, status=open&page=2.
# Seen:  MissingRequiredParameter: it looks for the name of the object. With explode: false it reads
#        filter=status,open,page,2 to the object.
# Most would have guessed: the default serialization of an object is read like the one that is spelt out.
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

fields = {"type": "object", "properties": {"status": {"type": "string"}, "page": {"type": "integer"}}}
for explode, query in ((True, "status=open&page=2"), (False, "filter=status,open,page,2")):
    parameter = {"name": "filter", "in": "query", "required": True, "explode": explode, "schema": fields}
    get = {"parameters": [parameter], "responses": {"200": {"description": "the rows"}}}
    document = {
        "openapi": "3.0.3",
        "info": {"title": "One list", "version": "1"},
        "servers": [{"url": "http://localhost"}],
        "paths": {"/rows": {"get": get}},
    }
    request = Request(EnvironBuilder(path="/rows", query_string=query).get_environ())
    result = OpenAPI.from_dict(document).unmarshal_request(WerkzeugOpenAPIRequest(request))
    print(query, [type(error).__name__ for error in result.errors] or result.parameters.query)
PYTHON
)"
printf '%s\n' "$seen"
[ "$seen" = $'status=open&page=2 [\'MissingRequiredParameter\']\nfilter=status,open,page,2 {\'filter\': {\'status\': \'open\', \'page\': 2}}' ]
