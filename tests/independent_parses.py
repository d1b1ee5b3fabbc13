"""Slow and simple parses of export files, written apart from the package, to compare its readers with.

Each gives, for every record that a file marks, what stands in it: title, abstract, authors, year, DOI, as raw text.
"""

import csv
import io
import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

NO_TEXT = {
    "", "na", "n/a", "nan", "null", "none", "not available", "no abstract available", "[no abstract available]",
    "abstract not found", "no abstract", "no abstract available.", "title not found", "no title", "{no title}",
}  # fmt: skip
NO_AUTHOR = {
    "",
    "{al}, et",
    "anonymous",
    "[anonymous]",
    "{[}anonymous]",
    "[no author name available]",
    "others",
    "et al.",
    "et al",
    "na",
    "null",
}


@dataclass
class Parsed:
    """One record; authors as the file writes them, in order."""

    title: str = ""
    abstract: str | None = ""  # None where the parse does not look for it
    authors: list[str] = field(default_factory=list)
    year: str = ""
    doi: str = ""

    @property
    def is_paper(self) -> bool:
        return any(text.strip(" .").lower() not in NO_TEXT for text in (self.title, self.abstract or ""))


def text_of(path: Path) -> str:
    data = path.read_bytes()
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = data.decode("utf-16")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("cp1252", errors="replace")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def first(values: dict[str, list[str]], *names: str) -> str:
    return next((values[name][0] for name in names if values.get(name) and values[name][0].strip()), "")


def tagged(lines: Iterable[str], pattern: str, joined: str = " ") -> dict[str, list[str]]:
    """Tag -> its values; a line without a tag goes on with the one before."""
    values: dict[str, list[str]] = {}
    last = ""
    for line in lines:
        match = re.match(pattern, line)
        if match:
            last = match[1]
            values.setdefault(last, []).append(match[2].strip())
        elif last and line.strip():
            values[last][-1] += joined + line.strip()
    return values


def ris(path: Path) -> list[Parsed]:
    records: list[list[str]] = []
    for line in text_of(path).split("\n"):
        line = re.sub(r"^\d+\. (?=TY)", "", line)
        if re.match(r"TY {1,3}- *\S", line):
            records.append([])
        if records:
            records[-1].append(line)
    found = []
    for lines in records:
        tags = tagged(
            (line for line in lines if not re.match(r"ER {1,3}-", line)), r"([A-Z][A-Z0-9]) {1,3}-(?: +|$)(.*)"
        )
        found.append(
            Parsed(
                title=first(tags, "TI", "T1", "CT", "BT", "ST"),
                abstract=" ".join(
                    text for text in tags.get("AB") or tags.get("N2") or [] if not text.startswith("Copyright of")
                ),
                authors=tags.get("AU") or tags.get("A1") or [],
                year=first(tags, "PY", "Y1", "DA"),
                doi=first(tags, "DO"),
            )
        )
    return found


def medline(path: Path) -> list[Parsed]:
    found = []
    for block in re.split(r"\n(?=PMID *-)", "\n" + text_of(path)):
        if not re.match(r"\n?PMID *-", block):
            continue
        tags = tagged(block.strip("\n").split("\n"), r"([A-Z]{2,4}) *-(?: |$)(.*)")
        dois = [value for tag in ("LID", "AID") for value in tags.get(tag, ()) if value.endswith("[doi]")]
        found.append(
            Parsed(
                first(tags, "TI", "BTI", "TT"),
                first(tags, "AB", "OAB"),
                [*(tags.get("FAU") or tags.get("AU") or []), *tags.get("CN", [])],
                first(tags, "DP"),
                dois[0].split()[0] if dois else "",
            )
        )
    return found


def web_of_science(path: Path) -> list[Parsed]:
    found = []
    for block in re.split(r"\n(?=PT )", text_of(path)):
        if not block.startswith("PT "):
            continue
        tags: dict[str, list[str]] = {}
        last = ""
        for line in block.split("\n"):
            if match := re.match(r"([A-Z][A-Z0-9]) (.*)", line):
                last = match[1]
                tags[last] = [match[2]]
            elif line.startswith("  ") and last:
                tags[last].append(line.strip())
        whole = {tag: [" ".join(lines)] for tag, lines in tags.items()}
        people = tags.get("AF") or tags.get("AU") or []
        found.append(Parsed(first(whole, "TI"), first(whole, "AB"), people, first(whole, "PY"), first(whole, "DI")))
    return found


def refer(path: Path) -> list[Parsed]:
    found: list[dict[str, list[str]]] = []
    for line in text_of(path).split("\n"):
        match = re.match(r"%(\S) (.*)", line)
        if match and (not found or (match[1] == "T" and "T" in found[-1]) or (match[1] == "0" and "0" in found[-1])):
            found.append({})
        if match:
            found[-1].setdefault(match[1], []).append(match[2].strip())
    return [
        Parsed(first(tags, "T"), first(tags, "X"), tags.get("A", []), first(tags, "D"), first(tags, "R"))
        for tags in found
    ]


def pubmed_abstracts(path: Path) -> list[Parsed]:
    """Numbered one after the other; the second paragraph is the title. Abstracts are not told apart here."""
    blocks = ["\n"]
    for block in re.split(r"\n(?=\d+\. )", "\n" + text_of(path)):
        if block.startswith(f"{len(blocks)}. ") and blocks[-1].endswith("\n"):
            blocks.append(block)
        else:
            blocks[-1] += "\n" + block
    found = []
    for block in blocks[1:]:
        citation, title, *_ = [" ".join(part.split()) for part in block.split("\n\n")]
        found.append(Parsed(title, None, [], citation, ""))
    return found


def bibtex(path: Path) -> list[Parsed]:
    """By counting braces; strings of @string are filled in, fields of crossref are not."""
    text = text_of(path)
    macros: dict[str, str] = {}
    found = []
    place = 0
    while match := re.compile(r"@\s*([A-Za-z_]+)\s*[{(]").search(text, place):
        kind, start = match[1].lower(), match.end()
        if kind in ("comment", "preamble") or text[: match.start()].rpartition("\n")[2].strip(" }") != "":
            place = start
            continue
        end = _closing(text, start)
        body = text[start:end]
        place = end
        if kind == "string":
            name, _, value = body.partition("=")
            macros[name.strip().lower()] = _value(value.strip(), macros)
            continue
        fields = dict(_bibtex_fields(body, macros))
        authors = [name for name in re.split(r"\s+and\s+", fields.get("author", "").replace("\n", " ")) if name.strip()]
        found.append(
            Parsed(
                fields.get("title", ""),
                fields.get("abstract", ""),
                authors,
                fields.get("year", "") or fields.get("date", ""),
                fields.get("doi", ""),
            )
        )
    return found


def _closing(text: str, start: int) -> int:
    """Where the brace that was opened before `start` closes, or where the next entry begins a line."""
    depth = 1
    for mark in re.finditer(r"\\.|[{}]|\n@\s*[A-Za-z_]+\s*\{[^\s,]*,", text[start:]):
        if mark[0] == "{":
            depth += 1
        elif mark[0] == "}":
            depth -= 1
        elif mark[0].startswith("\n@"):
            return start + mark.start()
        if depth == 0:
            return start + mark.start()
    return len(text)


def _bibtex_fields(body: str, macros: dict[str, str]) -> Iterable[tuple[str, str]]:
    _, _, rest = body.partition(",")
    seen = set()
    while match := re.compile(r"\s*,?\s*([A-Za-z][\w:\-.+]*)\s*=\s*").match(rest):
        rest = rest[match.end() :]
        value, rest = _take_value(rest)
        name = match[1].lower()
        if name not in seen:
            seen.add(name)
            yield name, _value(value, macros)


def _take_value(text: str) -> tuple[str, str]:
    depth, quoted = 0, False
    for place, sign in enumerate(text):
        if text[place - 1 : place] == "\\" and sign in '{}"':
            continue
        if sign == "{":
            depth += 1
        elif sign == "}":
            depth -= 1
        elif sign == '"' and depth == 0:
            quoted = not quoted
        elif sign == "," and depth == 0 and not quoted:
            return text[:place], text[place:]
    return text, ""


def _value(value: str, macros: dict[str, str]) -> str:
    value = value.strip().rstrip(",").strip()
    if value[:1] in '{"' and value[-1:] in '}"':
        return value[1:-1]
    return macros.get(value.lower(), value)


TITLES = ("書名", "ti", "title", "articletitle", "documenttitle", "itemtitle", "titleprimary", "papertitle")
ABSTRACTS = ("ab", "abstract", "abstractnote")
AUTHORS = (
    "authorfullnames",
    "af",
    "au",
    "authors",
    "author",
    "author/s",
    "author(s)",
    "firstauthors",
    "authorsprimary",
    "authorsprimary",
)
YEARS = ("年份", "py", "year", "publicationyear", "publishedyear", "pubyear", "dateyear", "date")
DOIS = ("di", "doi", "itemdoi")


def _records(header: Sequence[object], rows: Iterable[Sequence[object]]) -> list[Parsed]:
    names = [re.sub(r"[\s_.-]", "", str(name or "").lower()) for name in header]
    found = []
    for row in rows:
        cells = [
            str(int(cell)) if isinstance(cell, float) and cell.is_integer() else "" if cell is None else str(cell)
            for cell in row
        ]
        if not any(cell.strip() for cell in cells):
            continue
        values: dict[str, str] = {}
        for name, cell in zip(names, cells, strict=False):
            values.setdefault(name, cell.strip())

        def of(*wanted: str, values: dict[str, str] = values) -> str:
            return next((values[name] for name in wanted if values.get(name)), "")

        found.append(Parsed(of(*TITLES), of(*ABSTRACTS), [of(*AUTHORS)], of(*YEARS), of(*DOIS)))
    return found


def _is_header(line: str) -> bool:
    names = {re.sub(r"[\s_.-]", "", cell.strip(' "\ufeff').lower()) for cell in re.split(r"[,;\t]", line)}
    return bool(names & {*TITLES, *ABSTRACTS}) and len(names) > 1


def table(path: Path) -> list[Parsed]:
    text = text_of(path)
    lines = text.split("\n")
    head = next(place for place, line in enumerate(lines) if _is_header(line))
    delimiter = max(",;\t", key=lines[head].count)
    plain = "\n".join(lines[head:])
    if delimiter == "\t":
        rows = list(csv.reader(io.StringIO(plain), delimiter="\t", quoting=csv.QUOTE_NONE))
        if any(len(row) > len(rows[0]) or row[0].startswith('"') for row in rows[:3]):
            rows = list(csv.reader(io.StringIO(plain), delimiter="\t"))
    elif re.search(r'[^,\n"]"[^,\n"]', plain) and plain.startswith('"') and '""' not in plain:
        quoted = [re.split(r'","', line.strip().strip('"')) for line in re.split(r'"\n(?=")', plain)]
        rows = quoted  # quotes inside cells are not doubled
    else:
        rows = list(csv.reader(io.StringIO(plain), delimiter=delimiter))
    return _records(rows[0], rows[1:])


def spreadsheet(path: Path) -> list[Parsed]:
    if not path.read_bytes().startswith((b"PK", b"\xd0\xcf")):
        return table(path)
    import python_calamine

    rows = python_calamine.CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    head = next(
        place for place, row in enumerate(rows) if any("title" in str(cell).lower() or cell == "TI" for cell in row)
    )
    return _records(rows[head], rows[head + 1 :])


def _flat(element: ElementTree.Element | None) -> str:
    return " ".join("".join(element.itertext()).split()) if element is not None else ""


def xml(path: Path) -> list[Parsed]:
    root = ElementTree.fromstring(path.read_bytes())
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    kinds: dict[str, Callable[[ElementTree.Element], list[Parsed]]] = {
        "PubmedArticleSet": _pubmed, "feed": _atom, "OAI-PMH": _oai, "xml": _endnote, "records": _endnote,
    }  # fmt: skip
    return kinds[root.tag](root)


def _pubmed(root: ElementTree.Element) -> list[Parsed]:
    found = []
    for article in root.iter("PubmedArticle"):
        names = [
            _flat(author.find("CollectiveName"))
            or f"{_flat(author.find('LastName'))}, {_flat(author.find('ForeName'))}"
            for author in article.iterfind("MedlineCitation/Article/AuthorList/Author")
        ]
        date = article.find("MedlineCitation/Article/Journal/JournalIssue/PubDate")
        abstract = " ".join(_flat(part) for part in article.iterfind("MedlineCitation/Article/Abstract/AbstractText"))
        doi = article.find("PubmedData/ArticleIdList/ArticleId[@IdType='doi']")
        found.append(Parsed(_flat(article.find(".//ArticleTitle")), abstract, names, _flat(date), _flat(doi)))
    return found


def _atom(root: ElementTree.Element) -> list[Parsed]:
    return [
        Parsed(
            _flat(entry.find("title")),
            _flat(entry.find("summary")),
            [_flat(name) for name in entry.iterfind("author/name")],
            _flat(entry.find("published")),
            _flat(entry.find("doi")),
        )
        for entry in root.iter("entry")
    ]


def _oai(root: ElementTree.Element) -> list[Parsed]:
    return [
        Parsed(
            _flat(record.find(".//title")),
            _flat(record.find(".//abstract")),
            [f"{_flat(one.find('keyname'))}, {_flat(one.find('forenames'))}" for one in record.iter("author")],
            "",
            _flat(record.find(".//doi")),
        )
        for record in root.iter("record")
    ]


def _endnote(root: ElementTree.Element) -> list[Parsed]:
    return [
        Parsed(
            _flat(record.find("titles/title")),
            _flat(record.find("abstract")),
            [_flat(name) for name in record.iterfind("contributors/authors/author")],
            _flat(record.find("dates/year")),
            _flat(record.find("electronic-resource-num")),
        )
        for record in root.iter("record")
    ]


def json_list(path: Path) -> list[Parsed]:
    content = json.loads(text_of(path))
    if isinstance(content, dict):
        content = next(
            (content[name] for name in ("results", "items", "data") if isinstance(content.get(name), list)), [content]
        )
    return [_json_record(one.get("data") if isinstance(one.get("data"), dict) else one) for one in content]


def _json_record(one: dict) -> Parsed:
    if one.get("itemType") in ("attachment", "note", "annotation"):
        return Parsed()
    people = one.get("authorships") or one.get("creators") or one.get("authors") or one.get("author") or []
    if "creators" in one:
        people = [person for person in people if person.get("creatorType", "author") == "author"] or []
    abstract = one.get("abstract") or one.get("abstractNote") or ""
    if index := one.get("abstract_inverted_index"):
        words = {place: word for word, places in index.items() for place in places}
        abstract = " ".join(words[place] for place in sorted(words))
    year = one.get("publication_year") or one.get("year") or one.get("date") or json.dumps(one.get("issued") or "")
    return Parsed(
        str(one.get("title") or ""),
        abstract,
        [_json_name(person) for person in people] if isinstance(people, list) else [str(people)],
        str(year),
        str(one.get("doi") or one.get("DOI") or ""),
    )


def _json_name(person: object) -> str:
    if isinstance(person, str):
        return person
    assert isinstance(person, dict)
    whole = person.get("name") or person.get("literal") or person.get("raw_author_name") or person.get("display_name")
    if inner := person.get("author"):
        whole = inner.get("display_name") or whole
    family = person.get("family") or person.get("lastName") or ""
    return whole or f"{family}, {person.get('given') or person.get('firstName') or ''}"


PARSES: dict[str, Callable[[Path], list[Parsed]]] = {
    **{"bib": bibtex, "ris": ris, "medline": medline, "wos": web_of_science, "enw": refer, "json": json_list},
    **{"csv": table, "xlsx": spreadsheet, "xls": spreadsheet, "pubmed_abstract_text": pubmed_abstracts},
    **dict.fromkeys(("pubmed_xml", "endnote_xml", "atom", "oai"), xml),
}


def parse(path: Path) -> list[Parsed] | None:
    """The records of an export by its folder and first characters; None where no parse is written for it."""
    start = text_of(path)[:400].lstrip() if path.suffix not in (".xls", ".xlsx") else ""
    by_start = (("TY  -", ris), ("PMID-", medline), ("PT\t", table), ("FN ", web_of_science), ("@", bibtex))
    kind = next((one for mark, one in by_start if start.startswith(mark)), PARSES.get(path.parent.name))
    return kind(path) if kind else None
