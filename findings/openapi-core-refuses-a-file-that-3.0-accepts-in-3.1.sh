#!/usr/bin/env bash
# openapi-core 0.23.1 with werkzeug 3.1.8.
# Input: a PDF in a multipart form whose field is {"type": "string", "format": "binary"}, as documents that
#        were raised from OpenAPI 3.0 to 3.1 still say.
# Seen:  under 3.0.3 the field is the bytes of the file; under 3.1.0 the same request is invalid, for
#        "b'%PDF-1.7' is not of type 'string'". With contentMediaType instead of format, 3.1.0 gives text.
# Most would have guessed: an upload is read alike, since JSON Schema 2020-12 only annotates with formats.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check openapi-core==0.23.1 werkzeug==3.1.8
seen="$("$folder/venv/bin/python" -W ignore - <<'PYTHON'
import io

from openapi_core import OpenAPI
from openapi_core.contrib.werkzeug import WerkzeugOpenAPIRequest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

binary = {"type": "string", "format": "binary"}
for version, file in (
    ("3.0.3", binary),
    ("3.1.0", binary),
    ("3.1.0", {"type": "string", "contentMediaType": "application/pdf"}),
):
    schema = {"type": "object", "properties": {"file": file}}
    post = {
        "requestBody": {"content": {"multipart/form-data": {"schema": schema}}},
        "responses": {"200": {"description": "kept"}},
    }
    document = {
        "openapi": version,
        "info": {"title": "One upload", "version": "1"},
        "servers": [{"url": "http://localhost"}],
        "paths": {"/files": {"post": post}},
    }
    upload = {"file": (io.BytesIO(b"%PDF-1.7"), "a.pdf", "application/pdf")}
    request = Request(EnvironBuilder(path="/files", method="POST", data=upload).get_environ())
    result = OpenAPI.from_dict(document).unmarshal_request(WerkzeugOpenAPIRequest(request))
    print(version, [type(error).__name__ for error in result.errors] or result.body)
PYTHON
)"
printf '%s\n' "$seen"
[ "$seen" = $'3.0.3 {\'file\': b\'%PDF-1.7\'}\n3.1.0 [\'InvalidRequestBody\']\n3.1.0 {\'file\': \'%PDF-1.7\'}' ]
