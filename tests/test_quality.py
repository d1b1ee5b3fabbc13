"""`inspect`, and the same account in the report of a run."""

import json

import pytest

from pipeline.cli.main import main
from pipeline.config import CorpusConfig, EmbeddingConfig
from pipeline.corpus import read_corpus
from pipeline.corpus.quality import measure_quality
from pipeline.embedding.token_counter import token_counter
from pipeline.report import notes
from pipeline.report.report_charts import draw_quality
from tests.planted import planted_papers, run, write_jsonl

GERMAN = (
    "Wir untersuchen, wie schnell das Eis der Gletscher schmilzt, und vergleichen es mit früheren Messungen im Tal."
)


@pytest.fixture
def mixed(tmp_path):
    """Files of three formats with known gaps."""
    papers = planted_papers(["glaciers"], 6)
    papers[0]["abstract"] = ""
    papers[1]["year"] = None
    papers[2]["authors"] = ["Ida Larsen"]
    papers[3]["doi"] = "10.1000/x"
    papers[4]["abstract"] = f"<p>{papers[4]['abstract']}</p>"
    write_jsonl(tmp_path / "a.jsonl", [*papers, papers[5] | {"id": "copy"}, {"id": "empty"}])
    (tmp_path / "b.ris").write_text("TY  - JOUR\nTI  - Gletscher\nAB  - " + GERMAN + "\nPY  - 1995\nER  - \n")
    (tmp_path / "c.nbib").write_text(
        "PMID- 5\nTI  - On ice\nAB  - "
        + " ".join(f"The ice melts in year {n} and runs." for n in range(60))
        + "\nDP  - 1998\n"
    )
    return tmp_path


def quality_of(folder, *files, tokens=None):
    corpus = read_corpus(CorpusConfig(files=files), folder)
    return measure_quality(
        corpus.tables,
        texts=corpus.cleaned.texts,
        cleaned=corpus.cleaned.steps,
        repaired=corpus.repaired,
        tokens=tokens,
    )


def test_every_count_is_right(mixed):
    found = quality_of(mixed, "a.jsonl", "b.ris", "c.nbib")
    assert (found.read, found.kept) == (10, 8)
    assert found.formats == {"JSONL": 6, "NBIB": 1, "RIS": 1}
    assert found.missing == {"abstract": 1, "authors": 7, "year": 1, "DOI or arXiv id": 7}
    assert found.duplicates == {"same text": 1}
    assert found.rejected == {"no title and no abstract": 1}
    assert found.cleaned == {"markup": 1}
    assert found.languages["de"] == pytest.approx(1 / 8, abs=1e-4)
    assert found.lengths["0"] == 1
    assert found.lengths["400-599"] == 1
    assert sum(found.lengths.values()) == 8
    assert found.years["1995"] == found.years["1998"] == 1
    assert found.years["1997"] == 0, "years without papers are there"


def test_what_the_model_does_not_read_is_counted_by_its_own_tokens(mixed):
    model = token_counter(EmbeddingConfig())
    found = quality_of(mixed, "c.nbib", "b.ris", tokens=model)
    assert (found.max_tokens, found.long_share) == (256, 0.5)
    assert model.count(["ice"]) == [3]
    assert token_counter(EmbeddingConfig(backend="tfidf")) is None


def test_papers_in_another_language_are_said_where_the_model_knows_english_alone(mixed):
    found = quality_of(mixed, "b.ris", "c.nbib")
    told = list(notes(found, model="all-MiniLM-L6-v2"))
    assert [note for note in told if "50% of the papers are not in English (de 50%)" in note]
    assert not [note for note in notes(found, model="paraphrase-multilingual-MiniLM-L12-v2") if "English" in note]
    assert not [note for note in notes(found, model=None) if "English" in note]


def test_pictures_are_the_same_every_time(mixed):
    found = quality_of(mixed, "a.jsonl", "b.ris")
    assert set(draw_quality(found)) == {"years.svg", "lengths.svg"}
    assert draw_quality(found) == draw_quality(found)


def test_the_command_tells_it_as_text_and_as_json(mixed, monkeypatch, capsys):
    monkeypatch.chdir(mixed)
    assert main(["inspect", "a.jsonl", "b.ris", "c.nbib"]) == 0
    told = capsys.readouterr().out
    assert "10 rows read = 8 papers + 1 duplicate + 1 rejected" in told
    assert "JSONL 6, NBIB 1, RIS 1" in told
    assert main(["inspect", "*.ris", "c.nbib", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["kept"] == 2
    assert main(["inspect", "nothing.ris"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_the_text_that_is_embedded_can_be_seen(mixed, monkeypatch, capsys):
    monkeypatch.chdir(mixed)
    assert main(["inspect", "a.jsonl", "--show-text", "glaciers-4"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("On the ")
    assert "<p>" not in told
    assert main(["inspect", "a.jsonl", "--show-text", "glacier-4"]) == 2
    assert "glaciers-4" in capsys.readouterr().err


def test_a_config_can_be_inspected(mixed, capsys):
    (mixed / "my.toml").write_text('[corpus]\nfiles = ["a.jsonl"]\nsame_work = "keep"\n')
    assert main(["inspect", str(mixed / "my.toml"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["read"] == 8


def test_the_report_of_a_run_says_the_same(mixed, make_config):
    atlas = run(make_config([str(mixed / name) for name in ("a.jsonl", "b.ris", "c.nbib")]))
    report = (atlas.folder / "report.md").read_text()
    assert "formats: JSONL 6, NBIB 1, RIS 1" in report
    assert "![papers by year](years.svg)" in report
    assert (atlas.folder / "years.svg").read_bytes().startswith(b"<?xml")
    assert atlas.manifest.quality.missing["abstract"] == 1


def test_years_over_centuries_are_told_by_tens(tmp_path):
    papers = [paper | {"year": year} for paper, year in zip(planted_papers(["bees"], 2), (1650, 2020), strict=True)]
    write_jsonl(tmp_path / "p.jsonl", papers)
    years = quality_of(tmp_path, "p.jsonl").years
    assert (years["1650s"], years["1900s"], years["2020s"]) == (1, 0, 1)
