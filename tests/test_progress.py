"""Progress is shown after a second, where somebody looks, and nowhere else."""

from __future__ import annotations

import io
import subprocess
import sys
from types import SimpleNamespace

import pytest

from dynzuora.display import progress
from dynzuora.display.progress import Meter, NotebookBar, Progress, TerminalBar
from tests.clocks import Clock


class RecordingBar:
    """A bar that remembers what it was told to show."""

    def __init__(self) -> None:
        self.states: list[Progress] = []

    def draw(self, progress: Progress) -> None:
        self.states.append(progress)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def bar() -> RecordingBar:
    return RecordingBar()


def test_quick_work_shows_nothing(clock, bar):
    with Meter("work", clock=clock, choose_bar=lambda: bar) as meter:
        clock.now += 0.99
        meter.advance(40)
    assert bar.states == []


def test_what_is_asked_for_is_shown_at_once_and_at_the_end(clock, bar):
    with Meter("work", enabled=True, clock=clock, choose_bar=lambda: bar) as meter:
        meter.advance(40)
    assert bar.states == [
        Progress("work", 40, None, "rows", 0.0),
        Progress("work", 40, None, "rows", 0.0, finished=True),
    ]


def test_no_work_at_all_ends_with_a_word_where_one_is_asked_for(clock, bar):
    Meter("work", enabled=True, clock=clock, choose_bar=lambda: bar).close()
    assert bar.states == [Progress("work", 0, None, "rows", 0.0, finished=True)]


def test_work_of_more_than_a_second_is_shown_and_its_end_too(clock, bar):
    with Meter("work", total=95, clock=clock, choose_bar=lambda: bar) as meter:
        meter.advance(40)
        clock.now += 1
        meter.advance(40)
        meter.advance(15)
    assert bar.states == [
        Progress("work", 80, 95, "rows", 1.0),
        Progress("work", 95, 95, "rows", 1.0, finished=True),
    ]


def test_it_is_drawn_a_few_times_a_second_however_often_it_advances(clock, bar):
    meter = Meter("work", clock=clock, choose_bar=lambda: bar)
    for _ in range(3000):
        clock.now += 0.001
        meter.advance()
    assert len(bar.states) == 9


def test_a_total_and_a_note_may_come_later(clock, bar):
    meter = Meter("job", clock=clock, choose_bar=lambda: bar)
    clock.now += 2
    meter.advance(5, total=10, note="Processing")
    assert bar.states == [Progress("job", 5, 10, "rows", 2.0, "Processing")]


def test_nothing_is_looked_for_when_it_is_disabled(clock):
    meter = Meter("work", enabled=False, clock=clock, choose_bar=pytest.fail)
    clock.now += 5
    meter.advance()
    meter.close()


def test_a_pipe_stays_silent():
    code = (
        "from dynzuora.display.progress import Meter\n"
        "now = [0.0]\n"
        "with Meter('work', clock=lambda: now[0]) as meter:\n"
        "    now[0] = 9.0\n"
        "    meter.advance(5)\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_a_terminal_gets_its_bar_on_standard_error(monkeypatch, clock, capsys):
    stream = io.StringIO()
    stream.isatty = lambda: True
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("COLUMNS", "80")
    with Meter("GET_AllOrders", total=95, clock=clock) as meter:
        clock.now += 2
        meter.advance(40, note="page 1")
        meter.advance(55)
    assert stream.getvalue() == (
        "\r[########------------] GET_AllOrders: 40 of 95 rows, page 1, 2 s, 3 s left"
        f"\r{'GET_AllOrders: 95 rows, page 1, 2 s':74}\n"
    )
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("state", "line"),
    [
        (
            Progress("file", 3 * 1024**2, 6 * 1024**2, "B", 2.0),
            "[##########----------] file: 3 MB of 6 MB, 2 s, 2 s left",
        ),
        (Progress("work", 0, 9, "rows", 1.0), "[--------------------] work: 0 of 9 rows, 1 s"),
        (Progress("work", 12, 9, "rows", 1.0), "[####################] work: 12 of 9 rows, 1 s"),
        (Progress("work", 5, None, "rows", 1.0), "work: 5 rows, 1 s"),
        (Progress("a\x1b[2Jb", 5, None, "rows", 1.0), "a\\x1b[2Jb: 5 rows, 1 s"),
        (Progress("w" * 200, 5, None, "rows", 1.0), "w" * 79),
    ],
    ids=["bytes", "nothing done", "more than there was to do", "no total", "control characters", "too long"],
)
def test_a_terminal_s_bar_is_one_line(monkeypatch, state, line):
    monkeypatch.setenv("COLUMNS", "80")
    stream = io.StringIO()
    TerminalBar(stream).draw(state)
    assert stream.getvalue() == f"\r{line}"


def test_a_notebook_gets_one_bar_that_is_updated_in_place():
    shown, updated = [], []
    handle = SimpleNamespace(update=lambda content, raw: updated.append(content))

    def display(content, *, raw, display_id):
        shown.append(content)
        return handle

    notebook = NotebookBar(display)
    notebook.draw(Progress("GET_AllOrders", 40, 95, "rows", 1.2))
    notebook.draw(Progress("GET_AllOrders", 95, 95, "rows", 2.6, finished=True))
    assert [content["text/html"].strip() for content in shown] == [
        '<div><progress value="40" max="95"></progress> GET_AllOrders: 40 of 95 rows, 1 s</div>'
    ]
    assert [content["text/plain"] for content in updated] == ["GET_AllOrders: 95 rows, 3 s"]


def test_a_notebook_s_bar_of_unknown_length_moves_and_ends_full():
    contents = []
    notebook = NotebookBar(lambda content, **_: contents.append(content))
    notebook.draw(Progress("<b>", 40, None, "rows", 1.0))
    assert "<progress></progress> &lt;b&gt;: 40 rows" in contents[0]["text/html"]
    notebook = NotebookBar(lambda content, **_: contents.append(content))
    notebook.draw(Progress("work", 40, None, "rows", 1.0, finished=True))
    assert '<progress value="1" max="1"></progress>' in contents[1]["text/html"]


def test_a_kernel_is_recognised_without_importing_ipython(monkeypatch):
    shell = SimpleNamespace(kernel=object())
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    assert isinstance(progress._bar(None), NotebookBar)


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (Progress("a", 5, None, "rows", 1.0), "a: 5 rows, 1 s"),
        (Progress("a", 5, 9, "calls", 61.0, "2 failed"), "a: 5 of 9 calls, 2 failed, 61 s"),
        (Progress("a", 2048, 5 * 1024**3, "B", 1.0), "a: 2 KB of 5.0 GB, 1 s"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_state_reads_as_a_sentence(state, sentence):
    assert state.sentence() == sentence


def test_a_saved_notebook_keeps_one_bar_and_nothing_on_standard_error(monkeypatch, tmp_path):
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))  # nobody's own start files
    monkeypatch.setenv("PYDEVD_DISABLE_FILE_VALIDATION", "1")  # or debugpy complains on standard error
    code = (
        "import sys\n"
        "sys.modules['ipywidgets'] = None\n"
        "from dynzuora.display.progress import Meter\n"
        "now = [0.0]\n"
        "with Meter('GET_AllOrders', total=95, clock=lambda: now[0]) as meter:\n"
        "    for rows in (40, 40, 15):\n"
        "        now[0] += 2\n"
        "        meter.advance(rows)"
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    nbclient.NotebookClient(notebook, timeout=60, kernel_name="python3").execute(cwd=str(tmp_path))
    [shown] = notebook.cells[0].outputs
    assert shown.data["text/plain"] == "GET_AllOrders: 95 rows, 6 s"
    assert '<progress value="95" max="95"></progress>' in shown.data["text/html"]
