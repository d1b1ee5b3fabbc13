"""Files -> corpus: every row accounted for, and nothing decided by the order of rows."""

import csv
import gzip
import json
import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.config import parse_config
from pipeline.corpus import Corpus, find_sources, read_corpus
from pipeline.corpus.collect import collect
from pipeline.corpus.record import Paper
from pipeline.errors import CorpusError
from tests.planted import write_jsonl

PAPERS = [
    {"id": "a", "title": "Ice", "abstract": "Glaciers melt.", "authors": ["Ada Lovelace"], "year": 2020, "venue": "J"},
    {"id": "n", "title": "Nothing else", "abstract": None, "authors": [], "year": None, "venue": None},
    {"id": "b", "title": "Bees", "abstract": "Bees dance.", "authors": ["Bo Li", "Cy Ng"], "year": 2021, "venue": "K"},
]


def read(folder: Path, *files: str, **corpus) -> Corpus:
    config = parse_config({"corpus": {"files": list(files), **corpus}}, folder / "test.toml")
    return read_corpus(config.corpus, folder)


def rows(corpus: Corpus) -> dict[str, dict]:
    return {paper["id"]: paper for paper in corpus.tables.papers.to_pylist()}


def failure(folder: Path, *files: str, **corpus) -> str:
    with pytest.raises(CorpusError) as problem:
        read(folder, *files, **corpus)
    assert "\n" not in str(problem.value)
    return str(problem.value)


def write_formats(folder: Path) -> None:
    text = "".join(json.dumps(paper) + "\n" for paper in PAPERS)
    (folder / "p.jsonl").write_text(text)
    (folder / "p.jsonl.gz").write_bytes(gzip.compress(text.encode()))
    (folder / "p.jsonl.zst").write_bytes(zstandard.compress(text.encode()))
    pq.write_table(pa.Table.from_pylist(PAPERS), folder / "p.parquet")
    flat = [{**paper, "authors": "; ".join(paper["authors"])} for paper in PAPERS]
    for name, delimiter in (("p.csv", ","), ("semicolon.csv", ";"), ("p.tsv", "\t")):
        with (folder / name).open("w", newline="") as file:
            writer = csv.DictWriter(file, flat[0].keys(), delimiter=delimiter)
            writer.writeheader()
            writer.writerows(flat)


@pytest.mark.parametrize(
    "name", ["p.jsonl", "p.jsonl.gz", "p.jsonl.zst", "p.parquet", "p.csv", "semicolon.csv", "p.tsv"]
)
def test_every_format_gives_the_same_papers(tmp_path, name):
    write_formats(tmp_path)
    found = rows(read(tmp_path, name))
    assert found == {paper["id"]: paper | {"abstract": paper["abstract"] or ""} for paper in PAPERS}


def test_globs_and_several_files_are_read_together(tmp_path):
    write_jsonl(tmp_path / "one.jsonl", PAPERS[:1])
    write_jsonl(tmp_path / "two.jsonl", PAPERS[1:])
    assert set(rows(read(tmp_path, "*.jsonl"))) == {"a", "b", "n"}
    assert read(tmp_path, "*.jsonl", "one.jsonl").tables.read == 3, "a file named twice is read once"


def test_listing_gives_names_without_null_and_skips_the_owner_line(tmp_path):
    lines = [
        "Qu, Hui",
        "First title",
        "DeepSeek-AI, null, :, null, Wu, Z. F., Qu, Hui",
        "First abstract.",
        "Second title",
    ]
    (tmp_path / "list.txt").write_text("\n".join([*lines, "", "Second abstract, long.", ""]))
    found = read(tmp_path, "list.txt").tables.papers.to_pylist()
    by_title = {paper["title"]: paper for paper in found}
    assert by_title["First title"]["authors"] == ["DeepSeek-AI", "Z. F. Wu", "Hui Qu"]
    assert by_title["First title"]["abstract"] == "First abstract."
    assert by_title["Second title"]["authors"] == []
    assert by_title["Second title"]["abstract"] == "Second abstract, long."


def test_listing_without_owner_line_and_one_that_ends_early(tmp_path):
    (tmp_path / "list.txt").write_text("Title\nQu, Hui\nAbstract.\n")
    assert read(tmp_path, "list.txt").tables.papers.column("title").to_pylist() == ["Title"]
    (tmp_path / "bad.txt").write_text(
        "Qu, Hui\nTitle\nQu, Hui\nAbstract.\nTitle 2\nOnly family names, here, odd\nText.\n"
    )
    corpus = read(tmp_path, "bad.txt")
    assert (len(corpus), corpus.tables.rejected.num_rows) == (1, 1)
    assert "three lines a paper" in corpus.tables.rejected.column("reason")[0].as_py()


def test_seed_listing_of_real_papers(shared):
    corpus = read(shared, "seed.txt")
    by_title = {paper["title"]: paper for paper in corpus.tables.papers.to_pylist()}
    assert len(corpus) == corpus.tables.read == 6
    authors = by_title["DeepSeek LLM: Scaling Open-Source Language Models with Longtermism"]["authors"]
    assert authors[:3] == ["DeepSeek-AI", "Xiao Bi", "Deli Chen"]
    gan = by_title["Training Federated GANs with Theoretical Guarantees: A Universal Aggregation Approach"]
    assert gan["authors"] == ["Yikai Zhang", "Hui Qu", "Qi Chang", "Huidong Liu", "Dimitris Metaxas", "Chao Chen"]


def test_field_names_are_recognised_or_mapped(tmp_path):
    write_jsonl(
        tmp_path / "usual.jsonl",
        [{"Paper ID": 7, "Article Title": "T", "SUMMARY": "S", "Publication_Year": "2019-05-01"}],
    )
    assert read(tmp_path, "usual.jsonl").tables.papers.to_pylist()[0] == {
        "id": "7", "title": "T", "abstract": "S", "authors": [], "year": 2019,
    }  # fmt: skip
    write_jsonl(tmp_path / "own.jsonl", [{"nr": "x", "Titel": "T", "Kurz": "S", "title": "not this one"}])
    found = read(
        tmp_path, "own.jsonl", fields={"id": "nr", "title": "Titel", "abstract": "Kurz"}
    ).tables.papers.to_pylist()[0]
    assert (found["id"], found["title"], found["abstract"], found["source_title"]) == ("x", "T", "S", "not this one")


def test_a_mapped_field_that_is_not_there_is_refused_with_the_nearest(tmp_path):
    write_jsonl(tmp_path / "p.jsonl", PAPERS)
    assert "no field 'abstrakt' (corpus.fields.abstract); did you mean abstract?" in failure(
        tmp_path, "p.jsonl", fields={"abstract": "abstrakt"}
    )


def test_missing_values_are_never_text(tmp_path):
    table = [{"title": "A", "abstract": missing} for missing in ("null", "NaN", " n/a ", "", None)]
    write_jsonl(tmp_path / "p.jsonl", [{**row, "title": f"A{i}"} for i, row in enumerate(table)])
    assert read(tmp_path, "p.jsonl").cleaned.texts
    assert all(text in {f"A{i}" for i in range(5)} for text in read(tmp_path, "p.jsonl").cleaned.texts)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_what_is_no_finite_number_is_missing(tmp_path, number):
    """JSON, in which atlases are shown and exported, has no such numbers."""
    (tmp_path / "p.jsonl").write_text(f'{{"title": "A", "cited": {number}}}\n{{"title": "B", "cited": 1.5}}\n')
    papers = read(tmp_path, "p.jsonl").tables.papers
    assert dict(zip(*(papers.column(name).to_pylist() for name in ("title", "cited")), strict=True)) == {
        "A": None,
        "B": 1.5,
    }


def test_title_only_papers_are_kept_or_dropped_by_setting(tmp_path):
    write_jsonl(tmp_path / "p.jsonl", [{"id": "t", "title": "Only a title"}, PAPERS[0]])
    assert len(read(tmp_path, "p.jsonl")) == 2
    dropped = read(tmp_path, "p.jsonl", title_only="drop")
    assert len(dropped) == 1
    assert dropped.tables.rejected.to_pylist() == [
        {"source": "p.jsonl", "row": 1, "id": "t", "reason": 'no abstract (corpus.title_only = "drop")'}
    ]


def test_rejects_name_row_and_reason(tmp_path):
    lines = [
        json.dumps(PAPERS[0]).encode(),
        b'{"id": "x", "title": "", "abstract": null}',
        b"{broken",
        b'["a", "list"]',
        '{"title": "Таяние льда", "abstract": "Windows"}'.encode("cp1251"),
        b'{"title": "half \\ud800 pair"}',
        b'{"title": "nul \\u0000 here"}',
        b'{"title": {"en": "Nested"}}',
        b"",
        json.dumps(PAPERS[2]).encode(),
    ]
    (tmp_path / "p.jsonl").write_bytes(b"\n".join(lines))
    corpus = read(tmp_path, "p.jsonl")
    reasons = {row["row"]: row["reason"] for row in corpus.tables.rejected.to_pylist()}
    assert reasons[2] == "no title and no abstract"
    assert reasons[3].startswith("not JSON")
    assert reasons[4] == "a JSON list, not an object"
    assert reasons[5] == "not utf-8 text", "words of another encoding; lone letters of Windows are read"
    assert "surrogate" in reasons[6]
    assert reasons[7] == "a NUL character"
    assert reasons[8] == "its title is not text"
    assert (corpus.tables.read, len(corpus), corpus.tables.rejected.num_rows) == (9, 2, 7)


def test_exact_duplicates_are_one_paper_and_the_kept_one_does_not_depend_on_order(tmp_path):
    copies = [{"id": f"c{i}", "title": "Same", "abstract": "Same  text."} for i in (3, 1, 2)]
    outcomes = set()
    for order in ([0, 1, 2], [2, 1, 0], [1, 2, 0]):
        write_jsonl(tmp_path / "p.jsonl", [*(copies[i] for i in order), *PAPERS])
        corpus = read(tmp_path, "p.jsonl")
        pairs = [(row["id"], row["kept_id"]) for row in corpus.tables.duplicates.to_pylist()]
        outcomes.add((tuple(corpus.tables.papers.column("id").to_pylist()), tuple(pairs)))
    assert len(outcomes) == 1
    assert outcomes.pop()[1] == (("c2", "c1"), ("c3", "c1"))


@pytest.mark.parametrize("deduplication", ["merge", "keep"])
def test_an_id_used_for_two_texts_goes_to_the_same_one_in_any_order_and_none_is_lost(tmp_path, deduplication):
    clash = [
        {"id": "10.1000/vol", "title": "Bees in hot summers", "doi": "10.1000/vol"},
        {"id": "10.1000/vol", "title": "Sea walls that leak", "doi": "10.1000/vol"},
    ]
    kept = set()
    for papers in (clash, clash[::-1]):
        write_jsonl(tmp_path / "p.jsonl", papers)
        corpus = read(tmp_path, "p.jsonl", deduplication=deduplication)
        ids = corpus.tables.papers.column("id").to_pylist()
        kept.add(tuple(zip(ids, corpus.tables.papers.column("title").to_pylist(), strict=True)))
        assert (corpus.tables.rejected.num_rows, corpus.tables.duplicates.num_rows) == (0, 0)
        assert corpus.repaired == {"an id that another text has": 1}
        assert corpus.tables.papers.column("doi").to_pylist() == ["10.1000/vol"] * 2, "the DOI leads to both"
    assert len(kept) == 1
    first, second = (paper for paper, _ in kept.pop())
    assert first == "10.1000/vol"
    assert second == f"10.1000/vol-{corpus.text_hashes[1].hex()[:8]}"


def test_records_of_one_work_that_share_an_id_are_one_paper_before_ids_are_looked_at(tmp_path):
    long = "Drifting ice is tracked by buoys. " * 3
    rows = [
        {"id": "W1", "title": "Ice drift from buoys", "abstract": long, "year": 2020},
        {"id": "W1", "title": "Ice drift from buoys.", "abstract": "Cut off here.", "year": 2021},
        {"id": "W1", "title": "Ice drift from buoys", "year": 1990},
        {"id": "7", "title": "Moss", "year": 2020},
        {"id": "7", "title": "Frogs that sing at noon", "year": 2020},
    ]
    outcomes = set()
    for order in ([0, 1, 2, 3, 4], [4, 2, 1, 0, 3]):
        write_jsonl(tmp_path / "p.jsonl", [rows[number] for number in order])
        tables = read(tmp_path, "p.jsonl").tables
        assert tables.rejected.num_rows == 0
        titles = {(paper["title"], paper["year"]) for paper in tables.papers.to_pylist()}
        assert titles == {(rows[0]["title"], 2020), (rows[2]["title"], 1990), ("Moss", 2020), (rows[4]["title"], 2020)}
        outcomes.add(tuple(tables.papers.column("id").to_pylist()))
        assert tables.duplicates.column("reason").to_pylist() == ["same id W1"]
    assert len(outcomes) == 1


def test_references_are_kept_whole_and_those_of_two_sources_joined(tmp_path):
    wos = ["Aho A, 2001, J ICE, V1, P2, DOI 10.1000/a", "Moe B, 1999, SNOW"]
    rows = [
        {"id": "1", "title": "Glaciers that surge twice", "doi": "10.1000/g", "abstract": "Long text. " * 9,
         "references": wos},
        {"id": "2", "title": "Glaciers that surge twice", "doi": "10.1000/g", "abstract": "Short.",
         "references": [{"raw": "Aho, On ice (2001)", "id": "", "source": "Scopus"}]},
        {"id": "3", "title": "Dunes", "references": [{"title": "Sand", "doi": "10.1000/S"}, "W1234567"]},
        {"id": "4", "title": "Tides", "references": []},
    ]  # fmt: skip
    write_jsonl(tmp_path / "p.jsonl", rows)
    papers = read(tmp_path, "p.jsonl").tables.papers
    assert papers.schema.field("references").type.value_type.names == ["raw", "id", "source"]
    found = {paper["title"]: paper["references"] for paper in papers.to_pylist()}
    assert found["Glaciers that surge twice"] == [
        {"raw": wos[0], "id": "doi:10.1000/a", "source": "JSONL"},
        {"raw": wos[1], "id": "", "source": "JSONL"},
        {"raw": "Aho, On ice (2001)", "id": "", "source": "Scopus"},
    ]
    assert found["Dunes"] == [
        {"raw": '{"doi": "10.1000/S", "title": "Sand"}', "id": "doi:10.1000/s", "source": "JSONL"},
        {"raw": "W1234567", "id": "openalex:W1234567", "source": "JSONL"},
    ]
    assert found["Tides"] is None


def test_papers_without_ids_get_ids_from_their_text(tmp_path):
    write_jsonl(tmp_path / "p.jsonl", [{"title": "One"}, {"title": "Two"}, {"title": "One"}])
    corpus = read(tmp_path, "p.jsonl")
    again = read(tmp_path, "p.jsonl")
    assert len(corpus) == 2
    assert corpus.tables.duplicates.num_rows == 1
    assert corpus.tables.papers.equals(again.tables.papers)
    assert all(name.startswith("text-") for name in corpus.tables.papers.column("id").to_pylist())


def test_rows_are_in_the_order_of_their_text_hash(tmp_path):
    write_jsonl(tmp_path / "p.jsonl", [{"id": str(i), "title": f"Title {i}"} for i in range(50)])
    corpus = read(tmp_path, "p.jsonl")
    assert list(corpus.text_hashes) == sorted(corpus.text_hashes)
    positions = corpus.tables.sources.column("position").to_pylist()
    assert [f"Title {position}" for position in positions] == corpus.tables.papers.column("title").to_pylist()


papers_strategy = st.lists(
    st.builds(
        lambda number, title, abstract: Paper("s", 1, f"id{number}", title, abstract, (), None),
        st.integers(0, 5),
        st.sampled_from(["A", "B", "C"]),
        st.sampled_from(["", "x", "y"]),
    ),
    max_size=25,
)


@settings(max_examples=200, deadline=None)
@given(papers=papers_strategy, seed=st.integers(0, 2**16))
def test_any_order_gives_the_same_corpus_and_every_row_is_counted(papers, seed):
    first = collect(papers)
    shuffled = [papers[i] for i in np.random.default_rng(seed).permutation(len(papers))]
    second = collect(shuffled)
    assert first.tables.papers.equals(second.tables.papers)
    assert first.tables.duplicates.select(["id", "kept_id"]).equals(second.tables.duplicates.select(["id", "kept_id"]))
    assert len(first) + first.tables.duplicates.num_rows + first.tables.rejected.num_rows == len(papers)
    assert len(set(first.cleaned.texts)) == len(first)
    assert len(set(first.tables.papers.column("id").to_pylist())) == len(first)


def test_extra_columns_keep_their_types(tmp_path):
    write_jsonl(
        tmp_path / "p.jsonl",
        [
            {
                "title": "A",
                "n": 1,
                "share": 1,
                "tags": ["x"],
                "open": True,
                "mixed": 1,
                "deep": {"a": [1]},
                "topic": "t",
            },
            {"title": "B", "n": 2, "share": 0.5, "tags": [], "open": False, "mixed": "one", "topic": "u"},
        ],
    )
    by_title = {paper["title"]: paper for paper in read(tmp_path, "p.jsonl").tables.papers.to_pylist()}
    assert by_title["A"]["n"] == 1
    assert by_title["A"]["share"] == 1.0
    assert by_title["A"]["tags"] == ["x"]
    assert by_title["A"]["open"] is True
    assert by_title["A"]["mixed"] == "1"
    assert by_title["A"]["deep"] == '{"a": [1]}'
    assert by_title["B"]["source_topic"] == "u", "a field called like one of ours is kept under another name"


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("empty.jsonl", b"", "empty, no paper to read"),
        ("blank.csv", b"\n\n", "empty"),
        ("header.csv", b"title,abstract\n", "empty, no paper to read"),
        ("binary.jsonl", b'{"title": "a"}\n\x00\x01\x02', "NUL byte in line 2"),
        ("cut.jsonl.gz", gzip.compress(b'{"title": "a"}\n' * 500, mtime=0)[:-20], "damaged after line"),
        ("notgz.jsonl.gz", b"plain text", "not JSON"),
        ("broken.jsonl.zst", b"\x28\xb5\x2f\xfd plain text", "damaged after line 0"),
        ("cyrillic.csv", "title,abstract\nТаяние,обзор\n".encode("cp1251"), "corpus.encoding"),
        ("quote.csv", b'title,abstract\n"open,x\n', "is a quote left open?"),
        ("bad.parquet", b"PAR1 not really", "not a readable Parquet file"),
        ("what.docx", b"x", "a document of a word processor"),
        ("columns.csv", b"colour,size\nred,3\n", "no title or abstract among its fields (colour, size)"),
        ("utf16.csv", b"title\nA\0\n", 'corpus.encoding = "utf-16"'),
    ],
)
def test_unusable_files_are_refused_in_one_line(tmp_path, name, content, expected):
    (tmp_path / name).write_bytes(content)
    message = failure(tmp_path, name)
    assert expected in message
    assert name in message


def test_missing_files_folders_and_globs_are_refused(tmp_path):
    assert "no such file" in failure(tmp_path, "absent.jsonl")
    assert "a folder without files" in failure(tmp_path, ".")
    assert "no file matches" in failure(tmp_path, "*.jsonl")


def test_of_a_folder_what_was_written_by_runs_and_watches_in_it_is_not_read(tmp_path):
    """`paperatlas run .` twice reads the same."""
    (tmp_path / "mine.jsonl").write_text('{"title": "Ice"}\n')
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "manifest.json").write_text('[{"title": "Fog"}]')  # of somebody else
    before = sources_of(tmp_path)
    assert before == ["mine.jsonl", "notes/manifest.json"]
    for name in (
        *("configs/mine.toml", "outputs/mine/manifest.json", "outputs/mine/papers.parquet", "outputs/mine/report.md"),
        *("outputs/mine.watch/watch.json", "outputs/mine.watch/all.atom", "outputs/mine.watch/fetched/1.jsonl"),
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text('{"title": "Bee"}\n')
    assert sources_of(tmp_path) == before
    assert "a folder without files of papers" in failure(tmp_path, "outputs")
    assert sources_of(tmp_path / "outputs" / "mine") == ["manifest.json", "papers.parquet", "report.md"], "named itself"


def sources_of(folder):
    return [source.path.relative_to(folder).as_posix() for source in find_sources(["."], folder)]


def test_the_configured_encoding_is_used(tmp_path):
    (tmp_path / "latin.csv").write_bytes("title,abstract\nGröße,äh\n".encode("latin-1"))
    (tmp_path / "utf16.csv").write_bytes("title,abstract\nGröße,äh\n".encode("utf-16"))
    for name, encoding in (("latin.csv", "latin-1"), ("utf16.csv", "utf-16")):
        assert read(tmp_path, name, encoding=encoding).cleaned.texts[:] == ["Größe. äh"]
    assert "knows no such encoding" in failure(tmp_path, "latin.csv", encoding="klingon")


def test_parquet_without_text_column_is_refused(tmp_path):
    pq.write_table(pa.table({"colour": ["red"], "size": [3]}), tmp_path / "p.parquet")
    assert "no title or abstract among its fields (colour, size)" in failure(tmp_path, "p.parquet")


def test_an_empty_abstract_is_not_filled_from_another_field_in_any_format(tmp_path):
    papers = [{"title": "T", "abstract": None, "description": "Not the abstract."}]
    write_jsonl(tmp_path / "p.jsonl", papers)
    pq.write_table(pa.Table.from_pylist(papers), tmp_path / "p.parquet")
    (tmp_path / "p.csv").write_text("title,abstract,description\nT,,Not the abstract.\n")
    for name in ("p.jsonl", "p.parquet", "p.csv"):
        assert read(tmp_path, name).cleaned.texts[:] == ["T"], name
    assert len(read(tmp_path, "p.csv", fields={"abstract": "abstract"})) == 1, "an empty column is there all the same"


def test_every_row_of_a_table_is_counted(tmp_path):
    (tmp_path / "p.csv").write_text(
        "title,abstract,year\nA,b,\n,,1999\n, ,\n\nC,d,\n"
    )  # cells that are empty are no row
    corpus = read(tmp_path, "p.csv")
    assert (corpus.tables.read, len(corpus), corpus.tables.rejected.num_rows) == (3, 2, 1)


def test_quotes_in_tsv_are_only_quotes(tmp_path):
    (tmp_path / "p.tsv").write_text('title\tabstract\n"Deep" learning\tA study of "depth".\n')
    assert len(read(tmp_path, "p.tsv")) == 1


def test_which_vector_survives_does_not_depend_on_order():
    one, two = (Paper("s", 1, "same", "T", "", (), None, vector=vector) for vector in ((1.0, 0.0), (0.0, 1.0)))
    kept = [collect(rows).vectors for rows in ([one, two], [two, one])]
    np.testing.assert_array_equal(kept[0], kept[1])


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [("**.jsonl", "not a glob"), ("x" * 300 + ".jsonl", "no such file"), ("papers[1].jsonl", "no file matches")],
)
def test_odd_names_are_one_line(tmp_path, pattern, expected):
    assert expected in failure(tmp_path, pattern)


def test_a_file_with_glob_signs_in_its_name_can_be_named(tmp_path):
    write_jsonl(tmp_path / "papers[1].jsonl", PAPERS)
    assert read(tmp_path, "papers[1].jsonl").tables.read == 3


def test_a_file_whose_name_is_not_text_is_read(tmp_path):
    name = os.fsdecode(b"pap\xe9rs.jsonl")
    write_jsonl(tmp_path / name, PAPERS)
    assert read(tmp_path, "*.jsonl").tables.sources.column("source")[0].as_py() == "pap\ufffdrs.jsonl"


def test_numbers_and_dates_beyond_reason_are_told(tmp_path):
    write_jsonl(tmp_path / "p.jsonl", [{"title": "T", "v": [10**400, 1]}])
    config = parse_config({"corpus": {"files": ["p.jsonl"]}}, tmp_path / "t.toml").corpus
    assert read_corpus(config, tmp_path, vectors_column="v").vectors is None
    far = pa.table({"title": ["T"], "date": pa.array([10**12], pa.timestamp("s"))})
    pq.write_table(far, tmp_path / "far.parquet")
    assert "cannot be read" in failure(tmp_path, "far.parquet")
