"""Two atlases -> Changes: papers are the same by id, topics by the papers they share."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.atlas import AtlasData
from pipeline.diff.changes import Changes, Continued, Flow, Merged, Moved, Split, TopicRef
from pipeline.errors import PaperatlasError
from pipeline.topics.matching import Overlap, match_topics, overlap_of

MAJORITY = (
    0.5  # share of a part's papers that come from the whole, and of the whole's that are in parts: more than this
)
Pairs = set[tuple[int, int]]  # row of a topic before and column of a topic after, in the table of shared papers


def find_changes(before: AtlasData, after: AtlasData) -> Changes:
    """Every paper counts for its nearest topic. Raises PaperatlasError where the runs have no paper in common."""
    rows = after.ids.rows_in(before.ids)
    shared = np.flatnonzero(rows != -1)
    if not len(shared):
        raise PaperatlasError(f"{before.manifest.name} and {after.manifest.name} have no paper in common, by id")
    old = before.column("nearest_topic").to_numpy().astype(np.int64)[rows[shared]]
    new = after.column("nearest_topic").to_numpy().astype(np.int64)[shared]
    overlap = overlap_of(old, new)
    table, jaccard = overlap.table, overlap.jaccard
    olds, news = _refs(before, overlap.before, table.sum(axis=1)), _refs(after, overlap.after, table.sum(axis=0))
    continued = _continued(overlap)
    split, merged = _parts(table), {(row, column) for column, row in _parts(table.T)}
    linked = continued | split | merged
    return Changes(
        before=before.manifest.name,
        after=after.manifest.name,
        shared=len(shared),
        new=tuple(after.ids.ids[row] for row in np.flatnonzero(rows == -1).tolist()),
        lost=_lost(before, rows[shared]),
        continued=tuple(
            Continued(olds[row], news[column], round(float(jaccard[row, column]), 4))
            for row, column in sorted(continued)
        ),
        split=tuple(
            Split(olds[whole], tuple(news[column] for row, column in sorted(split) if row == whole))
            for whole in sorted({row for row, _ in split})
        ),
        merged=tuple(
            Merged(tuple(olds[row] for row, column in sorted(merged) if column == whole), news[whole])
            for whole in sorted({column for _, column in merged})
        ),
        born=_unlinked(after, news, {column for _, column in linked}),
        gone=_unlinked(before, olds, {row for row, _ in linked}),
        moved=_moved(
            after, shared, old=old, new=new, linked={(olds[row].id, news[column].id) for row, column in linked}
        ),
        flows=tuple(
            Flow(olds[row], news[column], int(table[row, column]))
            for row, column in zip(*np.nonzero(table), strict=True)
        ),
        agreement=_agreement(old, new),
    )


def _continued(overlap: Overlap) -> Pairs:
    row_of = {int(topic): row for row, topic in enumerate(overlap.before)}
    column_of = {int(topic): column for column, topic in enumerate(overlap.after)}
    return {(row_of[before], column_of[after]) for after, before in match_topics(overlap).items()}


def _parts(table: NDArray[np.int64]) -> Pairs:
    """(row, column) where the topic of the row became several topics, of which the column's is one."""
    rows, columns = table.sum(axis=1, keepdims=True), table.sum(axis=0)
    part = table > MAJORITY * columns
    covered = np.where(part, table, 0).sum(axis=1) > MAJORITY * rows[:, 0]
    whole = covered & (part.sum(axis=1) >= 2)
    return {(int(row), int(column)) for row, column in zip(*np.nonzero(part & whole[:, None]), strict=True)}


def _refs(atlas: AtlasData, topics: NDArray[np.int64], shared: NDArray[np.int64]) -> list[TopicRef]:
    return [
        TopicRef(topic.id, topic.label, topic.assigned, count, topic.colour)
        for topic, count in zip(map(atlas.topic, topics.tolist()), shared.tolist(), strict=True)
    ]


def _unlinked(atlas: AtlasData, refs: Sequence[TopicRef], linked: set[int]) -> tuple[TopicRef, ...]:
    """Topics that correspond to none of the other run, those without any shared paper included.

    linked: places in `refs` of topics that correspond to one.
    """
    unlinked = [ref for place, ref in enumerate(refs) if place not in linked]
    with_shared = {ref.id for ref in refs}
    unlinked += [
        TopicRef(topic.id, topic.label, topic.assigned, 0, topic.colour)
        for topic in atlas.topics
        if topic.id not in with_shared
    ]
    return tuple(sorted(unlinked, key=lambda ref: ref.id))


def _lost(before: AtlasData, kept: NDArray[np.int64]) -> tuple[str, ...]:
    lost = np.setdiff1d(np.arange(len(before)), kept)
    return tuple(before.ids.ids[row] for row in lost.tolist())


def _moved(
    after: AtlasData, rows: NDArray[np.int64], *, old: NDArray[np.int64], new: NDArray[np.int64], linked: Pairs
) -> tuple[Moved, ...]:
    """rows: of the shared papers; old, new: their topics; linked: ids of topics that correspond to each other."""
    titles = after.column("title")
    moved = [
        Moved(after.ids.ids[row], titles[row].as_py(), one, other)
        for row, one, other in zip(rows.tolist(), old.tolist(), new.tolist(), strict=True)
        if (one, other) not in linked
    ]
    return tuple(sorted(moved, key=lambda paper: (paper.before, paper.after, paper.paper)))


def _agreement(old: NDArray[np.int64], new: NDArray[np.int64]) -> float:
    from sklearn.metrics import adjusted_mutual_info_score

    return round(float(adjusted_mutual_info_score(old, new)), 4)
