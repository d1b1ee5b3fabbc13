"""Result pages -> a JSONL file that a later call can continue, with notes beside it on where the download stopped."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from pipeline.atomic_write import write_atomically
from pipeline.errors import PaperatlasError


class Position(TypedDict, total=False):
    """Where to continue: `start` for services that count, `cursor` and `done` for OpenAlex, `ids` found by PubMed."""

    start: int
    place: int
    cursor: str
    done: int
    ids: list[str]


@dataclass
class Store:
    """file: JSONL that is written; request: what its records answer, as JSON.

    written, missing: counts so far; state: where to continue, None for a new download.
    """

    file: Path
    request: Mapping[str, object]
    written: int = 0
    missing: int = 0
    state: Position | None = None

    @property
    def _notes(self) -> Path:
        return self.file.with_name(self.file.name + ".part")

    def open(self) -> bool:
        """Whether an interrupted download is continued. Raises PaperatlasError where the file holds something else."""
        if not self._notes.exists():
            if self.file.exists():
                raise PaperatlasError(f"{self.file}: exists already; name another file, or delete it")
            return False
        try:
            size, same = self._read_notes()
        except (OSError, ValueError, KeyError, TypeError) as problem:
            raise PaperatlasError(f"{self._notes}: damaged ({problem}); delete it and {self.file}") from None
        if not same:
            raise PaperatlasError(
                f"{self.file}: holds the unfinished download of another request; finish that one, or delete the file"
                f" and {self._notes.name}"
            )
        if not self.file.exists() or self.file.stat().st_size < size:
            raise PaperatlasError(f"{self.file}: shorter than {self._notes.name} says; delete both and start again")
        with self.file.open("ab") as file:
            file.truncate(size)  # a page that was cut off while it was written is fetched again
        return True

    def _read_notes(self) -> tuple[int, bool]:
        """Restores counts and state; gives the bytes written so far, and whether they answer the same request."""
        notes = json.loads(self._notes.read_text(encoding="utf-8"))
        self.written, self.missing, self.state = int(notes["written"]), int(notes["missing"]), notes["state"]
        if not isinstance(notes["state"], dict):
            raise TypeError("no state")
        return int(notes["bytes"]), notes["asked"] == json.loads(json.dumps(dict(self.request)))

    def add(self, papers: Sequence[Mapping[str, object]], *, missing: int, state: Position) -> None:
        """Append one page. state: where to continue after it. Raises PaperatlasError where it cannot be written."""
        try:
            with self.file.open("ab") as file:
                for paper in papers:
                    file.write(json.dumps(paper, ensure_ascii=False).encode(errors="replace") + b"\n")
                file.flush()
                size = file.tell()
            self.written, self.missing, self.state = self.written + len(papers), self.missing + missing, state
            notes = {"asked": dict(self.request), "written": self.written, "missing": self.missing, "state": state}
            write_atomically(self._notes, json.dumps(notes | {"bytes": size}).encode())
        except OSError as problem:
            raise PaperatlasError(f"{self.file}: cannot be written: {problem.strerror or problem}") from None

    def close(self) -> None:
        """The download is complete: the notes are removed."""
        self._notes.unlink(missing_ok=True)
