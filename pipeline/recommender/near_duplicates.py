"""Atlas -> near-duplicates: the groups of papers that are other versions of each other, by meaning and words alike.

Two papers are versions by the rule by which `similar` leaves out versions of the paper asked about; or where one title
begins with the other and most of the shorter text's words are in the longer, as in a record whose abstract is cut.
Pairs are looked for among the stored neighbours, so the work grows with n k; more than k versions of one paper are
joined through those they share.
"""

from dataclasses import asdict, dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.atlas import AtlasData
from pipeline.corpus.identifiers import title_key
from pipeline.recommender.recommend import SAME_MEANING, SAME_WORDS
from pipeline.words.shared_entries import SharedEntries
from pipeline.words.tfidf import Lexical

NO_GROUP = -1
BLOCK = 8_192  # papers whose titles are cleaned at once
SAME_TITLE_MEANING, CONTAINED = 0.80, 0.80  # cosine, and share of the words, where one title begins with the other


@dataclass(frozen=True)
class Version:
    """One paper of a group, with what it has in common with `closest`, the id of the most similar paper of the group.

    similarity: cosine of the embeddings. words_in_common: TF-IDF cosine in [0, 1], None where the atlas keeps no words.
    """

    id: str
    title: str
    similarity: float
    words_in_common: float | None
    closest: str


@dataclass(frozen=True)
class NearDuplicates:
    """A group of at least two versions, in the order of their ids. number: from 1, the largest group first."""

    number: int
    versions: tuple[Version, ...]

    def to_json(self) -> dict[str, object]:
        """Its fields by name."""
        return asdict(self)


@dataclass(frozen=True)
class _Pairs:
    """Pairs of versions. left, right: (p,) rows, left < right; similarity, words: (p,) cosines, words None as above."""

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    similarity: NDArray[np.float64]
    words: NDArray[np.float64] | None

    def kept(self, keep: NDArray[np.bool_]) -> "_Pairs":
        words = None if self.words is None else self.words[keep]
        return _Pairs(self.left[keep], self.right[keep], self.similarity[keep], words)


def find_near_duplicates(atlas: AtlasData) -> tuple[NearDuplicates, ...]:
    """The groups: by falling size, then by falling similarity of their closest pair, then by their first id.

    They and their order depend on the papers alone, not on the order of rows.
    """
    pairs = _find_pairs(atlas)
    if not len(pairs.left):
        return ()
    members: dict[int, list[int]] = {}
    for row, component in _components(len(atlas), pairs).items():
        members.setdefault(component, []).append(row)
    closest = _closest(atlas, pairs)
    groups = [tuple(sorted((closest[row] for row in rows), key=lambda one: one.id)) for rows in members.values()]
    groups.sort(key=lambda group: (-len(group), -max(one.similarity for one in group), group[0].id))
    return tuple(NearDuplicates(number, group) for number, group in enumerate(groups, start=1))


def version_groups(atlas: AtlasData) -> NDArray[np.int32]:
    """(n,) number of each paper's group of near-duplicates, -1 where it has no other version."""
    numbers = np.full(len(atlas), NO_GROUP, dtype=np.int32)
    for group in find_near_duplicates(atlas):
        numbers[[atlas.ids.row(version.id) for version in group.versions]] = group.number
    return numbers


def _find_pairs(atlas: AtlasData) -> _Pairs:
    """All pairs of versions, by their rows."""
    if atlas.lexical is None:
        return _near_pairs(atlas, SAME_MEANING)
    near, words = _near_pairs(atlas, SAME_TITLE_MEANING), SharedEntries.of_words(atlas.lexical)
    alike = near.similarity >= SAME_MEANING
    alike[alike] = words.cosines(near.left[alike], near.right[alike]) >= SAME_WORDS
    titles = _titles(atlas, near.kept(~alike))
    for place in np.flatnonzero(~alike).tolist():
        shorter, longer = sorted((titles[int(near.left[place])], titles[int(near.right[place])]), key=len)
        if shorter and longer.startswith(shorter):
            alike[place] = share_contained(atlas.lexical, int(near.left[place]), int(near.right[place])) >= CONTAINED
    kept = near.kept(alike)
    return replace(kept, words=words.cosines(kept.left, kept.right))


def _titles(atlas: AtlasData, pairs: _Pairs) -> dict[int, str]:
    """Row -> key of the title, for the papers of some pairs."""
    rows = np.unique(np.concatenate([pairs.left, pairs.right]))
    keys: list[str] = []
    for start in range(0, len(rows), BLOCK):
        some = pa.array(rows[start : start + BLOCK])
        texts = (atlas.column(name).take(some).to_pylist() for name in ("title", "abstract"))
        keys += [title_key(atlas.cleaner.clean(*text).title) for text in zip(*texts, strict=True)]
    return dict(zip(rows.tolist(), keys, strict=True))


def share_contained(lexical: Lexical, one: int, other: int) -> float:
    """Share of the words of the shorter of two papers that the longer has, each word once, weighted by idf."""
    shorter, longer = sorted((lexical.paper(one)[0], lexical.paper(other)[0]), key=len)
    shared = np.intersect1d(shorter, longer, assume_unique=True)
    whole = float(lexical.idf[shorter].sum())
    return float(lexical.idf[shared].sum()) / whole if whole else 0.0


def _near_pairs(atlas: AtlasData, least: float) -> _Pairs:
    """The pairs among the stored neighbours with a cosine of at least `least`, without their words."""
    neighbours = atlas.neighbours
    rows, places = np.nonzero(neighbours.similarities >= np.float32(least))
    near = neighbours.indices[rows, places].astype(np.int64)
    similarity = neighbours.similarities[rows, places].astype(np.float64)
    left, right = np.minimum(rows, near), np.maximum(rows, near)
    _, firsts = np.unique(left * len(atlas) + right, return_index=True)  # most pairs are in both papers' lists
    pairs = _Pairs(left[firsts], right[firsts], similarity[firsts], None)
    return pairs.kept(pairs.similarity >= least)


def _components(n: int, pairs: _Pairs) -> dict[int, int]:
    """Connected component of each row that is in a pair."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(len(pairs.left), dtype=np.int8), (pairs.left, pairs.right)), shape=(n, n))
    _, component = connected_components(graph, directed=False)
    rows = np.unique(np.concatenate([pairs.left, pairs.right]))
    return dict(zip(rows.tolist(), component[rows].tolist(), strict=True))


def _closest(atlas: AtlasData, pairs: _Pairs) -> dict[int, Version]:
    """Each row that is in a pair, with what it shares with the most similar one: ties by words, then by id."""
    rows = np.unique(np.concatenate([pairs.left, pairs.right])).tolist()
    ids, titles = (
        dict(zip(rows, atlas.column(name).take(pa.array(rows)).to_pylist(), strict=True)) for name in ("id", "title")
    )
    place = {row: number for number, row in enumerate(sorted(rows, key=ids.__getitem__))}
    own, other = np.concatenate([pairs.left, pairs.right]), np.concatenate([pairs.right, pairs.left])
    similarity = np.tile(np.round(pairs.similarity, 6), 2)
    words = np.zeros(len(own)) if pairs.words is None else np.tile(np.round(pairs.words, 6), 2)
    by_id = np.array([place[row] for row in other.tolist()])
    order = np.lexsort((by_id, -words, -similarity, own))
    best = order[np.unique(own[order], return_index=True)[1]]
    return {
        row: Version(
            id=ids[row],
            title=titles[row],
            similarity=float(similarity[pair]),
            words_in_common=None if pairs.words is None else float(words[pair]),
            closest=ids[int(other[pair])],
        )
        for row, pair in zip(rows, best.tolist(), strict=True)
    }
