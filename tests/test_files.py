"""Files from the server: whole or not at all, gone on with where they broke, and nobody else's token."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import dynzuora
from dynzuora import errors, files
from dynzuora.calls import Options
from dynzuora.configuration.settings import SANDBOX
from dynzuora.files import rows
from dynzuora.http import Headers, Request
from tests.documents import document, operation, parameter
from tests.servers import Answer, Seen, Server, refused, running

CONTENT = bytes(range(256)) * 40
FILES = document(
    {
        "/v1/files/{file-id}": {
            "get": operation(
                "GET_Files", parameter("file-id", "path"), responses={"200": {"description": ""}}
            )
        },
        "/v1/bulk": {
            "post": operation(
                "POST_MassUpdater",
                requestBody={
                    "content": {
                        "multipart/form-data": {
                            "schema": {
                                "properties": {
                                    "file": {"type": "string", "format": "binary"},
                                    "params": {"type": "string"},
                                }
                            }
                        }
                    }
                },
            )
        },
    }
)


@contextmanager
def tenant(answers: Callable[[Seen], Answer]) -> Iterator[tuple[dynzuora.Client, Server]]:
    with running(answers) as server, dynzuora.Client(FILES, server.url, token="fake-t0ken") as client:
        client._connection.sleep = lambda seconds: None
        yield client, server


def file(content: bytes = CONTENT, **headers: str) -> Callable[[Seen], Answer]:
    fields = {
        "Content-Type": "application/octet-stream",
        **{k.replace("_", "-"): v for k, v in headers.items()},
    }
    return lambda seen: Answer(content=content, headers=fields)


def breaking(
    at: int, *, tag: str = '"one"', ranges: bool = True, breaks: int = 1
) -> Callable[[Seen], Answer]:
    """A server whose first answers stop after ``at`` bytes, and that goes on if it is asked to."""
    left = [breaks]

    def answer(seen: Seen) -> Answer:
        start = 0
        asked = seen.headers.get("Range", "")
        if ranges and asked and seen.headers.get("If-Range", tag) == tag:
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
        lines = [f"ETag: {tag}", f"Content-Length: {len(CONTENT) - start}"]
        if start:
            lines.append(f"Content-Range: bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}")
        stop = start + at if left[0] else len(CONTENT)
        left[0] = max(left[0] - 1, 0)
        status = "206 Partial Content" if start else "200 OK"
        head = "\r\n".join([f"HTTP/1.1 {status}", *(line for line in lines if not line.endswith(": "))])
        return Answer(write=lambda out: out.write(head.encode() + b"\r\n\r\n" + CONTENT[start:stop]))

    return answer


# To disk


def test_a_file_is_written_whole_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    with tenant(file()) as (client, server):
        path = client.download("GET_Files", tmp_path / "a.pdf", file_id="1")
    assert (path, path.read_bytes()) == (tmp_path / "a.pdf", CONTENT)
    assert [each.name for each in tmp_path.iterdir()] == ["a.pdf"]
    assert [each.path for each in server.seen] == ["/v1/files/1"]


def test_in_a_folder_a_file_has_the_server_s_name(tmp_path: Path) -> None:
    with tenant(file(Content_Disposition='attachment; filename="Invoice 1.pdf"')) as (client, _):
        assert client.download("GET_Files", tmp_path, file_id="1") == tmp_path / "Invoice 1.pdf"
        assert client.download("GET_Files", f"{tmp_path}/new/", file_id="1") == tmp_path / "new/Invoice 1.pdf"


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ('attachment; filename="../../etc/passwd"', "passwd"),
        ('attachment; filename="..\\\\..\\\\boot.ini"', "boot.ini"),
        ('attachment; filename=".."', "GET_Files"),
        ('attachment; filename="a\x07b:c.csv"', "abc.csv"),
        (f'attachment; filename="{"9" * 5000}.csv"', f"{'9' * 196}.csv"),
        ("attachment; filename*=UTF-8''%C3%BCber.csv", "über.csv"),
        ("attachment; filename=\"a.csv\"; filename*=UTF-8'de'%E2%82%AC%20a.csv", "€ a.csv"),
        ("attachment; filename*=utf-8''%e2%82%ac.csv; filename=a.csv", "€.csv"),
        ("attachment; filename*=iso-8859-1''%A3.csv", "£.csv"),
        ('attachment; filename="Rechnung März.csv"'.encode().decode("latin-1"), "Rechnung März.csv"),
        ('attachment; filename="März.csv"', "März.csv"),
        ("attachment; filename*=UTF-8''..%2F..%2Fpasswd", "passwd"),
        ("attachment; filename*=undefined''x", "GET_Files"),
        ("attachment", "GET_Files"),
        ("", "GET_Files"),
    ],
)
def test_a_server_s_name_cannot_leave_the_folder(given: str, used: str, tmp_path: Path) -> None:
    sender = Sender(CONTENT, {"Content-Disposition": given})
    saved = files.save(sender, download("GET_Files"), tmp_path)  # type: ignore[arg-type]
    assert saved == tmp_path / used


@pytest.mark.parametrize(
    ("name", "prefix", "used"),
    [
        ("../../evil", "", "evil"),
        ("..", "", "download"),
        ("a\x00\ud800b", "", "ab"),
        ("9" * 5000, "", "9" * 199),
        ("ü" * 5000, "", "ü" * 99),
        ("7", "../../evil/-", "evil-7"),
    ],
    ids=[
        "a path",
        "a folder",
        "no text",
        "an endless one",
        "an endless one in UTF-8",
        "a field that is a path",
    ],
)
def test_an_id_or_a_field_that_names_a_file_cannot_leave_the_folder(name, prefix, used, tmp_path) -> None:
    sender = Sender(CONTENT, {})
    saved = files.save(sender, download(name), f"{tmp_path}/new/", prefix=prefix)  # type: ignore[arg-type]
    assert (saved, saved.read_bytes()) == (tmp_path / "new" / used, CONTENT)


class Sender(NamedTuple):
    """A caller that receives one response, whatever is sent."""

    content: bytes
    headers: dict[str, str]
    options: Options = Options()
    environment: Any = SANDBOX

    def send(self, request: Request, *, receive: Any) -> None:
        receive(200, Headers(self.headers), iter([self.content]))


def download(name: str) -> files.Download:
    return files.Download(Request("GET", "https://tenant.invalid/file", Headers()), name)


def test_a_refusal_raises_and_leaves_no_file(tmp_path: Path) -> None:
    answer = Answer(404, {"success": False, "reasons": [{"code": 50000040, "message": "no file"}]})
    with tenant(lambda seen: answer) as (client, _), pytest.raises(errors.NotFound):
        client.download("GET_Files", tmp_path / "a", file_id="1")
    assert list(tmp_path.iterdir()) == []


def test_a_refusal_under_http_200_is_no_file(tmp_path: Path) -> None:
    with tenant(lambda seen: refused(50000040)) as (client, _), pytest.raises(errors.NotFound):
        client.download("GET_Files", tmp_path / "a", file_id="1")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("label", ["text/plain;charset=UTF-8", "application/octet-stream", "text/csv", ""])
def test_a_refusal_by_another_name_is_no_file(label: str, tmp_path: Path) -> None:
    content = json.dumps(refused(50000040).body).encode()
    with tenant(file(content, Content_Type=label)) as (client, _), pytest.raises(errors.NotFound):
        client.download("GET_Files", tmp_path / "a", file_id="1")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["job", "login"])
def test_a_refusal_of_any_class_leaves_no_part_to_go_on_with(kind: str, tmp_path: Path) -> None:
    bodies = {"job": {"status": "Failed", "errors": "x"}, "login": refused(90000011).body}
    answer = Answer(200, bodies[kind], headers={"ETag": '"one"'})
    with tenant(lambda seen: answer) as (client, _), pytest.raises(errors.DynzuoraError):
        client.download("GET_Files", tmp_path / "a", file_id="1")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("label", ["text/html; charset=utf-8", "text/csv", "application/octet-stream"])
@pytest.mark.parametrize("size", [0, 3_000_000], ids=["small", "large"])
def test_a_login_page_is_never_the_file(label: str, size: int, tmp_path: Path) -> None:
    page = b"\n<!DOCTYPE html><html>Log in" + b"." * size
    with tenant(file(page, Content_Type=label)) as (client, server):
        for what in ("GET_Files", "/v1/exports/1", f"{server.url}/v1/exports/1"):
            arguments = {"file_id": "1"} if what == "GET_Files" else {}
            with pytest.raises(errors.ServerError, match="is an HTML page"):
                client.download(what, tmp_path / "a.csv", **arguments)
    assert list(tmp_path.iterdir()) == []


def test_a_login_page_at_another_host_is_never_the_file(tmp_path: Path) -> None:
    with running(file(b"<html>portal", Content_Type="text/html")) as store, tenant(file()) as (client, _):
        with pytest.raises(errors.ServerError, match="is an HTML page"):
            client.download(f"{store.url}/a.csv?sig=fake", tmp_path)
        page = client.download(f"{store.url}/a.html?sig=fake", tmp_path, headers={"Accept": "text/html"})
        assert page.read_bytes() == b"<html>portal"


def test_what_another_host_keeps_is_a_file_whatever_it_says(tmp_path: Path) -> None:
    with running(lambda seen: refused(50000040)) as store, tenant(file()) as (client, _):
        saved = client.download(f"{store.url}/log.json?sig=fake", tmp_path)
    assert json.loads(saved.read_bytes()) == refused(50000040).body


def test_a_page_that_was_asked_for_is_a_file(tmp_path: Path) -> None:
    with tenant(file(b"<html>an invoice", Content_Type="text/html")) as (client, _):
        saved = client.download("GET_Files", tmp_path / "a", file_id="1", headers={"Accept": "text/html"})
    assert saved.read_bytes() == b"<html>an invoice"


@pytest.mark.parametrize("content", [b'{"a": 1}\n{"a": 2}\n', b'{"success": true}', b"[1]"])
def test_json_that_says_nothing_of_the_kind_is_a_file(content: bytes, tmp_path: Path) -> None:
    with tenant(file(content, Content_Type="application/json")) as (client, _):
        assert client.download("GET_Files", tmp_path / "a", file_id="1").read_bytes() == content


def test_a_file_of_the_same_name_and_another_content_is_kept(tmp_path: Path) -> None:
    named = {"Content_Disposition": "attachment; filename=a.csv"}
    contents = [b"one", b"two", b"two", b"one"]
    paths = []
    for content in contents:
        with tenant(file(content, **named)) as (client, _):
            paths.append(client.download("GET_Files", tmp_path, file_id="1").name)
    assert paths == ["a.csv", "a (2).csv", "a (2).csv", "a.csv"]


def test_an_empty_file_is_a_file(tmp_path: Path) -> None:
    with tenant(file(b"")) as (client, _):
        assert client.download("GET_Files", tmp_path / "a", file_id="1").read_bytes() == b""


def test_a_folder_that_cannot_be_written_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("no folder")
    with tenant(file()) as (client, server):
        with pytest.raises(errors.DynzuoraError, match=r"a/b cannot be written: .+\."):
            client.download("GET_Files", tmp_path / "a" / "b", file_id="1")
        assert server.seen == []


def test_a_large_file_does_not_pass_through_memory(tmp_path: Path) -> None:
    with tenant(file()) as (client, _):
        transport = client._connection._open()[0]
        transport.limits = transport.limits._replace(body=10)
        assert client.download("GET_Files", tmp_path / "a", file_id="1").stat().st_size == len(CONTENT)


def test_dry_run_shows_the_request(tmp_path: Path) -> None:
    with tenant(file()) as (client, server):
        request = client.download("GET_Files", tmp_path / "a", file_id="1", dry_run=True)
        assert (request.url, server.seen) == (f"{server.url}/v1/files/1", [])


# What breaks


def test_a_broken_download_goes_on_where_it_stopped(tmp_path: Path) -> None:
    with tenant(breaking(1000, breaks=3)) as (client, server):
        assert client.download("GET_Files", tmp_path / "a", file_id="1").read_bytes() == CONTENT
    ranges = [each.headers.get("Range") for each in server.seen]
    assert ranges == [None, "bytes=1000-", "bytes=2000-", "bytes=3000-"]
    assert {each.headers["If-Range"] for each in server.seen[1:]} == {'"one"'}


@pytest.mark.parametrize(
    "server", [breaking(1000, ranges=False), breaking(1000, tag=""), breaking(1000, tag='W/"weak"')]
)
def test_where_the_server_cannot_go_on_it_starts_again(server: Any, tmp_path: Path) -> None:
    with tenant(server) as (client, _):
        assert client.download("GET_Files", tmp_path / "a", file_id="1").read_bytes() == CONTENT


def test_a_download_that_stays_broken_fails_and_a_later_call_goes_on(tmp_path: Path) -> None:
    with tenant(breaking(0, breaks=99)) as (client, _), pytest.raises(errors.TransportError):
        client.download("GET_Files", tmp_path / "a", file_id="1")
    assert list(tmp_path.iterdir()) == []
    with tenant(breaking(500, breaks=1)) as (client, server):
        client._connection.sleep = interrupt
        with pytest.raises(KeyboardInterrupt):
            client.download("GET_Files", tmp_path / "a", file_id="1")
        assert not (tmp_path / "a").exists()
        assert client.download("GET_Files", tmp_path / "a", file_id="1").read_bytes() == CONTENT
        assert server.seen[-1].headers["Range"] == "bytes=500-"
    assert [each.name for each in tmp_path.iterdir()] == ["a"]


def interrupt(seconds: float) -> None:
    raise KeyboardInterrupt


def test_a_part_of_another_file_is_not_gone_on_with(tmp_path: Path) -> None:
    with tenant(breaking(500)) as (client, server):
        client._connection.sleep = interrupt
        with pytest.raises(KeyboardInterrupt):
            client.download("GET_Files", tmp_path / "a", file_id="1")
        client.download("GET_Files", tmp_path / "a", file_id="2")
        assert "Range" not in server.seen[-1].headers


def test_a_file_that_changed_in_between_is_fetched_anew(tmp_path: Path) -> None:
    with tenant(breaking(500)) as (client, server):
        client._connection.sleep = interrupt
        with pytest.raises(KeyboardInterrupt):
            client.download("GET_Files", tmp_path / "a", file_id="1")
        server.answers = file(b"another", ETag='"two"')
        assert client.download("GET_Files", tmp_path / "a", file_id="1").read_bytes() == b"another"


def test_a_range_that_is_gone_is_fetched_anew(tmp_path: Path) -> None:
    with tenant(breaking(500)) as (client, server):
        client._connection.sleep = interrupt
        with pytest.raises(KeyboardInterrupt):
            client.download("GET_Files", tmp_path / "a", file_id="1")
        server.answers = lambda seen: Answer(416, {}) if "Range" in seen.headers else file(b"new")(seen)
        assert client.download("GET_Files", tmp_path / "a", file_id="1").read_bytes() == b"new"


# Whose token


def test_a_presigned_address_is_shown_no_credentials(tmp_path: Path) -> None:
    with running(file(b"rows")) as store, tenant(file()) as (client, server):
        path = client.download(f"{store.url}/bucket/result.csv?X-Amz-Signature=fake-secret", tmp_path)
        [seen] = store.seen
        assert (path.name, path.read_bytes()) == ("result.csv", b"rows")
        assert seen.path == "/bucket/result.csv?X-Amz-Signature=fake-secret"
        assert not {"authorization", "zuora-entity-ids"} & {name.lower() for name in seen.headers}
        assert server.seen == []


def test_only_https_reaches_another_host(tmp_path: Path) -> None:
    with (
        tenant(file()) as (client, _),
        pytest.raises(errors.TransportError, match="only https reaches another host"),
    ):
        client.download("http://files.example.com/a.csv", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_link_to_files_by_id_is_fetched_from_the_own_host(tmp_path: Path) -> None:
    with running(file()) as other, tenant(file()) as (client, server):
        client.download(f"{other.url}/apps/v1/files/8a1", tmp_path)
        assert ([each.path for each in server.seen], other.seen) == (["/v1/files/8a1"], [])


OWN = "https://rest.zuora.com"


@pytest.mark.parametrize(
    ("text", "signed", "place"),
    [
        ("8a1", False, files.FileLocation(id="8a1", name="8a1")),
        ("/v1/files/8a1", False, files.FileLocation(id="8a1", name="8a1")),
        ("https://elsewhere.example/v1/files/8a1", False, files.FileLocation(id="8a1", name="8a1")),
        ("/apps/api/file/8a1", False, files.FileLocation(url=f"{OWN}/apps/api/file/8a1", name="8a1")),
        (f"{OWN}/a/b.zip?x=1", False, files.FileLocation(url=f"{OWN}/a/b.zip?x=1", name="b.zip")),
        (f"{OWN}/a/b.zip", True, files.FileLocation(url=f"{OWN}/a/b.zip", elsewhere=True, name="b.zip")),
        (
            f"{OWN}.evil.example/b",
            False,
            files.FileLocation(url=f"{OWN}.evil.example/b", elsewhere=True, name="b"),
        ),
    ],
)
def test_where_a_file_is(text: str, signed: bool, place: files.FileLocation) -> None:
    assert files.reference(text, OWN, signed=signed) == place


# Packed


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("_", "."), content)
    return out.getvalue()


@pytest.mark.parametrize(
    "packed",
    [gzip.compress(b"a,b\n"), zipped(rows_csv=b"a,b\n"), b"a,b\n"],
    ids=["gzip", "zip", "neither"],  # bytes that hold the time of day are no name
)
def test_unzip_unpacks_what_is_packed(packed: bytes, tmp_path: Path) -> None:
    with tenant(file(packed)) as (client, _):
        assert (
            client.download("GET_Files", tmp_path / "rows.csv", file_id="1", unzip=True).read_bytes()
            == b"a,b\n"
        )
    assert [each.name for each in tmp_path.iterdir()] == ["rows.csv"]


def test_an_archive_of_several_files_becomes_a_folder(tmp_path: Path) -> None:
    packed = zipped(a_csv=b"1", b_csv=b"2")
    with tenant(file(packed, Content_Disposition='attachment; filename="all.zip"')) as (client, _):
        folder = client.download("GET_Files", tmp_path, file_id="1", unzip=True)
    assert folder == tmp_path / "all"
    assert {each.name: each.read_bytes() for each in folder.iterdir()} == {"a.csv": b"1", "b.csv": b"2"}


def test_an_archive_cannot_write_outside_its_folder(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("../../evil", b"1")
        archive.writestr("good", b"2")
    with tenant(file(out.getvalue())) as (client, _):
        client.download("GET_Files", tmp_path / "in" / "all", file_id="1", unzip=True)
    found = {str(each.relative_to(tmp_path)) for each in tmp_path.rglob("*") if each.is_file()}
    assert found == {"in/all/evil", "in/all/good"}


def test_an_archive_that_is_broken_stays_as_it_came(tmp_path: Path) -> None:
    with (
        tenant(file(b"PK\x03\x04broken")) as (client, _),
        pytest.raises(errors.DynzuoraError, match="unpacked"),
    ):
        client.download("GET_Files", tmp_path / "a.zip", file_id="1", unzip=True)
    assert [each.name for each in tmp_path.iterdir()] == ["a.zip"]


# As rows


@pytest.mark.parametrize(
    ("content", "about", "expected"),
    [
        (b'{"a":1}\n\n{"a":2}\n', {}, [{"a": 1}, {"a": 2}]),
        (b'\x1e{"a":1}\n\x1e{"a":2}\n', {}, [{"a": 1}, {"a": 2}]),
        (b'[{"a":1},{"a":2}]', {}, [{"a": 1}, {"a": 2}]),
        (b'a,b\r\n1,"x\ny"\r\n', {}, [{"a": "1", "b": "x\ny"}]),
        (b"\xef\xbb\xbfa,b\n1,2\n", {}, [{"a": "1", "b": "2"}]),
        (b"a\tb\n1\t2\n", {"name": "x.tsv"}, [{"a": "1", "b": "2"}]),
        (b"a|b\n1|2\n", {"name": "x.DSV"}, [{"a": "1", "b": "2"}]),
        (b"a\tb, c\td\n1\t2\t3\n", {}, [{"a": "1", "b, c": "2", "d": "3"}]),
        (b"a,b\n1\0,\x002\n", {}, [{"a": "1", "b": "2"}]),
        (b"", {}, []),
    ],
    ids=["lines", "sequence", "array", "csv", "mark", "tabs", "bars", "tabs without a name", "NUL", "empty"],
)
def test_a_file_is_read_as_rows(content: bytes, about: dict[str, str], expected: list[Any]) -> None:
    assert list(rows(io.BytesIO(content), **about)) == expected


def test_a_description_is_a_table_of_its_fields() -> None:
    xml = (
        b'<?xml version="1.0"?><object><name>Account</name><fields><field><name>Id</name>'
        b"<custom>false</custom><contexts><context>soap</context><context>export</context></contexts>"
        b"</field><field><name>Tier__c</name><custom>true</custom></field></fields></object>"
    )
    assert list(rows(io.BytesIO(xml))) == [
        {"name": "Id", "custom": False, "contexts": "soap,export"},
        {"name": "Tier__c", "custom": True},
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_description_with_entities_is_refused(encoding: str) -> None:
    bomb = '<!DOCTYPE a [<!ENTITY b "bbb">]><object><fields><field>&b;</field></fields></object>'
    with pytest.raises(errors.FileError, match="declares a document type"):
        list(rows(io.BytesIO(bomb.encode(encoding))))


def test_a_description_of_no_fields_is_no_row() -> None:
    assert list(rows(io.BytesIO(b"<object><name>Empty__c</name><fields/></object>"))) == []


def test_a_line_that_is_no_json_is_named() -> None:
    with pytest.raises(errors.DynzuoraError, match="Line 2 of the file is not valid JSON"):
        list(rows(io.BytesIO(b'{"a":1}\n{"a":')))


# Uploads


@pytest.mark.parametrize("form", ["bytes", "path", "tuple", "file"])
@pytest.mark.parametrize(
    "params", [{"actionType": "Pause"}, '{"actionType": "Pause"}'], ids=["object", "text"]
)
def test_a_mass_action_file_carries_its_checksum(form: str, params: Any, tmp_path: Path) -> None:
    content = b"Account Number\nA1\n"
    (tmp_path / "a.csv").write_bytes(content)
    forms = {
        "bytes": content,
        "path": tmp_path / "a.csv",
        "tuple": ("a.csv", content),
        "file": io.BytesIO(content),
    }
    with tenant(file()) as (client, _):
        request = client.prepare("POST_MassUpdater", body={"file": forms[form], "params": params})
    sent = {part.name: part.content for part in request.body}
    digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
    assert json.loads(sent["params"]) == {"actionType": "Pause", "checksum": digest}


def test_a_checksum_that_is_given_stays() -> None:
    with tenant(file()) as (client, _):
        body = {"file": b"x", "params": '{"checksum": "mine"}'}
        request = client.prepare("POST_MassUpdater", body=body)
    assert [part.content for part in request.body if part.name == "params"] == [b'{"checksum": "mine"}']
