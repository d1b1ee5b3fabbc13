"""`watch`: three days of a service that refuses now and then; each paper told once, whenever the watch is stopped."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from xml.etree import ElementTree

import feedparser
import pytest

from pipeline.adding import addition
from pipeline.atlas import load_run
from pipeline.build import manifest_builder
from pipeline.cli.main import main
from pipeline.errors import BusyError, PaperatlasError, ServiceError
from pipeline.fetch import services
from pipeline.watch import WatchRequest, watch
from pipeline.watch.watch_folder import only_watch
from pipeline.watch.watch_source import OVERLAP_DAYS, WatchSource
from tests.conftest import REPOSITORY
from tests.planted import copy_of, planted_papers, run_once, write_jsonl
from tests.watched_service import ArxivLike, noon, serving

KINDS = ("glaciers", "bees", "bridges")
QUERY = WatchRequest("arxiv", "all:ice OR all:honey")
AGAIN = WatchRequest()
DAYS = ("2026-11-26", "2026-11-27", "2026-11-28")


class Stop(BaseException):
    """A crash: nothing of the program sees it coming."""


def stop(*_, **__):
    raise Stop


def numbered(papers, first, last):
    return [paper for paper in papers if first <= int(paper["id"].split("-")[1]) < last]


class FirstDay(datetime):
    """The clock on the morning of the first day."""

    @classmethod
    def now(cls, tz=None):
        return cls.fromisoformat(f"{DAYS[0]}T06:00:00").replace(tzinfo=tz)


@pytest.fixture(scope="module")
def first_run(tmp_path_factory):
    """A run of planted papers: the first 14 of each kind, one topic each."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_builder, "datetime", FirstDay)  # a watch looks back from when the run was made
        atlas = run_once(tmp_path_factory.mktemp("watch"), numbered(planted_papers(KINDS, 20), 0, 14))
    assert len(atlas.topics) == len(KINDS)
    return atlas


@pytest.fixture
def folder(first_run, tmp_path):
    return copy_of(first_run, tmp_path / "run")


@pytest.fixture
def service():
    """Six papers a day, two of each kind; those of the second day are found a day late."""
    papers = [
        {
            "id": f"2611.{place:05}",
            "title": paper["title"],
            "abstract": paper["abstract"],
            "submitted": DAYS[place % 3],
            "shown": DAYS[max(place % 3, 2 * (place % 3 == 1))],
        }
        for place, paper in enumerate(numbered(planted_papers(KINDS, 20), 14, 20))
    ]
    with serving(ArxivLike(papers, DAYS[0], page=2)) as running:
        yield running


@pytest.fixture(autouse=True)
def _not_drawn(monkeypatch):
    """Pictures and report of the run take longer than all the rest, and are no part of a watch."""
    monkeypatch.setattr(addition, "draw_files", lambda *_, **__: {})
    monkeypatch.setattr(addition, "report_file", lambda _: {})


def feeds_of(place):
    """Name -> the parsed feed, checked to be one."""
    found = {}
    for path in sorted(place.glob("*.atom")):
        feed = feedparser.parse(path.read_bytes())
        assert (feed.bozo, feed.version) == (False, "atom10"), path
        assert feed.feed.id.startswith("urn:uuid:")
        assert feed.feed.updated_parsed
        found[path.name] = feed
    return found


def titles(feed):
    return [entry.title for entry in feed.entries]


def content(place):
    """Every file of a watch folder but its lock."""
    files = [path for path in sorted(place.rglob("*")) if path.is_file() and path.name != ".lock"]
    return {str(path.relative_to(place)): path.read_bytes() for path in files}


def require_each_once(place, service):
    """Every paper of the service stands in the run's feed once, and in the feed of one topic unless it is noise."""
    feeds = feeds_of(place)
    expected = sorted(paper["title"] for paper in service.papers)
    assert sorted(titles(feeds["all.atom"])) == expected
    assert len({entry.id for entry in feeds["all.atom"].entries}) == len(expected)
    in_topics = [title for name, feed in feeds.items() if name != "all.atom" for title in titles(feed)]
    noise = [entry.title for entry in feeds["all.atom"].entries if entry.tags[0].term == "between-topics"]
    assert sorted(in_topics + noise) == expected


def test_three_days_with_refusals_and_a_crash_tell_each_paper_once(folder, service, monkeypatch):
    place = folder.with_name("run.watch")

    def on(day, request=AGAIN):
        service.today = day
        return watch(folder, request, now=noon(day), client=service.client())

    first = on(DAYS[0], QUERY)
    assert (first.new, first.looked_at, first.since) == (6, 6, date(2026, 11, 12))
    before = content(place)
    assert (again := on(DAYS[0])).new == 0
    assert again.looked_at == 6
    assert content(place) == before, "a second watch at once rewrites nothing"

    service.trouble = [429] * 6
    with pytest.raises(ServiceError, match="429"):
        on(DAYS[1])
    assert content(place) == before
    service.trouble = []
    assert on(DAYS[1]).new == 0, "papers of this day are found a day late"

    with monkeypatch.context() as patch:
        patch.setattr("pipeline.watch.announce_pending.describe_new", stop)
        with pytest.raises(Stop):
            on(DAYS[2])
    assert len(load_run(folder)) == 3 * 14 + 18, "they were added, and not told"
    assert len(feeds_of(place)["all.atom"].entries) == 6
    assert on(DAYS[2]).new == 12
    require_each_once(place, service)
    assert on(DAYS[2]).new == 0
    require_each_once(place, service)
    assert main(["verify", str(folder)]) == 0
    assert [path.name for path in sorted((place / "news").iterdir())] == [f"{day}T120000Z.md" for day in DAYS[::2]]


def test_what_was_fetched_before_a_refusal_is_not_fetched_again(folder, service):
    service.today = DAYS[2]
    client = service.client()
    service.trouble = []
    answer, answered = service.answer, []

    def refuse_after_two(path):
        if len(answered) >= 2:
            return 503, "down"
        answered.append(path)
        return answer(path)

    service.answer = refuse_after_two
    with pytest.raises(ServiceError, match="it continues from here"):
        watch(folder, QUERY, now=noon(DAYS[1]), client=client)
    service.answer, service.asked = answer, []
    assert watch(folder, AGAIN, now=noon(DAYS[2]), client=client).new == 18
    assert service.asked[0]["start"] == "4"
    assert json.loads((folder.with_name("run.watch") / "watch.json").read_text())["since"] == {
        str(WatchSource("arxiv", QUERY.query)): DAYS[1]
    }, "the next watch asks from the day on which this download began"


def test_a_crash_at_any_file_that_moves_loses_nothing_and_tells_nothing_twice(first_run, service, tmp_path):
    """Before each rename and removal of a watch, the watch is stopped; the next one has to come to the same end."""
    service.today, service.page = "2026-11-01", 5
    service.papers = service.papers[:8]
    start = copy_of(first_run, tmp_path / "start")
    watch(start, QUERY, now=noon(DAYS[0]), client=service.client())
    service.today = DAYS[2]
    whole = tmp_path / "whole" / "run"
    moves = stopped_at(start, whole, service, None)
    assert moves > 12
    expected = content(whole.with_name("run.watch"))
    for move in range(moves):
        run = tmp_path / f"stop{move}" / "run"
        stopped_at(start, run, service, move)
        assert watch(run, AGAIN, now=noon(DAYS[2]), client=service.client()).folder == run.with_name("run.watch")
        require_each_once(run.with_name("run.watch"), service)
        found = content(run.with_name("run.watch"))
        assert {name: text for name, text in found.items() if "fetched" not in name} == {
            name: text for name, text in expected.items() if "fetched" not in name
        }, move
        assert len(load_run(run)) == 3 * 14 + 8


def stopped_at(start, run, service, move):
    """A watch of a copy of `start`, stopped before the given move; how many moves there were."""
    shutil.copytree(start, run)
    shutil.copytree(start.with_name("start.watch"), run.with_name("run.watch"))
    moves = 0

    def noted(real):
        def moving(self, *arguments, **options):
            nonlocal moves
            if not self.name.startswith(".writing-") or arguments:
                if moves == move:
                    raise Stop
                moves += 1
            return real(self, *arguments, **options)

        return moving

    with pytest.MonkeyPatch.context() as patch:
        for name in ("replace", "rename", "unlink"):
            patch.setattr(Path, name, noted(getattr(Path, name)))
        try:
            watch(run, AGAIN, now=noon(DAYS[2]), client=service.client())
        except Stop:
            assert move is not None
    return moves


def test_a_second_watch_at_the_same_time_is_busy(folder, service, capsys):
    place = folder.with_name("run.watch")
    with only_watch(place):
        with pytest.raises(BusyError, match="another watch"):
            watch(folder, QUERY, now=noon(DAYS[0]), client=service.client())
        assert main(["watch", str(folder), "--service", "arxiv", "--query", "all:ice"]) == 75
    assert capsys.readouterr().err.count("\n") == 1
    assert content(place) == {}


def test_a_run_that_is_held_leaves_the_papers_for_the_next_watch(folder, service):
    from pipeline.atlas import exclusive

    with exclusive(folder.resolve()), pytest.raises(BusyError, match="another run"):
        watch(folder, QUERY, now=noon(DAYS[0]), client=service.client())
    service.trouble = [429] * 6
    with pytest.raises(ServiceError):
        watch(folder, AGAIN, now=noon(DAYS[0]), client=service.client())
    assert len(feeds_of(folder.with_name("run.watch"))["all.atom"].entries) == 6, "told before the service is asked"


def test_papers_of_the_run_and_other_versions_of_them_are_no_news(folder, service):
    known, new = planted_papers(KINDS, 20)[0], planted_papers(KINDS, 20)[19]

    def paper(number, title, abstract, **more):
        return {"id": f"2611.9000{number}", "title": title, "abstract": abstract, "submitted": DAYS[0]} | more

    service.papers = [paper(1, known["title"], known["abstract"]), paper(2, new["title"], new["abstract"])]
    assert watch(folder, QUERY, now=noon(DAYS[0]), client=service.client()).new == 1
    service.papers += [
        paper(3, new["title"].upper(), "Boulders that ice left are dated, and are old.", authors=["Larsen, I."]),
        paper(4, f"{new['title']}: data and maps", f"{new['abstract']} More glacier data."),
    ]
    told = watch(folder, AGAIN, now=noon(DAYS[1]), client=service.client())
    assert (told.new, told.versions, told.looked_at) == (0, 2, 4)
    assert titles(feeds_of(folder.with_name("run.watch"))["all.atom"]) == [new["title"]]
    assert len(load_run(folder)) == 3 * 14 + 3, "they are in the run all the same, as by add"


def test_a_hostile_title_comes_through_as_the_text_that_it_is(folder, service):
    evil = 'Ice ]]> & <script>alert("x")</script> &amp; {{7*7}} =cmd() glacier moraine'
    service.papers = [service.papers[0] | {"title": evil, "authors": ["<b>Ida</b>"]}]
    assert watch(folder, QUERY, now=noon(DAYS[0]), client=service.client()).new == 1
    place = folder.with_name("run.watch")
    entry = ElementTree.parse(place / "all.atom").getroot().find("{*}entry")
    shown = evil.replace("&amp;", "&")  # as a person reads it: markup of services is not shown
    assert (entry.findtext("{*}title"), entry.findtext("{*}author/{*}name")) == (shown, "Ida")
    assert "<script" not in (place / "news.md").read_text()
    service.papers[0]["title"] = shown
    require_each_once(place, service)


def test_files_that_come_into_a_folder_are_told_once(folder, tmp_path, monkeypatch):
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    papers = numbered(planted_papers(KINDS, 20), 14, 20)
    monkeypatch.chdir(tmp_path)
    assert watch(folder, WatchRequest(files=("inbox",)), now=noon(DAYS[0])).new == 0, "nothing has come yet"
    write_jsonl(inbox / "a.jsonl", papers[:4])
    (inbox / "empty.ris").touch()  # an alert without hits stops no watch
    monkeypatch.chdir("/")
    first = watch(folder, AGAIN, now=noon(DAYS[0]))
    assert (first.new, first.looked_at) == (4, 4)
    write_jsonl(inbox / "b.jsonl", papers[3:7])
    second = watch(folder, AGAIN, now=noon(DAYS[1]))
    assert (second.new, second.looked_at) == (3, 4), "a file that has not changed is not read again"
    assert watch(folder, AGAIN, now=noon(DAYS[1])).looked_at == 0
    write_jsonl(inbox / "a.jsonl", papers[:4] + papers[7:9])
    assert watch(folder, AGAIN, now=noon(DAYS[0])).new == 2, "whatever the clock says"
    assert watch(folder, WatchRequest(files=(str(tmp_path),)), now=noon(DAYS[2])).new == 0, "feeds are not read again"
    feed = feeds_of(folder.with_name("run.watch"))["all.atom"]
    assert sorted(titles(feed)) == sorted(paper["title"] for paper in papers[:9])
    times = [entry.updated for entry in feed.entries]
    assert times == sorted(times, reverse=True)
    assert len(set(times)) == 3


def test_a_file_of_a_folder_that_cannot_be_read_is_skipped_and_said_once(folder, tmp_path):
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    papers = numbered(planted_papers(KINDS, 20), 14, 20)
    write_jsonl(inbox / "a.jsonl", papers[:2])
    (inbox / "stray.bin").write_bytes(b"\x7fELF\x02\x01\x01\0\0")
    first = watch(folder, WatchRequest(files=(str(inbox),)), now=noon(DAYS[0]))
    assert first.new == 2
    (note,) = first.notes
    assert note.startswith(f"skipped, until it changes: {inbox / 'stray.bin'}: ")
    assert watch(folder, AGAIN, now=noon(DAYS[1])).notes == ()
    write_jsonl(inbox / "stray.bin", papers[2:3])
    (inbox / "stray.bin").rename(inbox / "b.jsonl")
    assert watch(folder, AGAIN, now=noon(DAYS[2])).new == 1
    (inbox / "named.bin").write_bytes(b"\x7fELF\x02\x01\x01\0\0")
    with pytest.raises(PaperatlasError, match=r"named\.bin: "):
        watch(folder, WatchRequest(files=(str(inbox / "named.bin"),)), now=noon(DAYS[2]))


def test_papers_that_a_new_run_lacks_are_added_again_and_not_announced_again(folder, first_run, service):
    service.today = DAYS[2]
    watch(folder, QUERY, now=noon(DAYS[2]), client=service.client())
    shutil.rmtree(folder)
    copy_of(first_run, folder)
    again = watch(folder, AGAIN, now=noon(DAYS[2]), client=service.client())
    assert (again.new, again.looked_at) == (0, 18)
    assert len(load_run(folder)) == 3 * 14 + 18
    require_each_once(folder.with_name("run.watch"), service)


def test_a_file_that_grows_between_a_crash_and_the_next_watch_is_told_whole(folder, tmp_path, monkeypatch):
    papers = numbered(planted_papers(KINDS, 20), 14, 20)
    inbox = write_jsonl(tmp_path / "new.jsonl", papers[:3])

    with monkeypatch.context() as patch:
        patch.setattr("pipeline.watch.announce_pending.add_papers", stop)
        with pytest.raises(Stop):
            watch(folder, WatchRequest(files=(str(inbox),)), now=noon(DAYS[0]))
    write_jsonl(inbox, papers[:5])
    again = watch(folder, AGAIN, now=noon(DAYS[0]))
    assert (again.new, again.looked_at) == (5, 5)


def test_more_papers_than_are_allowed_are_said_and_not_lost(folder, service):
    service.today = DAYS[2]
    cut = watch(folder, WatchRequest("arxiv", QUERY.query, limit=5), now=noon(DAYS[2]), client=service.client())
    assert cut.new == 5
    assert "more than 5 papers match since 2026-11-12" in cut.notes[0]
    service.papers = service.papers[:3] + service.papers[3:]
    assert watch(folder, WatchRequest(limit=100), now=noon("2027-02-01"), client=service.client()).new == 13
    require_each_once(folder.with_name("run.watch"), service)


def test_a_query_of_its_own_begins_at_the_run_and_may_look_back(folder, service):
    service.papers = [paper | {"submitted": "2026-06-01"} for paper in service.papers]
    service.today = DAYS[2]
    assert watch(folder, QUERY, now=noon(DAYS[2]), client=service.client()).looked_at == 0
    back = WatchRequest(since=date(2026, 6, 1))
    assert watch(folder, back, now=noon(DAYS[2]), client=service.client()).new == 18
    other = watch(folder, WatchRequest(query="all:bees"), now=noon("2027-03-01"), client=service.client())
    finished = date.fromisoformat(load_run(folder).manifest.finished[:10])
    assert (finished - other.since).days == OVERLAP_DAYS["arxiv"]


def test_entries_follow_their_papers_into_the_topics_of_a_run_made_anew(folder, service, tmp_path):
    """The run is made anew with the papers told and more of one kind: topics get other numbers."""
    service.today = DAYS[2]
    assert watch(folder, QUERY, now=noon(DAYS[2]), client=service.client()).new == 18
    before = {entry.title: entry.id for entry in feeds_of(folder.with_name("run.watch"))["all.atom"].entries}
    papers = numbered(planted_papers(KINDS, 20), 0, 14) + service.papers
    papers += [paper | {"id": f"more-{paper['id']}"} for paper in planted_papers(KINDS[1:2], 30, seed=5)]
    shutil.rmtree(folder)
    (tmp_path / "anew").mkdir()
    made = run_once(tmp_path / "anew", papers)
    shutil.move(made.folder, folder)
    assert watch(folder, AGAIN, now=noon(DAYS[2]), client=service.client()).new == 0
    require_each_once(folder.with_name("run.watch"), service)
    feeds, atlas = feeds_of(folder.with_name("run.watch")), load_run(folder)
    assert {entry.title: entry.id for entry in feeds["all.atom"].entries} == before
    for name, feed in feeds.items():
        for entry in feed.entries if name != "all.atom" else ():
            number = next(paper["id"] for paper in service.papers if paper["title"] == entry.title)
            assert name == f"topic-{atlas.paper(atlas.ids.row(number))['topic']}.atom"


@pytest.mark.parametrize(
    ("request_", "told"),
    [
        (AGAIN, "nothing was watched here before"),
        (WatchRequest("arxiv", "all:ice", files=("x",)), "not both"),
        (WatchRequest("arxiv"), "either a query"),
        (WatchRequest(query="ice"), "needs its service; known: arxiv"),
        (WatchRequest("nowhere", "ice"), "known: arxiv"),
        (WatchRequest("zotero", "ice"), "cannot be searched"),
        (WatchRequest(files=("nothing.ris",)), "no such file; check its name"),
        (WatchRequest("arxiv", " "), "an empty query"),
        (WatchRequest("arxiv", "ice \udcff"), "no UTF-8 text"),
    ],
)
def test_a_mistake_is_one_line(folder, request_, told):
    with pytest.raises(PaperatlasError, match=told) as problem:
        watch(folder, request_, now=noon(DAYS[0]))
    assert "\n" not in str(problem.value)


def test_feeds_are_never_written_into_a_run_or_among_other_things(folder, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("...")
    (tmp_path / "file").write_text("...")
    for out, told in (
        (folder, "a run folder"),
        (folder / "feeds", "a run folder"),
        (tmp_path / "mine", "thesis.tex"),
        (tmp_path / "file", "not a folder"),
    ):
        with pytest.raises(PaperatlasError, match=told):
            watch(folder, QUERY, now=noon(DAYS[0]), folder=out)
    assert not (folder / "feeds").exists()
    damaged = folder.with_name("run.watch")
    damaged.mkdir()
    begun = {"run": "x", "created": "2026-11-26T06:00:00Z", "run_finished": ""}
    for text, told in (
        ('{"run": "x"', "damaged at its beginning"),
        (json.dumps(begun | {"more": 1}), "damaged at more"),
        (json.dumps(begun | {"since": {"q": "yesterday"}}), "damaged at since.q"),
        (json.dumps(begun | {"since": {"q": "0001-01-01"}}), "damaged at since.q"),
        (json.dumps(begun | {"news": {"time": "2026-91-26T06:00:00Z", "text": ""}}), "damaged at news.time"),
        (json.dumps(begun | {"news": {"time": "9999-12-31T23:59:59Z", "text": ""}}), "damaged at news.time"),
        (json.dumps(begun | {"news": {"time": "2026-1-26T06:00:00Z", "text": ""}}), "damaged at news.time"),
        (json.dumps(begun | {"announced": ["x"]}), "damaged at announced.0"),
        (json.dumps(begun | {"version": 2}), "of version 2"),
        (json.dumps(begun), "the watch of another run, x"),
    ):
        (damaged / "watch.json").write_text(text)
        with pytest.raises(PaperatlasError, match=told):
            watch(folder, QUERY, now=noon(DAYS[0]))


@pytest.mark.parametrize("name", ["watch.json", "all.atom"])
def test_a_link_in_place_of_a_file_of_a_watch_is_named(first_run, tmp_path, monkeypatch, capsys, name):
    copy_of(first_run, tmp_path / "outputs" / "ice")
    monkeypatch.chdir(tmp_path)
    write_jsonl(tmp_path / "new.jsonl", [])
    (tmp_path / "outputs" / "ice.watch").mkdir()
    (tmp_path / "elsewhere").write_text("precious")
    (tmp_path / "outputs" / "ice.watch" / name).symlink_to(tmp_path / "elsewhere")
    assert main(["watch", "ice", "--files", str(tmp_path)]) == 2
    assert capsys.readouterr().err == f"paperatlas: {tmp_path}/outputs/ice.watch/{name}: a link, not a file\n"
    assert (tmp_path / "elsewhere").read_text() == "precious"


def test_the_command_runs_from_cron(first_run, service, tmp_path, monkeypatch, capsys):
    """News in lines, one line where nothing is new, none where quiet, 2 for a refusal."""
    copy_of(first_run, tmp_path / "outputs" / "ice")
    service.today = "2099-01-01"
    words = ["watch", "ice", "--service", "arxiv", "--query", "all:ice", "--since", DAYS[0], "-q"]
    environment = {"PAPERATLAS_CACHE": str(tmp_path / "cache"), "PYTHONPATH": str(REPOSITORY), "PATH": "/usr/bin:/bin"}
    first = subprocess.run(
        [sys.executable, "-m", "tests.watched_service", service.address, *words],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert first.returncode == 0, first.stderr
    assert "Add those of ice.watch/fetched to the files of its config, and run it." in first.stderr
    lines = first.stdout.splitlines()
    assert lines[0] == "18 new papers from arxiv: all:ice (18 papers looked at): outputs/ice.watch/news.md"
    assert [int(line.split()[0]) for line in lines[1:]] == [6, 6, 6]
    place = tmp_path / "outputs" / "ice.watch"
    require_each_once(place, service)
    before = content(place)

    monkeypatch.chdir(tmp_path)
    own = replace(services.SERVICES["arxiv"], address=service.address, interval=0.0)
    monkeypatch.setitem(services.SERVICES, "arxiv", own)
    assert main(["watch", "ice", "--since", DAYS[0]]) == 0
    told = capsys.readouterr().out
    assert told == "nothing new from arxiv: all:ice since 2026-11-26 (18 papers looked at)\n"
    assert main(["watch", "ice", "--since", DAYS[0], "--quiet"]) == 0
    assert main(["watch", "ice", "--since", DAYS[0], "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["new"], found["by_topic"], found["since"]) == (0, [], DAYS[0])
    service.trouble = [400]
    assert main(["watch", "ice"]) == 2
    told = capsys.readouterr()
    assert (told.out, told.err.count("\n")) == ("", 1)
    assert content(place) == before
