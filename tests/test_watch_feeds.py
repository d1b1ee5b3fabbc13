"""Feeds and news of a watch: valid Atom whatever papers say, bounded, by the topics of the run of now; and served."""

import hashlib
import re
from dataclasses import replace
from datetime import date
from xml.etree import ElementTree

import feedparser
import numpy as np
import pytest
from markdown_it import MarkdownIt
from starlette.testclient import TestClient

from pipeline.watch.atom_feed import Feed, write_feed
from pipeline.watch.news_items import News, NewVersion, describe_new
from pipeline.watch.news_text import NewsHead, write_news
from pipeline.watch.topic_growth import growing_topics
from pipeline.watch.watch_files import write_files
from pipeline.watch.watch_state import (
    MOST_ENTRIES,
    KnownPaper,
    LastNews,
    NewsCount,
    NewsEntry,
    WatchState,
    read_state,
    write_state,
)
from pipeline.web.app import create_app
from pipeline.web.limits import Limits
from tests.small_atlas import P, small_atlas

ATOM = "{http://www.w3.org/2005/Atom}"
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
TIME = "2026-11-26T06:00:00Z"
EVIL = '</title><script>alert("x")</script> & <b>bold</b> ]]> {{7*7}} \x00\x1b[31m \ud800 \ufffe * # [x](javascript:1)'


def entry(number=1, **changes):
    plain = NewsEntry(
        hash=hashlib.sha256(str(number).encode()).hexdigest(),
        time=TIME,
        id=f"p{number}",
        title=f"On ice {number}",
        authors=("Ida Larsen", "Bo Qu"),
        year=2026,
        addresses=(f"https://doi.org/10.1/{number}",),
        abstract="It melts.",
        topic=0,
        nearest=0,
        label="Ice",
        known=KnownPaper("k", "Old ice", 2020, "https://doi.org/10.1/k", 0.812),
        why="both speak of ice",
    )
    return replace(plain, **changes)


def state_of(*entries, **changes):
    return WatchState("ice", TIME, "2026-11-01T00:00:00+00:00", **changes).with_entries(entries)


def require_atom(content):
    """What RFC 4287 asks of a feed and of each entry (4.1.1, 4.1.2), beyond what a lenient parser notices."""
    root = ElementTree.fromstring(content)
    assert root.tag == f"{ATOM}feed"
    for element in (root, *root.findall(f"{ATOM}entry")):
        for tag in ("id", "title", "updated"):
            assert len(element.findall(f"{ATOM}{tag}")) == 1, tag
        assert RFC3339.fullmatch(element.findtext(f"{ATOM}updated"))
        assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", element.findtext(f"{ATOM}id"))
        assert all(author.findtext(f"{ATOM}name").strip() for author in element.findall(f"{ATOM}author"))
    assert root.find(f"{ATOM}author") is not None, "entries without authors have the feed's"
    for one in root.findall(f"{ATOM}entry"):
        alternates = [link for link in one.findall(f"{ATOM}link") if link.get("rel") == "alternate"]
        assert len(alternates) <= 1
        assert alternates or one.find(f"{ATOM}content") is not None
        assert len(one.findall(f"{ATOM}summary")) == 1
    ids = [one.findtext(f"{ATOM}id") for one in root.findall(f"{ATOM}entry")]
    assert len(ids) == len(set(ids))
    return root


def test_a_feed_is_what_the_standard_asks_for():
    entries = (entry(1), entry(2, authors=()), entry(3, addresses=(), year=None, known=None, abstract=""))
    more = entry(4, addresses=("https://doi.org/10.1/4", "https://arxiv.org/abs/2611.00001"))
    content = write_feed(state_of(), Feed("all", "ice: new papers", "New papers"), (*entries, more))
    require_atom(content)
    feed = feedparser.parse(content)
    assert not feed.bozo
    assert [one.title for one in feed.entries] == [f"On ice {number}" for number in (1, 2, 3, 4)]
    assert feed.entries[0].link == "https://doi.org/10.1/1"
    assert [one["name"] for one in feed.entries[0].authors] == ["Ida Larsen", "Bo Qu"]
    assert feed.entries[0].summary.startswith(
        "2026, topic “Ice”. Nearest known paper: “Old ice” (2020), similarity 0.81: both speak of ice."
    )
    assert feed.entries[2].content[0].value == "Topic “Ice”."
    empty = require_atom(write_feed(state_of(), Feed("topic-1", "t", "a"), ()))
    assert empty.findtext(f"{ATOM}updated") == TIME


def test_ids_stay_and_differ_between_feeds_papers_and_watches():
    def ids(state, name):
        return re.findall(rb"urn:uuid:[0-9a-f-]+", write_feed(state, Feed(name, "t", "a"), [entry(1), entry(2)]))

    one = ids(state_of(), "all")
    assert len(set(one)) == 3
    assert ids(state_of(), "all") == one
    assert ids(state_of(), "topic-0")[0] != one[0]
    assert ids(state_of(), "topic-0")[1:] == one[1:], "a paper is the same entry in every feed"
    assert not set(ids(replace(state_of(), run="other"), "all")) & set(one)


def test_hostile_texts_stay_texts():
    evil = entry(
        title=EVIL,
        authors=(EVIL,),
        abstract=EVIL,
        label=EVIL,
        why=EVIL,
        id=EVIL,
        addresses=('https://x.example/"><script>',),
        known=KnownPaper(EVIL, EVIL, 2020, "https://x.example/)>", 0.5),
    )
    content = write_feed(state_of(evil), Feed("all", EVIL, EVIL), (evil,))
    root = require_atom(content)
    known = {"feed", "title", "subtitle", "id", "updated", "author", "name", "generator", "entry", "link", "category"}
    assert {element.tag.removeprefix(ATOM) for element in root.iter()} == known | {"summary"}
    assert "<script>" in root.find(f"{ATOM}entry/{ATOM}title").text, "as it was, as text"
    assert not feedparser.parse(content).bozo
    head = NewsHead(EVIL, TIME, EVIL, 1, 1, (EVIL,))
    html = MarkdownIt("commonmark").render(
        write_news(head, News((evil,), (NewVersion(EVIL, EVIL, EVIL),)), ()).encode(errors="replace").decode()
    )
    assert "<script" not in html
    assert "<b>" not in html
    assert 'href="javascript' not in html


def test_a_feed_holds_a_bounded_number_of_entries_the_newest():
    days = [f"2026-{month:02}-{day:02}T06:00:00Z" for month in (9, 10, 11) for day in range(1, 29)]
    entries = [entry(f"{day}-{place}", time=day, topic=place % 3 - 1) for day in days for place in range(6)]
    state = state_of()
    for day in days:
        state = state.with_entries(tuple(one for one in entries if one.time == day))
    assert len(state.announced) == len(entries) == 504
    shown = feedparser.parse(write_feed(state, Feed("all", "t", "a"), state.entries)).entries
    assert len(shown) == MOST_ENTRIES == 100
    assert [one.updated for one in shown] == sorted((one.time for one in entries), reverse=True)[:100]
    for topic in (0, 1):
        assert sum(one.topic == topic for one in state.entries) == 100
    assert len(state.entries) < 250, "what no feed shows is not kept"


def test_noise_is_in_the_feed_of_the_run_alone_and_says_so(tmp_path):
    atlas = small_atlas((P("a", "Ice", topic=0), P("b", "Bee", topic=1)), labels={0: "Ice", 1: "Bees"})
    state = state_of(entry(1, topic=-1, nearest=1, label="Bees"), entry(2))
    (tmp_path / "topic-7.atom").write_text("of a topic that is gone")
    write_files(tmp_path, state, atlas)
    found = {
        path.name: [one.title for one in feedparser.parse(path.read_bytes()).entries]
        for path in tmp_path.glob("*.atom")
    }
    assert found == {"all.atom": ["On ice 1", "On ice 2"], "topic-0.atom": ["On ice 2"], "topic-1.atom": []}
    told = feedparser.parse((tmp_path / "all.atom").read_bytes()).entries[0]
    assert told.summary.startswith("2026, between topics, nearest to “Bees”.")
    assert told.tags[0].term == "between-topics"


def test_the_state_comes_back_as_it_was(tmp_path):
    counts = (NewsCount(TIME, {0: 2, 3: 1}),)
    state = state_of(
        entry(1), entry(2, known=None), counts=counts, news=LastNews(TIME, "x"), since={"q": date(2026, 11, 26)}
    )
    write_state(tmp_path, state)
    assert read_state(tmp_path) == state
    written = (tmp_path / "watch.json").stat().st_mtime_ns
    write_state(tmp_path, state)
    assert (tmp_path / "watch.json").stat().st_mtime_ns == written


# --- what is told


def planted():
    """Known: three papers of ice, two of bees; new: one of ice, one of bees."""
    papers = (
        P("i1", "Ice on the sea", "Ice and fog. Sea ice is old."),
        P("i2", "Ice ice", "The ice in the fog."),
        P("i3", "Sea of ice", "The sea, the ice."),
        P("b1", "A bee and jam", "Bee on an oak.", topic=1),
        P("b2", "The bee", "Jam of a bee.", topic=1),
        P("n1", "Bee, bee and jam", "A bee likes jam, jam, jam.", topic=1),
        P("n2", "Ice in the fog", "Fog and ice, fog and ice.", topic=-1, nearest=0),
    )
    return small_atlas(papers, labels={0: "Ice", 1: "Bees"}, sentences=True)


def test_each_new_paper_has_the_nearest_that_was_known_and_why():
    atlas = planted()
    rows = np.array(sorted(atlas.ids.row(name) for name in ("n1", "n2")))
    news = describe_new(atlas, rows, time=TIME)
    told = {one.id: one for one in news.entries}
    assert set(told) == {"n1", "n2"}
    assert news.versions == ()
    for one in told.values():
        vectors = np.asarray(atlas.vectors)
        own = vectors[atlas.ids.row(one.id)]
        assert one.known.similarity == pytest.approx(float(vectors[atlas.ids.row(one.known.id)] @ own), abs=1e-5)
        assert "both speak of" in one.why
        assert "closest sentences: “" in one.why
    assert told["n1"].known.id in ("b1", "b2")
    assert told["n2"].known.id in ("i1", "i2", "i3")
    assert (told["n2"].topic, told["n2"].nearest, told["n2"].label) == (-1, 0, "Ice")
    text = write_news(NewsHead("Ice", TIME, "arxiv: all:ice", 9, 2, ("A run is due.",)), news, ())
    assert text.splitlines()[:6] == [
        "# Ice: 2 new papers",
        "",
        "2026-11-26 06:00 UTC, from arxiv: all:ice; 9 papers looked at.",
        "",
        "**A run is due.**",
        "",
    ]
    assert text.index("## Bees (topic 1): 1") < text.index("## Between topics: 1"), "papers between topics come last"
    assert "nearest topic: Ice" in text


def test_topics_that_grow_by_hand():
    """20 of ice and 20 of bees before; then 12 new of ice and none of bees, by Fisher's exact test of a 2 x 2 table."""
    papers = [P(f"i{n}", f"Ice {n}", "ice", topic=0) for n in range(32)]
    papers += [P(f"b{n}", f"Bee {n}", "bee", topic=1) for n in range(20)]
    atlas = small_atlas(papers, labels={0: "Ice", 1: "Bees"})
    (growing,) = growing_topics(atlas, [NewsCount(TIME, {0: 5}), NewsCount(TIME, {0: 7})])
    assert (growing.topic, growing.new, growing.total, growing.expected) == (0, 12, 12, 6.0)
    assert growing_topics(atlas, [NewsCount(TIME, {0: 2})]) == ()
    assert growing_topics(atlas, [NewsCount(TIME, {0: 6, 1: 6})]) == ()
    assert growing_topics(atlas, []) == ()


# --- served


@pytest.fixture
def served(tmp_path):
    state = state_of(entry(1), entry(2, title=EVIL))
    write_files(tmp_path, state, planted())
    return tmp_path


def test_feeds_are_served_as_they_are_and_asked_for_again_cheaply(served):
    with TestClient(create_app(planted(), feeds=served), base_url="http://localhost") as client:
        answer = client.get("/feeds/all.atom")
        assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.content == (served / "all.atom").read_bytes()
        assert len(feedparser.parse(client.get("/feeds/topic-0.atom").content).entries) == 2
        again = client.get("/feeds/all.atom", headers={"if-none-match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        (served / "all.atom").write_bytes(b"<feed/>")
        changed = client.get("/feeds/all.atom", headers={"if-none-match": answer.headers["etag"]})
        assert changed.content == b"<feed/>", "what a watch writes meanwhile is there at once"
        assert "GET /feeds/{name}" in client.get("/api").text.replace("<code>", "")


def test_nothing_but_feeds_is_served_and_only_to_whom_it_may_be(served):
    (served / "watch.json").write_text("{}")
    (served / "topic-1.atom").unlink()
    (served / "topic-1.atom").symlink_to(served / "watch.json")
    with TestClient(create_app(planted(), feeds=served), base_url="http://localhost") as client:
        for name in ("watch.json", "topic-9.atom", "topic-1.atom", "..%2fwatch.json", "all.atom%00", "news.md"):
            answer = client.get(f"/feeds/{name}")
            assert answer.status_code == 404, name
            assert answer.headers["content-type"] == "application/problem+json"
    token = "a-token-of-many-letters"
    app = create_app(planted(), limits=Limits(token=token), feeds=served)
    with TestClient(app, base_url="http://localhost") as client:
        assert client.get("/feeds/all.atom").status_code == 401
        assert client.get("/feeds/all.atom", headers={"authorization": f"Bearer {token}"}).status_code == 200
        assert client.get("/feeds/all.atom", headers={"host": "evil.example"}).status_code == 421
    with TestClient(create_app(planted()), base_url="http://localhost") as client:
        assert "no all.atom yet" in client.get("/feeds/all.atom").json()["detail"]
