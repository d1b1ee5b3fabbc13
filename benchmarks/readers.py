"""How fast papers are read from each format, and in how much memory; and what broken files cost.

100,000 papers are written in each format, then read in a process of its own: the file's rows alone (the reader), and
as papers (fields recognised, cleaned, checked), and as a corpus (identified, merged, as tables; large files by as many
processes as there are cores). CPU seconds are those of all processes: on a machine that does other work, what the wall
clock says is no measure. A quarter of the papers shows by how much memory grows with the file.

    python -m benchmarks.readers [--papers FILE] [--rounds 3]

With --peers, how many records our readers and those of other programs give of real exports (reader_peers.py):

    python -m benchmarks.readers --peers FOLDER_OR_TAR [--peer-python PATH]
"""

import argparse
import resource
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from benchmarks.common import PAPERS, machine, read_papers, run_measured, spread
from benchmarks.reader_peers import compare, peer_versions, print_table
from pipeline.config import CorpusConfig
from pipeline.corpus import Source, read_corpus
from pipeline.corpus import read_papers as to_papers
from pipeline.corpus.formats import find_format
from pipeline.errors import CorpusError
from pipeline.export import WRITERS
from tests.broken_files import write_all

FORMS = ("jsonl", "csv", "parquet", "ris", "bibtex")
MANY = PAPERS.with_name("arxiv-100k.jsonl.gz")


def read_one(path: Path, how: str) -> None:
    """Reads a file as the subprocess of a measurement; prints rows, seconds, and CPU seconds of all its processes."""
    source = Source(path)
    start = time.perf_counter()
    if how == "broken":
        try:
            rows = read_corpus(CorpusConfig(files=(path.name,)), path.parent).tables.read
        except CorpusError:
            rows = 0
    elif how == "rows":
        found = find_format(source)
        assert found is not None
        rows = sum(1 for _ in found.read(source, "utf-8"))
    elif how == "corpus":
        rows = read_corpus(CorpusConfig(files=(path.name,)), path.parent).tables.read
    else:
        rows = sum(1 for _ in to_papers([source], CorpusConfig(files=(path.name,))))
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(rows, time.perf_counter() - start, sum(one.ru_utime + one.ru_stime for one in used))


@dataclass(frozen=True)
class Reading:
    """rows read; wall and CPU seconds; peak resident memory of all processes in GB."""

    rows: int
    seconds: float
    cpu: float
    memory: float


def measure(path: Path, how: str) -> Reading:
    """One reading in a process of its own."""
    _, memory, told = run_measured([sys.executable, "-m", "benchmarks.readers", "--one", str(path), "--how", how])
    rows, seconds, cpu = told.split()
    return Reading(int(rows), float(seconds), float(cpu), memory)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--papers", type=Path, default=MANY)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--how", help=argparse.SUPPRESS)
    parser.add_argument("--peers", type=Path, help="folder or archive of real exports with their INDEX.tsv")
    parser.add_argument("--peer-python", type=Path, help="Python with bibtexparser 1, pybtex, rispy and asreview")
    parser.add_argument("--peer-timeout", type=float, default=120.0, help="seconds a file")
    asked = parser.parse_args()
    if asked.one:
        read_one(asked.one, asked.how)
        return
    if asked.peers:
        print(machine("pyarrow"), peer_versions(asked.peer_python))
        print_table(compare(asked.peers, peer_python=asked.peer_python, timeout=asked.peer_timeout))
        return
    print(machine("pyarrow", "rispy", "bibtexparser"))
    papers = pa.Table.from_pylist(read_papers(asked.papers))
    with tempfile.TemporaryDirectory() as folder:
        for form in FORMS:
            whole = Path(folder) / f"whole{WRITERS[form].ending}"
            part = Path(folder) / f"part{WRITERS[form].ending}"
            whole.write_bytes(WRITERS[form].write(papers))
            part.write_bytes(WRITERS[form].write(papers.slice(0, len(papers) // 4)))
            for how in ("rows", "papers", "corpus"):
                rounds = [measure(whole, how) for _ in range(asked.rounds)]
                speeds = [one.rows / one.seconds / 1000 for one in rounds]
                cpu = min(one.cpu / one.rows * 1e6 for one in rounds)
                memory = statistics.median(one.memory for one in rounds)
                quarter = measure(part, how)
                grown = (memory - quarter.memory) * 1e9 / (rounds[0].rows - quarter.rows)
                told = f"{spread(speeds)} thousand a second, {cpu:.0f} microseconds of CPU a paper, {memory:.2f} GB"
                print(f"{form}, {how}: {told}; from a quarter on {grown:.0f} bytes a paper", flush=True)
        broken = Path(folder) / "broken"
        broken.mkdir()
        costs = {name: measure(broken / name, "broken") for name in list(write_all(broken))}
        slowest = max(costs, key=lambda name: costs[name].seconds)
        largest = max(costs, key=lambda name: costs[name].memory)
        print(f"{len(costs)} broken files; the slowest: {slowest}, {costs[slowest].seconds:.1f} s")
        print(f"the largest: {largest}, {costs[largest].memory:.2f} GB")


if __name__ == "__main__":
    main()
