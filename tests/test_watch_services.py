"""Searches of Crossref and Semantic Scholar, from a day on; and what a watch asks each service for."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

import pytest

from pipeline.cli.main import main
from pipeline.errors import ServiceError
from pipeline.fetch import FetchRequest, fetch
from pipeline.fetch.client import Client
from pipeline.watch.new_records import download
from pipeline.watch.watch_source import OVERLAP_DAYS, SEARCHED, WatchSource

DAY = date(2026, 11, 12)


@dataclass
class AnswersFrom(Client):
    """A client that is answered from a function of path and parameters; asked: what was sent."""

    address: str = "http://127.0.0.1:9"
    interval: float = 0.0
    answer: Callable[..., object] = dict
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def request(self, path, parameters, parse, *, body=None):
        self.asked.append((path, {**self.parameters, **parameters}))
        return parse(json.dumps(self.answer(path, parameters)).encode())


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def crossref(path, asked):
    """Three pages, the best works first; the third has none with all words, and there would be a fourth."""
    page = {"*": 1, "c2": 2, "c3": 3}[asked["cursor"]]
    titles = {
        1: ["Mass balance of a glacier", "Glacier bees"],
        2: ["The <i>glacier</i>: its balance"],
        3: ["Bees"],
    }[page]
    items = [
        {"DOI": f"10.1/{page}{place}", "title": [title], "abstract": "<jats:p>Of mass.</jats:p>"}
        for place, title in enumerate(titles)
    ]
    return {"message": {"total-results": 90_000, "items": items, "next-cursor": f"c{page + 1}"}}


def test_crossref_keeps_works_with_all_words_and_stops_where_none_is_left(tmp_path):
    client = AnswersFrom(answer=crossref)
    found = fetch("crossref", FetchRequest("glacier BALANCE mass"), tmp_path / "c.jsonl", client=client)
    assert [work["DOI"] for work in lines(tmp_path / "c.jsonl")] == ["10.1/10", "10.1/20"]
    assert (found.written, found.matching) == (2, None)
    assert [asked["cursor"] for _, asked in client.asked] == ["*", "c2", "c3"]
    assert {path for path, _ in client.asked} == {"/works"}


def bulk(path, asked):
    """Two pages of three papers."""
    second = asked.get("token") == "t2"
    names = ["p4"] if second else ["p1", "p2", "p3"]
    papers = [{"paperId": name, "title": f"On ice {name}"} for name in names]
    return {"total": 4, "data": papers} | ({} if second else {"token": "t2"})


def test_semantic_scholar_is_searched_along_its_tokens(tmp_path):
    client = AnswersFrom(answer=bulk)
    found = fetch("semanticscholar", FetchRequest("ice"), tmp_path / "s.jsonl", client=client)
    assert [paper["paperId"] for paper in lines(tmp_path / "s.jsonl")] == ["p1", "p2", "p3", "p4"]
    assert (found.written, found.matching) == (4, 4)
    assert {path for path, _ in client.asked} == {"/graph/v1/paper/search/bulk"}
    assert fetch("semanticscholar", FetchRequest("ice", limit=2), tmp_path / "t.jsonl", client=client).written == 2
    new = iter(range(100))

    def stuck(path, asked):
        return {"data": [{"paperId": f"p{next(new)}"}], "token": "t"}

    with pytest.raises(ServiceError, match="the same page again"):
        fetch("semanticscholar", FetchRequest("ice"), tmp_path / "u.jsonl", client=AnswersFrom(answer=stuck))


def test_the_commands_search_or_take_ids(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for command, option in (("crossref", "--dois"), ("semanticscholar", "--ids")):
        assert main(["fetch", command, "--query", "ice", option, "10.1/x", "-q"]) == 2
        assert f"give --query or {option}, not both" in capsys.readouterr().err
        assert main(["fetch", command, "-q"]) == 2
        assert "nothing to ask for; give query or ids" in capsys.readouterr().err


# --- what a watch asks for


def test_every_service_that_can_be_searched_is_asked_from_a_day_on():
    asked = {}
    for name in SEARCHED:
        source = WatchSource(name, "ice OR snow")
        asked[name] = source.request(DAY).query, dict(source.client(DAY, None).parameters)
    assert set(asked) == set(OVERLAP_DAYS) == {"arxiv", "openalex", "crossref", "pubmed", "semanticscholar"}
    assert asked["arxiv"][0] == "(ice OR snow) AND submittedDate:[202611120000 TO 203612312359]"
    assert asked["pubmed"][0] == '(ice OR snow) AND ("2026/11/12"[edat] : "3000"[edat])'
    assert {name: query for name, (query, _) in asked.items() if name not in ("arxiv", "pubmed")} == dict.fromkeys(
        ("openalex", "crossref", "semanticscholar"), "ice OR snow"
    )
    assert asked["openalex"][1]["filter"] == "from_publication_date:2026-11-12"
    assert asked["crossref"][1]["filter"] == "from-created-date:2026-11-12"
    assert asked["semanticscholar"][1]["publicationDateOrYear"] == "2026-11-12:"


def test_unfinished_downloads_of_other_queries_stay(tmp_path):
    """Two queries in turn: what the first was refused halfway is there when its turn comes again."""
    (tmp_path / "fetched").mkdir()

    def refused(path, asked):
        if asked["cursor"] != "*":
            raise ServiceError("refused")
        return crossref(path, asked)

    one, other = WatchSource("crossref", "glacier"), WatchSource("crossref", "bees")
    with pytest.raises(ServiceError):
        download(one, tmp_path, first_day=DAY, today=DAY, client=AnswersFrom(answer=refused))
    client = AnswersFrom(answer=lambda path, asked: {"message": {"items": [], "next-cursor": "x"}})
    assert download(other, tmp_path, first_day=DAY, today=DAY, client=client).papers == 0
    client = AnswersFrom(answer=crossref)
    whole = download(one, tmp_path, first_day=DAY, today=date(2026, 11, 20), client=client)
    assert [asked["cursor"] for _, asked in client.asked] == ["c2", "c3"]
    assert (whole.papers, whole.began, whole.cut_off) == (3, DAY, False)
    assert client.asked[0][1]["filter"] == "from-created-date:2026-11-12"
    later = date(2026, 11, 19)
    download(one, tmp_path, first_day=later, today=later, client=AnswersFrom(answer=crossref))
    assert not whole.file.exists(), "a download of the same query from another day is not needed any more"


def test_a_place_that_the_service_has_forgotten_is_begun_again(tmp_path):
    from pipeline.fetch.client import RefusedError

    (tmp_path / "fetched").mkdir()
    source = WatchSource("crossref", "glacier")

    def refused(status):
        def answer(path, asked):
            if asked["cursor"] != "*" and status:
                raise RefusedError("refused", status=status)
            return crossref(path, asked)

        return answer

    for status in (503, 429):
        with pytest.raises(RefusedError):
            download(source, tmp_path, first_day=DAY, today=DAY, client=AnswersFrom(answer=refused(status)))
    statuses = iter((410, 0, 0, 0))

    def forgotten_once(path, asked):
        return refused(next(statuses))(path, asked)

    client = AnswersFrom(answer=forgotten_once)
    assert download(source, tmp_path, first_day=DAY, today=DAY, client=client).papers == 3
    assert [asked["cursor"] for _, asked in client.asked] == ["c2", "*", "c2", "c3"]


def test_a_search_that_gives_no_more_is_cut_off_whatever_is_allowed(tmp_path, monkeypatch):
    """PubMed gives 9,999 papers at most; here 3, one of which it does not know any more."""
    monkeypatch.setattr("pipeline.fetch.pubmed_pages.MOST", 3)
    monkeypatch.setattr("pipeline.watch.new_records.MOST_FOUND", {"pubmed": 3})
    (tmp_path / "fetched").mkdir()
    articles = "".join(
        f"<PubmedArticle><MedlineCitation><PMID>{name}</PMID><Article><ArticleTitle>On ice {name}</ArticleTitle>"
        "</Article></MedlineCitation></PubmedArticle>"
        for name in (1, 2)
    )
    for matching in (3, 7):

        class PubMed(AnswersFrom):
            found = matching

            def request(self, path, parameters, parse, *, body=None):
                if path == "/efetch.fcgi":
                    return parse(f"<PubmedArticleSet>{articles}</PubmedArticleSet>".encode())
                result = {"count": str(self.found), "idlist": ["1", "2", "3"][: int(parameters["retmax"])]}
                return parse(json.dumps({"esearchresult": result}).encode())

        source = WatchSource("pubmed", f"ice {matching}", limit=1000)
        whole = download(source, tmp_path, first_day=DAY, today=DAY, client=PubMed())
        assert (whole.papers, whole.cut_off) == (2, matching == 7)
