"""Papers as sparse rows (of words, of works they cite), pairs of papers -> their cosines, and what both hold.

The products of a block of pairs are one element-wise product of sparse rows, or, where there are very many pairs, the
work of compiled code. They are float64 and are added up in the order of the entries, as `Lexical.cosines` does for one
query: the same bits, whatever the block.
"""

from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipeline.words.tfidf import DECIMALS, Lexical

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

BLOCK = 4_096  # pairs at once
Rows = NDArray[np.int32] | NDArray[np.int64]


class SharedEntries:
    """Compares the papers of one corpus, each a sparse row.

    offsets: (n + 1,) int64; paper i has the entries offsets[i] to offsets[i + 1] of numbers, (m,) int32 increasing
    within a paper, and weights, (m,) float32. unlisted: numbers that count for cosines and are not named, as a mask.
    compiled: whether cosines are wanted of so many pairs that it is worth the import of a compiler.
    """

    def __init__(
        self,
        offsets: NDArray[np.int64],
        numbers: NDArray[np.int32],
        weights: NDArray[np.float32],
        *,
        unlisted: NDArray[np.bool_] | None = None,
        compiled: bool = False,
    ) -> None:
        from scipy.sparse import csr_matrix

        shape = (len(offsets) - 1, int(numbers.max(initial=-1)) + 1)
        self._weights: csr_matrix = csr_matrix((weights, numbers, offsets), shape=shape)
        self._entries = (offsets, numbers, weights)
        self._unlisted = np.zeros(shape[1], dtype=bool) if unlisted is None else unlisted
        self._is_compiled = compiled

    @classmethod
    def of_words(cls, lexical: Lexical, *, compiled: bool = False) -> "SharedEntries":
        """The same of the words of papers; figures alone are not listed."""
        figures = lexical.are_numbers(np.arange(len(lexical.idf), dtype=np.int32))
        return cls(lexical.offsets, lexical.terms, lexical.weights, unlisted=figures, compiled=compiled)

    def cosines(self, left: Rows, right: Rows) -> NDArray[np.float64]:
        """(p,) cosine of each pair of rows, in [0, 1]; soonest where pairs of one row on the left are side by side."""
        cosines = np.empty(len(left))
        if self._is_compiled:
            _compiled()(self._entries, (left, right), (np.zeros(self._weights.shape[1]), cosines))
            return np.round(cosines, DECIMALS)
        ones = np.ones(self._weights.shape[1])
        for part, products in self._products(left, right):
            cosines[part] = products @ ones
        return np.round(cosines, DECIMALS)

    def most_telling(self, left: Rows, right: Rows, *, most: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """(p, most) numbers of the listed entries that both of a pair hold, those that add most to their cosine first,
        -1 where there are fewer; and (p,) how many there are.

        Of entries that add the same the smaller number goes first.
        """
        listed = np.full((len(left), most), -1, dtype=np.int32)
        counts = np.zeros(len(left), dtype=np.int32)
        for part, products in self._products(left, right):
            products.data[self._unlisted[products.indices]] = 0
            products.eliminate_zeros()
            added = products.data.astype(np.float32)
            counts[part] = np.diff(products.indptr)
            pairs = np.repeat(np.arange(products.shape[0]), counts[part])
            order = np.lexsort((products.indices, -added, pairs))
            place = np.arange(len(order)) - products.indptr[pairs]
            kept = place < most
            listed[part.start + pairs[kept], place[kept]] = products.indices[order[kept]]
        return listed, counts

    def _products(self, left: Rows, right: Rows) -> Iterator[tuple[slice, "csr_matrix"]]:
        """A block of pairs, and what each shared entry adds to the cosine of each: (pairs, entries) sparse."""
        for start in range(0, len(left), BLOCK):
            part = slice(start, min(start + BLOCK, len(left)))
            one, other = (self._weights[rows[part]].astype(np.float64) for rows in (left, right))
            products = one.multiply(other).tocsr()
            products.sort_indices()
            yield part, products


def _add_up(
    entries: tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]],
    pairs: tuple[Rows, Rows],
    results: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> None:
    """Compiled: the row on the left is spread over all numbers once, and the products of each on the right are added.

    results: zeros, one for each number, to work with; and (p,) cosines, filled.
    """
    offsets, numbers, weights = entries
    left, right = pairs
    spread, cosines = results
    last = -1
    for pair in range(len(left)):
        own, other = left[pair], right[pair]
        if own != last:
            if last >= 0:
                for entry in range(offsets[last], offsets[last + 1]):
                    spread[numbers[entry]] = 0.0
            for entry in range(offsets[own], offsets[own + 1]):
                spread[numbers[entry]] = weights[entry]
            last = own
        total = 0.0
        for entry in range(offsets[other], offsets[other + 1]):
            total += spread[numbers[entry]] * np.float64(weights[entry])
        cosines[pair] = total


@cache
def _compiled() -> Callable[..., None]:
    """Compiled when it is first needed and kept on disk for later processes."""
    import numba

    compiled: Callable[..., None] = numba.njit(cache=True, nogil=True)(_add_up)
    return compiled
