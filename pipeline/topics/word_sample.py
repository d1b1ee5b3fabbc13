"""Topics, subtopics -> the papers whose words are counted: all, or in a very large corpus some of every topic.

Keywords and labels weigh words by how often a topic's papers hold them: of 150,000 papers that is known well enough.
"""

import numpy as np
from numpy.typing import NDArray

MOST_READ = 150_000
FEWEST_OF_EACH = 200  # papers of a topic or subtopic that are read in any case, where it has so many


def rows_read(topics: NDArray[np.int32], subtopics: NDArray[np.int32], *, most: int = MOST_READ) -> NDArray[np.int64]:
    """Rising rows: all up to `most` papers; else about so many, evenly spaced in each topic, subtopic and the noise.

    topics, subtopics: (n,) of each paper, -1 for none.

    >>> rows_read(np.zeros(6, np.int32), np.full(6, -1, np.int32), most=3).tolist()
    [0, 1, 2, 3, 4, 5]
    """
    if len(topics) <= most:
        return np.arange(len(topics))
    share = most / len(topics)
    groups = (topics.astype(np.int64) + 1) * (int(subtopics.max(initial=-1)) + 2) + subtopics + 1
    order = np.argsort(groups, kind="stable")
    starts = np.flatnonzero(np.diff(groups[order], prepend=-1))
    chosen = []
    for members in np.split(order, starts[1:]):
        count = min(len(members), max(FEWEST_OF_EACH, round(share * len(members))))
        chosen.append(members[np.linspace(0, len(members) - 1, count).astype(np.int64)])
    return np.sort(np.concatenate(chosen))
