"""MARCXML (records of library catalogues: MARC 21 and UNIMARC; of INSPIRE and CDS) -> fields.

Fields have numbers, their parts letters: 245 $a is the title in MARC 21, 200 $a in UNIMARC.
"""

import re
from collections.abc import Iterable, Iterator

from pipeline.corpus.adapters.names import given_name_first
from pipeline.corpus.fields import find_year
from pipeline.corpus.readers.xml_parts import Dialect, Element, Refused, first_doi, whole
from pipeline.corpus.record import RawRow

Field = dict[str, list[str]]
ISBD = re.compile(r"[\s/:;,=]+\Z")  # signs between the parts of a catalogue's entry
NONSORT = re.compile("[\x88\x89\x98\x9c¬]")
AUTHORS, ADDED = ("100", "110", "111"), ("700", "710", "711")
UNIMARC_AUTHORS = ("700", "701", "702", "710", "711", "712")
# Roles that make a person of an added entry an author: by their names and codes, "070" of UNIMARC.
WROTE = re.compile(r"aut\b|auth|author|cre\b|creator|070|verf|forfatt|kirjoittaja|auteur|autor", re.IGNORECASE)
DATE_IN_008 = slice(7, 11)
LANGUAGE_IN_008 = slice(35, 38)
ROOTS = frozenset({"collection", "record", "searchRetrieveResponse"})


def read_record(record: Element) -> RawRow | Refused:
    """Fields of a record; refused where it has no title in any of the two kinds."""
    fields = _fields(record)
    controls = {str(one.get("tag")): one.text or "" for one in record.iterfind("{*}controlfield")}  # spaces count
    if "245" in fields:
        return _marc21(fields, controls)
    if "200" in fields:
        return _unimarc(fields, controls)
    return Refused(
        "a record of a catalogue without a title (245, or 200 in UNIMARC)", controls.get("001", "").strip() or None
    )


def _fields(record: Element) -> dict[str, list[Field]]:
    """Tag -> each field of that tag: code of a part -> its values, "ind" -> its two indicators."""
    fields: dict[str, list[Field]] = {}
    for one in record.iterfind("{*}datafield"):
        parts: Field = {"ind": [f"{one.get('ind1') or ' '}{one.get('ind2') or ' '}"]}
        for part in one.iterfind("{*}subfield"):
            if words := NONSORT.sub("", whole(part)):
                parts.setdefault(str(part.get("code")), []).append(words)
        fields.setdefault(str(one.get("tag")), []).append(parts)
    return fields


def _marc21(fields: dict[str, list[Field]], controls: dict[str, str]) -> RawRow:
    doi = first_doi([*_all(fields, ("024",), "a"), *_all(fields, ("856",), "u")])
    coded = controls.get("008", "")
    dates = [*_all(fields, ("264", "260"), "c"), *_all(fields, ("773",), "y"), *_all(fields, ("269",), "c")]
    return {
        "id": doi or controls.get("001", "").strip(),
        "title": _title(fields["245"][0], ("a", "n", "p"), "b"),
        "other_titles": _all(fields, ("246",), "a"),
        "abstract": max(_all(fields, ("520",), "a"), key=len, default=""),
        "notes": _all(fields, ("500", "502"), "a"),
        "authors": list(_people(fields, AUTHORS, ADDED)),
        "year": next((date for date in (*dates, coded[DATE_IN_008]) if find_year(date) is not None), ""),
        "journal": _first(fields, ("773",), "t") or _first(fields, ("773",), "p"),
        "volume": _first(fields, ("773",), "v") or _first(fields, ("773",), "g"),
        "pages": _first(fields, ("773",), "c"),
        "publisher": _first(fields, ("264", "260"), "b"),
        "doi": doi,
        "isbn": _first(fields, ("020",), "a"),
        "issn": _first(fields, ("022",), "a") or _first(fields, ("773",), "x"),
        "language": _first(fields, ("041",), "a") or coded[LANGUAGE_IN_008].strip(),
        "keywords": [ISBD.sub("", one).rstrip(".") for one in _all(fields, ("650", "653", "695"), "a")],
        "report_numbers": _all(fields, ("037", "088"), "a"),
        "url": _first(fields, ("856",), "u"),
        "references": list(_references(fields)),
    }


def _unimarc(fields: dict[str, list[Field]], controls: dict[str, str]) -> RawRow:
    doi = first_doi([*_all(fields, ("017",), "a"), *_all(fields, ("856",), "u")])
    dates = [*_all(fields, ("214", "210"), "d"), *(one[9:13] for one in _all(fields, ("100",), "a"))]
    return {
        "id": doi or controls.get("001", "").strip(),
        "title": _title(fields["200"][0], ("a",), "e"),
        "abstract": max(_all(fields, ("330",), "a"), key=len, default=""),
        "authors": list(_people_of_unimarc(fields)),
        "year": next((date for date in dates if find_year(date) is not None), ""),
        "journal": _first(fields, ("461", "463"), "t"),
        "publisher": _first(fields, ("214", "210"), "c"),
        "doi": doi,
        "isbn": _first(fields, ("010",), "a"),
        "issn": _first(fields, ("011",), "a"),
        "language": _first(fields, ("101",), "a"),
        "keywords": _all(fields, ("606", "610"), "a"),
        "url": _first(fields, ("856",), "u"),
    }


def _title(field: Field, codes: Iterable[str], subtitle: str) -> str:
    """Without the signs of a catalogue between its parts.

    >>> _title({"a": ["On ice :"], "b": ["a study /"], "c": ["Ida Larsen."]}, ("a", "n", "p"), "b")
    'On ice: a study'
    """
    main = " ".join(ISBD.sub("", one) for code in codes for one in field.get(code, ()))
    rest = [ISBD.sub("", one) for one in field.get(subtitle, ())]
    return ": ".join(part for part in (main, *rest) if part)


def _all(fields: dict[str, list[Field]], tags: Iterable[str], code: str) -> list[str]:
    return [value for tag in tags for field in fields.get(tag, ()) for value in field.get(code, ())]


def _first(fields: dict[str, list[Field]], tags: Iterable[str], code: str) -> str:
    return next((ISBD.sub("", value) for value in _all(fields, tags, code)), "")


def _people(fields: dict[str, list[Field]], main: Iterable[str], added: Iterable[str]) -> Iterator[str]:
    """The main entry, then added ones that wrote it; an added entry with a title is of another work."""
    for tag in (*main, *added):
        for field in fields.get(tag, ()):
            roles = [*field.get("e", ()), *field.get("4", ())]
            wrote = not roles or any(map(WROTE.match, roles)) or tag in main
            if wrote and "t" not in field and (name := _name(field, is_person=tag in ("100", "700"))):
                yield name


def _name(field: Field, *, is_person: bool) -> str:
    name = ISBD.sub("", " ".join(field.get("a", ())[:1]))
    if is_person:
        return given_name_first(name) if name.strip(" .,") else ""
    return ". ".join([name.rstrip("."), *(ISBD.sub("", one) for one in field.get("b", ()))]).strip(". ")


def _people_of_unimarc(fields: dict[str, list[Field]]) -> Iterator[str]:
    for tag in UNIMARC_AUTHORS:
        for field in fields.get(tag, ()):
            roles = field.get("4", ())
            if roles and not any(map(WROTE.match, roles)):
                continue
            if name := " ".join(part for code in "ba" for part in field.get(code, ())[:1]):
                yield ISBD.sub("", name)


def _references(fields: dict[str, list[Field]]) -> Iterator[str]:
    """Of INSPIRE: one field each."""
    for field in fields.get("999", ()):
        if field["ind"] == ["C5"]:
            yield " ".join(value for code, values in field.items() if code not in ("ind", "0", "9") for value in values)


DIALECTS = (Dialect("{*}record", "MARCXML", read_record, ROOTS, lambda one: one.find("{*}datafield") is not None),)
