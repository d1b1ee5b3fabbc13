"""Sources -> blocks of papers: all read here, or a large input shared by processes, with the same blocks.

Every process cuts all the files into pieces and reads those that are its share; so no row passes between processes.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipeline.config import CorpusConfig
from pipeline.corpus.batch_store import BatchStore, MappedFile
from pipeline.corpus.cleaning import Cleaner
from pipeline.corpus.conversion import Conversion
from pipeline.corpus.paper_rows import ROWS, Block, WritableBatches, to_block
from pipeline.corpus.record import Paper, Rejected
from pipeline.corpus.sources import Source
from pipeline.errors import CorpusError
from pipeline.workers import run_side_by_side, work_folder
from pipeline.workers.machine import core_count

SHARED_FROM = 48 * 2**20  # bytes of all files, from which on the start of another process pays
MOST_PROCESSES = 4
TASK, STOP = "task.json", "stop"


@dataclass(frozen=True)
class Part:
    """What one piece of a source gave. layouts: names of its fields that its process had not seen together before.

    block: None where a file could not be cut on. error: why nothing of the source is read after this part, "" where
    something may be.
    """

    source: int
    piece: int
    block: Block | None
    layouts: Sequence[tuple[str, ...]] = ()
    error: str = ""


@dataclass(frozen=True)
class Share:
    """The pieces whose number leaves a remainder of `number` when divided by `count`."""

    number: int = 0
    count: int = 1


@contextmanager
def read_parts(
    sources: Sequence[Source], config: CorpusConfig, *, vectors_column: str | None, advance: Callable[[int], None]
) -> Iterator[list[Part]]:
    """The parts of all sources in their order; those of a source end with the first that could not be read.

    What other processes read stays where it is until the context ends.
    """
    count = _process_count(sources)
    store = BatchStore()
    if count == 1:
        yield _counted(read_share(sources, Conversion(config, vectors_column), store), advance)
        return
    with work_folder() as folder:
        task = {
            "sources": [[str(one.path), one.member, one.gathered, one.listed] for one in sources],
            "config": config.model_dump(mode="json", exclude={"files"}),
            "vectors_column": vectors_column,
            "count": count,
        }
        (folder / TASK).write_text(json.dumps(task), encoding="utf-8")
        others = [str(number) for number in range(1, count)]
        with ThreadPoolExecutor(1) as beside:
            done = beside.submit(list, run_side_by_side(count - 1)(write_share, folder, others))
            try:
                rows = read_share(sources, Conversion(config, vectors_column), store, share=Share(0, count))
                parts = _counted(rows, advance)
            except BaseException:
                (folder / STOP).touch()
                raise
            done.result()
        parts += _counted((part for other in others for part in _written_share(folder, other)), advance)
        yield sorted(parts, key=lambda part: (part.source, part.piece))


def read_share(
    sources: Sequence[Source], conversion: Conversion, store: WritableBatches, *, share: Share = Share()
) -> Iterator[Part]:
    """The parts that belong to a share. A file that the config names and that cannot be read is the last."""
    cleaner = Cleaner(conversion.config.clean)
    for number, source in enumerate(sources):
        fields = conversion.field_map()
        piece, problem = 0, None
        try:
            format_name, pieces = conversion.pieces(source)
            for piece, rows in enumerate(pieces):
                if piece % share.count != share.number:
                    continue
                seen = len(fields.layouts)
                papers, problem = _until_error(conversion.to_papers(rows(), fields, format_name=format_name))
                error = "" if problem is None else str(problem)
                yield Part(number, piece, to_block(papers, store, cleaner), fields.layouts[seen:], error)
                if problem is not None:
                    break
        except CorpusError as between:
            problem = between
            yield Part(number, piece + 1, None, error=str(between))
        if problem is not None and not source.gathered:
            return


def _until_error(rows: Iterator[Paper | Rejected]) -> tuple[list[Paper | Rejected], CorpusError | None]:
    """The rows before an error, and that."""
    papers: list[Paper | Rejected] = []
    try:
        for row in rows:
            papers.append(row)
    except CorpusError as problem:
        return papers, problem
    return papers, None


def _counted(parts: Iterator[Part], advance: Callable[[int], None]) -> list[Part]:
    counted = []
    for part in parts:
        counted.append(part)
        if part.block is not None:
            advance(part.block.read)
    return counted


def _process_count(sources: Sequence[Source]) -> int:
    size = sum(path.stat().st_size for path in {source.path for source in sources})
    return 1 if size < SHARED_FROM else max(1, min(core_count(), MOST_PROCESSES))


def write_share(folder: Path, item: str) -> None:
    """The task of another process: its share of the blocks as a file of batches, and what belongs to them as JSON."""
    task = json.loads((folder / TASK).read_text(encoding="utf-8"))
    sources = [
        Source(Path(path), member, gathered=gathered, listed=listed)
        for path, member, gathered, listed in task["sources"]
    ]
    conversion = Conversion(CorpusConfig.model_validate({**task["config"], "files": ["."]}), task["vectors_column"])
    told = []
    with (folder / f"{item}.batches").open("wb") as file:
        store = MappedFile(file, ROWS)
        for part in read_share(sources, conversion, store, share=Share(int(item), task["count"])):
            if (folder / STOP).exists():
                return
            told.append(_told(part))
        places = store.places
    (folder / f"{item}.json").write_text(json.dumps({"places": places, "parts": told}), encoding="utf-8")


def _told(part: Part) -> dict[str, object]:
    """A part as JSON, but for its papers."""
    block = part.block
    shown: dict[str, object] = {"source": part.source, "piece": part.piece, "error": part.error}
    shown["layouts"] = [list(names) for names in part.layouts]
    if block is not None:
        shown |= {
            "read": block.read,
            "number": block.number,
            "kinds": {name: sorted(kinds) for name, kinds in block.kinds.items()},
            "rejects": [[one.source, one.row, one.reason, one.id] for one in block.rejects],
        }
    return shown


def _written_share(folder: Path, item: str) -> Iterator[Part]:
    written = json.loads((folder / f"{item}.json").read_text(encoding="utf-8"))
    batches = MappedFile((folder / f"{item}.batches").open("rb"), ROWS, written["places"])
    for one in written["parts"]:
        block = None
        if "read" in one:
            rejects = [Rejected(source, row, reason, own_id) for source, row, reason, own_id in one["rejects"]]
            kinds = {name: frozenset(kinds) for name, kinds in one["kinds"].items()}
            block = Block(one["read"], rejects, kinds, batches, one["number"])
        yield Part(one["source"], one["piece"], block, [tuple(names) for names in one["layouts"]], one["error"])
