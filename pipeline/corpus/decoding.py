"""Source -> numbered lines of text; bytes that are not in its encoding are mended record by record.

A byte that does not decode becomes a lone surrogate, and stays one while a file is cut into records and parsed. Then a
record is mended: programs of Windows write lone bytes of Windows-1252 into files that are UTF-8 otherwise. Bytes in
long runs are words of another script, which nothing but the right encoding can read: such a record is rejected.
"""

import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from pipeline.corpus.record import Record, Rejected
from pipeline.corpus.sources import Source, damage_as_error
from pipeline.errors import CorpusError

LONGEST_LINE = 16 * 2**20  # characters
MOST_EMPTY = 1_000_000  # consecutive empty lines
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
LONE_BYTES = re.compile("[\udc80-\udcff]+")
LONGEST_RUN = 2  # lone bytes in a row that are still letters with accents, not words of another script
LONE = re.compile("[\ud800-\udfff]")
BYTES = "bytes read as Windows-1252"
HALVES = "half of a surrogate pair"


def read_lines(source: Source, encoding: str) -> Iterator[tuple[int, str]]:
    r"""(line number from 1, line with its ending: \n, \r\n or \r). Bytes that do not decode become lone surrogates.

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
    escapes = "\n".encode(encoding) == b"\n"  # UTF-16 and its kin cannot hold single bytes that do not decode
    with io.TextIOWrapper(
        file, encoding=encoding, errors="surrogateescape" if escapes else "strict", newline=""
    ) as text:
        while line := text.readline(LONGEST_LINE + 1):
            if len(line) > LONGEST_LINE:
                raise CorpusError(
                    f"{source}: a line longer than {LONGEST_LINE // 2**20} MB; is this one paper per line?"
                )
            yield line


def undecodable(text: str) -> bool:
    r"""Whether a text holds lone surrogates: bytes that did not decode, or broken \\u escapes."""
    if text.isascii():
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def mend_records(rows: Iterable[Record | Rejected], encoding: str) -> Iterator[Record | Rejected]:
    """The rows, lone bytes in their texts read as Windows-1252; rejected where they are words of another encoding."""
    for row in rows:
        if isinstance(row, Rejected) or row.decoded or not _any_lone(row.fields):
            yield row
        elif _any_lone(row.fields, LONE_BYTES):
            yield _mend(row, encoding)
        else:  # what UTF-8 cannot hold is left out of names, and shown as "?" in other fields
            yield replace(row, repaired=(*row.repaired, HALVES))


def _mend(record: Record, encoding: str) -> Record | Rejected:
    fields = {_mended(str(name)): _mended_value(value) for name, value in record.fields.items()}
    if _any_lone(fields, LONE_BYTES):
        return Rejected(record.source, record.row, f"not {encoding} text")
    return replace(record, fields=fields, repaired=(*record.repaired, BYTES))


def _any_lone(value: object, lone: re.Pattern[str] = LONE) -> bool:
    """Whether any text in a value has a lone surrogate; LONE_BYTES: one that stands for a byte."""
    if isinstance(value, str):
        return undecodable(value) and lone.search(value) is not None
    if isinstance(value, dict):
        return _any_of(value.values(), lone) or _any_of(value, lone)
    return isinstance(value, list | tuple) and _any_of(value, lone)


def _any_of(values: Iterable[object], lone: re.Pattern[str]) -> bool:
    for value in values:
        if isinstance(value, str) and value.isascii():  # most
            continue
        if _any_lone(value, lone):
            return True
    return False


def _mended_value(value: object) -> object:
    if isinstance(value, str):
        return _mended(value)
    if isinstance(value, dict):
        return {_mended_value(name): _mended_value(part) for name, part in value.items()}
    return [_mended_value(part) for part in value] if isinstance(value, list | tuple) else value


def _mended(text: str) -> str:
    r"""Short runs of lone bytes as letters of Windows-1252; long ones stay as they are.

    >>> _mended("Universit\udce9 de Montr\udce9al"), _mended("\udcc4\udce3\udcba\udcc3") == "\udcc4\udce3\udcba\udcc3"
    ('Université de Montréal', True)
    """
    return LONE_BYTES.sub(lambda run: _letters(run[0]), text) if undecodable(text) else text


def _letters(run: str) -> str:
    if len(run) > LONGEST_RUN:
        return run
    lone = run.encode(errors="surrogateescape")
    return "".join(bytes([byte]).decode("cp1252", errors="ignore") or chr(byte) for byte in lone)
