"""Many pairs of papers compared by their words at once: against one query at a time, with the same bits."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.neighbours import find_neighbours
from pipeline.recommender import precomputed
from pipeline.recommender.precomputed import precompute_similar
from pipeline.recommender.query import query_of_row
from pipeline.recommender.reasons import shared_terms
from pipeline.words import shared_entries, tfidf
from pipeline.words.shared_entries import SharedEntries
from pipeline.words.tfidf import build_lexical, count_words
from pipeline.words.tokens import TokenNumbers
from tests.small_atlas import P, small_atlas

WORDS = ["ice", "bee", "oak", "sea", "jam", "fog", "elm", "ant", "rye", "owl"]
AHEAD = np.array([2, 0, 0, 0, 0, 0])  # cosines are positive, as those of real papers


def random_texts(number: int, seed: int) -> list[str]:
    """Texts of none to forty words, some words many times."""
    rng = np.random.default_rng(seed)
    return [" ".join(rng.choice(WORDS, rng.integers(0, 40)).tolist()) for _ in range(number)]


@pytest.fixture(scope="module")
def atlas():
    rng = np.random.default_rng(4)
    papers = [
        P(f"p{number}", f"{number} {text}", "", rng.normal(size=6) + AHEAD, topic=0)
        for number, text in enumerate(random_texts(40, 4))
    ]
    return small_atlas(papers, similar={"candidates": 12})


@pytest.mark.parametrize(("block", "compiled"), [(1, False), (7, False), (4_096, False), (4_096, True)])
def test_pairs_have_the_bits_of_one_query_at_a_time(atlas, monkeypatch, block, compiled):
    monkeypatch.setattr(shared_entries, "BLOCK", block)
    lexical, words = atlas.lexical, SharedEntries.of_words(atlas.lexical, compiled=compiled)
    left, right = (one.ravel() for one in np.meshgrid(np.arange(len(atlas)), np.arange(len(atlas))))
    cosines = words.cosines(left, right)
    terms, counts = words.most_telling(left, right, most=3)
    for row in range(len(atlas)):
        mine = left == row
        query = query_of_row(atlas, row)
        np.testing.assert_array_equal(cosines[mine], lexical.cosines(query.terms, query.weights, right[mine]))
        np.testing.assert_array_equal(terms[mine], shared_terms(lexical, query, right[mine], count=3))
        whole = shared_terms(lexical, query, right[mine], count=len(WORDS) + 1)
        np.testing.assert_array_equal(counts[mine], (whole >= 0).sum(axis=1))


def test_no_pairs_and_papers_without_words():
    words = SharedEntries.of_words(build_lexical(["ice fog", "", "fog"]))
    none = np.zeros(0, dtype=np.int64)
    assert words.cosines(none, none).shape == (0,)
    assert [found.shape for found in words.most_telling(none, none, most=2)] == [(0, 2), (0,)]
    assert words.cosines(np.array([0, 1, 1]), np.array([1, 1, 2])).tolist() == [0, 0, 0]
    terms, counts = words.most_telling(np.array([0, 0, 0]), np.array([1, 2, 0]), most=1)
    assert (terms.tolist(), counts.tolist()) == ([[-1], [0], [1]], [0, 1, 2])


@pytest.mark.parametrize("k", [5, 12, 20])
def test_lists_are_the_same_from_the_neighbours_of_the_run_as_looked_for_again(atlas, monkeypatch, k):
    again = precompute_similar(atlas, k=k)
    given = replace(atlas, candidates=find_neighbours(atlas.vectors, k=max(12, k) + 3))
    with monkeypatch.context() as patched:
        patched.setattr(precomputed, "nearest", None)  # it would fail
        shared = precompute_similar(given, k=k)
    too_few = precompute_similar(replace(atlas, candidates=find_neighbours(atlas.vectors, k=11)), k=k)
    for lists in (shared, too_few):
        for name in ("rows", "similarities", "terms"):
            np.testing.assert_array_equal(getattr(lists, name), getattr(again, name))


def test_candidates_are_those_of_the_same_papers(atlas):
    with pytest.raises(ValueError, match="candidates has 39 rows for 40 papers"):
        replace(atlas, candidates=find_neighbours(atlas.vectors[:39], k=5))


@pytest.mark.parametrize("block", [1, 3, 4_096])
def test_terms_are_counted_as_in_one_text_alone(monkeypatch, block):
    monkeypatch.setattr(tfidf, "BLOCK", block)
    texts = ["The GANs of a GAN: bees, Bees!", "", *random_texts(20, 9), "x of the $x^2$"]
    lexical = build_lexical(texts)
    assert lexical.vocabulary == sorted(set(lexical.vocabulary))
    for row, text in enumerate(texts):
        counts = count_words(text)
        terms, weights = lexical.paper(row)
        assert [lexical.vocabulary[term] for term in terms] == sorted(counts)
        raw = np.array([(1 + np.log(counts[word])) for word in sorted(counts)]) * lexical.idf[terms]
        np.testing.assert_allclose(weights, raw / max(np.linalg.norm(raw), 1e-12), rtol=1e-6)


def test_tokens_are_numbered_over_all_texts_in_the_order_they_are_met():
    numbers = TokenNumbers()
    assert [numbers.of(text).tolist() for text in ("Ice, ice", "", "fog ice")] == [[0, 1, 2], [], [3, 2]]
    assert list(numbers) == ["Ice", ",", "ice", "fog"]


def test_figures_count_for_cosines_and_are_no_reason_to_be_shown():
    papers = [
        P("a", "Ice in 1995", "95 cores, 2.5 m of ice", AHEAD, topic=0),
        P("b", "Ice since 1995", "95 rivers, 2.5 m of mud", AHEAD, topic=0),
    ]
    atlas = small_atlas(papers)
    lexical, row = atlas.lexical, np.array([1])
    shared = shared_terms(lexical, query_of_row(atlas, 0), row, count=9)[0]
    assert {lexical.vocabulary[term] for term in shared.tolist() if term >= 0} == {"ice"}
    terms, counts = SharedEntries.of_words(lexical).most_telling(np.array([0]), row, most=9)
    np.testing.assert_array_equal(terms[0], shared)
    assert counts.tolist() == [1]
