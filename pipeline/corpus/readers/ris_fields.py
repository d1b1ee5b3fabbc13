"""(tag, value) lines of a RIS reference -> its fields, under rispy's names of the tags and ours.

The id is the DOI where there is one: the ID field is only a number within one export.
"""

import re
from collections.abc import Callable, Mapping, Sequence

from rispy.config import TAG_KEY_MAPPING

from pipeline.corpus.adapters.names import given_name_first, names_of_line
from pipeline.words.stop_words import FUNCTION_WORDS

OURS: Mapping[str, str] = {
    **TAG_KEY_MAPPING,
    "TY": "type",
    "ID": "reference_id",
    "BT": "booktitle",
    "ED": "editors",
    "CR": "references",
    "PMID": "pmid",
    "PMCID": "pmc",
    "DOI": "doi",
}
OUR_NAMES = frozenset(OURS.values())
LISTED = frozenset(
    {
        *("authors", "first_authors", "secondary_authors", "tertiary_authors", "subsidiary_authors", "editors"),
        *("keywords", "notes", "urls", "references"),
    }
)
# Which are written once for each of several values.
JOINED = frozenset(
    {"author_address", "issn", "file_attachments1", "file_attachments2", "figure", "publisher", "name_of_database"}
)
# Our name -> rispy's names of the tags that mean it: the first that has a value counts. Journals write their full name
# in JF, publishers in JO where T2 is the title of an issue.
MEANINGS: Mapping[str, tuple[str, ...]] = {
    "title": ("title", "primary_title", "short_title", "booktitle", "translated_title"),
    "abstract": ("abstract", "notes_abstract"),
    "year": ("year", "publication_year", "date"),
    "journal": ("alternate_title3", "journal_name", "secondary_title", "alternate_title2", "alternate_title1", "j9"),
}
ABSTRACTS = frozenset(MEANINGS["abstract"])
IN_BOOKS = frozenset({"CHAP", "ECHAP", "BOOK", "EBOOK", "EDBOOK", "CONF", "CPAPER"})
YEAR = re.compile(r"(?<!\d)(?:1[5-9]|20|21)\d\d(?!\d)")
WHOLE_DATE = re.compile(r"(?<!\d)((?:1[5-9]|20|21)\d\d)(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])(?!\d)")
COPYRIGHT = re.compile(r"(?:Copyright of .{1,300} is the property of|\(PsycInfo Database Record)", re.IGNORECASE)
ADDRESSES = re.compile(r"(?:(?<!\s)\s*;\s*|(?<!\s)\s+|,)(?=https?://)")
# To its end, or to a link that was joined to it.
DOI = re.compile(r"10\.\d{1,9}(?:\.\d+)*/(?:(?![,;|]\s*https?:)[^\s\"<]|<[^\s>]*>)+")
WHOLE_DOI = re.compile(rf"(?:doi:?\s*|https?://(?:dx\.|www\.)?doi\.org/)?({DOI.pattern})", re.IGNORECASE)
DOI_ADDRESS = re.compile(rf"https?://(?:dx\.|www\.)?doi\.org/({DOI.pattern})", re.IGNORECASE)
DOI_ELSEWHERE = (
    "l3",
    "type_of_work",
    "note",
    "custom7",
    "accession_number",
    "reference_id",
)  # where EBSCO and others write it
SHORTEST_TEXT, LEAST_ENGLISH = 15, 0.22  # words; share of them
LONGEST_DOI = 400  # characters; beyond that it is no DOI


def to_fields(tagged: Sequence[tuple[str, str]]) -> dict[str, object]:
    """The fields of a reference; of tags that mean the same the first that has a value, the others under their names.

    >>> to_fields([("TY", "JOUR"), ("TI", "On ice"), ("AU", "Moe, P."), ("JO", "Ice"), ("ZZ", "other")])
    {'title': 'On ice', 'journal': 'Ice', 'authors': ['P. Moe'], 'type': 'JOUR', 'zz': 'other'}
    """
    groups = _group(tagged)
    notes, references = _split_references(groups.pop("notes", []))
    rest: dict[str, object] = {name: _value(name, values) for name, values in groups.items()}
    rest |= {"notes": notes} if notes else {}
    rest |= {f"{name}_2": more for name, values in groups.items() if (more := _second(name, values))}
    fields = _meanings(rest)
    people, groups_of_people = _split_authors(tagged)
    fields |= {"authors": people}
    fields |= {"group_authors": groups_of_people} if groups_of_people else {}
    for name in ("authors", "first_authors", "doi", "doi_2"):
        rest.pop(name, None)
    if rest.get("type") in IN_BOOKS and "editors" not in rest and "secondary_authors" in rest:
        rest["editors"] = rest.pop("secondary_authors")
    fields |= {name: value for name, value in rest.items() if value not in ("", [])}
    fields |= _doi_fields(groups, notes)
    if "pmid" in fields and "doi" not in fields:
        fields["id"] = f"pmid:{fields['pmid']}"
    if references:
        fields["references"] = references
    return fields


def _split_authors(tagged: Sequence[tuple[str, str]]) -> tuple[list[str], list[str]]:
    """(authors, groups): A1 below AU is what Web of Science calls a group author, a consortium or a publisher."""
    tags = [tag for tag, _ in tagged]
    last = len(tags) - tags[::-1].index("AU") if "AU" in tags else len(tags)
    groups = _names(tagged[last:], ("A1",)) if "A1" in tags else []
    return _names(tagged[:last], ("AU", "A1")), groups


def _group(tagged: Sequence[tuple[str, str]]) -> dict[str, list[list[str]]]:
    """Name of a tag -> the lines of each of its values."""
    groups: dict[str, list[list[str]]] = {}
    name = ""
    for tag, value in tagged:
        if tag:
            name = OURS.get(tag, tag.lower())
            groups.setdefault(name, []).append([value] if value else [])
        elif name and name != "type":
            groups[name][-1].append(value)
    return groups


def _value(name: str, values: Sequence[Sequence[str]]) -> str | list[str]:
    if name in LISTED:
        lines = [line for lines in values for line in lines]
        return [part for line in lines for part in (ADDRESSES.split(line) if name == "urls" else [line]) if part]
    if len(values) == 1:
        return " ".join(values[0])
    texts = list(dict.fromkeys(text for lines in values if (text := " ".join(lines))))
    if name in ABSTRACTS:
        return " ".join(_alike([text for text in texts if not COPYRIGHT.match(text)])) or " ".join(texts)
    return "; ".join(texts) if name in JOINED or name not in OUR_NAMES else (texts or [""])[0]


def _second(name: str, values: Sequence[Sequence[str]]) -> str:
    """What a field is given beyond its first value, where only one is expected; of abstracts, their translations."""
    if len(values) < 2 or name in LISTED or name in JOINED or name not in OUR_NAMES:
        return ""
    texts = dict.fromkeys(text for lines in values if (text := " ".join(lines)))
    if name in ABSTRACTS:
        parts = [text for text in texts if not COPYRIGHT.match(text)]
        return " ".join(text for text in parts if text not in _alike(parts))
    return "; ".join(list(texts)[1:])


def _alike(texts: Sequence[str]) -> list[str]:
    """The first text and its further parts: none that is English where it is not, or the other way round."""
    return [text for text in texts if text is texts[0] or _english(text) in (None, _english(texts[0]))]


def _english(text: str) -> bool | None:
    """Whether a text is English, by the share of its words that every English text is full of; None for a short one."""
    words = text.lower().split()
    if len(words) < SHORTEST_TEXT:
        return None
    return sum(word in FUNCTION_WORDS for word in words) >= LEAST_ENGLISH * len(words)


def _meanings(rest: dict[str, object]) -> dict[str, object]:
    """Title, abstract, year and journal, taken out of the rest; other values of theirs stay there."""
    fields: dict[str, object] = {}
    for role, names in MEANINGS.items():
        values = {name: str(rest.pop(name)) for name in names if name in rest}
        spare = {name: value for name, value in values.items() if value}
        if not spare:
            continue
        choose = CHOICES.get(role, _first)
        fields[role] = chosen = choose(spare)
        for name, value in spare.items():
            if (value != chosen or name == "booktitle") and name != role:
                rest[name] = value
    return fields


def _first(texts: Mapping[str, str]) -> str:
    return next(iter(texts.values()))


def _year(dates: Mapping[str, str]) -> str:
    """The first date with a year in it, the first of all where none has.

    >>> _year({"year": "10 15", "date": "1999///"}), _year({"year": "Start date: 20170812"})
    ('1999///', '2017')
    """
    for date in dates.values():
        if YEAR.search(date):
            return date
        if whole := WHOLE_DATE.search(date):
            return whole[1]
    return _first(dates)


def _journal(names: Mapping[str, str]) -> str:
    """The first name, or one of the others that it abbreviates.

    >>> _journal({"journal_name": "Nat. Commun.", "secondary_title": "Nature Communications"})
    'Nature Communications'
    """
    first = _first(names)
    return next((name for name in names.values() if _abbreviates(first, name)), first)


CHOICES: Mapping[str, Callable[[Mapping[str, str]], str]] = {"year": _year, "journal": _journal}


def _abbreviates(short: str, full: str) -> bool:
    words = full.lower().split()
    parts = short.lower().replace(".", " ").split()
    if not parts or len(short) >= len(full):
        return False
    for part in parts:
        while words and not words[0].startswith(part):
            words.pop(0)
        if not words:
            return False
        words.pop(0)
    return True


def _names(tagged: Sequence[tuple[str, str]], tags: tuple[str, ...]) -> list[str]:
    """The names of these tags, in the order of the file, given names first; one that another tag repeats, once."""
    names: list[str] = []
    seen: dict[str, str] = {}  # the tag that a name first stood under
    current = ""
    for tag, value in tagged:
        current = tag or current
        if current not in tags:
            continue
        for name in names_of_line(value) if ";" in value or value.count(",") > 1 else (given_name_first(value),):
            if name and seen.setdefault(name, current) == current:
                names.append(name)
    return names


def _split_references(notes: Sequence[Sequence[str]]) -> tuple[list[str], list[str]]:
    """(other notes, cited references): Scopus writes the references as one note, a reference a line or after ";"."""
    others: list[str] = []
    references: list[str] = []
    for lines in notes:
        if lines and lines[0].lower().startswith("references:"):
            cited = [lines[0][len("references:") :].strip(), *lines[1:]]
            references += cited if len(lines) > 1 else cited[0].split("; ")
        else:
            others += lines
    return others, [reference.strip(" ;") for reference in references if reference.strip(" ;")]


def _doi_fields(groups: Mapping[str, Sequence[Sequence[str]]], notes: Sequence[str]) -> dict[str, object]:
    """The DOI, from the tag for it or from one where a program hides it; text that holds none, as it was written."""
    written = [" ".join(lines) for lines in groups.get("doi", ())]
    found = [match[0] for text in written for match in DOI.finditer(text)]
    elsewhere = [" ".join(lines) for name in DOI_ELSEWHERE for lines in groups.get(name, ())]
    found += [match[1] for text in elsewhere if (match := WHOLE_DOI.fullmatch(text))]
    found += [match[1] for line in notes if "10." in line and (match := WHOLE_DOI.fullmatch(line.strip()))]
    found += [match[1] for lines in groups.get("urls", ()) for line in lines for match in DOI_ADDRESS.finditer(line)]
    doi = next((trimmed for doi in found if len(trimmed := doi.rstrip(".,;")) <= LONGEST_DOI), "")
    plain = next((text for text in written if text), "")
    if doi:
        return {"doi": doi}
    return {"doi_as_written": plain} if plain else {}
