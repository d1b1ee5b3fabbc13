"""A headless Chromium for the tests of pages: everything it asks for and complains about is kept."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
# Software rendering, and none of the browser's own traffic.
ARGUMENTS = (
    *("--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"),
)
REQUIRED = "PAPERATLAS_BROWSER_REQUIRED"
PATIENCE = 30_000  # milliseconds; a slow machine is no failure


@contextmanager
def open_browser() -> Iterator[Any]:
    """Chromium, or a skip with the reason; where a browser is required its absence is a failure."""
    if CHROMIUM is None:
        if os.environ.get(REQUIRED):
            pytest.fail("no Chromium here, and the browser tests are required")
        pytest.skip("no Chromium here: the tests of the map's page need one")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield browser
        browser.close()


@dataclass
class Seen:
    """A page, and what it did."""

    page: Any
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def text(self, selector: str) -> str:
        return str(self.page.locator(selector).first.inner_text())

    def expect(self, selector: str, text: str) -> None:
        """Fails unless an element with this text is there, or comes."""
        self.page.locator(selector, has_text=text).first.wait_for(timeout=PATIENCE)


def show(browser: Any, address: str, *, size: tuple[int, int] = (1280, 800), script: str = "", **options: Any) -> Seen:
    """The page once it is ready, in a context of its own. script: what runs in it before anything else."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, reduced_motion="reduce", accept_downloads=True, **options
    )
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    seen = Seen(page)
    page.on("request", lambda request: seen.requests.append(request.url))
    page.on("console", lambda message: seen.complaints.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda problem: seen.complaints.append(f"error: {problem}"))
    if script:
        page.add_init_script(script)
    page.goto(address)
    page.wait_for_selector("body[data-ready]", state="attached", timeout=PATIENCE)
    return seen


def file_address(path: Path, fragment: str = "") -> str:
    return path.resolve().as_uri() + fragment
