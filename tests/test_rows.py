"""Files as rows: every row and every character of the file, or an error with the line where it stops."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import sys
import tracemalloc
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import dynzuora
from dynzuora import errors, files
from dynzuora.files import rows
from tests.documents import document, operation
from tests.servers import Answer, running

LARGE = "x" * 200_000


def read(content: bytes, **about: Any) -> list[Any]:
    return list(rows(io.BytesIO(content), **about))


def refused(content: bytes, **about: Any) -> tuple[str, int]:
    with pytest.raises(errors.FileError) as raised:
        read(content, **about)
    return str(raised.value), raised.value.line


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"Name\nA\n\nC\n", [{"Name": "A"}, {"Name": ""}, {"Name": "C"}]),
        (b"Name\r\nA\r\n\r\n", [{"Name": "A"}, {"Name": ""}]),
        (b'Name\n""\nB', [{"Name": ""}, {"Name": "B"}]),
        (b"\n\na,b\n\n1,2\n\n", [{"a": "1", "b": "2"}]),
        (b"Id,Name,Id\n1,A,2\n", [{"Id": "1", "Name": "A", "Id_1": "2"}]),
        (b"Id,Id,Id_1,Id\n1,2,3,4\n", [{"Id": "1", "Id_2": "2", "Id_1": "3", "Id_3": "4"}]),
        (b"a,,\n1,2,3\n", [{"a": "1", "column_2": "2", "column_3": "3"}]),
        (b"a,b\n1,2,3,4\n", [{"a": "1", "b": "2", "column_3": "3", "column_4": "4"}]),
        (b"a,column_2\n1,2,3\n", [{"a": "1", "column_2": "2", "column_3": "3"}]),
        (b"a,column_3\n1,2,3\n", [{"a": "1", "column_3": "2", "column_3_": "3"}]),
        (b"a,b\n1\n", [{"a": "1", "b": None}]),
        (b"a;b\n1;2,5\n", [{"a": "1", "b": "2,5"}]),
        (b"a^b\r1^2\r", [{"a": "1", "b": "2"}]),
        (b"a,b", []),
        (b"", []),
        (f"a,b\n{LARGE},2\n".encode(), [{"a": LARGE, "b": "2"}]),
        (b'"a|x","b|y"\n1,2\n', [{"a|x": "1", "b|y": "2"}]),
        (b'a,b\n"say ""hi"", twice",2\n', [{"a": 'say "hi", twice', "b": "2"}]),
    ],
    ids=[
        "nulls in one column",
        "a null at the end",
        "quoted nulls",
        "blank lines between",
        "a name twice",
        "a name that would be taken",
        "names that are empty",
        "more values than names",
        "a name like ours",
        "a name that is ours",
        "fewer values than names",
        "semicolons of a spreadsheet",
        "carets, and CR alone",
        "names alone",
        "nothing",
        "a field of 200 kB",
        "bars in quotes",
        "quotes in quotes",
    ],
)
def test_no_row_and_no_value_of_a_csv_file_is_lost(content: bytes, expected: list[Any]) -> None:
    assert read(content) == expected


@pytest.mark.parametrize("delimiter", [",", ";", "|", "\t"])
def test_a_file_named_csv_has_the_delimiter_of_its_names(delimiter: str) -> None:
    content = "{a},b\n1,2\n".replace(",", delimiter)
    assert read(content.encode(), name="x.csv") == [{"{a}": "1", "b": "2"}]


def test_csv_is_read_as_the_standard_library_writes_it() -> None:
    table = [["a b", "ü,\n", '"'], ["1", "x\r\ny", ""], ["", "|\t", "''"]]
    csv.writer(out := io.StringIO(newline="")).writerows(table)
    assert [list(row.values()) for row in read(out.getvalue().encode())] == table[1:]


def test_the_field_limit_of_the_process_stays_as_it_is() -> None:
    limit = csv.field_size_limit()
    assert (len(read(f"a\n{LARGE}\n".encode())), csv.field_size_limit()) == (1, limit)


@pytest.mark.parametrize(
    ("charset", "encoding"),
    [
        ("windows-1252", "cp1252"),
        ("ISO-8859-15", "iso8859-15"),
        ("", "utf-8-sig"),
        ("", "utf-16"),
        ("", "utf-32"),
        ("latin-1", "utf-8-sig"),
        ("utf-16", "utf-16-be"),
        ("utf-16", "utf-16-le"),
    ],
)
@pytest.mark.parametrize(
    "text", ["Name,Fee\nZoë,5 €\n", '{"Name": "Zoë", "Fee": "5 €"}\n'], ids=["csv", "json"]
)
def test_text_is_read_by_its_mark_then_by_its_charset(charset: str, encoding: str, text: str) -> None:
    assert read(text.encode(encoding), charset=charset) == [{"Name": "Zoë", "Fee": "5 €"}]


@pytest.mark.parametrize(
    ("content", "about", "message", "line"),
    [
        (b"Name\nA\nZo\xeb\n", {}, "Line 3 of the file is not UTF-8: it has the byte EB.", 3),
        (b"Name\nA\nZo\xeb\n", {"name": "a.csv"}, "Line 3 of a.csv is not UTF-8: it has the byte EB.", 3),
        (b'{"a": 1}\n{"a": "\xeb"}\n', {}, "Line 2 of the file is not UTF-8: it has the byte EB.", 2),
        (b'[\n{"a": 1},\n{"a": "\xeb"}]', {}, "Line 3 of the file is not UTF-8: it has the byte EB.", 3),
        (b"a\n\x81\n", {"charset": "cp1252"}, "Line 2 of the file is not CP1252: it has the byte 81.", 2),
        ("a\nb\n".encode("utf-16") + b"\x00", {}, "Line 3 of the file is not UTF-16: it has the byte 00.", 3),
        (b'a,b\n1,"x\n2,y\n', {}, "Line 3 of the file is not valid CSV: unexpected end of data.", 3),
        (b'a,b\n1,"x"y\n', {}, "Line 2 of the file is not valid CSV: ',' expected after '\"'.", 2),
        (b'{"a":1}\n{"a":', {}, "Line 2 of the file is not valid JSON: Expecting value", 2),
        (b'{"a":1}\n{"a":\n{"a":2}\n', {}, "Line 2 of the file is not valid JSON: Expecting value", 2),
        (b'[\n{"a": 1}\n{"a": 2}\n]', {}, "Line 3 of the file is not valid JSON: an array does not end", 3),
        (b'[\n{"a": 1},\n{"a": nul}\n]', {}, "Line 3 of the file is not valid JSON: Expecting value", 3),
        (b'[\n{"a": 1},\n', {}, "Line 3 of the file is not valid JSON: Expecting value", 3),
        (b"[\n1,\n]", {}, "Line 3 of the file is not valid JSON: Expecting value", 3),
        (b'[\n{"a": NaN}\n]', {}, "Line 2 of the file is not valid JSON: NaN is not JSON", 2),
        (b"[\n" + b"[" * 999, {}, "Line 2 of the file is not valid JSON", 2),
        (b"<object><field>\n</object>", {}, "the file is not valid XML: mismatched tag", 2),
        (b"<object><fields/>", {}, "the file is not valid XML: no element found", 1),
        (b'<?xml version="1.0" encoding="x"?><a/>', {}, "the file is not valid XML: unknown", 0),
        (
            b"<html>\n</html>",
            {},
            "the file is XML but does not describe an object: it begins with <html>.",
            0,
        ),
        (
            gzip.compress(b"a\n", mtime=0),
            {},
            "the file is a gzip file; open_rows(path) unpacks one layer.",
            0,
        ),
        (bz2.compress(b"a\n"), {"charset": "latin-1"}, "the file is in bzip2 format; rows are read from", 0),
        (b"a.csv".ljust(257, b"\0") + b"ustar", {}, "the file is in tar format; rows are read from text", 0),
    ],
)
def test_what_is_not_a_row_is_told_with_its_line(
    content: bytes, about: dict[str, str], message: str, line: int
) -> None:
    told, where = refused(content, **about)
    assert (told[: len(message)], where) == (message, line)


@pytest.mark.parametrize("charset", ["utf-9", "hex", "rot13", "idna"])
def test_a_charset_that_nobody_knows_is_a_mistake_of_the_caller(charset: str) -> None:
    with pytest.raises(ValueError, match=f"charset='{charset}' is not a charset"):
        read(b"a\n", charset=charset)


ITEMS = [{"a": 1, "b": {"c": [Decimal("1.10"), "]\n,"]}}, {"a": "é\u2028"}, {"a": None}]
FLOATED = json.loads(json.dumps(ITEMS, default=float))


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(FLOATED, indent=2),
        json.dumps(FLOATED),
        "[\n" + ",\n".join(map(json.dumps, FLOATED)) + "\n]\n",
        "\n\n  " + json.dumps(FLOATED, indent="\t").replace("\n", "\r\n"),
        "\n".join(json.dumps(item, indent=1) for item in FLOATED),
        "".join(f"\x1e{json.dumps(item, indent=1)}\n" for item in FLOATED),
        "\n".join(map(json.dumps, FLOATED)),
    ],
    ids=["indented", "one line", "an item a line", "with blanks", "values", "a sequence", "lines"],
)
def test_json_over_any_number_of_lines_is_its_items(text: str) -> None:
    assert read(text.encode()) == ITEMS


def test_items_that_are_no_objects_are_values() -> None:
    assert read(b"[\n1, 2.50,\n[3], -1e2]\n") == [
        {"value": 1},
        {"value": Decimal("2.50")},
        {"value": [3]},
        {"value": Decimal("-1E+2")},
    ]


@pytest.mark.parametrize("size", [65_524, 65_530, 65_536, 131_072])
@pytest.mark.parametrize("value", ["12345.678901e-3", "true", '"\\u00e9\\\\"', '{"a": [1.5]}'])
def test_a_value_may_lie_across_two_pieces(size: int, value: str) -> None:
    for before in range(size - 20, size + 4):
        text = f"[\n{' ' * before}{value}, {value}]"
        expected = [row.get("value", row) for row in read(text.encode(), floats=True)]
        assert expected == [json.loads(value)] * 2


def growth(content: Iterator[bytes], path: Path) -> int:
    """Bytes that reading the rows of a file allocates at most."""
    with gzip.open(path, "wb") as file:
        file.writelines(content)
    tracemalloc.start()
    for _ in files.open_rows(path):
        pass
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


@pytest.mark.parametrize(
    "content",
    [
        lambda: (b"id,text\n" if n == 0 else b"%d,%s\n" % (n, b"x" * 1000) for n in range(20_000)),
        lambda: (b'{"id": %d, "text": "%s"}\n' % (n, b"x" * 1000) for n in range(20_000)),
        lambda: (
            b'%s{"id": %d, "text": "%s"}\n' % (b"," if n else b"[", n, b"x" * 1000) for n in range(20_000)
        ),
        lambda: (
            b'%s{"id": %d, "text": "%s"}' % (b"," if n else b"[", n, b"x" * 1000) for n in range(20_000)
        ),
    ],
    ids=["csv", "lines", "array", "array on one line"],
)
def test_a_file_of_any_size_is_read_in_bounded_memory(content: Any, tmp_path: Path) -> None:
    def closed() -> Iterator[bytes]:
        yield (first := next(pieces := content()))
        yield from pieces
        yield b"]" if first.startswith(b"[") else b""

    assert growth(closed(), tmp_path / "a.gz") < 8_000_000


def test_a_line_without_an_end_is_refused_before_it_fills_the_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys.modules["dynzuora.files.rows"], "_LONGEST_LINE", 1000)
    monkeypatch.setattr("dynzuora.files.json_values.LARGEST_VALUE", 1000)
    assert refused(b"a\n" + b"x" * 1001) == ("Line 2 of the file has more than 1,000 characters.", 2)
    told, line = refused(b'[\n"' + b"x" * 200_000 + b'"]')
    assert (told, line) == ("Line 2 of the file is not valid JSON: a value has more than 1,000 characters", 2)


# Packed


def archive(*members: tuple[str, bytes]) -> bytes:
    with zipfile.ZipFile(out := io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members:
            packed.writestr(name, content)
    return out.getvalue()


def with_password(packed: bytes) -> bytes:
    """Set the bit that says so in both headers of the only member."""
    changed = bytearray(packed)
    changed[6] |= 1
    changed[packed.index(b"PK\x01\x02") + 8] |= 1
    return bytes(changed)


WHOLE = archive(("a.csv", b"a,b\n" + b"1,2\n" * 5000))


@pytest.mark.parametrize(
    "content",
    [
        gzip.compress(b"a,b\n1,2\n", mtime=0),
        archive(("x.csv", b"a,b\n1,2\n")),
        archive(("folder/", b""), ("folder/x.csv", b"a,b\n1,2\n")),
        archive(("x.csv.gz", gzip.compress(b"a,b\n1,2\n", mtime=0))),
        archive(("1.csv", b"a,b\n1,2\n"), ("2.csv", b"a,b\n")),
        gzip.compress(b"a,b\n", mtime=0) + gzip.compress(b"1,2\n"),
    ],
    ids=["gzip", "zip", "in a folder", "gzip in zip", "several files", "gzip in two members"],
)
def test_a_packed_file_is_read_like_any_other(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(content)
    assert list(files.open_rows(tmp_path / "file")) == [{"a": "1", "b": "2"}]


def test_the_rows_of_an_archive_are_those_of_each_file_in_it(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(archive(("1.csv", b"a\n1\n"), ("2.jsonl", b'{"b": 2}\n')))
    assert list(files.open_rows(tmp_path / "a.zip")) == [{"a": "1"}, {"b": 2}]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"PK\x03\x04broken", "a.zip is damaged: File is not a zip file. Download it again."),
        (WHOLE[: len(WHOLE) // 2], "a.zip is damaged: File is not a zip file. Download it again."),
        (WHOLE.replace(WHOLE[40:50], b"\xff" * 10), "a.zip is damaged: "),
        (with_password(WHOLE), "The archive a.zip needs a password; unpack it with a tool that asks."),
        (archive(), "The archive a.zip is empty."),
        (gzip.compress(b"a\n" * 9999, mtime=0)[:-20], "a.zip is damaged: it was cut off. Download it again."),
        (gzip.compress(b"a\n" * 9999, mtime=0)[:9], "a.zip is damaged: it was cut off. Download it again."),
        (gzip.compress(b"a\n1\n", mtime=0)[:-8] + b"\0" * 8, "a.zip is damaged: CRC check failed"),
        (b"\x1f\x8b\x08\0\0\0\0\0\0\0\xff\xff\xff", "a.zip is damaged: Error -3 while decompressing data"),
        (b"\x1f\x8b\x07\0\0\0\0\0\0\0", "a.zip is damaged: Unknown compression method"),
        (WHOLE.replace(b"\x08\0", b"\x63\0"), "a.zip cannot be unpacked here: "),
    ],
    ids=[
        "no archive",
        "half an archive",
        "a broken archive",
        "a password",
        "an empty archive",
        "half of gzip",
        "the head of gzip",
        "another checksum",
        "broken gzip",
        "an odd gzip",
        "an odd archive",
    ],
)
def test_what_cannot_be_unpacked_is_told_as_such(content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(errors.FileError) as raised:
        list(files.open_rows(tmp_path / "a.zip"))
    assert str(raised.value)[: len(message)] == message


def test_a_file_that_is_not_there_is_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(errors.FileError, match=r"a\.csv cannot be read: No such file or directory\."):
        list(files.open_rows(tmp_path / "a.csv"))


# From the server


def test_the_rows_of_a_reply_are_read_by_its_charset() -> None:
    spec = document({"/v1/rows": {"get": operation("rows", responses={"200": {"description": ""}})}})
    content = "Name,Fee\nZoë,5 €\n".encode("cp1252")
    answer = Answer(content=content, headers={"Content-Type": "text/csv; charset=windows-1252"})
    with (
        running(lambda seen: answer) as server,
        dynzuora.Client(spec, server.url, token="fake-t0ken") as client,
    ):
        assert client.items("rows").to_list() == [{"Name": "Zoë", "Fee": "5 €"}]
