"""How well a phrase covers its topic, against counting every pair; what that does to labels."""

import numpy as np
import pytest

from pipeline.topics.coverage import area_under_curve, coverages, factor_of
from tests.test_neighbours import unit_rows


def slow_area(inside, outside) -> float:
    wins = [1.0 if one > other else 0.5 if one == other else 0.0 for one in inside for other in outside]
    return sum(wins) / len(wins)


def test_the_area_under_the_curve_equals_the_slow_one():
    rng = np.random.default_rng(0)
    inside, outside = (np.round(rng.normal(size=count), 1).astype(np.float32) for count in (30, 50))
    assert area_under_curve(inside, outside) == pytest.approx(slow_area(inside.tolist(), outside.tolist()), abs=1e-6)
    assert area_under_curve(np.float32([1]), np.float32([0, 0])) == 1.0
    assert area_under_curve(np.float32([0]), np.float32([1, 1])) == 0.0
    assert area_under_curve(np.float32([0.1000001]), np.float32([0.1])) == 0.5, "the sixth decimal decides nothing"


def test_coverage_of_every_phrase_equals_counting_pairs():
    vectors, phrases = unit_rows(60, 6), unit_rows(7, 6)
    topics = (np.arange(60) % 4 - 1).astype(np.int32)
    found = coverages([phrases[:3], phrases[3:4], phrases[4:]], vectors, topics)
    assert [len(values) for values in found] == [3, 1, 3]
    for number, of_topic in enumerate((phrases[:3], phrases[3:4], phrases[4:])):
        for place, phrase in enumerate(of_topic):
            near, far = (
                np.round(vectors[rows] @ phrase, 5) for rows in (topics == number, (topics != number) & (topics >= 0))
            )
            assert found[number][place] == pytest.approx(slow_area(near.tolist(), far.tolist()), abs=2e-3)


def test_a_phrase_weighs_as_much_as_it_covers_better_than_chance():
    assert [factor_of(share) for share in (1.0, 0.75, 0.51, 0.1)] == pytest.approx([1.0, 0.5, 0.05, 0.05])


def test_one_topic_alone_and_no_phrase_are_covered_by_chance():
    vectors = unit_rows(8, 3)
    assert coverages([vectors[:2]], vectors, np.zeros(8, np.int32))[0].tolist() == [0.5, 0.5]
    topics = np.repeat([0, 1], 4).astype(np.int32)
    assert [len(values) for values in coverages([vectors[:0], vectors[:1]], vectors, topics)] == [0, 1]


def test_of_many_papers_evenly_spaced_ones_are_compared():
    vectors = np.zeros((5_000, 2), np.float32)
    vectors[:, 0] = np.linspace(0, 1, 5_000)
    topics = np.repeat([0, 1], [1_000, 4_000]).astype(np.int32)
    (low, high) = coverages([np.float32([[1, 0]]), np.float32([[1, 0]])], vectors, topics)
    assert low[0] == 0.0
    assert high[0] == 1.0
