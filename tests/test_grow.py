"""Papers added to an atlas: topics, places and drift worked by hand; tables and sentences joined row by row."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from pipeline.adding import Drift
from pipeline.adding.drift import measure_drift
from pipeline.adding.grow import grow
from pipeline.adding.rows import join_hashes, join_sentences, join_tables, rows_as_text
from pipeline.corpus import Corpus, Paper, Rejected
from pipeline.corpus.collect import collect
from pipeline.embedding.embedding import Embedding, Sentences, unit
from pipeline.neighbours import Neighbours, find_neighbours
from pipeline.reducer.neighbourhood_preservation import neighbourhood_preservation
from pipeline.topics import TopicHierarchy
from pipeline.words.tfidf import build_lexical
from tests.small_atlas import P, addition, embedded, sha, small_atlas, small_topic

# --- rows


def hashes(*firsts: tuple[int, int]) -> np.ndarray:
    """One line of 32 bytes for each pair: its first and its last."""
    lines = np.zeros((len(firsts), 32), np.uint8)
    for line, (first, last) in zip(lines, firsts, strict=True):
        line[0], line[31] = first, last
    return lines


def test_rows_are_ordered_by_all_of_the_hash():
    before, new = hashes((1, 9), (7, 0), (200, 1)), hashes((7, 1), (1, 8), (200, 0), (255, 255))
    joined = join_hashes(before, new)
    assert joined.order.tolist() == [4, 0, 1, 3, 5, 2, 6]
    assert joined.place.tolist() == [1, 2, 5, 3, 0, 4, 6]
    rng = np.random.default_rng(0)
    lines = rng.integers(0, 256, (40, 32)).astype(np.uint8)
    lines[::3, :20] = 7  # alike to the third of the four words
    joined = join_hashes(lines[:25], lines[25:])
    texts = [line.tobytes() for line in lines]
    assert [texts[row] for row in joined.order] == sorted(texts)
    assert joined.order[joined.place].tolist() == list(range(40))


def test_tables_are_joined_by_name_and_what_one_lacks_is_empty():
    before = pa.table({"id": ["a", "b"], "n": pa.array([1, 2], pa.int64()), "old": ["x", "y"]})
    new = pa.table({"n": pa.array([3], pa.int64()), "id": ["c"], "new": [True]})
    joined = join_tables(before, new)
    assert joined.column_names == ["id", "n", "old", "new"]
    assert joined.to_pylist() == [
        {"id": "a", "n": 1, "old": "x", "new": None},
        {"id": "b", "n": 2, "old": "y", "new": None},
        {"id": "c", "n": 3, "old": None, "new": True},
    ]
    assert joined.column("id").num_chunks == 1


@pytest.mark.parametrize(
    ("before", "new", "joined", "kind"),
    [
        (pa.array([1, 2], pa.int64()), pa.array([3], pa.int32()), [1, 2, 3], pa.int64()),
        (pa.array([1.5], pa.float32()), pa.array([2.5], pa.float64()), [1.5, 2.5], pa.float32()),
        (pa.array(["1"]), pa.array([2], pa.int64()), ["1", "2"], pa.string()),
        (pa.array([1], pa.int64()), pa.array(["2"]), [1, 2], pa.int64()),
        (pa.array([1, None], pa.int64()), pa.array(["two", None]), ["1", None, "two", None], pa.string()),
        (pa.array([True]), pa.array(["so"]), ["true", "so"], pa.string()),
        (pa.array([1], pa.int64()), pa.array([2.5]), ["1", "2.5"], pa.string()),
        (pa.array([["a", "é"], None]), pa.array(["b"]), ['["a", "\\u00e9"]', None, "b"], pa.string()),
        (pa.array(["b"]), pa.array([["a"], None]), ["b", '["a"]', None], pa.string()),
        (pa.array([None, None], pa.null()), pa.array(["b"]), [None, None, "b"], pa.string()),
    ],
)
def test_columns_of_two_types_take_the_first_or_become_text(before, new, joined, kind):
    found = join_tables(pa.table({"v": before, "w": before}), pa.table({"w": new, "v": new}))
    for name in ("v", "w"):
        assert found.column(name).to_pylist() == joined
        assert found.schema.field(name).type == kind


def test_sentences_are_joined_in_the_order_of_the_papers():
    before = Sentences(
        np.array([[1], [2], [3]], np.int8), np.array([[1, 9], [2, 9], [3, 9]], np.int32), np.array([0, 2, 2, 3])
    )
    new = Sentences(np.array([[4], [5]], np.int8), np.array([[4, 9], [5, 9]], np.int32), np.array([0, 1, 2]))
    # Papers there: (1, 2), none, (3); new: (4), (5).
    joined = join_hashes(hashes((2, 0), (4, 0), (6, 0)), hashes((5, 0), (1, 0)))
    assert joined.order.tolist() == [4, 0, 1, 3, 2]
    found = join_sentences(before, new, joined)
    assert found.offsets.tolist() == [0, 1, 3, 3, 4, 5]
    assert found.vectors.ravel().tolist() == [5, 1, 2, 4, 3]
    assert found.spans.tolist() == [[5, 9], [1, 9], [2, 9], [4, 9], [3, 9]]
    assert found.offsets.dtype == np.int64


def test_rows_as_text_have_no_other_type():
    table = rows_as_text(pa.table({"id": ["a"], "row": pa.array([7], pa.int64()), "none": pa.array([None], pa.null())}))
    assert table.to_pylist() == [{"id": "a", "row": "7", "none": None}]
    assert set(table.schema.types) == {pa.string()}


# --- drift


def drift_of(papers=100, added=10, nearest=(), new=(), strengths=(), new_strengths=()) -> Drift:
    return measure_drift(
        papers=papers,
        added=added,
        nearest_before=np.array(nearest, np.float32),
        nearest_new=np.array(new, np.float32),
        strength_before=np.array(strengths, np.float32),
        strength_new=np.array(new_strengths, np.float32),
    )


def test_drift_by_hand():
    # The 5 % quantile of 0, 0.05 ... 1 is its second value: 0.05.
    nearest = np.arange(21) / 20
    drift = drift_of(30, 4, nearest, [0.04] * 3 + [0.06] * 3 + [0.9] * 3, [0.5, 0.25, 0.25], [0.125, 0.5])
    assert drift == Drift(
        0.1333, 0.3333, 0.3125, 0.3333, ("33% of the papers added are far from all others: there may be new topics",)
    )
    assert drift.due
    assert drift_of(30, 4, nearest, [0.06, 0.9]).far_share == 0.0
    assert not drift_of(30, 4, nearest, [0.06, 0.9]).due
    assert drift_of(30, 4, [0.5, 0.5], [0.5, 0.5]).far_share == 0.0
    assert drift_of(30, 4, [0.5, 0.5], [0.5, 0.25]).far_share == 0.5
    nothing = drift_of(30, 4, [], [0.2, -0.9])
    assert (nothing.far_share, nothing.strength, nothing.strength_before) == (0.0, 0.0, 0.0)
    assert drift_of(30, 4, nearest, []).far_share == 0.0


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        ({"added": 20}, ()),
        ({"added": 21}, ("the papers added since the run are 21% of those it was made of",)),
        ({"added": 28}, ("the papers added since the run are 28% of those it was made of",)),
        ({"new": [0.1] * 3 + [0.9] * 12}, ()),
        ({"new": [0.1] * 2}, ()),  # one or two strangers are no topic
        ({"new": [0.1] * 3 + [0.9] * 9}, ("25% of the papers added are far from all others: there may be new topics",)),
        ({"strengths": [0.75], "new_strengths": [0.61]}, ()),
        ({"strengths": [0.75], "new_strengths": [0.6]}, ()),
        (
            {"strengths": [0.75], "new_strengths": [0.59]},
            ("the topics of the papers added are less sure (strength 0.59) than those of the run (0.75)",),
        ),
        ({"strengths": [0.75], "new_strengths": [1.0]}, ()),
    ],
)
def test_a_new_run_is_due_beyond_each_limit(changes, reasons):
    given = {"nearest": [0.5] * 20, "new": [0.9] * 5, "strengths": [0.5], "new_strengths": [0.5]} | changes
    drift = drift_of(**given)
    assert drift.reasons == reasons
    assert drift.due == bool(reasons)


def test_all_reasons_are_told_in_one_order():
    drift = drift_of(10, 5, [0.5] * 5, [0.1] * 3, [0.9], [0.1])
    assert [reason.split()[0] for reason in drift.reasons] == ["the", "100%", "the"]
    assert len(drift.reasons) == 3


# --- growing

DIMENSIONS = 4
NOW = datetime.now(UTC)


def axis(*parts: float) -> list[float]:
    return [*parts, *[0.0] * (DIMENSIONS - len(parts))]


def read_papers(*papers: tuple[str, str], extra=None, position_of_rejected: int | None = None) -> Corpus:
    """(id, title) each, as read from more.jsonl."""
    rows: list[Paper | Rejected] = [
        Paper("more.jsonl", number, name, title, "", (), 2024, extra or {}, format="jsonl")
        for number, (name, title) in enumerate(papers, start=1)
    ]
    if position_of_rejected is not None:
        rows.insert(position_of_rejected, Rejected("more.jsonl", 9, "neither title nor abstract"))
    return collect(rows)


def with_vectors(corpus: Corpus, vectors: dict[str, list[float]]) -> Embedding:
    info = embedded(["x"]).info
    rows = np.array([unit(np.array(vectors[name], np.float32)) for name in corpus.ids.ids], np.float32)
    return Embedding(rows, replace(info, embedded=len(rows), from_cache=3, long_papers=1))


def added_to(atlas, vectors: dict[str, list[float]], **options):
    corpus = read_papers(*((name, f"New {name}") for name in vectors), **options)
    return grow(atlas, corpus, with_vectors(corpus, vectors)), corpus


def column(grown, name) -> dict[str, object]:
    return dict(zip(grown.atlas.ids.ids, grown.atlas.column(name).to_pylist(), strict=True))


def share(own: float, other: float) -> list[float]:
    """A direction that is to topic 0 and topic 1 as own is to other."""
    return axis(own, other)


# Unlike all others: the one paper that is not among the n - 1 nearest to a new one.
FAR = P("far", "Far away", "", axis(0, 0, 0, -1), -1, 0)


@pytest.fixture(scope="module")
def two():
    """Topic 0 along the first axis, topic 1 along the second; eleven core papers each, of strength 0.50, 0.52 ... 0.70
    and 0.80 ... 1.00: the tenth of a hundred of eleven is the second, 0.52 and 0.82. One noise paper each.
    """
    papers = []
    for topic, start in ((0, 0.5), (1, 0.8)):
        vector = axis(*[0.0] * topic, 1.0)
        papers += [
            P(f"{topic}-{n}", f"Paper {topic} {n}", "", vector, topic, strength=start + 0.02 * n) for n in range(11)
        ]
        papers.append(P(f"{topic}-noise", f"Noise {topic}", "", vector, -1, topic, strength=0.1))
    return small_atlas([*papers, FAR], k=50)


@pytest.mark.parametrize(
    ("vector", "topic", "nearest", "second"),
    [
        (share(0.521, 0.479), 0, 0, 1),
        (share(0.519, 0.481), -1, 0, 1),
        (share(0.179, 0.821), 1, 1, 0),
        (share(0.181, 0.819), -1, 1, 0),
        (share(1.0, 0.0), 0, 0, -1),
    ],
)
def test_a_paper_joins_a_core_with_the_strength_of_nine_of_ten_there(two, vector, topic, nearest, second):
    grown, _ = added_to(two, {"new": vector})
    assert column(grown, "topic")["new"] == topic
    assert column(grown, "nearest_topic")["new"] == nearest
    assert column(grown, "second_topic")["new"] == second
    assert grown.nearest.tolist() == [nearest]
    # All 22 core papers vote, eleven in each topic: the share of the vote is that of the direction.
    assert column(grown, "strength")["new"] == pytest.approx(max(vector) / sum(vector), abs=2e-6)


def test_a_paper_as_strong_as_the_limit_joins():
    # Two core papers of one strength in each topic: the new one's vote is 3 of 4, exactly as strong.
    papers = [
        P(f"{topic}-{n}", f"Paper {topic} {n}", "", axis(*[0.0] * topic, 1.0), topic, strength=0.75)
        for topic in (0, 1)
        for n in range(2)
    ]
    grown, _ = added_to(small_atlas([*papers, FAR]), {"new": axis(3.0, 1.0)})
    assert column(grown, "strength")["new"] == 0.75
    assert column(grown, "topic")["new"] == 0


def test_a_paper_without_votes_joins_no_core():
    papers = [
        P("a", "A", "", axis(1), 0, strength=0.0),
        P("b", "B", "", axis(0, 1), 1, strength=0.0),
        P("n", "N", "", axis(0, 0, 0, 1), -1, 1),
    ]
    grown, _ = added_to(small_atlas(papers, k=1), {"new": axis(0.1, 0.2, 0, 1)})
    assert column(grown, "topic")["new"] == -1
    assert column(grown, "nearest_topic")["new"] == 1  # by the mean vector
    assert column(grown, "strength")["new"] == 0.0


def slow_place(atlas, vector, nearest, text):
    """The mean place of the ten nearest papers, of those of its topic where there are any, by the power 4."""
    vector = np.array(vector, float) / np.linalg.norm(vector)
    cosines = [round(float(vector @ other), 7) for other in atlas.vectors.astype(float)]
    near = sorted(range(len(atlas)), key=lambda row: (-cosines[row], row))[:10]
    topics, points = atlas.column("nearest_topic").to_pylist(), atlas.points.astype(float)
    own = [row for row in near if topics[row] == nearest] or near
    weights = [max(float(np.float32(cosines[row])), 1e-6) ** 4 for row in own]
    middle = sum(weight * points[row] for weight, row in zip(weights, own, strict=True)) / sum(weights)
    width = max(points[:, 0].max() - points[:, 0].min(), points[:, 1].max() - points[:, 1].min())
    scatter = np.array(list(sha(text)[:2])) / 255 - 0.5
    return middle + 0.004 * width * scatter


@pytest.fixture(scope="module")
def mapped():
    rng = np.random.default_rng(3)
    papers = []
    for number in range(24):
        topic = number % 2
        vector = rng.normal(size=4) * 0.6 + axis(*[0.0] * topic, 1.0)
        x, y = rng.normal(size=2) * 3 + 10 * topic
        papers.append(
            P(f"p{number}", f"Paper {number}", "", vector, topic if number % 5 else -1, topic, x=x, y=y, strength=0.6)
        )
    return small_atlas(papers, k=12)


def test_new_papers_lie_amid_their_nearest_of_the_same_topic(mapped):
    rng = np.random.default_rng(4)
    vectors = {
        f"n{number}": (rng.normal(size=4) * 0.5 + axis(*[0.0] * (number % 2), 1.0)).tolist() for number in range(6)
    }
    grown, _ = added_to(mapped, vectors)
    nearest = column(grown, "nearest_topic")
    assert {nearest[name] for name in vectors} == {0, 1}
    for name, vector in vectors.items():
        place = slow_place(mapped, vector, nearest[name], f"New {name}")
        found = [column(grown, part)[name] for part in ("x", "y")]
        np.testing.assert_allclose(found, place, atol=2e-5)


def test_the_nearest_decide_by_the_fourth_power():
    papers = [
        P("a", "A", "", axis(1, 0), 0, x=0.0, y=1.0),
        P("b", "B", "", axis(0, 1), 0, x=17.0, y=1.0),
        P("c", "C", "", axis(0.9, 0.9, 0.1), 1, x=-50.0),
    ]
    grown, _ = added_to(small_atlas([*papers, replace(FAR, nearest=1)]), {"new": axis(2, 1)})
    # 2 to 1, so 16 to 1; the paper of the other topic, though nearer than b, has no say.
    scatter = np.array(list(sha("New new")[:2])) / 255 - 0.5
    assert column(grown, "x")["new"] == pytest.approx(1 + 0.004 * 67 * scatter[0], abs=1e-5)
    assert column(grown, "y")["new"] == pytest.approx(1 + 0.004 * 67 * scatter[1], abs=1e-5)


def test_a_paper_that_none_of_its_topic_is_near_lies_amid_all_its_nearest():
    # Its ten nearest are noise near topic 1; the mean vector of topic 0 is most like it.
    noise = [P(f"n{n}", f"Noise {n}", "", axis(0.3, 0, 1, 0.01 * n), -1, 1, x=float(n), y=2.0 * n) for n in range(10)]
    papers = [*noise, P("a", "A", "", axis(1), 0, x=90.0), P("b", "B", "", axis(0, 1), 1, x=-90.0)]
    atlas = small_atlas(papers, k=3)
    grown, _ = added_to(atlas, {"new": axis(0.3, 0.1, 1), "beside": axis(1, 0.1, 0.3)})
    assert column(grown, "nearest_topic")["new"] == 0
    direction = unit(np.array(axis(0.3, 0.1, 1), np.float32)).astype(float)
    cosines = [float(atlas.vectors[atlas.ids.row(f"n{n}")].astype(float) @ direction) for n in range(10)]
    weights = [max(float(np.float32(round(cosine, 7))), 1e-6) ** 4 for cosine in cosines]
    near = sorted(range(10), key=lambda n: -weights[n])[:3]
    middle = sum(weights[n] * n for n in near) / sum(weights[n] for n in near)
    scatter = sha("New new")[0] / 255 - 0.5
    assert column(grown, "x")["new"] == pytest.approx(middle + 0.004 * 180 * scatter, abs=1e-4)


def test_beside_a_single_paper_the_map_is_one_wide():
    grown, _ = added_to(small_atlas([P("a", "A", "", axis(1), 0, x=5.0, y=-3.0)]), {"new": axis(1, 0.5)})
    scatter = np.array(list(sha("New new")[:2])) / 255 - 0.5
    found = [column(grown, part)["new"] for part in ("x", "y")]
    np.testing.assert_allclose(found, [5 + 0.004 * scatter[0], -3 + 0.004 * scatter[1]], atol=1e-6)
    assert (column(grown, "topic")["new"], column(grown, "strength")["new"]) == (0, 1.0)


def test_papers_unlike_all_others_are_placed_all_the_same():
    papers = [P(name, f"Paper {name}", "", axis(1), 0, x=x) for name, x in (("a", 2.0), ("b", 4.0), ("c", 9.0))]
    atlas = small_atlas(papers)
    grown, _ = added_to(atlas, {"new": axis(-1)})
    first, second, _ = atlas.points[:, 0].tolist()
    scatter = sha("New new")[0] / 255 - 0.5
    assert column(grown, "x")["new"] == pytest.approx((first + second) / 2 + 0.004 * 7 * scatter, abs=1e-6)


def test_every_file_keeps_its_rows(mapped):
    vectors = {f"n{number}": axis(1, 0.1 * number, 0.2) for number in range(5)}
    grown, corpus = added_to(mapped, vectors, extra={"venue": "here"}, position_of_rejected=2)
    atlas = grown.atlas
    assert len(atlas) == 29
    lines = [line.tobytes() for line in atlas.text_hashes]
    assert lines == sorted(lines)
    assert [sha(atlas.text(row)) for row in range(29)] == lines
    for name in mapped.ids.ids:
        row, before = atlas.ids.row(name), mapped.ids.row(name)
        np.testing.assert_array_equal(atlas.vectors[row], mapped.vectors[before])
        assert atlas.paper(row) == mapped.paper(before) | {"venue": None}
    for name, vector in vectors.items():
        np.testing.assert_allclose(atlas.vectors[atlas.ids.row(name)], unit(np.array(vector, np.float32)))
        assert atlas.column("venue")[atlas.ids.row(name)].as_py() == "here"
    exact = find_neighbours(atlas.vectors, k=12)
    np.testing.assert_array_equal(atlas.neighbours.indices, exact.indices)
    np.testing.assert_array_equal(atlas.neighbours.similarities, exact.similarities)
    lexical = build_lexical([atlas.text(row) for row in range(29)])
    np.testing.assert_array_equal(atlas.lexical.terms, lexical.terms)
    np.testing.assert_array_equal(atlas.lexical.weights, lexical.weights)
    assert atlas.sentences is None
    sources = {row["id"]: row for row in atlas.tables.whole.sources.to_pylist()}
    assert list(sources) == atlas.ids.ids
    assert [sources[f"n{number}"]["position"] for number in range(5)] == [24, 25, 27, 28, 29]
    assert sources["n0"]["source"] == "more.jsonl"
    assert {name: sources[name]["position"] for name in mapped.ids.ids} == dict(
        zip(mapped.ids.ids, mapped.tables.whole.sources.column("position").to_pylist(), strict=True)
    )
    assert atlas.tables.whole.rejected.to_pylist() == [
        {"source": "more.jsonl", "row": "9", "id": None, "reason": "neither title nor abstract"}
    ]
    points = np.array([[column(grown, part)[name] for part in ("x", "y")] for name in atlas.ids.ids], np.float32)
    preservation = neighbourhood_preservation(exact, points)
    for topic in atlas.topics:
        nearest = np.array(atlas.column("nearest_topic").to_pylist()) == topic.id
        core = np.array(atlas.column("topic").to_pylist()) == topic.id
        strength = np.array(atlas.column("strength").to_pylist())
        before = mapped.topic(topic.id)
        assert (topic.size, topic.assigned) == (core.sum(), nearest.sum())
        assert topic.strength == round(strength[nearest].mean(), 4)
        assert topic.neighbourhood_preservation == round(float(preservation[nearest].astype(float).mean()), 4)
        kept = ("label", "keywords", "representatives", "colour")
        assert all(getattr(topic, name) == getattr(before, name) for name in kept)
    assert atlas.manifest.selection.neighbourhood_preservation == round(float(preservation.mean()), 4)
    assert corpus.tables.read == 6


def test_the_manifest_counts_both(mapped):
    before = replace(
        mapped, manifest=replace(mapped.manifest, added=(addition(0, read=0),), sources=("papers.jsonl", "b.csv"))
    )
    corpus = collect(
        [
            Paper("z.jsonl", 1, "new", "Abstract: New new", "", (), 2024, format="csv"),
            Paper("more.jsonl", 2, "twin", "Abstract: New new", "", (), 2024, format="csv"),
            Paper("more.jsonl", 3, "far", "Faraway", "", (), 1999, format="csv"),
            Rejected("more.jsonl", 4, "broken"),
        ]
    )
    corpus = replace(corpus, cleaned=replace(corpus.cleaned, steps={"labels": 2, "copyright": 1}))
    # "far" joins topic 1 with strength 1; "new" or its twin, whichever is kept, lies between the topics.
    vectors = {name: axis(1, 1) for name in ("new", "twin")} | {"far": axis(0, 1)}
    grown = grow(before, corpus, with_vectors(corpus, vectors))
    manifest, own = grown.atlas.manifest, before.manifest
    noise = sum(topic == -1 for topic in column(grown, "topic").values())
    counts = manifest.counts
    assert (counts.read, counts.kept, counts.duplicates, counts.rejected, counts.noise) == (28, 26, 1, 1, noise)
    assert counts.topics == own.counts.topics
    assert len(manifest.added) == 2
    entry = manifest.added[1]
    assert (entry.papers, entry.read) == (2, 4)
    assert manifest.sources == ("papers.jsonl", "b.csv", *entry.sources)
    assert entry.sources == tuple(sorted(entry.sources))
    written = datetime.fromisoformat(entry.finished)
    assert timedelta(0) <= written - NOW.replace(microsecond=0) < timedelta(minutes=30)
    assert written.microsecond == 0
    assert entry.finished.endswith("+00:00")
    assert manifest.quality.cleaned == {"markup": 2, "labels": 3, "copyright": 1}
    assert list(manifest.quality.cleaned) == ["markup", "labels", "copyright"]
    assert (manifest.quality.kept, manifest.quality.formats) == (26, {"jsonl": 24, "csv": 2})
    assert manifest.quality.long_share is None
    embedding = manifest.embedding
    assert (embedding.embedded, embedding.from_cache, embedding.long_papers) == (23 + 2, 1 + 3, 2 + 1)
    assert replace(embedding, embedded=0, from_cache=0, long_papers=0) == replace(
        own.embedding, embedded=0, from_cache=0, long_papers=0
    )
    assert manifest.selection.scores == own.selection.scores
    assert len(grown.atlas.ids.duplicates) == 1


def test_rows_added_twice_are_counted_from_the_end_of_those_before(mapped):
    once, _ = added_to(mapped, {"n0": axis(1, 0.1)}, position_of_rejected=0)
    twice, _ = added_to(once.atlas, {"n1": axis(1, 0.2)})
    sources = {row["id"]: row["position"] for row in twice.atlas.tables.whole.sources.to_pylist()}
    assert (sources["n0"], sources["n1"]) == (25, 26)
    assert [entry.read for entry in twice.atlas.manifest.added] == [2, 1]
    assert twice.drift.added_share == round(2 / 24, 4)


def test_drift_is_measured_beside_the_run_alone():
    """Papers of the run lie 0.8 from their nearest; those added earlier lie nearer, and were surer of their topics."""
    run, papers, vectors = np.zeros((4, 12)), [], {}
    for number in range(4):  # two pairs, cosine 0.8 within each
        run[number, number // 2 * 2 : number // 2 * 2 + 2] = (0.8, 0.6) if number % 2 else (1.0, 0.0)
        papers.append(P(f"r{number}", f"Run {number}", "", run[number], 0, strength=0.5, position=number))
        earlier = 0.95 * run[number]
        earlier[8 + number] = (1 - 0.95**2) ** 0.5
        papers.append(P(f"e{number}", f"Earlier {number}", "", earlier, 0, strength=1.0, position=5 + number))
    # One row of the run and one of the addition were rejected: 5 rows were the run's.
    atlas = small_atlas(papers, rejected=2, manifest={"added": (addition(4, read=5),)})
    vectors["near"] = [0.82, 0, 0, 0, (1 - 0.82**2) ** 0.5, *[0] * 7]  # 0.82 to r0, 0.78 to the next
    vectors["far"] = [1, 0, 0, 0, 1, *[0] * 7]  # 0.71
    grown, _ = added_to(atlas, vectors)
    drift = grown.drift
    assert drift.added_share == 1.5  # four earlier and two now, beside four
    # The papers of the run lie 0.8 from one another; from the nearest of all, 0.95, and both new ones would be far.
    assert drift.far_share == 0.5
    assert drift.strength_before == 0.5
    assert drift.strength == 1.0
    assert [reason.split(" are ")[0] for reason in drift.reasons] == ["the papers added since the run"]


def test_nearest_papers_within_the_run_leave_out_those_added_and_those_without_any():
    from pipeline.adding.grow import _nearest_within

    neighbours = Neighbours(
        np.array([[1, 2], [0, 3], [3, 1], [1, 2], [3, 3]], np.int32),
        np.array([[0.9, 0.8], [0.7, 0.6], [0.5, 0.4], [0.3, 0.2], [0.1, 0.05]], np.float32),
    )
    run = np.array([True, False, True, False, True])
    # Row 0 has row 2 second; rows 2 and 4 have none of the run among their neighbours.
    np.testing.assert_array_equal(_nearest_within(neighbours, run), np.float32([0.8]))
    everything = _nearest_within(neighbours, np.ones(5, dtype=bool))
    np.testing.assert_array_equal(everything, neighbours.similarities[:, 0])
    assert _nearest_within(Neighbours(np.zeros((2, 0), np.int32), np.zeros((2, 0), np.float32)), run[:2]).tolist() == []


def test_subtopics_are_those_of_most_neighbours_inside_the_papers_own_topic():
    papers = [
        P("a", "A", "", axis(1), 0, subtopic=3, strength=0.5),
        P("b", "B", "", axis(0.9, 0.1), 0, subtopic=5, strength=0.5),
        P("c", "C", "", axis(0, 1), 1, subtopic=8, strength=0.9),
        P("d", "D", "", axis(0, 0.9, 0.1), 1, subtopic=8, strength=0.9),
        P("e", "E", "", axis(0, 0, 0, 1), 1, strength=0.9),
    ]
    topics = (small_topic(0, "x", papers, parent=0), small_topic(1, "y", papers, parent=0))
    subtopics = tuple(small_topic(n, f"s{n}", size=1, assigned=1, parent=home) for n, home in ((3, 0), (5, 0), (8, 1)))
    areas = (small_topic(0, "all", size=5, assigned=5),)
    atlas = small_atlas(papers, hierarchy=TopicHierarchy(topics, areas, subtopics), k=3)
    grown, _ = added_to(
        atlas, {"in": axis(1, 0.01, 0.01), "far": axis(0.1, 0, 0, 1), "mid": axis(0.48, 0.52), "other": axis(0.05, 1)}
    )
    subtopic, topic, nearest = (column(grown, name) for name in ("subtopic", "topic", "nearest_topic"))
    assert (topic["in"], subtopic["in"]) == (0, 3)
    assert (topic["other"], subtopic["other"]) == (1, 8)
    # Between the topics and in no core: no subtopic, whatever the vote.
    assert (topic["mid"], subtopic["mid"]) == (-1, -1)
    assert nearest["far"] == 1
    by_id = {one.id: one for one in grown.atlas.hierarchy.subtopics}
    for number, one in by_id.items():
        members = [name for name, value in subtopic.items() if value == number]
        assert (one.size, one.assigned) == (len(members), len(members))
    (area,) = grown.atlas.hierarchy.areas
    assert area.assigned == 9
    assert area.size == sum(value != -1 for value in topic.values())


def test_a_subtopic_of_another_topic_is_none():
    # Its neighbours vote for topic 1, but those of them that have a subtopic have one of topic 0.
    papers = [
        P("a", "A", "", axis(1), 0, subtopic=3, strength=0.5),
        P("b", "B", "", axis(0.7, 0.7), 1, strength=0.5),
        P("c", "C", "", axis(0.7, 0.6), 1, strength=0.5),
        P("d", "D", "", axis(0, 0, 1), 0, subtopic=3, strength=0.5),
    ]
    topics = (small_topic(0, "x", papers), small_topic(1, "y", papers))
    atlas = small_atlas(papers, hierarchy=TopicHierarchy(topics, (), (small_topic(3, "s", size=2, parent=0),)), k=3)
    grown, _ = added_to(atlas, {"new": axis(0.7, 0.65)})
    assert (column(grown, "topic")["new"], column(grown, "subtopic")["new"]) == (1, -1)


def test_areas_count_the_papers_of_their_topics():
    papers = [
        P("a", "A", "", axis(1), 0),
        P("b", "B", "", axis(0, 1), 2),
        P("c", "C", "", axis(0, 0, 1), 4, strength=0.5),
        P("n", "N", "", axis(0.5, 0, 1), -1, 4, strength=0.25),
    ]
    topics = (
        small_topic(0, "x", papers, parent=0),
        small_topic(2, "y", papers, parent=1),
        small_topic(4, "z", papers, parent=1),
    )
    areas = (small_topic(0, "first", size=1, assigned=1), small_topic(1, "second", size=2, assigned=3))
    grown, _ = added_to(small_atlas(papers, hierarchy=TopicHierarchy(topics, areas), k=1), {"new": axis(0, 0.1, 1)})
    first, second = grown.atlas.hierarchy.areas
    assert (first.size, first.assigned) == (1, 1)
    assert (second.size, second.assigned) == (3, 4)
    assert second.strength == round((1 + 0.5 + 0.25 + 1) / 4, 4)
    assert (first.label, second.label) == ("first", "second")


@pytest.mark.parametrize("with_sentences", [True, False])
def test_sentences_stay_with_their_papers(with_sentences):
    words = ("ice", "bee", "oak")
    papers = [P("a", "Ice", "Bee bee. Ice."), P("b", "Oak", "Bee."), P("c", "Bee")]
    atlas = small_atlas(papers, words=words, sentences=True)
    corpus = read_papers(("n", "Oak oak"), ("m", "Ice bee"))
    grown = (
        grow(atlas, corpus, embedded(corpus.cleaned.texts, words=words, sentences=with_sentences))
        if with_sentences
        else None
    )
    if grown is None:
        plain = small_atlas(papers, words=words)
        assert grow(plain, corpus, embedded(corpus.cleaned.texts, words=words, sentences=True)).atlas.sentences is None
        return
    found = grown.atlas.sentences
    texts = {}
    for row, name in enumerate(grown.atlas.ids.ids):
        spans = found.spans[found.offsets[row] : found.offsets[row + 1]].tolist()
        texts[name] = [grown.atlas.text(row)[start:end] for start, end in spans]
    assert texts == {
        "a": ["Ice.", "Bee bee.", "Ice."],
        "b": ["Oak.", "Bee."],
        "c": ["Bee"],
        "n": ["Oak oak"],
        "m": ["Ice bee"],
    }
    row = grown.atlas.ids.row("n")
    assert found.vectors[found.offsets[row]].tolist() == [0, 0, 127]
    assert grown.atlas.encoder_arrays is atlas.encoder_arrays


def test_progress_counts_every_paper(mapped):
    corpus = read_papers(("n", "New"))
    advanced = []
    grow(mapped, corpus, with_vectors(corpus, {"n": axis(1)}), advance=advanced.append)
    assert sum(advanced) == 25
