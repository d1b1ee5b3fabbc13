"""LaTeX -> plain text, by pylatexenc: accents, macros and braces decoded, formulas left as they are."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache

LATEX = re.compile(r"[\\$%~]|``|''|--|[?!]`")
ESCAPE = re.compile(r"\\[%&$#_{}]")
ESCAPE_OR_BRACE = re.compile(r"\\([%&$#_{}])|[{}]")
WORD_MARKS = re.compile(r"\$\$|\\begin\b|\\end\b|\\.|[{}$]|\s+", re.DOTALL)
DEEPER: Mapping[str, int] = {"{": 1, "}": -1, "\\begin": 1, "\\end": -1, "\\[": 1, "\\]": -1, "\\(": 1, "\\)": -1}
OPEN_COMMAND = re.compile(r"\\[a-zA-Z]+$")  # which takes the space after it, or the next word, as its argument
BARE_PERCENT = re.compile(r"(?<!\\)%")
# Which pylatexenc does not know.
UNKNOWN_MACROS: Mapping[str, str] = {
    "\\textbraceleft": "\\{",
    "\\textbraceright": "\\}",
    "\\textless": "<",
    "\\textgreater": ">",
}


def decode_latex(value: str) -> str:
    r"""The text that LaTeX would print; formulas stay as they are, and a bare % is a per cent sign, not a comment.

    >>> decode_latex(r"{\"U}ber {GAN}s, 50% \& $x^2$ --- \textit{d{\'e}j{\`a} vu}")
    'Über GANs, 50% & $x^2$ — déjà vu'
    """
    if not LATEX.search(ESCAPE.sub("", value)):
        return _plain(value)
    # The decoder is slow: it is given the words that need it, with everything inside their braces and formulas.
    decoded: list[str] = []
    waiting: list[str] = []
    for word in _words(value):
        if LATEX.search(ESCAPE.sub("", word)) or (waiting and OPEN_COMMAND.search(waiting[-1])):
            waiting.append(word)
            continue
        decoded += [_decode(waiting), _plain(word)]
        waiting = []
    return " ".join(" ".join([*decoded, _decode(waiting)]).split())


def _plain(text: str) -> str:
    return " ".join(ESCAPE_OR_BRACE.sub(lambda mark: mark[1] or "", text).split())


def _decode(words: Sequence[str]) -> str:
    if not words:
        return ""
    return _decoder()(BARE_PERCENT.sub(r"\\%", " ".join(words))).replace("\xa0", " ")


def _words(value: str) -> Iterator[str]:
    """The words of a text; one that opens a brace, a formula or an environment goes on to its end."""
    start = depth = 0
    formula = False
    for mark in WORD_MARKS.finditer(value):
        sign = mark[0]
        if sign in ("$", "$$"):
            formula = not formula
        elif sign in DEEPER:
            depth = max(depth + DEEPER[sign], 0)
        elif sign[0] != "\\" and depth == 0 and not formula:
            if mark.start() > start:
                yield value[start : mark.start()]
            start = mark.end()
    if start < len(value):
        yield value[start:]


@cache
def _decoder() -> Callable[[str], str]:
    """The decoder of pylatexenc, its tables built once instead of for every text."""
    from pylatexenc.latex2text import LatexNodes2Text
    from pylatexenc.latexwalker import LatexWalker, get_default_latex_context_db

    macros, printer = get_default_latex_context_db(), LatexNodes2Text(math_mode="verbatim", keep_comments=True)

    def decode(text: str) -> str:
        for macro, sign in UNKNOWN_MACROS.items():
            text = text.replace(macro, sign)
        nodes, _, _ = LatexWalker(text, latex_context=macros, tolerant_parsing=True).get_latex_nodes()
        return str(printer.nodelist_to_text(nodes))

    return decode
