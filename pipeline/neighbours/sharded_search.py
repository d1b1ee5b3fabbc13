"""Vectors -> Neighbours, a block of rows a shard: each is compared with all vectors, mapped from one file."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from pipeline.neighbours.exact_search import Neighbours, nearest
from pipeline.neighbours.partitioned_search import (
    EXACT_TO,
    PARTITION_SIZE,
    PROBED,
    Partitions,
    find_neighbours,
    make_partitions,
    search_partitions,
)
from pipeline.workers.shard_store import Arrays, ShardStore, open_store
from pipeline.workers.shards import Orders, Shard, Shards, digest_of, do_shard

STAGE = "neighbours"


def find_in_shards(
    vectors: NDArray[np.float32],
    *,
    k: int,
    shards: Shards | None,
    advance: Callable[[int], None] = lambda _: None,
) -> Neighbours:
    """What `find_neighbours` gives, found by the tasks of shards; here where shards is None."""
    if shards is None or len(vectors) < 2:
        return find_neighbours(vectors, k=k, advance=advance)
    n, k = len(vectors), min(k, len(vectors) - 1)
    shared = {"vectors": shards.share("vectors", vectors)}
    if n > EXACT_TO:
        partitions = make_partitions(vectors, count=n // PARTITION_SIZE, probed=PROBED)
        shared |= {name: shards.share(name, getattr(partitions, name)) for name in ("centroids", "probes")}
    starts = range(0, n, shards.papers)
    wanted = [_shard(shared, k=k, rows=range(start, min(start + shards.papers, n))) for start in starts]
    indices, similarities = np.empty((n, k), np.int32), np.empty((n, k), np.float32)
    for start, found in zip(starts, shards.make(STAGE, search_shard, wanted, advance=advance), strict=True):
        indices[start : start + shards.papers] = found["indices"]
        similarities[start : start + shards.papers] = found["similarities"]
    return Neighbours(indices, similarities)


def _shard(shared: dict[str, str], *, k: int, rows: range) -> Shard:
    told: Orders = {"files": shared, "k": k, "start": rows.start, "stop": rows.stop}
    key = digest_of(repr((sorted(shared.items()), k, rows)).encode())
    return Shard(key, len(rows), lambda: told)


def search_shard(folder: Path, item: str) -> None:
    """The task of one shard."""
    do_shard(folder, item, _search)


def _search(store: ShardStore, orders: Orders) -> Arrays:
    files = cast(dict[str, str], orders["files"])
    k, start, stop = (cast(int, orders[name]) for name in ("k", "start", "stop"))
    # A plain array over the mapped file: to take rows of numpy's memmap costs more than the products with them.
    vectors, rows = np.asarray(store.map(files["vectors"])), np.arange(start, stop, dtype=np.int64)
    if "probes" in files:
        partitions = _partitions(store.address, files["centroids"], files["probes"])
        found = search_partitions(vectors, partitions, k=k, rows=rows)
    else:
        found = nearest(vectors, vectors[start:stop], k=k, own_rows=rows)
    return {"indices": found.indices, "similarities": found.similarities}


@lru_cache(maxsize=1)
def _partitions(address: str, centroids: str, probes: str) -> Partitions:
    """Opened once in each worker, which then knows the members of each partition."""
    store = open_store(address)
    return Partitions(store.map(centroids), cast(NDArray[np.int32], store.map(probes)))
