"""Texts of papers, rows -> text of XML and blocks of bytes, for the writers of graphs."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
REPLACEMENT = "\ufffd"
SIGNS = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}
)
LINES = 4096  # joined into one block


def xml_text(text: str) -> str:
    r"""The text as XML 1.0 shows it, between tags and in double quotes; signs that XML cannot hold are replaced.

    >>> xml_text('<b>"A" & B\n')
    '&lt;b&gt;&quot;A&quot; &amp; B&#10;'
    """
    return NOT_IN_XML.sub(REPLACEMENT, text).translate(SIGNS)


def xml_ids(ids: Sequence[str]) -> list[str]:
    r"""Ids as XML can hold them, none twice: with a number behind those that replaced signs make equal to another.

    >>> xml_ids(["a", "b\x01", "b\x02"]) == ["a", "b\ufffd", "b\ufffd-2"]
    True
    """
    taken = {one for one in ids if not NOT_IN_XML.search(one)}
    names = []
    for one in ids:
        name = plain = NOT_IN_XML.sub(REPLACEMENT, one)
        number = 2
        while name != one and name in taken:
            name, number = f"{plain}-{number}", number + 1
        taken.add(name)
        names.append(xml_text(name))
    return names


def number(value: float) -> str:
    """A number with seven digits, as short as it goes.

    >>> number(1.0), number(0.8123456789), number(-3.5e-9)
    ('1', '0.8123457', '-3.5e-09')
    """
    return f"{value:.7g}"


def in_blocks(lines: Iterable[str]) -> Iterator[bytes]:
    """Lines as UTF-8, some thousands at a time; half surrogates are replaced."""
    rest = iter(lines)
    while some := list(islice(rest, LINES)):
        yield "".join(some).encode("utf-8", "replace")
