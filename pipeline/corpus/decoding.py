"""Source -> numbered lines of text: decoded one by one, so that a line that does not decode is one reject."""

import io
from collections.abc import Iterator

from pipeline.corpus.sources import Source, damage_as_error
from pipeline.errors import CorpusError

LONGEST_LINE = 16 * 2**20  # bytes
MOST_EMPTY = 1_000_000  # consecutive empty lines
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def read_lines(source: Source, encoding: str) -> Iterator[tuple[int, str]]:
    """(line number from 1, line with its ending). Bytes that do not decode become lone surrogates.

    UTF-16 that starts with its mark is read as that, whatever the encoding. Raises CorpusError for what makes all rows
    unreadable: a NUL byte, a damaged compressed file, an unknown encoding.
    """
    number = 0
    try:
        with damage_as_error(source, lambda: number), source.open() as file:
            empty = 0
            for number, line in enumerate(_split_lines(file, source, encoding), start=1):
                empty = empty + 1 if len(line) <= 2 else 0
                if empty > MOST_EMPTY:
                    raise CorpusError(f"{source}: {MOST_EMPTY:,} empty lines in a row up to line {number:,}: no papers")
                if "\0" in line:
                    raise CorpusError(
                        f"{source}: NUL byte in line {number}: a binary file, or UTF-16 text"
                        ' (then set corpus.encoding = "utf-16")'
                    )
                yield number, line.removeprefix("\ufeff") if number == 1 else line
    except LookupError:
        raise CorpusError(
            f"corpus.encoding = {encoding!r}: Python knows no such encoding; try utf-8 or latin-1"
        ) from None
    except UnicodeError:
        raise CorpusError(f"{source}: not {encoding} text; set corpus.encoding to the file's own") from None


def _split_lines(file: io.BufferedReader, source: Source, encoding: str) -> Iterator[str]:
    if file.peek(2)[:2] in UTF16_MARKS:
        encoding = "utf-16"
    if "\n".encode(encoding) != b"\n":  # UTF-16 and its kin: lines can be found only after decoding
        with io.TextIOWrapper(file, encoding=encoding, newline="") as text:
            yield from text
        return
    while line := file.readline(LONGEST_LINE + 1):
        if len(line) > LONGEST_LINE:
            raise CorpusError(f"{source}: a line longer than {LONGEST_LINE // 2**20} MB; is this one paper per line?")
        yield line.decode(encoding, errors="surrogateescape")


def undecodable(text: str) -> bool:
    r"""Whether a text holds lone surrogates: bytes that did not decode, or broken \\u escapes."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False
