"""The committed notebooks run, and say again what they say in the repository."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")

NOTEBOOKS = sorted(Path(__file__).parent.parent.joinpath("notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_its_checked_cells_say_the_same(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))  # nobody's own start files
    monkeypatch.setenv("PYDEVD_DISABLE_FILE_VALIDATION", "1")  # or debugpy complains on standard error
    monkeypatch.delenv("ZUORA_ENV", raising=False)
    committed = nbformat.read(path, as_version=4)
    run = nbformat.read(path, as_version=4)
    nbclient.NotebookClient(run, timeout=120, kernel_name="python3").execute(cwd=str(tmp_path))
    assert checked(run) == checked(committed)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_committed_notebook_has_output_and_no_error(path: Path) -> None:
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    assert checked(nbformat.read(path, as_version=4))
    assert [output for cell in cells for output in cell.outputs if output.output_type == "error"] == []


def checked(notebook: Any) -> list[str]:
    """The text that each cell tagged ``check`` shows."""
    return [
        "".join(_text(output) for output in cell.outputs)
        for cell in notebook.cells
        if "check" in cell.metadata.get("tags", ())
    ]


def _text(output: Any) -> str:
    if output.output_type == "stream":
        return str(output.text)
    return str(output.get("data", {}).get("text/plain", ""))
