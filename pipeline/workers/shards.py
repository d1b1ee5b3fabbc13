"""A stage, its shards -> the arrays of each: those made before are taken, the others are tasks; each is checked.

A shard has a key, the digest of all that its result depends on. Its files are `<stage>-<key>.task`, what its task
reads, and `<stage>-<key>.npz`, what it made, whose sha256 is recorded beside it when it is finished. So a run that was
interrupted goes on with the shards that are left, and one whose bits were changed is made again.
"""

import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import RunFolderError
from pipeline.workers.executors import Executor
from pipeline.workers.processes import RunTasks, Task
from pipeline.workers.shard_store import (
    SUM,
    Arrays,
    ShardStore,
    is_whole,
    open_store,
    own_names,
    pack,
    read_whole,
    unpack,
    write_whole,
)

LOG = logging.getLogger(__name__)
Orders = Mapping[str, object]  # what a task is told, as JSON


@dataclass(frozen=True)
class Shard:
    """key: digest of all that its result depends on. papers: how many it holds. orders: gives what its task is told."""

    key: str
    papers: int
    orders: Callable[[], Orders]


@dataclass(frozen=True)
class Shards:
    """Where the shards of a run are kept, who makes them, and how many papers one has."""

    store: ShardStore
    executor: Executor
    papers: int

    def make(
        self,
        stage: str,
        task: Task,
        shards: Sequence[Shard],
        *,
        on_gpus: bool = False,
        advance: Callable[[int], None] = lambda _: None,
    ) -> Iterator[Arrays]:
        """The arrays of each shard, in their order. stage: a word of small letters; advance: papers done.

        Raises RunFolderError where the store cannot be used, and what the executor raises.
        """
        names = [f"{stage}-{shard.key}" for shard in shards]
        self._sweep(stage, names)
        missing = [place for place, name in enumerate(names) if not self._is_made(name)]
        for place in missing:
            self.store.write(f"{names[place]}.task", json.dumps(dict(shards[place].orders())).encode())
        run = self.executor.run_on_gpus if on_gpus else self.executor.run
        made = self._run(run, task, [names[place] for place in missing])
        left = set(missing)
        for place, (shard, name) in enumerate(zip(shards, names, strict=True)):
            if place in left:
                next(made)
                self.store.remove(f"{name}.task")
            yield unpack(self._content(name))
            advance(shard.papers)
        for _ in made:  # lets it end its workers
            pass

    def share(self, kind: str, array: NDArray[np.generic]) -> str:
        """Puts an array where every task can map it; its name, which is that of its content."""
        whole = np.ascontiguousarray(array)
        name = f"{kind}-{digest_of(f'{whole.dtype.str} {whole.shape}'.encode(), whole.reshape(-1).view(np.uint8))}.npy"
        if not is_whole(self.store, name):
            self.store.put(name, whole)
        return name

    def _run(self, run: RunTasks, task: Task, names: Sequence[str]) -> Iterator[str]:
        """Items of a folder are names in it; where it is on no disk, each is a whole address."""
        address = self.store.address
        if "://" in address:
            return run(task, Path(), [f"{address}/{name}" for name in names])
        return run(task, Path(address), names)

    def _is_made(self, name: str) -> bool:
        if is_whole(self.store, f"{name}.npz"):
            return True
        if self.store.read(f"{name}.npz{SUM}") is not None:
            LOG.warning("%s/%s.npz: missing or damaged; it is made again", self.store.address, name)
        return False

    def _content(self, name: str) -> bytes:
        content = read_whole(self.store, f"{name}.npz")
        if content is None:
            raise RunFolderError(
                f"{self.store.address}/{name}.npz: missing or damaged as soon as it was made; run again, or choose"
                " another folder in run.shards"
            )
        return content

    def _sweep(self, stage: str, names: Sequence[str]) -> None:
        """Removes what other settings, or papers that have changed since, left of this stage."""
        wanted = set(names)
        for file in own_names(self.store):
            name = file.partition(".")[0]
            if file.startswith(f"{stage}-") and (name not in wanted or file.endswith(".task")):
                self.store.remove(file)


def do_shard(folder: Path, item: str, make: Callable[[ShardStore, Orders], Arrays]) -> None:
    """What the task of a shard does: reads its orders, makes its arrays, writes them with their sha256."""
    address, _, name = item.rpartition("/")
    store = open_store(address or str(folder))
    orders = store.read(f"{name}.task")
    if orders is None:
        raise RunFolderError(
            f"{store.address}/{name}.task: not there; run.shards must be a folder that every worker reaches"
        )
    write_whole(store, f"{name}.npz", pack(make(store, json.loads(orders))))


def digest_of(*parts: bytes | NDArray[np.uint8]) -> str:
    """32 hexadecimal digits of the sha256 of these parts, each with its length before it."""
    digest = sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "little"))
        digest.update(part.data if isinstance(part, np.ndarray) else part)
    return digest.hexdigest()[:32]
