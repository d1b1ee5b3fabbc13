"""Pairs that are the same work -> works: a union-find over references and papers that never joins two papers."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz

MISPRINTED_DOI = (
    90.0  # of 100; similarity (InDel) from which two DOIs of otherwise equal references are one, misprinted
)


@dataclass
class UnionFind:
    """Nodes in sets, each with the paper of the corpus and the DOI it has. Built up by `join`, read by `roots`.

    paper: row of the paper that a set is, -1 for none. doi: of a set, "" for none. left, right, ways: the pairs joined,
    in order, with how each was found. refused: pairs not joined, since each side is another paper or has another DOI.
    """

    paper: list[int]
    doi: list[str]
    parent: list[int] = field(default_factory=list)
    left: list[int] = field(default_factory=list)
    right: list[int] = field(default_factory=list)
    ways: list[int] = field(default_factory=list)
    refused: int = 0

    def __post_init__(self) -> None:
        self.parent = list(range(len(self.paper)))

    def find(self, node: int) -> int:
        """The root of a node's set; paths are halved on the way (Tarjan and van Leeuwen 1984)."""
        parent = self.parent
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    def join(self, left: int, right: int, *, way: int, by_id: bool = False) -> bool:
        """Make two nodes one work, and say whether they are one now. by_id: another DOI does not keep them apart.

        The root is the smaller node, so that the sets depend on the pairs alone.
        """
        first, second = sorted((self.find(left), self.find(right)))
        if first == second:
            return True
        if self._are_two(first, second, by_id=by_id):
            self.refused += 1
            return False
        self.parent[second] = first
        self.paper[first] = max(self.paper[first], self.paper[second])
        self.doi[first] = self.doi[first] or self.doi[second]
        self.left.append(left)
        self.right.append(right)
        self.ways.append(way)
        return True

    def _are_two(self, first: int, second: int, *, by_id: bool) -> bool:
        if self.paper[first] >= 0 and self.paper[second] >= 0:
            return True
        one, other = self.doi[first], self.doi[second]
        return bool(not by_id and one and other and one != other and fuzz.ratio(one, other) < MISPRINTED_DOI)

    def roots(self) -> NDArray[np.int64]:
        """(nodes,) the root of every node."""
        return np.array([self.find(node) for node in range(len(self.parent))], dtype=np.int64)
