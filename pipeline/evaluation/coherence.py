"""Keywords, texts -> coherence within topics, and diversity between them.

Coherence is normalised pointwise mutual information (Bouma, 2009; Lau, Newman and Baldwin, 2014) counted on papers:
two keywords cohere where papers that contain one contain the other more often than by chance.
"""

import itertools
from collections.abc import Sequence

import numpy as np

from pipeline.words.tokens import TOKEN, fold, prose


def npmi(keywords: Sequence[Sequence[str]], texts: Sequence[str]) -> list[float]:
    """For each topic the mean NPMI over all pairs of its keywords, in [-1, 1]; 0 for a topic of one keyword.

    A pair that no paper contains counts -1. Words are folded, so singular and plural are one, and a keyword listed
    twice counts once: it would cohere with itself whatever the topic.
    """
    terms = sorted({_folded(term) for listed in keywords for term in listed})
    papers = _papers_with(terms, texts)
    distinct = [dict.fromkeys(_folded(term) for term in listed) for listed in keywords]
    return [_mean_npmi([papers[term] for term in listed], len(texts)) for listed in distinct]


def diversity(keywords: Sequence[Sequence[str]]) -> float:
    """Share of distinct words among all words of all topics' keywords, in (0, 1] (Dieng, Ruiz and Blei, 2020).

    >>> diversity([["dark matter", "halo"], ["dark energy"]])
    0.8
    """
    words = [word for listed in keywords for term in listed for word in _folded(term).split()]
    return len(set(words)) / len(words) if words else 1.0


def _folded(text: str) -> str:
    return " ".join(fold(token) for token in TOKEN.findall(prose(text)))


def _papers_with(terms: Sequence[str], texts: Sequence[str]) -> dict[str, frozenset[int]]:
    """Term -> papers whose text contains its words side by side."""
    words = {word for term in terms for word in term.split()}
    folded: list[str] = []
    with_word: dict[str, set[int]] = {word: set() for word in words}
    for paper, text in enumerate(texts):
        folded.append(f" {_folded(text)} ")
        for word in words.intersection(folded[-1].split()):
            with_word[word].add(paper)
    with_term = {}
    for term in terms:
        papers = set.intersection(*(with_word[word] for word in term.split())) if term else set()
        if " " in term:
            papers = {paper for paper in papers if f" {term} " in folded[paper]}
        with_term[term] = frozenset(papers)
    return with_term


def _mean_npmi(papers_with: Sequence[frozenset[int]], papers: int) -> float:
    values = []
    for one, other in itertools.combinations(papers_with, 2):
        both = len(one & other)
        if both == 0:
            values.append(-1.0)
        elif both == papers:
            values.append(1.0)
        else:
            values.append(float(np.log(both * papers / (len(one) * len(other))) / -np.log(both / papers)))
    return float(np.mean(values)) if values else 0.0
