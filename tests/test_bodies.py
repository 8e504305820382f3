"""Forms, multipart bodies and files are sent as the Encoding Object says, and read so by others."""

from __future__ import annotations

import contextlib
import email
import io
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from openapi_core import OpenAPI
from openapi_core.testing import MockRequest
from werkzeug.datastructures import FileStorage
from werkzeug.formparser import parse_form_data

import dynzuora
from dynzuora.errors import InvalidRequest
from dynzuora.http import Part, Request
from dynzuora.sandbox import Sandbox
from dynzuora.sandbox.reading import Received
from dynzuora.sandbox.refusals import Refusal
from dynzuora.transport import uploads
from dynzuora.transport.credentials import Proof
from tests.documents import body_of, document, operation
from tests.servers import Answer, running

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
BINARY = {"type": "string", "format": "binary"}
TEXTS = {"type": "array", "items": {"type": "string"}}
OBJECT = {"type": "object", "properties": {"order_id": {"type": "integer"}, "note": {"type": "string"}}}

DEEP = {"style": "deepObject", "explode": True}
ROWS = {"type": "array", "items": OBJECT}


def with_body(
    media_type: str, properties: dict[str, Any], encoding: dict[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    body = body_of(media_type, {"type": "object", "properties": properties})
    body["content"][media_type] |= {"encoding": encoding} if encoding else {}
    return document({"/a": {"post": operation("a", requestBody=body)}}, **more)


def prepared(spec: dict[str, Any], body: Any, **options: Any) -> Request:
    return dynzuora.load(spec).operations["a"].prepare(body, **options)


def wire(request: Request) -> tuple[bytes, str]:
    """The body and its media type as they leave."""
    message = uploads.message(request, Proof())
    try:
        content = message.body if isinstance(message.body, bytes) else message.body.read()
        return content, message.headers["Content-Type"]
    finally:
        uploads.close(message)


def read_by_sandbox(spec: dict[str, Any], request: Request) -> Any:
    content, media_type = wire(request)
    received = Received("POST", "/a", "", {"content-type": media_type}, content, "https://sandbox")
    return Sandbox(dynzuora.load(spec))._endpoint("a").read(received, {})


def read_by_openapi_core(spec: dict[str, Any], request: Request) -> Any:
    content, media_type = wire(request)
    sent = MockRequest("https://example.com", "post", "/a", data=content, content_type=media_type)
    return (
        OpenAPI.from_dict({**spec, "servers": [{"url": "https://example.com"}]}).unmarshal_request(sent).body
    )


def read_by_werkzeug(request: Request) -> tuple[list[tuple[str, str]], list[tuple[str, FileStorage]]]:
    content, media_type = wire(request)
    environ = {
        "wsgi.input": io.BytesIO(content),
        "CONTENT_TYPE": media_type,
        "CONTENT_LENGTH": str(len(content)),
        "REQUEST_METHOD": "POST",
    }
    _, fields, files = parse_form_data(environ)
    return list(fields.items(multi=True)), list(files.items(multi=True))


FIELDS: dict[str, tuple[Any, dict[str, Any], Any, str]] = {
    # what: schema, Encoding Object, value, field on the wire
    "text": ({"type": "string"}, {}, "a b&c", "x=a b&c"),
    "number": ({"type": "integer"}, {}, 7, "x=7"),
    "truth": ({"type": "boolean"}, {}, True, "x=true"),
    "object by default": (OBJECT, {}, {"order_id": 1}, 'x={"order_id":1}'),
    "object as JSON": (OBJECT, {"contentType": "application/json"}, {"order_id": 1}, 'x={"order_id":1}'),
    "deep object": (OBJECT, DEEP, {"order_id": 1, "note": "b"}, "x[order_id]=1&x[note]=b"),
    "object in pairs": (OBJECT, {"explode": False}, {"order_id": 1, "note": "b"}, "x=order_id,1,note,b"),
    "list by default": (TEXTS, {}, ["a", "b"], "x=a&x=b"),
    "list of one": (TEXTS, {}, ["a"], "x=a"),
    "list in one field": (TEXTS, {"style": "form", "explode": False}, ["a", "b"], "x=a,b"),
    "list between pipes": (TEXTS, {"style": "pipeDelimited", "explode": False}, ["a", "b"], "x=a|b"),
    "list between spaces": (TEXTS, {"style": "spaceDelimited", "explode": False}, ["a", "b"], "x=a b"),
    "list as JSON": (TEXTS, {"contentType": "application/json"}, ["a", "b"], 'x="a"&x="b"'),
    "list of objects": (ROWS, {}, [{"order_id": 1}, {"order_id": 2}], 'x={"order_id":1}&x={"order_id":2}'),
}  # fmt: skip


@pytest.mark.parametrize(("schema", "encoding", "value", "field"), FIELDS.values(), ids=FIELDS)
def test_a_form_field_is_written_and_read_as_its_encoding_says(
    schema: dict[str, Any], encoding: dict[str, Any], value: Any, field: str
) -> None:
    spec = with_body(FORM, {"x": schema, "y": {"type": "string"}}, {"x": encoding} if encoding else {})
    request = prepared(spec, {"x": value, "y": "z"}, validate="strict")
    assert isinstance(request.body, bytes)
    assert unquote(request.body.decode()) == f"{field}&y=z"
    assert read_by_sandbox(spec, request).body == {"x": value, "y": "z"}


#: What openapi-core 0.23 cannot read, and who is right.
NOT_READ_BY_OPENAPI_CORE = {
    "object by default": "it reads the members of an object as fields, as OpenAPI 3.0.3 leaves open",
    "list of objects": "the same, for the objects in a list",
    "list as JSON": "it reads the first of several fields",
    "list between spaces": "it looks for %20 in text that is decoded already",
}


@pytest.mark.parametrize("name", [name for name in FIELDS if name not in NOT_READ_BY_OPENAPI_CORE])
def test_a_form_field_means_to_openapi_core_what_was_given(name: str) -> None:
    schema, encoding, value, _ = FIELDS[name]
    spec = with_body(FORM, {"x": schema}, {"x": encoding} if encoding else {})
    assert read_by_openapi_core(spec, prepared(spec, {"x": value})) == {"x": value}


def test_a_nested_deep_object_is_read_as_it_was_written() -> None:
    item = {"type": "object", "properties": {"price": {"type": "integer"}, "tags": TEXTS}}
    spec = with_body(FORM, {"x": {"type": "array", "items": item}}, {"x": {"style": "deepObject"}})
    request = prepared(spec, {"x": [{"price": 1, "tags": ["a", "b"]}, {"price": 2}]}, validate="strict")
    assert unquote(request.body.decode()) == "x[0][price]=1&x[0][tags][0]=a&x[0][tags][1]=b&x[1][price]=2"
    assert read_by_sandbox(spec, request).body == {"x": [{"price": 1, "tags": ["a", "b"]}, {"price": 2}]}


@pytest.mark.parametrize(
    ("encoding", "value", "message"),
    [
        ({"style": "pipeDelimited", "explode": False}, ["a|b"], "body.x: has a member that contains '|'"),
        ({"style": "deepObject"}, {"a]": 1}, "body.x: has a member that contains ']'"),
        ({"style": "deepObject"}, "a", "body.x: must be a mapping (style deepObject, name[key]=value)."),
        (
            {"contentType": "application/xml"},
            {"a": 1},
            "body.x: is sent as application/xml, and a value of type dict",
        ),
        ({}, ["a", None], "body.x: has an item that is None; remove it from the list."),
    ],
    ids=["a delimiter", "a bracket", "no object", "no JSON", "null in a list"],
)
@pytest.mark.parametrize("media_type", [FORM, MULTIPART])
def test_what_an_encoding_cannot_carry_is_a_problem_of_its_field(
    media_type: str, encoding: dict[str, Any], value: Any, message: str
) -> None:
    with pytest.raises(InvalidRequest) as caught:
        prepared(with_body(media_type, {"x": {}}, {"x": encoding}), {"x": value}, validate="off")
    assert str(caught.value.problems[0]).startswith(message)


@pytest.mark.parametrize("value", [["a,b", "c"], {"a": "b,c"}], ids=["list", "object"])
def test_a_part_holds_no_member_that_could_be_two(value: Any) -> None:
    spec = with_body(MULTIPART, {"x": {}}, {"x": {"style": "form", "explode": False}})
    with pytest.raises(InvalidRequest, match=r"body.x: has a member that contains ',', which separates"):
        prepared(spec, {"x": value})
    assert prepared(spec, {"x": "a,b"}).body == (Part("x", b"a,b", None, None),)


def test_what_cannot_be_sent_is_one_problem() -> None:
    spec = with_body(MULTIPART, {"x": OBJECT}, {"x": {"contentType": "application/xml"}})
    with pytest.raises(InvalidRequest) as caught:
        prepared(spec, {"x": {"order_id": 1}}, validate="strict")
    assert len(caught.value.problems) == 1


def test_bytes_in_a_form_are_base64() -> None:
    spec = with_body(FORM, {"icon": {"type": "string", "format": "byte"}})
    assert read_by_openapi_core(spec, prepared(spec, {"icon": b"hello"})) == {
        "icon": "hello"
    }  # which decodes it


@pytest.mark.parametrize(
    ("collection_format", "field"),
    [({}, "a,b"), ({"collectionFormat": "csv"}, "a,b"), ({"collectionFormat": "pipes"}, "a|b")],
    ids=["default", "csv", "pipes"],
)
@pytest.mark.parametrize("media_type", [FORM, MULTIPART])
def test_a_list_of_swagger_2_is_one_field_unless_it_is_multi(
    media_type: str, collection_format: dict[str, Any], field: str
) -> None:
    tags = {"name": "tags", "in": "formData", "type": "array", "items": {"type": "string"}}
    spec = swagger(tags | collection_format, media_type)
    request = prepared(spec, {"tags": ["a", "b"]}, validate="strict")
    assert read_by_werkzeug(request) == ([("tags", field)], [])
    assert read_by_sandbox(spec, request).body == {"tags": ["a", "b"]}


@pytest.mark.parametrize("media_type", [FORM, MULTIPART])
def test_a_list_of_swagger_2_that_is_multi_is_a_field_for_each_item(media_type: str) -> None:
    tags = {"name": "tags", "in": "formData", "type": "array", "items": {"type": "string"}}
    request = prepared(swagger(tags | {"collectionFormat": "multi"}, media_type), {"tags": ["a,b", "c"]})
    assert read_by_werkzeug(request) == ([("tags", "a,b"), ("tags", "c")], [])


def swagger(parameter: dict[str, Any], media_type: str) -> dict[str, Any]:
    operation = {"operationId": "a", "consumes": [media_type], "parameters": [parameter], "responses": {}}
    return {"swagger": "2.0", "info": {"title": "Tiny", "version": "1"}, "paths": {"/a": {"post": operation}}}


# -- multipart ----------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "usage.csv"
    path.write_bytes(b"a,b")
    return path


def test_a_list_is_a_part_for_each_item(file: Path) -> None:
    files = {"type": "array", "items": BINARY}
    spec = with_body(MULTIPART, {"files": files, "tags": TEXTS, "rows": ROWS})
    request = prepared(
        spec,
        {"files": [file, b"x", str(file)], "tags": ["a", "b"], "rows": [{"order_id": 1}]},
        validate="strict",
    )
    fields, sent = read_by_werkzeug(request)
    assert fields == [("tags", "a"), ("tags", "b"), ("rows", '{"order_id":1}')]
    assert [(name, part.filename, part.mimetype, part.read()) for name, part in sent] == [
        ("files", "usage.csv", "text/csv", b"a,b"),
        ("files", "files", "application/octet-stream", b"x"),
        ("files", "usage.csv", "text/csv", b"a,b"),
    ]
    for _, part in sent:
        part.close()
    received = read_by_sandbox(spec, request)
    assert received.body == {
        "files": ["usage.csv", "files", "usage.csv"],
        "tags": ["a", "b"],
        "rows": [{"order_id": 1}],
    }
    assert [upload.content for upload in received.uploads.values()] == [b"a,b", b"x", b"a,b"]


@pytest.mark.parametrize(
    ("content_type", "value", "media_type"),
    [
        ("image/png, image/jpeg", ("a.jpg", b"x"), "image/jpeg"),
        ("image/png, image/jpeg", b"x", "image/png"),
        ("image/*", ("a.webp", b"x"), "image/webp"),
        ("image/png", ("a.png", b"x", "image/x-own"), "image/x-own"),
        ("application/octet-stream", ("a.csv", b"x"), "text/csv"),
        ("text/csv", b"x", "text/csv"),
    ],
    ids=["one of several", "the first", "a range", "the caller's", "any", "no name"],
)
def test_a_file_has_a_media_type_that_the_document_allows(
    content_type: str, value: Any, media_type: str
) -> None:
    spec = with_body(MULTIPART, {"x": BINARY}, {"x": {"contentType": content_type}})
    [part] = prepared(spec, {"x": value}).body
    assert part.content_type == media_type


def test_a_value_has_the_media_type_of_its_encoding() -> None:
    encoding = {"x": {"contentType": "application/json"}, "y": {"contentType": "application/xml"}}
    spec = with_body(MULTIPART, {"x": {"type": "string"}, "y": {"type": "string"}}, encoding)
    request = prepared(spec, {"x": "a", "y": "<a/>"})
    assert request.body == (
        Part("x", b'"a"', None, "application/json"),
        Part("y", b"<a/>", None, "application/xml"),
    )
    assert read_by_sandbox(spec, request).body == {"x": "a", "y": "<a/>"}


FILES: dict[str, dict[str, Any]] = {
    "binary": BINARY,
    "in allOf": {"allOf": [BINARY]},
    "in allOf, by reference": {"allOf": [{"$ref": "#/components/schemas/File"}]},
    "in oneOf": {"oneOf": [BINARY, {"type": "array", "items": BINARY}]},
    "in anyOf, nullable": {"anyOf": [BINARY, {"enum": [None], "nullable": True}]},
    "octet-stream in 3.1": {"type": "string", "contentMediaType": "application/octet-stream"},
    "an image without a type in 3.1": {"contentMediaType": "image/png"},
    "nullable in 3.1": {"type": ["string", "null"], "contentMediaType": "application/octet-stream"},
    "Base64 in 3.1": {"type": "string", "contentMediaType": "image/png", "contentEncoding": "base64"},
}


@pytest.mark.parametrize("schema", FILES.values(), ids=FILES)
def test_the_text_of_a_path_is_never_the_content_of_a_file(schema: dict[str, Any], file: Path) -> None:
    spec = with_body(MULTIPART, {"x": schema}, components={"schemas": {"File": BINARY}})
    spec["openapi"] = "3.1.0" if "contentMediaType" in schema else "3.0.3"
    for value in (str(file), file):
        [part] = prepared(spec, {"x": value}, validate="strict").body
        assert (part.content, part.filename) == (file, "usage.csv")
    with pytest.raises(InvalidRequest, match=r"body.x: file 'no.csv' does not exist"):
        prepared(spec, {"x": "no.csv"})


@pytest.mark.parametrize(
    ("schema", "encoding"),
    [({"type": "string"}, {"contentType": "text/csv"}), ({"oneOf": [BINARY, {"type": "string"}]}, {})],
    ids=["by its encoding", "by an alternative"],
)
def test_where_text_is_taken_too_it_is_a_file_if_there_is_one(
    schema: dict[str, Any], encoding: dict[str, Any], file: Path
) -> None:
    spec = with_body(MULTIPART, {"x": schema}, {"x": encoding} if encoding else {})
    contents = [prepared(spec, {"x": value}).body[0].content for value in (str(file), "a,b\nc,d")]
    assert contents == [file, b"a,b\nc,d"]


def test_a_body_with_files_is_multipart_where_both_are_taken(file: Path) -> None:
    body = body_of(FORM, {"type": "object", "properties": {"x": BINARY, "y": {"type": "string"}}})
    body["content"][MULTIPART] = body["content"][FORM]
    spec = document({"/a": {"post": operation("a", requestBody=body)}})
    assert prepared(spec, {"y": "z"}).headers["Content-Type"] == FORM
    assert prepared(spec, {"x": file, "y": "z"}).body == (
        Part("x", file, "usage.csv", "text/csv"),
        Part("y", b"z"),
    )


def test_another_multipart_type_keeps_its_name(file: Path) -> None:
    spec = with_body("multipart/mixed", {"x": BINARY, "y": OBJECT})
    request = prepared(spec, {"x": file, "y": {"order_id": 1}})
    assert wire(request)[1].startswith("multipart/mixed; boundary=")
    assert read_by_sandbox(spec, request).body == {"x": "usage.csv", "y": {"order_id": 1}}


@pytest.mark.parametrize(
    "schema", [{"allOf": [OBJECT]}, {"oneOf": [OBJECT, {"type": "integer"}]}], ids=["allOf", "oneOf"]
)
def test_the_sandbox_reads_an_object_beside_a_file(schema: dict[str, Any]) -> None:
    spec = with_body(MULTIPART, {"file": BINARY, "x": schema})
    request = prepared(spec, {"file": b"x", "x": {"order_id": 1}}, validate="strict")
    assert read_by_sandbox(spec, request).body == {"file": "file", "x": {"order_id": 1}}


def test_a_template_has_empty_files(file: Path) -> None:
    spec = with_body(MULTIPART, {"x": {"allOf": [BINARY]}, "xs": {"type": "array", "items": BINARY}})
    assert dynzuora.load(spec).operations["a"].template() == {"x": b"", "xs": [b""]}


# -- bodies that are a file ---------------------------------------------------------------


RAW: dict[str, tuple[str, dict[str, Any]]] = {
    "CSV": ("text/csv", {"type": "string"}),
    "binary": ("application/octet-stream", BINARY),
    "without a schema": ("application/pdf", {}),
}


@pytest.mark.parametrize(("media_type", "schema"), RAW.values(), ids=RAW)
def test_a_body_is_a_file_by_its_path_its_bytes_or_itself(
    media_type: str, schema: dict[str, Any], file: Path
) -> None:
    spec = document({"/a": {"post": operation("a", requestBody=body_of(media_type, schema))}})
    for value in (file, str(file), b"a,b", io.BytesIO(b"a,b"), ("usage.csv", b"a,b"), ("usage.csv", file)):
        assert wire(prepared(spec, value)) == (b"a,b", media_type)
        assert dynzuora.Client.sandbox(spec).call("a", body=value).meta.status == 200


@pytest.mark.parametrize("media_type", ["text/csv", "application/octet-stream"])
def test_a_path_of_a_body_that_is_not_there_is_a_problem(media_type: str) -> None:
    schema = BINARY if media_type == "application/octet-stream" else {"type": "string"}
    spec = document({"/a": {"post": operation("a", requestBody=body_of(media_type, schema))}})
    for value in ("recrods.csv", Path("recrods.csv")):
        with pytest.raises(InvalidRequest) as caught:
            prepared(spec, value)
        assert [str(problem) for problem in caught.value.problems] == [
            "body: file 'recrods.csv' does not exist. Give a path that exists, bytes or a file object."
        ]


def test_text_that_names_no_file_is_the_body_itself() -> None:
    spec = document({"/a": {"post": operation("a", requestBody=body_of("text/csv", {"type": "string"}))}})
    assert prepared(spec, "Name,Id\nA,1").body == b"Name,Id\nA,1"


def test_a_large_body_is_streamed_and_repeated_from_its_start(tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    path.write_bytes(b"a,b\n" * 1_000_000)
    spec = document({"/a": {"post": operation("a", requestBody=body_of("text/csv", {"type": "string"}))}})
    request = prepared(spec, path)
    assert request.body == path
    message = uploads.message(request, Proof())
    assert (message.headers["Content-Length"], message.body.read(10)[:4]) == ("4000000", b"a,b\n")
    uploads.close(message)


def test_curl_and_the_shell_name_the_file_of_a_body(file: Path) -> None:
    spec = document({"/a": {"post": operation("a", requestBody=body_of("text/csv", {"type": "string"}))}})
    assert f"--data-binary @{file}" in prepared(spec, file).curl()


@pytest.mark.parametrize(
    ("schema", "value", "content"),
    [({"type": "boolean"}, True, b"true"), ({"type": "integer"}, 7, b"7"), ({"type": "string"}, "a", b"a")],
    ids=["truth", "number", "text"],
)
def test_a_body_of_plain_text_may_be_any_single_value(schema: Any, value: Any, content: bytes) -> None:
    spec = document({"/a": {"put": operation("a", requestBody=body_of("text/plain", schema))}})
    assert prepared(spec, value, validate="strict").body == content


def test_a_body_of_plain_text_is_checked() -> None:
    spec = document({"/a": {"put": operation("a", requestBody=body_of("text/plain", {"type": "boolean"}))}})
    with pytest.raises(InvalidRequest, match="expected true or false, got 7"):
        prepared(spec, 7, validate="strict")


@pytest.mark.parametrize("format", ["binary", "byte"])
def test_the_template_of_a_body_that_is_a_file_can_be_sent(format: str) -> None:
    body = body_of("application/octet-stream", {"type": "string", "format": format})
    spec = document({"/a": {"put": operation("a", requestBody=body)}})
    assert prepared(spec, dynzuora.load(spec).operations["a"].template()).body == b""


def test_base64_is_text_of_a_file_unless_a_file_has_that_name(file: Path) -> None:
    spec = with_body(MULTIPART, {"x": {"type": "string", "format": "byte"}})
    assert prepared(spec, {"x": "aGVsbG8="}, validate="strict").body == (Part("x", b"aGVsbG8=", None, None),)
    named = file.rename(file.with_name("aGVsbG8="))
    with contextlib.chdir(named.parent):
        [part] = prepared(spec, {"x": "aGVsbG8="}).body
    assert part.filename == "aGVsbG8="


@pytest.mark.parametrize("schema", [BINARY, {"type": "array", "items": BINARY}], ids=["file", "files"])
def test_a_property_that_only_additional_properties_describes_may_be_a_file(
    schema: dict[str, Any], file: Path
) -> None:
    spec = with_body(MULTIPART, {})
    spec["paths"]["/a"]["post"]["requestBody"]["content"][MULTIPART]["schema"] = {
        "type": "object",
        "additionalProperties": schema,
    }
    [part] = prepared(spec, {"x": str(file)}, validate="off").body
    assert (part.content, part.filename) == (file, "usage.csv")


def test_text_of_several_lines_is_content_where_its_media_type_is_that_of_text() -> None:
    spec = with_body(MULTIPART, {"x": {"type": "string", "contentMediaType": "text/csv"}}, openapi="3.1.0")
    assert prepared(spec, {"x": "a,b\n1,2"}).body == (Part("x", b"a,b\n1,2", None, "text/csv"),)


def test_text_of_several_lines_is_not_taken_for_a_path_where_its_schema_says_text() -> None:
    spec = with_body(MULTIPART, {"x": {"type": "string"}}, {"x": {"contentType": "application/sdp"}})
    assert prepared(spec, {"x": "v=0\r\n"}).body == (Part("x", b"v=0\r\n", None, "application/sdp"),)


# -- headers of parts ----------------------------------------------------------------------

LIMIT = {"schema": {"type": "integer", "maximum": 9}}
HEADERS: dict[str, Any] = {
    "X-Limit": LIMIT,
    "X-Kind": {"required": True, "schema": {"type": "string", "enum": ["part"]}},
    "Content-Type": {"required": True, "schema": {"type": "string"}},
}


def with_headers(headers: dict[str, Any], version: str = "3.0.3", media_type: str = MULTIPART) -> Any:
    components = {"headers": {"Limit": LIMIT}, "schemas": {"Limit": LIMIT["schema"]}}
    properties = {"file": BINARY, "files": {"type": "array", "items": BINARY}, "row": OBJECT}
    encoding = {name: {"headers": headers} for name in properties}
    return with_body(media_type, properties, encoding, components=components) | {"openapi": version}


def part_headers(request: Request) -> list[dict[str, str]]:
    """The header fields of each part, as the email package reads them."""
    content, media_type = wire(request)
    message = email.message_from_bytes(f"Content-Type: {media_type}\r\n\r\n".encode() + content)
    return [
        {name: text for name, text in part.items() if name != "Content-Disposition"}
        for part in message.get_payload()
    ]


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
@pytest.mark.parametrize(
    "limit",
    [LIMIT, {"$ref": "#/components/headers/Limit"}, {"schema": {"$ref": "#/components/schemas/Limit"}}],
    ids=["inline", "a header by reference", "a schema by reference"],
)
def test_a_part_has_the_headers_of_its_encoding(version: str, limit: Any, file: Path) -> None:
    spec = with_headers({**HEADERS, "X-Limit": limit}, version)
    body = {"file": (None, file, None, {"x-limit": 7}), "row": (None, {"order_id": 1}, None, {"X-Own": "a"})}
    request = prepared(spec, body, validate="strict")
    assert part_headers(request) == [
        {"Content-Type": "text/csv", "X-Limit": "7", "X-Kind": "part"},
        {"Content-Type": "application/json", "X-Kind": "part", "X-Own": "a"},
    ]
    assert read_by_sandbox(spec, request).body == {"file": "usage.csv", "row": {"order_id": 1}}


def test_each_file_of_a_list_has_headers_of_its_own() -> None:
    files = [("a.csv", b"a", "text/csv", {"X-Limit": 1}), b"b"]
    request = prepared(with_headers({"X-Limit": LIMIT}), {"files": files})
    assert part_headers(request) == [
        {"Content-Type": "text/csv", "X-Limit": "1"},
        {"Content-Type": "application/octet-stream"},
    ]


@pytest.mark.parametrize(
    ("headers", "given", "problem"),
    [
        ({"X-Limit": {**LIMIT, "required": True}}, None, "X-Limit: is required for this part."),
        ({"X-Limit": LIMIT}, {"X-Limit": 10}, "X-Limit: is 10; allowed: 9 or less."),
        ({}, {"X-Own": "a\r\nX-Other: b"}, "X-Own: contains a carriage return at position 2"),
        ({}, {"Content-Disposition": "a"}, "Content-Disposition: is not a header that a part may be given."),
        ({}, {"X:Own": "a"}, "X:Own: is not a header that a part may be given."),
    ],
    ids=["missing", "too large", "a line break", "the name", "not a name"],
)
def test_a_header_that_a_part_cannot_have_is_a_problem_with_its_name(
    headers: dict[str, Any], given: Any, problem: str
) -> None:
    value = b"a" if given is None else (None, b"a", None, given)
    with pytest.raises(InvalidRequest) as caught:
        prepared(with_headers(headers), {"file": value})
    assert [str(each).startswith(f"body.file: header {problem}") for each in caught.value.problems] == [True]


@pytest.mark.parametrize("media_type", ["text/csv\r\nX-Other: b", "text/csv\nX-Other: b", "text/é", 5])
@pytest.mark.parametrize("headers", [(), ({"X-Own": "a"},)], ids=["alone", "with headers"])
def test_a_media_type_that_no_header_can_carry_is_a_problem(media_type: Any, headers: Any) -> None:
    with pytest.raises(InvalidRequest) as caught:
        prepared(with_headers({}), {"file": ("a.csv", b"a", media_type, *headers)}, validate="off")
    message = "cannot be a media type: use printable ASCII such as text/csv."
    assert [(problem.path, problem.message) for problem in caught.value.problems] == [("body.file", message)]


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({}, "body.row: header X-Kind is required."),
        ({"X-Kind": "other"}, "body.row: header X-Kind: expected 'part'; got 'other'."),
        ({"X-Kind": "part", "X-Limit": 10}, "body.row: header X-Limit: is 10; allowed: 9 or less."),
    ],
    ids=["missing", "another value", "a number too large"],
)
def test_the_sandbox_checks_the_headers_of_parts(headers: dict[str, Any], reason: str) -> None:
    plain = prepared(with_headers({}), {"row": (None, {"order_id": 1}, None, headers)})
    with pytest.raises(Refusal) as caught:
        read_by_sandbox(with_headers(HEADERS), plain)
    assert [said.message for said in caught.value.reasons] == [reason]


def test_headers_count_in_multipart_bodies_only() -> None:
    spec = with_headers({"X-Limit": {**LIMIT, "required": True}}, media_type=FORM)
    assert prepared(spec, {"row": {"order_id": 1}}).body == b"row=%7B%22order_id%22%3A1%7D"


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_curl_sends_the_same_parts() -> None:
    row = (None, {"note": '"a"\\'}, None, {"X-Kind": "part"})
    request = prepared(with_headers({"X-Kind": HEADERS["X-Kind"]}), {"row": row})
    with running(lambda seen: Answer(200, {})) as server:
        subprocess.run(
            request.curl(), shell=True, check=True, env={**os.environ, "ZUORA_BASE_URL": server.url}
        )
        [seen] = server.seen
    message = email.message_from_bytes(
        f"Content-Type: {seen.headers['Content-Type']}\r\n\r\n".encode() + seen.body
    )
    [part] = message.get_payload()
    assert (part["X-Kind"], part.get_content_type(), json.loads(part.get_payload())) == (
        "part",
        "application/json",
        {"note": '"a"\\'},
    )
