"""A text that lists what a paper cites -> its references one by one: a list of JSON or Python, or ids alone."""

import json
import re

QUOTED = r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\""
PYTHON_LIST = re.compile(rf"\[\s*(?:(?:{QUOTED})\s*,\s*)*(?:{QUOTED})?\s*\]")
ONE_QUOTED = re.compile(QUOTED)
ESCAPED = re.compile(r"\\(.)")
DOI = r"(?:https?://(?:dx\.)?doi\.org/|doi:\s?)?10\.\d{4,9}/"
# What a list of ids begins with: a digit in its first word, which no name of an author has.
FIRST = re.compile(r"(?:doi:\s?|https?://)?[^\s,;|]*\d", re.IGNORECASE)
MAY_LIST = re.compile(rf"\s*(?:\[|{FIRST.pattern})", re.IGNORECASE)
# Between two ids of which the second cannot be a part of the first, as what stands behind ";" in old DOIs is.
BETWEEN = re.compile(rf"(?<![\s,;|])[\s,;|]+(?={DOI}|https?://|W\d{{3,}}\b)", re.IGNORECASE)
ID = re.compile(rf"(?:{DOI}|https?://)[^\s|]+|W\d{{3,}}", re.IGNORECASE)
SEPARATOR = re.compile(r"[,;|]")
ANY_SEPARATOR = re.compile(r"[\s,;|]")
KEY = re.compile(r"(?=\D*\d)[\w.:/()+-]+")
COUNT = re.compile(r"\d{1,4}(?:\.0)?")


def is_count(value: object) -> bool:
    """Whether a value that stands for references says only how many there are.

    >>> is_count(25), is_count("25.0"), is_count("31000001"), is_count(["25"])
    (True, True, False, False)
    """
    if isinstance(value, str):
        return COUNT.fullmatch(value.strip()) is not None
    return isinstance(value, int | float) and not isinstance(value, bool) and COUNT.fullmatch(str(value)) is not None


def listed_references(text: str) -> list[object]:
    """The references in one text: texts or objects; the text alone where it is no list.

    >>> listed_references('["10.1000/x", "10.1000/y"]'), listed_references("['W123', 'W456']")
    (['10.1000/x', '10.1000/y'], ['W123', 'W456'])
    >>> listed_references("10.1000/x, https://doi.org/10.1000/y;10.1000/z"), listed_references("moe2001, aho2002a")
    (['10.1000/x', 'https://doi.org/10.1000/y', '10.1000/z'], ['moe2001', 'aho2002a'])
    >>> listed_references("Aho A, 2001, J ICE, V1, P2"), listed_references("10.1002/(SICI)17:15<1::AID-S9>3.0.CO;2-2")
    (['Aho A, 2001, J ICE, V1, P2'], ['10.1002/(SICI)17:15<1::AID-S9>3.0.CO;2-2'])
    """
    plain = text.strip()
    if plain.startswith("[") and plain.endswith("]"):
        if (listed := _list_of_json(plain)) is not None:
            return listed
        if PYTHON_LIST.fullmatch(plain):
            return [ESCAPED.sub(r"\1", one[1:-1]) for one in ONE_QUOTED.findall(plain)]
        plain = plain[1:-1].strip()
    return list(_ids(plain) if ANY_SEPARATOR.search(plain) and FIRST.match(plain) else ()) or [text]


def _list_of_json(text: str) -> list[object] | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, list) else None


def _ids(text: str) -> list[str]:
    """The ids of a text that has nothing else, two at least; else none."""
    for separator, form in ((BETWEEN, ID), (SEPARATOR, KEY)):
        parts = [part.strip().strip(" ,;|") for part in separator.split(text)]
        parts = [part for part in parts if part]
        if len(parts) > 1 and all(form.fullmatch(part) for part in parts):
            return parts
    return []
