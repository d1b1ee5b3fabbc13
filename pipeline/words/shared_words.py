"""Lexical, pairs of papers -> their TF-IDF cosines and the words that both use, many pairs at once.

The products of a block of pairs are one element-wise product of sparse rows. They are float64 and are added up in the
order of the words, as `Lexical.cosines` does for one query: the same bits, whatever the block.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipeline.words.tfidf import DECIMALS, Lexical

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

BLOCK = 4_096  # pairs at once
Rows = NDArray[np.int32] | NDArray[np.int64]


class SharedWords:
    """Compares the papers of one corpus by their words."""

    def __init__(self, lexical: Lexical) -> None:
        from scipy.sparse import csr_matrix

        shape = (len(lexical.offsets) - 1, len(lexical.idf))
        self._weights: csr_matrix = csr_matrix((lexical.weights, lexical.terms, lexical.offsets), shape=shape)

    def cosines(self, left: Rows, right: Rows) -> NDArray[np.float64]:
        """(p,) TF-IDF cosine of each pair of rows, in [0, 1]."""
        cosines = np.empty(len(left))
        ones = np.ones(self._weights.shape[1])
        for part, products in self._products(left, right):
            cosines[part] = products @ ones
        return np.round(cosines, DECIMALS)

    def terms(self, left: Rows, right: Rows, *, count: int) -> NDArray[np.int32]:
        """(p, count) numbers of the words that both of a pair use, those that add most to their cosine first; -1 where
        there are fewer. Of words that add the same the smaller number stands first.
        """
        listed = np.full((len(left), count), -1, dtype=np.int32)
        for part, products in self._products(left, right):
            added = products.data.astype(np.float32)
            pairs = np.repeat(np.arange(products.shape[0]), np.diff(products.indptr))
            order = np.lexsort((products.indices, -added, pairs))
            place = np.arange(len(order)) - products.indptr[pairs]
            kept = place < count
            listed[part.start + pairs[kept], place[kept]] = products.indices[order[kept]]
        return listed

    def _products(self, left: Rows, right: Rows) -> Iterator[tuple[slice, "csr_matrix"]]:
        """A block of pairs, and what each shared word adds to the cosine of each: (pairs, words) sparse."""
        for start in range(0, len(left), BLOCK):
            part = slice(start, min(start + BLOCK, len(left)))
            one, other = (self._weights[rows[part]].astype(np.float64) for rows in (left, right))
            products = one.multiply(other).tocsr()
            products.sort_indices()
            yield part, products
