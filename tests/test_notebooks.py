"""The example notebooks: each runs from an empty folder, offline, and is kept without outputs."""

import json

import pytest

from tests.conftest import REPOSITORY

NOTEBOOKS = sorted((REPOSITORY / "docs" / "notebooks").glob("*.ipynb"))
# What a reader should see after some cell of a notebook, whatever else is there.
SHOWN = {
    "six-papers": (
        "calving",
        "Honey bees",
        "Meltwater under a glacier speeds up",
        "application/vnd.jupyter.widget-view+json",
    ),
    "own-vectors": ("(200, 20)", "Marine heatwave", '"text": "coral bleaching\\n"'),
    "comparing-runs": ("agreement 0.", "Fire corals", "34 new papers; 0 old ones moved", "image/svg+xml"),
}
# A kernel's sockets would reach others: none but those on the loopback address, over which it is spoken to.
OFFLINE = """
import socket as _socket
_connect = _socket.socket.connect
def _local(self, address):
    if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "localhost", "::1"):
        raise OSError(f"{address}: a notebook asked the network")
    return _connect(self, address)
_socket.socket.connect = _local
"""


START = "%reset -f\nimport os\nos.makedirs({folder!r})\nos.chdir({folder!r})"


@pytest.fixture(scope="module")
def outputs(tmp_path_factory, session_cache):
    """What each notebook shows, cell by cell. One kernel runs them all, for it takes longer to start than they do; each
    finds an empty folder, and no name that the one before has defined.
    """
    import nbformat
    from nbclient import NotebookClient

    folder = tmp_path_factory.mktemp("notebooks")
    whole = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(OFFLINE)])
    places = {}
    for path in NOTEBOOKS:
        whole.cells.append(nbformat.v4.new_code_cell(START.format(folder=str(folder / path.stem))))
        cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
        places[path.stem] = slice(len(whole.cells), len(whole.cells) + len(cells))
        whole.cells += [nbformat.v4.new_code_cell(cell.source) for cell in cells]
    with pytest.MonkeyPatch.context() as patch:
        for name in ("JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR"):
            patch.setenv(name, str(folder / name.lower()))
        patch.setenv("PYTHONPATH", str(REPOSITORY))
        patch.setenv("PAPERATLAS_CACHE", str(session_cache))
        NotebookClient(whole, timeout=300, resources={"metadata": {"path": str(folder)}}).execute()
    return {name: [output for cell in whole.cells[place] for output in cell.outputs] for name, place in places.items()}


@pytest.mark.parametrize("name", sorted(SHOWN))
def test_a_notebook_runs_offline_and_shows_what_it_says(name, outputs):
    shown = json.dumps(outputs[name])
    assert [text for text in SHOWN[name] if text not in shown] == []
    assert [output for output in outputs[name] if output.get("name") == "stderr"] == []


def test_notebooks_are_kept_without_outputs_and_are_on_the_page_about_them():
    page = (REPOSITORY / "docs" / "notebooks.md").read_text(encoding="utf-8")
    assert [path.stem for path in NOTEBOOKS] == sorted(SHOWN)
    for path in NOTEBOOKS:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
        assert [cell["id"] for cell in code if cell["outputs"] or cell["execution_count"] is not None] == []
        assert f"notebooks/{path.name}" in page
