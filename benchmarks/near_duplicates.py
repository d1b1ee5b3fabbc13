"""How well near-duplicates are found: edits planted on real papers, and one library in two exports.

Planted: a copy of a paper with one edit, of seven kinds, each kind on papers of its own. A pair counts as found where
both are in one group of near-duplicates, or where the edit left nothing after cleaning and both became one row.
Precision is judged against all pairs of papers in one group, and the most similar pairs that were never planted are
printed, so that a reader can judge whether they are versions all the same. Then other rules on the same pairs.

Exports: pairs of papers with the same DOI, one from each file, deduplication turned off.

    python -m benchmarks.near_duplicates [--papers FILE] [--count 3000] [--each 400]
    python -m benchmarks.near_duplicates --pair FILE FILE [--pair FILE FILE ...]
"""

import argparse
import gzip
import json
import random
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.common import PAPERS, machine
from pipeline.atlas import AtlasData
from pipeline.build import run_config
from pipeline.config import CorpusConfig, parse_config
from pipeline.corpus import Rejected, find_sources, read_papers
from pipeline.corpus.identifiers import identify
from pipeline.recommender.near_duplicates import find_near_duplicates, share_contained
from pipeline.recommender.recommend import SAME_MEANING, SAME_WORDS
from pipeline.words.shared_entries import SharedEntries

SHOWN = 10
WORDS_OF_TITLE = 3  # the one that is set in italics
SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
BRITISH = (
    *((r"iz(e[ds]?|ing|ation|ations|er|ers)\b", r"is\1"), (r"yz(e[ds]?|ing|er|ers)\b", r"ys\1")),
    *((r"\b([Bb]ehavi|[Cc]ol|[Ff]av|[Nn]eighb|[Hh]on|[Ll]ab)or(s|ed|ing|al|able|hood)?\b", r"\1our\2"),),
    *(
        (r"\b([Cc]ent|[Ff]ib|[Mm]et|[Tt]heat)er(s)?\b", r"\1re\2"),
        (r"\b([Mm]odel|[Ll]abel|[Ss]ignal)(ed|ing)\b", r"\1l\2"),
    ),
    *((r"\b([Cc]atal|[Dd]ial|[Aa]nal)og(s)?\b", r"\1ogue\2"), (r"\b([Dd]efen|[Ll]icen|[Oo]ffen)se\b", r"\1ce")),
    *((r"\b([Aa])luminum\b", r"\1luminium"), (r"\b([Gg])ray\b", r"\1rey"), (r"\b([Aa])rtifact(s)?\b", r"\1rtefact\2")),
)
LETTERS = re.compile(r"[\W_]+")
NO_CHANGE = re.compile(r"\b(?:siz|priz|seiz|capsiz|outsiz)(?:e[ds]?|ing)\b", re.IGNORECASE)


def other_case(title: str, abstract: str) -> tuple[str, str]:
    """The title with a capital at each word; where it has them already, with one capital at its beginning."""
    return title.title() if title != title.title() else title.capitalize(), abstract


def add_latex(title: str, abstract: str) -> tuple[str, str]:
    """A word of the title in italics, numbers as formulas, every tenth word emphasised, a citation."""
    words = title.split()
    if len(words) > WORDS_OF_TITLE:
        words[WORDS_OF_TITLE] = rf"\textit{{{words[WORDS_OF_TITLE]}}}"
    marked = [
        f"${word}$" if word.isdigit() else rf"\emph{{{word}}}" if place % 10 == 9 and word.isalpha() else word
        for place, word in enumerate(abstract.split())
    ]
    return " ".join(words), " ".join(marked).replace(". ", r"~\cite{smith2020}. ", 1)


def first_half(title: str, abstract: str) -> tuple[str, str]:
    words = abstract.split()
    return title, " ".join(words[: len(words) // 2])


def without_two_sentences(title: str, abstract: str) -> tuple[str, str]:
    """Nothing changes where an abstract has fewer than four sentences."""
    sentences = SENTENCE.split(abstract)
    return title, " ".join(sentences[:-2]) if len(sentences) > 3 else abstract


def british(title: str, abstract: str) -> tuple[str, str]:
    def spell(text: str) -> str:
        kept = NO_CHANGE.findall(text)
        text = NO_CHANGE.sub("\0", text)
        for american, own in BRITISH:
            text = re.sub(american, own, text)
        return re.sub("\0", lambda _: kept.pop(0), text)

    return spell(title), spell(abstract)


def add_copyright(title: str, abstract: str) -> tuple[str, str]:
    return title, f"{abstract} (c) 2021 The Author(s). Published by Northgate Academic Press Ltd. All rights reserved."


def second_version(title: str, abstract: str) -> tuple[str, str]:
    return f"{title} (v2)", abstract


Edit = Callable[[str, str], tuple[str, str]]
EDITS: Mapping[str, Edit] = {
    "title in another case": other_case,
    "LaTeX added": add_latex,
    "abstract: first half": first_half,
    "abstract: last two sentences cut": without_two_sentences,
    "British spelling": british,
    "copyright line added": add_copyright,
    '"v2" in the title': second_version,
}


def open_papers(path: Path) -> Iterator[dict[str, Any]]:
    """Papers of a JSONL file, gzipped or not."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as file:
        yield from (json.loads(line) for line in file if line.strip())


def plant(
    papers: Sequence[Mapping[str, Any]], each: int
) -> tuple[list[dict[str, Any]], dict[str, list[tuple[str, str]]]]:
    """The papers with the edited copies, and the planted pairs of ids of every kind; a paper has one copy at most."""
    rows = [{name: paper[name] for name in ("id", "title", "abstract")} for paper in papers]
    free = list(rows)
    planted: dict[str, list[tuple[str, str]]] = {}
    for number, (kind, edit) in enumerate(EDITS.items()):
        pairs: list[tuple[str, str]] = []
        later = []
        for paper in free:
            title, abstract = edit(paper["title"], paper["abstract"])
            if len(pairs) == each or (title, abstract) == (paper["title"], paper["abstract"]):
                later.append(paper)
                continue
            copy = {"id": f"{paper['id']}+{number}", "title": title, "abstract": abstract}
            rows.append(copy)
            pairs.append((paper["id"], copy["id"]))
        planted[kind], free = pairs, later
    return rows, planted


def run_papers(rows: Sequence[Mapping[str, Any]], folder: Path, *, name: str) -> AtlasData:
    """The atlas of some papers, by a whole run without the page; deduplication by identifiers is off."""
    file = folder / f"{name}.jsonl"
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    settings = {
        "name": name,
        "corpus": {"files": [file.name], "deduplication": "keep"},
        "topics": {"resamples": 0},
        "map": {"html": False},
        "output": {"folder": str(folder / name)},
    }
    return run_config(parse_config(settings, folder / f"{name}.toml")).atlas


@dataclass(frozen=True)
class Scored:
    """Pairs of rows, left < right, with both cosines. same_title: letters and digits of the titles are equal, or one
    begins with the other.
    """

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    similarity: NDArray[np.float64]
    words: NDArray[np.float64]
    contained: NDArray[np.float64]
    same_title: NDArray[np.bool_]


def score(atlas: AtlasData, pairs: Sequence[tuple[int, int]]) -> Scored:
    """Cosine of the embeddings, TF-IDF cosine, and the share of the shorter text's words that the longer one has.

    The share is weighted by idf; every word counts once.
    """
    lexical = atlas.lexical
    assert lexical is not None
    left, right = np.array(sorted({(min(pair), max(pair)) for pair in pairs}), dtype=np.int64).reshape(-1, 2).T
    vectors = np.asarray(atlas.vectors, dtype=np.float64)
    contained = [share_contained(lexical, one, other) for one, other in zip(left.tolist(), right.tolist(), strict=True)]
    cosines = np.array([vectors[one] @ vectors[other] for one, other in zip(left, right, strict=True)])
    titles = [LETTERS.sub("", title.casefold()) for title in atlas.cleaned_papers()[0]]
    same = [_same_title(titles[one], titles[other]) for one, other in zip(left, right, strict=True)]
    words = SharedEntries.of_words(lexical).cosines(left, right)
    return Scored(left, right, cosines, words, np.array(contained), np.array(same, dtype=bool))


def _same_title(one: str, other: str) -> bool:
    shorter, longer = sorted((one, other), key=len)
    return bool(shorter) and longer.startswith(shorter)


def rows_of(atlas: AtlasData, pairs: Iterable[tuple[str, str]]) -> list[tuple[int, int]]:
    """Rows of pairs of ids, smaller first, without those that were merged."""
    rows = [(atlas.ids.row(one), atlas.ids.row(other)) for one, other in pairs]
    return [(min(pair), max(pair)) for pair in rows if pair[0] != pair[1]]


def neighbour_pairs(atlas: AtlasData, *, least: float) -> set[tuple[int, int]]:
    """All pairs of rows in the neighbour lists with a cosine of at least `least`."""
    rows, places = np.nonzero(atlas.neighbours.similarities >= least)
    others = atlas.neighbours.indices[rows, places]
    return {(min(pair), max(pair)) for pair in zip(rows.tolist(), others.tolist(), strict=True)}


def keys_of(atlas: AtlasData, ids: Sequence[str]) -> dict[str, tuple[str, int]]:
    """What stands for each paper: its group of near-duplicates, or its row, which merged ids share."""
    group_of = {one.id: group.number for group in find_near_duplicates(atlas) for one in group.versions}
    kept = atlas.ids.ids
    rows = {paper: atlas.ids.row(paper) for paper in ids}
    return {
        paper: ("group", group_of[kept[row]]) if kept[row] in group_of else ("row", row) for paper, row in rows.items()
    }


def percent(part: int, whole: int) -> str:
    return f"{part / whole:.1%} ({part} of {whole})" if whole else "- (0 of 0)"


def of_similar(pairs: Scored) -> NDArray[np.bool_]:
    return np.asarray((pairs.similarity >= SAME_MEANING) & (pairs.words >= SAME_WORDS))


IN_USE = "in use: that, or the same title, cosine 0.80, 0.8 of the shorter's words"
# Rule -> which pairs it joins, by cosine, words and the share contained.
RULES: Mapping[str, Callable[[Scored], NDArray[np.bool_]]] = {
    "that of `similar`: cosine 0.95, words 0.85": of_similar,
    "that, or the same title and cosine 0.80": lambda p: of_similar(p) | (p.same_title & (p.similarity >= 0.80)),
    IN_USE: lambda p: of_similar(p) | (p.same_title & (p.similarity >= 0.80) & (p.contained >= 0.8)),
    "that, or cosine 0.80, 0.9 of the shorter's words": lambda p: (
        of_similar(p) | ((p.similarity >= 0.80) & (p.contained >= 0.9))
    ),
    "cosine 0.90, words 0.85": lambda p: (p.similarity >= 0.90) & (p.words >= 0.85),
    "cosine 0.90, words 0.75": lambda p: (p.similarity >= 0.90) & (p.words >= 0.75),
    "cosine 0.85, words 0.70": lambda p: (p.similarity >= 0.85) & (p.words >= 0.70),
    "cosine 0.80, words 0.65": lambda p: (p.similarity >= 0.80) & (p.words >= 0.65),
    "cosine 0.80, words 0.60": lambda p: (p.similarity >= 0.80) & (p.words >= 0.60),
    "cosine 0.80, 0.8 of the shorter's words": lambda p: (p.similarity >= 0.80) & (p.contained >= 0.8),
    "cosine 0.80, 0.9 of the shorter's words": lambda p: (p.similarity >= 0.80) & (p.contained >= 0.9),
}
LEAST = 0.8  # cosine from which pairs that were not planted are looked at


def report_planted(atlas: AtlasData, planted: Mapping[str, Sequence[tuple[str, str]]]) -> None:
    ids = [*atlas.ids.ids, *atlas.ids.duplicates]
    keys = keys_of(atlas, ids)
    together: dict[tuple[str, int], list[str]] = {}
    for paper in ids:
        together.setdefault(keys[paper], []).append(paper)
    joined = {pair for papers in together.values() for pair in combinations(sorted(papers), 2)}
    truth = {(min(pair), max(pair)) for pairs in planted.values() for pair in pairs}
    print(f"{len(atlas)} papers kept; groups: {len(find_near_duplicates(atlas))}; pairs joined: {len(joined)}")
    for kind, pairs in planted.items():
        copies = {copy for _, copy in pairs}
        merged = sum(atlas.ids.row(one) == atlas.ids.row(other) for one, other in pairs)
        found = sum(keys[one] == keys[other] for one, other in pairs)
        touching = [pair for pair in joined if copies & set(pair)]
        right = sum(pair in truth for pair in touching)
        print(
            f"  {kind}: recall {percent(found, len(pairs))}, of them {merged} equal after cleaning and merged; without"
            f" these {percent(found - merged, len(pairs) - merged)}; precision {percent(right, len(touching))}"
        )
    right = len(truth & joined)
    print(f"  all: recall {percent(right, len(truth))}, precision {percent(right, len(joined))}")
    unplanted = score(atlas, list(neighbour_pairs(atlas, least=LEAST) - set(rows_of(atlas, truth))))
    print_most_similar(atlas, unplanted)
    print_rules({kind: score(atlas, rows_of(atlas, pairs)) for kind, pairs in planted.items()}, unplanted)


def print_most_similar(atlas: AtlasData, pairs: Scored) -> None:
    ids, titles = atlas.ids.ids, atlas.column("title").to_pylist()
    joined = RULES[IN_USE](pairs)
    print(
        f"The {SHOWN} most similar pairs that were not planted, or have two DOIs, of {len(pairs.left)} with a cosine of"
        f" {LEAST} or more:"
    )
    for place in np.argsort(-pairs.similarity, kind="stable")[:SHOWN]:
        one, other = int(pairs.left[place]), int(pairs.right[place])
        print(
            f"  cosine {pairs.similarity[place]:.3f}, words {pairs.words[place]:.3f}, contained"
            f" {pairs.contained[place]:.3f}{', joined' * bool(joined[place])}:"
            f" {ids[one]} {titles[one][:90]!r} | {ids[other]} {titles[other][:90]!r}"
        )


def print_rules(planted: Mapping[str, Scored], others: Scored) -> None:
    """Recall of each rule on the pairs that were not merged, and how many of the other pairs it joins."""
    print("Rules: pairs of the truth joined, by kind, and how many others")
    for name, rule in RULES.items():
        hits = {kind: (int(rule(pairs).sum()), len(pairs.left)) for kind, pairs in planted.items()}
        total, whole = (sum(values) for values in zip(*hits.values(), strict=True))
        each = ", ".join(f"{kind} {found}/{count}" for kind, (found, count) in hits.items())
        wrong = int(rule(others).sum())
        print(f"  {name}: {percent(total, whole)} ({each}); others {wrong}; precision {percent(total, total + wrong)}")


def records_of(path: Path, number: int) -> list[dict[str, Any]]:
    """Papers of an export, with ids of ours and their first DOI, "" where they have none."""
    rows = []
    for place, paper in enumerate(read_papers(find_sources((str(path),), Path()), CorpusConfig(files=(str(path),)))):
        if isinstance(paper, Rejected):
            continue
        dois = identify({**paper.extra, "id": paper.id, "title": paper.title}).dois
        row = {"id": f"{number}-{place}", "title": paper.title, "abstract": paper.abstract}
        rows.append(row | {"own": dois[0] if dois else ""})
    return rows


def report_exports(first: Path, second: Path) -> None:
    files = records_of(first, 1), records_of(second, 2)
    records = {row["id"]: row for rows in files for row in rows}
    by_doi: list[dict[str, str]] = [{}, {}]
    for number, rows in enumerate(files):
        for row in rows:
            by_doi[number].setdefault(row["own"], row["id"])
    truth = [(by_doi[0][doi], by_doi[1][doi]) for doi in by_doi[0].keys() & by_doi[1].keys() - {""}]
    print(
        f"{first.name} ({len(files[0])} papers) and {second.name} ({len(files[1])}): {len(truth)} papers with one DOI"
    )
    if not truth:
        return
    with tempfile.TemporaryDirectory() as folder:
        rows = [{name: row[name] for name in ("id", "title", "abstract")} for row in records.values()]
        atlas = run_papers(rows, Path(folder), name="pair")
        keys = keys_of(atlas, list(records))
        kinds: dict[str, list[tuple[str, str]]] = {}
        for pair in truth:
            abstracts = sum(bool(records[paper]["abstract"]) for paper in pair)
            kinds.setdefault(("titles alone", "an abstract in one", "abstracts in both")[abstracts], []).append(pair)
        for kind, pairs in kinds.items():
            merged = sum(atlas.ids.row(one) == atlas.ids.row(other) for one, other in pairs)
            found = sum(keys[one] == keys[other] for one, other in pairs)
            print(f"  {kind}: recall {percent(found, len(pairs))}, of them {merged} equal after cleaning and merged")
        print_precision(records, keys)
        dois = [records[paper]["own"] for paper in atlas.ids.ids]
        others = [
            (one, other)
            for one, other in neighbour_pairs(atlas, least=LEAST) - set(rows_of(atlas, truth))
            if dois[one] and dois[other] and dois[one] != dois[other]
        ]
        different = score(atlas, others)
        print_most_similar(atlas, different)
        print_rules({kind: score(atlas, rows_of(atlas, pairs)) for kind, pairs in kinds.items()}, different)


def print_precision(records: Mapping[str, Mapping[str, str]], keys: Mapping[str, tuple[str, int]]) -> None:
    """Of all pairs joined, those of equal and of different DOIs."""
    together: dict[tuple[str, int], list[str]] = {}
    for paper in records:
        together.setdefault(keys[paper], []).append(paper)
    joined = [pair for papers in together.values() for pair in combinations(papers, 2)]
    judged = [(one, other) for one, other in joined if records[one]["own"] and records[other]["own"]]
    wrong = [(one, other) for one, other in judged if records[one]["own"] != records[other]["own"]]
    print(
        f"  precision {percent(len(judged) - len(wrong), len(judged))}; {len(joined) - len(judged)} more pairs joined"
        " lack a DOI"
    )
    for one, other in wrong[:SHOWN]:
        for paper in (one, other):
            print(f"    {paper} {records[paper]['own']} {records[paper]['title'][:90]!r}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--papers", type=Path, default=PAPERS)
    parser.add_argument("--count", type=int, default=3000)
    parser.add_argument("--each", type=int, default=400)
    parser.add_argument("--pair", type=Path, nargs=2, action="append", default=[], metavar=("FILE", "FILE"))
    asked = parser.parse_args()
    print(machine("openvino", "numpy"))
    for first, second in asked.pair:
        report_exports(first, second)
    if asked.pair:
        return
    papers = [paper for paper in open_papers(asked.papers) if paper.get("title") and paper.get("abstract")]
    sample = random.Random(0).sample(papers, min(asked.count, len(papers)))
    rows, planted = plant(sample, asked.each)
    print(f"{asked.papers.name}: {len(sample)} papers and {len(rows) - len(sample)} edited copies")
    with tempfile.TemporaryDirectory() as folder:
        report_planted(run_papers(rows, Path(folder), name="planted"), planted)


if __name__ == "__main__":
    main()
