"""Title and abstract as the source has them -> as they are embedded: without markup and what publishers add.

Tags, entities and small formulas are left out of what is shown as well (corpus/shown_text.py), before this; the rest of
what is shown never changes. Each step has a setting of its name in [corpus.clean]; the papers that it changed are
counted.
"""

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from pipeline.config import CleanConfig
from pipeline.words.tokens import compose_accents

STEPS = ("control", "markup", "latex", "labels", "copyright", "repeats")

CONTROL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]"
)
TAG_NAMES = """a abbr b bdi big blockquote body br caption center cite code col dd del dfn div dl dt em figure font
    h1 h2 h3 h4 h5 h6 hr html i img ins kbd li mark ol p pre q s samp sc sec section small span strike strong sub sup
    table tbody td th thead title tr tt u ul var inline-formula disp-formula alternatives tex-math italic bold underline
    ext-link xref list list-item abstract break named-content styled-content 正"""
ATTRIBUTES = r"""(?:\s+[\w:-]{1,40}\s*=\s*(?:"[^"<>]{0,500}"|'[^'<>]{0,500}'|[^\s<>"']{1,200})){0,20}\s*"""
TAG = re.compile(
    rf"</?(?:(?:jats|mml|m|xhtml|ns\d):[a-z-]+|{'|'.join(TAG_NAMES.split())}){ATTRIBUTES}/?>", re.IGNORECASE
)
BLOCK = re.compile(rf"</?(?:jats:)?(?:p|br|div|li|sec|section|title|td|tr|h\d|break){ATTRIBUTES}/?>", re.IGNORECASE)
TITLE_TAG = re.compile(r"<jats:title>\s*(?:abstract|summary)\s*</jats:title>", re.IGNORECASE)
COMMENT = re.compile(r"<!--.{0,5000}?-->|<!\[CDATA\[|\]\]>", re.DOTALL)
ENTITY = re.compile(r"\\?&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,30});", re.IGNORECASE)

STYLED = re.compile(
    r"\\(?:emph|text(?:bf|it|tt|rm|sc|sf|sl|up|sub|superscript|subscript)?|math(?:rm|bf|cal|bb|it|sf|frak|scr|tt)|"
    r"boldsymbol|bm|operatorname|mbox|hbox|underline|overline|url|ensuremath|mathop)\s*\{([^{}]{0,300})\}"
)
# A sum of money is no formula: "$5 or $10".
FORMULA = re.compile(r"\$\$?([^$]{0,500}[\\^_={][^$]{0,500}|(?=[^\s$])[^$]{1,500}?(?<=[^\s$])(?=\$\$?(?!\d)))\$\$?")
ESCAPED = re.compile(r"\\([%&$#_{}])")
COMMAND = re.compile(r"\\([a-zA-Z]+)\*?(?=(\w)?)")
ACCENTED = re.compile(r"""\\['`^"~cv]""")  # where an accent of LaTeX can begin
CITING = re.compile(r"\\(?:cite|ref|eqref|label|footnotemark)")  # where CITATION can match
CITATION = re.compile(r"\s*\\(?:cite[a-z]*|ref|eqref|label|footnotemark)\*?\s*(?:\[[^\]]{0,80}\]){0,2}\{[^{}]{0,300}\}")
SYMBOLS: Mapping[str, str] = {
    **{"times": "×", "cdot": "·", "pm": "±", "infty": "∞", "to": "→", "rightarrow": "→", "approx": "≈", "sim": "∼"},
    **{"leq": "≤", "le": "≤", "geq": "≥", "ge": "≥", "gtrsim": "≳", "lesssim": "≲", "gg": "≫", "ll": "≪", "neq": "≠"},
    **{"ldots": "…", "dots": "…", "cdots": "…", "deg": "°", "circ": "°", "ell": "ℓ", "in": "∈", "subset": "⊂"},
}
LEFT_OVER = re.compile(r"\\[,;:!>()\[\] \\]")
LAYOUT_COMMANDS = frozenset(
    {"left", "right", "big", "Big", "bigg", "limits", "displaystyle", "quad", "qquad", "rm", "bf", "it", "cal"}
)

OPENINGS = "We This In The Background Objective Objectives Purpose Aim Aims Motivation Context Introduction Here Our To"
LABEL = re.compile(
    r"^\s*(?:(?:graphical\s+)?abstract|summary)"
    rf"(?:\s*[:.—–]\s*|\s+-\s+|\s+(?=(?-i:{'|'.join(OPENINGS.split())})\b))",
    re.IGNORECASE,
)
KEEPS_CASE = re.compile(r"^\s*(?:Graphical\s+)?(?:Abstract|ABSTRACT|Summary|SUMMARY)\b")
OWNER = r"(?:©|\(c\)|\bcopyright\b)"
CLAIM = (
    r"(?:all rights reserved|published by|elsevier|springer|wiley|ieee|acm\b|the authors?|\bauthors?\b|society|press|"
    r"taylor|sage|mdpi|licensee|publish|association|foundation|institute|university|b\.v\.|ltd|inc\b|\d{4})"
)
COPYRIGHT_END = re.compile(rf"\s*{OWNER}[^\n]{{0,300}}$", re.IGNORECASE)
COPYRIGHT_START = re.compile(
    r"^\s*(?:©|\(c\)|copyright\s*(?:©|\(c\)|:)?)\s*(?:\d{4}|the authors?)\b[^\n.]{0,120}\.\s+"
    r"(?:all rights reserved\.\s+)?",
    re.IGNORECASE,
)
SAYS_RIGHTS = re.compile(r"copyright|rights reserved")
CLAIMED = re.compile(CLAIM, re.IGNORECASE)
RIGHTS = re.compile(
    r"(?<=[.!?)”\"'])\s*(?:published by [^.\n]{1,80}(?:\bb\.v|ltd|inc|llc|gmbh)?\.?|all rights reserved\.?"
    r"|crown copyright\.?)\s*$",
    re.IGNORECASE,
)
PROBE = 20  # first characters of an abstract, looked for a second time in it
SHORTEST_REPEAT = 60  # characters of an abstract that is given twice


@dataclass(frozen=True)
class Cleaned:
    """title, abstract: as they are embedded. steps: names of those that changed something, in order."""

    title: str
    abstract: str
    steps: tuple[str, ...]


@dataclass(frozen=True)
class Cleaner:
    """Applies the steps that are turned on."""

    config: CleanConfig

    @cached_property
    def _steps(self) -> Mapping[str, Callable[[str, str], tuple[str, str]]]:
        steps = {
            "control": lambda title, abstract: (without_control(title), without_control(abstract)),
            "markup": lambda title, abstract: (without_markup(title), without_markup(abstract)),
            "latex": lambda title, abstract: (without_latex(title), without_latex(abstract)),
            "labels": lambda title, abstract: (title, without_label(abstract)),
            "copyright": lambda title, abstract: (title, without_copyright(abstract)),
            "repeats": without_repeats,
        }
        return {name: steps[name] for name in STEPS if getattr(self.config, name)}

    def clean(self, title: str, abstract: str) -> Cleaned:
        """A text that a step would leave empty stays as it was before that step."""
        steps = []
        for name, step in self._steps.items():
            new_title, new_abstract = step(title, abstract)
            changed = (new_title, new_abstract) != (title, abstract)
            if changed and (new_title.strip() or not title.strip()) and (new_abstract.strip() or not abstract.strip()):
                title, abstract = new_title, new_abstract
                steps.append(name)
        return Cleaned(title, abstract, tuple(steps))


def without_control(text: str) -> str:
    r"""Without invisible characters: control characters, soft hyphens, marks of direction and of zero width.

    >>> without_control("na\u00adno\u200bwire\x07s")
    'nanowires'
    """
    return text if text.isprintable() else CONTROL.sub("", text)


def without_markup(text: str) -> str:
    """Without tags of HTML, JATS and MathML, comments and entities; "<" in mathematics stays.

    >>> without_markup("<jats:title>Abstract</jats:title><jats:p>H<sub>2</sub>O &amp; x, a<b and c>d</jats:p>").strip()
    'H2O & x, a<b and c>d'
    """
    if "<" in text:
        text = TAG.sub("", BLOCK.sub(" ", COMMENT.sub("", TITLE_TAG.sub(" ", text))))
    return ENTITY.sub(lambda entity: html.unescape(entity[0].removeprefix("\\")), text) if "&" in text else text


def without_latex(text: str) -> str:
    r"""Formulas and commands as words and symbols.

    >>> without_latex(r"An $O(n \log n)$ \emph{fast} method for $\alpha$-stable laws, 50\% off, costs $5 or $10")
    'An O(n log n) fast method for alpha-stable laws, 50% off, costs $5 or $10'
    """
    if "$" not in text and "\\" not in text:
        return text
    text = FORMULA.sub(_inside, _without_styles(text)) if "$" in text else _without_styles(text)
    if "\\" in text:
        text = CITATION.sub("", text) if CITING.search(text) else text
        text = COMMAND.sub(_word, text)
    return _without_left_over(text) if "\\" in text or "{" in text else text


def _without_styles(text: str) -> str:
    """Accents as letters, words without the command that sets them in italics and the like."""
    if "\\" not in text:
        return text
    text = compose_accents(text) if ACCENTED.search(text) else text
    for _ in range(3):  # one command inside another
        text, changed = STYLED.subn(_inside, text)
        if not changed:
            break
    return text


def _without_left_over(text: str) -> str:
    """Without backslashes before signs, braces, and commands for spaces."""
    if "\\" in text:
        text = LEFT_OVER.sub("", ESCAPED.sub(_inside, text))
    return text.replace("{", "").replace("}", "")


def _inside(command: re.Match[str]) -> str:
    return command[1]


def _word(command: re.Match[str]) -> str:
    """A command as a symbol, or as its name, with a space between it and the words around it."""
    name = command[1]
    if name in LAYOUT_COMMANDS:
        return ""
    if name in SYMBOLS:
        return SYMBOLS[name]
    before = command.string[max(command.start() - 1, 0) : command.start()]
    return f"{' ' if before.isalnum() else ''}{name}{' ' if command[2] else ''}"


def without_label(abstract: str) -> str:
    """Without a leading "Abstract:".

    >>> without_label("ABSTRACT We show."), without_label("Abstract: yes."), without_label("Abstract algebra is.")
    ('We show.', 'yes.', 'Abstract algebra is.')
    """
    label = LABEL.match(abstract)
    return abstract[label.end() :] if label and KEEPS_CASE.match(abstract) else abstract


def without_copyright(abstract: str) -> str:
    """Without a publisher's copyright line at its start or end.

    >>> without_copyright("It melts. © 2021 Elsevier Ltd. All rights reserved.")
    'It melts.'
    >>> without_copyright("Copyright law in 2020 (c) changed courts. It is hard.")
    'Copyright law in 2020 (c) changed courts. It is hard.'
    """
    lower = abstract.lower()
    if "©" not in lower and "(c)" not in lower and not ("right" in lower and SAYS_RIGHTS.search(lower)):
        return RIGHTS.sub("", abstract) if "published by" in lower[-120:] else abstract
    last = COPYRIGHT_END.search(abstract, max(0, len(abstract) - 320))
    if last and last.start() and abstract[last.start() - 1] in ".!?)”\"'\n " and CLAIMED.search(last[0]):
        abstract = abstract[: last.start()]
    first = COPYRIGHT_START.match(abstract)
    if first:
        abstract = abstract[first.end() :]
    return RIGHTS.sub("", RIGHTS.sub("", abstract))


def without_repeats(title: str, abstract: str) -> tuple[str, str]:
    """Without the title before the abstract, and without the second of two equal halves.

    >>> without_repeats("On ice", "On Ice. It melts.")
    ('On ice', 'It melts.')
    """
    if abstract[:4].lower() != title[:4].lower() and abstract.find(abstract[:PROBE], PROBE) < 0:
        return title, abstract  # nearly all, without reading the whole abstract
    plain = " ".join(abstract.split())
    length = len(plain_title := " ".join(title.split()).rstrip("."))
    if (
        length > 4
        and plain.lower().startswith(plain_title.lower())
        and plain[length : length + 1] in (".", ":", "\u2014")
    ):
        abstract = plain[length:].lstrip(" .:\u2014-")
        plain = abstract
    half = len(plain) // 2
    if half >= SHORTEST_REPEAT and plain[:half].strip() == plain[-half:].strip():
        abstract = plain[:half].strip()
    return title, abstract
