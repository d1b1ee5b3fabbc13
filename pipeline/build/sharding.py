"""Config -> Sharding: who does the tasks of a run, whether its corpus is cut into shards, and where those are kept."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipeline.config import Config, ray_address, secret
from pipeline.corpus.shares import SHARED_FROM, readers_beside
from pipeline.errors import ConfigError
from pipeline.workers.executors import Executor, ExecutorOptions, Workplace, in_process, open_executor
from pipeline.workers.shard_store import ShardStore, open_store, own_names, try_out
from pipeline.workers.shards import Shards


@dataclass(frozen=True)
class Sharding:
    """store: the shards of the run; papers: of one. asked: whether a corpus that is one shard is kept there too."""

    executor: Executor
    store: ShardStore
    papers: int
    asked: bool

    def shards_of(self, papers: int) -> Shards | None:
        """The shards of a corpus of so many papers; None where it is one, made in memory by this process."""
        if papers <= self.papers and not self.asked:
            return None
        return Shards(self.store, self.executor, self.papers)

    def shards_of_files(self, files: Sequence[str]) -> Shards | None:
        """The shards in which what is read of these files is kept; None where it is little, read in memory.

        Where this process does the tasks of a run, others beside it read a large input.
        """
        much = sum(Path(file).stat().st_size for file in files) >= SHARED_FROM
        if not self.asked and not much:
            return None
        executor = readers_beside() if much and self.executor.kind == "local" else self.executor
        return Shards(self.store, executor, self.papers)

    @property
    def workplace(self) -> Workplace:
        """For tasks whose files are in a folder: on other machines only where they share one with this."""
        address = self.store.address
        if not self.executor.elsewhere:
            return Workplace(self.executor)
        return Workplace(in_process()) if "://" in address else Workplace(self.executor, Path(address))


@contextmanager
def open_sharding(config: Config) -> Iterator[Sharding]:
    """What [run] asks for. The shards stay where the context ends with an error: the next run goes on with them.

    Raises PaperatlasError where the executor cannot be had.
    """
    run = config.run
    token = None if run.token_variable is None else secret(run.token_variable)
    if run.token_variable is not None and token is None:
        raise ConfigError(f"run.token_variable: the environment variable {run.token_variable} is not set")
    options = ExecutorOptions(
        workers=None if run.workers == "auto" else run.workers, address=run.address or ray_address(), token=token
    )
    store = open_store(config.shards)
    asked = run.executor != "local" or run.shards is not None
    with open_executor(run.executor, options) as executor:
        if asked:
            try_out(store)
        try:
            yield Sharding(executor, store, run.shard_papers, asked)
            for name in own_names(store):
                store.remove(name)
        finally:
            store.close()
