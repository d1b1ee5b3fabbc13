"""How long a selection in a notebook's cell takes to become a frame: in Chromium, then in Python.

    python -m benchmarks.widget RUN [--rounds 5]

"on the page": from the press of "Select shown", all papers in sight, to the rows that the widget's script hands to the
notebook; "in Python": from the bytes that arrive to ids and a frame of all of them. Between the two lies the
notebook's own connection, on one machine: 4 bytes a paper, not measured here. Chromium renders in software. "page":
the cell's page made, once a widget.
"""

import argparse
import base64
import json
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from benchmarks.common import machine, spread
from pipeline import Atlas

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
PATIENCE = 120_000
PRESS = "(one) => { const now = performance.timeOrigin + performance.now(); one.click(); return now; }"
# A model of anywidget's protocol that keeps what the page saves, and when it did.
HOST = """<!doctype html><title>cell</title><div id="cell"></div><script type="module">
const bytes = Uint8Array.from(atob(PAGE), (one) => one.charCodeAt(0));
const none = new DataView(new ArrayBuffer(0));
const state = { _page: new DataView(bytes.buffer), _rows: none, _title: "run", height: 700 };
const model = {
  get: (name) => state[name],
  set: (name, value) => { state[name] = value; },
  save_changes: () => { window.saved = [performance.now(), Array.from(new Uint8Array(state._rows.buffer))]; },
  on: () => {},
  off: () => {},
};
const widget = await import(URL.createObjectURL(new Blob([SCRIPT], { type: "text/javascript" })));
widget.default.render({ model, el: document.getElementById("cell") });
</script>"""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("run")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    atlas = Atlas.load(options.run)
    print(machine("anywidget", "ipywidgets", "pandas", "playwright"))
    start = time.perf_counter()
    widget = atlas.widget(height=700)
    made = time.perf_counter() - start
    print(f"{len(atlas):,} papers; page {made:.1f} s, {len(widget.get_state()['_page']) / 1e6:.1f} MB")
    on_page, in_python = [], []
    for seconds, rows in selections(widget.get_state(), options.rounds):
        widget.selected_ids = []
        start = time.perf_counter()
        widget.set_state({"_rows": memoryview(rows)})
        frame = widget.selected
        in_python.append(time.perf_counter() - start)
        on_page.append(seconds)
        assert frame["id"].tolist() == widget.selected_ids
    print(f"{len(frame):,} selected; on the page {spread(on_page)} s, in Python {spread(in_python)} s")
    print(f"together {spread([one + other for one, other in zip(on_page, in_python, strict=True)])} s")


def selections(state: dict[str, Any], rounds: int) -> list[tuple[float, bytes]]:
    """Seconds from the press of the button to the rows handed over, and the rows, a few times."""
    page_text = base64.b64encode(state["_page"]).decode()
    host = HOST.replace("PAGE", json.dumps(page_text)).replace("SCRIPT", json.dumps(state["_esm"]))
    measured = []
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        file = Path(folder) / "cell.html"
        file.write_text(host, encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_context(viewport={"width": 1280, "height": 800}, offline=True).new_page()
        page.goto(file.as_uri())
        cell = page.frame_locator("iframe")
        cell.locator("body[data-ready]").wait_for(state="attached", timeout=PATIENCE)
        button = cell.get_by_role("button", name="Select all papers shown")
        for _ in range(rounds):
            page.evaluate("window.saved = null")
            # Both frames' clocks count from one origin, to a tenth of a millisecond.
            pressed = button.evaluate(PRESS)
            page.wait_for_function("window.saved !== null", timeout=PATIENCE)
            saved, rows = page.evaluate("[performance.timeOrigin + window.saved[0], window.saved[1]]")
            measured.append(((saved - pressed) / 1000, bytes(rows)))
            cell.locator("#panel [aria-label=Close]").click()
            page.wait_for_function("window.saved[1].length === 0", timeout=PATIENCE)
        browser.close()
    return measured


if __name__ == "__main__":
    main()
