"""One text a file -> one record: plain text whose first line is the title, or a Markdown note.

Front matter is read by PyYAML's safe loader, Markdown by markdown-it-py.
"""

import re
from collections.abc import Iterator
from typing import Any

from pipeline.corpus.files import Source, undecodable
from pipeline.corpus.record import Record, Rejected

LONGEST_TITLE = 300
LARGEST = 16 * 2**20
FRONT = re.compile(r"\A---\s*\n(.*?)\n(?:---|\.\.\.)\s*(?:\n|\Z)", re.DOTALL)
ABSTRACT = re.compile(r"abstract|summary|zusammenfassung|résumé|resumen", re.IGNORECASE)


def read_text(source: Source, encoding: str) -> Iterator[Record | Rejected]:
    """The file as one paper: its first line is the title where it is short, else the file's name is."""
    text = _decoded(source, encoding)
    if isinstance(text, Rejected):
        yield text
        return
    first, _, rest = text.strip().partition("\n")
    own = len(first.strip()) <= LONGEST_TITLE and bool(rest.strip())
    title, abstract = (first.strip().removeprefix("Title:").strip(), rest) if own else (source.stem, text)
    fields = {"id": _name(source), "title": title, "abstract": " ".join(abstract.split())}
    yield Record(source.name, 1, fields if text.strip() else {"id": _name(source), "title": "", "abstract": ""})


def read_markdown(source: Source, encoding: str) -> Iterator[Record | Rejected]:
    """The note as one paper: title, authors, date, tags and all else from its front matter, or title from its heading.

    The abstract is the section of that name where there is one, else all its prose.
    """
    text = _decoded(source, encoding)
    if isinstance(text, Rejected):
        yield text
        return
    front = FRONT.match(text)
    fields: dict[str, Any] = {"id": _name(source)}
    if front:
        told = _front_matter(front[1])
        if told is None:
            yield Rejected(source.name, 1, "its front matter is not YAML of plain names and values")
            return
        fields |= told
    title, abstract = _prose(text[front.end() :] if front else text)
    fields.setdefault("title", title or source.stem)
    fields.setdefault("abstract", abstract)
    yield Record(source.name, 1, fields)


def _decoded(source: Source, encoding: str) -> str | Rejected:
    content = source.read_whole()
    if len(content) > LARGEST:
        return Rejected(source.name, 1, f"a text of more than {LARGEST // 2**20} MB")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    text = content.decode(encoding, errors="surrogateescape" if encoding != "utf-16" else "replace")
    if undecodable(text):
        return Rejected(source.name, 1, f"not {encoding} text")
    return text.removeprefix("\ufeff").replace("\r\n", "\n")


def _name(source: Source) -> str:
    """The file's place below its folder, without its ending: what a note is called."""
    return (source.member or source.name).rpartition(".")[0] or source.name


def _front_matter(text: str) -> dict[str, Any] | None:
    import yaml

    try:
        # An alias can stand for a hundred others: a few lines that fill the memory.
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=yaml.SafeLoader)):
            return None
        told = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    if not isinstance(told, dict):
        return None
    return {str(name): _plain(value) for name, value in told.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [part if isinstance(part, str | dict) else str(part) for part in value]
    return value if isinstance(value, str | int | float | bool | dict | None) else str(value)


def _prose(text: str) -> tuple[str, str]:
    """(first heading, text of the abstract's section or of all)."""
    from markdown_it import MarkdownIt

    title, heading, section, parts, own = "", False, "", [], []
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
                parts.append(words)
                if ABSTRACT.fullmatch(section):
                    own.append(words)
    return title, " ".join(" ".join(own or parts).split())
