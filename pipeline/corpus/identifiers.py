"""Fields of a paper -> the names the world knows it by: DOI, arXiv id, title; and links to them."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# Fields that may hold a DOI, an arXiv id or an address, compared without case, spaces, '-' and '_'.
IDENTIFIER_FIELDS = frozenset(
    {
        *("id", "key", "doi", "dois", "arxiv", "arxivid", "eprint", "externalids", "identifier", "landingpageurl"),
        *("url", "urls", "link", "links", "ee", "journal", "volume", "note", "howpublished"),
    }
)
BARE_FIELDS = frozenset({"id", "key", "arxiv", "arxivid", "eprint"})  # an arXiv id may stand here by itself
ADDRESS_FIELDS = frozenset({"url", "urls", "link", "links", "ee", "landingpageurl"})
DOI = re.compile(r"\b10\.\d{4,9}/[^\s\x00-\x1f\x7f-\x9f\"<>{}|\\^`]+", re.IGNORECASE)
ADDRESS = re.compile(r"https?://[^\s\x00-\x1f\x7f-\x9f<>\"{}|\\^`]+", re.IGNORECASE)
ARXIV_ID = r"(\d{4}\.\d{4,5}|[a-z-]+(?:\.[a-z]{2})?/\d{7})(?:v\d+)?"
ARXIV = re.compile(rf"(?:arxiv\s*[:.]\s*|arxiv\.org/(?:abs|pdf)/|\babs/){ARXIV_ID}", re.IGNORECASE)
BARE_ARXIV = re.compile(ARXIV_ID, re.IGNORECASE)
ARXIV_DOI = "10.48550/arxiv."
SHORTEST_TITLE = 12  # letters and digits; "Editorial" or "Introduction" names no paper


@dataclass(frozen=True)
class Identifiers:
    """dois: lower case. arxiv: without version. title: its letters and digits alone, "" where it is too short to tell.

    addresses: web addresses, in their order.
    """

    dois: tuple[str, ...]
    arxiv: tuple[str, ...]
    title: str
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True)
class Link:
    """A name to click on, and the http address behind it."""

    name: str
    address: str


def identify(fields: Mapping[str, Any]) -> Identifiers:
    """What a paper's fields say of its identity; fields that hold no identifiers are not looked at."""
    dois: dict[str, None] = {}
    arxiv: dict[str, None] = {}
    addresses: dict[str, None] = {}
    for name, value in fields.items():
        plain = plain_name(name)
        if plain not in IDENTIFIER_FIELDS or value is None:
            continue
        text = "\n".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
        found = find_dois(text)
        dois |= dict.fromkeys(doi for doi in found if not doi.startswith(ARXIV_DOI))
        arxiv |= dict.fromkeys(doi.removeprefix(ARXIV_DOI) for doi in found if doi.startswith(ARXIV_DOI))
        arxiv |= dict.fromkeys(find_arxiv(text, bare=plain in BARE_FIELDS))
        if plain in ADDRESS_FIELDS:
            addresses |= dict.fromkeys(ADDRESS.findall(text))
    return Identifiers(tuple(dois), tuple(arxiv), title_key(str(fields.get("title") or "")), tuple(addresses))


def plain_name(field: str) -> str:
    """A field's name without case, spaces, '-' and '_'."""
    return re.sub(r"[\s_-]", "", field.lower())


def find_dois(text: str) -> list[str]:
    """Every DOI in a text, in lower case, without the punctuation that ends a sentence.

    >>> find_dois("see https://doi.org/10.1016/S0140-6736(20)30183-5. And (10.1000/AB12).")
    ['10.1016/s0140-6736(20)30183-5', '10.1000/ab12']
    """
    return [_trimmed(found) for found in DOI.findall(text)]


def _trimmed(doi: str) -> str:
    while doi and (doi[-1] in ".,;:'*" or (doi[-1] in ")]" and doi.count(")") + doi.count("]") > _openings(doi))):
        doi = doi[:-1]
    return doi.lower()


def _openings(text: str) -> int:
    return text.count("(") + text.count("[")


def find_arxiv(text: str, *, bare: bool = False) -> list[str]:
    """Every arXiv id in a text, without its version; bare: the whole text may be one.

    >>> find_arxiv("arXiv:2101.00001v2, https://arxiv.org/abs/cs/0101001"), find_arxiv("2101.00001", bare=True)
    (['2101.00001', 'cs/0101001'], ['2101.00001'])
    """
    whole = BARE_ARXIV.fullmatch(text.strip()) if bare else None
    return [whole[1].lower()] if whole else [found.lower() for found in ARXIV.findall(text)]


def title_key(title: str) -> str:
    """Letters and digits alone, without case and accents; "" where too few are left to name one paper.

    >>> title_key("{Ü}ber GANs: A  Survey!") == title_key("über gans — a survey"), title_key("Editorial")
    (True, '')
    """
    plain = unicodedata.normalize("NFKD", title).casefold()
    key = "".join(letter for letter in plain if letter.isalnum())
    return key if len(key) >= SHORTEST_TITLE else ""


def links(fields: Mapping[str, Any]) -> tuple[Link, ...]:
    """Where a paper can be read: its DOI, its arXiv page, then the other addresses its source gave.

    >>> [link.address for link in links({"id": "2101.00001", "doi": "10.1000/x"})]
    ['https://doi.org/10.1000/x', 'https://arxiv.org/abs/2101.00001']
    """
    known = identify(fields)
    found = [Link("DOI", f"https://doi.org/{doi}") for doi in known.dois]
    found += [Link("arXiv", f"https://arxiv.org/abs/{name}") for name in known.arxiv]
    said = ("doi.org/", "arxiv.org/")
    found += [Link("web page", at) for at in known.addresses if not any(part in at.lower() for part in said)]
    return tuple(found)
