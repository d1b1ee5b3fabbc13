"""map.html of papers with references: lines to what a paper cites and what cites it, sizes, what is missing."""

import gzip
import io
import itertools
import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

from pipeline.corpus.cited_references import to_references
from pipeline.map import write_page
from pipeline.map.citations import citation_counts, page_citations, page_missing
from pipeline.map.content import page_points, with_texts
from pipeline.map.html import page_blocks, render
from pipeline.map.packing import pack_page
from pipeline.recommender import find_missing, find_missing_by_topic
from pipeline.references import find_works, store_references
from pipeline.web.app import create_app
from tests.browser import file_address, show
from tests.planted_references import CITED, LISTS, NAMES, YEARS
from tests.small_atlas import P, small_atlas

# Topic 0 is a to f, topic 1 the others; on the map the twelve stand on a circle, a at its right end.
TOPICS = [0] * 6 + [1] * 6
MORE = {"a": {"arxiv": "1001.00001"}, "b": {"journal": "Snow Review", "volume": "2", "pages": "33-40"}}
ATTACK = "<img src=x onerror=window.hacked=1>"
RELATIONS = {
    "cites": "Lines lead to the papers here that it cites.",
    "cited": "Lines lead to the papers here that cite it.",
}
LINES = {"cites": (168, 68, 12), "cited": (0, 105, 75)}  # colours of the lines, before they are mixed with white


def papers(lists=LISTS):
    for number, (name, year, topic, values) in enumerate(zip(NAMES, YEARS, TOPICS, lists, strict=True)):
        references = None if values is None else to_references(values, source="")
        yield P(
            name,
            "Mapping sea ice from small planes" if name == "a" else f"Paper {name}",
            "ice bee oak" if topic else "sea fog jam",
            topic=topic,
            year=year,
            x=float(np.cos(number / 6 * np.pi)),
            y=float(np.sin(number / 6 * np.pi)),
            authors=("Liv Bo",) if name == "b" else ("Nils Aas",),
            more={"doi": f"10.1000/{name}"}
            | MORE.get(name, {})
            | ({} if references is None else {"references": references}),
        )


def with_references(papers, **options):
    """The atlas of papers with their references, as a run keeps them."""
    atlas = small_atlas(list(papers), labels={0: "cold", 1: "warm"}, **options)
    works = find_works(atlas.column, atlas.column_names)
    return replace(atlas, references=store_references(works), works=works)


@pytest.fixture(scope="module")
def atlas():
    return with_references(papers())


def written(atlas, path, **options):
    path.write_bytes(write_page(atlas, title="planted", budget_mb=30, **options))
    return path


@pytest.fixture(scope="module")
def page(atlas, tmp_path_factory):
    return written(atlas, tmp_path_factory.mktemp("citations") / "map.html")


@pytest.fixture
def opened(browser, page):
    pages = []

    def at(fragment="", *, path=page, **options):
        seen = show(browser, file_address(path, fragment), offline=True, **options)
        pages.append(seen)
        return seen

    yield at
    for seen in pages:
        assert [url for url in seen.requests if not url.startswith(("file:", "blob:", "data:"))] == []
        assert seen.complaints == []
        assert seen.page.evaluate("window.hacked") is None
        seen.page.context.close()


def titles(seen, relation):
    seen.page.locator(f"#panel ol.{relation} .paper").first.wait_for()
    return seen.page.locator(f"#panel ol.{relation} strong").all_inner_texts()


def until(seen, expression):
    """Waits until a script is true; the page's policy forbids Playwright's own way."""
    for _ in range(300):
        if seen.page.evaluate(expression):
            return
        seen.page.wait_for_timeout(100)
    pytest.fail(f"never true: {expression}")


def choose(seen, relation):
    seen.page.locator(f"#panel [data-relation={relation}]").click()


# --- what the page holds


def test_who_cites_whom_by_hand(atlas):
    citations = page_citations(atlas)
    ids = atlas.ids.ids
    found = {
        paper: sorted(ids[row] for row in citations.rows[citations.offsets[at] : citations.offsets[at + 1]])
        for at, paper in enumerate(ids)
    }
    assert found == {paper: [one for one in works.split() if len(one) == 1] for paper, works in CITED.items()}
    counts = citation_counts(atlas)
    assert dict(zip(ids, counts["cited"].tolist(), strict=True)) == dict.fromkeys(NAMES, 0) | {"a": 4, "b": 2, "h": 1}
    assert {ids[row]: int(counts["references"][row]) for row in range(12)} == {
        paper: len(works.split()) for paper, works in CITED.items()
    }


def test_what_is_missing_of_all_and_of_each_topic_by_hand(atlas):
    missing = page_missing(atlas)
    ids = atlas.ids.ids

    def listed(numbers):
        works = [missing["works"][number] for number in numbers]
        return [(work["title"], work["link"], "".join(sorted(ids[row] for row in work["rows"]))) for work in works]

    assert listed(missing["all"]) == [
        ("Moe 2001", "https://doi.org/10.1000/x1", "abch"),
        ("Melting of layered snow in spring", "", "abdl"),
        ("Frost", "", "cdk"),
        ("A field guide to drifting ice floes", "", "acl"),
        ("Snow and light", "https://openalex.org/W500", "efk"),
        (missing["works"][missing["all"][5]]["title"], "https://doi.org/10.1000/x6", "fgk"),
    ]
    assert [missing["works"][number]["link"] for number in missing["topics"]["1"]] == ["https://doi.org/10.1000/x6"]
    assert len(missing["topics"]["0"]) == 5
    assert find_missing_by_topic(atlas, k=3) == {topic: find_missing(atlas, topic=str(topic), k=3) for topic in (0, 1)}


def test_without_references_the_page_is_as_it_was():
    plain = small_atlas([P("a", "Ice", x=1.0), P("b", "Bee", y=1.0)])
    blocks = page_blocks(plain, title="t", budget_mb=30)
    meta = meta_of(blocks)
    assert set(blocks) == {"meta", "points", "texts", "abstracts", "similar", "words"}
    assert not {"cited", "references"} & {layout["name"] for layout in meta["points"]}
    assert "citations" not in meta


def meta_of(blocks):
    return json.loads(gzip.decompress(blocks["meta"]))


def test_citations_are_left_out_last_before_papers(atlas):
    fixed = len(render({}, "t"))
    blocks = page_blocks(atlas, title="t", budget_mb=(fixed + 400) / 1e6)
    assert meta_of(blocks)["left_out"] == ["abstracts", "similar papers", "citations"]
    assert not {"citations", "missing"} & set(blocks)
    whole = pack_page(with_texts(page_points(atlas, "t"), atlas))
    kept = ("meta", "points", "texts")
    room = sum(4 * -(-len(whole[name]) // 3) for name in kept) + 1500
    assert "citations" in page_blocks(atlas, title="t", budget_mb=(fixed + room) / 1e6)


def test_references_that_similar_papers_share_are_left_out_first(atlas):
    whole = page_blocks(atlas, title="t", budget_mb=30)
    names = json.loads(gzip.decompress(whole["works"]))
    assert {"Moe 2001", "Larsen 2002"} <= set(names), "they name a work that several pairs share once"
    assert len(names) == len(set(names))
    fixed = len(render({}, "t"))
    size = fixed + sum(4 * -(-len(block) // 3) for block in whole.values())
    blocks = page_blocks(atlas, title="t", budget_mb=(size - 1) / 1e6)
    assert meta_of(blocks)["left_out"] == ["shared references"]
    assert set(whole) - set(blocks) == {"shared", "works"}


# --- in the browser


def test_similar_papers_say_which_works_both_cite(opened):
    seen = opened("#paper=c")
    listed = dict(
        zip(titles(seen, "similar"), seen.page.locator("#panel ol.similar span").all_inner_texts(), strict=True)
    )
    # Berg is cited by three papers, Moe by four; Stone by three, paper a by four: the rarer work says more.
    assert "both cite Berg 2003 and Moe 2001" in listed["Mapping sea ice from small planes"]
    assert "both cite Stone 1999 and Aas 2010" in listed["Paper k"]


def test_a_paper_shows_what_it_cites_and_what_cites_it(opened):
    seen = opened("#paper=b")
    seen.expect("#panel h2.title", "Paper b")
    assert "Cited by 2 papers here; cites 3 works." in seen.text("#panel .facts")
    assert seen.page.locator("#panel [data-relation]").all_inner_texts() == ["Similar", "Cites 1", "Cited by 2"]
    assert len(titles(seen, "similar")) > 1
    choose(seen, "cites")
    assert titles(seen, "cites") == ["Mapping sea ice from small planes"]
    assert (
        seen.text("#panel .relation [role=status]") == "It cites 3 works. Lines lead to the papers here that it cites."
    )
    choose(seen, "cited")
    assert titles(seen, "cited") == ["Paper e", "Paper d"]  # as often cited, the later first
    assert seen.page.locator("#panel [aria-pressed=true]").all_inner_texts() == ["Cited by 2"]
    assert "Lines lead to the papers here that cite it." in seen.text("#legend")
    seen.page.locator("#panel ol.cited .paper").first.click()
    seen.expect("#panel h2.title", "Paper e")
    seen.expect("#panel .relation [role=status]", "No paper here cites it.")
    choose(seen, "cites")
    assert titles(seen, "cites") == ["Mapping sea ice from small planes", "Paper b"]


def test_a_paper_without_references_says_why(opened):
    seen = opened("#paper=j&lines=cites")
    seen.expect("#panel .relation [role=status]", "Its source gave no references.")
    go(seen, "#paper=h&lines=cites")
    seen.expect("#panel .relation [role=status]", "It cites 1 work. None of them is here.")
    for broken in ("toString", "<b>", ""):
        go(seen, f"#paper=b&lines={broken}")
        assert len(titles(seen, "similar")) > 1


def go(seen, fragment):
    seen.page.evaluate("fragment => { location.hash = fragment; }", fragment)


def pixels_like(seen, colour):
    image = np.asarray(Image.open(io.BytesIO(seen.page.locator("#map").screenshot())).convert("RGB"), dtype=int)
    mixed = [round(part * 150 / 255 + 255 * (1 - 150 / 255)) for part in colour]
    return int((np.abs(image - mixed).max(axis=2) < 14).sum())


def test_lines_of_each_kind_have_a_colour_of_their_own(opened):
    seen = opened("#paper=b")
    titles(seen, "similar")
    for relation, other in itertools.permutations(LINES):
        choose(seen, relation)
        titles(seen, relation)
        seen.expect("#legend", RELATIONS[relation])
        seen.page.wait_for_timeout(300)
        assert pixels_like(seen, LINES[relation]) > 20
        assert pixels_like(seen, LINES[other]) < 5


def test_the_choice_is_in_the_link_and_the_keyboard_makes_it(opened):
    seen = opened("#paper=b")
    titles(seen, "similar")
    seen.page.locator("#panel [data-relation=cites]").focus()
    seen.page.keyboard.press("Enter")
    titles(seen, "cites")
    assert seen.page.evaluate("document.activeElement.dataset.relation") == "cites"
    until(seen, "location.hash.includes('lines=cites')")
    link = seen.page.evaluate("location.hash")
    go(seen, "#paper=e")
    seen.expect("#panel h2.title", "Paper e")
    assert len(titles(seen, "similar")) > 1
    go(seen, link)
    assert titles(seen, "cites") == ["Mapping sea ice from small planes"]


def test_the_tooltip_says_what_a_linked_paper_is(opened, atlas):
    row = atlas.ids.row("d")
    grid = page_points(atlas, "t").points
    x, y = (1000 * float(grid[name][row]) / 65_535 for name in "xy")
    seen = opened(f"#paper=b&lines=cited&view={x:.3f},{y:.3f},1")
    titles(seen, "cited")
    seen.page.wait_for_timeout(300)  # the map gets its new width in the next picture
    box = seen.page.locator("#map").bounding_box()
    for shift in (1, 0):
        seen.page.mouse.move(box["x"] + box["width"] / 2 + shift, box["y"] + box["height"] / 2)
    seen.expect("#tooltip strong", "Paper d")
    seen.expect("#tooltip", "cites the open paper")


def test_points_are_sized_by_citations_where_asked(opened, atlas):
    seen = opened()
    assert seen.page.locator("#choose-size").input_value() == "same"
    before = seen.page.locator("#map").screenshot()
    seen.page.locator("#choose-size").select_option(label="Citations here")
    seen.expect("#legend", "Size: how many papers of this map cite a paper.")
    until(seen, "location.hash.includes('size=cited')")
    after = seen.page.locator("#map").screenshot()

    def ink(picture):
        """Coloured pixels at the right end of the circle, where a is, and at its left end, where g is."""
        image = np.asarray(Image.open(io.BytesIO(picture)).convert("RGB"), dtype=int)
        coloured = image.max(axis=2) - image.min(axis=2) > 60
        columns = np.flatnonzero(coloured.any(axis=0))
        return coloured[:, columns[-1] - 12 :].sum(), coloured[:, : columns[0] + 12].sum()

    (cited_before, other_before), (cited_after, other_after) = ink(before), ink(after)
    assert cited_after > 1.15 * cited_before
    assert other_after < other_before


def test_the_list_of_missing_works_follows_the_topic_and_finds_who_cites_them(opened, atlas):
    seen = opened()
    seen.page.locator("#missing summary").click()
    seen.expect("#missing [role=status]", "Works that papers here cite most and that are not on this map.")
    items = seen.page.locator("#missing li")
    assert items.count() == 6
    assert items.first.locator("a").get_attribute("href") == "https://doi.org/10.1000/x1"
    assert "ICE LETT 3" in items.first.inner_text()
    seen.page.get_by_role("button", name="Cited by 4 papers").first.click()
    seen.expect("#search-status", "4 papers cite “Moe 2001”")
    seen.expect("#counts", "4 of 12 papers shown")
    seen.page.get_by_role("button", name="Clear").click()
    seen.page.locator("#topics .topic", has_text="warm").click()
    seen.expect("#missing [role=status]", "Works that papers of “warm” cite most")
    assert items.count() == 1
    seen.page.get_by_role("button", name="Cited by 2 papers").click()
    seen.expect("#counts", "2 of 12 papers shown")


def test_hostile_references_are_shown_as_texts(browser, opened, tmp_path):
    hostile = {"title": ATTACK, "author": ATTACK, "year": 2001, "url": "javascript:window.hacked=1"}
    lists = [[*(values or ()), hostile, f'10.1000/"{ATTACK}'] for values in LISTS]
    path = written(with_references(papers(lists)), tmp_path / "map.html")
    seen = opened("#paper=b&lines=cites", path=path)
    seen.page.locator("#missing summary").click()
    seen.expect("#missing li", ATTACK)
    assert seen.page.locator("#missing img, #panel img, a[href^=javascript]").count() == 0


def test_without_references_nothing_of_it_is_shown(opened, tmp_path):
    plain = small_atlas([P("a", "Ice", x=1.0), P("b", "Bee", y=1.0), P("c", "Oak")])
    seen = opened("#paper=a&lines=cites&size=cited", path=written(plain, tmp_path / "map.html"))
    assert len(titles(seen, "similar")) == 2
    seen.expect("#panel h2", "Similar papers")
    assert seen.page.locator("[data-relation], #legend .line, #missing details").count() == 0
    assert "Citations here" not in seen.text("#choose-size")
    assert seen.page.locator("#choose-size").input_value() == "same"


@pytest.mark.parametrize(("width", "scheme"), [(1440, "dark"), (390, "light")])
def test_everyone_can_use_it(opened, width, scheme):
    from axe_playwright_python.sync_playwright import Axe

    seen = opened("#paper=b&lines=cited", size=(width, 844), color_scheme=scheme)
    titles(seen, "cited")
    edges = "[...document.querySelectorAll('#panel *, #legend *')].map(e => e.getBoundingClientRect().right)"
    assert max(seen.page.evaluate(edges)) <= width + 1
    assert problems(Axe(), seen) == []
    if width == 390:
        seen.page.locator("#panel [aria-label=Close]").click()
        seen.page.locator("#more").click()
    seen.page.locator("#missing summary").click()
    seen.page.locator("#missing li").first.wait_for()
    assert max(seen.page.evaluate(edges.replace("#panel *, #legend *", "#missing *"))) <= width + 1
    assert problems(Axe(), seen) == []


def problems(axe, seen):
    violations = axe.run(seen.page).response["violations"]
    return [f"{one['id']}: {[node['html'] for node in one['nodes']][:3]}" for one in violations]


# --- served


def test_the_server_gives_the_page_the_same(atlas):
    with TestClient(create_app(atlas), base_url="http://localhost") as client:
        rows = {paper: atlas.ids.row(paper) for paper in NAMES}
        found = client.get(f"/api/v1/map/papers/{rows['b']}/citations").json()
        assert found["cites"] == [rows["a"]]
        assert sorted(found["cited_by"]) == sorted([rows["d"], rows["e"]])
        assert client.get("/api/v1/map/missing").json() == page_missing(atlas)
        names = [one["name"] for one in client.get("/api/v1/map/meta").json()["points"]]
        assert {"cited", "references"} < set(names)
        assert client.get("/api/v1/map/papers/99/citations").status_code == 404
        for one in client.get(f"/api/v1/map/papers/{rows['d']}/similar").json()["results"]:  # what the page names
            both = set(CITED["d"].split()) & set(CITED[one["id"]].split())
            told = one["reasons"]["references"]
            assert (told["count"] if told else 0) == len(both)
    plain = small_atlas([P("a", "Ice"), P("b", "Bee")])
    with TestClient(create_app(plain), base_url="http://localhost") as client:
        assert client.get("/api/v1/map/papers/0/citations").json() == {"cites": [], "cited_by": []}
        assert client.get("/api/v1/map/missing").json() is None
