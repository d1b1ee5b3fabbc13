"""One text a file -> one record: plain text whose first line is the title, or a Markdown note.

Front matter is read by PyYAML's safe loader, Markdown by markdown-it-py.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import accumulate

from pipeline.corpus.decoding import decode_whole, mend_records
from pipeline.corpus.file_format import Format
from pipeline.corpus.record import Record, Rejected
from pipeline.corpus.sources import Source

LONGEST_TITLE = 300  # characters
LARGEST = 2**20  # bytes; an export of another program that nobody recognised is larger, an abstract never
FRONT = re.compile(r"\A---\s*\n(.*?)\n(?:---|\.\.\.)\s*(?:\n|\Z)", re.DOTALL)
BRACKET = re.compile(r"[\[{}\]]")
MOST_NESTED = 50
ABSTRACT = re.compile(r"abstract|summary|zusammenfassung|résumé|resumen", re.IGNORECASE)


def read_text(source: Source, encoding: str) -> Iterator[Record | Rejected]:
    """The file as one paper: its first line is the title where it is short, else the file's name is."""
    note = _decoded(source, encoding)
    if isinstance(note, Rejected):
        yield note
        return
    text = str(note.fields["text"])
    first, _, rest = text.strip().partition("\n")
    titled = len(first.strip()) <= LONGEST_TITLE and bool(rest.strip())
    title, abstract = (first.strip().removeprefix("Title:").strip(), rest) if titled else (source.stem, text)
    fields = {"id": _name(source), "title": title, "abstract": " ".join(abstract.split())}
    yield replace(note, fields=fields if text.strip() else {"id": _name(source), "title": "", "abstract": ""})


def read_markdown(source: Source, encoding: str) -> Iterator[Record | Rejected]:
    """The note as one paper: title, authors, date, tags and all else from its front matter, or title from its heading.

    The abstract is the section of that name where there is one, else all its prose.
    """
    note = _decoded(source, encoding)
    if isinstance(note, Rejected):
        yield note
        return
    text = str(note.fields["text"])
    front = FRONT.match(text)
    fields: dict[str, object] = {"id": _name(source)}
    if front:
        metadata = _front_matter(front[1])
        if metadata is None:
            yield Rejected(source.name, 1, "its front matter is not YAML of plain names and values")
            return
        fields |= metadata
    title, abstract = _prose(text[front.end() :] if front else text)
    fields.setdefault("title", title or source.stem)
    fields.setdefault("abstract", abstract)
    yield replace(note, fields=fields)


def _decoded(source: Source, encoding: str) -> Record | Rejected:
    """A record of one field, `text`."""
    content = source.read_whole()
    if len(content) > LARGEST:
        return Rejected(
            source.name,
            1,
            f"a text of more than {LARGEST // 2**20} MB is no abstract; is it a list of papers? export it as RIS",
        )
    try:
        text = decode_whole(content, encoding)
    except (UnicodeError, LookupError):
        return Rejected(source.name, 1, f"not {encoding} text")
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    return next(mend_records([Record(source.name, 1, {"text": text})], encoding))


def _name(source: Source) -> str:
    """The id of a note: the file's name without its ending, in an archive with its folders."""
    return (source.member or source.name).rpartition(".")[0] or source.name


def _front_matter(text: str) -> dict[str, object] | None:
    import yaml

    if _depth(text) > MOST_NESTED:  # the parser takes ever longer, the deeper it is
        return None
    try:
        # An alias can expand to a hundred others: a few lines could fill the memory.
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=yaml.SafeLoader)):
            return None
        metadata = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    if not isinstance(metadata, dict):
        return None
    return {str(name): _plain(value) for name, value in metadata.items()}


def _depth(text: str) -> int:
    """How many lists and objects in brackets are open at once."""
    steps = (1 if bracket in "[{" else -1 for bracket in BRACKET.findall(text))
    return max(accumulate(steps, lambda depth, step: max(depth + step, 0)), default=0)


def _plain(value: object) -> object:
    if isinstance(value, list):
        return [part if isinstance(part, str | dict) else str(part) for part in value]
    return value if isinstance(value, str | int | float | bool | dict | None) else str(value)


def _prose(text: str) -> tuple[str, str]:
    """(first heading, text of the abstract's section, or all text where there is none)."""
    from markdown_it import MarkdownIt

    title, heading, section, prose, abstract = "", False, "", [], []
    for token in MarkdownIt("commonmark").parse(text):
        if token.type in ("heading_open", "heading_close"):
            heading = token.type == "heading_open"
        elif token.type == "inline":
            words = "".join(
                child.content if child.type in ("text", "code_inline") else " " if child.type.endswith("break") else ""
                for child in token.children or ()
            ).strip()
            if heading:
                section = words
                title = title or ("" if ABSTRACT.fullmatch(words) else words)
            else:
                prose.append(words)
                if ABSTRACT.fullmatch(section):
                    abstract.append(words)
    return title, " ".join(" ".join(abstract or prose).split())


MARKDOWN = Format("Markdown", (".md", ".markdown"), read_markdown)
TEXT = Format("text", (), read_text)
