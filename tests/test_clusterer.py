"""The vote, the tree and its cuts, merging and selection: by hand, by planted scores, or against slow loops."""

import math
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from pipeline.clusterer import assignment, selection
from pipeline.clusterer.assignment import (
    Assignment,
    assign_corpus,
    assign_topics,
    fill_by_mean_vector,
    mean_vectors,
    vote_shares,
)
from pipeline.clusterer.merging import Merge, groups_after, merge_order, merge_topics
from pipeline.clusterer.selection import (
    joint_distribution,
    joint_of,
    merge_to,
    neighbours_scored,
    score_assigned,
    select_cut,
)
from pipeline.clusterer.tree import Cut, Tree, build_tree, cut_at_sizes, cut_tree, number_by_size, sizes_to_try
from pipeline.neighbours import Neighbours


def labels(*values) -> np.ndarray:
    return np.array(values, dtype=np.int32)


def graph_of(indices, similarities) -> Neighbours:
    return Neighbours(np.array(indices, np.int32), np.array(similarities, np.float32))


def ring(n: int, k: int = 4) -> Neighbours:
    """Papers on a ring, each with those beside it, nearest first: +1, -1, +2, -2 ..."""
    steps = [sign * step for step in range(1, k // 2 + 1) for sign in (1, -1)]
    indices = (np.arange(n)[:, None] + np.array(steps)) % n
    return graph_of(indices, np.tile(1 - np.arange(k) / (2 * k), (n, 1)))


def random_graph(n: int, k: int, seed: int = 0) -> Neighbours:
    """Some similarities negative, some equal."""
    rng = np.random.default_rng(seed)
    indices = np.array([rng.choice(np.delete(np.arange(n), row), k, replace=False) for row in range(n)])
    return graph_of(indices, -np.sort(-rng.choice([-0.4, 0.1, 0.3, 0.5, 0.9, 1.0], size=(n, k)), axis=1))


# --- the vote


def votes_of(graph, topics, row) -> dict[int, float]:
    votes: dict[int, float] = {}
    for other, similarity in zip(graph.indices[row], graph.similarities[row], strict=True):
        if topics[other] != -1 and similarity > 0:
            votes[int(topics[other])] = votes.get(int(topics[other]), 0.0) + float(similarity)
    return {topic: round(vote, 9) for topic, vote in votes.items()}


def slow_vote(graph, topics, own=None):
    """(nearest, strength, second) of each row, by loops."""
    rows = []
    for row in range(len(graph.indices)):
        votes = votes_of(graph, topics, row)
        whole = sum(votes.values())
        ranked = sorted(votes, key=lambda topic: (-votes[topic], topic))
        nearest = ranked[0] if ranked else -1
        if own is not None and own[row] != -1:
            nearest = int(own[row])
        others = [topic for topic in ranked if topic != nearest]
        share = round(votes.get(nearest, 0.0) / whole, 6) if whole else 0.0
        rows.append((nearest, share, others[0] if others else -1))
    return tuple(np.array(column) for column in zip(*rows, strict=True))


@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("cells", [1, 17, 2**22])
def test_the_vote_equals_the_slow_one(monkeypatch, own, cells):
    monkeypatch.setattr(assignment, "TABLE_CELLS", cells)
    graph = random_graph(50, 6)
    topics = np.random.default_rng(1).choice([-1, -1, -1, 0, 1, 2, 3], 50).astype(np.int32)
    topics[graph.indices[[4, 9]].ravel()] = -1  # papers 4 and 9 get no vote
    vote = assign_topics(graph, topics, own=topics if own else None)
    nearest, strength, second = slow_vote(graph, topics, topics if own else None)
    np.testing.assert_array_equal(vote.nearest_topic, nearest)
    np.testing.assert_array_equal(vote.second_topic, second)
    np.testing.assert_array_equal(vote.strength, strength.astype(np.float32))
    assert vote.nearest_topic[4] == (topics[4] if own else -1)


@pytest.mark.parametrize("cells", [1, 17, 2**22])
def test_the_winner_and_the_runner_up_of_the_vote(monkeypatch, cells):
    monkeypatch.setattr(assignment, "TABLE_CELLS", cells)
    graph = random_graph(50, 6, seed=2)
    topics = np.random.default_rng(1).choice([-1, -1, -1, 0, 1, 2, 3], 50).astype(np.int32)
    topics[graph.indices[[4, 9]].ravel()] = -1
    first, second = vote_shares(graph, topics)
    nearest, _, runner_up = slow_vote(graph, topics)
    np.testing.assert_array_equal(first.topic, nearest)
    np.testing.assert_array_equal(second.topic, runner_up)
    for row in range(50):
        votes = sorted(votes_of(graph, topics, row).values(), reverse=True)
        shares = [vote / sum(votes) for vote in votes] + [0.0, 0.0]
        np.testing.assert_allclose([first.share[row], second.share[row]], shares[:2], rtol=1e-12)
    assert (first.topic[4], first.share[4], second.topic[4]) == (-1, 0.0, -1)


def test_the_vote_by_hand():
    topics = labels(0, 1, 1, 2, -1)
    graph = graph_of([[0, 1, 2, 3, 4]], [[0.6, 0.3, 0.2, 0.1, 0.9]])
    vote = assign_topics(graph, topics)
    assert (vote.nearest_topic[0], vote.second_topic[0], vote.strength[0]) == (0, 1, np.float32(0.5))
    own = assign_topics(graph, topics, own=labels(2))
    assert (own.nearest_topic[0], own.second_topic[0]) == (2, 0)
    assert own.strength[0] == np.float32(0.083333), "0.1 of 1.2, to six decimals"
    kept = assign_topics(graph_of([[4], [4]], [[0.9], [0.9]]), topics, own=labels(1, -1))
    assert (kept.nearest_topic.tolist(), kept.strength.tolist(), kept.second_topic.tolist()) == (
        [1, -1],
        [0, 0],
        [-1] * 2,
    )


def test_votes_are_equal_to_nine_decimals():
    topics = labels(0, 1, 1)
    tied = graph_of([[0, 1, 2]], [[0.5, 0.5, 4e-10]])
    assert assign_topics(tied, topics).nearest_topic[0] == 0
    assert assign_topics(graph_of([[0, 1, 2]], [[0.5, 0.5, 1e-9]]), topics).nearest_topic[0] == 1
    assert vote_shares(tied, topics)[0].topic[0] == 0


@pytest.mark.parametrize("vote", [assign_topics, vote_shares])
def test_the_table_of_votes_stays_within_its_cells(monkeypatch, vote):
    sizes: list[int] = []
    count = assignment._count_votes

    def counted(indices, similarities, topics, *, width):
        sizes.append(len(indices))
        return count(indices, similarities, topics, width=width)

    monkeypatch.setattr(assignment, "_count_votes", counted)
    graph = random_graph(10, 3)
    for cells, expected in ((12, [4, 4, 2]), (11, [3, 3, 3, 1]), (3, [1] * 10), (2, [1] * 10), (100, [10])):
        monkeypatch.setattr(assignment, "TABLE_CELLS", cells)
        sizes.clear()
        vote(graph, np.arange(10, dtype=np.int32) % 3)
        assert sizes == expected
    monkeypatch.undo()
    monkeypatch.setattr(assignment, "_count_votes", counted)
    sizes.clear()
    vote(random_graph(6, 2), labels(0, 1, 2, 3, 4, 2**20 - 1))  # four rows of 2**20 topics are 2**22 cells
    assert sizes == [4, 2]


def test_nobody_votes_where_all_is_noise():
    vote = assign_topics(ring(6), np.full(6, -1, np.int32))
    assert vote.nearest_topic.tolist() == vote.second_topic.tolist() == [-1] * 6
    assert vote.strength.tolist() == [0.0] * 6


def test_no_papers_no_votes():
    empty, none = graph_of(np.zeros((0, 0)), np.zeros((0, 0))), labels()
    assigned = assign_corpus(np.zeros((0, 3), np.float32), empty, none)
    assert [column.shape for column in (assigned.nearest_topic, assigned.strength, assigned.second_topic)] == [(0,)] * 3
    assert [place.topic.shape for place in vote_shares(empty, none)] == [(0,), (0,)]
    assert mean_vectors(np.zeros((0, 3), np.float32), none).shape == (0, 3)


def test_topics_are_32_bits_wide():
    graph, topics = ring(6), labels(0, 0, 0, 1, 1, 1)
    vote, (first, second) = assign_topics(graph, topics), vote_shares(graph, topics)
    for column in (vote.nearest_topic, vote.second_topic, first.topic, second.topic, groups_after([], 3, 2)):
        assert column.dtype == np.int32
    assert vote.strength.dtype == np.float32


# --- mean vectors, and papers without a vote


def test_mean_vectors_by_hand_with_a_topic_without_papers_and_one_that_cancels_out():
    vectors = np.array([[0.6, 0.8], [1, 0], [0, 1], [0, -1], [0, 1], [0.5, 0.5]], np.float32)
    means = mean_vectors(vectors, labels(3, 0, 1, 1, 3, -1))
    slanted = np.array([0.6, 1.8]) / math.hypot(0.6, 1.8)
    np.testing.assert_allclose(means, [[1, 0], [0, 0], [0, 0], slanted], atol=1e-7)
    assert means.dtype == np.float32
    assert mean_vectors(vectors, np.full(6, -1, np.int32)).shape == (0, 2)


def test_a_mean_is_no_direction_below_a_billionth():
    vectors = np.array([[1.2e-9, 0], [0, 0.9e-9]], np.float32)
    np.testing.assert_allclose(mean_vectors(vectors, labels(0, 1)), [[1, 0], [0, 0]], atol=1e-6)


def lost_paper(query, vectors, topics) -> int:
    """Topic of one paper without a vote."""
    nobody = Assignment(labels(-1, 5), np.array([0, 0.25], np.float32), labels(-1, 4))
    queries = np.array([query, [1, 0]], np.float32)
    filled = fill_by_mean_vector(nobody, queries, corpus_vectors=np.array(vectors, np.float32), topics=topics)
    assert filled.nearest_topic[1] == 5
    assert (filled.strength.tolist(), filled.second_topic.tolist()) == ([0, 0.25], [-1, 4])
    assert nobody.nearest_topic[0] == -1, "the vote itself is not changed"
    return int(filled.nearest_topic[0])


def test_a_paper_without_a_vote_goes_to_the_most_similar_mean():
    assert lost_paper([0.6, 0.8], [[1, 0], [0, 1], [-1, 0]], labels(0, 1, 2)) == 1
    assert lost_paper([-0.9, 0.1], [[1, 0], [0, 1], [-1, 0]], labels(0, 1, 2)) == 2
    assert lost_paper([-0.9, 0.1], [[1, 0], [0, 1], [-1, 0]], labels(0, 1, -1)) == 1


def test_a_topic_whose_papers_cancel_out_is_nearest_to_no_paper():
    vectors = [[0, 1], [0, -1], [1, 0], [0.6, 0.8]]
    assert lost_paper([-0.8, -0.6], vectors, labels(0, 0, 1, 2)) == 1, "at cosine -0.8, though that with no mean is 0"


def test_means_equally_similar_to_seven_decimals_are_a_tie():
    vectors, topics = [[1, 0], [0, 1]], labels(0, 1)
    assert lost_paper([0.25, 0.25 + 3e-8], vectors, topics) == 0
    assert lost_paper([0.25, 0.25 + 1.2e-7], vectors, topics) == 1


def test_without_topics_nobody_is_placed():
    nobody = Assignment(labels(-1), np.zeros(1, np.float32), labels(-1))
    vectors = np.eye(2, dtype=np.float32)
    assert fill_by_mean_vector(nobody, vectors[:1], corpus_vectors=vectors, topics=labels(-1, -1)) is nobody
    everybody = Assignment(labels(0), np.zeros(1, np.float32), labels(-1))
    assert fill_by_mean_vector(everybody, vectors[:1], corpus_vectors=vectors, topics=labels(0, 1)) is everybody


def test_the_corpus_votes_with_its_own_topics_kept():
    vectors = np.array([[1, 0], [0.8, 0.6], [0, 1], [0.1, 0.99], [-1, 0.1]], np.float32)
    graph = graph_of([[1, 2], [2, 3], [3, 1], [2, 1], [4, 4]], [[0.8, 0.1], [0.6, 0.5], [0.9, 0.6], [0.9, 0.6], [0, 0]])
    assigned = assign_corpus(vectors, graph, labels(0, 0, 1, -1, -1))
    # 4: nobody votes; its cosine with mean 0, (0.95, 0.32), is -0.92, with mean 1, (0, 1), 0.1
    assert assigned.nearest_topic.tolist() == [0, 0, 1, 1, 1]
    np.testing.assert_allclose(assigned.strength, [0.8 / 0.9, 0, 0, 0.9 / 1.5, 0], atol=1e-6)
    assert assigned.second_topic.tolist() == [1, 1, 0, 0, -1]


# --- the tree and its cuts


def line(*points) -> np.ndarray:
    return np.array(points, np.float32)[:, None]


def test_the_tree_joins_by_mutual_reachability():
    # Distance to the nearest other: 1, 1, 2, 4. To the second nearest: 3, 2, 3, 6.
    nearest = build_tree(line(0, 1, 3, 7), min_samples=1)
    assert nearest.rows.tolist() == [[0, 1, 1, 2], [2, 4, 2, 3], [3, 5, 4, 4]]
    second = build_tree(line(0, 1, 3, 7), min_samples=2)
    assert second.rows[:, 2].tolist() == [3, 3, 6]
    assert second.min_samples == 2
    assert build_tree(line(0, 1, 3, 7), min_samples=9).min_samples == 3, "there are three others"


def groups_on_a_line(*, triples: int, each: int, wide: float = 100.0) -> np.ndarray:
    """Three points beside each other, `each` such triples a group, groups far apart; no two distances are equal."""
    rng = np.random.default_rng(0)
    starts = np.arange(triples) * 0.35 + (np.arange(triples) // each) * wide
    points = (starts[:, None] + np.array([0.0, 0.1, 0.21])).ravel()
    return (points + rng.uniform(0, 0.01, points.size)).astype(np.float32)[:, None]


def test_leaf_gives_the_triples_eom_the_groups_and_a_largest_size_what_lies_below_it():
    points = groups_on_a_line(triples=25, each=5)
    tree = build_tree(points, min_samples=1)
    cuts = {(cut.method, cut.max_cluster_share): cut for cut in cut_tree(tree, min_cluster_size=2)}
    assert list(cuts) == [("leaf", None), ("eom", None), ("max_cluster_size", 0.04), ("max_cluster_size", 0.08)]
    assert all(cut.tree is tree and cut.min_samples == 1 and cut.min_cluster_size == 2 for cut in cuts.values())
    largest = {key: int(np.bincount(cut.topics[cut.topics >= 0]).max()) for key, cut in cuts.items()}
    assert cuts["leaf", None].count == 25
    assert largest["eom", None] > 6
    assert largest["max_cluster_size", 0.04] <= 3, "4 % of 75"
    assert largest["max_cluster_size", 0.08] <= 6
    assert [cut.method for cut in cut_tree(tree, min_cluster_size=2, methods=("eom",))] == ["eom"]


@pytest.mark.parametrize(("n", "size", "shares"), [(75, 2, [0.04, 0.08]), (74, 2, [0.08]), (75, 4, [0.08]),
                                                   (74, 4, []), (75, 5, []), (48, 2, [0.08]), (30, 2, [])])  # fmt: skip
def test_a_largest_size_is_tried_where_two_sizes_of_topics_fit_below_it(n, size, shares):
    tree = build_tree(groups_on_a_line(triples=25, each=5)[:n], min_samples=1)
    cuts = list(cut_tree(tree, min_cluster_size=size, methods=("max_cluster_size",)))
    assert [cut.max_cluster_share for cut in cuts] == shares, "4 % or 8 % of the papers, at least 1.5 times the size"
    assert all(cut.method == "max_cluster_size" and cut.tree is tree for cut in cuts)


def test_every_different_cut_is_given_once_small_topics_first():
    tree = build_tree(groups_on_a_line(triples=12, each=4), min_samples=1)
    expected: list[Cut] = []
    for size in (2, 3, 4, 8):
        for cut in cut_tree(tree, min_cluster_size=size, methods=("leaf", "eom")):
            if not any(np.array_equal(cut.topics, other.topics) for other in expected):
                expected.append(cut)
    assert 2 <= len(expected) < 8
    cuts = list(cut_at_sizes(tree, (2, 3, 4, 8), ("leaf", "eom")))
    assert [(cut.min_cluster_size, cut.method) for cut in cuts] == [(c.min_cluster_size, c.method) for c in expected]
    assert all(np.array_equal(cut.topics, other.topics) for cut, other in zip(cuts, expected, strict=True))


def test_a_cut_counts_its_topics():
    assert Cut(1, 2, "eom", labels(-1, 0, 2, 1)).count == 3
    assert Cut(1, 2, "eom", labels(-1, -1)).count == 0
    assert Cut(1, 2, "eom", labels()).count == 0
    tree = Tree(np.zeros((0, 4)), 1)
    assert "Tree" not in repr(Cut(1, 2, "eom", labels(0), tree=tree))


@pytest.mark.parametrize(("papers", "sizes"), [
    (0, [2]), (6, [2]), (8, [2]), (9, [2, 3]), (60, [2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 17]),
    (99, [2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 17, 21, 25, 30]), (100, [5, 6, 7, 8, 10, 12, 14, 17, 21, 25, 30]),
])  # fmt: skip
def test_sizes_grow_by_a_fifth_to_a_third_of_the_papers(papers, sizes):
    assert sizes_to_try(papers) == sizes


def test_numbers_go_by_size_then_by_the_first_paper():
    assert number_by_size(np.array([9, 4, 4, -1, 9, 2, 7, 7, 7])).tolist() == [1, 2, 2, -1, 1, 3, 0, 0, 0]
    assert number_by_size(np.array([-1, -1])).tolist() == [-1, -1]
    assert number_by_size(np.array([5, 0])).dtype == np.int32


# --- merging


def information(table) -> float:
    """I in nats of a joint distribution, cell by cell."""
    rows, columns = [sum(row) for row in table], [sum(column) for column in zip(*table, strict=True)]
    return sum(
        cell * math.log(cell / (rows[i] * columns[j]))
        for i, row in enumerate(table)
        for j, cell in enumerate(row)
        if cell
    )


def brute_merges(joint):
    """Each time the pair of groups whose union keeps most information on the neighbours' topics."""
    groups = [[topic] for topic in range(len(joint))]

    def told(groups):
        return information([[sum(joint[topic][column] for topic in group) for column in range(len(joint))]
                            for group in groups])  # fmt: skip

    merges = []
    while len(groups) > 1:
        options = []
        for one, other in combinations(range(len(groups)), 2):
            joined = [group for place, group in enumerate(groups) if place not in (one, other)]
            lost = told(groups) - told([*joined, groups[one] + groups[other]])
            options.append((round(lost, 10), groups[one][0], groups[other][0], one, other))
        lost, kept, gone, one, other = min(options)
        merges.append((kept, gone, lost))
        groups[one] = groups[one] + groups[other]
        del groups[other]
    return merges


@pytest.mark.parametrize("seed", range(5))
def test_merges_lose_least_information_step_by_step(seed):
    rng = np.random.default_rng(seed)
    joint = rng.uniform(size=(7, 7)) * (rng.uniform(size=(7, 7)) > 0.4) + np.eye(7)
    joint = (joint + joint.T) / (joint + joint.T).sum()
    merges = merge_order(joint)
    expected = brute_merges(joint.tolist())
    assert [(merge.kept, merge.gone) for merge in merges] == [(kept, gone) for kept, gone, _ in expected]
    np.testing.assert_allclose([merge.lost for merge in merges], [lost for *_, lost in expected], atol=1e-9)
    assert all(merge.lost == round(merge.lost, 12) for merge in merges)


def test_of_equal_merges_the_pair_with_the_smaller_numbers_goes_first():
    joint = np.kron(np.eye(3), np.array([[0.1, 0.06], [0.06, 0.1]]))[[0, 2, 4, 1, 3, 5]][:, [0, 2, 4, 1, 3, 5]]
    merges = merge_order(joint / joint.sum())
    assert [(merge.kept, merge.gone) for merge in merges[:3]] == [(0, 3), (1, 4), (2, 5)]
    assert [(merge.kept, merge.gone) for merge in merges[3:]] == [(0, 1), (0, 2)]


def test_merging_two_topics_that_share_no_neighbour_loses_their_entropy():
    (merge,) = merge_order(np.array([[0.75, 0.0], [0.0, 0.25]]))
    assert (merge.kept, merge.gone) == (0, 1)
    assert merge.lost == pytest.approx(-0.75 * math.log(0.75) - 0.25 * math.log(0.25), abs=1e-12)
    assert merge_order(np.array([[1.0]])) == []


def test_the_joint_distribution_is_left_as_it_was():
    joint = np.array([[0.3, 0.1, 0.0], [0.1, 0.2, 0.0], [0.0, 0.0, 0.3]])
    before = joint.copy()
    merge_order(joint)
    np.testing.assert_array_equal(joint, before)


def test_groups_after_some_merges():
    merges = [Merge(1, 3, 0.1), Merge(0, 1, 0.2), Merge(0, 2, 0.3)]
    assert groups_after(merges, 4, 4).tolist() == [0, 1, 2, 3]
    assert groups_after(merges, 4, 9).tolist() == [0, 1, 2, 3]
    assert groups_after(merges, 4, 3).tolist() == [0, 1, 2, 1]
    assert groups_after(merges, 4, 2).tolist() == [0, 0, 2, 0]
    assert groups_after(merges, 4, 1).tolist() == [0, 0, 0, 0]


def test_merged_topics_are_numbered_anew_and_noise_stays():
    assert merge_topics(labels(0, 1, -1, 2, 2, 1), labels(0, 1, 1)).tolist() == [1, 0, -1, 0, 0, 0]


# --- scores


def slow_joint(topics, indices):
    count = max(topics) + 1
    table = [[0.0] * count for _ in range(count)]
    pairs = [(topics[row], topics[other]) for row, others in enumerate(indices) for other in others]
    for one, other in pairs:
        table[one][other] += 0.5 / len(pairs)
        table[other][one] += 0.5 / len(pairs)
    return table


def slow_score(topics, indices) -> float:
    """I (I / H)^2 sqrt(H2 / H), written out."""
    table = slow_joint(topics, indices)
    shares = [sum(row) for row in table]
    entropy = -sum(share * math.log(share) for share in shares if share)
    if not entropy:
        return 0.0
    shared = information(table)
    collision = -math.log(sum(share**2 for share in shares))
    return shared * (shared / entropy) ** 2 * math.sqrt(collision / entropy)


@pytest.mark.parametrize("seed", range(4))
def test_the_score_equals_the_slow_one(seed):
    rng = np.random.default_rng(seed)
    topics = np.sort(rng.integers(0, 4, 24)).astype(np.int32)
    topics[:4] = np.arange(4)
    graph = ring(24, k=6)
    indices = graph.indices[:, : neighbours_scored(24)].tolist()
    assert len(indices[0]) == 3, "of 24 papers three neighbours are looked at"
    np.testing.assert_allclose(joint_of(topics, graph), slow_joint(topics.tolist(), indices), atol=1e-12)
    assert score_assigned(topics, graph) == pytest.approx(slow_score(topics.tolist(), indices), abs=1e-9)
    assert score_assigned(topics, graph) == round(score_assigned(topics, graph), 9)


def test_the_joint_distribution_by_hand():
    # pairs: 0-1 inside topic 0, 0-2 and 1-2 across, 2-0 and 2-1 across, 1-0 inside
    joint = joint_distribution(labels(0, 0, 1), np.array([[1, 2], [0, 2], [0, 1]]))
    np.testing.assert_allclose(joint, [[1 / 3, 1 / 3], [1 / 3, 0]])
    one_way = joint_distribution(labels(0, 1, 2), np.array([[1], [2], [1]]))
    np.testing.assert_allclose(one_way, [[0, 1 / 6, 0], [1 / 6, 0, 1 / 3], [0, 1 / 3, 0]])


def test_one_topic_tells_nothing():
    assert score_assigned(np.zeros(24, np.int32), ring(24)) == 0.0


@pytest.mark.parametrize(("papers", "neighbours"), [
    (0, 2), (6, 2), (23, 2), (24, 3), (60, 7), (95, 11), (96, 12), (104, 12), (1949, 12), (1950, 13), (3000, 20),
    (7499, 49), (7500, 50), (20_000, 50),
])  # fmt: skip
def test_one_neighbour_in_150_papers_is_looked_at(papers, neighbours):
    assert neighbours_scored(papers) == neighbours


def test_a_cut_is_scored_with_its_noise_and_its_largest_topic(monkeypatch):
    monkeypatch.setattr(selection, "score_assigned", lambda assigned, neighbours: 2.0)
    vectors = np.ones((20, 2), np.float32)
    topics = np.repeat([0, 1, -1], [6, 4, 10]).astype(np.int32)
    chosen = select_cut([Cut(5, 7, "leaf", topics, 0.04)], ring(20), vectors)
    (score,) = chosen.scores
    assert (score.min_samples, score.min_cluster_size, score.method, score.max_cluster_share) == (5, 7, "leaf", 0.04)
    assert (score.count, score.noise, score.fits) == (2, 0.5, 1)
    assert score.score == pytest.approx(2.0 * 0.8), "half is noise: 20 % beyond the 30 % allowed"
    nearest = assign_corpus(vectors, ring(20), topics).nearest_topic
    np.testing.assert_array_equal(chosen.nearest, nearest)
    assert score.largest == pytest.approx((nearest == 0).sum() / 20)
    assert (nearest == 0).sum() > (nearest == 1).sum()
    few = np.repeat([0, 1, -1], [10, 5, 5]).astype(np.int32)
    assert select_cut([Cut(5, 7, "leaf", few)], ring(20), vectors).scores[0].score == 2.0


# --- selection


N = 60


def blocks(count: int) -> np.ndarray:
    """Papers in `count` runs of about equal length."""
    return (np.arange(N) * count // N).astype(np.int32)


@pytest.fixture
def planted(monkeypatch):
    """A function that selects among cuts with these (count, score): their places are their smallest sizes."""

    def select(*pairs, fits=(), **options):
        scores = {blocks(count).tobytes(): score for count, score in pairs}
        monkeypatch.setattr(selection, "score_assigned", lambda assigned, neighbours: scores[assigned.tobytes()])
        cuts = [Cut(1, place, "leaf", blocks(count)) for place, (count, _) in enumerate(pairs)]
        cuts += [replace(cut, min_cluster_size=99) for cut, more in zip(cuts, fits, strict=False) for _ in range(more)]
        return select_cut(cuts, ring(N), np.ones((N, 2), np.float32), **options)

    return select


def test_the_best_score_is_selected_of_equals_the_first(planted):
    chosen = planted((3, 0.5), (4, 0.9), (5, 0.9), (6, 0.2))
    assert (chosen.selected, chosen.cut.min_cluster_size, chosen.merged_to) == (1, 1, None)
    assert [(score.count, score.score) for score in chosen.scores] == [(3, 0.5), (4, 0.9), (5, 0.9), (6, 0.2)]
    np.testing.assert_array_equal(chosen.nearest, blocks(4))


def test_a_cut_of_one_topic_or_none_is_not_tried(planted):
    assert planted((1, 5.0), (2, 0.1)).cut.count == 2
    assert planted((1, 5.0)) == selection.Selection()
    assert planted() == selection.Selection()


def test_agreement_comes_first_only_where_asked_for(planted):
    pairs, fits = ((3, 0.9), (4, 0.5), (5, 0.6)), (0, 1, 1)
    assert planted(*pairs, fits=fits).cut.count == 3
    chosen = planted(*pairs, fits=fits, by_agreement=True)
    assert chosen.cut.count == 5, "two fits agree on four topics, two on five; five score better"
    assert [score.fits for score in chosen.scores] == [1, 2, 2]
    assert chosen.cut.min_cluster_size == 2, "the first of the equal cuts"


def test_fine_is_the_best_of_those_with_twice_as_many_topics(planted):
    pairs = ((3, 0.9), (5, 0.8), (6, 0.5), (10, 0.4))
    assert planted(*pairs, granularity="fine").cut.count == 6
    assert planted((3, 0.9), (5, 0.8), (6, 0.4), (10, 0.5), granularity="fine").cut.count == 10
    assert planted((4, 0.9), (7, 0.3), (6, 0.5), granularity="fine").cut.count == 7, "none has eight: the finest"
    assert planted((4, 0.9), (7, 0.3), (6, 0.5), granularity="fine").selected == 1


def test_the_finest_of_equally_many_is_the_first(monkeypatch):
    monkeypatch.setattr(selection, "score_assigned", lambda assigned, neighbours: 1.0 if assigned.max() == 3 else 0.5)
    shifted = number_by_size(np.roll(blocks(7), 3).astype(np.int64))
    cuts = [Cut(1, 2, "leaf", blocks(4)), Cut(1, 3, "leaf", blocks(7)), Cut(1, 4, "leaf", shifted)]
    assert select_cut(cuts, ring(N), np.ones((N, 2), np.float32), granularity="fine").selected == 1
    assert select_cut(cuts, ring(N), np.ones((N, 2), np.float32), granularity=9).selected == 1


@pytest.fixture
def merged_score(monkeypatch):
    """A function that plants which cut scores best once merged, and notes which cuts were tried."""
    tried: list[tuple[int, int]] = []

    def plant(scores):
        def merged(scored, neighbours, vectors, *, count):
            tried.append((scored.score.count, count))
            score = replace(scored.score, score=scores.get(scored.score.count, 0.0))
            return replace(scored, score=score, cut=replace(scored.cut, method="merged"))

        monkeypatch.setattr(selection, "_merged", merged)
        return tried

    return plant


PAIRS = ((20, 0.9), (15, 0.8), (12, 0.7), (10, 0.6), (6, 0.5), (5, 0.4), (4, 0.3), (3, 0.2), (2, 0.1))


def test_a_number_of_topics_tries_three_of_the_best_and_three_of_about_so_many(planted, merged_score):
    tried = merged_score({10: 9.0, 3: 9.0, 12: 1.0})
    chosen = planted(*PAIRS, granularity=4)
    assert tried == [(count, 4) for count in (20, 15, 12, 6, 5, 4)], "6 is 1.5 times 4; 10 is neither best nor near"
    assert (chosen.selected, chosen.merged_to, chosen.cut.method) == (2, 4, "merged")
    assert [score.count for score in chosen.scores] == [count for count, _ in PAIRS]


def test_near_are_at_least_the_cuts_with_fewest_of_enough_topics(planted, merged_score):
    tried = merged_score({})
    planted((20, 0.9), (19, 0.8), (18, 0.7), (16, 0.6), (15, 0.5), (16, 0.6), granularity=9)
    assert [count for count, _ in tried] == [20, 19, 18, 15], "15 is more than 1.5 times 9, but nobody has fewer"


def test_of_near_cuts_the_best_three(planted, merged_score):
    tried = merged_score({})
    planted((20, 0.9), (19, 0.8), (18, 0.7), (5, 0.6), (6, 0.5), (4, 0.4), (30, 0.35), granularity=4)
    assert [count for count, _ in tried] == [20, 19, 18, 5, 6, 4]
    tried.clear()
    planted((20, 0.9), (19, 0.8), (18, 0.7), (9, 0.65), (8, 0.6), (7, 0.5), (6, 0.4), granularity=6)
    assert [count for count, _ in tried] == [20, 19, 18, 9, 8, 7]


def test_of_equal_merged_cuts_the_first_tried_is_selected(planted, merged_score):
    merged_score({})
    assert planted(*PAIRS, granularity=4).selected == 0
    merged_score({4: 1.0, 5: 1.0})
    chosen = planted(*PAIRS, granularity=4)
    assert (chosen.selected, chosen.merged_to) == (5, 4)
    merged_score({4: 1.0})
    chosen = planted(*PAIRS, granularity=4)
    assert (chosen.selected, chosen.merged_to) == (6, None), "it has four topics already"


def test_more_topics_than_any_cut_has_give_the_finest(planted, merged_score):
    tried = merged_score({})
    chosen = planted(*PAIRS, granularity=21)
    assert (chosen.cut.count, chosen.selected, chosen.merged_to, tried) == (20, 0, None, [])
    assert planted(*PAIRS, granularity=20).cut.count == 20
    assert tried == [(20, 20)]


@pytest.mark.parametrize(("best", "count"), [(8, 4), (9, 4), (5, 2), (3, 2), (2, 2)])
def test_coarse_merges_to_half_as_many_as_the_best_and_two_at_least(planted, merged_score, best, count):
    tried = merged_score({})
    planted((best, 0.9), (30, 0.1), granularity="coarse")
    assert {wanted for _, wanted in tried} == {count}


def test_coarse_also_tries_the_best_cut_that_has_fewer_topics(planted, merged_score):
    pairs = ((8, 0.9), (3, 0.5), (2, 0.7), (30, 0.1))
    tried = merged_score({2: 5.0, 3: 9.0})
    chosen = planted(*pairs, granularity="coarse")
    assert [count for count, _ in tried] == [8, 2, 30]
    assert (chosen.selected, chosen.merged_to) == (2, None)
    tried.clear()
    assert planted(*pairs, granularity=4).selected == 0
    assert [count for count, _ in tried] == [8, 30], "a number asked for is not missed by choice"


def test_topics_that_lie_together_are_merged(planted):
    graph = ring(N, k=8)
    vectors = np.stack([np.cos(np.arange(N) * 2 * np.pi / N), np.sin(np.arange(N) * 2 * np.pi / N)], axis=1)
    cut = Cut(3, 2, "eom", blocks(4))
    chosen = select_cut([cut], graph, vectors.astype(np.float32), granularity=2)
    assert chosen.merged_to == 2
    assert chosen.cut.topics.tolist() == [0] * 30 + [1] * 30
    np.testing.assert_array_equal(chosen.nearest, chosen.cut.topics)
    assert (chosen.cut.min_samples, chosen.cut.method, chosen.selected) == (3, "eom", 0)
    assert [score.count for score in chosen.scores] == [4], "the scores are those of the cuts as they were"


def test_what_is_merged_is_scored_anew():
    graph, vectors = ring(N, k=8), np.ones((N, 2), np.float32)
    scored = selection._score(Cut(1, 2, "eom", blocks(4)), graph, vectors, fits=3)
    assert selection._merged(scored, graph, vectors, count=4) is scored
    merged = selection._merged(scored, graph, vectors, count=3)
    assert merged.cut.topics.tolist() == [0] * 30 + [1] * 15 + [2] * 15
    assert (merged.score.count, merged.score.fits) == (3, 1)
    assert merged.score.score == score_assigned(merged.cut.topics, graph)


def test_merge_to_keeps_noise_and_numbers_by_size():
    # topics 1 and 2 are neighbours of each other, 0 of itself only
    nearest = np.repeat([0, 1, 2], 8).astype(np.int32)
    core = nearest.copy()
    core[[0, 23]] = -1
    groups = [list(range(8)), list(range(8, 24))]
    indices = [[other for other in group if other != row][:7] for group in groups for row in group]
    graph = graph_of(indices, np.full((24, 7), 0.5))
    assert merge_to(core, nearest, graph, count=2).tolist() == [-1] + [1] * 7 + [0] * 15 + [-1]
    assert merge_to(core, nearest, graph, count=3).tolist() == [-1] + [1] * 7 + [0] * 8 + [2] * 7 + [-1]
