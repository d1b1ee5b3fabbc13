"""Source -> numbered lines of text; bytes that are not in its encoding are mended record by record.

A byte that does not decode becomes a lone surrogate, and stays one while a file is cut into records and parsed. Then a
record is mended: programs of Windows write lone bytes of Windows-1252 into files that are UTF-8 otherwise. Words of
another encoding are read as such where it is known (corpus/mixed_encodings.py); a record with others is rejected.
"""

import codecs
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache, partial

from pipeline.corpus.mixed_encodings import (
    GB_MARK,
    LONGEST_RUN,
    MARKS,
    UTF8_MARK,
    has_gb18030,
    in_encoding,
    in_gb18030,
    keeps_ascii,
)
from pipeline.corpus.record import Record, Rejected
from pipeline.corpus.sources import Source, damage_as_error
from pipeline.errors import CorpusError

LONGEST_LINE = 16 * 2**20  # characters
MOST_EMPTY = 1_000_000  # consecutive empty lines
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
LINES = re.compile(r"[^\n]*\n|[^\n]+")
LONE_BYTES = re.compile("[\udc80-\udcff]+")
QUOTES = "\udc84\udc85\udc91\udc92\udc93\udc94\udc95\udc96\udc97"  # and dashes, of Windows-1252
ODD = re.compile("[\udc81-\udc83\udc86-\udc89\udc8b\udc8d\udc8f\udc90\udc98\udc9b\udc9d]")  # hardly used there
MOST_ODD = 0.2  # share of the lone bytes of a text; above it they are another encoding's, such as Shift-JIS
LONE = re.compile("[\ud800-\udfff]")
BYTES = "bytes read as Windows-1252"
HALVES = "half of a surrogate pair"
# What a lone surrogate in a text tells.
KINDS: Mapping[str, re.Pattern[str]] = {
    "words read as GB18030": re.compile(GB_MARK),
    "words read as UTF-8": re.compile(UTF8_MARK),
    BYTES: LONE_BYTES,
    HALVES: re.compile("[\ud800-\udc00\udc03-\udc7f\udd00-\udfff]"),
}


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
    encoding = _encoding_of(file.peek(3)[:3], encoding)
    if not keeps_ascii(encoding):
        yield from _raw_lines(file, source, encoding)
        return
    read = _reading(encoding, partial(_undecodable_lines, source))
    for line in _raw_lines(file, source, "utf-8"):
        yield line if line.isascii() else read(line).lstrip("\ufeff")  # the mark of each of several files put together


def _raw_lines(file: io.BufferedReader, source: Source, encoding: str) -> Iterator[str]:
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


def _undecodable_lines(source: Source) -> Iterator[str]:
    """Those of a whole file, to where it is damaged."""
    try:
        with damage_as_error(source), source.open() as file:
            yield from filter(undecodable, _raw_lines(file, source, "utf-8"))
    except CorpusError:  # which whoever reads the file reports when he gets there
        return


def _reading(encoding: str, undecodable_lines: Callable[[], Iterable[str]]) -> Callable[[str], str]:
    """Line decoded as UTF-8 -> the line in its encoding, its words of another one marked.

    undecodable_lines: those of the file; they are asked for where a line needs it.
    """
    if not _is_utf8(encoding):
        return partial(in_encoding, encoding=encoding)
    is_chinese = cache(lambda: has_gb18030(undecodable_lines()))
    return lambda line: in_gb18030(line) if undecodable(line) and is_chinese() else line


def decode_whole(content: bytes, encoding: str) -> str:
    """The text of a whole file, as its lines would be read. Raises LookupError, and UnicodeError where UTF-16 is
    broken.
    """
    encoding = _encoding_of(content[:3], encoding)
    if not keeps_ascii(encoding):
        return content.decode(encoding)
    text = content.removeprefix(codecs.BOM_UTF8).decode(errors="surrogateescape")
    if _is_utf8(encoding) and not undecodable(text):
        return text
    lines = LINES.findall(text)
    read = _reading(encoding, lambda: filter(undecodable, lines))
    return "".join(line if line.isascii() else read(line) for line in lines)


def _encoding_of(start: bytes, encoding: str) -> str:
    """The encoding that a file's mark tells; a mark of UTF-8 counts where another has wide letters."""
    if start.startswith(UTF16_MARKS):
        return "utf-16"
    return "utf-8" if start == codecs.BOM_UTF8 and not keeps_ascii(encoding) else encoding


def _is_utf8(encoding: str) -> bool:
    """Whether a name of an encoding is one of UTF-8's."""
    return codecs.lookup(encoding).name in ("utf-8", "utf-8-sig")


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
        else:
            yield _mend(row, encoding)


def _mend(record: Record, encoding: str) -> Record | Rejected:
    """Of halves of pairs, which UTF-8 cannot hold, names keep nothing, and other fields a "?"."""
    kinds = [kind for kind, lone in KINDS.items() if _any_lone(record.fields, lone)]
    fields = {_mended(str(name)): _mended_value(value) for name, value in record.fields.items()}
    if _any_lone(fields, LONE_BYTES):
        return Rejected(record.source, record.row, f"not {encoding} text")
    return replace(record, fields=fields, repaired=(*record.repaired, *kinds))


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
    r"""Short runs of lone bytes as letters of Windows-1252; long ones stay as they are, quotes around them aside.

    >>> _mended("Universit\udce9 de Montr\udce9al"), _mended("\udcc4\udce3\udcba\udcc3") == "\udcc4\udce3\udcba\udcc3"
    ('Université de Montréal', True)
    """
    if not undecodable(text):
        return text
    text = MARKS.sub("", text)
    odd = len(ODD.findall(text))
    if odd > max(1, MOST_ODD * sum(map(len, LONE_BYTES.findall(text)))):
        return text
    return LONE_BYTES.sub(lambda run: _letters(run[0]), text)


def _letters(run: str) -> str:
    if len(run.strip(QUOTES)) > LONGEST_RUN:
        return run
    lone = run.encode(errors="surrogateescape")
    return "".join(bytes([byte]).decode("cp1252", errors="ignore") or chr(byte) for byte in lone)
