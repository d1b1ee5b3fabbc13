"""Relations between papers by what they cite: those of the planted corpus, worked out on paper, and slow references."""

from itertools import combinations
from math import log, sqrt

import numpy as np
import pytest

from pipeline.references import (
    CitedWorks,
    association_strength,
    cocitation,
    cosine,
    coupling,
    direct_citation,
    direct_relatedness,
    find_works,
    rarity,
    relations,
)
from tests.planted_references import NAMES, columns_of, numbers, planted

# ln of 11 (ten papers cite, and one) over the papers that cite a work, squared.
FOUR, THREE, TWO, ONE = (log(11 / count) ** 2 for count in (4, 3, 2, 1))
# Twice the logarithms of the works that two papers share; x1 x2 and a are cited by four, x3 to x6 by three, b by two.
SHARED = {
    **{"ab": 2 * FOUR, "ac": FOUR + THREE, "ad": FOUR, "ah": FOUR, "al": FOUR + THREE},
    **{"bc": 2 * FOUR, "bd": FOUR, "be": FOUR, "bh": FOUR, "bk": FOUR, "bl": FOUR},
    **{"cd": THREE, "ce": FOUR, "ch": FOUR, "ck": FOUR + THREE, "cl": THREE, "de": TWO, "dk": THREE, "dl": FOUR},
    **{"ef": THREE, "ek": FOUR + THREE, "fg": THREE, "fk": 2 * THREE, "gk": THREE},
}
LENGTHS = {
    **{"a": 2 * FOUR + THREE, "b": 3 * FOUR, "c": 2 * FOUR + 2 * THREE, "d": FOUR + TWO + THREE, "h": FOUR},
    **{"e": FOUR + TWO + THREE, "f": 2 * THREE, "g": THREE + ONE, "k": FOUR + 3 * THREE, "l": FOUR + THREE},
}
TOGETHER = {  # how many papers cite both
    **{"x1 x2": 2, "x1 x3": 2, "x2 x3": 2, "x1 a": 2, "x2 a": 1, "x1 x4": 1, "x3 a": 1, "x3 x4": 1, "x4 a": 2},
    **{"x2 b": 1, "x2 x4": 1, "b x4": 1, "a b": 1, "a x5": 2, "b x5": 1, "x5 x6": 2, "x4 x5": 1, "x4 x6": 1, "x6 a": 1},
}


@pytest.fixture(scope="module")
def works() -> CitedWorks:
    columns = planted()
    return find_works(columns.__getitem__, list(columns))


def expected_of(pairs: dict[str, float]) -> np.ndarray:
    dense = np.zeros((12, 12))
    for (one, other), value in pairs.items():
        dense[NAMES.index(one), NAMES.index(other)] = dense[NAMES.index(other), NAMES.index(one)] = value
    return dense


def random_works(papers: int, works: int, *, seed: int) -> CitedWorks:
    rng = np.random.default_rng(seed)
    lists = [[f"10.1000/{work}" for work in rng.integers(works, size=rng.integers(9))] for _ in range(papers)]
    columns = columns_of([{"id": f"p{row}"} for row in range(papers)], lists)
    return find_works(columns.__getitem__, list(columns))


def test_direct_citations_are_those_worked_out_on_paper(works):
    cites = direct_citation(works).toarray()
    links = {NAMES[row] + NAMES[column] for row, column in np.argwhere(cites).tolist()}
    assert links == {"ba", "ca", "ea", "ka", "db", "eb", "gh"}
    assert set(cites.ravel()) == {0, 1}


def test_direct_relatedness_is_shared_among_the_links_of_both_ends(works):
    pairs = {"ab": 7 / 24, "ac": 5 / 8, "ae": 3 / 8, "ak": 5 / 8, "bd": 2 / 3, "be": 5 / 12, "gh": 1.0}
    np.testing.assert_allclose(direct_relatedness(works).toarray(), expected_of(pairs), atol=1e-7)


def test_rarity_is_the_inverse_document_frequency(works):
    weights = rarity(works)
    squared = {name: weights[work] ** 2 for name, work in numbers(works).items()}
    often = {**dict.fromkeys(("x1", "x2", "a"), FOUR), **dict.fromkeys(("x3", "x4", "x5", "x6"), THREE)}
    assert squared == pytest.approx({**often, "b": TWO, "h": ONE, "g": 0})


@pytest.mark.parametrize("strongest", [None, 11])
def test_coupling_is_the_weighted_cosine_worked_out_on_paper(works, strongest):
    found = coupling(works, strongest=strongest).toarray()
    pairs = {pair: value / sqrt(LENGTHS[pair[0]] * LENGTHS[pair[1]]) for pair, value in SHARED.items()}
    np.testing.assert_allclose(found, expected_of(pairs), atol=1e-6)


def test_the_strongest_coupling_of_each_paper_is_kept_from_both_sides(works):
    whole = coupling(works).toarray()
    found = coupling(works, strongest=1).toarray()
    best = {tuple(sorted((row, int(whole[row].argmax())))) for row in range(12) if whole[row].any()}
    assert {tuple(sorted(pair)) for pair in np.argwhere(found).tolist()} == best
    assert (found == found.T).all()


def test_cocitations_are_those_worked_out_on_paper(works):
    often, together = cocitation(works)
    number = {name: int(np.searchsorted(often, work)) for name, work in numbers(works).items() if name not in "gh"}
    assert len(often) == len(set(number.values())) == 8
    expected = np.zeros((8, 8))
    for pair, count in TOGETHER.items():
        one, other = (number[name] for name in pair.split())
        expected[one, other] = expected[other, one] = count
    assert (together.toarray() == expected).all()
    cited_by = np.bincount(works.citations[:, 1], minlength=len(works))[often]
    salton = cosine(together, cited_by).toarray()
    assert salton[number["x1"], number["x2"]] == pytest.approx(2 / 4)
    assert salton[number["a"], number["x4"]] == salton[number["x4"], number["a"]] == pytest.approx(2 / sqrt(12))
    strength = association_strength(together).toarray()  # rows of x1 and x2 sum to 7, all of them to 52
    assert strength[number["x1"], number["x2"]] == pytest.approx(52 * 2 / 49)
    assert strength[number["a"], number["x4"]] == pytest.approx(52 * 2 / (10 * 8))


def test_coupling_in_blocks_equals_a_slow_loop(monkeypatch):
    works = random_works(40, 25, seed=1)
    monkeypatch.setattr(relations, "MOST_PRODUCTS", 60)
    weights = rarity(works)
    lists = [set(works.citations[works.citations[:, 0] == row, 1].tolist()) for row in range(40)]
    slow = np.zeros((40, 40))
    for one, other in combinations(range(40), 2):
        cited = (lists[one], lists[other], lists[one] & lists[other])
        squares = [sum(weights[work] ** 2 for work in some) for some in cited]
        if squares[2]:
            slow[one, other] = slow[other, one] = squares[2] / sqrt(squares[0] * squares[1])
    np.testing.assert_allclose(coupling(works).toarray(), slow, atol=1e-6)
    for strongest in (1, 3, 40):
        kept = np.zeros((40, 40), dtype=bool)
        for row in range(40):
            order = np.lexsort((np.arange(40), -coupling(works).toarray()[row]))[:strongest]
            kept[row, order] = True
        expected = np.where(kept | kept.T, slow, 0)
        np.testing.assert_allclose(coupling(works, strongest=strongest).toarray(), expected, atol=1e-6)


def test_a_work_that_very_many_cite_links_nobody(monkeypatch):
    monkeypatch.setattr(relations, "MOST_CITING", 2)
    both = ["10.1000/x", "10.1000/y"]
    columns = columns_of([{"id": name} for name in "abc"], [both, both, ["10.1000/x"]])
    found = coupling(find_works(columns.__getitem__, list(columns))).toarray()
    x, y = log(4 / 3) ** 2, log(4 / 2) ** 2
    np.testing.assert_allclose(found, [[0, y / (x + y), 0], [y / (x + y), 0, 0], [0, 0, 0]], atol=1e-6)


@pytest.mark.parametrize("lists", [[None, None], [["undefined"], []], [["10.1000/x"], ["10.1000/y"]]])
def test_papers_that_share_nothing_are_not_related(lists):
    columns = columns_of([{"id": "a"}, {"id": "b"}], lists)
    works = find_works(columns.__getitem__, list(columns))
    for matrix in (direct_citation(works), direct_relatedness(works), coupling(works), coupling(works, strongest=3)):
        assert matrix.shape == (2, 2)
        assert matrix.nnz == 0
    often, together = cocitation(works)
    assert (len(often), together.shape) == (0, (0, 0))
