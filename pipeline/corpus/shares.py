"""Sources -> blocks of papers: all read here, or the parts of a large input by tasks, with the same blocks.

A load is a large file, or small ones side by side. Its pieces, some thousand rows each, are read a stretch at a time,
and what a stretch gave is one file of the store of shards, recorded when it is whole: a run that was interrupted cuts
the files again, which costs a tenth of reading them, and reads the stretches that are left. Several tasks share a large
file: each cuts all of it and reads every so many-th stretch, so no row passes between processes.
"""

import json
import logging
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import cache
from hashlib import file_digest
from pathlib import Path
from typing import cast

import numpy as np

from pipeline.config import CorpusConfig
from pipeline.corpus.batch_store import BatchStore
from pipeline.corpus.conversion import Conversion
from pipeline.corpus.paper_rows import ROWS
from pipeline.corpus.source_parts import Part, Walk, to_part
from pipeline.corpus.sources import Source
from pipeline.corpus.stretches import Stretch, stored_parts
from pipeline.errors import RunFolderError
from pipeline.version import __version__
from pipeline.workers import Executor, run_side_by_side, work_folder
from pipeline.workers.machine import core_count
from pipeline.workers.shard_store import (
    SUM,
    Arrays,
    FolderStore,
    ShardStore,
    is_whole,
    pack,
    read_whole,
    unpack,
    write_whole,
)
from pipeline.workers.shards import Orders, Shard, Shards, digest_of, do_shard

LOG = logging.getLogger(__name__)
SHARED_FROM = 48 * 2**20  # bytes of all files, from which on the start of other processes pays
LOAD_BYTES = 16 * 2**20  # of a load of small files; and of a large one, for each task that shares it
MOST_SHARING = 16  # tasks that cut the same file
STRETCH = 2  # pieces of a file of the store
MOST_PROCESSES = 4
STAGE, STRETCHES = "reading", "stretch"


@dataclass(frozen=True)
class _Load:
    """Sources one after another, numbered from `first`. key: digest of what is in them and of all settings."""

    sources: Sequence[Source]
    first: int
    size: int
    key: str


def readers_beside() -> Executor:
    """Worker processes of this machine, for reading alone."""
    count = min(core_count(), MOST_PROCESSES)
    run = run_side_by_side(count)
    return Executor("processes", run, run, count)


@contextmanager
def read_parts(
    sources: Sequence[Source],
    config: CorpusConfig,
    *,
    vectors_column: str | None,
    shards: Shards | None = None,
    advance: Callable[[int], None],
) -> Iterator[list[Part]]:
    """The parts of all sources in their order; those of a source end with the first that could not be read.

    shards: who reads, and where what was read is kept; None for this process, or others beside it where much is read.
    """
    conversion = Conversion(config, vectors_column)
    with ExitStack() as stack:
        if shards is None and sum(_size(path) for path in {one.path for one in sources}) >= SHARED_FROM:
            shards = Shards(FolderStore(stack.enter_context(work_folder())), readers_beside(), 0)
        if shards is None:
            walk, store = Walk(sources, conversion), BatchStore()
            yield _counted((to_part(step, walk, store) for step in walk), advance)
        else:
            parts = stack.enter_context(closing(_read_by_tasks(sources, conversion, shards)))
            yield _counted(parts, advance)


def _counted(parts: Iterator[Part], advance: Callable[[int], None]) -> list[Part]:
    counted = []
    for part in parts:
        counted.append(part)
        if part.block is not None:
            advance(part.block.read)
    return sorted(counted, key=lambda part: (part.source, part.piece))


def _read_by_tasks(sources: Sequence[Source], conversion: Conversion, shards: Shards) -> Generator[Part]:
    """The parts, in the order of the tasks. After a file that the config names and that cannot be read comes none."""
    wanted = [
        _shard(load, conversion, number, count=count)
        for load in _loads(sources, conversion)
        for count in [max(1, min(shards.executor.workers, load.size // LOAD_BYTES, MOST_SHARING))]
        for number in range(count)
    ]
    store = BatchStore()
    _forget_damaged(shards.store, wanted)
    for shard, arrays in zip(wanted, shards.make(STAGE, read_shard, wanted), strict=True):
        done = arrays or _read_here(shards.store, shard)
        for name in _names(done):
            parts = stored_parts(shards.store, name, store)
            if parts is None:
                raise RunFolderError(f"{shards.store.address}/{name}: damaged as soon as it was written; run again")
            yield from parts
            if any(part.error and not sources[part.source].gathered for part in parts):
                return


def _loads(sources: Sequence[Source], conversion: Conversion) -> Iterator[_Load]:
    """All sources: large ones alone, small ones side by side."""
    digest = cache(_digest)
    first = 0
    while first < len(sources):
        end, size = first + 1, _size(sources[first].path)
        while end < len(sources) and size + _size(sources[end].path) <= LOAD_BYTES:
            size += _size(sources[end].path)
            end += 1
        some = sources[first:end]
        told = [[source.name, source.member, source.gathered, source.listed, digest(source.path)] for source in some]
        settings = conversion.config.model_dump_json(exclude={"files"})
        parts = (__version__, str(ROWS), settings, str(conversion.vectors_column), json.dumps([first, told]))
        yield _Load(some, first, size, digest_of(*(part.encode() for part in parts)))
        first = end


def _size(path: Path) -> int:
    return path.stat().st_size


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file_digest(file, "sha256").hexdigest()
    except OSError:  # its reader says what is wrong with it
        return ""


def _shard(load: _Load, conversion: Conversion, number: int, *, count: int) -> Shard:
    """The task of one of so many that share a load."""
    told: Orders = {
        "sources": [[str(one.path), one.member, one.gathered, one.listed, _size(one.path)] for one in load.sources],
        "first": load.first,
        "config": conversion.config.model_dump(mode="json", exclude={"files"}),
        "vectors_column": conversion.vectors_column,
        "load": load.key,
        "share": [number, count],
    }
    return Shard(digest_of(load.key.encode(), bytes(f"{number} {count}", "ascii")), 0, lambda: told)


def _forget_damaged(store: ShardStore, wanted: Sequence[Shard]) -> None:
    """Tasks that are done are done again where a stretch is damaged or missing, which costs that one alone; and where
    something could not be read, which may be mended without a change of the file.
    """
    for shard in wanted:
        content = read_whole(store, f"{STAGE}-{shard.key}.npz")
        arrays = {} if content is None else unpack(content)
        damaged = [name for name in _names(arrays) if not is_whole(store, name)]
        for name in damaged:
            LOG.warning("%s/%s: missing or damaged; it is read again", store.address, name)
        if damaged or (arrays and arrays["failed"].any()):
            store.remove(f"{STAGE}-{shard.key}.npz{SUM}")


def read_shard(folder: Path, item: str) -> None:
    """The task of one share of a load."""
    do_shard(folder, item, _read_if_there)


def _read_if_there(store: ShardStore, orders: Orders) -> Arrays:
    """Nothing where this machine has not the same files: who asked has them, and reads them itself."""
    sources = cast(list[tuple[str, str, bool, bool, int]], orders["sources"])
    return _read(store, orders) if all(_is_there(Path(path), size) for path, _, _, _, size in sources) else {}


def _is_there(path: Path, size: int) -> bool:
    return path.is_file() and _size(path) == size


def _read_here(store: ShardStore, shard: Shard) -> Arrays:
    LOG.warning("a worker does not reach the files to read; this process reads them")
    arrays = _read(store, shard.orders())
    write_whole(store, f"{STAGE}-{shard.key}.npz", pack(arrays))
    return arrays


def _read(store: ShardStore, orders: Orders) -> Arrays:
    """The names of the stretches of a share, each of which is in the store then; whether a source could not be read."""
    sources = [
        Source(Path(path), member, gathered=gathered, listed=listed)
        for path, member, gathered, listed, _ in cast(list[tuple[str, str, bool, bool, int]], orders["sources"])
    ]
    config = CorpusConfig.model_validate({**cast(dict[str, object], orders["config"]), "files": ["."]})
    number, count = cast(tuple[int, int], orders["share"])
    walk = Walk(sources, Conversion(config, cast(str | None, orders["vectors_column"])), cast(int, orders["first"]))
    stretches: list[Stretch] = []
    for place, step in enumerate(walk):
        if place // STRETCH % count != number:
            continue
        name = f"{STRETCHES}-{digest_of(str(orders['load']).encode(), str(place // STRETCH).encode())}.rows"
        if not stretches or stretches[-1].name != name:
            _finish(stretches)
            stretches.append(Stretch.begin(store, name))
            walk.forget_fields()
        stretches[-1].add(step, walk)
    _finish(stretches)
    failed = any(stretch.failed for stretch in stretches)
    names = json.dumps([stretch.name for stretch in stretches])
    return {"names": np.frombuffer(names.encode(), np.uint8), "failed": np.array([failed])}


def _finish(stretches: Sequence[Stretch]) -> None:
    if stretches:
        stretches[-1].finish()


def _names(arrays: Arrays) -> list[str]:
    """Of the stretches of a task that is done; none where it is not."""
    return cast(list[str], json.loads(arrays["names"].tobytes())) if arrays else []
