"""What one row of a source is: raw, understood as a paper, or rejected with a reason."""

import hashlib
import json
import unicodedata
from dataclasses import dataclass, field
from typing import Any

from pipeline.corpus.cleaning import Cleaned


@dataclass(frozen=True)
class Record:
    """One row as its file has it. row: 1-based; lines for JSONL and listings, rows below the header for tables.

    format: where a reader knows better than the file's own format which service or program wrote it.
    """

    source: str
    row: int
    fields: dict[str, Any]
    format: str = ""


@dataclass(frozen=True)
class Rejected:
    """One row that is not used, and why. id is what the row called itself, if anything."""

    source: str
    row: int
    reason: str
    id: str | None = None


@dataclass(frozen=True)
class Paper:
    """One row understood. `id` is made from the text where the source gave none; `extra` is all else it had;
    `format` is what wrote it: a file format, a service or a program.
    `cleaned`: title and abstract as they are embedded, and the steps of cleaning that changed them; None where nothing
    was cleaned.
    """

    source: str
    row: int
    id: str
    title: str
    abstract: str
    authors: tuple[str, ...]
    year: int | None
    extra: dict[str, Any] = field(default_factory=dict)
    vector: tuple[float, ...] | None = None
    format: str = ""
    cleaned: Cleaned | None = None

    @property
    def text(self) -> str:
        """What is embedded."""
        shown = self if self.cleaned is None else self.cleaned
        return text_of(shown.title, shown.abstract)

    def content_hash(self) -> bytes:
        """sha256 of all but id, format and the place it was read from: decides between rows with one text."""
        content = [self.title, self.abstract, list(self.authors), self.year, self.extra, self.vector]
        return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).digest()


def text_of(title: str, abstract: str) -> str:
    """What is embedded and hashed: title, a stop, abstract; white space folded, Unicode composed (NFC).

    >>> text_of("Sparse  GANs", "We prune.")
    'Sparse GANs. We prune.'
    >>> text_of("Sparse GANs", "")
    'Sparse GANs'
    """
    joined = f"{title}. {abstract}" if title and abstract else title or abstract
    return unicodedata.normalize("NFC", " ".join(joined.split()))


def text_hash(text: str) -> bytes:
    """sha256 of a text: the paper's name in the vector cache, and what rows are ordered by."""
    return hashlib.sha256(text.encode()).digest()
