"""From the selected cut on: warnings, areas and subtopics, seeded topics, stability, the search and what joins them.

UMAP is never called: what it would give is planted.
"""

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.metrics import adjusted_mutual_info_score

from pipeline.clusterer import cluster as joining
from pipeline.clusterer import hierarchy, search, seeded, stability, warnings
from pipeline.clusterer.assignment import assign_corpus
from pipeline.clusterer.cluster import cluster, fits_planned
from pipeline.clusterer.hierarchy import _number_of_areas, build_hierarchy, find_areas, find_subtopics, finer_cut
from pipeline.clusterer.search import SearchResult, TopicPlan, plan_topics, search_topics
from pipeline.clusterer.seeded import SeededPapers, assign_seeded, uncertainty_coefficient
from pipeline.clusterer.selection import CutScore, Selection, merge_to, neighbours_scored, score_assigned, select_cut
from pipeline.clusterer.stability import Stability, best_jaccard, measure_stability
from pipeline.clusterer.tree import Cut, Tree, build_tree, cut_at_sizes, number_by_size
from pipeline.clusterer.warnings import find_warnings
from pipeline.config import ClustererConfig, ReducerConfig
from pipeline.neighbours import Neighbours, find_neighbours, restrict
from pipeline.reducer.umap import ReducerPlan, plan_reducer


def labels(*values) -> np.ndarray:
    return np.array(values, dtype=np.int32)


def runs(*lengths) -> np.ndarray:
    """So many papers of topic 0, then of topic 1 ..."""
    return np.repeat(np.arange(len(lengths)), lengths).astype(np.int32)


def ring(n: int, k: int = 4) -> Neighbours:
    """Papers on a ring, each with those beside it, nearest first: +1, -1, +2, -2 ..."""
    steps = [sign * step for step in range(1, k // 2 + 1) for sign in (1, -1)]
    similarities = np.tile(1 - np.arange(k) / (2 * k), (n, 1))
    return Neighbours(((np.arange(n)[:, None] + steps) % n).astype(np.int32), similarities.astype(np.float32))


def on_a_circle(n: int) -> np.ndarray:
    angles = np.arange(n) * 2 * np.pi / n
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


TREE = Tree(np.zeros((0, 4)), 1)


# --- warnings


def selected(nearest, *, others=(), tree=None, merged_to=None, size=20, **score) -> Selection:
    """A selection of a cut without noise, unless `score` says otherwise; others: (count, score) of the other cuts."""
    count = int(nearest.max()) + 1
    values = {"score": 1.0, "noise": 0.0, "count": count} | score
    own = CutScore(min_samples=1, min_cluster_size=size, method="eom", max_cluster_share=None, largest=0.0, fits=1,
                   **values)  # fmt: skip
    scores = (*(replace(own, count=number, score=value) for number, value in others), own)
    cut = Cut(1, size, "eom", nearest.astype(np.int32), tree=tree)
    return Selection(cut, scores, len(scores) - 1, merged_to, nearest.astype(np.int32))


def warnings_of(selection, *, k=4, **options) -> tuple[str, ...]:
    n = len(selection.nearest)
    return find_warnings(selection, ring(n, k), on_a_circle(n), **options)


def test_good_topics_have_no_warning():
    assert warnings_of(selected(runs(10, 10))) == ()
    assert find_warnings(Selection(), ring(20), on_a_circle(20)) == ()
    for missing in ("cut", "selected", "nearest"):
        giant = replace(selected(runs(18, 2)), **{missing: None})
        assert find_warnings(giant, ring(20), on_a_circle(20)) == ()


@pytest.mark.parametrize(("sizes", "giant"), [
    ((16,), "100%"), ((13, 3), "81%"), ((12, 3, 1), None), ((9, 2, 2, 2, 1), "56%"),
    ((8, 1, 1, 1, 1, 1, 1, 1, 1), None), ((9, 3, 2, 2), None), ((9, 7), None),
    ((3, 13), "81%"), ((2, 3, 11), None), ((2, 2, 12), "75%"), ((6, 10), None),
])  # fmt: skip
def test_a_giant_holds_more_than_half_and_four_times_the_next(sizes, giant):
    expected = () if giant is None else (
        f"one topic holds {giant} of the papers: the others may be mere fringes of it",
    )  # fmt: skip
    assert warnings_of(selected(runs(*sizes))) == expected


def test_mostly_noise():
    sentence = "of the papers lie between topics: this corpus has few dense places"
    assert warnings_of(selected(runs(10, 10), noise=0.6)) == ()
    assert warnings_of(selected(runs(10, 10), noise=0.65)) == (f"65% {sentence}",)
    assert warnings_of(selected(runs(10, 10), noise=0.95)) == (f"95% {sentence}",)
    both = warnings_of(selected(runs(17, 3), noise=0.7))
    assert [line[:9] for line in both] == ["one topic", "70% of th"]


def test_below_sixteen_papers_only_a_missed_number_is_said():
    assert warnings_of(selected(runs(14, 1), noise=0.9)) == ()
    assert len(warnings_of(selected(runs(15, 1), noise=0.9))) == 2
    missed = ("5 topics were asked for; the tree of these papers has at most 2",)
    assert warnings_of(selected(runs(14, 1), noise=0.9), granularity=5) == missed
    assert len(warnings_of(selected(runs(15, 1), noise=0.9), granularity=5)) == 3


def test_a_number_that_was_reached_is_not_missed():
    assert warnings_of(selected(runs(10, 10)), granularity=2) == ()
    assert warnings_of(selected(runs(10, 10)), granularity=3) == (
        "3 topics were asked for; the tree of these papers has at most 2",
    )
    assert warnings_of(selected(runs(5, 5, 5, 5)), granularity="coarse") == ()


def test_fine_is_missed_below_twice_as_many_as_the_best():
    fine = selected(runs(5, 5, 5, 5), score=0.1, others=((2, 0.9), (3, 0.5)))
    assert warnings_of(fine, granularity="fine") == ()
    missed = selected(runs(5, 5, 5, 5), score=0.1, others=((2, 0.5), (3, 0.9)))
    assert warnings_of(missed, granularity="fine") == (
        "no cut has twice as many topics as the best, 3; these 4 are the finest",
    )
    assert warnings_of(missed, granularity="auto") == ()


@pytest.fixture
def nudged(monkeypatch):
    """A function that plants cuts by smallest size, and notes the sizes asked for."""
    asked: list[tuple[int, tuple[str, ...]]] = []

    def plant(cuts):
        def cut_tree(tree, *, min_cluster_size, methods):
            assert tree is TREE
            asked.append((min_cluster_size, methods))
            return iter(cuts.get(min_cluster_size, ()))

        monkeypatch.setattr(warnings, "cut_tree", cut_tree)
        return asked

    return plant


@pytest.mark.parametrize(("size", "sizes"), [
    (2, [3]), (3, [2, 4]), (5, [4, 6]), (9, [8, 10]), (10, [9, 11]), (14, [13, 15]), (20, [18, 22]), (30, [27, 33]),
])  # fmt: skip
def test_topics_are_nudged_by_a_tenth_of_their_size_and_by_one_at_least(nudged, size, sizes):
    asked = nudged({})
    assert warnings_of(selected(runs(10, 10), tree=TREE, size=size)) == ()
    assert asked == [(size, ("eom",)) for size in sizes]


def test_topics_that_a_nudge_changes(nudged):
    nearest, other = runs(10, 10), labels(*[0, 1] * 10)
    same, different = Cut(1, 18, "eom", nearest), Cut(1, 22, "eom", other)
    vote = assign_corpus(on_a_circle(20), ring(20), other).nearest_topic
    agreement = adjusted_mutual_info_score(nearest, vote)
    sentence = f"a slightly different smallest size would give other topics (agreement {agreement:.2f} of 1)"
    nudged({18: [same], 22: [different]})
    assert warnings_of(selected(nearest, tree=TREE)) == (sentence,), "the lowest counts"
    nudged({18: [different], 22: [same]})
    assert warnings_of(selected(nearest, tree=TREE)) == (sentence,)
    assert warnings_of(selected(nearest, tree=TREE, merged_to=2)) == (), "merged topics come from no single size"
    assert warnings_of(selected(nearest)) == (), "without its tree nothing can be nudged"
    nudged({18: [same], 22: [same]})
    assert warnings_of(selected(nearest, tree=TREE)) == ()


def test_only_the_cut_with_the_same_limit_of_size_is_compared(nudged):
    nearest, other = runs(10, 10), labels(*[0, 1] * 10)
    limited = [Cut(1, 18, "eom", other, 0.04), Cut(1, 18, "eom", nearest, 0.08)]
    nudged({18: limited})
    plain = selected(nearest, tree=TREE)
    assert warnings_of(plain) == (), "neither has no limit"
    assert warnings_of(replace(plain, cut=replace(plain.cut, max_cluster_share=0.08))) == ()
    (sentence,) = warnings_of(replace(plain, cut=replace(plain.cut, max_cluster_share=0.04)))
    assert sentence.startswith("a slightly different")


def test_a_nudge_that_leaves_no_topic_agrees_with_nothing(nudged):
    nudged({18: [Cut(1, 18, "eom", np.full(20, -1, np.int32))]})
    (sentence,) = warnings_of(selected(runs(10, 10), tree=TREE))
    assert sentence.endswith("(agreement 0.00 of 1)")


@pytest.mark.parametrize(("agreement", "told"), [(0.75, 0), (0.7499, 1), (0.9, 0)])
def test_three_quarters_of_agreement_are_enough(agreement, told):
    score = selected(runs(10, 10)).scores[0]
    assert len(list(warnings._dangers(runs(10, 10), score, agreement))) == told


def test_the_vote_for_the_nudged_topics_counts(nudged):
    core = runs(10, 10)
    core[[3, 14]] = -1  # noise of the nudged cut, voted back by the neighbours
    nudged({18: [Cut(1, 18, "eom", core)], 22: [Cut(1, 22, "eom", core)]})
    assert warnings._when_nudged(Cut(1, 20, "eom", runs(10, 10), tree=TREE), runs(10, 10), ring(20),
                                 vectors=on_a_circle(20)) == 1.0  # fmt: skip


# --- areas


def test_fewer_than_six_topics_need_no_areas():
    assert find_areas(runs(4, 4, 4, 4, 4), ring(20)).tolist() == []
    assert len(find_areas(runs(4, 4, 4, 4, 4, 4), ring(24))) == 6
    assert find_areas(np.zeros(0, np.int32), ring(4)).tolist() == []


def test_areas_are_the_planted_fields_numbered_by_papers():
    rng = np.random.default_rng(0)
    fields = np.array([2, 1, 0, 0, 1, 0, 2, 1, 0])  # of four topics, three and two: 24 papers, 18 and 14
    centres = np.eye(12)[fields] + 0.4 * np.eye(12)[3 + np.arange(9)]
    sizes = np.array([7, 6, 6, 6, 6, 6, 7, 6, 6])
    nearest = runs(*sizes)
    vectors = centres[nearest] + 0.02 * rng.normal(size=(len(nearest), 12))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    order = rng.permutation(len(nearest))
    area_of = find_areas(nearest[order], find_neighbours(vectors[order], k=20))
    assert area_of.tolist() == fields.tolist()


def losses(topics: int, **gains: float) -> list[float]:
    """Losses of t - 1 merges; g5=2: the merge of 5 groups into 4 loses twice what that before did; else as much."""
    lost = [1.0]
    for count in range(topics - 1, 1, -1):
        lost.append(lost[-1] * gains.get(f"g{count}", 1.0))
    return lost


@pytest.mark.parametrize(("topics", "gains", "areas"), [
    (16, {"g4": 2}, 4), (16, {}, 6), (16, {"g4": 2, "g5": 2}, 5), (16, {"g2": 2, "g5": 1.5}, 2),
    (16, {"g6": 3, "g4": 2}, 6), (16, {"g7": 3, "g4": 2}, 4), (36, {"g4": 3, "g6": 2}, 4), (36, {"g3": 3, "g6": 2}, 6),
    (36, {"g9": 3, "g6": 2}, 9), (36, {"g10": 3, "g6": 2}, 6), (6, {"g2": 2}, 2), (6, {"g4": 3, "g2": 2}, 2),
    (6, {"g3": 3, "g2": 2}, 3), (9, {"g4": 2, "g5": 3}, 4), (100, {"g6": 2, "g5": 3, "g16": 3}, 6),
    (100, {"g15": 2, "g5": 3, "g16": 3}, 15),
])  # fmt: skip
def test_the_number_of_areas_is_where_the_next_merge_loses_most(topics, gains, areas):
    # From 0.6 to 1.5 times the square root, two at least, half the topics at most.
    assert _number_of_areas(losses(topics, **gains)) == areas


def test_a_loss_of_nothing_counts_as_a_trillionth():
    assert _number_of_areas([0.0, 0.0, 0.0, 5e-12, 22e-12]) == 3, "5 beside 4.4"
    assert _number_of_areas([0.0, 0.0, 0.0, 5e-12, 30e-12]) == 2, "5 beside 6"


# --- subtopics


def test_subtopics_by_hand():
    core = labels(0, 0, 0, 0, 0, 1, 1, 1, -1, 2)
    finer = labels(3, 3, 0, 0, 0, 1, 1, -1, 2, 2)
    assert find_subtopics(finer, core).tolist() == [1, 1, 0, 0, 0, -1, -1, -1, -1, -1], "1 and 2 hold one each"
    assert find_subtopics(np.full(10, -1, np.int32), core).tolist() == [-1] * 10
    assert find_subtopics(finer, np.full(10, -1, np.int32)).tolist() == [-1] * 10


def test_a_subtopic_belongs_to_the_topic_of_most_of_its_papers():
    core = labels(0, 0, 0, 1, 0, 0, 1, 1, 1, 1)
    finer = labels(0, 0, 0, 0, 1, 1, 2, 2, 3, -1)
    # 0 lies in topic 0 but for paper 3, which leaves it; 2 and 3 split topic 1, paper 9 is in neither
    assert find_subtopics(finer, core).tolist() == [0, 0, 0, -1, 1, 1, 2, 2, 3, -1]
    tied = labels(0, 0, 1, 1, 0, 0)
    assert find_subtopics(labels(0, 0, 0, 0, 1, 1), tied).tolist() == [0, 0, -1, -1, 1, 1], "of equals the larger topic"


def test_the_hierarchy_by_hand():
    core, nearest = labels(0, 0, 0, 0, 1, 1, 1, -1), labels(0, 0, 0, 0, 1, 1, 1, 1)
    built = build_hierarchy(core, nearest, labels(0, 0, 0, 1, 2, 3, 3, 3), neighbours=ring(8))
    assert built.area_of.tolist() == []
    assert built.subtopic.tolist() == [0, 0, 0, 2, 3, 1, 1, -1]
    assert built.topic_of.tolist() == [0, 1, 0, 1]
    full = build_hierarchy(core[:7], nearest[:7], labels(0, 0, 0, 1, 2, 3, 3), neighbours=ring(7))
    assert full.topic_of.tolist() == [0, 1, 0, 1], "also where every paper is in a subtopic"
    none = build_hierarchy(core, nearest, np.full(8, -1, np.int32), neighbours=ring(8))
    assert (none.subtopic.tolist(), none.topic_of.tolist()) == ([-1] * 8, [])
    six = build_hierarchy(runs(4, 4, 4, 4, 4, 4), runs(4, 4, 4, 4, 4, 4), runs(24), neighbours=ring(24))
    np.testing.assert_array_equal(six.area_of, find_areas(runs(4, 4, 4, 4, 4, 4), ring(24)))


def finer_of(monkeypatch, *, cuts, scores, sizes, count=4, size=20, tree=TREE, n=100):
    """The finer cut where a cut of this size has this count, and topics so many this score."""

    def cut_tree(tree, *, min_cluster_size, methods):
        assert tree is TREE
        assert methods == ("leaf",)
        topics = (np.arange(n) * cuts[min_cluster_size] // n).astype(np.int32)
        return iter([Cut(1, min_cluster_size, "leaf", topics)])

    monkeypatch.setattr(hierarchy, "cut_tree", cut_tree)
    monkeypatch.setattr(hierarchy, "score_assigned", lambda assigned, graph: scores[int(assigned.max()) + 1])
    cut = Cut(1, size, "eom", (np.arange(n) * count // n).astype(np.int32), tree=tree)
    finer = finer_cut(cut, ring(n), on_a_circle(n), sizes=sizes)
    return None if finer is None else finer.min_cluster_size


def test_the_finer_cut_is_the_best_of_those_with_half_as_many_topics_again(monkeypatch):
    cuts, scores = {5: 12, 6: 10, 10: 6, 12: 5}, {12: 0.4, 10: 0.5, 6: 0.5, 5: 0.9}
    assert finer_of(monkeypatch, cuts=cuts, scores=scores, sizes=(5, 6, 10, 12)) == 6, "of equals the first"
    assert finer_of(monkeypatch, cuts=cuts, scores=scores, sizes=(12, 10)) == 10, "six are one and a half times four"
    assert finer_of(monkeypatch, cuts=cuts, scores=scores, sizes=(12,)) is None
    assert finer_of(monkeypatch, cuts=cuts, scores=scores, sizes=(5, 6, 10), size=6) == 5, "smaller topics only"
    assert finer_of(monkeypatch, cuts=cuts, scores={12: -0.5}, sizes=(5,)) == 5
    assert finer_of(monkeypatch, cuts=cuts, scores=scores, sizes=()) is None


def test_in_a_small_corpus_or_without_its_tree_nothing_is_finer(monkeypatch):
    cuts, scores = {5: 12}, {12: 0.4}
    assert finer_of(monkeypatch, cuts=cuts, scores=scores, sizes=(5,), n=99) is None
    assert finer_of(monkeypatch, cuts=cuts, scores=scores, sizes=(5,), n=100) == 5
    assert finer_of(monkeypatch, cuts=cuts, scores=scores, sizes=(5,), tree=None) is None


# --- seeded topics


def slow_coefficient(taken, indices) -> float:
    """I(S; N) / H(S), pair by pair."""
    pairs = [(taken[row], taken[other]) for row, others in enumerate(indices) for other in others]
    pairs += [(other, one) for one, other in pairs]
    joint = {key: pairs.count(key) / len(pairs) for key in set(pairs)}
    share = {side: sum(value for (one, _), value in joint.items() if one == side) for side in (0, 1)}
    entropy = -sum(value * math.log(value) for value in share.values() if value)
    if not entropy:
        return 0.0
    return sum(value * math.log(value / (share[one] * share[other])) for (one, other), value in joint.items()) / entropy


def test_the_uncertainty_coefficient_by_hand():
    pairs = np.array([[1], [0], [3], [2]])
    assert uncertainty_coefficient(labels(1, 1, 0, 0), pairs) == 1.0
    assert uncertainty_coefficient(labels(1, 0, 1, 0), pairs) == 1.0, "the neighbour of one is never one: as telling"
    assert uncertainty_coefficient(labels(1, 1, 1, 1), pairs) == 0.0
    assert uncertainty_coefficient(labels(0, 0, 0, 0), pairs) == 0.0
    half = uncertainty_coefficient(labels(1, 0, 0, 0), pairs)
    # joint: 1-0 and 0-1 a quarter each, 0-0 a half; H = ln 4 - 3/4 ln 3
    shared = 2 * 0.25 * math.log(0.25 / (0.25 * 0.75)) + 0.5 * math.log(0.5 / 0.75**2)
    assert half == pytest.approx(shared / (math.log(4) - 0.75 * math.log(3)), abs=1e-9)
    taken = (np.random.default_rng(0).uniform(size=30) < 0.3).astype(np.int32)
    value = uncertainty_coefficient(taken, ring(30).indices)
    assert value == pytest.approx(slow_coefficient(taken.tolist(), ring(30).indices.tolist()), abs=1e-9)
    assert value == round(value, 9)


def slow_threshold(similarity, graph):
    """The first peak of the coefficient, number by number."""
    n = len(similarity)
    order = sorted(range(n), key=lambda row: (-similarity[row], row))
    indices = graph.indices[:, : neighbours_scored(n)].tolist()
    most = int(min(0.6 * n, sum(value > similarity[order[-1]] for value in similarity)))
    values = {
        count: round(slow_coefficient([int(row in order[:count]) for row in range(n)], indices), 9)
        for count in range(1, n + 1)
    }
    numbers = [2]
    while numbers[-1] <= most:
        numbers.append(max(numbers[-1] + 1, int(numbers[-1] * 1.15)))
    best, highest = 0, 0.0
    for count in numbers[:-1]:
        if values[count] > highest:
            best, highest = count, values[count]
        elif highest >= 0.15 and values[count] < 0.9 * highest:
            break
    if highest < 0.15:
        return None
    low, high = max(2, best / 1.15), min(most, best * 1.15)
    around = {int(low + (high - low) * step / 39 + 1e-12) for step in range(40)} | {best}
    best = min(around, key=lambda count: (-values[count], count))
    closest = [similarity[row] for row in order[: min(5, max(1, n // 50))]]
    return max(similarity[order[best - 1]], round(0.55 * sum(closest) / len(closest), 6))


@pytest.mark.parametrize("seed", range(8))
def test_the_threshold_equals_the_slow_one(seed):
    rng = np.random.default_rng(seed)
    n = 56
    vectors = np.concatenate([on_a_circle(7)[rng.integers(0, 7, n)], 0.7 * rng.normal(size=(n, 3))], axis=1)
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    graph = find_neighbours(vectors, k=10)
    similarity = np.round((vectors @ vectors[:3].mean(axis=0)).astype(np.float64), 6)
    threshold = seeded._threshold(similarity, graph)
    assert threshold == (None if (slow := slow_threshold(similarity.tolist(), graph)) is None else pytest.approx(slow))


def cliques(*sizes: int, k: int = 6) -> Neighbours:
    """Groups in which all papers are neighbours of each other, and of nobody else."""
    indices, start = [], 0
    for size in sizes:
        group = range(start, start + size)
        indices += [[start + (row - start + step) % size for step in range(1, k + 1)] for row in group]
        start += size
    return Neighbours(np.array(indices, np.int32), np.full((start, k), 0.5, np.float32))


def falling(n: int, first: float = 0.9, last: float = 0.1) -> np.ndarray:
    return np.linspace(first, last, n).astype(np.float32)


def threshold_of(similarities, graph):
    (threshold,) = assign_seeded(np.asarray(similarities, np.float32)[:, None], graph).thresholds
    return threshold


def test_a_seeded_topic_takes_the_clique_nearest_to_its_sentence():
    similarities = falling(56)
    placed = assign_seeded(similarities[:, None], cliques(12, 14, 14, 16))
    assert placed.topic.tolist() == [0] * 12 + [-1] * 44
    assert placed.thresholds == (pytest.approx(float(similarities[11]), abs=1e-6),)


def test_the_threshold_never_lies_below_055_of_the_closest():
    graph = cliques(12, 14, 14, 16)
    similarities = np.concatenate([falling(12, 0.8, 0.3), falling(44, 0.25, 0.1)])
    placed = assign_seeded(similarities[:, None], graph)
    assert placed.thresholds == (0.44,), "0.55 of 0.8, though the twelfth of the group has 0.3"
    assert placed.topic.tolist() == [0 if value >= 0.44 else -1 for value in similarities.tolist()]
    assert 0 < (placed.topic == 0).sum() < 12
    similarities[0] += 2e-6
    assert threshold_of(similarities, graph) == 0.440001, "0.4400011, to six decimals"


def test_the_closest_are_one_in_fifty_papers_five_at_most():
    def limit(n, values):
        rest = n - 12
        similarities = np.concatenate([values, falling(12 - len(values), 0.1, 0.08), falling(rest, 0.05, 0.01)])
        return threshold_of(similarities, cliques(12, *[14] * (rest // 14)))

    assert limit(96, [0.8, 0.4]) == 0.44
    assert limit(110, [0.8, 0.4]) == pytest.approx(0.55 * 0.6)
    assert limit(306, [0.8] * 5 + [0.2]) == 0.44


def test_nothing_is_close_where_those_taken_predict_nothing():
    graph = ring(40, k=6)
    scattered = np.zeros(40, np.float32)
    scattered[np.random.default_rng(0).permutation(40)] = falling(40)
    placed = assign_seeded(np.stack([scattered, np.full(40, 0.3)], axis=1).astype(np.float32), graph)
    assert placed.thresholds == (None, None), "in the second all are as far as the farthest"
    assert (placed.topic == -1).all()


def test_a_coefficient_of_015_is_enough(monkeypatch):
    for value, expected in ((0.15, True), (0.1499, False)):
        monkeypatch.setattr(seeded, "uncertainty_coefficient", lambda taken, indices, value=value: value)
        assert (threshold_of(falling(40), ring(40)) is not None) == expected


@pytest.fixture
def counted(monkeypatch):
    """A function that plants the coefficient by the number of papers taken, and notes which numbers were tried."""
    tried: list[int] = []

    def plant(value_of):
        def coefficient(taken, indices):
            tried.append(int(taken.sum()))
            return value_of(tried[-1])

        tried.clear()
        monkeypatch.setattr(seeded, "uncertainty_coefficient", coefficient)
        return tried

    return plant


def test_numbers_grow_by_15_percent_from_two_to_60_percent_of_the_papers(counted):
    tried = counted(lambda count: 0.0)
    assert threshold_of(falling(60), ring(60)) is None
    assert tried == [*range(2, 15), 16, 18, 20, 23, 26, 29, 33]
    tried = counted(lambda count: 0.0)
    threshold_of(falling(55), ring(55))
    assert tried[-1] == 33, "sixty percent of 55"
    tried = counted(lambda count: 0.0)
    threshold_of(np.concatenate([falling(9), np.full(51, 0.05)]), ring(60))
    assert tried == [2, 3, 4, 5, 6, 7, 8, 9], "no paper as far as the farthest"


def test_the_first_peak_counts_where_the_coefficient_falls_a_tenth_below_it(counted):
    values = {8: 0.5, 9: 0.45, 10: 0.449, 20: 0.9}
    similarities = falling(60)
    tried = counted(lambda count: values.get(count, 0.46))
    assert threshold_of(similarities, ring(60)) == pytest.approx(float(similarities[7]), abs=1e-6)
    assert tried[:9] == [2, 3, 4, 5, 6, 7, 8, 9, 10], "0.45 is not below nine tenths of 0.5, 0.449 is"
    assert 20 not in tried
    counted(lambda count: {20: 0.9}.get(count, 0.45))
    shallow = np.linspace(0.9, 0.8, 60)
    assert threshold_of(shallow, ring(60)) == pytest.approx(round(float(np.float32(shallow[19])), 6), abs=1e-6)


def test_a_low_first_hill_is_no_peak(counted):
    values = {4: 0.1499, 5: 0.01, 12: 0.3}
    similarities = np.linspace(0.9, 0.8, 60)
    counted(lambda count: values.get(count, 0.0))
    assert threshold_of(similarities, ring(60)) == pytest.approx(similarities[11], abs=1e-6)
    counted(lambda count: ({4: 0.15} | {12: 0.3}).get(count, 0.0))
    assert threshold_of(similarities, ring(60)) == pytest.approx(similarities[3], abs=1e-6)


def test_numbers_around_the_peak_are_tried_and_of_equals_the_smallest_is_best(counted):
    similarities = np.linspace(0.9, 0.8, 60)
    tried = counted(lambda count: {20: 0.5, 19: 0.6, 22: 0.6, 17: 0.6}.get(count, 0.2))
    assert threshold_of(similarities, ring(60)) == pytest.approx(similarities[16], abs=1e-6)
    passed = tried[tried.index(23) + 1 :]  # 20 / 1.15 = 17.4 to 20 * 1.15 = 23
    assert passed == [17, 18, 19, 20, 21, 22, 23]
    tried = counted(lambda count: {2: 0.5, 3: 0.1}.get(count, 0.4))
    assert threshold_of(similarities, ring(60)) == pytest.approx(similarities[1], abs=1e-6)
    assert tried == [2, 3, 2], "two at least"
    tried = counted(lambda count: {33: 0.5}.get(count, 0.2))
    threshold_of(similarities, ring(60))
    assert tried[-9:] == [28, 29, 30, 31, 32, 33, 34, 35, 36], "sixty percent at most"


def test_papers_equally_similar_are_taken_by_row(counted):
    counted(lambda count: {3: 0.5}.get(count, 0.2))
    tied = np.array([0.5] * 5 + [0.4] * 15, np.float32)
    assert threshold_of(tied, ring(20)) == 0.5
    seen: list[list[int]] = []
    order = np.array([3, 1, 4, 0, 2])
    similarities = np.zeros(20)
    similarities[:5] = [0.9, 0.9, 0.5, 0.95, 0.9]
    seeded_of = seeded.uncertainty_coefficient

    def noted(taken, indices):
        seen.append(np.flatnonzero(taken).tolist())
        return seeded_of(taken, indices)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(seeded, "uncertainty_coefficient", noted)
        threshold_of(similarities, ring(20))
    assert seen[:3] == [[0, 3], [0, 1, 3], [0, 1, 3, 4]], order


def test_similarities_count_to_six_decimals():
    graph = cliques(12, 14, 14, 16)
    similarities = np.concatenate([np.full(12, 0.5), falling(44, 0.3, 0.1)]).astype(np.float64)
    similarities[11] -= 4e-7
    placed = assign_seeded(similarities[:, None], graph)
    assert placed.topic.tolist() == [0] * 12 + [-1] * 44
    assert placed.thresholds == (0.5,)
    similarities[5] = 0.5000016
    # a paper is in the topic that it is most similar to, at six decimals
    both = np.stack([similarities, np.where(np.arange(56) < 12, 0.5000011, similarities)], axis=1)
    assert assign_seeded(both, graph).topic.tolist() == [1] * 5 + [0] + [1] * 6 + [-1] * 44
    equal = np.stack([similarities, similarities], axis=1)
    assert assign_seeded(equal, graph).topic.tolist() == [0] * 12 + [-1] * 44


def test_no_seeded_topics_and_thresholds_missing(monkeypatch):
    nothing = assign_seeded(np.zeros((6, 0), np.float32), ring(6))
    assert (nothing.topic.tolist(), nothing.thresholds) == ([-1] * 6, ())
    limits = iter([None, 0.5, 0.4])
    monkeypatch.setattr(seeded, "_threshold", lambda column, graph: next(limits))
    similarities = np.array([[0.9, 0.5, 0.6], [0.9, 0.49, 0.4], [0.9, 0.45, 0.39], [0.1, 0.7, 0.6]], np.float32)
    placed = assign_seeded(similarities, ring(6))
    assert placed.topic.tolist() == [2, 2, -1, 1]
    assert placed.topic.dtype == np.int32
    assert placed.thresholds == (None, 0.5, 0.4)


# --- stability


def slow_jaccard(before, after, count):
    sets = [{row for row, topic in enumerate(after) if topic == number} for number in set(after)]
    own = [{row for row, topic in enumerate(before) if topic == number} for number in range(count)]
    return [max(len(one & other) / len(one | other) for other in sets) if one else 0.0 for one in own]


def test_best_jaccard_equals_the_slow_one():
    assert best_jaccard(labels(0, 0, 1, 1), labels(5, 5, 5, 2), 2).tolist() == [2 / 3, 1 / 2]
    rng = np.random.default_rng(0)
    before, after = rng.integers(0, 4, 40), rng.integers(0, 3, 40)
    before[before == 2] = 1
    np.testing.assert_allclose(best_jaccard(before, after, 4), slow_jaccard(before.tolist(), after.tolist(), 4))
    assert best_jaccard(before, after, 4)[2] == 0.0, "a topic without papers in the resample is not recovered"


def plan_of(n: int, **values) -> TopicPlan:
    reducer = ReducerPlan("umap", 3, 30, "pca")
    return TopicPlan(reducer, (2,), ("eom",), (1,), 1, **values)


def selection_of(topics, *, size=10, merged_to=None, share=None, method="eom") -> Selection:
    cut = Cut(3, size, method, topics, share)
    return Selection(cut, (), 0, merged_to, topics)


@pytest.fixture
def refitted(monkeypatch):
    """A function that plants the topics of every resample, and notes what it was made from."""
    calls: list[SimpleNamespace] = []

    def plant(topics_of):
        def fit_again(vectors, neighbours, selection, *, plan, share, seed):
            rows = vectors[:, 0].astype(int)
            calls.append(SimpleNamespace(rows=rows, graph=neighbours, selection=selection, plan=plan, share=share,
                                         seed=seed))  # fmt: skip
            return topics_of(len(calls) - 1, rows)

        monkeypatch.setattr(stability, "_fit_again", fit_again)
        return calls

    return plant


def rows_as_vectors(n: int) -> np.ndarray:
    return np.stack([np.arange(n), np.ones(n)], axis=1).astype(np.float32)


def test_every_resample_takes_four_fifths_of_the_papers_and_a_seed_of_its_own(refitted):
    topics = runs(25, 25)
    calls = refitted(lambda number, rows: topics[rows])
    done: list[int] = []
    selection, plan, graph = selection_of(topics), plan_of(50), ring(50)
    measured = measure_stability(
        rows_as_vectors(50), graph, selection, plan=plan, resamples=3, seed=7, advance=done.append
    )
    assert (measured.topics.tolist(), measured.resamples, measured.agreement) == ([1.0, 1.0], 3, 1.0)
    assert done == [1, 1, 1]
    for number, call in enumerate(calls):
        rng = np.random.default_rng([7, number])
        expected = np.sort(rng.choice(50, 40, replace=False))
        assert call.rows.tolist() == expected.tolist()
        assert call.seed == int(rng.integers(2**31))
        np.testing.assert_array_equal(call.graph.indices, restrict(graph, expected).indices)
        assert (call.share, call.plan, call.selection) == (0.8, plan, selection)


def test_a_small_corpus_is_fitted_again_whole(refitted):
    topics = runs(25, 24)
    calls = refitted(lambda number, rows: topics[rows])
    measure_stability(rows_as_vectors(49), ring(49), selection_of(topics), plan=plan_of(49), resamples=2, seed=1)
    assert [call.rows.tolist() for call in calls] == [list(range(49))] * 2
    assert [call.share for call in calls] == [1.0, 1.0]
    assert calls[0].seed != calls[1].seed


def test_stability_by_hand(refitted):
    topics = runs(4, 4, 4)
    again = [labels(0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1), labels(0, 0, 0, 1, 1, 1, 2, 2, 2, 2, 2, 2)]
    refitted(lambda number, rows: again[number])
    measured = measure_stability(
        rows_as_vectors(12), ring(12), selection_of(topics), plan=plan_of(12), resamples=2, seed=0
    )
    # 1: 1; 1/2, not above a half; 1/2. 2: 3/4; {4, 5} of {3, 4, 5}: 2/5 or 2/8; 4/6
    assert measured.topics.tolist() == [1.0, 0.0, 0.5]
    agreements = [adjusted_mutual_info_score(topics, one) for one in again]
    assert measured.agreement == round(sum(agreements) / 2, 6)


def test_without_a_cut_or_a_resample_nothing_is_measured(refitted):
    calls = refitted(lambda number, rows: rows * 0)
    full = selection_of(runs(4, 4))
    for selection, resamples in ((full, 0), (replace(full, cut=None), 2), (replace(full, nearest=None), 2)):
        measured = measure_stability(
            rows_as_vectors(8), ring(8), selection, plan=plan_of(8), resamples=resamples, seed=0
        )
        assert measured is None
    assert calls == []


@pytest.fixture
def fit(monkeypatch):
    """A function that fits again where UMAP and the tree are planted, and notes what they were asked for."""
    asked = SimpleNamespace()

    def again(selection, cuts, *, share=1.0, n=24, k=4, **plan):
        def reduce(vectors, neighbours, *, plan, min_dist, seed):
            asked.reduce = (len(vectors), neighbours.k, plan, min_dist, seed)
            return vectors

        def build_tree(reduced, *, min_samples):
            asked.tree = (len(reduced), min_samples)
            return TREE

        def cut_tree(tree, *, min_cluster_size, methods):
            assert tree is TREE
            asked.cut = (min_cluster_size, methods)
            return iter(cuts)

        monkeypatch.setattr(stability, "reduce", reduce)
        monkeypatch.setattr(stability, "build_tree", build_tree)
        monkeypatch.setattr(stability, "cut_tree", cut_tree)
        found = stability._fit_again(
            on_a_circle(n), ring(n, k), selection, plan=plan_of(n, **plan), share=share, seed=11
        )
        return found.tolist(), asked

    return again


@pytest.mark.parametrize(("size", "share", "scaled"), [
    (10, 0.8, 8), (10, 1.0, 10), (7, 0.8, 6), (2, 0.8, 2), (3, 0.4, 2), (30, 0.5, 15),
])  # fmt: skip
def test_the_smallest_size_shrinks_with_the_sample(fit, size, share, scaled):
    _, asked = fit(selection_of(runs(12, 12), size=size, method="leaf"), [], share=share)
    assert asked.cut == (scaled, ("leaf",))


def test_a_resample_is_reduced_and_cut_by_the_same_settings(fit):
    core = runs(12, 12)
    core[5] = -1
    found, asked = fit(selection_of(runs(12, 12)), [Cut(3, 8, "eom", core)], min_dist=0.25)
    assert found == [0] * 12 + [1] * 12, "noise goes where the vote puts it"
    count, k, reducer, min_dist, seed = asked.reduce
    assert (count, k, min_dist, seed, asked.tree) == (24, 4, 0.25, 11, (24, 3))
    assert reducer == ReducerPlan("umap", 3, 5, "pca"), "no wider than the graph: four neighbours and the paper itself"
    _, asked = fit(selection_of(runs(30, 30)), [], n=60, k=40)
    assert asked.reduce[2].n_neighbors == 30


def test_the_cut_with_the_same_limit_is_taken_and_without_one_all_is_one_topic(fit):
    cuts = [Cut(3, 8, "eom", runs(8, 16), 0.04), Cut(3, 8, "eom", runs(12, 12), 0.08)]
    assert fit(selection_of(runs(12, 12), share=0.08), cuts)[0] == [0] * 12 + [1] * 12
    assert fit(selection_of(runs(12, 12), share=0.04), cuts)[0] == [0] * 8 + [1] * 16
    assert fit(selection_of(runs(12, 12)), cuts)[0] == [0] * 24
    assert fit(selection_of(runs(12, 12)), [Cut(3, 8, "eom", np.full(24, -1, np.int32))])[0] == [0] * 24


def test_merged_topics_are_merged_again(fit):
    four = runs(6, 6, 6, 6)
    cuts = [Cut(3, 8, "eom", four)]
    merged = merge_to(four, four, ring(24), count=2)
    assert fit(selection_of(runs(12, 12), merged_to=2), cuts)[0] == merged.tolist()
    assert sorted(set(merged.tolist())) == [0, 1]
    assert fit(selection_of(runs(12, 12), merged_to=4), cuts)[0] == four.tolist()
    assert fit(selection_of(runs(12, 12), merged_to=9), cuts)[0] == four.tolist()
    core = four.copy()
    core[3] = -1
    assert fit(selection_of(runs(12, 12), merged_to=3), [Cut(3, 8, "eom", core)])[0] == (
        assign_corpus(on_a_circle(24), ring(24), merge_to(core, four, ring(24), count=3)).nearest_topic.tolist()
    )


def test_a_selection_without_a_cut_cannot_be_fitted_again(fit):
    with pytest.raises(ValueError, match="a selection without a cut"):
        fit(Selection(), [])


# --- the plan and the search


@pytest.mark.parametrize(("papers", "methods", "sizes", "min_samples", "restarts"), [
    (4, ("eom",), (2,), (1,), 7), (6, ("eom",), (2,), (1,), 7), (15, ("eom",), (2, 3, 4, 5), (1,), 7),
    (16, ("leaf", "eom", "max_cluster_size"), (2, 3, 4, 5), (1,), 7),
    (99, ("leaf", "eom", "max_cluster_size"), (2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 17, 21, 25, 30), (1, 4), 7),
    (100, ("leaf", "eom", "max_cluster_size"), (5, 6, 7, 8, 10, 12, 14, 17, 21, 25, 30), (1, 5), 1),
    (120, ("leaf", "eom", "max_cluster_size"), (5, 6, 7, 8, 10, 12, 14, 17, 21, 25, 30, 37), (1, 5, 6), 1),
])  # fmt: skip
def test_the_plan_by_hand(papers, methods, sizes, min_samples, restarts):
    plan = plan_topics(papers, ReducerConfig(), ClustererConfig())
    assert (plan.methods, plan.sizes, plan.min_samples, plan.restarts) == (methods, sizes, min_samples, restarts)
    assert plan.reducer == plan_reducer(papers, n_components=15, n_neighbors=30)
    assert (plan.granularity, plan.min_dist, plan.one_topic) == ("auto", 0.0, papers < 5)


def test_the_plan_follows_the_settings():
    config = ClustererConfig(method="leaf", min_cluster_size=30, min_samples=20, granularity=4)
    plan = plan_topics(500, ReducerConfig(n_components=4, n_neighbors=9, min_dist=0.3), config)
    assert (plan.methods, plan.sizes, plan.min_samples, plan.granularity) == (("leaf",), (30,), (20,), 4)
    assert (plan.reducer.n_components, plan.reducer.n_neighbors, plan.min_dist) == (4, 9, 0.3)
    few = plan_topics(40, ReducerConfig(), config)
    assert (few.sizes, few.min_samples) == ((20,), (2,)), "half the papers, and one in twenty, at most"
    assert plan_topics(10, ReducerConfig(), config).methods == ("leaf",), "what was asked for stays, if tiny"
    assert plan_topics(10, ReducerConfig(), config).min_samples == (1,)
    assert plan_topics(3, ReducerConfig(), config).sizes == (2,)
    assert plan_topics(19, ReducerConfig(), config).min_samples == (1,)
    assert plan_topics(20_000, ReducerConfig(), ClustererConfig()).min_samples == (1, 5, 10)


def blobs(*sizes: int, spread: float = 0.05) -> np.ndarray:
    rng = np.random.default_rng(0)
    rows = np.eye(8)[runs(*sizes)] + rng.normal(scale=spread, size=(sum(sizes), 8))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture
def reduced(monkeypatch):
    """The vectors themselves stand for what UMAP makes of them; notes what it was asked for."""
    asked: list[tuple] = []

    def reduce(vectors, neighbours, *, plan, min_dist, seed):
        asked.append((plan, min_dist, seed))
        return vectors + np.float32(0.01 * (seed % 7)) * on_a_circle(len(vectors))[:, :1]

    monkeypatch.setattr(search, "reduce", reduce)
    return asked


def test_the_search_keeps_the_best_cut_of_all_starts_and_trees(reduced):
    vectors = blobs(12, 10, 8)
    graph, done = find_neighbours(vectors, k=10), []
    plan = replace(plan_topics(30, ReducerConfig(), ClustererConfig()), min_samples=(1, 2), restarts=2, min_dist=0.4)
    result = search_topics(vectors, graph, plan, seed=5, advance=done.append)
    assert result.core.tolist() == runs(12, 10, 8).tolist()
    assert reduced == [(plan.reducer, 0.4, 5), (plan.reducer, 0.4, 6)]
    assert done == [1, 1]
    points = [vectors + np.float32(0.01 * seed) * on_a_circle(30)[:, :1] for seed in (5, 6)]
    cuts = [cut for one in points for samples in (1, 2)
            for cut in cut_at_sizes(build_tree(one, min_samples=samples), plan.sizes, plan.methods)]  # fmt: skip
    expected = select_cut(cuts, graph, vectors)
    assert result.selection.scores == expected.scores
    assert result.selection.selected == expected.selected
    assert result.warnings == find_warnings(expected, graph, vectors)
    assert result.finer is None, "among thirty papers nothing lies inside a topic"


def test_granularity_reaches_the_selection_and_the_warnings(reduced):
    vectors = blobs(12, 10, 8)
    graph = find_neighbours(vectors, k=10)
    plan = replace(plan_topics(30, ReducerConfig(), ClustererConfig(granularity=2)), restarts=1, methods=("eom",))
    result = search_topics(vectors, graph, plan, seed=5)
    assert result.selection.cut.count == 2
    many = search_topics(vectors, graph, replace(plan, granularity=25), seed=5)
    assert any("25 topics were asked for" in line for line in many.warnings)


def test_agreement_counts_among_fewer_than_sixteen_papers(reduced, monkeypatch):
    asked: list[tuple[bool, object]] = []

    def select(cuts, neighbours, vectors, *, granularity, by_agreement):
        asked.append((by_agreement, granularity))
        return Selection()

    monkeypatch.setattr(search, "select_cut", select)
    for n in (15, 16):
        vectors, plan = blobs(n - 5, 5), plan_topics(n, ReducerConfig(), ClustererConfig())
        result = search_topics(vectors, find_neighbours(vectors, k=4), plan, seed=0)
        assert result.core.tolist() == [0] * n
        assert result.core.dtype == np.int32
        assert (result.selection, result.finer, result.warnings) == (Selection(), None, ())
    assert asked == [(True, "auto"), (False, "auto")]


def test_a_handful_of_papers_is_one_topic_without_any_fit(reduced):
    vectors = blobs(2, 2)
    plan = plan_topics(4, ReducerConfig(), ClustererConfig())
    result = search_topics(vectors, find_neighbours(vectors, k=3), plan, seed=0)
    assert (result.core.tolist(), reduced) == ([0, 0, 0, 0], [])


def test_the_finer_cut_is_looked_for_at_all_sizes(reduced, monkeypatch):
    asked: list[tuple] = []

    def finer(cut, neighbours, vectors, *, sizes):
        asked.append((cut, sizes))
        return Cut(1, 2, "leaf", runs(30))

    monkeypatch.setattr(search, "finer_cut", finer)
    vectors = blobs(12, 10, 8)
    plan = replace(plan_topics(30, ReducerConfig(), ClustererConfig(min_cluster_size=5)), restarts=1)
    result = search_topics(vectors, find_neighbours(vectors, k=10), plan, seed=1)
    assert result.finer.topics.tolist() == [0] * 30
    assert asked == [(result.selection.cut, [2, 3, 4, 5, 6, 7, 8])]


# --- seeded topics and the others together


@pytest.mark.parametrize(("papers", "fits"), [(4, 0), (5, 10), (99, 10), (100, 4)])
def test_fits_are_counted_before_they_are_made(papers, fits):
    assert fits_planned(papers, ReducerConfig(), ClustererConfig(), resamples=3) == fits


@pytest.fixture
def parts(monkeypatch):
    """The search and the resamples are planted; notes what they were asked for."""
    asked = SimpleNamespace(search=[], stability=[], similarities=None)

    def search(vectors, neighbours, plan, *, seed, advance):
        asked.search.append((vectors, neighbours, plan, seed))
        advance(1)
        topics = number_by_size(np.arange(len(vectors)) % 3 - (np.arange(len(vectors)) % 9 == 8) * 3)
        selection = Selection(Cut(1, 2, "eom", topics), (), 0, None, topics)
        return SearchResult(topics, selection, Cut(1, 2, "leaf", np.arange(len(vectors)) % 5), ("careful",))

    def measure(vectors, neighbours, selection, *, plan, resamples, seed, advance):
        asked.stability.append((vectors, neighbours, selection, plan, resamples, seed))
        return Stability(np.array([0.9, 0.8, 0.7]), resamples, 0.5) if resamples and selection.cut else None

    monkeypatch.setattr(joining, "search_topics", search)
    monkeypatch.setattr(joining, "measure_stability", measure)

    def plant(topic, thresholds):
        def assign(similarities, neighbours):
            asked.similarities = similarities
            return SeededPapers(np.asarray(topic, np.int32), thresholds)

        monkeypatch.setattr(joining, "assign_seeded", assign)
        return asked

    asked.plant = plant
    return asked


SETTINGS = {"reducer": ReducerConfig(), "clusterer": ClustererConfig()}


def test_without_seeded_topics_all_papers_are_searched(parts):
    vectors, graph, done = on_a_circle(18), ring(18), []
    found = cluster(vectors, graph, **SETTINGS, seeds=None, resamples=2, seed=9, advance=done.append)
    ((own, used, plan, seed),) = parts.search
    assert used is graph, "the graph there is, not one computed anew"
    np.testing.assert_array_equal(own, vectors)
    assert (plan, seed) == (plan_topics(18, **SETTINGS), 9)
    assert parts.stability[0][4:] == (2, 9)
    assert found.core.tolist() == number_by_size(np.arange(18) % 3 - (np.arange(18) % 9 == 8) * 3).tolist()
    assert found.finer.tolist() == (np.arange(18) % 5).tolist()
    assert (found.stability, found.resamples, found.agreement) == ((0.9, 0.8, 0.7), 2, 0.5)
    assert (found.seeded_as, found.thresholds, found.warnings) == ({}, (), ("careful",))
    assert (found.plan, done) == (plan, [1])
    none = cluster(vectors, graph, **SETTINGS, seeds=np.zeros((0, 2), np.float32), resamples=0, seed=9)
    assert (none.stability, none.resamples, none.agreement) == ((None, None, None), 0, None)


def test_seeded_topics_and_those_of_the_rest_are_numbered_together(parts):
    # 30 papers: 8 of seed 1, 2 of seed 0, none of seed 2; 20 are left: topics of 7, 6, 5 papers and 2 noise
    topic = np.full(30, -1)
    topic[:8], topic[[10, 20]] = 1, 0
    parts.plant(topic, (0.6, 0.5, None))
    vectors, seeds = on_a_circle(30), on_a_circle(3)
    found = cluster(vectors, ring(30), **SETTINGS, seeds=seeds, resamples=4, seed=9)
    np.testing.assert_allclose(parts.similarities, vectors @ seeds.T)
    rest = np.flatnonzero(topic == -1)
    own, graph, plan, _ = parts.search[0]
    np.testing.assert_array_equal(own, vectors[rest])
    np.testing.assert_array_equal(graph.indices, find_neighbours(vectors[rest], k=4).indices)
    assert plan == plan_topics(20, **SETTINGS)
    core = number_by_size(np.arange(20) % 3 - (np.arange(20) % 9 == 8) * 3)
    assert np.bincount(core[core >= 0]).tolist() == [7, 7, 4]
    expected = np.full(30, -1)
    expected[:8], expected[[10, 20]] = 0, 4
    expected[rest] = np.where(core == -1, -1, core + 1)
    assert found.core.tolist() == expected.tolist()
    assert found.finer[rest].tolist() == (np.arange(20) % 5).tolist()
    assert (found.finer[topic != -1] == -1).all()
    assert found.stability == (None, 0.9, 0.8, 0.7, None)
    assert found.seeded_as == {0: 1, 4: 0}
    assert (found.thresholds, found.resamples, found.agreement) == ((0.6, 0.5, None), 4, 0.5)


def test_too_few_papers_beside_the_seeded_are_noise(parts):
    topic = np.zeros(30)
    topic[[3, 4, 5, 6]] = -1
    parts.plant(topic, (0.6,))
    found = cluster(on_a_circle(30), ring(30), **SETTINGS, seeds=on_a_circle(1), resamples=4, seed=9)
    assert parts.search == []
    assert found.core.tolist() == [-1 if row in (3, 4, 5, 6) else 0 for row in range(30)]
    assert (found.seeded_as, found.stability, found.selection) == ({0: 0}, (None,), Selection())
    assert (found.finer == -1).all()
    assert found.warnings == ()
    topic[7] = -1
    parts.plant(topic, (0.6,))
    cluster(on_a_circle(30), ring(30), **SETTINGS, seeds=on_a_circle(1), resamples=4, seed=9)
    assert len(parts.search) == 1, "five papers can be told apart"


def test_seeded_topics_may_take_every_paper(parts):
    parts.plant(np.arange(30) // 20, (0.6, 0.5))
    found = cluster(on_a_circle(30), ring(30), **SETTINGS, seeds=on_a_circle(2), resamples=4, seed=9)
    assert (parts.search, found.core.tolist()) == ([], [0] * 20 + [1] * 10)
    assert found.stability == (None, None)


def test_a_handful_without_seeded_topics_is_searched_all_the_same(parts):
    cluster(on_a_circle(4), ring(4, k=2), **SETTINGS, seeds=None, resamples=1, seed=0)
    assert len(parts.search) == 1


def test_scores_of_the_selection_are_those_of_the_graph():
    """The planted group is what scoring says it is: the fixtures above stand on this."""
    vectors = blobs(12, 10, 8)
    graph = find_neighbours(vectors, k=10)
    assert score_assigned(runs(12, 10, 8), graph) > score_assigned(runs(12, 18), graph)
