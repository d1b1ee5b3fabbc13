"""Two atlases -> Changes: papers are the same by id, topics by the papers they share."""

import numpy as np
from numpy.typing import NDArray

from pipeline.atlas import AtlasData
from pipeline.diff.changes import Changes, Continued, Flow, Merged, Moved, Split, TopicRef
from pipeline.errors import PaperatlasError
from pipeline.topics.matching import Overlap, match_topics, overlap_of

MOST = 0.5  # more than so much of a part's papers that come from the whole, and of the whole's that go to its parts
Pairs = set[tuple[int, int]]  # places of a topic before and of a topic after


def find_changes(before: AtlasData, after: AtlasData) -> Changes:
    """Every paper counts for its nearest topic. Raises PaperatlasError where the runs have no paper in common."""
    rows = after.ids.rows_in(before.ids)
    both = np.flatnonzero(rows != -1)
    if not len(both):
        raise PaperatlasError(f"{before.manifest.name} and {after.manifest.name} have no paper in common, by id")
    old = before.column("nearest_topic").to_numpy().astype(np.int64)[rows[both]]
    new = after.column("nearest_topic").to_numpy().astype(np.int64)[both]
    overlap = overlap_of(old, new)
    table = overlap.table
    place_before = {int(topic): place for place, topic in enumerate(overlap.before)}
    place_after = {int(topic): place for place, topic in enumerate(overlap.after)}
    same = {(place_before[one], place_after[other]) for other, one in match_topics(overlap).items()}
    split, merged = _parts(table), {(one, other) for other, one in _parts(table.T)}
    olds = _refs(before, overlap.before, table.sum(axis=1))
    news = _refs(after, overlap.after, table.sum(axis=0))
    followed = same | split | merged
    jaccard = overlap.jaccard
    return Changes(
        before=before.manifest.name,
        after=after.manifest.name,
        shared=len(both),
        new=tuple(after.ids.ids[row] for row in np.flatnonzero(rows == -1).tolist()),
        lost=_lost(before, rows[both]),
        continued=tuple(
            Continued(olds[one], news[other], round(float(jaccard[one, other]), 4)) for one, other in sorted(same)
        ),
        split=tuple(
            Split(olds[one], tuple(news[other] for first, other in sorted(split) if first == one))
            for one in sorted({one for one, _ in split})
        ),
        merged=tuple(
            Merged(tuple(olds[one] for one, second in sorted(merged) if second == other), news[other])
            for other in sorted({other for _, other in merged})
        ),
        born=_without_place(after, overlap.after, news, {other for _, other in followed}),
        gone=_without_place(before, overlap.before, olds, {one for one, _ in followed}),
        moved=_moved(after, both, old, new, {(_id(overlap, pair)) for pair in followed}),
        flows=tuple(
            Flow(olds[one], news[other], int(table[one, other])) for one, other in zip(*np.nonzero(table), strict=True)
        ),
        agreement=_agreement(old, new),
    )


def _parts(table: NDArray[np.int64]) -> Pairs:
    """(whole, part) where a whole topic of a row became several of the columns."""
    rows, columns = table.sum(axis=1, keepdims=True), table.sum(axis=0)
    part = table > MOST * columns
    covered = np.where(part, table, 0).sum(axis=1) > MOST * rows[:, 0]
    whole = covered & (part.sum(axis=1) >= 2)
    return {(int(one), int(other)) for one, other in zip(*np.nonzero(part & whole[:, None]), strict=True)}


def _id(overlap: Overlap, pair: tuple[int, int]) -> tuple[int, int]:
    return int(overlap.before[pair[0]]), int(overlap.after[pair[1]])


def _refs(atlas: AtlasData, topics: NDArray[np.int64], shared: NDArray[np.int64]) -> list[TopicRef]:
    found = [atlas.topic(int(number)) for number in topics]
    return [
        TopicRef(topic.id, topic.label, topic.assigned, int(count), topic.colour)
        for topic, count in zip(found, shared, strict=True)
    ]


def _without_place(
    atlas: AtlasData, topics: NDArray[np.int64], refs: list[TopicRef], followed: set[int]
) -> tuple[TopicRef, ...]:
    """Topics that follow from none, those without any shared paper included."""
    shared = [ref for place, ref in enumerate(refs) if place not in followed]
    seen = set(topics.tolist())
    alone = [
        TopicRef(topic.id, topic.label, topic.assigned, 0, topic.colour)
        for topic in atlas.topics
        if topic.id not in seen
    ]
    return tuple(sorted([*shared, *alone], key=lambda ref: ref.id))


def _lost(before: AtlasData, kept: NDArray[np.int64]) -> tuple[str, ...]:
    gone = np.setdiff1d(np.arange(len(before)), kept)
    return tuple(before.ids.ids[row] for row in gone.tolist())


def _moved(
    after: AtlasData, both: NDArray[np.int64], old: NDArray[np.int64], new: NDArray[np.int64], followed: Pairs
) -> tuple[Moved, ...]:
    titles = after.column("title")
    found = [
        Moved(after.ids.ids[row], titles[int(row)].as_py(), one, other)
        for row, one, other in zip(both, old.tolist(), new.tolist(), strict=True)
        if (one, other) not in followed
    ]
    return tuple(sorted(found, key=lambda moved: (moved.before, moved.after, moved.paper)))


def _agreement(old: NDArray[np.int64], new: NDArray[np.int64]) -> float:
    from sklearn.metrics import adjusted_mutual_info_score

    return round(float(adjusted_mutual_info_score(old, new)), 4)
