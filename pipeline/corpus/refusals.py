"""Files that are no lists of papers -> what to do in the program that they came from."""

import re

from pipeline.corpus.sources import Source

EXPORT = "export the papers as RIS, BibTeX or CSV"
# First bytes of files that are not read.
BY_BYTES = (
    (b"%PDF-", f"a PDF, and lists of papers are read; add it to Zotero, Mendeley or EndNote and {EXPORT}"),
    (b"{\\rtf", f"a formatted text (RTF); in the program that wrote it, {EXPORT}"),
    (b"\x89PNG", "a picture; lists of papers are read"),
    (b"\xff\xd8\xff", "a picture; lists of papers are read"),
)
WORD = f"a document of a word processor; where its list came from a reference manager, {EXPORT} there"
HTML = re.compile(
    rb"\s*(?:<!--.{0,2000}?-->\s*)?<(?:!doctype\s+html|html|head|body|table)\b", re.IGNORECASE | re.DOTALL
)
HTML_WAY_OUT = (
    f"a web page, not an export (services send one when a session has ended); {EXPORT} from the service again"
)
BY_ENDING = {
    **dict.fromkeys((".enl", ".enlx", ".enlp"), "a library of EndNote; in EndNote: File, Export, as RIS or XML"),
    **dict.fromkeys((".doc", ".docx", ".odt", ".pages"), WORD),
    **dict.fromkeys((".ctv6", ".ctt6"), "a project of Citavi; in Citavi: File, Export, as RIS or BibTeX"),
    **dict.fromkeys((".marc", ".mrc"), "a library catalogue's format (MARC); save it as MARCXML, or as RIS or BibTeX"),
    **dict.fromkeys((".rdata", ".rds"), "data of R; in R: write.csv(M, file), or save bibliometrix's table as XLSX"),
    **dict.fromkeys((".sav", ".dta"), "a statistics program's data; save them as CSV"),
    **dict.fromkeys(
        (".7z", ".rar", ".tar", ".tgz"), "an archive that is not opened; unpack it into a folder, or use ZIP"
    ),
    **dict.fromkeys(
        (".pickle", ".pkl"), "a pickle, which can run code when it is read; save the table as Parquet or CSV"
    ),
}
# "XX  - value", "%A value" or "AU: value" in the first two lines that are not blank.
TAGGED = re.compile(r"\s*([A-Z%][A-Z0-9]{0,3}(?: *- |: ?| {2,}))\S[^\n]*\n\s*[A-Z%][A-Z0-9]{0,3}(?: *- |: ?| {2,})\S")
# Lines that name a paper's title, its authors or its abstract: a text has each once, a list of papers more often.
NAMED = re.compile(
    r"^(?:[^\S\n]|[{<\[%])*(?:(?P<title>ti|t1|titles?|article title|题名|标题|篇名)|(?P<author>au|a1|authors?|作者)"
    r"|(?P<abstract>ab|abstract|摘要|summary))[}>\]]?(?:-[^\s:：-]{1,12})?(?P<mark> {0,3}(?:[:：]| -)| *$)",
    re.IGNORECASE | re.MULTILINE,
)
PMIDS = re.compile(r"\s*(?:(?:PMID:? *)?\d{4,9}(?!\d)\s*(?:[,;]\s*)?)+")
OF_PUBMED = "numbers of PubMed without the papers; in PubMed: Save, with the format PubMed"


def refusal_of_text(text: str) -> str | None:
    """Why a text is refused: a list of papers as an unknown program writes it, or one of numbers alone."""
    if PMIDS.fullmatch(text):
        return OF_PUBMED
    if tagged := TAGGED.match(text):
        label = tagged[1].strip()
    else:
        found = list(NAMED.finditer(text))
        times = {kind: sum(one[kind] is not None for one in found) for kind in ("title", "author", "abstract")}
        if times["title"] < 2 or max(times["author"], times["abstract"]) < 2:
            return None
        label = found[0][0].strip()
    return f"a list of tagged lines ({label!r} ...) of a program that is not known here; export it as RIS or BibTeX"


def refusal_of_bytes(start: bytes, source: Source) -> str | None:
    """Why a file that begins with these bytes is not read, and the way out; None where it may be."""
    for mark, refusal in BY_BYTES:
        if start.startswith(mark):
            return refusal
    if start.startswith(b"PK") and (b"word/" in start or b"opendocument.text" in start[:200]):
        return WORD
    if HTML.match(start):
        return HTML_WAY_OUT
    return refusal_of_ending(source) if source.suffix in (".doc", ".pages") else None


def refusal_of_ending(source: Source) -> str | None:
    """The same by a file's ending."""
    return BY_ENDING.get(source.suffix)
