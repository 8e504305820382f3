"""A document is found by version, path, URL, bytes or mapping; what was prepared is kept, and distrusted."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

import dynzuora
import dynzuora.document.loading as loading
from dynzuora.document import DocumentWarning, Prepared, Spec, add, prepare, specs
from dynzuora.document.fetching import fetch
from dynzuora.document.sources import bundled_folder
from dynzuora.errors import SpecError, SpecWarning


def document(version: str = "2030-01-01", id: str = "a", **more: Any) -> dict[str, Any]:
    return {
        "openapi": "3.0.3",
        "info": {"title": "Tiny", "version": version},
        "paths": {"/a": {"get": {"operationId": id, "responses": {}}}},
        **more,
    }


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DYNZUORA_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


@pytest.fixture
def tiny(home: Path, tmp_path: Path) -> Path:
    path = tmp_path / "tiny.json"
    path.write_text(json.dumps(document()))
    return path


def kept(home: Path) -> list[Path]:
    return list((home / "cache" / "prepared").glob("*"))


# -- finding ----------------------------------------------------------------------------


def test_a_document_is_given_in_any_way(tiny: Path) -> None:
    content = tiny.read_bytes()
    ways = [tiny, str(tiny), "tiny.json", content, bytearray(content), json.loads(content), prepare(tiny)]
    assert [list(prepare(way).index) for way in ways] == [["a"]] * len(ways)


def test_without_a_name_the_default_document_is_meant() -> None:
    assert (prepare().version, len(prepare().index)) == ("2020-12-10", 411)


def test_latest_is_the_newest_of_the_bundled_and_added_documents(home: Path) -> None:
    newest = prepare("latest")
    assert (newest.version, len(newest.index)) == ("2026-05-01", 713)
    for version in ("2030-01-01", "v9"):
        add(json.dumps(document(version)).encode())
    assert prepare("latest").version == "2030-01-01"


def test_a_file_called_latest_is_asked_back(home: Path, tmp_path: Path) -> None:
    (tmp_path / "latest").write_text("{}")
    with pytest.raises(SpecError, match=r"'latest' is both a version \(.*\) and a path"):
        prepare("latest")


@pytest.mark.parametrize(
    ("source", "newer"),
    [("2020-12-10", "2026-05-01"), ("latest", ""), ({**document(), "info": {"version": "2020-12-10"}}, "")],
    ids=["bundled", "newest", "own"],
)
def test_an_older_bundled_document_knows_that_there_is_a_newer_one(
    home: Path, source: Any, newer: str
) -> None:
    assert dynzuora.load(source).newer == newer


def test_what_is_prepared_passes_through_but_takes_no_options(tiny: Path) -> None:
    prepared = prepare(tiny)
    assert prepare(prepared) is prepared
    with pytest.raises(
        SpecError, match="is already prepared; pass overlay and external_files with the document"
    ):
        prepare(prepared, overlay={})


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            "2020-12-11",
            "There is no document '2020-12-11': it is neither a version "
            "(2020-12-10, 2021-08-20, 2026-05-01) nor a file. "
            "Did you mean 2020-12-10?",
        ),
        (
            "nope.json",
            "There is no document 'nope.json': it is neither a version "
            "(2020-12-10, 2021-08-20, 2026-05-01) nor a file.",
        ),
        (Path("nope.json"), "nope.json does not exist. Pass an OpenAPI document, JSON or YAML."),
        (Path("."), ". is a folder. Pass an OpenAPI document, JSON or YAML."),
        (
            '{"openapi": "3.0.0"}',
            "the text is a document, not the name of one. Pass it as bytes (text.encode()) or as a mapping.",
        ),
        (
            "openapi: 3.0.0\n",
            "the text is a document, not the name of one. Pass it as bytes (text.encode()) or as a mapping.",
        ),
        ("ftp://a.example/x?key=secret", "ftp://a.example/x: only https is fetched; pass a path for a file."),
        (
            "http://me:secret@a.example/x",
            "http://a.example/x: a document is fetched over https, so that nobody can change it in transit.",
        ),
        (7, "a document is a version, a path, a URL, git:REV:PATH, bytes or a mapping, not int."),
        ({"a": {1, 2}}, "the document is not JSON: it holds a set."),
        ({"a": float("nan")}, "the document is not JSON: Out of range float values are not JSON compliant"),
    ],
    ids=str,
)
def test_what_is_not_found_is_answered_with_what_to_give(home: Path, source: Any, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        prepare(source)
    assert str(caught.value).startswith(message)


def test_a_text_that_is_both_a_version_and_a_path_is_asked_back(home: Path, tmp_path: Path) -> None:
    (tmp_path / "2020-12-10").write_text("{}")
    with pytest.raises(SpecError) as caught:
        prepare("2020-12-10")
    where = bundled_folder() / "zuora-2020-12-10.json"
    assert str(caught.value) == (
        f"'2020-12-10' is both a version ({where}) and a path ({tmp_path / '2020-12-10'}). "
        "Write ./2020-12-10 for the path, or move it."
    )


def test_a_mapping_may_hold_what_a_yaml_loader_makes_of_dates() -> None:
    from datetime import date

    assert prepare(document(version=date(2030, 1, 2))).version == "2030-01-02"  # type: ignore[arg-type]


# -- keeping ----------------------------------------------------------------------------


def test_a_second_start_reads_what_the_first_one_prepared(tiny: Path, home: Path) -> None:
    first = prepare(tiny)
    [folder] = kept(home)
    assert sorted(each.name for each in folder.iterdir()) == ["index.json", "slices.jsonl", "warnings.json"]
    second = prepare(tiny)
    assert (second.digest, second.index, second.slice("a")) == (first.digest, first.index, first.slice("a"))
    assert kept(home) == [folder]


@pytest.mark.parametrize("change", ["content", "overlay", "code"])
def test_what_goes_in_decides_whether_it_is_prepared_again(
    tiny: Path, home: Path, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(tiny)
    if change == "content":
        tiny.write_text(json.dumps(document(id="b")))
    if change == "code":
        monkeypatch.setattr(loading, "_code_stamp", lambda: "changed")
    action = {"target": "$.paths['/a'].get", "update": {"operationId": "b"}}
    overlay = {"overlay": "1.0.0", "actions": [action]} if change == "overlay" else None
    prepare(tiny, overlay=overlay)
    assert len(kept(home)) == 2


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_only_the_user_can_read_what_is_kept(tiny: Path, home: Path) -> None:
    prepare(tiny).vocabulary()
    [folder] = kept(home)
    modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in [folder, *folder.iterdir()]}
    assert modes == {
        folder.name: 0o700,
        "index.json": 0o600,
        "slices.jsonl": 0o600,
        "vocabulary.json": 0o600,
        "warnings.json": 0o600,
    }


def test_the_first_search_keeps_its_words(tiny: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = prepare(tiny).vocabulary()
    [folder] = kept(home)
    (folder / "vocabulary.json").write_bytes(b"damaged\n{}")
    assert prepare(tiny).vocabulary() == words
    monkeypatch.setattr(Prepared, "_words", None)
    assert prepare(tiny).vocabulary() == words


@pytest.mark.parametrize("name", ["index.json", "slices.jsonl", "warnings.json"])
@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"\xff", b'{"operations": {}}'])
def test_what_is_damaged_is_prepared_again(tiny: Path, home: Path, name: str, content: bytes) -> None:
    good = prepare(document(paths={"/a": {"get": {"responses": {}}}}))
    tiny.write_text(json.dumps(document(paths={"/a": {"get": {"responses": {}}}})))
    prepare(tiny)
    [folder] = kept(home)
    (folder / name).write_bytes(content)
    again = prepare(tiny)
    found = (dict(again.index), again.slice("get_a"), again.warnings)
    assert found == (dict(good.index), good.slice("get_a"), good.warnings)
    assert [each for each in kept(home) if each.name.startswith(".")] == []


def test_what_another_document_left_under_the_key_is_not_believed(tiny: Path, home: Path) -> None:
    prepare(tiny)
    [mine] = kept(home)
    tiny.write_text(json.dumps(document(id="b")))
    prepare(tiny)
    [other] = [each for each in kept(home) if each != mine]
    for each in mine.iterdir():
        (other / each.name).write_bytes(each.read_bytes())
    assert list(prepare(tiny).index) == ["b"]


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="users are POSIX")
def test_what_another_user_wrote_is_not_believed(
    tiny: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(tiny)
    [folder] = kept(home)
    index = folder / "index.json"
    index.write_text(index.read_text().replace('"Tiny"', '"Planted"'))
    assert prepare(tiny).title == "Planted"  # by the user's own hand: believed
    me = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: me + 1)
    assert prepare(tiny).title == "Tiny"


def test_files_that_vanish_while_in_use_are_made_again(tiny: Path, home: Path) -> None:
    prepare(tiny)
    in_use = prepare(tiny)
    [folder] = kept(home)
    for each in folder.iterdir():
        each.unlink()
    folder.rmdir()
    assert (in_use.slice("a")["id"], in_use.warnings) == ("a", ())


def test_a_document_that_changed_while_in_use_is_not_mixed_with_the_old_one(tiny: Path, home: Path) -> None:
    prepare(tiny)
    in_use = prepare(tiny)
    for each in kept(home)[0].iterdir():
        each.unlink()
    tiny.write_text(json.dumps(document(id="b")))
    with pytest.raises(SpecError, match="has changed since it was loaded; load it again"):
        in_use.slice("a")


def test_a_cache_that_cannot_be_written_is_done_without_and_said_once(tiny: Path, home: Path) -> None:
    home.parent.mkdir(exist_ok=True)
    home.write_text("a file, and not a folder")
    with pytest.warns(SpecWarning, match="documents are prepared again at every start") as caught:
        assert [list(prepare(tiny).index) for _ in range(3)] == [["a"]] * 3
    assert len(caught) == 1


def test_bytes_and_mappings_leave_nothing_behind(home: Path) -> None:
    prepare(document())
    prepare(json.dumps(document()).encode())
    assert kept(home) == []


def test_a_warm_start_loads_nothing_that_prepares(tiny: Path) -> None:
    prepare(tiny)
    code = (
        "import sys; from dynzuora.document import prepare\n"
        "prepare(sys.argv[1]).slice('a')\n"
        "print(sorted({'yaml', 'prance', 'jsonpath_rfc9535', 'requests', 'dynzuora.document.preparing'}"
        " & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code, str(tiny)], capture_output=True, text=True)
    assert (run.stdout, run.stderr) == ("[]\n", "")


def test_a_prepared_document_prints_as_what_it_is(tiny: Path) -> None:
    assert repr(prepare("tiny.json")) == "<Prepared Tiny 2030-01-01: 1 operations from tiny.json>"


# -- keeping documents ------------------------------------------------------------------


def test_a_document_that_is_added_is_known_by_its_version_from_then_on(tiny: Path, home: Path) -> None:
    assert add(tiny) == "2030-01-01"
    where = home / "data" / "specs" / "2030-01-01.json"
    assert specs()[-1] == Spec("2030-01-01", where, "added")
    assert (prepare("2030-01-01").source, where.read_bytes()) == ("2030-01-01", tiny.read_bytes())


def test_an_added_document_hides_the_bundled_one_of_its_version(home: Path) -> None:
    mine = json.dumps(document("2020-12-10", "mine")).encode()
    with pytest.raises(
        SpecError, match=r"version 2020-12-10 already exists with other content .*replace=True"
    ):
        add(mine)
    add(mine, replace=True)
    assert list(prepare().index) == ["mine"]
    assert [(each.version, each.origin) for each in specs()] == [
        ("2020-12-10", "added"),
        ("2021-08-20", "bundled"),
        ("2026-05-01", "bundled"),
    ]


def test_adding_the_same_content_again_changes_nothing_and_other_content_needs_replace(home: Path) -> None:
    add(json.dumps(document()).encode())
    add(json.dumps(document()).encode())
    other = b"openapi: 3.0.3\ninfo: {title: T, version: 2030-01-01}\npaths: {/b: {get: {operationId: b}}}\n"
    with pytest.raises(SpecError, match="version 2030-01-01 already exists with other content"):
        add(other)
    add(other, replace=True)
    assert [each.name for each in (home / "data" / "specs").iterdir()] == ["2030-01-01.yaml"]
    assert list(prepare("2030-01-01").index) == ["b"]


@pytest.mark.parametrize(
    "version", ["../x", "a/b", "", ".hidden", "CON", "nul.json", "x" * 81, "é", "a\nb", "a."]
)
def test_a_version_that_cannot_be_a_file_name_is_refused(home: Path, version: str) -> None:
    if not version.strip():
        assert add(document(version)) == "unversioned"
        return
    with pytest.raises(SpecError, match="which cannot be the name of a file"):
        add(document(version))
    assert not (home / "data").exists()


def test_a_document_without_operations_is_not_kept(home: Path) -> None:
    with pytest.raises(SpecError, match="the document has no operations, so it is not added"):
        add({**document(), "paths": {}})


def test_the_warnings_say_what_is_wrong_and_where() -> None:
    broken = document(components={"schemas": {"A": {"type": "string", "default": 1}}})
    assert prepare(broken).warnings == (
        DocumentWarning(
            "typed-default", "#/components/schemas/A", "the default 1 is not of type string; read as '1'."
        ),
    )


# -- files beside the document ----------------------------------------------------------


@pytest.fixture
def parts(tiny: Path, tmp_path: Path) -> Path:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "b.yaml").write_text(
        "B: {properties: {self: {$ref: '#/B'}, c: {$ref: c.json}, "
        "a: {$ref: '../tiny.json#/components/schemas/A'}}}"
    )
    (tmp_path / "parts" / "c.json").write_text('{"type": "integer", "default": "1"}')
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}}
    operation = {"operationId": "a", "requestBody": body, "responses": {}}
    schemas = {"A": {"properties": {"b": {"$ref": "parts/b.yaml#/B"}}}}
    tiny.write_text(json.dumps(document(paths={"/a": {"post": operation}}, components={"schemas": schemas})))
    return tiny


def test_files_beside_a_document_are_read_only_when_asked_for(parts: Path) -> None:
    assert prepare(parts).slice("a")["components"]["schemas"] == {"A": {"properties": {"b": {}}}}
    assert prepare(parts, external_files=True).slice("a")["components"]["schemas"] == {
        "A": {"properties": {"b": {"$ref": "#/components/schemas/B"}}},
        "B": {
            "properties": {
                "self": {"$ref": "#/components/schemas/B"},
                "c": {"$ref": "#/components/schemas/c"},
                "a": {"$ref": "#/components/schemas/A"},
            }
        },
        "c": {"type": "integer", "default": 1},
    }


def test_a_change_in_a_file_beside_the_document_counts(parts: Path, home: Path) -> None:
    before = prepare(parts, external_files=True)
    assert prepare(parts, external_files=True).digest == before.digest
    (parts.parent / "parts" / "c.json").write_text('{"type": "string"}')
    after = prepare(parts, external_files=True)
    assert after.slice("a")["components"]["schemas"]["c"] == {"type": "string"}
    assert after.digest != before.digest
    assert len(kept(home)) == 1


@pytest.mark.parametrize(
    "target",
    ["../outside.json", "/etc/passwd", "parts/../../outside.json", "link.json", "%2e%2e/outside.json"],
)
def test_files_elsewhere_are_never_read(parts: Path, target: str) -> None:
    inside = parts.parent / "inside"
    inside.mkdir()
    (parts.parent / "outside.json").write_text('{"type": "string"}')
    (inside / "link.json").symlink_to(parts.parent / "outside.json")
    (inside / "spec.json").write_text(json.dumps(document(components={"schemas": {"A": {"$ref": target}}})))
    with pytest.raises(SpecError, match=r"at #/components/schemas/A leaves the folder of the document"):
        prepare(inside / "spec.json", external_files=True)


def test_a_file_that_is_missing_or_a_document_without_a_folder_is_refused(parts: Path) -> None:
    (parts.parent / "parts" / "c.json").unlink()
    with pytest.raises(SpecError, match=r"names the file parts/c\.json, which cannot be read: No such file"):
        prepare(parts, external_files=True)
    with pytest.raises(SpecError, match="external_files=True needs a document that is a file"):
        prepare(parts.read_bytes(), external_files=True)


def test_a_url_is_never_followed_even_then(parts: Path) -> None:
    schemas = {"A": {"items": {"$ref": "http://169.254.169.254/x"}, "not": {"$ref": "//evil.example/x"}}}
    parts.write_text(json.dumps(document(components={"schemas": schemas})))
    assert [each.rule for each in prepare(parts, external_files=True).warnings] == ["dangling-reference"] * 2


# -- fetching ---------------------------------------------------------------------------


class _Site(BaseHTTPRequestHandler):
    pages: ClassVar[dict[str, tuple[int, str, bytes]]] = {
        "/spec.json": (200, "", json.dumps(document()).encode()),
        "/moved": (302, "/spec.json", b""),
        "/away": (302, "http://127.0.0.1:9/spec.json?key=secret", b""),
        "/round": (302, "/round", b""),
        "/locked": (401, "", b"secret"),
    }

    def do_GET(self) -> None:
        status, location, body = self.pages[self.path.partition("?")[0]]
        self.send_response(status)
        if location:
            self.send_header("Location", location)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.server.seen.append(self.headers.get("Authorization"))  # type: ignore[attr-defined]

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with HTTPServer(("127.0.0.1", 0), _Site) as server:
        server.seen = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
        assert set(server.seen) <= {None}, "credentials from .netrc were sent"  # type: ignore[attr-defined]


@pytest.mark.parametrize("path", ["/spec.json", "/moved", "/spec.json?key=secret"])
def test_a_document_is_fetched_from_a_url(site: str, home: Path, path: str) -> None:
    prepared = prepare(site + path)
    assert (list(prepared.index), prepared.source) == (["a"], (site + path).partition("?")[0])


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (
            "/away",
            "redirects to http://127.0.0.1:9/spec.json, another server. If you trust it, pass that URL.",
        ),
        ("/round", "redirects more than 5 times."),
        (
            "/locked?key=secret",
            "responded 401 Unauthorized. If it needs a login, download the document and pass the file.",
        ),
    ],
    ids=["away", "round", "locked"],
)
def test_what_cannot_be_fetched_says_why_and_tells_no_secret(site: str, path: str, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        fetch(site + path)
    assert str(caught.value) == f"{site}{path.partition('?')[0]} {message}"


def test_a_page_without_end_is_not_read_to_its_end(site: str) -> None:
    with pytest.raises(SpecError, match="has more than 10 bytes, which is too large for a document"):
        fetch(f"{site}/spec.json", limit=10)


def test_no_answer_is_an_error_of_the_document() -> None:
    with pytest.raises(SpecError, match=r"^http://127\.0\.0\.1:9/x cannot be fetched \(ConnectionError\)\.$"):
        fetch("http://127.0.0.1:9/x?key=secret")
