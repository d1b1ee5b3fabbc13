"""BibTeX, BibLaTeX -> records, by bibtexparser; accents and macros decoded by pylatexenc.

The citation key is the paper's id. Keys that several entries share are told apart by their content, never by their
order. An entry takes what it lacks from the one its crossref names.
"""

import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
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
ESCAPE = re.compile(r"\\[%&$#_{}]")
ESCAPE_OR_BRACE = re.compile(r"\\([%&$#_{}])|[{}]")
WORD_MARKS = re.compile(r"\$\$|\\begin\b|\\end\b|\\.|[{}$]|\s+", re.DOTALL)
DEEPER: Mapping[str, int] = {"{": 1, "}": -1, "\\begin": 1, "\\end": -1, "\\[": 1, "\\]": -1, "\\(": 1, "\\)": -1}
OPEN_COMMAND = re.compile(r"\\[a-zA-Z]+$")  # which takes the space after it, or the next word, as its own
BARE_PERCENT = re.compile(r"(?<!\\)%")
AND = re.compile(r"\s+and\s+", re.IGNORECASE)
CONCATENATE = re.compile("#")
KEY = re.compile(r"@\s*(?!string|comment|preamble)[A-Za-z]+\s*[{(]\s*([^,\s{}()\"=]+)\s*,", re.IGNORECASE)
CROSSREF = re.compile(r"""\b(?:crossref|xdata)\s*=\s*["{]\s*([^"}]+?)\s*["}]""", re.IGNORECASE)
STRING = re.compile(r"@\s*string\b", re.IGNORECASE)
ENTRIES_AT_ONCE = 300
# Which pylatexenc does not know.
UNKNOWN_MACROS: Mapping[str, str] = {
    "\\textbraceleft": "\\{",
    "\\textbraceright": "\\}",
    "\\textless": "<",
    "\\textgreater": ">",
}


def read(source: Source, encoding: str) -> Iterator[Record | Rejected]:
    """Each entry as a record; row: the line it starts in. A broken entry is rejected, the others are read.

    The file is parsed a few hundred entries at a time, so that memory does not grow with it.
    """
    index = _read_index(source, encoding)
    macros: dict[str, str] = {}
    volumes = _read_volumes(source, encoding, index.volumes)
    for first, text in _chunks(source, encoding):
        library = _parse(text)
        macros |= _macros(library)
        for block in sorted([*library.entries, *library.failed_blocks], key=lambda block: block.start_line or 0):
            line = first + (block.start_line or 0)
            yield _row(source, line, block, macros, volumes, repeated=index.repeated, encoding=encoding)


def _row(
    source: Source,
    line: int,
    block: Any,
    macros: Mapping[str, str],
    volumes: Mapping[str, Mapping[str, str]],
    *,
    repeated: frozenset[str],
    encoding: str,
) -> Record | Rejected:
    from bibtexparser.model import DuplicateBlockKeyBlock, Entry

    entry = block.ignore_error_block if isinstance(block, DuplicateBlockKeyBlock) else block
    if not isinstance(entry, Entry):
        return Rejected(source.name, line, f"broken BibTeX: {_reason(block)}")
    if entry.entry_type.lower() in VOLUMES:
        return Rejected(source.name, line, f"@{entry.entry_type.lower()}: a volume, not a paper", entry.key)
    values = _with_volume(_values(entry, macros), volumes)
    if undecodable(entry.key + "".join(values.values())):
        return Rejected(source.name, line, f"not {encoding} text")
    fields = _fields(entry.key, entry.entry_type.lower(), values, shared=entry.key in repeated)
    return Record(source.name, line, fields)


@dataclass(frozen=True)
class _Index:
    """volumes: keys that crossref fields name, in lower case. repeated: keys that several entries have."""

    volumes: frozenset[str]
    repeated: frozenset[str]


def _read_index(source: Source, encoding: str) -> _Index:
    volumes: set[str] = set()
    seen: set[str] = set()
    repeated: set[str] = set()
    for _, line in read_lines(source, encoding):
        if "crossref" in line.lower():
            volumes |= {found.strip().lower() for found in CROSSREF.findall(line)}
        for found in KEY.findall(line) if "@" in line else ():
            (repeated if found in seen else seen).add(found)
    return _Index(frozenset(volumes), frozenset(repeated))


def _read_volumes(source: Source, encoding: str, keys: frozenset[str]) -> dict[str, dict[str, str]]:
    """Fields of the entries with these keys, wherever in the file they stand."""
    found: dict[str, dict[str, str]] = {}
    macros: dict[str, str] = {}
    for _, text in _chunks(source, encoding) if keys else ():
        if not any(name.lower() in keys for name in KEY.findall(text)) and not STRING.search(text):
            continue
        library = _parse(text)
        macros |= _macros(library)
        for entry in library.entries:
            if entry.key.lower() in keys:
                found[entry.key.lower()] = _values(entry, macros)
    return found


def _chunks(source: Source, encoding: str) -> Iterator[tuple[int, str]]:
    """(number of its first line, some hundred whole entries): cut where an entry begins after one has ended."""
    lines: list[str] = []
    first, entries, ended = 1, 0, True
    for number, line in read_lines(source, encoding):
        begins = line.lstrip().startswith("@")
        if begins and ended and entries >= ENTRIES_AT_ONCE:
            yield first, "".join(lines)
            lines, first, entries = [], number, 0
        entries += begins
        lines.append(line)
        plain = line.strip()
        ended = ended if not plain else plain.endswith(("}", ")")) and not plain.endswith("\\}")
    if lines:
        yield first, "".join(lines)


def _parse(text: str) -> Any:
    import bibtexparser

    with _quiet():
        return bibtexparser.parse_string(text, parse_stack=[])


def _macros(library: Any) -> dict[str, str]:
    return {string.key.lower(): _without_enclosing(str(string.value)) for string in library.strings}


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
    if not LATEX.search(ESCAPE.sub("", value)):
        return _plain(value)
    # The decoder is slow: it is given the words that need it, with all that stands in their braces and formulas.
    told: list[str] = []
    waiting: list[str] = []
    for word in _words(value):
        if LATEX.search(ESCAPE.sub("", word)) or (waiting and OPEN_COMMAND.search(waiting[-1])):
            waiting.append(word)
            continue
        told += [_decode(waiting), _plain(word)]
        waiting = []
    return " ".join(" ".join([*told, _decode(waiting)]).split())


def _plain(text: str) -> str:
    return " ".join(ESCAPE_OR_BRACE.sub(lambda found: found[1] or "", text).split())


def _decode(words: Sequence[str]) -> str:
    if not words:
        return ""
    return _decoder()(BARE_PERCENT.sub(r"\\%", " ".join(words))).replace("\xa0", " ")


def _words(value: str) -> Iterator[str]:
    """The words of a text; one that opens a brace, a formula or an environment goes on to its end."""
    start = depth = 0
    formula = False
    for found in WORD_MARKS.finditer(value):
        sign = found[0]
        if sign in ("$", "$$"):
            formula = not formula
        elif sign in DEEPER:
            depth = max(depth + DEEPER[sign], 0)
        elif sign[0] != "\\" and depth == 0 and not formula:
            if found.start() > start:
                yield value[start : found.start()]
            start = found.end()
    if start < len(value):
        yield value[start:]


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
