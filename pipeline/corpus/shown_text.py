r"""Title, abstract or journal as a file has it -> as a person reads it: without tags, entities and small formulas.

Services give "H<sub>2</sub>O", "&lt;i&gt;E. coli&lt;/i&gt;", "<jats:p>", MathML. What only looks like a tag stays:
"p < 0.05 and q > 3", "x<y", "List<int>", the mean momentum "<p>". So names of tags that are words or letters are tags
only in pairs, or with attributes. Formulas of LaTeX stay as they are, but for signs set low or high beside a word.
"""

import html
import re
from dataclasses import dataclass
from html.entities import html5

from pipeline.config import CleanConfig
from pipeline.corpus.cleaning import ATTRIBUTES
from pipeline.corpus.mathml import math_text, raised
from pipeline.corpus.record import RawRow

EVERYTHING = CleanConfig()
# Fields that say where a paper appeared, and what it is about.
SHOWN = frozenset(
    {"journal", "booktitle", "journaltitle", "eventtitle", "publication_title", "publisher", "series", "keywords"}
)


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


ROUNDS = 4  # markup that was escaped and escaped again
TAG = re.compile(
    rf"<(?P<end>/?)(?P<name>[a-z][a-z0-9]{{0,20}}(?:[:-][a-z0-9-]{{1,30}})?)(?P<attributes>{ATTRIBUTES})(?P<empty>/?)>",
    re.IGNORECASE,
)
PREFIXED = re.compile(r"(?:jats|mml|m|xhtml|html|ns\d):.*")
# Names that nothing else has in these brackets.
ALWAYS = _names(
    """sub sup inf br wbr hr img td tr th tbody thead li italic bold bold-italic scp smallcaps inline-formula
    disp-formula alternatives tex-math ext-link xref list-item named-content styled-content sans-serif monospace
    inline-graphic abstracttext copyrightinformation subscript superscript inlineequation equationsource"""
)
PAIRED = _names(
    """a abbr abstract b big blockquote body caption center cite code col dd del dfn div dl dt em emphasis fig figure
    font formula h1 h2 h3 h4 h5 h6 html i ins it kbd list mark math ol overline ovl p para pre roman samp sc sec
    section small span strike strong table tex title tt u ul underline var"""
)
BLOCKS = _names(
    """abstract abstracttext blockquote body br caption dd div dl dt figure hr li list list-item ol p para pre sec
    section table tbody td th thead title tr ul"""
)
LABELLED = re.compile(
    r"""<abstracttext\s[^<>]{0,200}?label\s*=\s*["']([^"'<>]{1,80})["'][^<>]{0,200}>""", re.IGNORECASE
)
HEADING = re.compile(
    rf"<((?:jats:)?title|h[1-6]){ATTRIBUTES}>([^<>]{{1,120}})</\1\s*>(?:\s*;)?(?=\s*\S)", re.IGNORECASE
)
PARAGRAPHS = re.compile(r"\A\s*<p\s*>|</p\s*>", re.IGNORECASE)  # whose ends need not be marked
NO_HEADINGS = frozenset({"", "abstract", "summary"})
SUPERSCRIPT = re.compile(
    rf"(?<=\d)<(?:jats:)?sup{ATTRIBUTES}>\s*([0-9+\-−–]{{1,6}})\s*</(?:jats:)?sup\s*>", re.IGNORECASE
)
CDATA = re.compile(r"<!\[CDATA\[|\]\]>")
MATH = re.compile(r"<((?:[a-z]\w{0,9}:)?)math[\s>]", re.IGNORECASE)
TEX_BESIDE = re.compile(r"<((?:jats:)?tex-math)(?:\s[^<>]{0,200})?>[^<]{0,5000}</\1>", re.IGNORECASE)
PREFIX = re.compile(r"(</?)[a-zA-Z]\w{0,9}:")
ENTITY = re.compile(r"\\?&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,30});", re.IGNORECASE)
SENTENCE_END = frozenset(".!?:;")
SPACES = re.compile(r"[\xa0\r]")
# "_2", "^{13}", "^{\rm th}": signs between dollars that are set low or high beside a word.
SMALL = re.compile(
    r"\$\s*(?:\{\})?([_^])\s*(?:\{\s*(?:\\(?:rm|mathrm|text|textrm|it)\b\s*)?\{?([\w+\-−–.,]{1,8})\}?\s*\}|([\w+\-]))\s*\$"
)
# A formula as Springer's texts have it: a whole document of LaTeX.
DOCUMENT = re.compile(
    r"\\documentclass(?:(?!\\documentclass|\\begin\s*\{document\}).){0,2000}\\begin\s*\{document\}"
    r"((?:(?!\\end\s*\{document\}).){0,2000})\\end\s*\{document\}",
    re.DOTALL,
)
STYLED = re.compile(r"\\text(sub|super)script\s*\{([^{}\\$]{1,20})\}")


@dataclass(frozen=True)
class Shown:
    """A text as it is shown. steps: those of cleaning that changed it."""

    text: str
    steps: tuple[str, ...] = ()


def show(text: str, clean: CleanConfig = EVERYTHING) -> Shown:
    r"""A text by the steps of cleaning that are turned on.

    >>> show("<i>E. coli</i> &amp; CO<sub>2</sub> at 10<sup>5</sup>, if x<y or p < 0.05 > q").text, show("List<int>")
    ('E. coli & CO2 at 10⁵, if x<y or p < 0.05 > q', Shown(text='List<int>', steps=()))
    >>> show("&lt;jats:title&gt;Aims&lt;/jats:title&gt;&lt;jats:p&gt;NO$_x$ and <p> of pions&lt;/jats:p&gt;")
    Shown(text='Aims: NOx and <p> of pions', steps=('markup', 'latex'))
    """
    if "<" not in text and "&" not in text and "$" not in text and "\\" not in text:
        return Shown(text)  # nearly all
    steps = [("markup", _without_markup)] if clean.markup else []
    steps += [("latex", _without_small_formulas)] if clean.latex else []
    changed = []
    for name, step in steps:
        before, text = text, step(text)
        changed += [name] if text != before else []
    return Shown(text, tuple(changed))


def show_others(fields: RawRow, clean: CleanConfig = EVERYTHING) -> dict[str, object]:
    """The other fields of a paper, those that name where it appeared as they are shown, and its keywords.

    >>> show_others({"journal": "Ice &amp; Snow", "keywords": ["CO<sub>2</sub>"], "note": "a &amp; b"})
    {'journal': 'Ice & Snow', 'keywords': ['CO2'], 'note': 'a &amp; b'}
    """
    shown = dict(fields)
    for name in shown.keys() & SHOWN:
        value = shown[name]
        if isinstance(value, str):
            shown[name] = show(value, clean).text
        elif isinstance(value, list) and all(isinstance(part, str) for part in value):
            shown[name] = [show(part, clean).text for part in value]
    return shown


def _without_markup(text: str) -> str:
    for _ in range(ROUNDS):
        before = text
        text = _unescaped(_without_tags(text))
        if text == before or ("<" not in text and "&" not in text):
            break
    return text


def _unescaped(text: str) -> str:
    return ENTITY.sub(_letter, text) if "&" in text else text


def _letter(entity: re.Match[str]) -> str:
    """What an entity stands for; one that HTML does not know stays."""
    name = entity[0].removeprefix("\\")
    if name[1] != "#" and name[1:] not in html5:
        return entity[0]
    return SPACES.sub(" ", html.unescape(name))


def _without_tags(text: str) -> str:
    if "<" not in text:
        return text
    marked = _without_comments(CDATA.sub("", text)) if "<!" in text else text
    marked = _with_math(marked) if "math" in marked.lower() else marked
    marked = LABELLED.sub(r" \1: ", marked)
    marked = HEADING.sub(_heading, SUPERSCRIPT.sub(lambda high: raised(high[1], "1"), marked))
    pieces, done = [], 0
    for tag in _tags(marked):
        pieces += [marked[done : tag.start()], " " if _is_block(tag) else ""]
        done = tag.end()
    without = "".join([*pieces, marked[done:]])
    return text if without == text else " ".join(without.split())


def _without_comments(text: str) -> str:
    pieces, done = [], 0
    while (begun := text.find("<!--", done)) >= 0 and (end := text.find("-->", begun)) >= 0:
        pieces.append(text[done:begun])
        done = end + len("-->")
    return "".join([*pieces, text[done:]])


def _tags(text: str) -> list[re.Match[str]]:
    """What is a tag beyond doubt, in order."""
    sure: dict[int, re.Match[str]] = {}
    opened: dict[str, list[re.Match[str]]] = {}
    has_paragraphs = PARAGRAPHS.search(text) is not None
    for tag in TAG.finditer(text):
        name = tag["name"].lower()
        has_attributes = bool(tag["attributes"].strip() or tag["empty"])
        if _is_alone(name) or (name == "p" and has_paragraphs) or (name in PAIRED and has_attributes):
            sure[tag.start()] = tag
        if name in PAIRED and not tag["end"]:
            opened.setdefault(name, []).append(tag)
        elif opened.get(name):
            opening = opened[name].pop()
            sure |= {opening.start(): opening, tag.start(): tag}
    return [sure[start] for start in sorted(sure)]


def _is_block(tag: re.Match[str]) -> bool:
    return tag["name"].lower().removeprefix("jats:") in BLOCKS


def _is_alone(name: str) -> bool:
    return name in ALWAYS or PREFIXED.fullmatch(name) is not None


def _heading(heading: re.Match[str]) -> str:
    words = heading[2].strip()
    if words.lower().strip(" .:") in NO_HEADINGS:
        return " "
    return f" {words} " if words[-1] in SENTENCE_END else f" {words}: "


def _with_math(text: str) -> str:
    """MathML as text; the same in LaTeX beside it is left out."""
    pieces, done = [], 0
    text = TEX_BESIDE.sub("", text) if MATH.search(text) else text
    while begun := MATH.search(text, done):
        closing = f"</{begun[1]}math>"
        end = text.find(closing, begun.end())
        if end < 0:
            break
        end += len(closing)
        pieces += [text[done : begun.start()], _math(text[begun.start() : end])]
        done = end
    return "".join([*pieces, text[done:]])


def _math(fragment: str) -> str:
    from lxml import etree

    plain = PREFIX.sub(r"\1", ENTITY.sub(_letter_of_xml, fragment))
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, remove_comments=True)
    root = etree.fromstring(plain.encode(errors="replace"), parser)
    return fragment if root is None else html.escape(math_text(root), quote=False)


def _letter_of_xml(entity: re.Match[str]) -> str:
    return html.escape(_letter(entity), quote=False)


def _without_small_formulas(text: str) -> str:
    text = DOCUMENT.sub(r"\1", text) if "\\documentclass" in text else text
    return STYLED.sub(_set_small, SMALL.sub(_set_small, text))


def _set_small(part: re.Match[str]) -> str:
    kind, content = part[1], part[2] or part[part.re.groups]
    before = part.string[max(part.start() - 1, 0) : part.start()]
    return raised(content, before) if kind in ("^", "super") else content
