"""Plain listing -> records: three lines a paper (title, authors, abstract), after one line with its owner's name.

Authors are `Family, Given, Family, Given, ...`; an unknown part is `null`, and a lone `:` (left by
"DeepSeek-AI : ...") is no author. A first line "Family, Given" is the owner's, unless three lines a paper come out
even without it. Blank lines between papers do not count; one in the place of the authors or the abstract means that
there are none.
"""

import re
from collections.abc import Iterator, Sequence

from pipeline.corpus.decoding import read_lines
from pipeline.corpus.file_format import Format
from pipeline.corpus.record import Record, Rejected
from pipeline.corpus.sources import Source

NO_AUTHOR = ("null", ":", "")
AUTHORS = re.compile(r"(?:(?:[^\W\d_a-z][^,]{0,60}|null|:)(?:, |$))+")
LEAST_FITTING = 0.5  # share of the papers whose second line holds authors, or nothing
OWNER = re.compile(r"[^,]{1,60}, [^,]{1,60}(?<![.?!])")


def read(source: Source, encoding: str) -> Iterator[Record | Rejected]:
    """Each three lines as a record."""
    lines = read_lines(source, encoding)
    if _has_owner(source, encoding):
        next((line for _, line in lines if line.strip()), None)
    for number, line in lines:
        if not line.strip():
            continue
        title, authors, abstract = line.strip(), next(lines, (0, ""))[1].strip(), next(lines, (0, ""))[1].strip()
        names = split_authors(authors)
        if names is None:
            reason = "the second line is not 'Family, Given, Family, Given, ...': are there three lines a paper?"
            yield Rejected(source.name, number, reason)
            continue
        yield Record(source.name, number, {"title": title, "authors": names, "abstract": abstract})


def looks_so(text: str) -> bool:
    """Whether the second of every three lines mostly holds authors: pairs of names that begin with a capital."""
    lines = text.splitlines()
    while lines and not lines[-1].strip():
        lines.pop()
    full = [line for line in lines if line.strip()]
    owner = bool(full) and OWNER.fullmatch(full[0].strip()) is not None and not (len(full) % 3 == 0 and full == lines)
    seconds = _second_lines(lines, skip_first=owner)
    fitting = sum(
        not line or (AUTHORS.fullmatch(line) is not None and split_authors(line) is not None) for line in seconds
    )
    return any(seconds) and fitting >= LEAST_FITTING * len(seconds)


def _second_lines(lines: Sequence[str], *, skip_first: bool) -> list[str]:
    """The line below each title: blank lines count within a paper, and not between papers."""
    seconds, rest = [], iter(lines)
    for line in rest:
        if not line.strip():
            continue
        if skip_first:
            skip_first = False
            continue
        seconds.append(next(rest, "").strip())
        next(rest, None)
    return seconds


def _has_owner(source: Source, encoding: str) -> bool:
    texts = [bool(line.strip()) for _, line in read_lines(source, encoding)]
    first = next((line.strip() for _, line in read_lines(source, encoding) if line.strip()), "")
    even = sum(texts) % 3 == 0 and all(texts)
    return OWNER.fullmatch(first) is not None and not even


def split_authors(line: str) -> list[str] | None:
    """Given and family name of each author, in order; None where the parts do not pair up.

    >>> split_authors("DeepSeek-AI, null, :, null, Wu, Z. F., Bi, Xiao")
    ['DeepSeek-AI', 'Z. F. Wu', 'Xiao Bi']
    """
    parts = [part.strip() for part in line.split(",")] if line else []
    if len(parts) % 2:
        return None
    pairs = zip(parts[1::2], parts[::2], strict=True)
    names = (" ".join(part for part in pair if part not in NO_AUTHOR) for pair in pairs)
    return [name for name in names if name]


FORMAT = Format("listing", (".txt",), read)
