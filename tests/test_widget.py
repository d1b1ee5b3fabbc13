"""atlas.widget(): the map's page in a notebook's cell, as a minimal host of anywidget's protocol shows it, offline."""

import base64
import html
import json
import sys
from dataclasses import replace

import numpy as np
import pytest

from pipeline import Atlas
from pipeline.atlas import save_atlas
from pipeline.errors import PaperatlasError, UnknownPaperError
from pipeline.map import write_page
from pipeline.map.html import asset, deck_script, page_script, written_blocks
from tests.browser import PATIENCE, file_address
from tests.planted import planted_papers, run_once

# What a notebook does with a widget: it imports the script, gives it a model and an element, and carries changes both
# ways. Buffers come from Python as DataViews. The policy is as strict as that of notebooks in VS Code.
HOST = """<!doctype html><html lang="en"><head><title>Notebook</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval' blob:;
 style-src 'unsafe-inline'; img-src https: data:; connect-src https:; child-src https: data:"></head>
<body><main><h1>A notebook</h1><div id="cell"></div></main>
<script type="module">
const state = STATE;
for (const name of ["_page", "_rows"]) {
  const bytes = Uint8Array.from(atob(state[name]), (one) => one.charCodeAt(0));
  state[name] = new DataView(bytes.buffer);
}
const watchers = [];
window.saved = [];
const model = {
  get: (name) => state[name],
  set: (name, value) => {
    state[name] = value;
    watchers.filter((one) => one.event === `change:${name}`).forEach((one) => one.call());
  },
  save_changes: () => window.saved.push(Array.from(new Uint8Array(state._rows.buffer))),
  on: (event, call) => watchers.push({ event, call }),
  off: (event, call) => watchers.splice(watchers.findIndex((one) => one.event === event && one.call === call), 1),
};
const bytesOf = (value) => new DataView(Uint8Array.from(value).buffer);
window.fromPython = (name, value) => model.set(name, name === "_rows" ? bytesOf(value) : value);
window.watched = () => watchers.length;
const address = URL.createObjectURL(new Blob([SCRIPT], { type: "text/javascript" }));
const widget = (await import(address)).default;
window.remove = widget.render({ model, el: document.getElementById("cell") });
</script></body></html>"""


@pytest.fixture(scope="module")
def atlas(tmp_path_factory):
    papers = planted_papers(["glaciers", "bees", "violins"], 20)
    return Atlas(run_once(tmp_path_factory.mktemp("widget"), papers))


@pytest.fixture
def widget(atlas):
    return atlas.widget(height=500)


class Cell:
    """A page that shows the widget, and the frame in it."""

    def __init__(self, browser, widget, file) -> None:
        state = widget.get_state()
        shown = {
            name: base64.b64encode(state[name]).decode() if isinstance(state[name], bytes) else state[name]
            for name in ("_page", "_rows", "_title", "height")
        }
        host = HOST.replace("STATE", json.dumps(shown)).replace("SCRIPT", json.dumps(state["_esm"]))
        file.write_text(host, encoding="utf-8")
        self.widget = widget
        size = {"width": 1200, "height": 700}
        self.context = browser.new_context(viewport=size, offline=True, reduced_motion="reduce")
        self.context.set_default_timeout(PATIENCE)
        self.page = self.context.new_page()
        self.requests, self.complaints = [], []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda problem: self.complaints.append(f"error: {problem}"))
        self.page.goto(file_address(file))
        self.frame = self.page.frame_locator("#cell iframe")
        self.frame.locator("body[data-ready]").wait_for(state="attached", timeout=PATIENCE)

    def carry(self) -> None:
        """What the page saved last, given to Python as the notebook's connection gives it."""
        self.page.wait_for_function("window.saved.length > 0")
        self.widget.set_state({"_rows": memoryview(bytes(self.page.evaluate("window.saved.at(-1)")))})
        self.page.evaluate("window.saved.length = 0")

    def tell(self, name, value) -> None:
        """A value that was set in Python, given to the page."""
        self.page.evaluate("([name, value]) => window.fromPython(name, value)", [name, value])

    def barriers(self) -> list[object]:
        """What axe-core finds around the frame and in it, which it cannot enter by itself."""
        from axe_playwright_python.sync_playwright import Axe

        outer = Axe().run(self.page, options={"iframes": False}).response["violations"]
        inner = next(frame for frame in self.page.frames if frame.parent_frame)
        inner.evaluate(Axe().axe_script)
        return [(one["id"], one["nodes"]) for one in [*outer, *inner.evaluate("axe.run()")["violations"]]]


@pytest.fixture
def cell(browser, widget, tmp_path):
    cells = []

    def shown(one=widget):
        cells.append(Cell(browser, one, tmp_path / "notebook.html"))
        return cells[-1]

    yield shown
    for one in cells:
        assert [url for url in one.requests if not url.startswith(("file:", "blob:", "data:", "about:"))] == []
        assert one.complaints == []
        one.context.close()


# --- in the browser


def test_what_is_shown_or_drawn_around_in_the_cell_becomes_a_frame(cell, atlas, widget):
    shown = cell()
    shown.frame.get_by_text("60 papers").first.wait_for()
    shown.frame.locator("#search").fill("honeybee")
    shown.frame.get_by_text("papers found").first.wait_for()
    shown.frame.get_by_role("button", name="Select all papers shown").click()
    shown.frame.locator("#panel h2.title", has_text="selected").wait_for()
    shown.carry()
    texts = zip(*(atlas.column(name).to_pylist() for name in ("id", "title", "abstract")), strict=True)
    expected = [paper for paper, title, abstract in texts if "honeybee" in f"{title} {abstract}"]
    assert len(expected) > 5
    assert widget.selected_ids == expected
    frame = widget.selected
    assert frame["id"].tolist() == expected
    assert frame["title"].tolist() == [atlas.paper(paper)["title"] for paper in expected]
    assert list(frame.columns) == list(atlas.to_pandas().columns)
    # A paper of the list is opened: there is no address bar whose address could follow.
    shown.frame.locator("#results .paper").first.click()
    shown.frame.locator("#panel .similar .paper").first.wait_for()
    shown.frame.locator("#results button.plain").click()
    shown.frame.get_by_role("button", name="Show the whole map").click()
    shown.frame.get_by_role("button", name="Select papers by drawing around them").click()
    box = shown.frame.locator("#drawing").bounding_box()
    left, top, right, low = box["x"] + 2, box["y"] + 2, box["x"] + box["width"] - 2, box["y"] + box["height"] - 2
    shown.page.mouse.move(left, top)
    shown.page.mouse.down()
    for corner in ((right, top), (right, low), (left, low)):
        shown.page.mouse.move(*corner)
    shown.page.mouse.up()
    shown.frame.locator("#panel h2.title", has_text="60 papers selected").wait_for()
    shown.carry()
    assert widget.selected_ids == atlas.column("id").to_pylist()
    shown.frame.locator("#panel [aria-label=Close]").click()
    shown.carry()
    assert widget.selected_ids == []
    assert len(widget.selected) == 0


def test_a_selection_made_in_python_is_shown_without_barriers_and_not_sent_back(cell, widget):
    widget.selected_ids = ["bees-1", "bees-2"]
    shown = cell()
    shown.frame.locator("#panel h2.title", has_text="2 papers selected").wait_for()
    assert shown.barriers() == []
    widget.selected_ids = ["violins-3"]
    shown.tell("_rows", list(widget._rows))
    shown.frame.locator("#panel h2.title", has_text="1 paper selected").wait_for()
    widget.selected_ids = []
    shown.tell("_rows", list(widget._rows))
    shown.frame.locator("#panel").wait_for(state="hidden")
    assert shown.page.evaluate("window.saved") == []
    # Another frame of the notebook says that papers are selected: it is not heard.
    shown.page.evaluate(
        """() => { const other = document.createElement("iframe"); other.srcdoc = "<p>other</p>";
        document.body.append(other); const script = other.contentDocument.createElement("script");
        script.textContent = 'parent.postMessage({ paperatlas: "selected", rows: new Int32Array([1]) }, "*")';
        other.contentDocument.documentElement.append(script);
        return new Promise((done) => setTimeout(done, 100)); }"""
    )
    assert shown.page.evaluate("window.saved") == []
    height = "document.querySelector('#cell iframe').getBoundingClientRect().height"
    assert shown.page.evaluate(height) == 500
    shown.tell("height", 640)
    assert shown.page.evaluate(height) == 640
    assert shown.page.evaluate("window.watched()") == 2
    shown.page.evaluate("window.remove()")
    assert shown.page.evaluate("window.watched()") == 0, "the cell was cleared"


# --- in Python


def test_the_page_is_that_of_map_html_and_brings_all_it_needs(widget):
    page = html.unescape(widget._page.decode())
    assert html.unescape(page_script()) in page
    assert html.unescape(deck_script()) in page
    assert 'data-in-cell="true"' in page
    assert "connect-src 'none'" in page
    assert "http" not in widget._esm


def test_ids_are_told_to_those_who_watch_them_once(widget):
    told = []
    widget.observe(lambda change: told.append(change["new"]), "selected_ids")
    widget.set_state({"_rows": memoryview(np.array([3, 4], "<i4").tobytes())})
    widget.selected_ids = widget.selected_ids[::-1]
    assert told == [widget._ids[3:5]]


def test_an_id_that_is_not_on_the_map_is_refused(widget):
    widget.selected_ids = ["bees-1"]
    with pytest.raises(UnknownPaperError, match="no paper on the map has the id 'bees-77'"):
        widget.selected_ids = ["bees-2", "bees-77"]
    assert widget.selected_ids == ["bees-1"]


def test_a_page_that_holds_a_part_of_the_papers_names_the_right_ones(atlas, monkeypatch):
    monkeypatch.setattr("pipeline.map.html.FEWEST", 10)
    from pipeline.map.widget import MapWidget

    def to_frame(rows):
        return atlas.to_pandas().iloc[rows]

    budget = (len(atlas.widget()._page) - 20_000) / 1e6
    small = MapWidget(atlas.data, to_frame=to_frame, height=300, budget_mb=budget - 0.002)
    assert 10 <= len(small._ids) <= 60
    small.set_state({"_rows": memoryview(np.array([0, len(small._ids) - 1], "<i4").tobytes())})
    assert small.selected["id"].tolist() == [small._ids[0], small._ids[-1]]


def test_the_page_of_the_run_is_used_where_it_is_this_packages_and_intact(atlas, tmp_path, monkeypatch):
    folder = tmp_path / "run"
    data = replace(atlas.data, manifest=replace(atlas.manifest, files={}), folder=None)
    page = write_page(data, title="planted", budget_mb=30)
    kept = Atlas(save_atlas(data, folder, pictures={"map.html": page}))
    monkeypatch.setattr("pipeline.map.html.precompute_similar", None)  # it is not computed again
    assert kept.widget()._page == page.replace(b'data-in-cell=""', b'data-in-cell="true"')
    monkeypatch.undo()
    (folder / "map.html").write_bytes(page.replace(b"block-texts", b"block-tests"))
    assert kept.widget()._ids == atlas.widget()._ids, "made anew"
    (folder / "map.html").unlink()
    assert kept.widget()._ids == atlas.widget()._ids
    assert written_blocks(page.replace(page_script().encode(), b"of another version")) == {}


def test_without_anywidget_the_message_says_what_to_install(atlas, monkeypatch):
    monkeypatch.delitem(sys.modules, "pipeline.map.widget", raising=False)
    monkeypatch.setitem(sys.modules, "anywidget", None)
    with pytest.raises(PaperatlasError, match=r"a widget needs anywidget: pip install 'paperatlas\[notebook\]'"):
        atlas.widget()


def test_the_script_of_the_widget_is_no_part_of_the_page():
    assert asset("widget.js") not in page_script()
