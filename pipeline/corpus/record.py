"""Row of a source -> what becomes of it: raw fields, then a paper or a reject with a reason."""

import hashlib
import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.corpus.cleaning import Cleaned

# Field name -> value of any kind, as a reader gives it; narrowed by corpus/fields.py and adapters/parts.py.
RawRow = Mapping[str, object]


@dataclass(frozen=True)
class Record:
    """One row as its file has it. row: 1-based; lines for JSONL and listings, rows below the header for tables.

    format: the service or program that wrote it, where a reader knows that better than the file's format says.
    repaired: what had to be mended to read it, e.g. "an empty cell too many". decoded: its reader knows that no text in
    it holds a lone surrogate.
    """

    source: str
    row: int
    fields: RawRow
    format: str = ""
    repaired: tuple[str, ...] = ()
    decoded: bool = False


@dataclass(frozen=True)
class Rejected:
    """One row that is not used, and why. id: the row's, where it has one; what UTF-8 cannot hold of it is a "?"."""

    source: str
    row: int
    reason: str
    id: str | None = None

    def __post_init__(self) -> None:
        for name, text in (("source", self.source), ("reason", self.reason), ("id", self.id)):
            if text is not None and not text.isascii():
                object.__setattr__(self, name, text.encode(errors="replace").decode())


@dataclass(frozen=True)
class Paper:
    """One row as a paper. id: made from the text where the source gave none. extra: its other fields, without missing
    values. format: of the file, or the service or program that wrote it. cleaned: title and abstract as they are
    embedded, and the steps of cleaning that changed them; None where no cleaning was requested. repaired: as in Record.
    shown_steps: of cleaning, that changed title or abstract as they are shown.
    """

    source: str
    row: int
    id: str
    title: str
    abstract: str
    authors: tuple[str, ...]
    year: int | None
    extra: dict[str, object] = field(default_factory=dict)
    vector: tuple[float, ...] | None = None
    format: str = ""
    cleaned: Cleaned | None = None
    repaired: tuple[str, ...] = ()
    shown_steps: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """What is embedded."""
        source = self if self.cleaned is None else self.cleaned
        return text_of(source.title, source.abstract)

    def content_hash(self) -> bytes:
        """sha256 of everything but id, format, repairs and place in the source: decides between rows with one text."""
        return hash_content(
            self.title, self.abstract, self.authors, year=self.year, extra=self.extra, vector=self.vector
        )


def hash_content(
    title: str,
    abstract: str,
    authors: Sequence[str],
    *,
    year: int | None,
    extra: RawRow,
    vector: Sequence[float] | None = None,
) -> bytes:
    """sha256 of what a paper's source says of it, the same for extra as it was read and as JSON gives it back."""
    content = [title, abstract, list(authors), year, extra, vector]
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).digest()


def text_of(title: str, abstract: str) -> str:
    """What is embedded and hashed: title, a stop, abstract; white space folded, Unicode composed (NFC).

    >>> text_of("Sparse  GANs", "We prune.")
    'Sparse GANs. We prune.'
    >>> text_of("Sparse GANs", "")
    'Sparse GANs'
    """
    joined = f"{title}. {abstract}" if title and abstract else title or abstract
    is_folded = joined.isprintable() and "  " not in joined  # no white space but single spaces is printable
    folded = joined.strip(" ") if is_folded else " ".join(joined.split())
    return folded if folded.isascii() else unicodedata.normalize("NFC", folded)


def id_from_text(identifier: str, text_hash: bytes) -> str:
    """The id of a paper whose own id another text has: with the start of its text's sha256.

    >>> id_from_text("10.1000/x", bytes.fromhex("0badcafe" + 56 * "0"))
    '10.1000/x-0badcafe'
    """
    return f"{identifier}-{text_hash.hex()[:8]}"


def text_hash(text: str) -> bytes:
    """sha256 of a text, also of one that UTF-8 cannot hold: key of the vector cache, and the order of rows."""
    return hashlib.sha256(text.encode(errors="surrogatepass")).digest()
