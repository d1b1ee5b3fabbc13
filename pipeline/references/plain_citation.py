"""Reference in any other form, as journals print it, PubMed abbreviates it or Dimensions exports it -> its parts."""

import re

from pipeline.references.parsed_reference import YEAR, ParsedReference, are_initials, first_page, ids_in, split_name

NUMBERING = re.compile(r"^\s*(?:\[\d{1,4}\]|\(\d{1,4}\)|\d{1,4}[.)])\s+")
LOCATION = re.compile(
    r"(?:^|[\s,;.])(?P<volume>[A-Z]?\d{1,5})\s*(?:\([^)]{0,40}\))?\s*[:,]\s*(?:pp?\.\s*)?(?P<page>[A-Za-z]?\d+)"
    r"(?:\s*[-–]+\s*[A-Za-z]?\d+)?"
)
PUBMED_SHORT = re.compile(r"^(?P<source>[^.;]{2,120}?(?:\([^)]*\))?)\.\s+(?P<year>(?:1[4-9]|20)\d\d)\b(?P<rest>.*)$")
ADDRESS_OR_DOI = re.compile(r"(?:https?://|doi:?\s*10\.|\bdoi\.org/)\S*", re.IGNORECASE)
DIMENSIONS = re.compile(r"^\[(?P<authors>[^|]*)\]?\|(?P<rest>(?:[^|]*\|){5,}.*)$")
SENTENCE_END = re.compile(r"(?<=[^\WA-Z\d_][.?!])\s+(?=\W*[A-ZÀ-Þ\d])|(?<=\d\.)\s+(?=[A-ZÀ-Þ])")
LONGEST_AUTHORS = 600


def parse_dimensions(text: str) -> ParsedReference | None:
    """The parts of "[names]|[ids]|source|year|volume|issue|pages|DOI|id|times cited", None for another form.

    >>> parse_dimensions("[Moe, Per; Aho, P.]|[ur.1; ]|Ice|2002|18|3|223-239|10.1000/X|pub.10|34").page
    '223'
    """
    match = DIMENSIONS.match(text)
    if match is None:
        return None
    cells: list[str] = match["rest"].split("|")
    if cells[0].startswith("["):
        cells = cells[1:]
    source, year, volume, _, pages, doi, own = (cells + [""] * 7)[:7]
    family, initials = split_name(match["authors"].rstrip("]").split(";")[0])
    number = YEAR.fullmatch(year)
    ids = (*ids_in(doi), *((f"dimensions:{own}",) if own.startswith("pub.") else ()))
    return ParsedReference(
        family, initials, int(number[1]) if number else None, "", source, volume.lower(), first_page(pages), ids
    )


def parse_plain(text: str) -> ParsedReference:
    """The parts of a citation as journals print it: authors, year, title and source in the usual orders.

    >>> one = parse_plain("Moe KC, Aho GM. 2000. The effect of fog. Ecological Applications 10: 528-540.")
    >>> (one.author, one.year, one.title, one.source, one.volume, one.page)
    ('Moe', 2000, 'The effect of fog', 'Ecological Applications', '10', '528')
    >>> one = parse_plain("[7] Aho, P. M., & Moe, K. (2004). On ice: a view. Ice Letters, 3(2), 1-9. doi:10.1000/x")
    >>> (one.author, one.initials, one.year, one.title, one.source, one.ids)
    ('Aho', 'PM', 2004, 'On ice: a view', 'Ice Letters', ('doi:10.1000/x',))
    >>> one = parse_plain("Neuropsychol Rev. 2009 Dec;19(4):504-22")
    >>> (one.author, one.year, one.source, one.volume, one.page)
    ('', 2009, 'Neuropsychol Rev', '19', '504')
    """
    whole = NUMBERING.sub("", " ".join(text.split()))
    ids = ids_in(whole)
    plain = ADDRESS_OR_DOI.sub("", whole).strip(" ,")
    if ADDRESS_OR_DOI.match(whole):  # a page of the web, with what was said of it
        year = YEAR.search(plain)
        return ParsedReference(year=int(year[1]) if year else None, title=plain, ids=ids)
    place = LOCATION.search(plain, _after_year(plain)) or LOCATION.search(plain)
    volume, page = (place["volume"].lower(), first_page(place["page"])) if place else ("", "")
    if (short := PUBMED_SHORT.match(plain)) and ("," not in short["source"] or "(" in short["source"]):
        where = LOCATION.search(short["rest"])
        volume, page = (where["volume"].lower(), first_page(where["page"])) if where else ("", "")
        return ParsedReference("", "", int(short["year"]), "", short["source"], volume, page, ids)
    year = _year_of(plain, place.start() if place else len(plain))
    head, rest = _cut(plain, year)
    family, initials = _first_author(head)
    title, source = _title_and_source(rest)
    return ParsedReference(family, initials, int(year[1]) if year else None, title, source, volume, page, ids)


def _after_year(text: str) -> int:
    year = YEAR.search(text)
    return year.end() if year else 0


def _year_of(text: str, location: int) -> re.Match[str] | None:
    """The year in parentheses or between stops, else the last one before volume and page, else the first."""
    years = list(YEAR.finditer(text))
    framed = [
        one
        for one in years
        if text[max(one.start() - 2, 0) : one.start()].rstrip(" ")[-1:] in "(.;"
        and text[one.end() : one.end() + 2].lstrip("abcdef")[:1] in ").;:,"
    ]
    before = [one for one in years if one.start() <= location]
    return next(iter(framed or before[-1:] or years), None)


def _cut(text: str, year: re.Match[str] | None) -> tuple[str, str]:
    """(authors, what follows them). Where the year comes early it stands between the two."""
    if year is not None and year.start() <= LONGEST_AUTHORS:
        head = text[: year.start()].rstrip(" (.,")
        if len(SENTENCE_END.split(head)) == 1:
            return head, text[year.end() :].lstrip("abcdef").lstrip(" ).,:;")
    head, _, rest = text.partition(". ")
    while rest and are_initials(head.rpartition(", ")[2]):  # "P. M. Aho. On ice"
        more, _, rest = rest.partition(". ")
        head = f"{head}. {more}"
    return (head, rest) if rest else ("", text)


def _first_author(head: str) -> tuple[str, str]:
    pieces = [piece.strip() for piece in re.split(r",\s+|;\s+|\s+(?:and|&)\s+", head) if piece.strip(" .,&")]
    if not pieces or len(pieces[0].split()) > 6:
        return "", ""
    if len(pieces) > 1 and are_initials(pieces[1]):
        return split_name(f"{pieces[0]}, {pieces[1]}")
    words = pieces[0].split()
    if len(words) > 1 and are_initials(words[0]) and not are_initials(words[-1]):
        return split_name(f"{words[-1]}, {' '.join(words[:-1])}")
    if len(pieces) > 1 and len(words) == 1 and len(pieces[1].split()) <= 2 and ";" in head:
        return split_name(f"{pieces[0]}, {pieces[1]}")
    return split_name(pieces[0])


def _title_and_source(text: str) -> tuple[str, str]:
    sentences = [part.strip() for part in SENTENCE_END.split(text) if part.strip()]
    title = sentences[0].rstrip(".") if sentences else ""
    source = sentences[1] if len(sentences) > 1 else ""
    return title, re.split(r",|\s\d", source)[0].strip(" .")
