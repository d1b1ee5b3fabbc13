"""Page -> map.html: one file that opens anywhere and asks the network for nothing.

deck.gl is the script inside the installed package pydeck; the page around it is the files in page/, concatenated: no
build step. The content security policy in the page's head allows these scripts alone.
"""

import base64
import hashlib
import html
import importlib.metadata
import importlib.resources
import re
from collections.abc import Callable, Mapping
from functools import cache

import numpy as np
import pyarrow as pa

from pipeline.atlas import AtlasData
from pipeline.map.content import (
    Page,
    only_titles,
    page_points,
    sampled,
    with_citations,
    with_similar,
    with_texts,
    with_titles,
    without,
)
from pipeline.map.packing import pack_page, pack_texts
from pipeline.recommender.precomputed import precompute_similar

# Each imports only modules that stand before it.
MODULES = (
    *("dom", "store", "source", "versions"),
    *("relations", "filters", "colours", "grid", "sight", "labels", "points", "framing", "scene", "search"),
    *("topics", "years", "missing", "related", "details", "selection", "legend", "lasso"),
    *("keyboard", "address", "cell", "main"),
)
SIMILAR = 10
SIMILAR_BYTES = 60.0  # least size of a paper's list of similar papers; where they cannot fit they are not computed
FEWEST = 1000  # papers that a page keeps, however small its budget
ESTIMATED_ON, FAR_BEYOND = 20_000, 1.5  # papers that a size is estimated on; times the budget, with room for its error
IMPORT = re.compile(r'^import (\{[^}]*\}) from "\./(\w+)\.js";$', re.MULTILINE)
BLOCK = re.compile(rb'<script type="application/gzip" id="block-(\w+)">([^<]*)</script>')
EXPORT = re.compile(r"^export (?=(?:async function|function|const|class) (\w+))", re.MULTILINE)
MIT = """Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions: The above copyright notice and
this permission notice shall be included in all copies or substantial portions of the Software. THE SOFTWARE IS PROVIDED
"AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF
MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT
HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE,
ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE."""


def write_page(
    atlas: AtlasData, *, title: str, budget_mb: float, advance: Callable[[int], None] = lambda _: None
) -> bytes:
    """The map of an atlas as one HTML file of at most `budget_mb` megabytes (1e6 bytes), if at all possible.

    Beyond the budget the references that similar papers share are left out first, then abstracts, then the lists of
    similar papers, then citations, then papers where the map is crowded; the page says what is missing. advance: called
    with the number of papers whose similar papers are computed.
    """
    return render(page_blocks(atlas, title=title, budget_mb=budget_mb, advance=advance), title)


def page_blocks(
    atlas: AtlasData, *, title: str, budget_mb: float, advance: Callable[[int], None] = lambda _: None
) -> dict[str, bytes]:
    """The blocks that such a file has room for, by name."""
    budget = budget_mb * 1e6 - len(render({}, title))
    points = page_points(atlas, title)
    if len(atlas) > ESTIMATED_ON and (blocks := _far_too_large(points, atlas, budget)) is not None:
        return blocks
    page = with_citations(_with_texts_that_may_fit(points, atlas, budget), atlas)
    blocks = pack_page(page)
    if _size(blocks) - _encoded_size(blocks.get("abstracts", b"")) + SIMILAR_BYTES * len(atlas) <= budget:
        lists = precompute_similar(atlas, k=SIMILAR, advance=advance)
        page = with_similar(page, lists, atlas)
        blocks = pack_page(page, blocks)
    if _size(blocks) > budget and "shared" in blocks:
        blocks = pack_page(page := without(page, "shared references"), blocks)
    if page.abstracts is not None and _size(blocks) > budget:
        blocks = pack_page(page := without(page, "abstracts"), blocks)
    if page.similar is None or _size(blocks) > budget:
        blocks = pack_page(page := without(page, "similar papers"), blocks)
    if page.citations is not None and _size(blocks) > budget:
        blocks = pack_page(page := without(page, "citations"), blocks)
    if _size(blocks) > budget:
        fitting = max(int(len(atlas) * budget / _size(blocks) * 0.95), FEWEST)
        blocks = pack_page(sampled(page, fitting))
    return blocks


def _far_too_large(points: Page, atlas: AtlasData, budget: float) -> dict[str, bytes] | None:
    """The blocks for as many papers as fit, where even the titles of all are far beyond the budget; else None.

    How many fit is estimated from some: of a very large corpus most texts are then never read.
    """
    size = _size(pack_page(only_titles(points, atlas, ESTIMATED_ON))) * len(atlas) / ESTIMATED_ON
    if size <= FAR_BEYOND * budget:
        return None
    return pack_page(only_titles(points, atlas, max(int(len(atlas) * budget / size * 0.95), FEWEST)))


def _with_texts_that_may_fit(points: Page, atlas: AtlasData, budget: float) -> Page:
    """The page with its texts; without the abstracts, where they alone are far beyond the budget."""
    if len(atlas) > ESTIMATED_ON and _abstracts_size(atlas) > FAR_BEYOND * budget:
        return without(with_titles(points, atlas), "abstracts")
    return with_texts(points, atlas)


def _abstracts_size(atlas: AtlasData) -> float:
    """Bytes that the abstracts of all papers would take, estimated from some."""
    rows = np.linspace(0, len(atlas) - 1, ESTIMATED_ON).astype(np.int64)
    some = atlas.column("abstract").take(pa.array(rows)).to_pylist()
    return _encoded_size(pack_texts(some)) * len(atlas) / ESTIMATED_ON


def written_blocks(page: bytes) -> dict[str, bytes]:
    """The blocks of a page that was written; none where its script is not the one of this package.

    >>> written_blocks(b"<html></html>")
    {}
    """
    if page_script().encode() not in page:
        return {}
    return {name.decode(): base64.b64decode(block) for name, block in BLOCK.findall(page)}


def _size(blocks: Mapping[str, bytes]) -> int:
    return sum(_encoded_size(block) for block in blocks.values())


def _encoded_size(block: bytes) -> int:
    """Of base64: four characters for every three bytes or fewer."""
    return 4 * (-(-len(block) // 3))


def _encoded(block: bytes) -> str:
    return base64.b64encode(block).decode()


def render(blocks: Mapping[str, bytes], title: str, *, api: str = "", in_cell: bool = False) -> bytes:
    """The page around some blocks. api: address that a served page loads the rest from; "" for a file. in_cell: whether
    a notebook's cell holds the page, which then says what is selected in it.
    """
    style, script, deck = asset("style.css"), page_script(), deck_script()
    scripts = " ".join(_digest(text) for text in (deck, script))
    connect = "'self'" if api else "'none'"
    policy = (
        f"default-src 'none'; script-src {scripts}; style-src {_digest(style)}; img-src data: blob:;"
        f" connect-src {connect}; base-uri 'none'; form-action 'none'"
    )
    parts = {
        "policy": html.escape(policy, quote=True),
        "title": html.escape(title),
        "api": html.escape(api, quote=True),
        "in_cell": "true" if in_cell else "",
        "style": style,
        "notice": notice(),
        "deck": deck,
        "blocks": "\n".join(
            f'<script type="application/gzip" id="block-{name}">{_encoded(block)}</script>'
            for name, block in sorted(blocks.items())
        ),
        "script": script,
    }
    template = asset("index.html")
    return re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], template).encode()


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@cache
def asset(name: str) -> str:
    """One file of the page."""
    return importlib.resources.files("pipeline.map").joinpath("page", name).read_text(encoding="utf-8")


@cache
def page_script() -> str:
    """The page's modules as one script: a page opened from disk cannot import files, so each becomes a function."""
    parts = ['"use strict";', "const modules = {};"]
    for name in MODULES:
        text = asset(f"{name}.js")
        body = EXPORT.sub("", IMPORT.sub(r"const \1 = modules.\2;", text))
        parts.append(f"modules.{name} = (() => {{\n{body}\nreturn {{ {', '.join(EXPORT.findall(text))} }};\n}})();")
    return "\n".join(parts) + "\n"


@cache
def deck_script() -> str:
    """deck.gl as pydeck bundles it, without a text that would end the element around it."""
    script = importlib.resources.files("pydeck").joinpath("nbextension", "static", "index.js")
    return script.read_text(encoding="utf-8").replace("</script", "<\\/script").replace("<!--", "<\\!--")


@cache
def notice() -> str:
    """The licences of what the page includes, as the text of an HTML comment."""
    pydeck = importlib.metadata.distribution("pydeck")
    licence = pydeck.read_text("licenses/LICENSE.txt") or "Apache License 2.0"
    joined = (
        f"This page includes deck.gl, as distributed with pydeck {pydeck.version}.\n\n"
        f"deck.gl: Copyright vis.gl contributors. MIT licence.\n{MIT}\n\npydeck: {' '.join(licence.split())}"
    )
    return joined.replace("--", "- -")
