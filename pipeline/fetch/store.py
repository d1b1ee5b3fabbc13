"""Pages of papers -> a JSONL file that a later call can go on with, from what is written and where it stopped."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.atomic_write import write_atomically
from pipeline.errors import PaperatlasError


@dataclass
class Store:
    """file: what is written; asked: what it is the answer to. written, missing: so far; state: from where to go on."""

    file: Path
    asked: Mapping[str, Any]
    written: int = 0
    missing: int = 0
    state: dict[str, Any] | None = None

    @property
    def _notes(self) -> Path:
        return self.file.with_name(self.file.name + ".part")

    def open(self) -> bool:
        """Whether an earlier call is gone on with. Raises PaperatlasError where the file is another's."""
        if not self._notes.exists():
            if self.file.exists():
                raise PaperatlasError(f"{self.file}: exists already; name another file, or delete it")
            return False
        try:
            notes = json.loads(self._notes.read_text(encoding="utf-8"))
            same = notes["asked"] == json.loads(json.dumps(dict(self.asked)))
            self.written, self.missing, self.state = int(notes["written"]), int(notes["missing"]), dict(notes["state"])
            size = int(notes["bytes"])
        except (OSError, ValueError, KeyError, TypeError) as problem:
            raise PaperatlasError(f"{self._notes}: damaged ({problem}); delete it and {self.file}") from None
        if not same:
            raise PaperatlasError(f"{self.file}: the unfinished answer to another question; finish that, or delete it")
        with self.file.open("ab") as file:
            file.truncate(size)  # a page that was cut off while it was written is fetched again
        return True

    def add(self, papers: list[dict[str, Any]], missing: int, state: dict[str, Any]) -> None:
        """One page, and from where to go on after it. Raises PaperatlasError where it cannot be written."""
        try:
            with self.file.open("ab") as file:
                for paper in papers:
                    file.write(json.dumps(paper, ensure_ascii=False).encode(errors="replace") + b"\n")
                file.flush()
                size = file.tell()
            self.written, self.missing, self.state = self.written + len(papers), self.missing + missing, state
            notes = {"asked": dict(self.asked), "written": self.written, "missing": self.missing, "state": state}
            write_atomically(self._notes, json.dumps(notes | {"bytes": size}).encode())
        except OSError as problem:
            raise PaperatlasError(f"{self.file}: cannot be written: {problem.strerror or problem}") from None

    def close(self) -> None:
        """The answer is whole."""
        self._notes.unlink(missing_ok=True)
