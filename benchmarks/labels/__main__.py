"""Topics of a corpus -> sheets to judge blind: three labels of each topic, shuffled, and titles of its papers.

Ours, the first four words of BERTopic's class-based TF-IDF (English stop words, joined as in its own labels) and of
turftopic's default; all name our topics, drawn at random. A sheet shows ten titles of the topic nearest its centre and
ten drawn at random; who wrote which label stands in another file. Sheets hold titles: they stay outside of this folder.
`judged.tsv` holds the labels and the verdicts, 0 to 3 for each: does it cover the topic, is it specific, does it read
as a heading. `score` counts where ours were best or equal.

    python -m benchmarks.labels draw FOLDER --papers FILE ... [--topics 20] [--seed 1]
    python -m benchmarks.labels score
"""

import argparse
import csv
import json
import statistics
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path

import numpy as np

from benchmarks import peer_topics
from benchmarks.topic_quality import Data, described, find_ours, read

JUDGED = Path(__file__).parent / "judged.tsv"
PLACES = ("A", "B", "C")
WORDS, TITLES = 4, 10
OURS = "paperatlas"


def labels_of(data: Data, seed: int) -> tuple[np.ndarray, dict[str, list[str]]]:
    """The core topic of each paper, and each tool's labels."""
    clustering = find_ours(data, seed)
    topics, texts = clustering.core.astype(np.int64), data.corpus.cleaned.texts
    peers = {
        "bertopic": peer_topics.bertopic_keywords(texts, topics, "english"),
        "turftopic": peer_topics.turftopic_keywords(texts, topics, "soft_ctf_idf"),
    }
    joined = {who: [", ".join(words[:WORDS]).capitalize() for words in listed] for who, listed in peers.items()}
    return topics, {OURS: [topic.label for topic in described(data, clustering).topics]} | joined


def sheet(data: Data, rows: np.ndarray, labels: Mapping[str, str], seed: int) -> str:
    """labels: place -> label. rows: papers of the topic."""
    closeness = data.vectors[rows] @ data.vectors[rows].mean(axis=0)
    drawn = np.random.default_rng(seed).choice(rows, min(TITLES, len(rows)), replace=False)
    titles = data.corpus.cleaned.titles
    lines = [f"   {place}: {label}" for place, label in labels.items()]
    lines += [f"  central: {titles[row]}" for row in rows[np.argsort(-closeness, kind="stable")[:TITLES]]]
    return "\n".join([*lines, *(f"  random: {titles[row]}" for row in drawn)])


def draw(folder: Path, papers: Path, *, count: int, seed: int) -> None:
    data, shuffle = read(papers), np.random.default_rng(seed)
    topics, labels = labels_of(data, seed=0)
    key, sheets = {}, []
    for topic in np.random.default_rng(0).choice(topics.max() + 1, count, replace=False).tolist():
        order = [list(labels)[place] for place in shuffle.permutation(len(PLACES))]
        key[topic] = order
        rows = np.flatnonzero(topics == topic)
        shown = {place: labels[who][topic] for place, who in zip(PLACES, order, strict=True)}
        sheets.append(f"topic {topic}, {len(rows)} papers\n" + sheet(data, rows, shown, seed=topic))
    name = papers.name.partition(".")[0]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.sheets.txt").write_text("\n\n".join(sheets), encoding="utf-8")
    (folder / f"{name}.key.json").write_text(json.dumps(key), encoding="utf-8")


def verdicts() -> Iterator[tuple[str, str, dict[str, int]]]:
    """Reading, corpus, and each tool's verdict, of every topic judged."""
    with JUDGED.open(encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            yield row["reading"], row["corpus"], {row[f"key {place}"]: int(row[f"verdict {place}"]) for place in PLACES}


def print_score() -> None:
    for (reading, corpus), group in groupby(verdicts(), key=lambda judged: judged[:2]):
        judged = [found for *_, found in group]
        best = sum(found[OURS] >= max(found.values()) for found in judged)
        means = ", ".join(f"{who} {statistics.mean(found[who] for found in judged):.2f}" for who in sorted(judged[0]))
        print(f"{reading} reading, {corpus}: ours best or equal in {best} of {len(judged)}; means {means}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ways = parser.add_subparsers(dest="way", required=True)
    drawing = ways.add_parser("draw")
    drawing.add_argument("folder", type=Path)
    drawing.add_argument("--papers", type=Path, nargs="+", required=True)
    drawing.add_argument("--topics", type=int, default=20)
    drawing.add_argument("--seed", type=int, default=1)
    ways.add_parser("score")
    asked = parser.parse_args()
    if asked.way == "score":
        print_score()
        return
    for papers in asked.papers:
        draw(asked.folder, papers, count=asked.topics, seed=asked.seed)


if __name__ == "__main__":
    main()
