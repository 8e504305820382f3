"""Downloads that break, change underneath or mean harm: one whole file, or one error and nothing planted."""

from __future__ import annotations

import gzip
import io
import os
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import dynzuora
from dynzuora import _codings, errors
from dynzuora._origins import is_near
from dynzuora.files.parts import Part
from dynzuora.http import Headers
from tests.documents import document, operation, parameter
from tests.servers import Answer, Seen, Server, running

posix = pytest.mark.skipif(os.name != "posix", reason="links, users and modes are POSIX")

OLD = os.urandom(10_000)
NEW = os.urandom(10_000)
FILES = document(
    {
        "/v1/files/{file-id}": {
            "get": operation(
                "GET_Files", parameter("file-id", "path"), responses={"200": {"description": ""}}
            )
        },
        "/v1/exports": {"post": operation("POST_Exports", responses={"200": {"description": ""}})},
    }
)


class Store:
    """An object store: answers whole or by range, and breaks off after ``stops`` bytes, try after try.

    ``content`` is what is on the wire, coded or not.
    """

    def __init__(self, content: bytes, *stops: int, **headers: str) -> None:
        self.content = content
        self.stops = list(stops)
        self.headers = {name.replace("_", "-"): text for name, text in headers.items()}
        self.asked: list[str] = []

    def __call__(self, seen: Seen) -> Answer:
        self.asked.append(seen.headers.get("Range", ""))
        start = int(self.asked[-1].removeprefix("bytes=").removesuffix("-") or 0)
        return self.answer(start, partial=bool(self.asked[-1]))

    def answer(self, start: int, *, partial: bool) -> Answer:
        size = len(self.content)
        fields = {"Content-Length": str(size - start), **self.headers}
        if partial:
            fields["Content-Range"] = f"bytes {start}-{size - 1}/{size}"
        lines = [
            f"HTTP/1.1 {206 if partial else 200} -",
            *(f"{name}: {text}" for name, text in fields.items()),
        ]
        stop = start + self.stops.pop(0) if self.stops else size
        whole = "\r\n".join(lines).encode() + b"\r\n\r\n" + self.content[start:stop]
        return Answer(write=lambda out: out.write(whole))


@contextmanager
def tenant(answers: Callable[[Seen], Answer]) -> Iterator[tuple[dynzuora.Client, Server]]:
    with (
        running(answers) as server,
        dynzuora.Client(FILES, server.url, token="fake-t0ken", allow_writes=True) as client,
    ):
        client._connection.sleep = lambda seconds: None
        yield client, server


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# Coded


@pytest.mark.parametrize("stop", [0.1, 0.3, 0.9])
@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "GZIP, identity", "aws-chunked, gzip"])
def test_a_file_that_is_kept_as_gzip_is_fetched_again_from_its_start(
    coding: str, stop: float, tmp_path: Path
) -> None:
    packed = gzip.compress(OLD)
    store = Store(packed, int(len(packed) * stop), Content_Encoding=coding, ETag='"one"')
    with tenant(store) as (client, _):
        saved = client.download("GET_Files", tmp_path / "a", file_id="1")
    assert (saved.read_bytes() == OLD, store.asked, names(tmp_path)) == (True, ["", ""], ["a"])


def test_nothing_of_a_coded_file_stays_for_a_later_call(tmp_path: Path) -> None:
    store = Store(gzip.compress(OLD), *[5000] * 6, Content_Encoding="gzip", ETag='"one"')
    with tenant(store) as (client, _):
        with pytest.raises(errors.TransportError):
            client.download("GET_Files", tmp_path / "a", file_id="1")
        assert names(tmp_path) == []
        assert client.download("GET_Files", tmp_path / "a", file_id="1").read_bytes() == OLD
    assert store.asked == [""] * 7


def test_a_range_that_is_coded_though_the_file_was_not_is_not_appended(tmp_path: Path) -> None:
    plain = Store(OLD, 3000, ETag='"one"')
    coded = Store(gzip.compress(OLD), ETag='"one"', Content_Encoding="gzip")
    answers = [plain, coded, plain]
    with tenant(lambda seen: answers.pop(0)(seen)) as (client, _):
        assert client.download("GET_Files", tmp_path / "a", file_id="1").read_bytes() == OLD


@pytest.mark.parametrize("coding", ["aws-chunked", "UTF-8", "binary", "identity", "none", ""])
def test_a_coding_that_changes_no_byte_is_no_coding(coding: str, tmp_path: Path) -> None:
    store = Store(OLD, 3000, Content_Encoding=coding, ETag='"one"')
    with tenant(store) as (client, _):
        assert client.download("GET_Files", tmp_path / "a", file_id="1").read_bytes() == OLD
    assert store.asked == ["", "bytes=3000-"]


@pytest.mark.parametrize(("coding", "kept"), [("br", OLD), ("zstd, gzip", NEW)])
def test_an_unknown_coding_stays_with_a_warning(coding: str, kept: bytes, tmp_path: Path) -> None:
    content = gzip.compress(kept) if "gzip" in coding else kept
    with (
        tenant(Store(content, Content_Encoding=coding)) as (client, _),
        pytest.warns(errors.RequestWarning, match=f"packed as '{coding.partition(',')[0]}'"),
    ):
        saved = client.download("GET_Files", tmp_path / "a", file_id="1")
    assert saved.read_bytes() == kept


def test_a_post_that_was_answered_in_an_unknown_coding_was_answered(tmp_path: Path) -> None:
    headers = {"Content-Encoding": "br", "Content-Type": "application/pdf"}
    with tenant(lambda seen: Answer(content=OLD, headers=headers)) as (client, server):
        reply = client.call("POST_Exports")
    [warning] = reply.meta.warnings
    assert (reply, len(server.seen)) == (OLD, 1)
    assert warning.message == "the body is packed as 'br', which is not unpacked here; it stays as it came."


# Changed underneath


@pytest.mark.parametrize(
    "headers",
    [
        {"ETag": '"two"'},
        {"ETag": 'W/"one"'},
        {"Last-Modified": "Sat, 31 Jan 2026 09:30:00 GMT"},
        {},
    ],
    ids=["another tag", "a weak tag", "only a date", "nothing"],
)
def test_a_file_that_was_replaced_is_never_mixed_with_the_old_one(
    headers: dict[str, str], tmp_path: Path
) -> None:
    answers = [Store(OLD, 5000, ETag='"one"'), Store(NEW, **headers), Store(NEW, **headers)]
    with tenant(lambda seen: answers.pop(0)(seen)) as (client, server):
        assert client.download("GET_Files", tmp_path / "a", file_id="1").read_bytes() == NEW
    assert [seen.headers.get("Range") for seen in server.seen] == [None, "bytes=5000-", None]


DATE = "Sat, 31 Jan 2026 09:30:00 GMT"


@pytest.mark.parametrize(
    ("first", "second", "ranges"),
    [
        ({"ETag": '"one"'}, {"ETag": '"one"'}, 1),
        ({"Last_Modified": DATE}, {"Last_Modified": DATE}, 1),
        ({"Last_Modified": DATE}, {}, 1),
        ({"Last_Modified": DATE, "Date": DATE}, {}, 0),
        ({"ETag": "unquoted"}, {"ETag": "unquoted"}, 0),
    ],
    ids=["a tag", "a date", "a date that is left out", "changed in this second", "an invalid tag"],
)
def test_a_range_continues_a_file_only_where_it_is_surely_the_same(
    first: dict[str, str], second: dict[str, str], ranges: int, tmp_path: Path
) -> None:
    answers = [Store(OLD, 5000, **first), Store(OLD, **second)]
    with tenant(lambda seen: answers.pop(0)(seen)) as (client, server):
        assert client.download("GET_Files", tmp_path / "a", file_id="1").read_bytes() == OLD
    assert sum("Range" in seen.headers for seen in server.seen) == ranges


def test_a_range_of_a_file_of_another_length_is_of_another_file(tmp_path: Path) -> None:
    answers = [
        Store(OLD, 5000, ETag='"one"'),
        Store(NEW + b"x", ETag='"one"'),
        Store(NEW + b"x", ETag='"one"'),
    ]
    with tenant(lambda seen: answers.pop(0)(seen)) as (client, _):
        assert client.download("GET_Files", tmp_path / "a", file_id="1").read_bytes() == NEW + b"x"


@pytest.mark.parametrize("kind", ["another tag", "416", "another start", "no Content-Range"])
def test_a_file_that_keeps_changing_ends_in_an_error(kind: str, tmp_path: Path) -> None:
    count = iter(range(1000))

    def answer(seen: Seen) -> Answer:
        if "Range" not in seen.headers:
            return Store(OLD, 100, ETag=f'"{next(count)}"').answer(0, partial=False)
        if kind == "416":
            return Answer(416, {})
        if kind == "another tag":
            return Store(NEW, ETag='"new"').answer(100, partial=True)
        if kind == "another start":
            return Store(OLD, ETag='"0"').answer(50, partial=True)
        return Answer(206, content=OLD)

    with (
        tenant(answer) as (client, server),
        pytest.raises(errors.TransportError, match="parts of different files 6 times"),
    ):
        client.download("GET_Files", tmp_path / "a", file_id="1")
    assert (len(server.seen), names(tmp_path)) == (12, [])


def test_a_post_is_not_sent_again_once_its_answer_has_begun(tmp_path: Path) -> None:
    with (
        tenant(Store(OLD, 5000, ETag='"one"')) as (client, server),
        pytest.raises(errors.TransportError) as raised,
    ):
        client.download("POST_Exports", tmp_path / "a")
    assert (raised.value.may_have_been_applied, len(server.seen), names(tmp_path)) == (True, 1, [])


# Too large


def bomb(size: int) -> bytes:
    return gzip.compress(bytes(size))


@pytest.fixture
def tight(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a packed file become a thousand bytes and twice its size."""
    monkeypatch.setattr(_codings, "_ALWAYS", 1000)
    monkeypatch.setattr(_codings, "_RATIO", 2)


def test_a_file_becomes_at_most_200_times_its_packed_size() -> None:
    assert _codings.most(1_000_000) == 64 * 1024 * 1024 + 200_000_000


@pytest.mark.usefixtures("tight")
@pytest.mark.parametrize("coding", ["gzip", "gzip, gzip"])
def test_a_coding_that_nobody_asked_for_does_not_fill_the_disk(coding: str, tmp_path: Path) -> None:
    packed = bomb(5_000_000) if coding == "gzip" else gzip.compress(bomb(5_000_000))
    with (
        tenant(Store(packed, Content_Encoding=coding)) as (client, _),
        pytest.raises(errors.TransportError, match="packed and becomes"),
    ):
        client.download("GET_Files", tmp_path / "a", file_id="1")
    assert names(tmp_path) == []


def zipped(*members: tuple[str, bytes]) -> bytes:
    with zipfile.ZipFile(out := io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return out.getvalue()


@pytest.mark.usefixtures("tight")
@pytest.mark.parametrize(
    "packed",
    [
        bomb(5_000_000),
        zipped(("a", bytes(5_000_000))),
        zipped(*((f"{number}", bytes(50_000)) for number in range(50))),
    ],
    ids=["gzip", "zip", "zip of many"],
)
def test_unzip_does_not_fill_the_disk(packed: bytes, tmp_path: Path) -> None:
    with (
        tenant(Store(packed)) as (client, _),
        pytest.raises(errors.FileError, match=r"not unpacked: it becomes [0-9,]+ bytes, and at most"),
    ):
        client.download("GET_Files", tmp_path / "a.zip", file_id="1", unzip=True)
    assert ((tmp_path / "a.zip").read_bytes() == packed, names(tmp_path)) == (True, ["a.zip"])


def test_an_archive_of_too_many_files_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dynzuora.files.unpacking.MOST_MEMBERS", 2)
    with (
        tenant(Store(zipped(("a", b""), ("b", b""), ("c", b"")))) as (client, _),
        pytest.raises(errors.FileError, match="it has 3 files, more than 2"),
    ):
        client.download("GET_Files", tmp_path / "a.zip", file_id="1", unzip=True)
    assert names(tmp_path) == ["a.zip"]


@pytest.mark.parametrize("unzip", [False, True])
def test_a_file_that_the_disk_has_no_room_for_is_told_before_it_is_written(
    unzip: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda path: SimpleNamespace(free=5_000))
    content = zipped(("a", bytes(9_000))) if unzip else OLD
    with (
        tenant(Store(content)) as (client, _),
        pytest.raises(errors.FileError, match=r"needs [0-9,]+ bytes, and 5,000 are free"),
    ):
        client.download("GET_Files", tmp_path / "a", file_id="1", unzip=unzip)


# Planted


def started(client: dynzuora.Client, folder: Path) -> None:
    """Break a download off, so that its part and its note stay."""

    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    client._connection.sleep, before = interrupt, client._connection.sleep
    with pytest.raises(KeyboardInterrupt):
        client.download("GET_Files", folder / "a", file_id="1")
    client._connection.sleep = before
    assert names(folder) == [".a.part", ".a.part.json"]


def by_link(part: Path, other: Path) -> None:
    os.replace(part, other)
    part.symlink_to(other)


def by_hard_link(part: Path, other: Path) -> None:
    os.link(part, other)


@posix
@pytest.mark.parametrize("plant", [by_link, by_hard_link])
@pytest.mark.parametrize("name", [".a.part", ".a.part.json"])
def test_a_part_that_another_may_write_to_is_not_continued(plant: Any, name: str, tmp_path: Path) -> None:
    (folder := tmp_path / "in").mkdir()
    store = Store(OLD, 5000, ETag='"one"')
    with tenant(store) as (client, _):
        started(client, folder)
        plant(folder / name, tmp_path / "theirs")
        theirs = (tmp_path / "theirs").read_bytes()
        assert client.download("GET_Files", folder / "a", file_id="1").read_bytes() == OLD
    assert (store.asked, (tmp_path / "theirs").read_bytes() == theirs) == (["", ""], True)
    assert (names(folder), (folder / "a").is_symlink(), (folder / "a").stat().st_nlink) == (["a"], False, 1)


@posix
def test_a_part_of_another_user_is_not_continued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(OLD, 5000, ETag='"one"')
    with tenant(store) as (client, _):
        started(client, tmp_path)
        uid = os.geteuid()
        with monkeypatch.context() as patch:
            patch.setattr(os, "geteuid", lambda: uid + 1)
            assert client.download("GET_Files", tmp_path / "a", file_id="1").read_bytes() == OLD
    assert store.asked == ["", ""]


@posix
@pytest.mark.parametrize("name", [".a.part", ".a.part.json", ".a.unpacked", "a"])
def test_no_link_beside_a_download_is_written_through(name: str, tmp_path: Path) -> None:
    (folder := tmp_path / "in").mkdir()
    (tmp_path / "theirs").write_bytes(b"theirs")
    (folder / name).symlink_to(tmp_path / "theirs")
    with tenant(Store(gzip.compress(OLD), 3000, ETag='"one"')) as (client, _):
        saved = client.download("GET_Files", folder / "a", file_id="1", unzip=True)
    assert ((tmp_path / "theirs").read_bytes(), saved.read_bytes() == OLD) == (b"theirs", True)


def test_what_a_killed_unpacking_left_is_in_no_later_result(tmp_path: Path) -> None:
    for left in (".all.zip.unpacked", "all.zip.tmp"):
        (tmp_path / left).mkdir()
        (tmp_path / left / "stale").write_bytes(b"stale")
    with tenant(Store(zipped(("1", b"one"), ("2", b"two")))) as (client, _):
        folder = client.download("GET_Files", tmp_path / "all.zip", file_id="1", unzip=True)
    assert names(folder) == ["1", "2"]


def test_two_downloads_to_one_name_never_end_in_a_mixture(tmp_path: Path) -> None:
    part = Part(tmp_path / ".a.part", "digest")
    part(200, Headers({}), iter([OLD[:5000]]))
    (tmp_path / ".a.part").unlink()
    (tmp_path / ".a.part").write_bytes(NEW)  # as another process does
    with pytest.raises(errors.FileError, match="Another download writes to"):
        part.check()
    with pytest.raises(errors.FileError, match="Another download writes to"):
        part.become(tmp_path / "a")
    assert not (tmp_path / "a").exists()


# Archives


def test_every_member_of_an_archive_is_there_whatever_their_names(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        packed = zipped(
            ("a.csv", b"1"), ("a.csv", b"2"), ("/a.csv", b"3"), ("../a.csv", b"4"), ("b", b"5"), ("b/c", b"6")
        )
    with tenant(Store(packed)) as (client, _):
        folder = client.download("GET_Files", tmp_path / "all", file_id="1", unzip=True)
    found = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert found == {
        "a.csv": b"1",
        "a (2).csv": b"2",
        "a (3).csv": b"3",
        "a (4).csv": b"4",
        "b": b"5",
        os.path.join("b (2)", "c"): b"6",
    }


# Where to, where from


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1:8443/x",
        "https://localhost./x",
        "https://db.localhost/x",
        "https://[::1]/x",
        "https://[::ffff:127.0.0.1]/x",
        "https://0x7f.1/x",
        "https://2130706433/x",
        "https://0.0.0.0/x",
        "https://169.254.169.254/latest/meta-data",
        "https://[fe80::1]/x",
        "http://127.0.0.1:8080/x",
    ],
)
def test_no_reply_leads_a_download_to_this_machine(url: str, tmp_path: Path) -> None:
    assert is_near(url)
    with (
        dynzuora.Client(FILES, "https://rest.example.com", token="fake-t0ken") as client,
        pytest.raises(errors.TransportError, match="that is this machine or its network"),
    ):
        client.download(url, tmp_path)
    assert names(tmp_path) == []


@pytest.mark.parametrize("url", ["https://[", "https://x:99999/a", "https://x:abc/", "/v1/\ud800"])
def test_an_address_that_is_none_is_told_as_such(url: str, tmp_path: Path) -> None:
    with (
        tenant(Store(OLD)) as (client, _),
        pytest.raises(errors.DynzuoraError, match="is not the URL of a file"),
    ):
        client.download(url, tmp_path)


@pytest.mark.parametrize("name", ["x\0y", "a" * 300, "\ud800"])
def test_a_name_that_no_file_can_have_is_told_as_such(name: str, tmp_path: Path) -> None:
    with tenant(Store(OLD)) as (client, _), pytest.raises(errors.FileError, match="cannot be written"):
        client.download("GET_Files", tmp_path / name, file_id="1")


def test_a_name_that_is_as_long_as_can_be_is_one(tmp_path: Path) -> None:
    with tenant(Store(OLD, 3000, ETag='"one"')) as (client, _):
        saved = client.download("GET_Files", tmp_path / ("a" * 255), file_id="1")
    assert saved.read_bytes() == OLD
