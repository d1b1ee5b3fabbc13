"""How long a loaded atlas takes to answer, and whether its neighbours are the true ones.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python -m benchmarks.similar_speed RUN [--queries 200]

Medians over queries drawn at random: an id; an id with a condition and a topic, both read anew; a text of 256 tokens
that no paper has. Then, for 1,000 papers, the first ten stored neighbours against a float64 product with all vectors.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Sequence

import numpy as np

from benchmarks.common import machine
from pipeline import Atlas
from pipeline.atlas import AtlasData
from pipeline.neighbours.exact_search import DECIMALS
from pipeline.recommender import Filters, read_query, similar, where

CHECKED = 1000
WORDS = 170  # about 256 tokens


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("run")
    parser.add_argument("--queries", type=int, default=200)
    options = parser.parse_args()
    user_atlas = Atlas.load(options.run)
    atlas = user_atlas.data
    rng = np.random.default_rng(0)
    ids = [atlas.ids.ids[row] for row in rng.permutation(len(atlas))[: options.queries]]
    abstracts = atlas.column("abstract")
    texts = [
        " ".join([*abstracts[int(row)].as_py().split(), "and", *abstracts[int(other)].as_py().split()][:WORDS])
        for row, other in rng.integers(0, len(atlas), (options.queries, 2))
    ]

    def filtered(paper: str) -> None:
        topic = int(atlas.column("nearest_topic")[atlas.ids.row(paper)].as_py())
        keep = where(atlas, f"year >= 2015 and topic == {topic}")
        similar(atlas, read_query(atlas, [paper]), k=10, filters=Filters(keep=keep))

    print(machine("numpy", "openvino"))
    print(f"{len(atlas):,} papers, sentences {'kept' if atlas.sentences is not None else 'not kept'}; milliseconds:")
    _time("id", lambda paper: user_atlas.similar(paper, 10), ids)
    _time("id with condition and topic", filtered, ids)
    _time("text", lambda text: user_atlas.similar(text=text, k=10), texts)
    _time("search", lambda text: user_atlas.search(" ".join(text.split()[:4]), 10), texts)
    print(f"neighbours: {_agreeing(atlas, rng)} of {CHECKED} papers have the ten of a float64 product, ties aside")


def _time(name: str, ask: Callable[[str], object], queries: Sequence[str]) -> None:
    for query in queries[:10]:
        ask(query)
    taken = []
    for query in queries:
        start = time.perf_counter()
        ask(query)
        taken.append(1000 * (time.perf_counter() - start))
    ordered = sorted(taken)
    print(f"{name}: median {statistics.median(taken):.1f}, 95th of 100 {ordered[int(0.95 * len(ordered))]:.1f}")


def _agreeing(atlas: AtlasData, rng: np.random.Generator) -> int:
    vectors, agreeing = np.asarray(atlas.vectors, dtype=np.float64), 0
    for row in rng.permutation(len(atlas))[:CHECKED].tolist():
        cosines = np.round(vectors @ vectors[row], DECIMALS)
        cosines[row] = -2
        tenth = np.partition(cosines, -10)[-10]
        listed = atlas.neighbours.indices[row, :10]
        agreeing += set(np.flatnonzero(cosines > tenth)) <= set(listed.tolist()) and bool(
            (cosines[listed] >= tenth).all()
        )
    return agreeing


if __name__ == "__main__":
    main()
