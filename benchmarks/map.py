"""How soon a map is there and how smoothly it moves, beside a plotly page and a datamapplot page of the same points.

    pip install plotly datamapplot; python -m benchmarks.map RUN [--rounds 3]

Chromium renders in software, without a network. "ready": from the request to the first picture; "frames": animation
frames a second while the map is dragged for three seconds. The served page of RUN, the file map.html if RUN has one,
plotly's scattergl with its script inlined, and datamapplot's page, where it can be shown without a network.
"""

import argparse
import importlib.util
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Error, sync_playwright

from benchmarks.common import machine, spread
from pipeline.atlas import AtlasData, load_run

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
COUNT = """() => {
  window.frames_seen = 0;
  const next = () => { window.frames_seen++; requestAnimationFrame(next); };
  next();
}"""
PLOTLY_READY = "requestAnimationFrame(() => { document.body.dataset.ready = 1; });"  # it runs once the plot is made
PATIENCE = 40_000


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("run")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    atlas = load_run(options.run)
    assert atlas.folder is not None
    print(machine("pydeck", "plotly", "playwright"))
    print(f"{len(atlas):,} points, {options.rounds} rounds; seconds to ready, frames a second")
    with tempfile.TemporaryDirectory() as folder, served(atlas.folder) as address:
        pages = {"served": address}
        if (atlas.folder / "map.html").is_file():
            pages["map.html"] = (atlas.folder / "map.html").resolve().as_uri()
        pages["plotly scattergl"] = write_plotly(atlas, Path(folder) / "plotly.html")
        if importlib.util.find_spec("datamapplot"):
            pages["datamapplot"] = write_datamapplot(atlas, Path(folder) / "datamapplot.html")
        for name, page in pages.items():
            measured = [measure(page, cut=not page.startswith("http")) for _ in range(options.rounds)]
            shown = [one for one in measured if one is not None]
            if shown:
                ready, frames = zip(*shown, strict=True)
                print(f"{name}: ready {spread(ready)} s, frames {spread(frames)}")
            else:
                print(f"{name}: shows nothing without a network")


@contextmanager
def served(folder: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "pipeline", "serve", str(folder), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        found = re.search(r"http://\S+?/", process.stdout.readline())
        assert found is not None
        yield found[0]
        process.terminate()


def write_plotly(atlas: AtlasData, path: Path) -> str:
    import plotly.graph_objects as go

    topics = atlas.column("topic").to_numpy()
    points = go.Scattergl(
        x=atlas.column("x").to_numpy(),
        y=atlas.column("y").to_numpy(),
        mode="markers",
        text=atlas.column("title").to_pylist(),
        marker={"color": topics, "size": 3, "colorscale": "Viridis"},
    )
    figure = go.Figure(points, layout={"dragmode": "pan"})
    figure.write_html(path, include_plotlyjs=True, post_script=PLOTLY_READY)
    return path.as_uri()


def write_datamapplot(atlas: AtlasData, path: Path) -> str:
    import datamapplot

    labels = np.array([*[topic.label for topic in atlas.topics], "Unlabelled"])
    points = np.column_stack([atlas.column(name).to_numpy() for name in ("x", "y")])
    figure = datamapplot.create_interactive_plot(
        points, labels[atlas.column("topic").to_numpy()], hover_text=atlas.column("title").to_pylist()
    )
    figure.save(str(path))
    return path.as_uri()


def measure(address: str, *, cut: bool) -> tuple[float, float] | None:
    """Seconds to ready and frames a second while dragging; None where the page never shows a map."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        context = browser.new_context(viewport={"width": 1280, "height": 800}, offline=cut)
        page = context.new_page()
        page.goto(address)
        try:
            page.wait_for_selector("body[data-ready], #deck-container canvas", state="attached", timeout=PATIENCE)
        except Error:
            return None
        ready = page.evaluate("performance.now()") / 1000
        page.wait_for_timeout(2000)
        frames = drag(page)
        browser.close()
        return ready, frames


def drag(page: Any) -> float:
    page.evaluate(COUNT)
    page.mouse.move(700, 400)
    page.mouse.down()
    start, before = page.evaluate("[performance.now(), window.frames_seen]")
    step = 0
    while page.evaluate("performance.now()") - start < 3000:
        step += 1
        page.mouse.move(700 + 150 * np.sin(step / 10), 400 + 100 * np.cos(step / 10))
    end, after = page.evaluate("[performance.now(), window.frames_seen]")
    page.mouse.up()
    return float(1000 * (after - before) / (end - start))


if __name__ == "__main__":
    main()
