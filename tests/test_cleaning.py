"""What is left out of a text before it is embedded, and which records are one work."""

import random

import pytest

from pipeline import Atlas
from pipeline.cli.main import main
from pipeline.config import CleanConfig, CorpusConfig
from pipeline.corpus import read_corpus
from pipeline.corpus.cleaning import STEPS, Cleaner
from tests.planted import planted_papers, write_jsonl

ALL = Cleaner(CleanConfig())
OFF = Cleaner(CleanConfig(**dict.fromkeys(STEPS, False)))


@pytest.mark.parametrize(
    ("step", "before", "after"),
    [
        ("markup", "<p>We <b>melt</b> H<sub>2</sub>O.</p>", "We melt H2O."),
        ("markup", "<jats:title>Abstract</jats:title><jats:p>We melt.</jats:p>", "We melt."),
        ("markup", "Ice &amp; snow &lt; 0 &#176;C", "Ice & snow < 0 °C"),
        ("markup", 'A <a href="https://example.org">link</a> and a<br/>break', "A link and a break"),
        (
            "latex",
            r"We prove $O(n \log n)$ for $\alpha$-stable \emph{laws} \cite{a,b}.",
            "We prove O(n log n) for alpha-stable laws.",
        ),
        ("latex", r"Schr\"odinger and 50\% more", "Schrödinger and 50% more"),
        ("labels", "Abstract: We melt ice.", "We melt ice."),
        ("labels", "ABSTRACT We melt ice.", "We melt ice."),
        (
            "copyright",
            "We melt ice. © 2021 The Authors. Published by Elsevier Ltd. All rights reserved.",
            "We melt ice.",
        ),
        ("copyright", "Copyright (c) 2019 Frost Press. We melt ice.", "We melt ice."),
        ("copyright", "We melt ice. (C) 2009 Elsevier B.V. All rights reserved.", "We melt ice."),
        ("copyright", "We melt ice. Published by Elsevier B.V.", "We melt ice."),
        ("control", "We\u200b melt\u00ad ice\u0007.", "We melt ice."),
        ("repeats", "On ice. We melt it.", "We melt it."),
        (
            "repeats",
            "We melt ice in large amounts, and measure how fast it goes away. " * 2,
            "We melt ice in large amounts, and measure how fast it goes away.",
        ),
    ],
)
def test_each_step_leaves_out_what_it_is_for_and_can_be_turned_off(step, before, after):
    found = ALL.clean("On ice", before)
    assert (" ".join(found.abstract.split()), found.steps) == (after, (step,))
    alone = Cleaner(CleanConfig(**dict.fromkeys(STEPS, False) | {step: True}))
    assert " ".join(alone.clean("On ice", before).abstract.split()) == after
    rest = Cleaner(CleanConfig(**{step: False}))
    assert step not in rest.clean("On ice", before).steps


@pytest.mark.parametrize(
    "text",
    [
        "If a<b and c>d then x < y holds for p < 0.05 and n > 3.",
        "It costs $5 in one shop and $10 in the other.",
        "Abstract algebra is about groups; summary statistics are not.",
        "Copyright law in the age of machines (c) changed in 2020. We ask why.",
        "This book is to be published by Frost.",
        "On icebergs. They are large.",
        "R&D at AT&T; see Section 3 & 4.",
        "C# and #hashtags, 100 % of them, a_b and x^2.",
        "Zwei Sätze: ein Ausrufezeichen! Und — ein Strich.",
    ],
)
def test_texts_that_only_look_like_it_stay_as_they_are(text):
    found = ALL.clean("On ice", text)
    assert (found.abstract, found.steps) == (text, ())


def test_a_step_never_leaves_nothing():
    for text in ("Abstract:", "© 2021 Elsevier", "<p></p>", "\u200b", "On ice."):
        assert ALL.clean("On ice", text).abstract.strip() or not text.strip("\u200b")


def test_cleaning_twice_is_cleaning_once():
    texts = (
        "<p>Abstract: We melt H<sub>2</sub>O at $T_c$ \\&gt; 3. © 2021 Elsevier Ltd. All rights reserved.</p>",
        r"\textbf{\emph{Deep}} $\frac{1}{2}$ and $\sim$320, {\rm GW}",
    )
    for text in texts:
        once = ALL.clean("On ice", text)
        assert ALL.clean(once.title, once.abstract).abstract == once.abstract


def test_what_is_shown_loses_its_markup_alone_and_every_step_is_counted(tmp_path):
    papers = [
        {
            "id": "a",
            "title": "On <i>ice</i>",
            "abstract": "Abstract: It melts. © 2020 Frost Press. All rights reserved.",
        },
        {"id": "b", "title": "On snow", "abstract": "Nothing to clean here."},
    ]
    write_jsonl(tmp_path / "p.jsonl", papers)
    corpus = read_corpus(CorpusConfig(files=("p.jsonl",)), tmp_path)
    shown = {paper["id"]: (paper["title"], paper["abstract"]) for paper in corpus.tables.papers.to_pylist()}
    assert shown == {paper["id"]: (paper["title"].replace("<i>ice</i>", "ice"), paper["abstract"]) for paper in papers}
    assert sorted(corpus.cleaned.texts) == ["On ice. It melts.", "On snow. Nothing to clean here."]
    assert corpus.cleaned.steps == {"markup": 1, "labels": 1, "copyright": 1}
    plain = read_corpus(CorpusConfig(files=("p.jsonl",), clean=OFF.config), tmp_path)
    assert plain.cleaned.steps == {}
    assert any(text.startswith("On <i>ice</i>. Abstract:") for text in plain.cleaned.texts)


def test_keywords_and_answers_come_from_cleaned_texts(tmp_path, make_atlas, capsys):
    papers = planted_papers(["glaciers", "bees"], 10)
    for paper in papers:
        paper["abstract"] = f"<jats:p>{paper['abstract']}</jats:p> © 2020 Elsevier Ltd. All rights reserved."
    atlas = make_atlas(str(write_jsonl(tmp_path / "p.jsonl", papers)))
    words = {keyword.term.lower() for topic in atlas.topics for keyword in topic.keywords}
    assert not [word for word in words if "jats" in word or "elsevier" in word or "rights" in word]
    row = atlas.ids.row("bees-3")
    assert "jats" not in atlas.text(row)
    shown = atlas.paper(row)["abstract"]
    assert "jats" not in shown
    assert shown.endswith("All rights reserved.")
    assert main(["verify", str(atlas.folder)]) == 0
    assert Atlas(atlas).assign([atlas.text(row)])[0].known_as == "bees-3"


# --- One work, several records


def works(tmp_path, papers, **settings):
    write_jsonl(tmp_path / "p.jsonl", papers)
    return read_corpus(CorpusConfig(files=("p.jsonl",), **settings), tmp_path)


PREPRINT = {
    "id": "2101.00001",
    "title": "Melting ice from below",
    "abstract": "We look at ice.",
    "authors": ["Ida Larsen", "Per Moe"],
    "year": 2021,
}
PUBLISHED = {
    "id": "larsen2022",
    "title": "Melting Ice From Below.",
    "abstract": "We look at ice for much longer than before.",
    "authors": ["Larsen, I.", "Moe, P."],
    "year": 2022,
    "doi": "10.1000/ice.1",
}


def test_a_preprint_and_its_paper_become_one_with_both_links(tmp_path):
    corpus = works(tmp_path, [PREPRINT, PUBLISHED])
    [paper] = corpus.tables.papers.to_pylist()
    assert (paper["id"], paper["doi"], paper["arxiv"]) == ("larsen2022", "10.1000/ice.1", "2101.00001")
    [duplicate] = corpus.tables.duplicates.to_pylist()
    assert (duplicate["id"], duplicate["kept_id"]) == ("2101.00001", "larsen2022")
    assert duplicate["reason"] == "same title, first author and year"


def test_the_order_of_records_decides_nothing(tmp_path):
    third = PUBLISHED | {"id": "scopus1", "abstract": "We look at ice. Short.", "title": "Melting ice from below"}
    records = [PREPRINT, PUBLISHED, third, *planted_papers(["bees"], 3)]
    first = works(tmp_path, records)
    for seed in range(5):
        random.Random(seed).shuffle(records)
        again = works(tmp_path, records)
        assert again.tables.papers.equals(first.tables.papers)
        columns = ["id", "kept_id", "reason"]
        assert again.tables.duplicates.select(columns).equals(first.tables.duplicates.select(columns))


@pytest.mark.parametrize(
    ("change", "count", "reason"),
    [
        ({"doi": "https://doi.org/10.1000/ICE.1"}, 1, "same DOI 10.1000/ice.1"),
        (
            {"arxiv": "2101.00001v3", "title": "Melting ice, seen from below", "year": 1999},
            1,
            "same arXiv id 2101.00001",
        ),
        ({"year": 2025}, 2, None),
        ({"authors": ["Somebody Else"]}, 2, None),
        ({"authors": []}, 2, None),
        ({"title": "A wholly other thing, of bees and hives", "doi": "10.1000/ice.1"}, 2, None),
    ],
)
def test_records_are_one_work_by_doi_arxiv_id_or_title_author_and_year(tmp_path, change, count, reason):
    other = PUBLISHED | {"id": "other", "abstract": "Another text of it.", "doi": None} | change
    one = PUBLISHED | ({"arxiv": "2101.00001"} if "arxiv" in change else {})
    corpus = works(tmp_path, [one, other])
    assert len(corpus) == count
    assert corpus.tables.duplicates.column("reason").to_pylist() == ([reason] if reason else [])


def test_a_doi_of_a_whole_volume_joins_no_papers(tmp_path):
    papers = [
        {"id": f"p{number}", "title": title, "abstract": f"Text {number}.", "doi": "10.1000/volume"}
        for number, title in enumerate(
            ["Ice that melts in spring", "Bees and their dances", "Bridges of steel", "Bread"]
        )
    ]
    assert len(works(tmp_path, papers)) == 4


def test_merging_can_be_turned_off_and_equal_texts_stay_one(tmp_path):
    corpus = works(tmp_path, [PREPRINT, PUBLISHED, PUBLISHED | {"id": "copy"}], deduplication="keep")
    assert len(corpus) == 2
    assert corpus.tables.duplicates.column("reason").to_pylist() == ["same text"]


def test_every_row_is_accounted_for_when_works_are_merged(tmp_path):
    records = [PREPRINT, PREPRINT | {"id": "copy-of-preprint"}, PUBLISHED, {"id": "x"}, *planted_papers(["bees"], 4)]
    corpus = works(tmp_path, records)
    assert (
        corpus.tables.read
        == len(records)
        == len(corpus) + corpus.tables.duplicates.num_rows + corpus.tables.rejected.num_rows
    )
    assert set(corpus.tables.duplicates.column("kept_id").to_pylist()) == {"larsen2022"}
