"""The committed notebooks run, and say again what they say in the repository.

Have them say what is said today with ``python -m docs.make notebooks``.
"""

from __future__ import annotations

import os
import tempfile
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
    monkeypatch.delenv("ZUORA_ENV", raising=False)
    assert checked(run(path, tmp_path)) == checked(nbformat.read(path, as_version=4))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_committed_notebook_has_output_and_no_error(path: Path) -> None:
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    assert checked(nbformat.read(path, as_version=4))
    assert [output for cell in cells for output in cell.outputs if output.output_type == "error"] == []


def run(path: Path, folder: Path) -> Any:
    """Return the notebook with what its cells show now, run in ``folder``."""
    notebook = nbformat.read(path, as_version=4)
    environment = os.environ | {
        "IPYTHONDIR": str(folder),  # nobody's own start files
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # or debugpy complains on standard error
    }
    metadata = dict(notebook.metadata)  # the kernel adds its own version
    once = {"record_timing": False, "coalesce_streams": True}  # the same file each time
    client = nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3", **once)
    client.execute(cwd=str(folder), env=environment)
    notebook.metadata = metadata
    return notebook


def renew(path: Path) -> None:
    """Write a notebook with what its cells show now."""
    with tempfile.TemporaryDirectory() as folder:
        nbformat.write(run(path, Path(folder)), path)


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
