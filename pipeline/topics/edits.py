"""Core topics, [topics.edits] -> core topics as the user wants them, and the names given by hand.

Edits name topics by papers in them, never by number, so the same edits hold for the next run, whatever its numbers.
"""

import numpy as np
from numpy.typing import NDArray

from pipeline.clusterer.assignment import NOISE, Assignment
from pipeline.clusterer.tree import number_by_size
from pipeline.config import TopicEdits
from pipeline.corpus.paper_ids import PaperIds
from pipeline.errors import ConfigError, UnknownPaperError


def check_edits(edits: TopicEdits, ids: PaperIds) -> None:
    """Raises UnknownPaperError for the first id that is not in the corpus: before anything is computed for nothing."""
    merged = [paper for merge in edits.merge for paper in merge.topics_of]
    pinned = [paper for pin in edits.pin for paper in (*pin.papers, pin.topic_of)]
    for paper in (*merged, *pinned, *(rename.topic_of for rename in edits.rename)):
        try:
            ids.row(paper)
        except UnknownPaperError as problem:
            raise UnknownPaperError(f"topics.edits: {problem}") from None


def apply_edits(
    topics: NDArray[np.int32], assigned: Assignment, edits: TopicEdits, *, ids: PaperIds
) -> NDArray[np.int32]:
    """Topics merged, then papers pinned, then numbered anew by size.

    A noise paper stands for its nearest topic. Raises UnknownPaperError for an id that is not in the corpus.
    """
    nearest = assigned.nearest_topic.copy()
    edited = topics.copy()
    for merge in edits.merge:
        wanted = {int(nearest[ids.row(paper)]) for paper in merge.topics_of}
        target = min(wanted)
        edited[np.isin(edited, list(wanted))] = target
        nearest[np.isin(nearest, list(wanted))] = target
    for pin in edits.pin:
        rows = [ids.row(paper) for paper in pin.papers]
        edited[rows] = nearest[rows] = nearest[ids.row(pin.topic_of)]
    return number_by_size(edited.astype(np.int64))


def given_labels(edits: TopicEdits, assigned: Assignment, ids: PaperIds) -> dict[int, str]:
    """Topic number -> label for each rename. Raises ConfigError where two renames are of one topic."""
    labels: dict[int, str] = {}
    for rename in edits.rename:
        topic = int(assigned.nearest_topic[ids.row(rename.topic_of)])
        if topic == NOISE:
            continue
        if topic in labels and labels[topic] != rename.label:
            raise ConfigError(
                f"topics.edits.rename: {labels[topic]!r} and {rename.label!r} name one topic,"
                f" that of {rename.topic_of!r}"
            )
        labels[topic] = rename.label
    return labels
