"""Reference as Scopus prints it -> its parts: the older form with the year inside, and the newer with it at the end.

Saaty, T.L., On scales (1980) Ice, 3 (4), pp. 229-248. , Publisher
Saaty T.L., Moe P., On scales, Ice, 3, 4, pp. 229-248, (1980)
"""

import re

from pipeline.references.parsed_reference import (
    ORGANISATION,
    PARTICLES,
    SUFFIX,
    ParsedReference,
    are_initials,
    first_page,
    ids_in,
    split_name,
)

YEAR_INSIDE = re.compile(r"\((1[4-9]\d\d|20\d\d)[a-z]?\)")
YEAR_AT_END = re.compile(r"[,.]?\s*\((1[4-9]\d\d|20\d\d)[a-z]?\)\s*\.?$")
PAGES = re.compile(r"\bpp?\.\s*([A-Za-z]{0,3}\d+|[ivxlc]+)", re.IGNORECASE)
VOLUME_ISSUE = re.compile(r"^(.*?),\s*(?:vol\.?\s*)?([A-Z]?\d+[\w\-]*)(?:\s*\([^)]*\))?(?:,|\.|$)", re.IGNORECASE)
NUMBER = re.compile(r"[A-Za-z]{0,2}\d+[\w\-/. ]{0,12}|(?:suppl?\.?|special issue|part)\b.{0,12}", re.IGNORECASE)
PMID = re.compile(r"\b(?:PMID|PID):?\s*(\d{5,9})\b")
ADDRESS = re.compile(r"https?://", re.IGNORECASE)
LISTED_SOURCE = re.compile(r"\s(?:&|and)\s")
JOURNAL = re.compile(r"(?:International )?Journal of\b")
MOST_NAME_WORDS = 4


def looks_like_scopus(text: str) -> bool:
    """Whether a text has a year in parentheses where Scopus has it: after a title, or last."""
    inside = YEAR_INSIDE.search(text)
    return inside is not None and (YEAR_AT_END.search(text) is not None or text[inside.end()] in " ,")


def parse_scopus(text: str) -> ParsedReference:
    """The parts of such a reference; one without an author begins with its title.

    >>> one = parse_scopus("Saaty, T. L., Moe, P., On scales, ratios (1980) Ice, 3 (4), pp. 229-248. , PID: 21394218")
    >>> (one.author, one.initials, one.year, one.title, one.source, one.volume, one.page, one.ids)
    ('Saaty', 'TL', 1980, 'On scales, ratios', 'Ice', '3', '229', ('pmid:21394218',))
    >>> one = parse_scopus("Saaty T.L.; Moe P., On scales, ratios, Ice, 3, 4, pp. 229-248, (1980)")
    >>> (one.author, one.year, one.title, one.source, one.volume, one.page)
    ('Saaty', 1980, 'On scales, ratios', 'Ice', '3', '229')
    """
    plain = " ".join(text.split())
    ids = (*ids_in(plain), *(f"pmid:{one}" for one in PMID.findall(plain)))
    pages = PAGES.search(plain)
    page = first_page(pages[1]) if pages else ""
    if (end := YEAR_AT_END.search(plain)) or not (inside := YEAR_INSIDE.search(plain)):
        head = plain[: end.start()] if end else plain
        author, initials, rest = _authors(head)
        title, source, volume = _from_the_end(rest)
        return ParsedReference(author, initials, int(end[1]) if end else None, title, source, volume, page, ids)
    author, initials, rest = _authors(plain[: inside.start()].strip().rstrip(","))
    title, (source, volume) = ", ".join(rest), _source_and_volume(plain[inside.end() :].strip())
    if not title:  # a book: what follows the year is its title
        title, source = source, ""
    return ParsedReference(author, initials, int(inside[1]), title, source, volume, page, ids)


def _authors(head: str) -> tuple[str, str, list[str]]:
    """(family name of the first author, initials, segments after the authors)."""
    people, semicolon, rest = head.rpartition("; ")
    if semicolon and not rest.startswith("http") and (name := split_name(people.split("; ")[0].rstrip(",")))[0]:
        last, _, title = rest.partition(", ")
        if len(people.split("; ")[0]) <= 60 and len(last.split()) <= MOST_NAME_WORDS + 1:
            return name[0], name[1], _segments(title)
    segments = _segments(head)
    first: tuple[str, str] = ("", "")
    while segments and (size := _name_size(segments, is_first=not first[0])):
        name = split_name(", ".join(segments[:size])) if size > 1 else split_name(segments[0])
        first = first if first[0] else name
        segments = segments[size:]
        while segments and (SUFFIX.fullmatch(segments[0]) or segments[0].lower().rstrip(".") == "et al"):
            segments = segments[1:]
    return first[0], first[1], segments


def _segments(text: str) -> list[str]:
    return [part.strip() for part in text.split(", ") if part.strip(" ,")]


def _name_size(segments: list[str], *, is_first: bool) -> int:
    """How many segments at the front are one name: 2 for "Moe, P.", 1 for "Moe P.", 0 where a title begins."""
    name, following = segments[0], segments[1] if len(segments) > 1 else ""
    words = name.split()
    if len(words) > MOST_NAME_WORDS + 1 or any(letter.isdigit() for letter in name) or ADDRESS.match(name):
        return 0
    if len(words) <= MOST_NAME_WORDS and (are_initials(following) or _initials_then_particle(following)):
        return 2
    if len(words) > 1 and are_initials(words[-1]) and not ORGANISATION.search(name):
        capital = name.isupper() and len(words) > 2 and "." not in words[-1]
        return 0 if capital else 1
    if is_first and len(segments) > 2 and _is_full_name(words, following):
        return 2
    return 0


def _initials_then_particle(text: str) -> bool:
    """Whether a text is initials with what belongs to the family name behind them, as in "A.J. van"."""
    head, _, tail = text.partition(" ")
    return (
        bool(tail)
        and are_initials(head)
        and all(word.lower() in PARTICLES or SUFFIX.fullmatch(word) or are_initials(word) for word in tail.split())
    )


def _is_full_name(words: list[str], following: str) -> bool:
    """Whether a family name of one or two words stands before given names: "Chao, Xiangrui"."""
    given = following.split()
    if not 1 <= len(words) <= 2 or not 1 <= len(given) <= 3 or ORGANISATION.search(" ".join((*words, *given))):
        return False
    return all(
        word[0].isupper()
        and word.replace("-", "").replace("'", "").replace(".", "").isalpha()
        and not (len(word) > 3 and word.isupper() and "." not in word)
        for word in (*words, *given)
    )


def _from_the_end(segments: list[str]) -> tuple[str, str, str]:
    """(title, source, volume) out of "title, source, volume, issue, pp. 1-2"; a lone segment is the title."""
    rest = [part for part in segments if not PAGES.match(part) and not ADDRESS.match(part)]
    numbers: list[str] = []
    while len(rest) > 1 and NUMBER.fullmatch(rest[-1]):
        numbers.insert(0, rest.pop())
    if len(rest) < 2:
        return (rest[0] if rest else ""), "", ""
    if len(rest) > 2 and LISTED_SOURCE.search(rest[-1]) and (len(rest[-2].split()) < 3 or JOURNAL.match(rest[-2])):
        rest[-2:] = [f"{rest[-2]}, {rest[-1]}"]  # "Accounting, Organizations and Society"
    volume = numbers[0].lower().split(" ")[0] if numbers else ""
    return ", ".join(rest[:-1]), rest[-1], volume


def _source_and_volume(text: str) -> tuple[str, str]:
    """(source, volume) of what follows the year: "Ice, 3 (4), pp. 229-248. , Publisher"."""
    head = text.split(" , ")[0].strip().rstrip(",")
    if found := VOLUME_ISSUE.match(head):
        return found[1].strip(), found[2].lower()
    pages = PAGES.search(head)
    return head[: pages.start() if pages else None].strip().strip(",. "), ""
