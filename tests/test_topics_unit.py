"""Representatives, edits, matching, grouping, description and the hierarchy itself: planted and worked by hand."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.cli.analysis import _stability
from pipeline.clusterer.assignment import Assignment, assign_corpus, mean_vectors
from pipeline.clusterer.cluster import Clustering
from pipeline.clusterer.hierarchy import HierarchyLabels, build_hierarchy
from pipeline.clusterer.search import plan_topics
from pipeline.clusterer.selection import Selection
from pipeline.config import ClustererConfig, ReducerConfig, TopicEdits, TopicsConfig
from pipeline.corpus.paper_ids import PaperIds
from pipeline.errors import ConfigError, UnknownPaperError
from pipeline.neighbours import Neighbours, find_neighbours
from pipeline.report.topic_sections import _figures
from pipeline.topics import describe, word_sample
from pipeline.topics.describe import DescribedPapers, describe_topics, select_keywords
from pipeline.topics.edits import apply_edits, check_edits, given_labels
from pipeline.topics.grouping import EarlierRun, Grouping, Name, group_papers
from pipeline.topics.keywords import Keyword
from pipeline.topics.matching import Overlap, match_topics, overlap_of
from pipeline.topics.representatives import find_representatives
from pipeline.topics.topic import SeededTopic, Topic, TopicHierarchy, TopicKeyword
from pipeline.words.corpus_words import CorpusWords


def labels(*values) -> np.ndarray:
    return np.array(values, dtype=np.int32)


def runs(*lengths) -> np.ndarray:
    return np.repeat(np.arange(len(lengths)), lengths).astype(np.int32)


def at(*degrees) -> np.ndarray:
    """Unit vectors at these angles."""
    angles = np.radians(np.array(degrees, dtype=np.float64))
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def vote(nearest, *, strength=None, second=None) -> Assignment:
    n = len(nearest)
    return Assignment(
        labels(*nearest),
        np.array([1.0] * n if strength is None else strength, np.float32),
        labels(*([-1] * n if second is None else second)),
    )


# --- representatives


def test_central_papers_lie_nearest_to_the_mean_and_equals_go_by_row():
    # topic 0 is symmetric around 30 degrees: 30, then 20 and 40 alike, then 0 and 60; topic 1 around 200
    vectors = at(0, 60, 200, 40, 20, 30, 210, 190, 75)
    core = labels(0, 0, 1, 0, 0, 0, 1, 1, -1)
    first, second = find_representatives(vectors, core, vote(core), count=4)
    assert first.central == [5, 3, 4, 0]
    assert second.central == [2, 6, 7]
    assert first.boundary == second.boundary == [], "nobody else got a vote"
    assert [each.central for each in find_representatives(vectors, core, vote(core), count=1)] == [[5], [2]]


def test_mmr_papers_are_central_and_unlike_each_other():
    # the mean of 0, 0, 2, 4, 30, 60 lies at 15.4 degrees; nearest: 4, 30 or 2 ... but 2 repeats 4
    vectors, core = at(0, 0, 2, 4, 30, 60, 180), labels(0, 0, 0, 0, 0, 0, -1)
    (found,) = find_representatives(vectors, core, vote(core), count=3)
    mean = np.degrees(np.arctan2(*mean_vectors(vectors, core)[0][::-1]))
    assert 15 < mean < 16
    assert found.central == [3, 2, 4], "11.4, 13.4 and 14.6 degrees away"
    closeness = np.cos(np.radians(np.array([0, 0, 2, 4, 30, 60]) - mean))
    scaled = (closeness - closeness.min()) / (closeness.max() - closeness.min())
    selected = [3]
    while len(selected) < 3:
        alike = [max(np.cos(np.radians([0, 0, 2, 4, 30, 60][row] - [0, 0, 2, 4, 30, 60][one])) for one in selected)
                 for row in range(6)]  # fmt: skip
        worth = [-9 if row in selected else 0.5 * scaled[row] - 0.5 * alike[row] for row in range(6)]
        selected.append(int(np.argmax(worth)))
    assert found.mmr == selected
    assert found.mmr != found.central


@pytest.mark.parametrize(("together", "far_selected"), [(199, True), (200, False)])
def test_mmr_selects_among_the_two_hundred_most_central(together, far_selected):
    # all papers within a degree but one, the farthest from their mean and most unlike the first
    vectors, core = at(*np.linspace(-1, 1, together), 100), np.zeros(together + 1, np.int32)
    (found,) = find_representatives(vectors, core, vote(core), count=2)
    assert (found.mmr[1] == together) == far_selected


def test_papers_on_the_edge_got_the_smallest_share_of_the_vote_beside_another_topic():
    vectors = at(0, 10, 20, 30, 40, 50)
    core = labels(0, 0, 0, 0, 0, -1)
    strength, second = [0.5, 0.4, 0.4, 0.3, 0.4, 0.1], [1, 1, 1, -1, 1, 1]
    (found,) = find_representatives(vectors, core, vote(core, strength=strength, second=second), count=9)
    # rows 1, 2, 4 are equally sure: row 4 is 20 degrees from the mean, row 1 ten, row 2 none
    assert found.boundary == [4, 1, 2, 0]
    (found,) = find_representatives(vectors, core, vote(core, strength=strength, second=second), count=2)
    assert found.boundary == [4, 1]
    even = vote(core, strength=[0.4] * 6, second=[1] * 6)
    assert find_representatives(vectors, core, even, count=9)[0].boundary == [0, 4, 1, 3, 2]


# --- edits


IDS = PaperIds(["a", "b", "c", "d", "e", "f", "g"], {"copy": "a"})


def edits(**kinds) -> TopicEdits:
    return TopicEdits.model_validate(kinds)


def edited(topics, nearest, **kinds) -> list[int]:
    topics = labels(*topics)
    before = topics.copy()
    assigned = vote(nearest)
    found = apply_edits(topics, assigned, edits(**kinds), ids=IDS)
    assert topics.tolist() == before.tolist()
    assert assigned.nearest_topic.tolist() == list(nearest), "what was there is not changed"
    return found.tolist()


def test_merges_and_pins_by_hand():
    topics, nearest = [0, 0, 0, 1, 1, 2, -1], [0, 0, 0, 1, 1, 2, 2]
    assert edited(topics, nearest) == topics
    assert edited(topics, nearest, merge=[{"topics_of": ["d", "g"]}]) == [0, 0, 0, 1, 1, 1, -1], "g stands for 2"
    assert edited(topics, nearest, merge=[{"topics_of": ["d", "f"]}, {"topics_of": ["f", "copy"]}]) == [0] * 6 + [-1]
    pinned = edited(topics, nearest, pin=[{"papers": ["g", "copy"], "topic_of": "f"}])
    assert pinned == [0, 1, 1, 2, 2, 0, 0], "three papers; then b and c, before d and e"


def test_a_pin_follows_the_merges_and_pins_before_it():
    topics, nearest = [0, 0, 0, 1, 1, 2, -1], [0, 0, 0, 1, 1, 2, 2]
    found = edited(topics, nearest, merge=[{"topics_of": ["d", "f"]}], pin=[{"papers": ["a"], "topic_of": "g"}])
    assert found == [0, 1, 1, 0, 0, 0, -1], "g stood for topic 2, which d and e's is now"
    found = edited(topics, nearest, pin=[{"papers": ["a"], "topic_of": "d"}, {"papers": ["g"], "topic_of": "a"}])
    assert found == [0, 1, 1, 0, 0, 2, 0]


def test_renames_give_labels_to_the_topics_of_papers():
    assigned = vote([0, 0, 1, 1, 2, -1, -1])
    given = given_labels(edits(rename=[{"topic_of": "copy", "label": "A"}, {"topic_of": "d", "label": "B"},
                                       {"topic_of": "b", "label": "A"}, {"topic_of": "f", "label": "C"}]),
                         assigned, IDS)  # fmt: skip
    assert given == {0: "A", 1: "B"}, "f has no topic"
    later = edits(rename=[{"topic_of": "f", "label": "C"}, {"topic_of": "e", "label": "E"}])
    assert given_labels(later, assigned, IDS) == {2: "E"}
    with pytest.raises(ConfigError, match="'A' and 'B' name one topic, that of 'b'"):
        given_labels(edits(rename=[{"topic_of": "a", "label": "A"}, {"topic_of": "b", "label": "B"}]), assigned, IDS)


@pytest.mark.parametrize("kinds", [
    {"merge": [{"topics_of": ["a", "b"]}, {"topics_of": ["a", "zz"]}]},
    {"pin": [{"papers": ["a", "zz"], "topic_of": "b"}]},
    {"pin": [{"papers": ["a"], "topic_of": "zz"}]},
    {"rename": [{"topic_of": "zz", "label": "A"}]},
])  # fmt: skip
def test_an_unknown_paper_is_refused_before_anything_is_computed(kinds):
    with pytest.raises(UnknownPaperError, match=r"^topics\.edits: no paper has the id 'zz'"):
        check_edits(edits(**kinds), IDS)


def test_known_papers_and_copies_are_not_refused():
    check_edits(edits(merge=[{"topics_of": ["a", "copy"]}], rename=[{"topic_of": "c", "label": "A"}]), IDS)


# --- matching


def test_overlaps_by_hand():
    overlap = overlap_of(np.array([7, 4, 4, 7, 4]), np.array([0, 1, 1, 2, 0]))
    assert (overlap.before.tolist(), overlap.after.tolist()) == ([4, 7], [0, 1, 2])
    assert overlap.table.tolist() == [[1, 2, 0], [1, 0, 1]]
    np.testing.assert_allclose(overlap.jaccard, [[1 / 4, 2 / 3, 0], [1 / 3, 0, 1 / 2]])


def test_pairs_are_matched_for_the_most_in_common_in_all():
    # 0-0: 3/6, 0-1: 3/7, 1-0: 3/8 ... the diagonal would be greedy
    before = np.repeat([0, 1, 0, 1], [6, 5, 5, 1])
    after = np.repeat([0, 0, 1, 1], [6, 5, 5, 1])
    overlap = overlap_of(before, after)
    # 0-0: 6/16, 0-1: 5/12, 1-0: 5/12, 1-1: 1/11. Greedy and diagonal: 0.375 + 0.09; crossed: 0.83
    np.testing.assert_allclose(overlap.jaccard, [[6 / 16, 5 / 12], [5 / 12, 1 / 11]])
    assert match_topics(overlap) == {0: 1, 1: 0}


@pytest.mark.parametrize(("shared", "whole", "same"), [
    (3, 10, True), (29, 100, False), (44, 100, True), (2_999_999_998, 10**10, True), (2_999_999_990, 10**10, False),
])  # fmt: skip
def test_three_tenths_in_common_are_the_same_topic(shared, whole, same):
    # of topic 4 so many papers are in topic 2 now, the others in 3, where all of the larger topic 9 are
    table = np.array([[shared, whole - shared], [0, 5 * whole]])
    matched = match_topics(Overlap(np.array([4, 9]), np.array([2, 3]), table))
    assert matched == ({2: 4, 3: 9} if same else {3: 9})


def test_topics_that_continue_are_in_the_order_of_the_later_run():
    before, after = np.repeat([1, 2, 3], [3, 4, 5]), np.repeat([9, 5, 7], [3, 4, 5])
    matched = match_topics(overlap_of(before, after))
    assert list(matched.items()) == [(5, 2), (7, 3), (9, 1)]
    assert match_topics(overlap_of(np.zeros(0, np.int64), np.zeros(0, np.int64))) == {}


# --- the hierarchy itself


def topic(number: int, size: int, *, parent: int | None = None, **values) -> Topic:
    return Topic(number, f"t{number}", size, size, (), (), parent=parent, **values)


def test_a_tree_is_written_down_the_largest_first_on_every_level():
    hierarchy = TopicHierarchy(
        topics=(topic(0, 5, parent=1), topic(1, 9, parent=0), topic(2, 5, parent=1), topic(3, 7, parent=1)),
        areas=(topic(1, 17), topic(0, 9)),
        subtopics=(topic(0, 2, parent=3), topic(1, 3, parent=3), topic(2, 2, parent=1)),
    )
    shown = [(line.level, line.topic.id, line.depth) for line in hierarchy.lines()]
    assert shown == [
        ("area", 1, 0), ("topic", 3, 1), ("subtopic", 1, 2), ("subtopic", 0, 2), ("topic", 0, 1), ("topic", 2, 1),
        ("area", 0, 0), ("topic", 1, 1), ("subtopic", 2, 2),
    ]  # fmt: skip
    assert [each.id for each in hierarchy.of_area(1)] == [3, 0, 2]
    assert [each.id for each in hierarchy.inside(3)] == [1, 0]


def test_topics_that_lie_in_no_area_stand_among_the_areas_by_size():
    topics = (topic(0, 5, parent=0), topic(1, 9), topic(2, 6, parent=0), topic(3, 12))
    hierarchy = TopicHierarchy(topics, areas=(topic(0, 11),), subtopics=(topic(0, 2, parent=1),))
    shown = [(line.level, line.topic.id, line.depth) for line in hierarchy.lines()]
    assert shown == [
        ("topic", 3, 0), ("area", 0, 0), ("topic", 2, 1), ("topic", 0, 1), ("topic", 1, 0), ("subtopic", 0, 1),
    ]  # fmt: skip
    assert [each.id for each in hierarchy.of_area(None)] == [3, 1]


def test_a_topic_in_no_area_has_no_parent_and_its_common_words_name_it():
    alone = HierarchyLabels(labels(0, 0, -1), labels(*[-1] * 10), labels())
    found = described(hierarchy=alone)
    assert [each.parent for each in found.topics] == [0, 0, None]
    assert found.topics[2].label == "Violin bow, rosin"
    assert [(each.id, each.size) for each in found.areas] == [(0, 7)]
    assert found.areas[0].label == "Bee hive; Ice sheet"


def test_without_areas_topics_stand_at_the_left():
    hierarchy = TopicHierarchy((topic(0, 5), topic(1, 9)), subtopics=(topic(0, 2, parent=0),))
    shown = [(line.level, line.topic.id, line.depth) for line in hierarchy.lines()]
    assert shown == [("topic", 1, 0), ("topic", 0, 0), ("subtopic", 0, 1)]


def test_a_parent_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match=r"topics \[1\] have a parent that is not there"):
        TopicHierarchy((topic(0, 5, parent=0), topic(1, 5, parent=3)), (topic(0, 9),))
    with pytest.raises(ValueError, match=r"topics \[4\]"):
        TopicHierarchy((topic(0, 5),), subtopics=(topic(4, 5, parent=1),))
    with pytest.raises(ValueError, match=r"topics \[0, 2\]"):
        TopicHierarchy((topic(0, 5, parent=0), topic(1, 5), topic(2, 1, parent=0)))


def test_a_topic_as_json_has_its_fields_by_name():
    whole = topic(3, 5, seeded=SeededTopic("about bees", 0.4), stability=0.5)
    assert whole.to_json()["seeded"] == {"sentence": "about bees", "threshold": 0.4}
    assert (whole.to_json()["id"], whole.to_json()["keywords"], whole.to_json()["stability"]) == (3, (), 0.5)
    plain = topic(0, 1)
    assert (plain.strength, plain.neighbourhood_preservation, plain.colour, plain.named_by) == (0.0, 0.0, 0, "keywords")


# --- grouping


N = 12
NAMES = [f"p{row}" for row in range(N)]


def ring(n: int, k: int = 4) -> Neighbours:
    steps = [sign * step for step in range(1, k // 2 + 1) for sign in (1, -1)]
    similarities = np.tile(1 - np.arange(k) / (2 * k), (n, 1))
    return Neighbours(((np.arange(n)[:, None] + steps) % n).astype(np.int32), similarities.astype(np.float32))


def clustering(core, **values) -> Clustering:
    count = int(core.max()) + 1
    plan = plan_topics(len(core), ReducerConfig(), ClustererConfig())
    whole = {"finer": np.full(len(core), -1, np.int32), "stability": tuple(0.9 - 0.1 * i for i in range(count)),
             "seeded_as": {}, "thresholds": ()} | values  # fmt: skip
    return Clustering(core=core, selection=Selection(), plan=plan, warnings=(), resamples=3, agreement=0.8, **whole)


CIRCLE = at(*np.arange(N) * 30)
CORE = labels(0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, -1)


def grouped(core=CORE, *, earlier=None, topics=None, **values) -> Grouping:
    config = TopicsConfig.model_validate(topics or {})
    ids = PaperIds(NAMES, {})
    return group_papers(clustering(core, **values), ring(N), CIRCLE, config=config, paper_ids=ids, earlier=earlier)


def test_a_first_run_numbers_its_topics_from_zero():
    found = grouped()
    expected = assign_corpus(CIRCLE, ring(N), CORE)
    np.testing.assert_array_equal(found.core, CORE)
    np.testing.assert_array_equal(found.assigned.nearest_topic, expected.nearest_topic)
    assert (found.ids, found.names, found.seeded, found.colours) == ((0, 1, 2), {}, {}, {})
    assert found.stability == pytest.approx([0.9, 0.8, 0.7])
    assert found.hierarchy.area_of.tolist() == []
    assert replace(found, ids=(5, 9, 2)).column(labels(0, -1, 2, 1)).tolist() == [5, -1, 2, 9]


def test_subtopics_come_from_the_narrower_topics():
    core, finer = runs(10, 2), labels(*[1] * 5, *[0] * 5, 2, -1)
    found = grouped(core, finer=finer)
    expected = build_hierarchy(core, found.assigned.nearest_topic, finer, vectors=CIRCLE)
    assert found.hierarchy.subtopic.tolist() == expected.subtopic.tolist() == [0] * 5 + [1] * 5 + [-1] * 2
    assert found.hierarchy.topic_of.tolist() == [0, 0]
    assert grouped(core).hierarchy.topic_of.tolist() == []


@pytest.mark.parametrize("kind", ["merge", "pin"])
def test_edits_change_the_topics_their_vote_and_what_is_known_of_them(kind):
    change = {"merge": [{"topics_of": ["p5", "p9"]}], "pin": [{"papers": ["p9", "p10"], "topic_of": "p5"}]}[kind]
    found = grouped(topics={"edits": {kind: change}})
    core = labels(1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, -1)
    np.testing.assert_array_equal(found.core, core)
    np.testing.assert_array_equal(found.assigned.nearest_topic, assign_corpus(CIRCLE, ring(N), core).nearest_topic)
    np.testing.assert_array_equal(found.assigned.strength, assign_corpus(CIRCLE, ring(N), core).strength)
    assert found.stability == [None, 0.9], "what was merged is not what was recovered"


def test_a_topic_that_lost_or_won_a_paper_has_no_stability():
    found = grouped(topics={"edits": {"pin": [{"papers": ["p4", "p11"], "topic_of": "p9"}]}})
    assert found.core.tolist() == [0, 0, 0, 0, 1, 2, 2, 2, 2, 1, 1, 1]
    assert found.stability == [None, None, pytest.approx(0.8)]
    started = grouped(
        topics={"edits": {"pin": [{"papers": ["p11"], "topic_of": "p9"}, {"papers": ["p9"], "topic_of": "p0"}]}}
    )
    assert started.stability == [None, pytest.approx(0.8), None]


def test_names_given_by_hand_go_before_seeded_ones_and_those_before_earlier_ones():
    old = (replace(topic(4, 5), colour=3), replace(topic(6, 4), colour=1), replace(topic(8, 2), colour=7))
    earlier = EarlierRun(old, np.where(CORE == -1, -1, np.array([4, 6, 8])[CORE]).astype(np.int64))
    settings = {
        "seeded": {"Bees": "about bees", "Ice": "about ice"},
        "edits": {"rename": [{"topic_of": "p6", "label": "Mine"}]},
    }
    found = grouped(earlier=earlier, topics=settings, seeded_as={1: 0, 2: 1}, thresholds=(0.12344, 0.5))
    assert found.names == {0: Name("t4", "baseline"), 1: Name("Mine", "hand"), 2: Name("Ice", "seeded")}
    assert found.seeded == {1: SeededTopic("about bees", 0.1234), 2: SeededTopic("about ice", 0.5)}
    assert found.ids == (4, 6, 8)
    assert found.colours == {0: 3, 1: 1, 2: 7}


def test_a_seeded_topic_lives_on_in_the_topic_that_most_of_its_papers_are_in():
    settings = {"seeded": {"Bees": "about bees", "Ice": "about ice", "Wax": "about wax"}}
    both = settings | {"edits": {"merge": [{"topics_of": ["p0", "p5"]}]}}
    found = grouped(topics=both, seeded_as={0: 2, 1: 0, 2: 1}, thresholds=(0.1, None, 0.3))
    assert found.names == {0: Name("Wax", "seeded")}, (
        "of two merged the larger gives the name; no paper was close to ice"
    )
    assert found.seeded == {0: SeededTopic("about wax", 0.3)}
    moved = settings | {"edits": {"pin": [{"papers": ["p5", "p6", "p7"], "topic_of": "p9"}]}}
    found = grouped(topics=moved, seeded_as={1: 0}, thresholds=(0.1, None, 0.3))
    assert found.core.tolist() == [0, 0, 0, 0, 0, 1, 1, 1, 2, 1, 1, -1]
    assert found.names == {1: Name("Bees", "seeded")}


def test_a_seeded_topic_emptied_by_edits_is_gone():
    settings = {"seeded": {"Bees": "about bees"}, "edits": {"pin": [{"papers": ["p9", "p10"], "topic_of": "p0"}]}}
    found = grouped(topics=settings, seeded_as={2: 0}, thresholds=(0.2,))
    assert found.names == {0: Name("Bees", "seeded")}, "its papers are all in topic 0 now"


def test_a_new_topic_gets_the_next_id_that_was_never_given():
    before = np.array([7] * 5 + [-1] * 4 + [3] * 2 + [-1], np.int64)
    found = grouped(earlier=EarlierRun((topic(3, 2), topic(7, 5), topic(9, 1)), before))
    assert found.ids == (7, 10, 3)
    assert found.names == {0: Name("t7", "baseline"), 2: Name("t3", "baseline")}
    new = grouped(earlier=EarlierRun((), np.full(N, -1, np.int64)))
    assert (new.ids, new.names, new.colours) == ((0, 1, 2), {}, {})
    two = grouped(earlier=EarlierRun((topic(4, 5),), np.array([4] * 5 + [-1] * 7)))
    assert two.ids == (4, 5, 6)


# --- description


TEXTS = {
    0: ("bee hive", "wax, nectar, pollen, drone, comb, larva, queen, swarm."),
    1: ("ice sheet", "glacier, melt, north, moraine."),
    2: ("violin bow", "rosin, gut, strings."),
}


def planted_papers(kinds, vectors) -> DescribedPapers:
    return DescribedPapers(
        ids=[f"p{row}" for row in range(len(kinds))],
        words=CorpusWords([TEXTS[kind][0] for kind in kinds], [TEXTS[kind][1] for kind in kinds]),
        vectors=vectors,
        neighbourhood_preservation=(np.arange(len(kinds)) / 16).astype(np.float32),
    )


def described(core=None, *, kinds=None, hierarchy=None, config=None, embed_phrases=None, dimensions=2, **values):
    core = labels(0, 0, 0, 0, 1, 1, 1, 2, 2, -1) if core is None else core
    kinds = [0, 0, 0, 0, 1, 1, 1, 2, 2, 2] if kinds is None else kinds
    vectors = np.pad(at(*np.arange(len(core)) * 9), ((0, 0), (0, dimensions - 2)))
    nearest = np.where(core == -1, int(core.max()), core)
    assigned = vote(nearest.tolist(), strength=np.linspace(0.1, 1, len(core)), second=[1] * len(core))
    plain = HierarchyLabels(labels(), np.full(len(core), -1, np.int32), labels())
    whole = {"core": core, "assigned": assigned, "hierarchy": hierarchy or plain, "ids": tuple(range(core.max() + 1)),
             "names": {}, "seeded": {}, "colours": {}, "stability": [0.5] * (core.max() + 1)} | values  # fmt: skip
    config = TopicsConfig.model_validate(config or {})
    papers = planted_papers(kinds, vectors)
    return describe_topics(papers, Grouping(**whole), config=config, embed_phrases=embed_phrases)


def test_topics_are_described_by_their_own_papers():
    found = described(config={"keywords": 2, "representatives": 2})
    assert [each.label for each in found.topics] == ["Bee hive, wax", "Ice sheet, glacier", "Violin bow, rosin"]
    assert [(each.size, each.assigned) for each in found.topics] == [(4, 4), (3, 3), (2, 3)]
    idf = np.log(1 + 10 / np.array([4, 3, 3]))  # two core papers of topic 2, but the last paper holds its phrases too
    terms = [("bee hive", "wax"), ("ice sheet", "glacier"), ("violin bow", "rosin")]
    assert [each.keywords for each in found.topics] == [
        (TopicKeyword(title, round(2 * weight, 6)), TopicKeyword(term, round(weight, 6)))
        for (title, term), weight in zip(terms, idf.tolist(), strict=True)
    ]
    strength = np.linspace(0.1, 1, 10)
    assert [each.strength for each in found.topics] == pytest.approx(
        [strength[:4].mean(), strength[4:7].mean(), strength[7:].mean()], abs=5e-5
    )
    assert found.topics[1].neighbourhood_preservation == round(5 / 16, 4)
    assert found.topics[0].neighbourhood_preservation == round(1.5 / 16, 4) == 0.0938
    assert found.topics[1].representatives == ("p5", "p4"), "45 degrees is the mean of 36, 45 and 54"
    assert found.topics[1].mmr_representatives[0] == "p5"
    assert found.topics[0].boundary == ("p0", "p1")
    assert [each.parent for each in found.topics] == [None] * 3
    assert (found.areas, found.subtopics) == ((), ())


def test_a_very_large_corpus_is_described_by_the_words_of_some_papers_of_every_topic(monkeypatch):
    core = labels(*[0] * 40, *[1] * 24, *[2] * 3, *[-1] * 5)
    kinds = [*[0] * 40, *[1] * 24, *[2] * 8]
    whole = described(core, kinds=kinds)
    monkeypatch.setattr(word_sample.rows_read, "__kwdefaults__", {"most": 18})
    monkeypatch.setattr(word_sample, "FEWEST_OF_EACH", 3)
    rows = word_sample.rows_read(core, np.full(72, -1, np.int32))
    assert np.bincount(core[rows] + 1).tolist() == [3, 10, 6, 3]
    assert (np.diff(rows) > 0).all()
    sampled = described(core, kinds=kinds)
    assert [each.label for each in sampled.topics] == [each.label for each in whole.topics]
    assert [each.size for each in sampled.topics] == [40, 24, 3], "what is counted of papers is of all of them"
    weight = sampled.topics[1].keywords[0].weight
    assert weight == round(2 * float(np.log(1 + 22 / 6)), 6), "6 of the 22 papers read hold it"


def test_subtopics_and_few_papers_keep_their_words():
    topics = np.repeat(np.array([-1, 0, 1], np.int32), [5, 400, 1])
    subtopics = np.full(406, -1, np.int32)
    subtopics[5:305], subtopics[305:405] = 0, 1
    rows = word_sample.rows_read(topics, subtopics, most=100)
    taken = [int(np.isin(rows, np.flatnonzero(inside)).sum())
             for inside in (topics == -1, subtopics == 0, subtopics == 1, topics == 1)]  # fmt: skip
    assert taken == [5, 200, 100, 1]


def test_names_stability_and_ids_are_those_of_the_grouping():
    found = described(ids=(7, 2, 5), names={0: Name("Mine", "hand"), 2: Name("Old", "baseline")},
                      seeded={1: SeededTopic("ice", 0.3)}, stability=[0.5, None, 0.25])  # fmt: skip
    assert [each.id for each in found.topics] == [2, 5, 7]
    ice, violin, bee = found.topics
    assert (bee.label, bee.named_by, bee.seeded, bee.stability) == ("Mine", "hand", None, 0.5)
    assert (violin.label, violin.named_by, violin.stability) == ("Old", "baseline", 0.25)
    assert (ice.named_by, ice.seeded, ice.stability) == ("keywords", SeededTopic("ice", 0.3), None)
    assert bee.keyword_label.startswith("Bee hive")
    assert ice.label == ice.keyword_label


def test_a_topic_nobody_is_nearest_to_has_no_strength():
    core = labels(0, 0, 1, 1)
    assigned = vote([0, 0, 0, 0], strength=[0.5] * 4)
    found = described(core, kinds=[0, 0, 1, 1], assigned=assigned, stability=[1, 1])
    assert [(each.assigned, each.strength) for each in found.topics] == [(4, 0.5), (0, 0.0)]


def test_areas_stand_above_and_subtopics_inside():
    core = labels(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, -1, 3, 3)
    kinds = [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 0, 0]
    levels = HierarchyLabels(area_of=labels(0, 1, 1, 0), subtopic=labels(0, 0, 1, 1, *[-1] * 9), topic_of=labels(0, 0))
    assigned = vote([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 3, 3], second=[1] * 13)
    found = described(core, kinds=kinds, hierarchy=levels, ids=(9, 3, 4, 5), assigned=assigned)
    assert [(each.id, each.parent) for each in found.topics] == [(3, 1), (4, 1), (5, 0), (9, 0)]
    assert [(each.id, each.size, each.assigned, each.parent) for each in found.areas] == [
        (0, 6, 6, None),
        (1, 6, 7, None),
    ]
    assert [(each.id, each.size, each.assigned, each.parent) for each in found.subtopics] == [
        (0, 2, 2, 9),
        (1, 2, 2, 9),
    ]
    assert found.subtopics[1].representatives == ("p2", "p3")
    topic_labels = {each.label for each in found.topics}
    assert not topic_labels & {each.label for each in (*found.areas, *found.subtopics)}
    assert len({each.label for each in found.subtopics}) == 2


def calls_of(monkeypatch, **options):
    """What `find_keywords` was asked for, level by level."""
    asked = []
    find = describe.find_keywords

    def noted(phrases, topics, *, count, for_names=False, within=None, parts=None):
        asked.append((topics.tolist(), count, for_names, None if within is None else within.tolist(),
                      None if parts is None else parts.tolist()))  # fmt: skip
        return find(phrases, topics, count=count, for_names=for_names, within=within, parts=parts)

    monkeypatch.setattr(describe, "find_keywords", noted)
    described(**options)
    return asked


def test_each_level_is_named_apart_from_what_lies_around_and_inside_it(monkeypatch):
    core = labels(0, 0, 0, 0, 1, 1, 1, 2, 2, -1)
    nearest = [0, 0, 0, 0, 1, 1, 1, 2, 2, 2]
    subtopic = labels(0, 0, 1, 1, *[-1] * 6)
    levels = HierarchyLabels(labels(0, 1, 1), subtopic, labels(0, 0))
    asked = calls_of(monkeypatch, core=core, hierarchy=levels, config={"keywords": 4})
    areas, area_core = [0, 0, 0, 0, 1, 1, 1, 1, 1, 1], [0, 0, 0, 0, 1, 1, 1, 1, 1, -1]
    assert asked == [
        (core.tolist(), 12, False, None, None), (core.tolist(), 15, True, areas, None),
        (area_core, 15, True, None, core.tolist()), (area_core, 4, False, None, core.tolist()),
        (subtopic.tolist(), 15, True, nearest, None), (subtopic.tolist(), 4, False, nearest, None),
    ]  # fmt: skip
    monkeypatch.undo()
    plain = calls_of(monkeypatch, core=core, config={"keywords": 4})
    assert plain == [(core.tolist(), 12, False, None, None), (core.tolist(), 15, True, None, None)]


def keyword(term: str, weight: float) -> Keyword:
    return Keyword(term, (term,), weight)


def held_in(*columns: str) -> np.ndarray:
    """Which papers hold each keyword: "1100" is held by the first two of four."""
    return np.array([[digit == "1" for digit in column] for column in columns]).T


def chosen(keywords, held, *, count) -> list[str]:
    return [each.term for each in select_keywords(keywords, held, count=count)]


def test_keywords_are_selected_to_go_together_and_stay_heaviest_first():
    # bee and comb stand in the same two papers of eight (NPMI 1), ice in two others (-1 with both)
    held = held_in("11000000", "00110000", "11000000")
    even = [keyword("bee", 1.0), keyword("ice", 0.8), keyword("comb", 0.7)]
    assert chosen(even, held, count=2) == ["bee", "comb"]
    assert chosen(even, held, count=3) == ["bee", "ice", "comb"], "selected last, yet heavier"
    # 0.6 * 0.9 - 0.4 for ice, 0.6 * 0.001 + 0.4 for comb
    assert chosen([keyword("bee", 1.0), keyword("ice", 0.9), keyword("comb", 0.001)], held, count=2) == ["bee", "comb"]
    # by chance alone (half of the papers each, a quarter both) comb wins nothing: NPMI 0
    held = held_in("11110000", "11001100", "11001100")
    assert chosen([keyword("bee", 1.0), keyword("ice", 0.8), keyword("comb", 0.7)], held, count=2) == ["bee", "ice"]


def test_weights_count_beside_the_heaviest():
    # the same selection whatever unit the weights are in
    held = held_in("11110000", "11110000", "11001100")
    for unit in (0.001, 1000.0):
        keywords = [keyword("bee", unit), keyword("ice", 0.34 * unit), keyword("fir", unit)]
        assert chosen(keywords, held, count=2) == ["bee", "ice"]
        keywords = [keyword("bee", unit), keyword("ice", 0.32 * unit), keyword("fir", unit)]
        assert chosen(keywords, held, count=2) == ["bee", "fir"]


def test_how_much_going_together_weighs():
    # bee in papers 0 to 3, ice in 0 to 3 of eight: NPMI 1; fir with bee by chance: 0. 0.6 w + 0.4 NPMI is even at 1/3
    held = held_in("11110000", "11110000", "11001100")
    for weight, expected in ((0.34, "ice"), (0.32, "fir")):
        keywords = [keyword("bee", 1.0), keyword("fir", 1.0), keyword("ice", weight)]
        assert chosen(keywords, held[:, [0, 2, 1]], count=2) == ["bee", expected]


def test_a_keyword_that_says_again_what_is_selected_is_left_out():
    listed = [keyword("asthma", 1.0), keyword("asthmatic", 0.9), keyword("lung", 0.1)]
    assert chosen(listed, np.ones((3, 3), bool), count=3) == ["asthma", "lung"]
    pairs = [Keyword(term, tuple(term.split()), 1.0) for term in ("lung cancer", "breast cancer", "cancers of lungs")]
    assert chosen(pairs, np.ones((3, 3), bool), count=3) == ["lung cancer", "breast cancer"], "nor in another order"
    assert chosen([], np.ones((3, 0), bool), count=3) == []


def test_keywords_of_a_topic_are_selected_among_three_times_as_many(monkeypatch):
    seen = []
    select = describe.select_keywords

    def noted(keywords, held, *, count):
        seen.append((len(keywords), held.shape, count))
        return select(keywords, held, count=count)

    monkeypatch.setattr(describe, "select_keywords", noted)
    found = described(config={"keywords": 2})
    assert seen == [(6, (10, 6), 2), (5, (10, 5), 2), (4, (10, 4), 2)], "topics 1 and 2 hold five and four phrases"
    assert [len(topic.keywords) for topic in found.topics] == [2, 2, 2]


def test_phrases_are_embedded_for_the_labels_alone():
    asked: list[list[str]] = []

    def embed(terms):
        asked.append(list(terms))
        return np.eye(len(terms), 64, k=2, dtype=np.float32)

    described(config={"keywords": 4}, dimensions=64, embed_phrases=embed)
    bees, ice, bow = (TEXTS[kind][1].lower()[:-1].split(", ") for kind in range(3))
    assert asked == [sorted(["bee hive", *bees, "ice sheet", *ice, "violin bow", *bow])]


def test_labels_are_told_which_papers_of_their_own_hold_what(monkeypatch):
    asked = []
    label = describe.label_topics

    def noted(keywords, given=None, *, others=(), held=None):
        asked.append((keywords, held))
        return label(keywords, given, others=others, held=held)

    monkeypatch.setattr(describe, "label_topics", noted)
    core, kinds = labels(0, 0, 0, 0, 1, 1, 1, 2, 2, -1), [0, 0, 0, 1, 1, 1, 0, 2, 2, 2]
    levels = HierarchyLabels(labels(0, 1, 1), labels(0, 0, 1, 1, *[-1] * 6), labels(0, 0))
    described(core, kinds=kinds, hierarchy=levels)
    members = [[[0, 1, 2, 3], [4, 5, 6], [7, 8]], [[0, 1, 2, 3], [4, 5, 6, 7, 8]], [[0, 1], [2, 3]]]
    assert len(asked) == 2, "topics and subtopics"
    del members[1]
    for (keywords, held), rows_of_topics in zip(asked, members, strict=True):
        for listed, found, rows in zip(keywords, held, rows_of_topics, strict=True):
            texts = [f"{TEXTS[kinds[row]][0]}, {TEXTS[kinds[row]][1]}" for row in rows]
            assert found.tolist() == [[one.term in text for one in listed] for text in texts]


def test_no_subtopic_has_two_phrases_of_the_label_beside_it(monkeypatch):
    asked = []
    label = describe.label_topics

    def noted(keywords, given=None, *, others=(), held=None):
        asked.append([[one.term for one in listed] for listed in keywords])
        return label(keywords, given, others=others, held=held)

    monkeypatch.setattr(describe, "label_topics", noted)
    levels = HierarchyLabels(labels(0, 1, 1), labels(0, 0, 1, 1, *[-1] * 6), labels(0, 0))
    found = described(hierarchy=levels)
    assert [each.label for each in found.topics] == ["Bee hive, wax", "Ice sheet, glacier", "Violin bow, rosin"]
    _, subtopics = asked
    assert ["wax" in listed for listed in subtopics] == [False, False]
    assert ["bee hive" in listed for listed in subtopics] == [True, True]


def test_an_area_without_a_phrase_for_all_of_it_is_called_by_its_largest_topics():
    found = described(hierarchy=HierarchyLabels(labels(0, 1, 1), labels(*[-1] * 10), labels()))
    names = {each.id: each.label for each in found.topics}
    assert found.areas[1].label == "; ".join(names[number].split(", ")[0] for number in (1, 2))


def test_a_graph_of_the_planted_circle():
    """What the grouping tests stand on: a ring is the neighbour graph of points on a circle."""
    graph = find_neighbours(CIRCLE, k=2)
    assert {frozenset(row) for row in graph.indices.tolist()} == {frozenset(row) for row in ring(N, 2).indices.tolist()}


@pytest.mark.parametrize(
    ("stability", "unstable"), [(None, False), (0.0, True), (0.49, True), (0.5, False), (1.0, False)]
)
def test_a_topic_recovered_in_less_than_half_of_the_resamples_is_unstable(stability, unstable):
    topic = Topic(0, "Glaciers", 3, 3, (), (), stability=stability)
    assert topic.unstable == unstable
    assert ("(unstable)" in _figures(topic)) == unstable
    assert ("(unstable)" in _stability(topic)) == unstable
