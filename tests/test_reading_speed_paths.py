"""The short ways that reading takes past work that changes nothing, against the long way taken for every paper."""

import importlib
import json
import math
import random
import re
import unicodedata

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.config import CorpusConfig
from pipeline.corpus import cleaning, decoding, deduplication, fields, read_corpus, work_merging
from pipeline.corpus.adapters import names
from pipeline.corpus.collect import collect
from pipeline.corpus.decoding import undecodable
from pipeline.corpus.extras import ExtraColumns
from pipeline.corpus.file_search import find_sources
from pipeline.corpus.paper_rows import content_hashes, to_batch
from pipeline.corpus.read import read_papers
from pipeline.corpus.record import Paper, id_from_text
from pipeline.errors import CorpusError
from pipeline.words.tokens import compose_accents
from tests.format_files import EXAMPLES

# What the short ways look for, alone and in the company that makes it mean something; and what they may mistake for it.
PIECES = (
    *("We prune GANs.", "a  b", " leading", "trailing ", "line\nend", "tab\there", "\x1cseparated", "no\u00adhyphen"),
    *("zero\u200bwidth", "\x07bell", "\x85next", "nbsp\u00a0here", "\u3000wide", "e\u0301", "é", "\u212b", "ﬁ", "한글"),
    *("<i>in</i>", "a<b", "&amp;", "\\&lt;", "R&D", "<!-- c -->", "$x^2$", "$5 or $10", "\\$", "50\\%", "\\_", "{ABC}"),
    *(
        "}",
        "{",
        "\\\\",
        "\\,",
        "\\ ",
        "\\emph{\\textbf{deep}}",
        "\\alpha",
        "\\alpha2",
        "\\left(",
        "\\'{e}",
        '\\"o',
        "\\cc",
    ),
    *(
        "\\c{c}",
        "\\v{s}",
        "\\cite{a}",
        " \\citep[p. 2]{b}",
        "\\ref{c}",
        "\\refine",
        "\\label{x}",
        "\\{,",
        "\\\\{",
        "{\\~n}",
    ),
    *("©", "(c)", "(C)", "Copyright", "rights", "All rights reserved.", "© 2021 Elsevier Ltd.", "Published by Wiley."),
    *("copyright law", "brightness", "Crown copyright.", "Abstract:", "ABSTRACT We", "Summary", "N/A", "nan", "null"),
    *("[No abstract available]", "-", "🙂", "Ωμέγα", "\ud800", "\udce9t\udce9", "\udcc4\udce3\udcba\udcc3", "\0"),
)
NAMES = (
    "Pia Aho",
    " Mar Suarez ",
    "[Anonymous]",
    "et al.",
    "",
    "nan",
    "李伟",
    "1",
    "'t Hooft",
    "\udce9",
    "A\0B",
    "N/A",
)
VALUES = (None, math.nan, 0, 1.5, 2**70, True, "", " NULL ", "x", ["a", "b"], [1], {"b": 1, "a": [None]}, [], 1e300)
YEARS = (2021, 2021.0, "2021-03-04", 1499, 2200, 99999, True, None, math.nan, "n.d.", "20180501", -2020)
DOIS = (None, "10.1000/one", "https://doi.org/10.1000/ONE", "10.1000/two", "arXiv:2101.00001")


SLOW_LEFT_OVER = re.compile(r"\\[,;:!>()\[\] ]|[{}]|\\\\")


def slow_text_of(title, abstract):
    joined = f"{title}. {abstract}" if title and abstract else title or abstract
    return unicodedata.normalize("NFC", " ".join(joined.split()))


def slow_latex(text):
    if "$" not in text and "\\" not in text:
        return text
    text = compose_accents(text)
    for _ in range(3):
        text, changed = cleaning.STYLED.subn(r"\1", text)
        if not changed:
            break
    text = cleaning.CITATION.sub("", cleaning.FORMULA.sub(r"\1", text))
    text = cleaning.COMMAND.sub(cleaning._word, text)
    if "\\" in text or "{" in text:
        return SLOW_LEFT_OVER.sub("", cleaning.ESCAPED.sub(r"\1", text))
    return text


def slow_copyright(abstract):
    lower = abstract.lower()
    if not any(mark in lower for mark in ("©", "(c)", "copyright", "rights reserved")):
        return cleaning.RIGHTS.sub("", abstract) if "published by" in lower[-120:] else abstract
    last = cleaning.COPYRIGHT_END.search(abstract, max(0, len(abstract) - 320))
    if last and last.start() and abstract[last.start() - 1] in ".!?)”\"'\n " and cleaning.CLAIMED.search(last[0]):
        abstract = abstract[: last.start()]
    first = cleaning.COPYRIGHT_START.match(abstract)
    abstract = abstract[first.end() :] if first else abstract
    return cleaning.RIGHTS.sub("", cleaning.RIGHTS.sub("", abstract))


def slow_undecodable(text):
    return any("\ud800" <= letter <= "\udfff" for letter in text)


def slow_lone(value, lone=decoding.LONE):
    if isinstance(value, str):
        return lone.search(value) is not None
    if isinstance(value, dict):
        return any(slow_lone(part, lone) for part in [*value, *value.values()])
    return isinstance(value, list | tuple) and any(slow_lone(part, lone) for part in value)


def slow_is_missing(value):
    if isinstance(value, str):
        return value.strip().lower() in fields.MISSING_WORDS
    return value is None or (isinstance(value, float) and math.isnan(value))


def slow_year(value):
    match = None if value is None else fields.YEAR.search(str(value))
    return int(match.group()) if match else None


def slow_is_no_name(name):
    plain = name.lower().strip(" .,;[]()")
    return plain in names.NO_NAMES or not any(letter.isalpha() for letter in name)


def slow_keep_distinct(rows):
    """Every row compared with every other of its text by the hash of its whole content, then by its id."""
    whole = rows.take(np.arange(len(rows)))
    hashes = whole.column("text_hash").to_pylist()
    ids, contents = whole.column("id").to_pylist(), content_hashes(whole)
    order = sorted(range(len(ids)), key=lambda row: (hashes[row], contents[row], ids[row]))
    number, text_of = {}, np.zeros(len(ids), np.int64)
    kept = []
    for row in order:
        if hashes[row] not in number:
            number[hashes[row]] = len(kept)
            kept.append(row)
        text_of[row] = number[hashes[row]]
    return work_merging.Kept(np.array(kept, np.int64), text_of, text_of)


def slow_distinct_ids(rows, kept):
    """Every paper's id compared with all before it."""
    whole = rows.take(kept, ("id", "text_hash"))
    used, changed = set(), {}
    for number, row in enumerate(whole.to_pylist()):
        own = id_from_text(row["id"], row["text_hash"]) if row["id"] in used else row["id"]
        used.add(own)
        if own != row["id"]:
            changed[number] = own
    return changed


def slow_work_records(rows, numbers, _names):
    """Everything looked up for every record, and all its other fields searched for identifiers."""
    papers = rows.take(numbers)
    records = []
    for row, content in zip(papers.to_pylist(), content_hashes(papers), strict=True):
        extra = json.loads(row["extra"]) if row["extra"] else {}
        rest = deduplication.WorkContent(row["abstract"], extra, content)
        records.append(
            deduplication.WorkRecord(
                row["id"], row["title"], row["authors"], row["year"], extra, lambda rest=rest: rest
            )
        )
    return records


SLOW = (
    *((module, "text_of", slow_text_of) for module in ("record", "fields")),
    *((module, "undecodable", slow_undecodable) for module in ("decoding", "fields")),
    *((module, "is_no_name", slow_is_no_name) for module in ("adapters.names", "fields")),
    ("cleaning", "without_latex", slow_latex),
    ("cleaning", "without_copyright", slow_copyright),
    ("cleaning", "without_control", lambda text: cleaning.CONTROL.sub("", text)),
    ("decoding", "_any_lone", slow_lone),
    ("readers.jsonl", "undecodable", lambda text: True),
    ("fields", "NAME_STARTS", frozenset()),
    ("fields", "PRESENT_STARTS", frozenset()),
    ("fields", "is_missing", slow_is_missing),
    ("fields", "find_year", slow_year),
    ("collect", "_keep_distinct", slow_keep_distinct),
    ("collect", "_distinct_ids", slow_distinct_ids),
    ("work_merging", "_work_records", slow_work_records),
    ("work_merging", "_that_share_keys", lambda rows, kept: np.arange(len(kept))),
    ("paper_rows", "are_plain", lambda titles, abstracts, encoded: [False] * len(titles)),
    ("paper_rows", "text_of", slow_text_of),
)


@pytest.fixture
def slowly(monkeypatch):
    """From here on everything takes the long way."""

    def start():
        for module, name, slow in SLOW:
            monkeypatch.setattr(importlib.import_module(f"pipeline.corpus.{module}"), name, slow)

    return start


def awkward_rows(count=400, seed=7):
    """Rows of pieces that trigger every step; some texts and DOIs come several times, with other fields beside them."""
    choose = random.Random(seed)
    texts = [
        " ".join(choose.choices(PIECES[: -4 if number % 3 else None], k=choose.randint(1, 12)))
        for number in range(count // 2)
    ]
    return [
        {
            "id": choose.choice((f"id-{number}", f"id-{number % 50}", None, number)),
            "title": choose.choice((choose.choice(texts), choose.choice(PIECES), "On ice and water", None)),
            "abstract": choose.choice(texts),
            "authors": choose.choice((choose.choices(NAMES, k=3), "Aho, Pia; Moe, Per", [{"family": "Qu"}, 3], None)),
            "year": choose.choice(YEARS),
            "doi": choose.choice(DOIS),
            "other": choose.choice(VALUES),
            choose.choice(("colour", "col\udce9our", "references")): choose.choice(
                (*PIECES, ["Moe 2001", {"doi": "10.1/x"}])
            ),
        }
        for number in range(count)
    ]


def everything(folder, name, **settings):
    """All that reading a file gives, comparable; or the line it is refused with."""
    config = CorpusConfig(files=(name,), **settings)
    try:
        vectors = "vector" if name.endswith(".parquet") else None
        papers = list(read_papers(find_sources(config.files, folder), config, vectors_column=vectors))
    except CorpusError as problem:
        return str(problem)
    corpus = collect(papers, merge=config.deduplication == "merge")
    assert shown(read_corpus(config, folder, vectors_column=vectors)) == shown(corpus) if len(corpus) else True
    return repr(papers) + shown(corpus)


def shown(corpus):
    """All that a corpus holds, comparable."""
    tables = corpus.tables
    four = [(one.schema, repr(one.to_pylist())) for one in (tables.papers, tables.sources, tables.duplicates)]
    vectors = None if corpus.vectors is None else corpus.vectors.tolist()
    texts = (list(corpus.cleaned.titles), list(corpus.cleaned.abstracts), corpus.cleaned.steps)
    return repr((vectors, four, tables.rejected.to_pylist(), corpus.text_hashes, texts, corpus.repaired))


def write_awkward(folder):
    """The rows as JSON lines, with bytes that are no UTF-8, and as Parquet with vectors; the files' names."""
    lines = [json.dumps(row, ensure_ascii=number % 2 == 0) for number, row in enumerate(awkward_rows())]
    (folder / "rows.jsonl").write_bytes("\n".join(lines).encode(errors="surrogatepass"))
    lone = re.sub("[\udc80-\udcff]", "\udce9", "\n".join(lines[1::2])).replace("\ud800", "")
    (folder / "lone.jsonl").write_bytes(lone.encode(errors="surrogateescape"))
    rows = [
        {
            "title": fields.plain_text(row["title"]),
            "abstract": row["abstract"],
            "authors": row["authors"] if isinstance(row["authors"], str) else None,
            "vector": [number / 3, 0.1] if number % 2 else None,
        }
        for number, row in enumerate(awkward_rows(seed=8))
        if not undecodable(f"{row['title']}{row['abstract']}")
    ]
    pq.write_table(pa.Table.from_pylist(rows), folder / "rows.parquet")
    return ["rows.jsonl", "lone.jsonl", "rows.parquet"]


@pytest.mark.parametrize("deduplication_setting", ["merge", "keep"])
def test_awkward_rows_become_the_same_papers_the_short_way(tmp_path, slowly, deduplication_setting):
    files = write_awkward(tmp_path)
    short = [everything(tmp_path, name, deduplication=deduplication_setting) for name in files]
    assert all("same text" in one for one in short)  # there are copies to decide between
    slowly()
    assert [everything(tmp_path, name, deduplication=deduplication_setting) for name in files] == short


def test_a_content_hash_is_the_same_out_of_the_table(tmp_path):
    for name in write_awkward(tmp_path):
        config = CorpusConfig(files=(name,))
        vectors = "vector" if name.endswith(".parquet") else None
        papers = read_papers(find_sources(config.files, tmp_path), config, vectors_column=vectors)
        papers = [paper for paper in papers if isinstance(paper, Paper)]
        rows = pa.Table.from_batches([to_batch(list(enumerate(papers)), ExtraColumns())])
        assert content_hashes(rows) == [paper.content_hash() for paper in papers]
        assert len({paper.content_hash() for paper in papers}) > 100


def test_every_format_becomes_the_same_papers_the_short_way(tmp_path, slowly):
    for name, content in EXAMPLES.items():
        (tmp_path / name).write_bytes(content)
    short = {name: everything(tmp_path, name) for name in EXAMPLES}
    slowly()
    for name in EXAMPLES:
        assert everything(tmp_path, name) == short[name], name


@pytest.mark.parametrize("seed", range(5))
def test_each_short_way_ends_where_the_long_one_does(seed):
    choose = random.Random(seed)
    for _ in range(400):
        text = "".join(choose.choices((*PIECES, " ", ". "), k=choose.randint(1, 8)))
        assert cleaning.without_latex(text) == slow_latex(text), text
        assert cleaning.without_copyright(text) == slow_copyright(text), text
        assert fields.text_of(text, text) == slow_text_of(text, text), text
        assert undecodable(text) == slow_undecodable(text), text
        assert names.is_no_name(text) == slow_is_no_name(text), text
    for value in (*VALUES, *YEARS, *NAMES, *PIECES):
        assert fields.is_missing(value) == slow_is_missing(value), value
        assert fields.find_year(value) == slow_year(value), value


def test_fields_that_identify_are_found_by_any_of_their_names(tmp_path):
    rows = [
        {"id": "a", "title": "On ice and water in spring", "abstract": "First.", "ArXiv ID": "2101.00001"},
        {"id": "b", "title": "On ice and water in spring", "abstract": "Second text.", "e-print": "arXiv:2101.00001v2"},
        {"id": "c", "title": "On ice and water in spring", "abstract": "Third text.", "colour": "arXiv:2101.00001"},
    ]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    config = CorpusConfig(files=("rows.jsonl",))
    corpus = collect(read_papers(find_sources(config.files, tmp_path), config))
    assert corpus.tables.duplicates.select(["id", "reason"]).to_pylist() == [
        {"id": "a", "reason": "same arXiv id 2101.00001"}
    ]
