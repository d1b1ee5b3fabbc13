"""Fields of a paper -> its identifiers: DOIs, arXiv ids, title key, web addresses; and links to them."""

import html
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote, urlsplit

from pipeline.corpus.record import RawRow

# Fields that may hold a DOI, an arXiv id or an address, compared without case, spaces, '-' and '_'.
DOI_FIELDS = frozenset({"doi", "dois"})  # hold a DOI and nothing else
BARE_FIELDS = frozenset({"id", "key", "arxiv", "arxivid", "eprint"})  # may be a bare arXiv id
ADDRESS_FIELDS = frozenset({"url", "urls", "link", "links", "ee", "landingpageurl"})
TEXT_FIELDS = frozenset({"externalids", "identifier", "journal", "volume", "note", "howpublished"})
IDENTIFIER_FIELDS = DOI_FIELDS | BARE_FIELDS | ADDRESS_FIELDS | TEXT_FIELDS
DOI = re.compile(r"\b10\.\d{4,9}/[^\s\x00-\x1f\x7f-\x9f\"<>{}|\\^`]+", re.IGNORECASE)
WHOLE_DOI = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:\s*)?(10\.\d{4,9}/[^\s\x00-\x1f\x7f-\x9f]+)", re.IGNORECASE)
ADDRESS = re.compile(r"https?://[^\s\x00-\x1f\x7f-\x9f<>\"{}|\\^`]+", re.IGNORECASE)
ARXIV_ID = r"(\d{4}\.\d{4,5}|[a-z-]+(?:\.[a-z]{2})?/\d{7})(?:v\d+)?"
ARXIV = re.compile(rf"(?:arxiv\s*[:.]\s*|arxiv\.org/(?:abs|pdf)/|\babs/(?!pii/)){ARXIV_ID}", re.IGNORECASE)
BARE_ARXIV = re.compile(ARXIV_ID, re.IGNORECASE)
ARXIV_DOI = "10.48550/arxiv."
DOI_HOSTS = frozenset({"doi.org", "dx.doi.org", "www.doi.org"})
ARXIV_HOSTS = frozenset({"arxiv.org", "www.arxiv.org", "export.arxiv.org"})
# What publishers append to a DOI in the address of a page.
TAIL = re.compile(
    r"(?:/(?:full|abstract|pdf|epdf|html|meta|fulltext|references|figures)|\.pdf|\.html|\.full|v\d+(?=\.full|\.pdf|$))+$",
    re.IGNORECASE,
)
LATEX_LETTERS = {"{\\textless}": "<", "{\\textgreater}": ">", "\\textless": "<", "\\textgreater": ">"}
SHORTEST_TITLE = 16  # letters and digits; "Editorial" or "Introduction" identifies no paper
ASCII_SIGNS = dict.fromkeys(code for code in range(128) if not chr(code).isalnum())
DENSE = 0x2E80  # from here on a letter is a syllable or a word, and counts as three


@dataclass(frozen=True)
class Identifiers:
    """dois: lower case. arxiv: without version. title: its key, letters and digits alone, "" where it is too short
    to identify a paper.

    addresses: web addresses, in order.
    """

    dois: tuple[str, ...]
    arxiv: tuple[str, ...]
    title: str
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True)
class Link:
    """A name to show, and the http address that it leads to."""

    name: str
    address: str


def identify(fields: RawRow) -> Identifiers:
    """The identifiers in a paper's fields; fields of other names are not searched, but for the title."""
    dois: dict[str, None] = {}
    arxiv: dict[str, None] = {}
    addresses: dict[str, None] = {}
    for name, text in _identifying(fields):
        if name in DOI_FIELDS:
            field_dois = whole_dois(text)
        elif name in ADDRESS_FIELDS:
            field_dois = []
            for address in ADDRESS.findall(text):
                addresses |= {address: None}
                field_dois += _dois_of_address(address)
        else:
            field_dois = find_dois(text)
        dois |= dict.fromkeys(doi for doi in field_dois if not doi.startswith(ARXIV_DOI))
        arxiv |= dict.fromkeys(doi.removeprefix(ARXIV_DOI) for doi in field_dois if doi.startswith(ARXIV_DOI))
        arxiv |= dict.fromkeys(find_arxiv(text, bare=name in BARE_FIELDS))
    return Identifiers(tuple(dois), tuple(arxiv), title_key(str(fields.get("title") or "")), tuple(addresses))


def _identifying(fields: RawRow) -> list[tuple[str, str]]:
    """(plain name, text) of the fields with identifiers, those for DOIs first, addresses last."""
    texts = []
    for name, value in fields.items():
        plain = plain_name(name)
        if plain in IDENTIFIER_FIELDS and value is not None:
            text = "\n".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
            texts.append((plain, text))
    return sorted(texts, key=lambda one: (one[0] not in DOI_FIELDS, one[0] in ADDRESS_FIELDS))


def whole_dois(text: str) -> list[str]:
    """The DOIs of a field that holds nothing else: whole, whatever characters they have.

    >>> whole_dois("https://doi.org/10.1002/(SICI)1097-0258(19980815/30)17:15/16&lt;1661::AID-SIM968&gt;3.0.CO;2-2")
    ['10.1002/(sici)1097-0258(19980815/30)17:15/16<1661::aid-sim968>3.0.co;2-2']
    """
    plain = html.unescape(text)
    for latex, letter in LATEX_LETTERS.items():
        plain = plain.replace(latex, letter)
    plain = re.sub(r"\\([_%&#{}])", r"\1", plain)
    return [doi.rstrip(".,;").lower() for doi in WHOLE_DOI.findall(plain)]


def _dois_of_address(address: str) -> list[str]:
    """The DOI that a web address leads to: of the resolver itself, or in the path of a publisher's page."""
    if "10." not in address and "%" not in address:
        return []
    try:
        parts = urlsplit(address)
    except ValueError:  # brackets that are no IPv6 address
        return []
    path = unquote(parts.path)
    if (parts.hostname or "") in DOI_HOSTS:
        return whole_dois(path.lstrip("/"))
    match = DOI.search(path)
    return [_trimmed(TAIL.sub("", match[0]))] if match else []


@lru_cache(maxsize=4096)
def plain_name(field: str) -> str:
    """A field's name without case, spaces, '-' and '_'."""
    return re.sub(r"[\s_-]", "", field.lower())


def find_dois(text: str) -> list[str]:
    """Every DOI in a text, in lower case, without the punctuation that ends a sentence.

    >>> find_dois("see https://doi.org/10.1016/S0140-6736(20)30183-5. And (10.1000/AB12).")
    ['10.1016/s0140-6736(20)30183-5', '10.1000/ab12']
    """
    return [_trimmed(doi) for doi in DOI.findall(text)]


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
    return [whole[1].lower()] if whole else [name.lower() for name in ARXIV.findall(text)]


def title_key(title: str) -> str:
    """Letters and digits alone, without case and accents; "" where too few are left to identify one paper.

    >>> title_key("{Ü}ber GANs: A  Survey!") == title_key("über gans — a survey"), title_key("Introduction")
    (True, '')
    """
    if title.isascii():
        key = title.lower().translate(ASCII_SIGNS)
        return key if len(key) >= SHORTEST_TITLE else ""
    plain = unicodedata.normalize("NFKD", title).casefold()
    key = "".join(letter for letter in plain if letter.isalnum())
    return key if sum(3 if ord(letter) >= DENSE else 1 for letter in key) >= SHORTEST_TITLE else ""


def links(fields: RawRow) -> tuple[Link, ...]:
    """Where a paper can be read: its DOI, its arXiv page, then the other addresses its source gave.

    >>> [link.address for link in links({"id": "2101.00001", "doi": "10.1000/x"})]
    ['https://doi.org/10.1000/x', 'https://arxiv.org/abs/2101.00001']
    """
    identifiers = identify(fields)
    return (
        *(Link("DOI", f"https://doi.org/{doi}") for doi in identifiers.dois),
        *(Link("arXiv", f"https://arxiv.org/abs/{name}") for name in identifiers.arxiv),
        *(Link("web page", address) for address in identifiers.addresses if not _is_linked(address, identifiers)),
    )


def _is_linked(address: str, identifiers: Identifiers) -> bool:
    """Whether an address is that of a DOI or arXiv page that is linked already."""
    try:
        host = urlsplit(address).hostname or ""
    except ValueError:
        return False
    return (host in DOI_HOSTS and bool(identifiers.dois or identifiers.arxiv)) or (
        host in ARXIV_HOSTS and bool(identifiers.arxiv)
    )
