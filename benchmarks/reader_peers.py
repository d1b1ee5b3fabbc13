"""Real exports -> how many of their records each reader gives, ours beside those of other programs.

A file is complete where as many records come out as it marks with a text, and as many titles and abstracts as simple
parses of it find (tests/independent_parses.py; where there is none, INDEX.tsv).
"""

import csv
import json
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.config import CorpusConfig
from pipeline.corpus import Paper, find_sources, read_papers
from pipeline.errors import CorpusError
from tests.independent_parses import NO_TEXT, Parsed, parse

OURS = "paperatlas"
# Folder of the exports -> the readers of its format.
PEERS: Mapping[str, tuple[str, ...]] = {
    "bib": ("bibtexparser 1", "bibtexparser 2", "pybtex"),
    "ris": ("rispy", "ASReview"),
    "csv": ("ASReview",),
    "xlsx": ("ASReview",),
}
WITH_US = frozenset({"bibtexparser 2", "rispy"})  # which our own environment has
SCRIPT = Path(__file__).with_name("peer_readers.py")


@dataclass(frozen=True)
class Count:
    """Records with a text, and those with a title and with an abstract. problem: why a file was not read, else ""."""

    records: int = 0
    titles: int = 0
    abstracts: int = 0
    problem: str = ""

    def covers(self, marked: "Count") -> bool:
        """Whether nothing of what a file marks is missing, and no record is there twice."""
        return self.records == marked.records and self.titles >= marked.titles and self.abstracts >= marked.abstracts


@dataclass(frozen=True)
class FileCounts:
    """What each reader gives of a file."""

    file: str
    marked: Count
    by_reader: Mapping[str, Count]

    @property
    def folder(self) -> str:
        return self.file.partition("/")[0]


def compare(exports: Path, *, peer_python: Path | None, timeout: float) -> Iterator[FileCounts]:
    """Every file of the exports (a folder, or an archive of one) by each reader of its format."""
    if exports.is_file():
        with tempfile.TemporaryDirectory() as folder, tarfile.open(exports) as archive:
            archive.extractall(folder, filter="data")
            yield from compare(_folder_of(Path(folder)), peer_python=peer_python, timeout=timeout)
        return
    with (exports / "INDEX.tsv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    for row in rows:
        path = exports / row["file"]
        counts = {OURS: _our_count(path)}
        for peer in PEERS.get(path.parent.name, ()):
            python = Path(sys.executable) if peer in WITH_US else peer_python
            if python is not None:
                counts[peer] = _peer_count(peer, path, python=python, timeout=timeout)
        yield FileCounts(row["file"], _marked(path, row), counts)


def _folder_of(folder: Path) -> Path:
    return next(index.parent for index in folder.rglob("INDEX.tsv"))


def _marked(path: Path, row: Mapping[str, str]) -> Count:
    parsed = parse(path)
    if parsed is None:
        return Count(int(row["records"]), 0, int(row["abstracts"]) if row["abstracts"].isdigit() else 0)
    return _count(_texts_of(parsed))


def _texts_of(parsed: Iterable[Parsed]) -> list[tuple[str, str]]:
    return [(one.title, one.abstract or "") for one in parsed]


def _count(records: Iterable[tuple[str, str]]) -> Count:
    """What says that there is no title or no abstract counts as none, for every reader."""
    texts = [tuple(_has_text(text) for text in record) for record in records]
    return Count(
        sum(any(record) for record in texts), sum(title for title, _ in texts), sum(abstract for _, abstract in texts)
    )


def _has_text(text: str) -> bool:
    return text.strip(" .{}\n").lower() not in NO_TEXT


def _our_count(path: Path) -> Count:
    try:
        rows = list(read_papers(find_sources([str(path)], path.parent), CorpusConfig(files=(path.name,))))
    except CorpusError as problem:
        return Count(problem=str(problem).removeprefix(f"{path}: ")[:150])
    return _count((row.title, row.abstract) for row in rows if isinstance(row, Paper))


def _peer_count(peer: str, path: Path, *, python: Path, timeout: float) -> Count:
    """By a process of its own: where it fails, its last line says why."""
    try:
        process = subprocess.run(
            [str(python), str(SCRIPT), peer, str(path)], capture_output=True, text=True, timeout=timeout, check=False
        )
    except subprocess.TimeoutExpired:
        return Count(problem=f"more than {timeout:.0f} s")
    if process.returncode:
        lines = process.stderr.strip().splitlines() or [f"ended with {process.returncode}"]
        return Count(problem=lines[-1][:150])
    return _count(tuple(json.loads(line)) for line in process.stdout.splitlines()[1:])


def peer_versions(peer_python: Path | None) -> dict[str, str]:
    """The version of each peer that is installed, told by its own environment."""
    versions = {}
    for peer in sorted({peer for peers in PEERS.values() for peer in peers}):
        python = sys.executable if peer in WITH_US else peer_python
        library = peer.split()[0].lower()
        told = subprocess.run(
            [str(python), "-c", f"import importlib.metadata as m; print(m.version({library!r}))"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        versions[peer] = told.stdout.strip() if python and not told.returncode else "not installed"
    return versions


def print_table(files: Iterable[FileCounts]) -> None:
    """A line for each file, then the complete files of each format and reader, and where a peer gives more than we."""
    kept = list(files)
    for one in kept:
        shown = ", ".join(f"{reader} {_shown(count, one.marked)}" for reader, count in one.by_reader.items())
        print(f"{one.file}: marked {_numbers(one.marked)}; {shown}")
    print("\n| format | files | reader | complete | records | titles | abstracts | not read |")
    print("|---|---|---|---|---|---|---|---|")
    for folder in dict.fromkeys(one.folder for one in kept):
        for line in _of_format(folder, [one for one in kept if one.folder == folder]):
            print(line)
    print("\nWhere another reader gives more:")
    for one in kept:
        for reader, count in one.by_reader.items():
            ours = one.by_reader[OURS]
            if (count.records, count.titles, count.abstracts) > (ours.records, ours.titles, ours.abstracts) or (
                count.titles > ours.titles or count.abstracts > ours.abstracts
            ):
                print(
                    f"* {one.file}: {reader} {_numbers(count)}, {OURS} {_numbers(ours)}, marked {_numbers(one.marked)}"
                )


def _of_format(folder: str, files: list[FileCounts]) -> Iterator[str]:
    marked = [one.marked for one in files]
    yield f"| {folder} | {len(files)} | *marked* | | {_sums(marked)} | |"
    for reader in files[0].by_reader:
        counts = [one.by_reader[reader] for one in files]
        complete = sum(one.by_reader[reader].covers(one.marked) for one in files)
        unread = sum(bool(count.problem) for count in counts)
        yield f"| {folder} | {len(files)} | {reader} | {complete} | {_sums(counts)} | {unread} |"


def _sums(counts: Iterable[Count]) -> str:
    rows = [(count.records, count.titles, count.abstracts) for count in counts]
    return " | ".join(f"{sum(column):,}" for column in zip(*rows, strict=True))


def _numbers(count: Count) -> str:
    return f"{count.records}/{count.titles}/{count.abstracts}"


def _shown(count: Count, marked: Count) -> str:
    if count.problem:
        return f"not read ({count.problem})"
    return _numbers(count) + (" complete" if count.covers(marked) else "")
