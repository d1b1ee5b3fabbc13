"""The documentation's site as mkdocs builds it: complete, without a broken link, and asking the network for nothing."""

import http.server
import os
import re
import subprocess
import sys
import threading
from functools import partial
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import typer
from PIL import Image

from pipeline.cli.commands import app
from pipeline.config import known_keys
from tests.browser import CHROMIUM, PATIENCE, REQUIRED
from tests.conftest import REPOSITORY
from tests.demo_run import demo_folder


@pytest.fixture(scope="module")
def demo(session_cache):
    return demo_folder(session_cache) / "outputs" / "demo"


@pytest.fixture(scope="module")
def site(demo, tmp_path_factory):
    """The folder of the built site; a warning of mkdocs is a failure."""
    if find_spec("mkdocstrings") is None:
        if os.environ.get(REQUIRED):
            pytest.fail("mkdocs is not installed, and the tests of the site are required: pip install '.[docs]'")
        pytest.skip("mkdocs is not installed: pip install '.[docs]'")
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    environment = os.environ | {"PAPERATLAS_DEMO_RUN": str(demo), "NO_MKDOCS_2_WARNING": "1"}
    if CHROMIUM:
        environment[REQUIRED] = "1"  # what hinders the pictures is then told
    done = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


class Links(HTMLParser):
    """What a page links to, what it loads, and the places in it that links can name."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.places: set[str] = {""}
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if "id" in given:
            self.places.add(given["id"])
        target = given.get("href") if tag in ("a", "link") else given.get("src")
        if target is None or target.startswith(("data:", "javascript:")):
            return
        (self.links if tag == "a" else self.loaded).append(target)


@pytest.fixture(scope="module")
def pages(site):
    return {
        path: Links(path) for path in site.rglob("*.html") if path.name != "404.html" and path.parent.name != "demo"
    }


def test_every_link_of_the_site_leads_somewhere(site, pages):
    assert len(pages) > 15
    for path, page in pages.items():
        for link in page.links + page.loaded:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            assert target.is_file(), f"{path.name} links to {link}"
            if target in pages and parts.fragment:
                assert unquote(parts.fragment) in pages[target].places, f"{path.name} links to {link}"


def test_no_page_loads_anything_from_elsewhere(site, pages):
    for path, page in pages.items():
        assert [link for link in page.loaded if urlsplit(link).scheme or urlsplit(link).netloc] == [], path.name
    for sheet in site.rglob("*.css"):
        assert re.findall(r"(?:url\(|@import\s)[\"']?(?:https?:)?//", sheet.read_text(encoding="utf-8")) == [], (
            sheet.name
        )


def text_of(path):
    return " ".join(re.sub(r"<[^>]*>", " ", path.read_text(encoding="utf-8")).split())


def test_every_setting_and_every_option_is_on_the_site(site):
    settings, commands = text_of(site / "all-settings.html"), text_of(site / "all-commands.html")
    assert [key for key in known_keys() if key.rpartition(".")[2] not in settings] == []
    command = typer.main.get_command(app)
    waiting, seen = [command], 0
    while waiting:
        command = waiting.pop()
        waiting += getattr(command, "commands", {}).values()
        shown = [parameter for parameter in command.params if not getattr(parameter, "hidden", False)]
        options = [option for parameter in shown for option in parameter.opts if option.startswith("--")]
        assert [option for option in options if option not in commands] == []
        seen += len(options)
    assert seen > 80
    assert "Find the papers most similar to a paper or a text." in commands


def test_the_python_page_shows_the_methods_of_an_atlas(site):
    shown = text_of(site / "api.html")
    for name in ("similar", "search", "assign", "near_duplicates", "to_pandas"):
        assert re.search(rf"\b{name} \(", shown), name


@pytest.fixture(scope="module")
def address(site):
    """The site on the loopback address: search needs a server."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_the_site_works_without_a_network_and_shows_the_live_map(browser, address):
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    requests, complaints = [], []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda problem: complaints.append(str(problem)))
    page.goto(f"{address}/index.html")
    frame = page.frame_locator("iframe.live-map")
    frame.locator("body[data-ready]").wait_for(state="attached", timeout=PATIENCE)
    frame.get_by_text("200 papers · 6 topics").first.wait_for()
    page.keyboard.press("/")
    page.keyboard.type("granularity")
    page.locator(".md-search-result__item").first.wait_for()
    page.goto(f"{address}/comparison.html")
    page.get_by_role("heading", name="Measured: topics").wait_for()
    assert [request for request in requests if not request.startswith((address, "data:", "blob:"))] == []
    assert complaints == []


LOOKS = (("light", 390), ("dark", 1280))


@pytest.mark.parametrize("look", range(len(LOOKS)), ids=["light phone", "dark desk"])
def test_no_page_of_the_site_has_a_barrier_that_axe_finds(browser, address, site, look):
    """Each page in one look, the next one in the other: what frames all of them is so seen in both."""
    from axe_playwright_python.sync_playwright import Axe

    scheme, width = LOOKS[look]
    context = browser.new_context(
        viewport={"width": width, "height": 900}, reduced_motion="reduce", color_scheme=scheme
    )
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    found = {}
    for path in sorted(site.glob("*.html"))[look :: len(LOOKS)]:
        page.goto(f"{address}/{path.name}")
        barriers = Axe().run(page, options={"iframes": False}).response["violations"]
        found[path.name] = [f"{one['id']}: {[node['html'][:90] for node in one['nodes']][:3]}" for one in barriers]
    assert len(found) > 12
    assert {name: barriers for name, barriers in found.items() if barriers} == {}


def test_the_site_shows_the_pictures_of_the_run_whose_map_it_shows(browser, site, demo, tmp_path):
    """Not those kept in docs/pictures, which are of the code of the day they were made."""
    from docs.tools.pictures import draw_figure

    draw_figure(demo, tmp_path)
    assert (site / "pictures" / "figure.png").read_bytes() == (tmp_path / "figure.png").read_bytes()


def test_the_pictures_can_be_made_again_and_show_something(browser, demo, tmp_path):
    from docs.tools.diagrams import draw_diagrams
    from docs.tools.pictures import draw_figure, take_screenshots

    take_screenshots(browser, demo, tmp_path)
    draw_figure(demo, tmp_path)
    draw_diagrams(demo, tmp_path)
    kept = REPOSITORY / "docs" / "pictures"
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in kept.iterdir()}
    for path in tmp_path.iterdir():
        with Image.open(path) as picture, Image.open(kept / path.name) as before:
            assert picture.size == before.size
            colours = picture.convert("RGB").getcolors(2**24)
            assert len(colours) > 100, f"{path.name} shows nothing"
