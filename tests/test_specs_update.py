"""``dynzuora specs update``: published documents, fetched when they change, kept and compared."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import dynzuora
from dynzuora.document import kept, published
from dynzuora.errors import SpecError
from dynzuora.shell import shell
from tests.pets import changed, pets
from tests.servers import Answer, Server, running

FIRST = pets(version="1")
GONE = next(iter(FIRST["paths"]))
SECOND = changed(FIRST, {})
SECOND["info"]["version"] = "2"
del SECOND["paths"][GONE]


def text(document: Any) -> bytes:
    return json.dumps(document).encode()


def answer(document: Any, tag: str = "") -> Answer:
    return Answer(200, content=text(document), headers={"ETag": tag} if tag else {})


class Site:
    """A server whose next answer a test sets, and a command line that knows it as ``pets``."""

    def __init__(self, server: Server, home: Path) -> None:
        self.server, self.home = server, home
        self.next = Answer(404)
        server.answers = lambda seen: self.next
        (home / "config").mkdir(parents=True)
        row = f'[[sources]]\nname = "pets"\nurl = "{server.url}/pets.json"\n'
        (home / "config" / "sources.toml").write_text(row, "utf-8")

    def update(self, *words: str, after: Answer) -> Result:
        self.next = after
        return CliRunner().invoke(shell, ["specs", "update", *words])

    def files(self) -> dict[str, bytes]:
        folder = self.home / "data" / "published" / "pets"
        return {
            path.name: path.read_bytes() for path in sorted(folder.glob("*")) if path.name != "state.json"
        }


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("DYNZUORA_HOME", str(tmp_path / "home"))
    with running(lambda seen: Answer(404)) as server:
        yield Site(server, tmp_path / "home")


def test_the_first_document_is_kept_and_the_next_compared(site: Site) -> None:
    first = site.update("pets", after=answer(FIRST))
    folder = site.home / "data" / "published" / "pets"
    assert (first.exit_code, first.stdout) == (0, "")
    assert first.stderr == (
        f"pets: 1 is the first, kept as {folder / '1.json'}; the next one is compared with it.\n"
    )
    second = site.update("pets", "--fail-on", "breaking", after=answer(SECOND))
    assert second.exit_code == 1
    assert second.stdout == dynzuora.diff(FIRST, SECOND).to_text()
    assert re.search(r"^Error: pets: --fail-on breaking: \d+ breaking change", second.stderr, re.MULTILINE)
    assert site.files() == {"1.json": text(FIRST), "2.json": text(SECOND)}


def test_a_name_stands_for_the_newest_document_of_it(site: Site) -> None:
    site.update("pets", after=answer(FIRST))
    assert dynzuora.load("pets").version == "1"
    site.update("pets", after=answer(SECOND))
    assert dynzuora.load("pets").version == "2"
    listed = CliRunner().invoke(shell, ["specs", "list"]).stdout
    assert re.search(r"^pets +published .*2\.json$", listed, re.MULTILINE)


def test_the_server_is_asked_whether_it_has_another(site: Site) -> None:
    modified = "Mon, 05 Jan 2026 10:00:00 GMT"
    headers = {"ETag": '"a"', "Last-Modified": modified}
    site.update("pets", after=Answer(200, content=text(FIRST), headers=headers))
    same = site.update("pets", "--fail-on", "any", after=Answer(304))
    asked = site.server.seen[-1].headers
    assert (asked["If-None-Match"], asked["If-Modified-Since"]) == ('"a"', modified)
    assert (same.exit_code, same.stdout, same.stderr) == (0, "", "pets: not changed.\n")
    assert "If-None-Match" not in site.server.seen[0].headers


def test_a_kept_document_that_was_damaged_is_asked_for_again(site: Site) -> None:
    site.update("pets", after=answer(FIRST, '"a"'))
    (site.home / "data" / "published" / "pets" / "1.json").write_bytes(text(SECOND))
    site.update("pets", after=answer(FIRST, '"a"'))
    assert "If-None-Match" not in site.server.seen[-1].headers
    assert text(FIRST) in site.files().values()


def test_the_same_content_under_another_tag_is_no_change(site: Site) -> None:
    site.update("pets", after=answer(FIRST, '"a"'))
    same = site.update("pets", "-q", after=answer(FIRST, '"b"'))
    assert (same.exit_code, same.output) == (0, "")
    site.update("pets", after=Answer(304))
    assert site.server.seen[-1].headers["If-None-Match"] == '"b"'


def test_other_content_under_the_same_version_loses_nothing(site: Site) -> None:
    site.update("pets", after=answer(FIRST))
    again = {**SECOND, "info": FIRST["info"]}
    site.update("pets", after=answer(again))
    assert sorted(site.files().values()) == sorted([text(FIRST), text(again)])
    assert len(dynzuora.load("pets").operations) == len(dynzuora.load(again).operations)


def cut(content: bytes, length: int | None) -> Answer:
    size = b"" if length is None else b"Content-Length: %d\r\n" % length
    raw = b"HTTP/1.1 200 OK\r\nConnection: close\r\n" + size + b"\r\n" + content
    return Answer(write=lambda file: file.write(raw))


LEAD_NOWHERE = {**FIRST, "info": SECOND["info"], "components": {}}


@pytest.mark.parametrize(
    ("after", "problem"),
    [
        pytest.param(Answer(404), "pets.json responded 404 Not Found", id="404"),
        pytest.param(Answer(503), "pets.json responded 503", id="503"),
        pytest.param(Answer(lost=True), "pets.json cannot be fetched (ConnectionError)", id="no answer"),
        pytest.param(Answer(200, content=b"<html>Sign in</html>"), "not an OpenAPI document", id="a page"),
        pytest.param(answer({**SECOND, "paths": {}}), "has no operations, so it is not kept", id="empty"),
        pytest.param(
            cut(text(SECOND)[:900], 5000), "cannot be fetched (ChunkedEncodingError)", id="half of it"
        ),
        pytest.param(
            cut(text(SECOND)[:900], None), "Was the download complete?", id="half, of unknown length"
        ),
        pytest.param(answer(LEAD_NOWHERE), "so it was probably cut off, and is not kept", id="half of YAML"),
    ],
)
def test_what_is_no_whole_document_leaves_what_was_kept(site: Site, after: Answer, problem: str) -> None:
    site.update("pets", after=answer(FIRST, '"a"'))
    before = {path: path.read_bytes() for path in site.home.glob("data/**/*") if path.is_file()}
    failed = site.update("pets", after=after)
    assert (failed.exit_code, failed.stdout) == (1, "")
    assert problem in failed.stderr
    assert {path: path.read_bytes() for path in site.home.glob("data/**/*") if path.is_file()} == before
    assert site.update("pets", after=answer(SECOND)).exit_code == 0


def test_a_document_that_leads_nowhere_is_kept_if_it_is_meant_so(site: Site) -> None:
    site.update("pets", after=answer(FIRST))
    assert site.update("pets", "--replace", after=answer(LEAD_NOWHERE)).exit_code == 0
    assert text(LEAD_NOWHERE) in site.files().values()


def test_a_comparison_that_fails_is_made_again_the_next_time(site: Site) -> None:
    site.update("pets", after=answer(FIRST))
    failed = site.update("pets", "--used-by", "nowhere.py", after=answer(SECOND))
    assert (failed.exit_code, "nowhere.py" in failed.stderr) == (1, True)
    assert site.update("pets", after=answer(SECOND)).stdout == dynzuora.diff(FIRST, SECOND).to_text()


def test_only_lines_of_the_own_code_count_where_it_is_named(site: Site, tmp_path: Path) -> None:
    (tmp_path / "code.py").write_text("from dynzuora import Client\n", "utf-8")
    site.update("pets", after=answer(FIRST))
    words = ["--used-by", str(tmp_path / "code.py"), "--fail-on", "breaking"]
    assert site.update("pets", *words, after=answer(SECOND)).exit_code == 0


def test_without_a_name_all_that_were_kept_are_fetched(site: Site) -> None:
    nothing = site.update(after=answer(FIRST))
    assert (nothing.exit_code, "zuora-older: the Older API Reference" in nothing.stderr) == (2, True)
    site.update("pets", after=answer(FIRST))
    assert site.update(after=answer(FIRST)).stderr == "pets: not changed.\n"


def test_one_source_that_fails_does_not_keep_the_others(site: Site) -> None:
    path = site.home / "config" / "sources.toml"
    row = f'[[sources]]\nname = "gone"\nurl = "{site.server.url.replace("127", "126")}/x"\n'
    path.write_text(row + path.read_text("utf-8"), "utf-8")
    both = site.update("gone", "pets", after=answer(FIRST))
    assert (both.exit_code, "Error: gone: " in both.stderr) == (1, True)
    assert site.files() == {"1.json": text(FIRST)}


def test_a_source_that_is_none_is_told_with_those_that_are(site: Site) -> None:
    with pytest.raises(SpecError, match=r"There is no source 'zuorra'; .* Did you mean zuora\?"):
        published.source_of("zuorra")


def test_every_fault_of_the_own_sources_is_named(site: Site) -> None:
    rows = '[[sources]]\nname = "A b"\n[[sources]]\nname = "x"\nurl = "https://x.example"\ncolour = 1\n'
    (site.home / "config" / "sources.toml").write_text(rows, "utf-8")
    with pytest.raises(SpecError) as caught:
        published.published()
    for part in ("source 1: its name must be", "source 1: it has no url", "source 2: colour unknown"):
        assert part in str(caught.value)


@pytest.mark.parametrize(
    "state", [b"", b"[]", b'{"url": 1}', b'{"file": "../../x", "url": "", "sha256": "", "version": ""}']
)
def test_a_damaged_state_is_none(site: Site, state: bytes) -> None:
    site.update("pets", after=answer(FIRST))
    (site.home / "data" / "published" / "pets" / "state.json").write_bytes(state)
    assert kept.newest("pets") is None
    assert site.update("pets", after=answer(FIRST)).exit_code == 0
    assert dynzuora.load("pets").version == "1"


def test_the_vendor_s_sources_are_fetched_over_https_and_name_their_page() -> None:
    path = Path(published.__file__).with_name("published.toml")
    for row in tomllib.loads(path.read_text("utf-8"))["sources"]:
        assert row["url"].startswith("https://developer.zuora.com/")
        assert row["page"].startswith("https://developer.zuora.com/")


def test_the_cron_line_of_the_manual_is_a_command(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    manual = (Path(__file__).parents[1] / "docs" / "diff.md").read_text("utf-8")
    [line] = re.findall(r"^\S+ \S+ \S+ \S+ \S+ (dynzuora specs update .*)$", manual, re.MULTILINE)
    words = shlex.split(line.replace(" zuora ", " pets "))[3:]
    monkeypatch.chdir(site.home)
    (site.home / "src").mkdir()
    words = [str(site.home / "src") if word.startswith("/") else word for word in words]
    for document in (FIRST, FIRST, SECOND):
        assert site.update(*words, after=answer(document)).exit_code == 0
