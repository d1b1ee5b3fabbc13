"""map.html: what a person sees and does in it, opened from disk with the network cut."""

import base64
import csv
import gzip
import io
import json
import re
from dataclasses import replace

import numpy as np
import pytest

from pipeline import Atlas
from pipeline.map import html, write_page
from pipeline.map.columns import OTHER, map_columns
from pipeline.map.content import page_points, quantise, spread_order, with_texts
from pipeline.map.html import MODULES, asset, deck_script, page_script, render
from pipeline.map.packing import pack_arrays, pack_page
from pipeline.neighbours import Neighbours
from pipeline.recommender.precomputed import precompute_similar
from pipeline.reducer.neighbourhood_preservation import neighbourhood_preservation
from tests.browser import Seen, file_address, show
from tests.planted import planted_papers, run_once

TOPICS = ["glaciers", "bees", "bridges", "bread", "violins"]
VENUES = ["Cryosphere", "Apidologie", "Structures", "Crumb", "Strad"]


@pytest.fixture(scope="module")
def papers():
    made = planted_papers(TOPICS, 40)
    for number, paper in enumerate(made):
        paper["authors"] = [f"Ada Author{number}", "Bo Berg"]
        paper["venue"] = VENUES[number // 40]
        paper["cited"] = number
        paper["doi"] = f"10.1000/{number}"
    return made


@pytest.fixture(scope="module")
def atlas(tmp_path_factory, papers):
    return run_once(tmp_path_factory.mktemp("page"), papers, drawn=True)


def centred(atlas, paper, zoom=6, shift=(0, 0)) -> str:
    """The fragment of a view that has one paper in its middle, or so many pixels to the right and below."""
    row = atlas.ids.row(paper)
    points = np.column_stack([atlas.column(name).to_numpy() for name in ("x", "y")])
    x, y = 1000 * quantise(points)[row].astype(float) / 65_535
    return f"#view={x - shift[0] / 2**zoom:.4f},{y + shift[1] / 2**zoom:.4f},{zoom}"


def middle(seen: Seen) -> tuple[float, float]:
    box = seen.page.locator("#map").bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


@pytest.fixture
def opened(browser, atlas):
    """Opens the page at a fragment; whatever the test did, the page asked for nothing and complained of nothing."""
    pages = []

    def at(fragment="", **options) -> Seen:
        seen = show(browser, file_address(atlas.folder / "map.html", fragment), offline=True, **options)
        pages.append(seen)
        return seen

    yield at
    for seen in pages:
        assert [url for url in seen.requests if not url.startswith(("file:", "blob:", "data:"))] == []
        assert seen.complaints == []
        seen.page.context.close()


# --- in the browser


def test_it_opens_from_disk_and_says_what_it_shows(opened, atlas):
    seen = opened()
    assert seen.text("h1") == "planted"
    assert seen.text("#counts") == f"200 papers · {len(atlas.topics)} topics"
    for topic in atlas.topics:
        seen.expect("#topics .topic", f"{topic.label}")
        assert seen.page.locator("#labels span", has_text=topic.label).first.is_visible()
    assert "Distances on the map can mislead" in seen.text("#notes")


def test_hovering_names_the_paper_under_the_pointer(opened, atlas, papers):
    paper = papers[50]
    seen = opened(centred(atlas, paper["id"]))
    seen.page.mouse.move(*middle(seen))
    seen.expect("#tooltip strong", paper["title"])
    assert "Ada Author50" in seen.text("#tooltip")
    assert str(paper["year"]) in seen.text("#tooltip")
    x, y = middle(seen)
    seen.page.mouse.move(x + 200, y + 150)
    seen.page.locator("#tooltip").wait_for(state="hidden")


def test_a_click_opens_the_paper_with_what_the_recommender_says(opened, atlas, papers):
    paper = papers[50]
    seen = opened(centred(atlas, paper["id"]))
    seen.page.mouse.click(*middle(seen))
    seen.expect("#panel h2.title", paper["title"])
    row = atlas.ids.row(paper["id"])
    assert paper["abstract"] in seen.text("#panel .abstract")
    assert atlas.topics[atlas.column("nearest_topic")[row].as_py()].label in seen.text("#panel .facts")
    assert f"strength {atlas.column('strength')[row].as_py():.2f}" in seen.text("#panel .facts")
    assert seen.page.locator("#panel a").get_attribute("href") == "https://doi.org/10.1000/50"
    expected = Atlas(atlas).similar(paper["id"], k=10)
    shown = seen.page.locator("#panel .similar .paper").all_inner_texts()
    assert [text.split("\n")[0] for text in shown] == [result.title for result in expected]
    for text, result in zip(shown, expected, strict=True):
        assert f"cosine {result.similarity:.2f}" in text
        assert f"both say {', '.join(result.reasons.shared_terms[:3])}" in text


def test_similar_papers_are_a_click_away_and_back_returns(opened, atlas, papers):
    seen = opened(f"#paper={papers[50]['id']}")
    seen.expect("#panel h2.title", papers[50]["title"])
    seen.page.locator("#panel .similar .paper").first.click()
    seen.expect("#panel h2.title", Atlas(atlas).similar(papers[50]["id"], k=1)[0].title)
    seen.page.go_back()
    seen.expect("#panel h2.title", papers[50]["title"])
    seen.page.go_forward()
    seen.expect("#panel h2.title", Atlas(atlas).similar(papers[50]["id"], k=1)[0].title)
    seen.page.locator("#panel [aria-label=Close]").click()
    seen.page.locator("#panel").wait_for(state="hidden")


def test_searching_lists_and_marks_what_holds_the_words(opened, papers):
    seen = opened()
    seen.page.keyboard.press("/")
    seen.page.keyboard.type("WAGGLE dance polleń")
    wanted = [
        p for p in papers if all(w in f"{p['title']} {p['abstract']}".lower() for w in ("waggle", "dance", "pollen"))
    ]
    seen.expect("#search-status", f"{len(wanted)} papers found")
    assert seen.text("#counts").startswith(f"{len(wanted)} of 200 papers shown")
    listed = seen.page.locator("#results strong").all_inner_texts()
    assert set(listed) == {paper["title"] for paper in wanted}
    seen.page.keyboard.press("Escape")
    seen.expect("#counts", "200 papers ·")
    seen.page.locator("#search").fill("Author17")
    seen.expect("#results strong", papers[17]["title"])
    seen.page.locator("#search").fill("nothing like this")
    seen.expect("#search-status", "No paper contains all these words.")


def test_topics_and_years_filter_together(opened, atlas, papers):
    seen = opened()
    topic = atlas.column("topic")[atlas.ids.row("bees-0")].as_py()
    core = set(np.flatnonzero(atlas.column("topic").to_numpy() == topic).tolist())
    seen.page.locator(f'#topics [data-topic="{topic}"]').click()
    seen.expect("#counts", f"{len(core)} of 200 papers shown")
    seen.page.locator("#years input").first.fill("2010")
    seen.page.keyboard.press("Tab")
    late = [row for row in core if atlas.column("year")[row].as_py() >= 2010]
    seen.expect("#counts", f"{len(late)} of 200 papers shown")
    seen.page.locator("#topics").get_by_text("Show all", exact=True).click()
    seen.expect("#counts", f"{sum(paper['year'] >= 2010 for paper in papers)} of 200")
    seen.page.locator("#years").get_by_text("All years").click()
    seen.expect("#counts", "200 papers ·")


def test_dragging_over_the_years_filters(opened, papers):
    seen = opened()
    box = seen.page.locator("#years svg").bounding_box()
    step = box["width"] / 20  # one bar a year, 2000 to 2019
    seen.page.mouse.move(box["x"] + 4.5 * step, box["y"] + 20)
    seen.page.mouse.down()
    seen.page.mouse.move(box["x"] + 7.5 * step, box["y"] + 20, steps=4)
    seen.page.mouse.up()
    seen.expect("#counts", f"{sum(2004 <= paper['year'] <= 2007 for paper in papers)} of 200")


def lasso(seen, corners):
    seen.page.get_by_role("button", name="Select papers by drawing").click()
    seen.page.mouse.move(*corners[0])
    seen.page.mouse.down()
    for corner in [*corners[1:], corners[0]]:
        seen.page.mouse.move(*corner, steps=3)
    seen.page.mouse.up()


def saved(seen, name) -> str:
    with seen.page.expect_download() as waiting:
        seen.page.get_by_role("button", name=name).click()
    return waiting.value.path().read_text(encoding="utf-8")


def test_a_lasso_selects_papers_that_can_be_saved(opened, atlas, papers):
    seen = opened(centred(atlas, "bread-3", zoom=9))
    x, y = middle(seen)
    lasso(seen, [(x - 12, y - 12), (x + 12, y - 12), (x + 12, y + 12), (x - 12, y + 12)])
    seen.expect("#panel h2", "1 paper selected")
    assert seen.text("#panel tbody").startswith(papers[123]["title"])
    seen.page.get_by_role("button", name="Select all papers shown").click()
    seen.expect("#panel h2", "200 papers selected")
    rows = list(csv.DictReader(io.StringIO(saved(seen, "Save CSV").removeprefix("\ufeff"))))
    assert {row["id"] for row in rows} == {paper["id"] for paper in papers}
    titles = {paper["id"]: paper["title"] for paper in papers}
    assert all(row["title"] == titles[row["id"]] for row in rows)
    records = [json.loads(line) for line in saved(seen, "Save JSONL").splitlines()]
    years = {paper["id"]: paper["year"] for paper in papers}
    assert {record["id"]: record["year"] for record in records} == years
    topics = dict(zip(atlas.column("id").to_pylist(), atlas.column("topic").to_pylist(), strict=True))
    assert {record["id"]: record["topic"] for record in records} == topics


def test_a_link_shows_the_same_view_again(opened, atlas, papers):
    topic = atlas.column("topic")[atlas.ids.row("bees-0")].as_py()
    seen = opened(f"#paper=bees-0&topics={topic}&years=2001-2005&words=hive&colour=column0&view=500.0,400.0,1.50")
    seen.expect("#panel h2.title", papers[40]["title"])
    assert seen.page.input_value("#search") == "hive"
    assert seen.page.input_value("#choose-colour") == "column0"
    assert [seen.page.locator("#years input").nth(place).input_value() for place in (0, 1)] == ["2001", "2005"]
    assert seen.page.locator(f'#topics [data-topic="{topic}"]').get_attribute("aria-pressed") == "true"
    seen.page.locator("#panel [aria-label=Close]").click()
    seen.page.wait_for_function("() => !location.hash.includes('paper=')")
    parts = seen.page.evaluate("Object.fromEntries(new URLSearchParams(location.hash.slice(1)))")
    assert parts == {
        "topics": str(topic),
        "years": "2001-2005",
        "words": "hive",
        "colour": "column0",
        "view": "500.000,400.000,1.50",
    }


@pytest.mark.parametrize(
    "fragment",
    [
        "#topics=99,x&years=abc&colour=nonsense&size=x&view=1,2&group=q",
        "#colour=constructor&size=toString&group=2&topics=1.5&view=1,,2",
        "#colour=x&size=nearest&topics=,&years=1-2-3&view=a,b,c",
    ],
)
def test_a_broken_link_still_shows_the_map(opened, fragment):
    seen = opened(fragment)
    seen.expect("#counts", "200 papers ·")
    assert seen.page.input_value("#choose-colour") == "topic"
    assert seen.page.input_value("#choose-size") == "same"


def test_a_link_to_a_paper_that_is_not_there_says_so(opened):
    seen = opened("#paper=nobody")
    seen.expect("#search-status", "No paper here has the id nobody.")
    assert not seen.page.locator("#panel").is_visible()


def place_of(seen, atlas, paper) -> tuple[float, float]:
    """Where a paper is on the screen, by the view in the address."""
    x, y, zoom = (
        float(part) for part in seen.page.evaluate("location.hash").partition("view=")[2].split("&")[0].split(",")
    )
    row = atlas.ids.row(paper)
    points = np.column_stack([atlas.column(name).to_numpy() for name in ("x", "y")])
    own = 1000 * quantise(points)[row].astype(float) / 65_535
    left, top = middle(seen)
    return left + (own[0] - x) * 2**zoom, top - (own[1] - y) * 2**zoom


@pytest.mark.parametrize("size", [(1280, 800), (390, 844)])
def test_the_opened_paper_stays_in_sight_beside_its_panel(opened, atlas, papers, size):
    shift = (300, 0) if size[0] > 1000 else (0, 150)  # where the panel will be
    seen = opened(centred(atlas, "bees-0", zoom=2, shift=shift), size=size)
    x, y = middle(seen)
    seen.page.mouse.click(x + shift[0], y + shift[1])
    seen.expect("#panel h2.title", papers[40]["title"])
    seen.page.wait_for_function("() => location.hash.includes('paper=')")
    panel, box = (seen.page.locator(part).bounding_box() for part in ("#panel", "#map"))
    bottom = min(box["y"] + box["height"], panel["y"] if size[0] < 1000 else 10_000)

    def in_sight() -> bool:
        left, top = place_of(seen, atlas, "bees-0")
        return box["x"] <= left <= box["x"] + box["width"] and box["y"] <= top <= bottom

    for _ in range(20):  # a slow machine draws the move in more than half a second
        seen.page.wait_for_timeout(600)
        if in_sight():
            break
    assert in_sight()


def test_opening_a_paper_in_sight_leaves_the_view_alone(opened, atlas):
    seen = opened("#paper=bees-0")
    seen.page.locator("#panel h2.title").wait_for()
    seen.page.wait_for_timeout(500)
    assert "view=" not in seen.page.evaluate("location.hash")
    focused = "document.activeElement.className"
    assert seen.page.evaluate(focused) == "title"


def test_zooming_out_ends_before_the_map_is_gone(opened):
    seen = opened()
    for _ in range(15):
        seen.page.get_by_role("button", name="Zoom out").click()
    seen.page.wait_for_function("() => location.hash.includes('view=')")
    assert float(seen.page.evaluate("location.hash").rpartition(",")[2]) > -4


def test_escape_puts_a_lasso_away_in_the_middle_of_a_stroke(opened):
    seen = opened()
    x, y = middle(seen)
    seen.page.get_by_role("button", name="Select papers by drawing").click()
    seen.page.mouse.move(x - 300, y - 300)
    seen.page.mouse.down()
    seen.page.mouse.move(x + 300, y - 300, steps=3)
    seen.page.keyboard.press("Escape")
    seen.page.mouse.move(x, y + 300, steps=3)
    seen.page.mouse.up()
    assert not seen.page.locator("#panel").is_visible()


def test_numbers_are_shown_as_they_were(browser, tmp_path):
    papers = planted_papers(["bees"], 8)
    for number, paper in enumerate(papers):
        paper |= {"score": 0.1 * number, "pmid": 34_567_893 + number, "authors": ["Li, Hui", f"Qu, Wei{number}"]}
    atlas = run_once(tmp_path, papers, drawn=True)
    seen = show(browser, file_address(atlas.folder / "map.html", "#paper=bees-2"), offline=True)
    seen.expect("#panel .facts", "Score: 0.2")
    assert re.search(r"Score: 0\.2$", seen.text("#panel .facts"), re.MULTILINE)
    assert "PMID: 34567895" in seen.text("#panel .facts")
    assert "Li, Hui, Qu, Wei2" in seen.text("#panel")
    assert "Li, Hui, Qu, Wei" in seen.text("#panel .similar .paper")


def test_keys_go_from_paper_to_paper(opened):
    seen = opened()
    seen.page.locator("#map").focus()
    seen.page.keyboard.press("ArrowRight")
    seen.page.locator("#tooltip").wait_for()
    first = seen.text("#tooltip strong")
    seen.page.keyboard.press("ArrowRight")
    seen.page.wait_for_function("first => document.querySelector('#tooltip strong').textContent !== first", arg=first)
    second = seen.text("#tooltip strong")
    seen.page.keyboard.press("Enter")
    seen.expect("#panel h2.title", second)
    seen.page.keyboard.press("Escape")
    seen.page.locator("#panel").wait_for(state="hidden")


@pytest.mark.parametrize("colour", ["year", "strength", "preservation", "column0", "column1"])
def test_colours_follow_what_is_asked_for(opened, colour):
    seen = opened()
    before = pixels(seen)
    seen.page.select_option("#choose-colour", colour)
    seen.page.wait_for_timeout(300)
    assert pixels(seen) != before
    if colour == "column0":
        shown = seen.page.locator("#legend .name").all_inner_texts()
        assert sorted(shown) == sorted(VENUES)
        seen.page.locator("#legend .topic").first.click()
        seen.expect("#counts", "40 of 200 papers shown")


def pixels(seen) -> set[str]:
    """The colours that the points have."""
    from PIL import Image

    seen.page.evaluate("document.querySelector('#labels').style.display = 'none'")
    picture = Image.open(io.BytesIO(seen.page.locator("#map").screenshot())).convert("RGB")
    seen.page.evaluate("document.querySelector('#labels').style.display = ''")
    return {colour for count, colour in picture.getcolors(maxcolors=1 << 24) if count > 30}


def test_topics_are_drawn_in_their_own_colours(opened, atlas):
    seen = opened()
    drawn = pixels(seen)
    meta = page_points(atlas, "t").meta
    for topic in meta.topics:
        colour = meta.palette["light"][topic.colour]
        wanted = np.array([int(colour[start : start + 2], 16) for start in (1, 3, 5)])
        blended = 255 + (wanted - 255) * 205 / 255  # on white, as opaque as points are
        assert min(np.abs(np.array(found) - blended).max() for found in drawn) <= 3, topic.label


def test_without_webgl_search_and_lists_still_work(opened, papers):
    script = "HTMLCanvasElement.prototype.getContext = () => null;"
    seen = opened(script=script)
    assert "cannot draw the map" in seen.text("#no-webgl")
    seen.page.locator("#search").fill("Author199")
    seen.page.locator("#results .paper").first.click()
    seen.expect("#panel h2.title", papers[199]["title"])


def test_dark_and_light(opened):
    seen = opened(color_scheme="dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = seen.page.evaluate(ground)
    seen.page.get_by_role("button", name="Light or dark").click()
    assert seen.page.evaluate(ground) == "rgb(255, 255, 255)" != dark


VIEWS = {
    "start": "",
    "paper": "#paper=bees-0",
    "search": "#words=hive",
    "groups": "#colour=column0",
    "preservation": "#colour=preservation",
}


@pytest.mark.parametrize(
    ("width", "scheme", "view"),
    # colours depend on the scheme and not on the width: each view is looked at once in each
    [(width, scheme, view) for width, scheme in ((1440, "dark"), (390, "light")) for view in VIEWS],
)
def test_everyone_can_use_it(opened, view, scheme, width):
    """axe-core finds nothing that keeps a person with a screen reader, a keyboard or weak eyes out."""
    from axe_playwright_python.sync_playwright import Axe

    seen = opened(VIEWS[view], size=(width, 844), color_scheme=scheme)
    if view == "paper":
        seen.page.locator("#panel h2.title").wait_for()
        seen.page.locator("#panel .similar .paper").first.wait_for()
    if width == 390 and view != "paper":
        seen.page.locator("#more").click()
    found = Axe().run(seen.page).response["violations"]
    assert [f"{one['id']}: {[node['html'] for node in one['nodes']][:3]}" for one in found] == []


def test_on_a_phone_nothing_is_wider_than_the_screen(opened):
    seen = opened("#paper=bees-0", size=(390, 844))
    seen.page.locator("#panel h2.title").wait_for()
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= 390
    edges = "[...document.querySelectorAll('#panel *, #sidebar *')].map(e => e.getBoundingClientRect().right)"
    assert max(seen.page.evaluate(edges)) <= 391


# --- labels and the points that they name

CROWDED_VIEWS = {
    "whole": ((1280, 800), "#view=500,500,-0.45"),
    "near": ((1280, 800), "#view=420,560,1"),
    "nearer": ((1280, 800), "#view=420,560,2"),
    "phone": ((390, 844), "#view=500,500,-1.6"),
    "phone, near": ((390, 844), "#view=420,560,0.4"),
}


@pytest.fixture(scope="module")
def crowded(atlas, tmp_path_factory):
    """(file, page): 6,000 papers in 60 round topics that fill the map, and some between topics everywhere."""
    rng = np.random.default_rng(4)
    page = with_texts(page_points(atlas, "crowded"), atlas)
    topic = rng.integers(-6, 60, 6000).clip(-1)
    rows = np.arange(6000) % 200
    centres = rng.uniform(6000, 59_000, (60, 2))
    own = centres[topic] + rng.normal(0, 1500, (6000, 2))
    places = np.where(topic[:, None] < 0, rng.uniform(0, 65_535, (6000, 2)), own).clip(0, 65_535)
    none = np.full(6000, -1, np.int32)
    points = {name: values[rows] for name, values in page.points.items()}
    points |= {"x": places[:, 0].astype(np.uint16), "y": places[:, 1].astype(np.uint16)}
    points |= {"topic": topic.astype(np.int32), "nearest": topic.clip(0).astype(np.int32), "subtopic": none}
    points |= {"versions": none}
    texts = {name: [values[row] for row in rows.tolist()] for name, values in page.texts.items()}
    texts["id"] = [f"paper {number}" for number in range(6000)]
    topics = tuple(
        replace(page.meta.topics[0], id=number, label=f"Subject {number}, its kind", size=int((topic == number).sum()))
        for number in range(60)
    )
    meta = replace(page.meta, papers=6000, total=6000, topics=topics, areas=(), subtopics=())
    made = replace(page, meta=meta, points=points, texts=texts, abstracts=None)
    file = tmp_path_factory.mktemp("crowded") / "crowded.html"
    file.write_bytes(render(pack_page(made), "crowded"))
    return file, made


def shown_labels(seen) -> dict[str, np.ndarray]:
    """Left, top, right and bottom of the labels that are visible, by their text."""
    script = """[...document.querySelectorAll('#labels span')]
        .filter(one => getComputedStyle(one).visibility === 'visible')
        .map(one => [one.textContent, one.getBoundingClientRect()])
        .map(([text, box]) => [text, [box.left, box.top, box.right, box.bottom]])"""
    return {text: np.array(box) for text, box in seen.page.evaluate(script)}


def points_seen(seen, page, fragment) -> np.ndarray:
    """(n, 2) pixels of the papers on the screen, by the view that the address asks for."""
    x, y, zoom = (float(part) for part in fragment.partition("view=")[2].split(","))
    left, top = middle(seen)
    places = np.column_stack([page.points[name] for name in ("x", "y")]).astype(float) / 65.535
    return np.array([left, top]) + (places - [x, y]) * [2**zoom, -(2**zoom)]


def beside(box, points) -> np.ndarray:
    """How many pixels each point is from a box, 0 for those that it covers."""
    return np.hypot(*np.maximum(np.maximum(box[:2] - points, points - box[2:]), 0).T)


@pytest.mark.parametrize("view", CROWDED_VIEWS)
def test_labels_lie_beside_the_papers_that_they_name(browser, crowded, view):
    file, page = crowded
    size, fragment = CROWDED_VIEWS[view]
    seen = show(browser, file_address(file, fragment), offline=True, size=size)
    labels, points = shown_labels(seen), points_seen(seen, page, fragment)
    assert (3 if "phone" in view or view == "nearer" else 15) <= len(labels) <= 40
    for topic in page.meta.topics:
        box = labels.get(topic.label)
        if box is None:
            continue
        away = beside(box, points[page.points["topic"] == topic.id])
        assert (away > 0).all(), f"{topic.label} covers {(away == 0).sum()} of its papers"
        assert away.min() < 90, f"{topic.label} is far from its papers"
        others = beside(box, points[~np.isin(page.points["topic"], [topic.id, -1])])
        assert (others == 0).sum() <= 5, f"{topic.label} covers papers of other topics"
    boxes = list(labels.values())
    for number, box in enumerate(boxes):
        for other in boxes[:number]:
            assert (box[:2] >= other[2:]).any() or (other[:2] >= box[2:]).any(), "two labels overlap"
    assert seen.complaints == []
    seen.page.context.close()


def test_labels_stay_with_the_map_while_it_is_dragged(browser, crowded):
    file, _ = crowded
    seen = show(browser, file_address(file, "#view=500,500,0.4"), offline=True)
    x, y = middle(seen)
    steps = [shown_labels(seen)]
    seen.page.mouse.move(x, y)
    seen.page.mouse.down()
    for step in range(1, 9):
        seen.page.mouse.move(x - 15 * step, y + 9 * step)
        seen.page.wait_for_timeout(60)
        steps.append(shown_labels(seen))
    seen.page.mouse.up()
    area = seen.page.locator("#map").bounding_box()
    low = np.array([area["x"] + 240, area["y"] + 60])
    high = np.array([area["x"] + area["width"] - 120, area["y"] + area["height"] - 240])
    inner = [text for text, box in steps[0].items() if (box[:2] > low).all() and (box[2:] < high).all()]
    assert len(inner) >= 5
    assert all(text in step for text in inner for step in steps), "a label flickers"
    places = np.array([[step[text][:2] for text in inner] for step in steps])
    moved = places - places[0]
    assert (moved[-1] @ [-1, 1] > 120).all(), "the map was dragged to the left and down"
    assert np.abs(moved - moved[:, :1]).max() <= 1, "no label moves on the map"
    seen.page.context.close()


def test_the_whole_map_has_no_paper_under_the_legend(opened):
    seen = opened()
    corners = [0, 0, 1000, 0, 0, 800, 1000, 800] + [500, 400] * 60
    script = """([corners, panel]) => {
        const size = { width: 1100, height: 860 };
        const { target, zoom } = modules.framing.wholeView(new Float32Array(corners), size, [panel]);
        return [...target.slice(0, 2), zoom];
    }"""
    panel = {"left": 12, "top": 760, "right": 262, "bottom": 848}
    x, y, zoom = seen.page.evaluate(script, [corners, panel])
    places = (np.array(corners).reshape(-1, 2) - [x, y]) * [2**zoom, -(2**zoom)] + [550, 430]
    assert (places > 20).all()
    assert (places < [1080, 840]).all(), "every paper is in sight"
    assert not ((places[:, 0] < panel["right"]) & (places[:, 1] > panel["top"])).any()
    assert np.ptp(places[:, 0]) > 800, "and the map still fills its frame"


# --- hostile texts

ATTACKS = (
    "<script>window.hacked=1</script>",
    "<img src=x onerror=window.hacked=1>",
    "</script><script>window.hacked=1</script>",
    '"><svg onload=window.hacked=1>',
    "<iframe srcdoc='<script>parent.hacked=1</script>'>",
    "javascript:window.hacked=1",
    "<!--<script>window.hacked=1</script>-->",
    "{{title}} ${window.hacked=1} <b>bold</b>",
    "'-window.hacked=1-'",
    "<a href='javascript:window.hacked=1'>x</a>",
)


def test_hostile_texts_are_shown_as_texts(browser, tmp_path):
    rng = np.random.default_rng(0)
    hostile = [f"{ATTACKS[number % 10]} {number} {rng.choice(ATTACKS)}" for number in range(200)]
    papers = planted_papers(TOPICS, 40)
    for text, paper in zip(hostile, papers, strict=True):
        paper |= {"id": f"{paper['id']} {text}", "title": text, "abstract": f"{text} {paper['abstract']}"}
        paper |= {"authors": [text], "venue": text[:20], "url": f"https://example.org/{text}"}
    edits = {"rename": [{"topic_of": papers[0]["id"], "label": ATTACKS[2]}]}
    kept = {"clean": {"markup": False}}  # else what looks like markup never reaches the page
    atlas = run_once(tmp_path, papers, drawn=True, corpus=kept, topics={"edits": edits}, map={"title": ATTACKS[2]})
    seen = show(browser, file_address(atlas.folder / "map.html"), offline=True)
    elements = seen.page.evaluate("document.querySelectorAll('script').length")
    if len(atlas.topics) > 15:  # only the largest are listed at first
        seen.page.get_by_role("button", name=f"All {len(atlas.topics)} topics").click()
    seen.expect("#topics .topic", ATTACKS[2])
    assert seen.text("h1") == ATTACKS[2]
    seen.page.locator("#search").fill("hacked")
    seen.expect("#search-status", "200 papers found")
    shown = seen.page.locator("#results strong").all_inner_texts()
    assert len(shown) == 50
    assert set(shown) <= {" ".join(text.split()) for text in hostile}
    for number in range(0, 50, 10):
        seen.page.locator("#results .paper").nth(number).click()
        seen.expect("#panel h2.title", shown[number])
    seen.page.get_by_role("button", name="Select all papers shown").click()
    seen.expect("#panel h2", "200 papers selected")
    rows = list(csv.DictReader(io.StringIO(saved(seen, "Save CSV").removeprefix("\ufeff"))))
    # What a spreadsheet would take for a formula has a quote before it; these begin with one of their own.
    assert {row["title"] for row in rows} == {f"'{text}" if text[0] in "=+-@" else text for text in hostile}
    assert seen.page.evaluate("window.hacked") is None
    made = "document.querySelectorAll('img, iframe, object, svg[onload], #panel b, #results b').length"
    assert seen.page.evaluate(made) == 0
    assert seen.page.evaluate("document.querySelectorAll('script').length") <= elements
    assert seen.page.locator("a[href^='javascript']").count() == 0
    assert seen.complaints == []


def test_two_hundred_hostile_topic_labels_are_shown_as_texts(browser, atlas, tmp_path):
    labels = [f"{ATTACKS[number % 10]} {number}" for number in range(200)]
    page = with_texts(page_points(atlas, "hostile"), atlas)
    topic = page.meta.topics[0]
    topics = tuple(replace(topic, id=number, label=label, keywords=(label,)) for number, label in enumerate(labels))
    made = render(pack_page(replace(page, meta=replace(page.meta, topics=topics))), "hostile")
    (tmp_path / "hostile.html").write_bytes(made)
    seen = show(browser, file_address(tmp_path / "hostile.html"), offline=True)
    seen.page.get_by_text("All 200 topics").click()
    assert set(seen.page.locator("#topics .name").all_inner_texts()) - {"Between topics"} == set(labels)
    assert seen.page.evaluate("() => window.hacked") is None
    assert seen.page.locator("#labels img, #topics img, iframe, #labels b, #topics script, #labels script").count() == 0
    assert seen.complaints == []


# --- the file


def blocks(page: bytes) -> dict[str, bytes]:
    found = re.findall(rb'<script type="application/gzip" id="block-(\w+)">([^<]*)</script>', page)
    return {name.decode(): gzip.decompress(base64.b64decode(text)) for name, text in found}


def test_the_file_is_small_and_the_same_every_time(atlas):
    again = write_page(atlas, title="planted", budget_mb=30)
    assert again == (atlas.folder / "map.html").read_bytes()
    assert len(again) - len(deck_script().encode()) < 500_000


def test_only_the_scripts_that_it_brings_may_run(atlas):
    page = (atlas.folder / "map.html").read_text(encoding="utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1].replace("&#x27;", "'")
    parts = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert parts["default-src"] == parts["connect-src"] == parts["base-uri"] == "'none'"
    assert parts["script-src"].count("'sha256-") == 2
    assert "unsafe" not in policy
    assert "Copyright vis.gl contributors" in page


def test_modules_import_only_what_stands_before_them():
    for place, name in enumerate(MODULES):
        for imported in re.findall(r'from "\./(\w+)\.js"', asset(f"{name}.js")):
            assert imported in MODULES[:place], f"{name}.js imports {imported}.js, which comes later"
    assert "import {" not in page_script()
    assert "export " not in page_script()
    assert "innerHTML" not in page_script()


def test_what_does_not_fit_is_left_out_in_order_and_said(browser, tmp_path):
    rng = np.random.default_rng(0)
    papers = planted_papers(TOPICS, 240)
    for paper in papers:  # words that do not compress
        paper["abstract"] += " " + rng.bytes(900).hex()
        paper["authors"] = [rng.bytes(300).hex()]
    atlas = run_once(tmp_path, papers)
    whole = write_page(atlas, title="t", budget_mb=30)
    shell = len(deck_script().encode()) / 1e6
    fixed = (len(whole) - sum(len(gzip.compress(block)) * 4 / 3 for block in blocks(whole).values())) / 1e6
    assert fixed > shell
    assert set(blocks(whole)) == {"meta", "points", "texts", "abstracts", "similar", "words"}
    met = []
    for budget in (fixed + 1.2, fixed + 0.62, fixed + 0.3):
        page = write_page(atlas, title="t", budget_mb=budget)
        meta = json.loads(blocks(page)["meta"])
        met.append((tuple(meta["left_out"]), meta["papers"]))
        assert meta["total"] == 1200
    assert met[0] == (("abstracts",), 1200)
    assert met[1] == (("abstracts", "similar papers"), 1200)
    assert met[2][1] == 1000  # the fewest that a page keeps
    (tmp_path / "small.html").write_bytes(page)
    seen = show(browser, file_address(tmp_path / "small.html"), offline=True)
    assert "abstracts and similar papers are left out" in seen.text("#notes")
    assert "1,000 papers of 1,200 are drawn" in seen.text("#notes")
    seen.page.locator("#topics .topic").first.click()
    seen.page.get_by_role("button", name="Select all papers shown").click()
    seen.page.locator("#panel td button").first.click()
    seen.expect("#panel", "Abstracts are left out of this file")
    assert seen.complaints == []


def test_of_a_far_too_large_corpus_only_the_papers_drawn_are_read(tmp_path, monkeypatch):
    papers = planted_papers(TOPICS, 400)
    for number, paper in enumerate(papers):
        paper["title"] += " " + np.random.default_rng(number).bytes(60).hex()  # words that do not compress
    atlas = run_once(tmp_path, papers)
    shell = len(render({}, "t")) / 1e6
    plain = write_page(atlas, title="t", budget_mb=shell + 0.15)
    monkeypatch.setattr(html, "ESTIMATED_ON", 500)
    monkeypatch.setattr(html, "with_texts", None)  # the texts of all papers are not read
    page = write_page(atlas, title="t", budget_mb=shell + 0.15)
    meta, before = (json.loads(blocks(one)["meta"]) for one in (page, plain))
    assert 1000 <= meta["papers"] < 1500
    assert meta["papers"] == pytest.approx(before["papers"], rel=0.1)
    assert meta["left_out"] == before["left_out"] == ["abstracts", "similar papers"]
    assert len(page) <= (shell + 0.15) * 1e6
    texts = json.loads(blocks(page)["texts"])
    title_of = dict(zip(*(atlas.column(name).to_pylist() for name in ("id", "title")), strict=True))
    assert [title_of[paper] for paper in texts["id"]] == texts["title"]
    x = np.frombuffer(blocks(page)["points"], np.uint16, meta["papers"])
    rows = {paper: row for row, paper in enumerate(atlas.column("id").to_pylist())}
    np.testing.assert_array_equal(x, quantise(atlas.points)[[rows[paper] for paper in texts["id"]], 0])


def test_abstracts_that_are_far_too_large_are_left_out_without_being_packed(tmp_path, monkeypatch):
    papers = planted_papers(TOPICS, 120)
    for number, paper in enumerate(papers):
        paper["abstract"] += " " + np.random.default_rng(number).bytes(900).hex()  # words that do not compress
    atlas = run_once(tmp_path, papers)
    budget = len(render({}, "t")) / 1e6 + 0.35
    plain = write_page(atlas, title="t", budget_mb=budget)
    monkeypatch.setattr(html, "ESTIMATED_ON", 200)
    monkeypatch.setattr(html, "with_texts", None)
    page = write_page(atlas, title="t", budget_mb=budget)
    assert page == plain
    meta = json.loads(blocks(page)["meta"])
    assert (meta["papers"], meta["left_out"]) == (600, ["abstracts"])


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_the_fewest_papers_make_a_page_too(browser, tmp_path, count):
    atlas = run_once(tmp_path, planted_papers(["bees"], count), drawn=True)
    seen = show(browser, file_address(atlas.folder / "map.html"), offline=True)
    topics = len(atlas.topics)
    assert seen.text("#counts") == f"{count} paper{'s' * (count > 1)} · {topics} topic{'s' * (topics > 1)}"
    seen.page.get_by_role("button", name="Select all papers shown").click()
    seen.page.locator("#panel td button").first.click()
    seen.page.locator("#panel h2.title").wait_for()
    assert seen.complaints == []


# --- its parts, by hand


def test_coordinates_fill_the_square_with_one_scale():
    found = quantise(np.array([[0, 0], [10, 5], [5, 2.5]], np.float32))
    assert found.tolist() == [[0, 16384], [65535, 49151], [32768, 32768]]
    assert quantise(np.zeros((3, 2), np.float32)).tolist() == [[32768, 32768]] * 3


def test_every_beginning_of_the_order_is_spread_over_the_map():
    x = np.array([0, 1, 2, 60_000, 3, 60_001], np.uint16)
    assert spread_order(x, np.zeros(6, np.uint16)).tolist() == [0, 3, 1, 5, 2, 4]


def test_arrays_come_back_from_their_layout():
    arrays = {
        "a": np.array([1, 2, 3], np.uint8),
        "b": np.array([-1, 70_000], np.int32),
        "c": np.array([0.5], np.float32),
    }
    content, layout = pack_arrays(arrays)
    for part in layout:
        found = np.frombuffer(content, arrays[part["name"]].dtype, part["length"], part["offset"])
        assert found.tolist() == arrays[part["name"]].tolist()
        assert part["offset"] % 8 == 0


def test_preservation_is_the_share_of_true_neighbours_near_on_the_map():
    """Twelve papers on a line; the last one's true neighbours are at the other end."""
    n = 12
    points = np.column_stack([np.arange(n), np.zeros(n)]).astype(np.float32)
    order = [
        [other for other in np.argsort(np.abs(np.arange(n) - row), kind="stable") if other != row] for row in range(n)
    ]
    order[11] = list(range(11))
    true = np.array([row[:3] for row in order], np.int32)  # at most a third of the others count
    found = neighbourhood_preservation(Neighbours(true, np.ones((n, 3), np.float32)), points)
    assert found[:11].tolist() == [1.0] * 11
    assert found[11] == 0.0


def test_columns_that_say_something_can_be_coloured_by(tmp_path):
    papers = planted_papers(TOPICS, 4)
    for number, paper in enumerate(papers):
        paper |= {
            "n": number if number else None,
            "kind": ["b", "a", "a", None][number % 4],
            "tags": ["t", f"u{number}"],
        }
        paper |= {"own": f"own {number}", "same": 1, "open": number % 3 == 0}
    atlas = run_once(tmp_path, papers)
    found = {column.name: column for column in map_columns(atlas)}
    assert set(found) == {"n", "kind", "open"}
    rows = [atlas.ids.row(paper["id"]) for paper in papers]
    assert found["kind"].groups == ("a", "b")
    assert found["kind"].values[rows].tolist() == [1, 0, 0, OTHER] * 5
    assert np.isnan(found["n"].values[rows[0]])
    assert found["n"].values[rows[1:]].tolist() == list(range(1, 20))


def test_columns_that_people_look_for_come_first_and_how_often_papers_are_cited_is_a_number(tmp_path):
    papers = planted_papers(TOPICS, 4)
    for number, paper in enumerate(papers):
        paper |= {f"a{place}": number % 3 for place in range(12)}
        paper |= {"journal": ["Ice", "Hive"][number % 2], "Cited by": str(7 * number)}
    atlas = run_once(tmp_path, papers)
    found = map_columns(atlas)
    assert [column.name for column in found[:3]] == ["times_cited", "journal", "a0"]
    assert len(found) == 12
    rows = [atlas.ids.row(paper["id"]) for paper in papers]
    assert found[0].values[rows].tolist() == list(range(0, 140, 7))
    most = Atlas(atlas).similar(papers[0]["id"], where="times_cited >= 100", k=19)
    assert {paper.id for paper in most} == {paper["id"] for paper in papers[15:]}


def test_the_lists_of_all_papers_are_what_similar_answers(tmp_path):
    papers = planted_papers(TOPICS, 12)
    papers.append(papers[3] | {"id": "version", "abstract": papers[3]["abstract"].upper()})
    for sentences in (False, True):
        (tmp_path / str(sentences)).mkdir()
        atlas = run_once(tmp_path / str(sentences), papers, embedding={"sentences": sentences})
        lists = precompute_similar(atlas, k=7)
        for row, paper in enumerate(atlas.ids.ids):
            expected = Atlas(atlas).similar(paper, k=7)
            assert [atlas.ids.ids[other] for other in lists.rows[row]] == [result.id for result in expected]
            np.testing.assert_allclose(lists.similarities[row], [result.similarity for result in expected], atol=1e-6)
            words = [[atlas.lexical.vocabulary[t] for t in terms if t >= 0] for terms in lists.terms[row]]
            assert words == [list(result.reasons.shared_terms[:3]) for result in expected]
