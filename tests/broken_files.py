"""Sixty files that are broken, hostile or merely odd; each by a function, so that large ones are made when needed."""

import gzip
import io
import json
import zipfile
from collections.abc import Callable, Iterator

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

MB = 2**20
LINE = b'{"id": "a", "title": "On ice", "abstract": "It melts."}\n'
BIB = b"@article{a, title = {On ice}, abstract = {It melts.}, year = 2001}\n"
RIS = b"TY  - JOUR\nTI  - On ice\nAB  - It melts.\nER  - \n"
NBIB = b"PMID- 1\nTI  - On ice.\nAB  - It melts.\n"
XML_HEAD = b'<?xml version="1.0"?>'
ARTICLE = (
    b"<PubmedArticle><MedlineCitation><PMID>1</PMID><Article><ArticleTitle>On ice</ArticleTitle></Article>"
    b"</MedlineCitation></PubmedArticle>"
)


def zipped(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "."), content)
    return buffer.getvalue()


def sheet(rows: list[list[object]]) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    page = book.create_sheet()
    for row in rows:
        page.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def parquet(**columns: object) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


def entity_bomb() -> bytes:
    entities = b"".join(
        b'<!ENTITY e%d "%s">' % (number, b"&e%d;" % (number - 1) * 10 if number else b"lol") for number in range(12)
    )
    body = ARTICLE.replace(b"On ice", b"&e11;")
    return XML_HEAD + b"<!DOCTYPE x [" + entities + b"]><PubmedArticleSet>" + body + b"</PubmedArticleSet>"


def external_entity() -> bytes:
    body = ARTICLE.replace(b"On ice", b"&file;")
    head = XML_HEAD + b'<!DOCTYPE x [<!ENTITY file SYSTEM "file:///etc/passwd">]>'
    return head + b"<PubmedArticleSet>" + body + b"</PubmedArticleSet>"


def sheet_bomb() -> bytes:
    """A spreadsheet whose one sheet unpacks to 700 MB."""
    good = sheet([["title"], ["On ice"]])
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(good)) as old,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new,
    ):
        for info in old.infolist():
            if info.filename.startswith("xl/worksheets/sheet"):
                with new.open(info.filename, "w") as stream:
                    for _ in range(700):
                        stream.write(b" " * MB)
            else:
                new.writestr(info.filename, old.read(info))
    return buffer.getvalue()


def zip_bomb() -> bytes:
    """One member of 1 GB of empty lines as JSONL."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("p.jsonl", "w", force_zip64=True) as stream,
    ):
        for _ in range(100):
            stream.write(b"\n" * 10 * MB)
    return buffer.getvalue()


def locked_zip() -> bytes:
    """A ZIP archive whose member is marked as encrypted."""
    content = bytearray(zipped(p__jsonl=LINE))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.find(signature) + offset] |= 1
    return bytes(content)


FILES: dict[str, Callable[[], bytes]] = {
    # cut
    "cut.jsonl": lambda: LINE * 3 + LINE[:30],
    "cut.json": lambda: b'[{"id": "a", "title": "On ice"}, {"id": "b", "ti',
    "cut.bib": lambda: BIB + BIB[:40],
    "cut.ris": lambda: RIS + b"TY  - JOUR\nTI  - Cut of",
    "cut.nbib": lambda: NBIB + b"\nPMID- 2\nTI",
    "cut.xml": lambda: XML_HEAD + b"<PubmedArticleSet>" + ARTICLE + ARTICLE[:60],
    "cut.csv": lambda: b'title,abstract\nOn ice,It melts.\n"Cut of',
    "cut.parquet": lambda: parquet(title=["On ice"])[:-20],
    "cut.xlsx": lambda: sheet([["title"], ["On ice"]])[:-200],
    "cut.jsonl.gz": lambda: gzip.compress(LINE * 5000)[:-40],
    "cut.jsonl.zst": lambda: zstandard.compress(LINE * 5000)[:-10],
    "cut.zip": lambda: zipped(p__jsonl=LINE * 5000)[:-30],
    # encodings
    "latin.csv": lambda: "title,abstract\nGröße,Über Eis\nOn ice,It melts.\n".encode("latin-1"),
    "latin.bib": lambda: "@article{a, title = {Größe}}\n".encode("latin-1") + BIB,
    "latin.ris": lambda: RIS + "TY  - JOUR\nTI  - Größe\nER  - \n".encode("latin-1"),
    "latin.nbib": lambda: NBIB + "\nPMID- 2\nTI  - Größe\n".encode("latin-1"),
    "latin.md": lambda: "# Größe\n\nText.".encode("latin-1"),
    "latin.json": lambda: '[{"title": "Größe"}]'.encode("latin-1"),
    "mixed.jsonl": lambda: LINE + '{"title": "Größe"}\n'.encode("latin-1") + '{"title": "Größe"}\n'.encode(),
    "mixed.csv": lambda: b"title\n" + "Größe eins\n".encode() + "Größe zwei\n".encode("latin-1"),
    "wide_without_mark.csv": lambda: "title\nOn ice\n".encode("utf-16-le"),
    "xml_in_another.xml": lambda: b'<?xml version="1.0" encoding="klingon"?><PubmedArticleSet/>',
    "surrogate.jsonl": lambda: b'{"title": "half \\ud800 of a pair"}\n' + LINE,
    "surrogate.json": lambda: b'[{"title": "half \\ud800 of a pair"}, {"title": "On ice"}]',
    "surrogate.csv": lambda: b"title\n\xed\xa0\x80 broken\nOn ice\n",
    # NUL and other bytes
    "nul.jsonl": lambda: LINE + b'{"title": "a\\u0000b"}\n',
    "nul_byte.csv": lambda: b"title\nOn\0ice\n",
    "nul.bib": lambda: BIB.replace(b"ice", b"i\0ce"),
    "nul.xml": lambda: XML_HEAD + b"<PubmedArticleSet>" + ARTICLE.replace(b"ice", b"i\0ce") + b"</PubmedArticleSet>",
    "noise.jsonl": lambda: bytes(range(1, 256)) * 50,
    "noise.bin": lambda: bytes(range(256)) * 50,
    "empty.jsonl": lambda: b"",
    "empty.bib": lambda: b"",
    "empty.xlsx": lambda: b"",
    "empty.zip": lambda: zipped(),
    # structure
    "braces.bib": lambda: b"@article{a, title = {{{{{" + b"x" * 100 + b"\n" + BIB,
    "nested_braces.bib": lambda: b"@article{a, title = {" + b"{" * 5000 + b"x" + b"}" * 5000 + b"}}\n" + BIB,
    "no_key.bib": lambda: b"@article{, title = {On ice}}\n@article{title = {No key at all}}\n" + BIB,
    "deep.json": lambda: b"[" * 100_000 + b"]" * 100_000,
    "deep.jsonl": lambda: b'{"title": ' + b"[" * 100_000 + b"]" * 100_000 + b"}\n" + LINE,
    "number.json": lambda: b"42",
    "not_papers.json": lambda: b'[1, "two", null, {"title": "On ice"}]',
    "other.xml": lambda: XML_HEAD + b"<html><body>Not found</body></html>",
    "not_xml.xml": lambda: b"<PubmedArticleSet><a></b></PubmedArticleSet>",
    "error_page.json": lambda: b'{"error": "rate limit", "message": "slow down"}',
    "html.bib": lambda: b"<!DOCTYPE html><html>Please log in</html>",
    "no_header.csv": lambda: b"1,2,3\n4,5,6\n",
    "ragged.csv": lambda: b"title,abstract\nOn ice,It melts.,more,and more\nOn snow,Too\n",
    "open_quote.csv": lambda: b'title,abstract\n"never closed,x\n' + b"y,z\n" * 1000,
    "yaml.md": lambda: b"---\ntitle: [unclosed\n---\nText.\n",
    "aliases.md": lambda: b"---\na: &a [x,x,x,x]\nb: &b [*a,*a,*a,*a]\ntitle: *b\n---\nText.\n",
    "no_title.parquet": lambda: parquet(colour=["red"]),
    "numbers.parquet": lambda: parquet(title=[1.5, None], abstract=[[1], [2]]),
    "no_title.xlsx": lambda: sheet([["colour"], ["red"]]),
    "formulas.xlsx": lambda: sheet([["title", "abstract"], ["=1+1", '=HYPERLINK("x")'], ["On ice", "It melts."]]),
    # size
    "long_field.jsonl": lambda: json.dumps({"title": "On ice", "abstract": "ice " * (10 * MB // 4)}).encode() + b"\n",
    "long_line.jsonl": lambda: b'{"title": "' + b"x" * 20 * MB + b'"}\n' + LINE,
    "long_field.bib": lambda: b"@article{a, title = {On ice}, abstract = {" + b"ice " * (10 * MB // 4) + b"}}\n",
    "long_field.ris": lambda: b"TY  - JOUR\nTI  - On ice\nAB  - " + b"ice " * (10 * MB // 4) + b"\nER  - \n",
    "long_field.csv": lambda: b"title,abstract\nOn ice," + b"ice " * (10 * MB // 4) + b"\n",
    "long_field.xml": lambda: (
        XML_HEAD + b"<PubmedArticleSet>" + ARTICLE.replace(b"On ice", b"ice " * (11 * MB // 4)) + b"</PubmedArticleSet>"
    ),
    "many_lines.ris": lambda: b"TY  - JOUR\nTI  - On ice\n" + b"KW  - ice\n" * 200_000 + b"ER  - \n" + RIS,
    "million_empty_rows.xlsx": lambda: sheet([["title"], ["On ice"], *[[None]] * 100_000, ["Never reached"]]),
    "many_columns.jsonl": lambda: b"".join(
        json.dumps({"title": "On ice", f"c{n}": n}).encode() + b"\n" for n in range(3000)
    ),
    # bombs
    "bomb.jsonl.gz": lambda: gzip.compress(b"\n" * 100 * MB),
    "bomb.zip": zip_bomb,
    "bomb.xlsx": sheet_bomb,
    "entities.xml": entity_bomb,
    "external.xml": external_entity,
    "locked.zip": locked_zip,
    "nested.zip": lambda: zipped(inner__zip=zipped(p__jsonl=LINE)),
}


def write_all(folder: object) -> Iterator[str]:
    """Writes each file and gives its name."""
    for name, make in FILES.items():
        (folder / name).write_bytes(make())  # type: ignore[operator]
        yield name
