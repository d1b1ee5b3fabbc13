"""Reading paths beside simpler lists: do their steps hang together, begin at the roots and reach the recent work?

python -m benchmarks.reading_paths RUN...    200 papers of each run drawn at random, lists of eight through their topics

Lists compared, all of one length and by year: the path; the papers of the topic nearest to the one asked about; those
that the topic cites most. Means over the lists, of the steps behind the first:

linked    share that cite a step before or are cited by one
strength  of the strongest link with a step before (`pipeline/recommender/reading_path_links.py`)
near      cosine with the paper asked about
roots     share of the topic's papers that are cited less than the older half of the list
reach     years between the list's first and last, as a share of the topic's
"""

import sys
from collections import defaultdict
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pipeline.atlas import AtlasData, load_run
from pipeline.recommender.kept_references import references_of
from pipeline.recommender.reading_path_links import PaperLinks
from pipeline.recommender.reading_path_story import tell_story

SEED, DRAWN, STEPS = 17, 200, 7


def measure(links: PaperLinks, start: int, rows: list[int], *, members: NDArray[np.int64]) -> dict[str, float]:
    """The measures of one list. rows: without start, in order."""
    linked, strengths = [], []
    for place, row in enumerate(rows):
        earlier = np.array([start, *rows[:place]])
        own = np.full(len(earlier), row)
        linked.append(bool((links.cites(own, earlier) | links.cites(earlier, own)).any()))
        strengths.append(float(links.strengths(earlier, own).max()))
    among = np.zeros(len(links.atlas), dtype=bool)
    among[members] = True
    cited = links.cited_by(among)
    years = np.array([year or 0 for year in links.atlas.column("year").to_pylist()])
    known, own = years[members][years[members] > 0], years[rows]
    older = rows[: (len(rows) + 1) // 2]
    return {
        "linked": float(np.mean(linked)),
        "strength": float(np.mean(strengths)),
        "near": float(links.cosines(np.full(len(rows), start), np.array(rows)).mean()),
        "roots": float(np.mean([(cited[members] < cited[row]).mean() for row in older])),
        "reach": float((own.max() - own.min()) / max(known.max() - known.min(), 1)),
    }


def lists_of(links: PaperLinks, start: int, members: NDArray[np.int64]) -> dict[str, list[int]]:
    years = np.array([year or 0 for year in links.atlas.column("year").to_pylist()])
    among = np.zeros(len(links.atlas), dtype=bool)
    among[members] = True
    others = members[(members != start) & (years[members] > 0)]
    cosines, cited = links.cosines(np.full(len(others), start), others), links.cited_by(among)[others]
    nearest, most = others[np.argsort(-cosines)[:STEPS]], others[np.lexsort((-cosines, -cited))[:STEPS]]
    in_years = {
        name: rows[np.argsort(years[rows], kind="stable")]
        for name, rows in (("nearest", nearest), ("most cited", most))
    }
    return {
        "path": tell_story(links, start, members, steps=STEPS),
        **{name: rows.tolist() for name, rows in in_years.items()},
    }


def run(atlas: AtlasData) -> None:
    atlas = replace(atlas, references=references_of(atlas))
    links, rng = PaperLinks(atlas, atlas.references), np.random.default_rng(SEED)
    topics = atlas.column("nearest_topic").to_numpy()
    found = defaultdict(lambda: defaultdict(list))
    for start in rng.choice(len(atlas), size=min(DRAWN, len(atlas)), replace=False).tolist():
        members = np.flatnonzero(topics == topics[start])
        if len(members) < 2 * STEPS:
            continue
        for name, rows in lists_of(links, start, members).items():
            for measured, value in measure(links, start, rows, members=members).items():
                found[name][measured].append(value)
    print(f"{atlas.manifest.name}, {len(found['path']['near'])} papers")
    for name, measures in found.items():
        print(f"  {name:11}", "  ".join(f"{one} {np.mean(values):.2f}" for one, values in measures.items()))


if __name__ == "__main__":
    for name in sys.argv[1:]:
        run(load_run(name))
