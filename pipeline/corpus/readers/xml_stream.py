"""Bytes -> elements of XML, each as soon as it has ended; what XML forbids is mended on the way.

Entities are not resolved, no DTD is loaded and nothing is fetched. Programs write into XML what XML does not allow, and
a parser stops there: control characters of copied abstracts, named entities of HTML, lone bytes of Windows-1252 in
UTF-8. They are replaced before the parser sees them, so that the papers behind them are read as well.
"""

import codecs
import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html.entities import html5
from typing import IO

from pipeline.corpus.readers.xml_parts import SPACE, Element

SAFE = {"resolve_entities": False, "no_network": True, "load_dtd": False, "remove_comments": True, "remove_pis": True}
CHUNK = 65_536  # bytes
MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{1,40})["']""")
# Lone bytes, as the decoder gives them, and characters that XML 1.0 forbids; these by number, and named entities.
FORBIDDEN = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
REFERENCE = re.compile("&(?:#(?:x([0-9a-fA-F]{1,8})|([0-9]{1,8}))|([A-Za-z][A-Za-z0-9]{1,31}));")
EITHER = re.compile(f"{FORBIDDEN.pattern}|{REFERENCE.pattern}")
OPEN_ENTITY = re.compile(r"&[#A-Za-z0-9]{0,33}\Z")
OF_XML = frozenset({"amp", "lt", "gt", "quot", "apos"})
# A lone byte travels through the parser as a character of a private plane that no font uses.
LONE, CARRIED = 0xDC00, 0x10F700
CARRIERS = re.compile("[\U0010f780-\U0010f7ff]")
CHARACTER, ENTITY, BYTE = "a character that XML forbids", "a named entity of HTML", "a lone byte"


class XmlBreakError(Exception):
    """XML that cannot be read on from here; its text is the parser's reason, on one line."""


@dataclass(frozen=True)
class Piece:
    """Text for the parser, and what was mended at its end."""

    text: str
    mended: str = ""


def elements(
    file: IO[bytes], *, tags: Iterable[str] | None = None, event: str = "end", encoding: str = "utf-8"
) -> Iterator[tuple[Element, tuple[str, ...]]]:
    """Each element of these tags (any where None) as it ends, with what was mended since the one before.

    event: "start" gives elements as they begin. encoding: of a file that names none. Raises XmlBreakError.
    """
    from lxml import etree

    parser = etree.XMLPullParser(events=(event,), tag=None if tags is None else tuple(tags), encoding="utf-8", **SAFE)
    mended: dict[str, None] = {}
    try:
        for piece in _pieces(file, encoding):
            parser.feed(piece.text.encode())
            for _, element in parser.read_events():
                yield element, tuple(mended)
                mended.clear()
            if piece.mended:
                mended[piece.mended] = None
        parser.close()
    except etree.XMLSyntaxError as problem:
        raise XmlBreakError(SPACE.sub(" ", str(problem.msg or problem)).strip()) from None
    for _, element in parser.read_events():
        yield element, tuple(mended)
        mended.clear()


def _pieces(file: IO[bytes], encoding: str) -> Iterator[Piece]:
    rest = ""
    for text in _decoded(file, encoding):
        text = rest + text
        open_entity = OPEN_ENTITY.search(text)
        end = open_entity.start() if open_entity else len(text)
        rest = text[end:]
        yield from _mended(text[:end])
    yield from _mended(rest)


def _decoded(file: IO[bytes], encoding: str) -> Iterator[str]:
    chunk = file.read(CHUNK)
    declared = DECLARED.search(chunk[:400])
    name = next((codec for mark, codec in MARKS if chunk.startswith(mark)), None)
    name = name or (declared[1].decode() if declared else encoding)
    errors = "replace" if name.lower().replace("_", "-").startswith(("utf-16", "utf-32")) else "surrogateescape"
    try:
        decoder = codecs.getincrementaldecoder(name)(errors=errors)
        while chunk:
            yield decoder.decode(chunk)
            chunk = file.read(CHUNK)
        yield decoder.decode(b"", final=True)
    except LookupError:
        raise XmlBreakError(f"it says that its encoding is {name!r}, which Python does not know") from None


def _mended(text: str) -> Iterator[Piece]:
    """The text cut behind each place that was mended."""
    done = 0
    pattern = EITHER if FORBIDDEN.search(text) else REFERENCE  # the second alone is several times faster
    for wrong in pattern.finditer(text):
        replacement, mended = _instead(wrong)
        if mended:
            yield Piece(text[done : wrong.start()] + replacement, mended)
            done = wrong.end()
    if text[done:]:
        yield Piece(text[done:])


def _instead(wrong: re.Match[str]) -> tuple[str, str]:
    """What stands for a match, and the name of the repair; "" for a reference that XML allows."""
    if not wrong[0].startswith("&"):
        lone = 0xDC80 <= ord(wrong[0]) <= 0xDCFF
        return (chr(ord(wrong[0]) - LONE + CARRIED), BYTE) if lone else (" ", CHARACTER)
    hexadecimal, decimal, name = wrong.groups()
    if name:
        known = name not in OF_XML and f"{name};" in html5
        return (html.escape(html.unescape(wrong[0])), ENTITY) if known else ("", "")
    number = int(hexadecimal, 16) if hexadecimal else int(decimal)
    return ("", "") if _allowed(number) else (" ", CHARACTER)


def _allowed(number: int) -> bool:
    """Whether XML 1.0 allows a character."""
    return number in (9, 10, 13) or 0x20 <= number < 0xD800 or 0xE000 <= number < 0xFFFE or 0x10000 <= number < 0x110000


def lone_bytes_back(value: object) -> object:
    r"""A value with the lone bytes that it carries as lone surrogates again, as every reader gives them.

    >>> lone_bytes_back(["caf\U0010f7e9"]) == ["caf\udce9"]
    True
    """
    if isinstance(value, str):
        return CARRIERS.sub(lambda one: chr(ord(one[0]) - CARRIED + LONE), value)
    if isinstance(value, dict):
        return {name: lone_bytes_back(part) for name, part in value.items()}
    return [lone_bytes_back(part) for part in value] if isinstance(value, list) else value
