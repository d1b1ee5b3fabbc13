"""BibTeX, BibLaTeX -> records, by bibtexparser; accents and macros decoded by pylatexenc.

The citation key is the paper's id. Keys that several entries share are told apart by their content, never by their
order. An entry takes what it lacks from the one its crossref names.
"""

import logging
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

from pipeline.corpus.files import Source, read_lines, undecodable
from pipeline.corpus.record import Record, Rejected, text_hash, text_of

# Kept as they are: LaTeX means nothing in them.
VERBATIM = frozenset({"url", "doi", "eprint", "file", "isbn", "issn", "crossref", "pmid"})
# What a paper in a volume does not take from the volume.
OWN = frozenset({"title", "author", "abstract", "doi", "url", "eprint", "pages", "crossref", "note", "keywords"})
VOLUMES = frozenset({"proceedings", "mvproceedings", "collection", "mvcollection"})
LATEX = re.compile(r"[\\$%~]|``|''|--|[?!]`")
BARE_PERCENT = re.compile(r"(?<!\\)%")
AND = re.compile(r"\s+and\s+", re.IGNORECASE)
CONCATENATE = re.compile("#")
# Which pylatexenc does not know.
UNKNOWN_MACROS: Mapping[str, str] = {
    "\\textbraceleft": "\\{",
    "\\textbraceright": "\\}",
    "\\textless": "<",
    "\\textgreater": ">",
}


def read(source: Source, encoding: str) -> Iterator[Record | Rejected]:
    """Each entry as a record; row: the line it starts in. A broken entry is rejected, the others are read."""
    import bibtexparser
    from bibtexparser.model import DuplicateBlockKeyBlock, Entry

    name = source.name
    text = "".join(line for _, line in read_lines(source, encoding))
    with _quiet():
        library = bibtexparser.parse_string(text, parse_stack=[])
    macros = {string.key.lower(): _without_enclosing(str(string.value)) for string in library.strings}
    volumes = {entry.key.lower(): _values(entry, macros) for entry in library.entries}
    repeated = {block.key for block in library.failed_blocks if isinstance(block, DuplicateBlockKeyBlock)}
    for block in sorted([*library.entries, *library.failed_blocks], key=lambda block: block.start_line or 0):
        line = (block.start_line or 0) + 1
        entry = block.ignore_error_block if isinstance(block, DuplicateBlockKeyBlock) else block
        if not isinstance(entry, Entry):
            yield Rejected(name, line, f"broken BibTeX: {_reason(block)}")
        elif entry.entry_type.lower() in VOLUMES:
            yield Rejected(name, line, f"@{entry.entry_type.lower()}: a volume, not a paper", entry.key)
        else:
            values = _with_volume(_values(entry, macros), volumes)
            if undecodable(entry.key + "".join(values.values())):
                yield Rejected(name, line, f"not {encoding} text")
                continue
            yield Record(name, line, _fields(entry.key, entry.entry_type.lower(), values, shared=entry.key in repeated))


@contextmanager
def _quiet() -> Iterator[None]:
    """Without bibtexparser's own warnings: every broken entry is told as a reject."""
    logger = logging.getLogger("bibtexparser")
    before, logger.disabled = logger.disabled, True
    splitter = logging.getLogger("bibtexparser.splitter")
    splitter_before, splitter.disabled = splitter.disabled, True
    try:
        yield
    finally:
        logger.disabled, splitter.disabled = before, splitter_before


def _reason(block: Any) -> str:
    lines = str(getattr(block, "error", None) or "not understood").split("\n")
    return next((line.strip() for line in lines if line.strip()), "not understood")[:200]


def _values(entry: Any, macros: Mapping[str, str]) -> dict[str, str]:
    """Fields by their name in lower case, macros filled in; of a field given twice, the first."""
    values: dict[str, str] = {}
    for field in entry.fields:
        parts = (part.strip() for part in _split_outside_braces(str(field.value), CONCATENATE))
        filled = (
            _without_enclosing(part) if part[:1] in ('"', "{") else macros.get(part.lower(), part) for part in parts
        )
        values.setdefault(field.key.lower(), "".join(filled))
    return values


def _without_enclosing(value: str) -> str:
    value = value.strip()
    return value[1:-1] if len(value) > 1 and value[0] + value[-1] in ('""', "{}") else value


def _with_volume(values: dict[str, str], volumes: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    name = values.get("crossref", "").strip().lower()
    volume = volumes.get(name, {}) if name else {}
    inherited = {name: value for name, value in volume.items() if name not in OWN}
    if "title" in volume:
        inherited.setdefault("booktitle", volume["title"])
    return inherited | values


def _fields(key: str, kind: str, values: Mapping[str, str], *, shared: bool) -> dict[str, Any]:
    fields: dict[str, Any] = {"id": key, "type": kind}
    for name, value in values.items():
        if name == "author":
            fields["authors"] = split_names(value)
        elif name not in ("crossref", "id", "type", "authors"):
            fields[name] = value.strip("{} ").replace("\\_", "_") if name in VERBATIM else decode_latex(value)
    if shared:
        text = text_of(str(fields.get("title", "")), str(fields.get("abstract", "")))
        fields["id"] = f"{key}-{text_hash(text).hex()[:8]}"
    return fields


def decode_latex(value: str) -> str:
    r"""The text that LaTeX would print; formulas stay as they are, and a bare % is a per cent sign, not a comment.

    >>> decode_latex(r"{\"U}ber {GAN}s, 50% \& $x^2$ --- \textit{d{\'e}j{\`a} vu}")
    'Über GANs, 50% & $x^2$ — déjà vu'
    """
    if not LATEX.search(value):
        return " ".join(value.replace("{", "").replace("}", "").split())
    text = _decoder()(BARE_PERCENT.sub(r"\\%", value))
    return " ".join(text.replace("\xa0", " ").split())


@cache
def _decoder() -> Callable[[str], str]:
    """The decoder of pylatexenc, its tables made once instead of for every text."""
    from pylatexenc.latex2text import LatexNodes2Text
    from pylatexenc.latexwalker import LatexWalker, get_default_latex_context_db

    macros, printer = get_default_latex_context_db(), LatexNodes2Text(math_mode="verbatim", keep_comments=True)

    def decode(text: str) -> str:
        for macro, sign in UNKNOWN_MACROS.items():
            text = text.replace(macro, sign)
        nodes, _, _ = LatexWalker(text, latex_context=macros, tolerant_parsing=True).get_latex_nodes()
        return str(printer.nodelist_to_text(nodes))

    return decode


def split_names(value: str) -> list[str]:
    """Names as people write them, in their order; `others` is nobody, a name in braces stays whole.

    >>> split_names("Qu, Hui and {The ATLAS Collaboration, CERN} and Ludwig van Beethoven and others")
    ['Hui Qu', 'The ATLAS Collaboration, CERN', 'Ludwig van Beethoven']
    """
    names = [name.strip() for name in _split_outside_braces(value, AND)]
    shown = (
        decode_latex(name) if name.startswith("{") and name.endswith("}") else given_first(decode_latex(name))
        for name in names
    )
    return [name for name in shown if name and name.lower() != "others"]


def _split_outside_braces(value: str, separator: re.Pattern[str]) -> Iterator[str]:
    """The parts between separators that stand in no braces and no quotes of the outermost level."""
    start = depth = 0
    quoted = False
    for found in re.finditer(rf'\\.|[{{}}"]|{separator.pattern}', value, separator.flags):
        if found[0] in ("{", "}"):
            depth += 1 if found[0] == "{" else -1
        elif found[0] == '"':
            quoted = quoted != (depth == 0 and separator is CONCATENATE)
        elif found[0][0] != "\\" and depth == 0 and not quoted:
            yield value[start : found.start()]
            start = found.end()
    yield value[start:]


def given_first(name: str) -> str:
    """'Family, Given' turned round; 'Family, Jr, Given' keeps its suffix.

    >>> given_first("Qu, Hui"), given_first("King, Jr, Martin"), given_first("Hui Qu")
    ('Hui Qu', 'Martin King, Jr', 'Hui Qu')
    """
    parts = [part.strip() for part in name.split(",")]
    if len(parts) == 2:
        return " ".join(part for part in reversed(parts) if part)
    return f"{parts[2]} {parts[0]}, {parts[1]}" if len(parts) == 3 else name
