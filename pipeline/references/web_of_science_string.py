"""Cited-reference string of Web of Science -> its parts: "Author, Year, Source, Vvolume, Ppage, DOI doi".

Every part but the source may be missing, and the source may hold commas.
"""

import re
from html import unescape

from pipeline.corpus.identifiers import whole_dois
from pipeline.references.parsed_reference import ParsedReference, doi_id, first_page, ids_in, split_name

WHOLE = re.compile(
    r"(?:(?P<author>(?!\d{4}\b)[^,]{1,120}), )?(?:(?P<year>1[0-9]\d\d|20\d\d)[a-z]?(?:, |$))?(?P<source>.*?)"
    r"(?:, (?P<volume>[VU][^,\s]+(?: [^,\s]+)?))?"
    r"(?:, (?P<page>[Pp](?:\[[^\]]*\]|[A-Za-z]{0,2}\d[\w.\-]*|[xvilcXVILC]+)))?"
    r"(?:, (?:ARTN? ?|art\. no\. )(?P<article>[^,]+))?(?:, UNSP[^,]*)?(?:, (?P<doi>DOI .*|10\.\d{4,}/.*))?"
)
START = re.compile(r"(?:[^,]{1,120}, )?(?:1[4-9]\d\d|20\d\d), \S|[^,]{2,60}, [^,]+(?:, V\d+)?, [Pp]\d+(?:, DOI .*)?$")
YEAR_LAST = re.compile(r"\((?:1[4-9]|20)\d\d\)")
UNTITLED = "[No title captured]"


def looks_like_web_of_science(text: str) -> bool:
    """Whether a text is written in this form.

    >>> looks_like_web_of_science("Moe P, 2001, ICE, V1, P2"), looks_like_web_of_science("Moe P., On ice, Ice, (2001)")
    (True, False)
    """
    return START.match(text) is not None and YEAR_LAST.search(text.partition(", DOI ")[0]) is None


def parse_web_of_science(text: str) -> ParsedReference:
    """The parts of such a string.

    >>> one = parse_web_of_science("van Dijk J.A.G.M., 2005, DEEPENING DIVIDE, V1, pS40, DOI [10.1/X, DOI 10.1/x]")
    >>> (one.author, one.year, one.source, one.volume, one.page)
    ('van Dijk', 2005, 'DEEPENING DIVIDE', '1', 's40')
    """
    match = WHOLE.fullmatch(text)
    if match is None:  # line breaks
        match = WHOLE.fullmatch(" ".join(text.split())) or re.fullmatch(WHOLE, "")
    parts = match.groupdict() if match else {}
    author, source = parts.get("author") or "", parts.get("source") or ""
    if author and not source:  # one part alone is what is cited, unless a year stands beside it
        author, source = (author, "") if parts.get("year") else ("", author)
    family, initials = split_name(author) if author else ("", "")
    volume = (parts.get("volume") or "")[1:]
    page = first_page((parts.get("page") or "")[1:]) or first_page(parts.get("article") or "")
    return ParsedReference(
        author=family,
        initials=initials,
        year=int(parts["year"]) if parts.get("year") else None,
        source="" if source == UNTITLED else source,
        volume=volume.lower().lstrip("0"),
        page=page,
        ids=_dois(parts.get("doi") or "") or ids_in(text),
    )


def _dois(text: str) -> tuple[str, ...]:
    """The DOIs of the last part, whole: with the "<" and ";" of old ones, of one or of a list in brackets."""
    plain = unescape(text).replace(".PUBMED:", " ") if "&" in text or "PUBMED" in text else text
    found = []
    for piece in re.split(r"(?:, |\s|\[|\]$)+", plain):
        if piece.startswith("10.") and (dois := whole_dois(piece)):
            found.append(doi_id(dois[0]))
    return tuple(dict.fromkeys(found))
