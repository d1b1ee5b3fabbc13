"""Record -> Paper: which field is the title, the abstract, the authors, the year, and their values as text."""

import math
import re
from string import ascii_letters, digits

from pipeline.config import CleanConfig
from pipeline.corpus.adapters.names import NO_NAMES, is_no_name, people
from pipeline.corpus.adapters.parts import one_doi
from pipeline.corpus.adapters.people_objects import object_name
from pipeline.corpus.adapters.structured_values import paragraphs
from pipeline.corpus.adapters.usual_names import TITLES_OF_WHOLE, plain_column
from pipeline.corpus.adapters.zotero_kinds import why_no_paper
from pipeline.corpus.cited_references import with_references
from pipeline.corpus.cleaning import Cleaner
from pipeline.corpus.decoding import undecodable
from pipeline.corpus.field_roles import FieldMap, FieldRoles
from pipeline.corpus.identifiers import DOI_FIELDS, plain_name
from pipeline.corpus.record import Paper, RawRow, Record, Rejected, text_hash, text_of
from pipeline.corpus.shown_text import EVERYTHING, Shown, show, show_others
from pipeline.corpus.times_cited import with_times_cited

MISSING_WORDS = frozenset({"", "null", "nan", "none", "n/a", "na", "<na>"})
# What no word for a missing value begins with, and what nothing that stands in place of a name does.
PRESENT_STARTS = frozenset(ascii_letters + digits) - {word[:1] for one in MISSING_WORDS for word in (one, one.upper())}
NAME_STARTS = frozenset(ascii_letters) - {word[:1] for name in NO_NAMES for word in (name, name.upper())}
SURE_STARTS = NAME_STARTS & PRESENT_STARTS
LONGEST_MISSING = max(map(len, MISSING_WORDS))  # characters
# What programs write in place of a title or an abstract; compared in lower case, without brackets and stops around.
NO_VALUE = r"not (?:available|applicable|provided)|unavailable|n\.?/?a|none(?: available)?|null|nan|undefined|[-–—.]*"
NO_TITLE = re.compile(rf"no title(?: available| found)?|title (?:not (?:found|available)|unavailable)|{NO_VALUE}")
NO_ABSTRACT = re.compile(
    r"(?:there (?:is|was) )?no (?:abstract|summary|description)s?(?: text)?"
    r"(?: (?:is |was )?(?:available|provided|found|supplied|given|present|entered|recorded))?"
    r"(?: (?:for|in|with) (?:this|the) (?:article|paper|record|item|document|publication))?"
    r"|(?:full |the )?(?:abstract|summary|description) (?:is |was )?"
    r"(?:not (?:available|applicable|provided|found|given|supplied)|unavailable|missing)"
    rf"|abstract|{NO_VALUE}"
)
YEAR = re.compile(r"(?<!\d)(1[5-9]\d\d|20\d\d|21\d\d)(?=(?:(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01]))?(?!\d))")
PART = re.compile(r"in(?:proceedings|collection|book)|.*chapter|.*article", re.IGNORECASE)  # a type of records
LONGEST_ID = 500  # characters
TOO_LONG = f"an id longer than {LONGEST_ID} characters"
LONGEST_NO_TEXT = 80  # characters


def _values(content: RawRow, layout: FieldRoles) -> tuple[dict[str, object], frozenset[str | None]]:
    """Role -> value, and the fields that were used for them."""
    values = {role: content[name] for role, name in layout.roles.items()}
    used = layout.used
    for role, names in layout.instead.items():
        has_none = _has_no_year if role == "year" else is_missing
        if has_none(values[role]) and (name := next((one for one in names if not has_none(content[one])), None)):
            values[role] = content[name]
            used = used if plain_name(name) in DOI_FIELDS else used | {name}
    return values, used


def _has_no_year(value: object) -> bool:
    return find_year(value) is None


def _title_of_whole(content: RawRow) -> str:
    """Of a report or a volume, which has no title of its own; "" for a part of one."""
    plain = {plain_column(str(name)): name for name in content}
    if PART.match(str(content.get(plain.get("type", ""), ""))):
        return ""
    texts = (plain_text(content[plain[name]]) for name in TITLES_OF_WHOLE if name in plain)
    return next((text for text in texts if text), "")


def to_paper(
    record: Record,
    fields: FieldMap,
    *,
    format_name: str = "",
    cleaner: Cleaner | None = None,
    clean: CleanConfig = EVERYTHING,
) -> Paper | Rejected:
    """The paper that a record describes, or why it is none: an attachment, no text, or text that cannot be used.

    A record of a known service or program is put under the usual names first, unless the config names fields. clean:
    which markup is left out of what is shown.
    """
    no_paper, item = why_no_paper(record.fields)
    if no_paper:
        return Rejected(record.source, record.row, no_paper, item)
    adapter, content = ("", record.fields) if fields.named else fields.adapters.adapt(record.fields)
    layout = fields.whole_layout(content)
    values, used = _values(content, layout)
    identifier = plain_text(values.get("id"))
    texts = _texts(values, record, clean)
    if texts is None or identifier is None:
        wrong = next(role for role in ("title", "abstract", "id") if plain_text(values.get(role)) is None)
        return Rejected(record.source, record.row, f"its {wrong} is not text")
    title, abstract = texts[0].text, texts[1].text
    own_id = one_doi(identifier)
    too_long = len(own_id) > LONGEST_ID
    identifier, own_id = ("", "") if too_long else (identifier, own_id)
    if reason := _unusable(title, abstract, identifier, decoded=record.decoded):
        return Rejected(record.source, record.row, reason, identifier or None)
    others = {name: value for name, value in content.items() if name not in used and not is_missing(value)}
    source = adapter or record.format or format_name
    return Paper(
        source=record.source,
        row=record.row,
        id=own_id or f"text-{text_hash(text_of(title, abstract)).hex()[:16]}",
        title=title,
        abstract=abstract,
        authors=_shown_names(author_names(values.get("authors")), clean),
        year=find_year(values.get("year")),
        extra=with_times_cited(with_references(show_others(others, clean), source=source)),
        vector=_vector(content.get(fields.vectors_column)) if fields.vectors_column else None,
        format=source,
        cleaned=cleaner.clean(title, abstract) if cleaner else None,
        repaired=(*record.repaired, TOO_LONG) if too_long else record.repaired,
        shown_steps=(*texts[0].steps, *texts[1].steps),
    )


def _texts(values: RawRow, record: Record, clean: CleanConfig) -> tuple[Shown, Shown] | None:
    """Title and abstract as they are shown; None where one is no text."""
    title = _text_or_none(values.get("title"), NO_TITLE, clean)
    abstract = _text_or_none(values.get("abstract"), NO_ABSTRACT, clean)
    if title is None or abstract is None:
        return None
    if not title.text and not abstract.text:
        title = show(_title_of_whole(record.fields), clean)
    return title, abstract


def _text_or_none(value: object, absent: re.Pattern[str], clean: CleanConfig) -> Shown | None:
    text = plain_text(value)
    if text is None:
        return None
    shown = show(text, clean)
    return Shown("") if shown.text and len(shown.text) < LONGEST_NO_TEXT and says_none(shown.text, absent) else shown


def _shown_names(names: tuple[str, ...], clean: CleanConfig) -> tuple[str, ...]:
    """Names without markup; most have none."""
    if not any("&" in name or "<" in name for name in names):
        return names
    return tuple(shown for name in names if (shown := show(name, clean).text))


def says_none(text: str, absent: re.Pattern[str] = NO_ABSTRACT) -> bool:
    """Whether a text says that there is no abstract, or no title.

    >>> says_none("[No abstract available]"), says_none("Abstract not found."), says_none("No abstract nouns here")
    (True, True, False)
    """
    return absent.fullmatch(" ".join(text.lower().split()).strip("[](){}<>.,;:! ")) is not None


def _unusable(title: str, abstract: str, identifier: str, *, decoded: bool) -> str | None:
    if not title and not abstract:
        return "no title and no abstract"
    if not decoded and undecodable(title + abstract + identifier):
        return "broken Unicode: half of a surrogate pair"
    if "\0" in title or "\0" in abstract or "\0" in identifier:
        return "a NUL character"
    return None


def is_missing(value: object) -> bool:
    """Whether a value is None, NaN, infinite, empty, or a word for a missing value.

    >>> [is_missing(value) for value in (None, float("nan"), float("inf"), " NaN ", 0, "none of these")]
    [True, True, True, True, False, False]
    """
    if isinstance(value, str):
        if value[:1] in PRESENT_STARTS:  # most, without a look at the rest
            return False
        plain = value.strip()
        return len(plain) <= LONGEST_MISSING and plain.lower() in MISSING_WORDS
    return value is None or (isinstance(value, float) and not math.isfinite(value))


def plain_text(value: object) -> str | None:
    """The value as text, "" where it is missing, None where it is no text at all.

    >>> plain_text(1901.0), plain_text([" A  title "]), plain_text({"en": "A title"}) is None
    ('1901', 'A  title', True)
    """
    if isinstance(value, str):
        return "" if is_missing(value) else value.strip()
    if is_missing(value):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, list | tuple) and all(isinstance(part, str) for part in value):
        return " ".join(part.strip() for part in value)
    return paragraphs(value)


def author_names(value: object) -> tuple[str, ...]:
    """Names in order, from a list of names, a list of objects, or one text with given names first.

    >>> author_names([{"family": "Qu", "given": "Hui"}, "Qi Chang"]), author_names("Li, Hui; Qu, Hui")
    (('Hui Qu', 'Qi Chang'), ('Hui Li', 'Hui Qu'))
    """
    if is_missing(value):
        return ()
    if isinstance(value, dict):  # a list inside an object, or one author
        return author_names(next((part for part in value.values() if isinstance(part, list)), [value]))
    if isinstance(value, str):
        names = people(value)
    elif isinstance(value, list | tuple):
        names = [name for author in value if (name := _one_name(author))]
    else:
        return ()
    joined = "".join(names)
    if joined.isascii() and "\0" not in joined:  # most, all names at once
        return tuple(names)
    return tuple([name.replace("\0", "") if "\0" in name else name for name in names if not undecodable(name)])


def _one_name(author: object) -> str:
    """The name of one of several authors, "" where there is none."""
    if isinstance(author, str) and author[:1] in SURE_STARTS:  # most, without a look at the rest
        return author.rstrip()
    name = _any_name(author)
    return "" if name and name[0] not in NAME_STARTS and is_no_name(name) else name


def _any_name(author: object) -> str:
    if isinstance(author, str):
        return "" if is_missing(author) else author.strip()
    if isinstance(author, dict):
        return object_name(author)
    return "" if is_missing(author) else str(author).strip()


def find_year(value: object) -> int | None:
    """The first year between 1500 and 2199 in a number, a date or a text.

    >>> find_year("2021-03-04"), find_year(2019.0), find_year("20180501"), find_year("n.d.")
    (2021, 2019, 2018, None)
    """
    if isinstance(value, int) and 1500 <= value < 2200:  # also without reading it as text
        return int(value)
    match = None if value is None else YEAR.search(str(value))
    return int(match.group()) if match else None


def _vector(value: object) -> tuple[float, ...] | None:
    if not isinstance(value, list | tuple) or not all(isinstance(part, int | float) for part in value):
        return None
    try:
        return tuple(float(part) for part in value)
    except OverflowError:  # a whole number of hundreds of digits
        return None
