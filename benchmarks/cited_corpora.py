"""Corpora with references -> papers in the order of a run: vectors (from the cache), words, labels, works they cite."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.config import CorpusConfig, EmbeddingConfig, cache_folder
from pipeline.corpus import read_corpus
from pipeline.corpus.cited_references import REFERENCES, to_references
from pipeline.embedding import embed
from pipeline.neighbours import Neighbours, find_neighbours
from pipeline.references import CitedWorks, find_works
from pipeline.words.tfidf import Lexical, build_lexical

K = 50
CORPORA = ("cite-bci-eeg", "cite-capture-recapture", "cite-veterinary")


@dataclass(frozen=True)
class CitedCorpus:
    """n papers. vectors: (n, d) float32 unit rows; neighbours: the nearest that a run keeps. labels: the categories of
    each; category: the one that a paper has alone, "" where it has several.
    """

    name: str
    vectors: NDArray[np.float32]
    neighbours: Neighbours
    lexical: Lexical
    labels: list[frozenset[str]]
    category: NDArray[np.str_]
    works: CitedWorks


def read_cited(name: str, folder: Path) -> CitedCorpus:
    """One corpus of `shared/data`; its references are the ids in the file and the DOIs of the other works cited."""
    corpus = read_corpus(CorpusConfig(files=(f"{name}.jsonl.gz",)), folder)
    papers = corpus.tables.papers
    inside, dois = papers.column("references").to_pylist(), papers.column("ref_dois").to_pylist()
    lists = [
        to_references([*(one["raw"] for one in own or []), *(other or [])], source="")
        for own, other in zip(inside, dois, strict=True)
    ]
    columns = {column: papers.column(column) for column in ("id", "title", "year", "doi")}
    columns["references"] = pa.chunked_array([pa.array(lists, REFERENCES)])
    embedding, _ = embed(corpus, EmbeddingConfig(), folder=Path(), cache=cache_folder(), seed=0)
    vectors = np.array(embedding.vectors)
    return CitedCorpus(
        name,
        vectors,
        find_neighbours(vectors, k=K),
        build_lexical(corpus.cleaned.texts),
        [frozenset(listed or ()) for listed in papers.column("labels").to_pylist()],
        np.array([label or "" for label in papers.column("label").to_pylist()]),
        find_works(columns.__getitem__, list(columns)),
    )
