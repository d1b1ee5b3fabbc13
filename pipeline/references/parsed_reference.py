"""Text of a reference -> its parts by name: ParsedReference, and how years, pages, names and ids are written in it."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from pipeline.corpus.identifiers import ARXIV_DOI, WHOLE_DOI, find_arxiv, find_dois, whole_dois

YEAR = re.compile(r"(?<![\d/.-])(1[4-9]\d\d|20\d\d)(?=[a-z]?(?![\d/]))")
FIRST_PAGE = re.compile(r"[A-Za-z]{0,3}\d+|[ivxlc]+\b", re.IGNORECASE)
INITIALS = re.compile(r"(?:[^\W\d_]{1,2}\.[\s\-‐]*)+(?:[^\W\d_]\.?)?|[A-ZÀ-Þ]{1,4}|(?:[A-ZÀ-Þ]\.?[\s\-‐])+[A-ZÀ-Þ]\.?")
SUFFIX = re.compile(r"(?:[JS]r\.?|II|III|IV|2nd|3rd)", re.IGNORECASE)
PARTICLES = frozenset(
    (
        "van",
        "von",
        "der",
        "den",
        "de",
        "del",
        "della",
        "di",
        "da",
        "du",
        "la",
        "le",
        "dos",
        "das",
        "ter",
        "ten",
        "zu",
        "al",
    )
)
ORGANISATION = re.compile(
    r"\b(?:commission|council|bank|agency|institut\w*|universit\w*|ministr\w*|department|organi[sz]ation|committee|"
    r"association|society|office|group|government|board|centre|center|nations|union|authority|forum|foundation|"
    r"parliament|federation|consortium|collaboration|team|network|fund|company|corporation|inc|ltd|academy|bureau)\b",
    re.IGNORECASE,
)
NO_AUTHOR = re.compile(r"\W*(?:anonymous|anon|no author|null|undefined|n/?a)\W*|\W*", re.IGNORECASE)
DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class ParsedReference:
    """One reference by its parts, "" or None where it does not say.

    author: family name of the first author, or an organisation. initials: of the first author, without stops.
    source: journal, book or series, as written. page: the first. ids: each with its scheme in front, as
    "doi:10.1000/x", "pmid:31000001", "arxiv:2101.00001", "openalex:W1", "s2:0a1b"; "id:" where it is not known.
    """

    author: str = ""
    initials: str = ""
    year: int | None = None
    title: str = ""
    source: str = ""
    volume: str = ""
    page: str = ""
    ids: tuple[str, ...] = ()

    @property
    def doi(self) -> str:
        """The first DOI, in lower case, "" without one."""
        return next((one[4:] for one in self.ids if one.startswith("doi:")), "")

    @property
    def is_empty(self) -> bool:
        """Whether nothing in it could tell one work from another."""
        return not (self.ids or self.title or self.source or (self.author and self.year))


def year_in(text: str) -> int | None:
    """The first number in a text that can be a year.

    >>> year_in("2009 Dec;19(4):504-22"), year_in("12345"), year_in("in press")
    (2009, None, None)
    """
    found = YEAR.search(text)
    return int(found[1]) if found else None


def first_page(text: str) -> str:
    """The first page of a range, in lower case.

    >>> first_page("S504-22"), first_page("p. 12"), first_page("[1709, 1714]"), first_page("n/a")
    ('s504', '12', '1709', '')
    """
    found = FIRST_PAGE.search(re.sub(r"(?i)^\W*pp?\.?\s+", "", text))
    page = found[0].lower() if found and (found[0][-1].isdigit() or found[0].islower()) else ""
    return "" if page.strip("0") == "" else page


def are_initials(text: str) -> bool:
    """Whether a text is the initials of a person.

    >>> [are_initials(text) for text in ("T. L.", "J.-P.", "WM", "Th.", "Thomas", "Jr.")]
    [True, True, True, True, False, False]
    """
    return len(text) <= 16 and SUFFIX.fullmatch(text) is None and INITIALS.fullmatch(text) is not None


@lru_cache(maxsize=65536)
def split_name(name: str) -> tuple[str, str]:
    """(family name, initials) of a name with the family first, or given first where a comma or full names say so.

    >>> split_name("Marion Young Iris"), split_name("van Dijk J.A.G.M."), split_name("Saaty, Thomas L.")
    (('Marion Young', 'I'), ('van Dijk', 'JAGM'), ('Saaty', 'TL'))
    >>> split_name("European Commission"), split_name("*US CENS"), split_name("[Anonymous]")
    (('European Commission', ''), ('US CENS', ''), ('', ''))
    """
    plain = " ".join(name.split()).strip(" ,;*\"'“”")
    if NO_AUTHOR.fullmatch(plain):
        return "", ""
    if ORGANISATION.search(plain) or name.startswith("*"):
        return plain, ""
    family, comma, given = plain.partition(", ")
    if comma:
        return family, _initials_of(given)
    words = plain.split(" ")
    end = len(words)
    while end > 1 and are_initials(words[end - 1]) and not (end == 2 and words[0].lower() in PARTICLES):
        end -= 1
    if end == len(words) and end > 1 and words[-2].lower() not in PARTICLES:
        end -= 1
    return " ".join(words[:end]), _initials_of(" ".join(words[end:]))


def given_first(name: str) -> tuple[str, str]:
    """(family name, initials) of a name whose given names come first.

    >>> given_first("Ida B. de Larsen"), given_first("Larsen, Ida"), given_first("Larsen IB")
    (('de Larsen', 'IB'), ('Larsen', 'I'), ('Larsen', 'IB'))
    """
    words = name.strip().split()
    if "," in name or len(words) < 2 or ORGANISATION.search(name) or are_initials(words[-1]):
        return split_name(name)
    start = next((at for at, word in enumerate(words) if at and word.lower() in PARTICLES), len(words) - 1)
    return " ".join(words[start:]), _initials_of(" ".join(words[:start]))


def _initials_of(given: str) -> str:
    parts = [part for part in re.split(r"[\s.\-‐,]+", given) if part and not SUFFIX.fullmatch(part)]
    return "".join(part if part.isupper() and len(part) <= 4 else part[0].upper() for part in parts)


def plain_key(text: str) -> str:
    """Letters and digits alone, without case and accents.

    >>> plain_key("Gödel, K.-H."), plain_key("LÓPEZ-Moe")
    ('godelkh', 'lopezmoe')
    """
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text.replace("ø", "o").replace("Ø", "o").replace("ł", "l"))
    return "".join(filter(str.isalnum, text.casefold()))


def ids_in(text: str) -> tuple[str, ...]:
    """The DOIs and arXiv ids in a text, each with its scheme.

    >>> ids_in("ARXIV170907886"), ids_in("doi:10.48550/arXiv.2101.00001"), ids_in("https://doi.org/10.1000/X.")
    (('arxiv:1709.07886',), ('arxiv:2101.00001',), ('doi:10.1000/x',))
    """
    dois = whole_dois(text) if WHOLE_DOI.fullmatch(text.strip()) else find_dois(text) if "10." in text else []
    found = [doi_id(doi) for doi in dois]
    if "rxiv" in text or "RXIV" in text:
        found += [f"arxiv:{name}" for name in find_arxiv(text)]
        found += [f"arxiv:{one[:4]}.{one[4:]}" for one in re.findall(r"(?i)\barxiv(\d{8,9})\b", text)]
    return tuple(dict.fromkeys(found))


def doi_id(doi: str) -> str:
    """A DOI with its scheme, the DOIs of arXiv as arXiv ids."""
    return f"arxiv:{doi.removeprefix(ARXIV_DOI)}" if doi.startswith(ARXIV_DOI) else f"doi:{doi}"
