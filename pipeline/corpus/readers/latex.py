"""LaTeX -> plain text, by pylatexenc: accents, macros and braces decoded, formulas left as they are.

Much of what stands in BibTeX files is plain text, so a sign that is LaTeX only in its place stays where it is not.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache

from pipeline.corpus.readers.latex_macros import without_unknown_macros

LATEX = re.compile(r"[\\~]|``|''|--|[?!]`")
ESCAPE = re.compile(r"\\[%&$#_{}]")
ESCAPE_OR_BRACE = re.compile(r"\\([%&$#_{}])|[{}]")
WORD_MARKS = re.compile(r"\\begin\b|\\end\b|\\.|[{}]|\s+", re.DOTALL)
DEEPER: Mapping[str, int] = {"{": 1, "}": -1, "\\begin": 1, "\\end": -1}
OPEN_COMMAND = re.compile(r"\\[a-zA-Z]+$")  # which takes the space after it, or the next word, as its argument
# A backslash that Mendeley escaped a second time, and the letters after it: a line end, or a macro in escaped braces.
ESCAPED_TWICE = re.compile(
    r"(?:\{\\\{\})?(?:\{\\\$\}|\\?\$)\\+backslash(?:\{\\\$\}|\\?\$)"
    r"(?:(text(?:less|greater))(?:\{\\\}\})?|n(?!(?:u|abla|eq?)\b)|[rt](?![a-z]))"
)
# What is no LaTeX, or is not decoded; a formula is told from sums of money as Pandoc does: no white space inside its
# signs, no digit after them.
BRACED = r"\{(?:\\.|[^{}$\\]|\{(?:\\.|[^{}$\\])*\})*\}"
KEPT = re.compile(
    rf"""
      \ufdd0                                                            # our own mark
    | \$\$[^$]+\$\$ | \\\[.+?\\\] | \\\(.+?\\\)
    | (?<!\\)\$(?=[^\s$])(?:\\.|{BRACED}|[^{{}}$\\])*?(?<=[^\s\\])\$(?!\d)  # a formula
    | \\begin\{{(?P<env>[a-z]+\*?)\}}.+?\\end\{{(?P=env)\}}
    | https?://[^\s\\{{}}]+
    | (?<![^\s(\[<>=≈,;])~ | ~(?!\S)                                    # "about", not a space that does not break
    | (?<!\\)[$%&\#^_] | << | >>
    """,
    re.VERBOSE | re.DOTALL,
)
QUOTED = re.compile(r"``(?:(?!``|'').)*''", re.DOTALL)
QUOTES = re.compile(r"``|''")
# One sign as a formula, which is how programs write a sign that LaTeX has no other name for.
ONE_SIGN = re.compile(r"\$\s*(?:([<>|~=+*-])|(\\backslash))\s*\$")
ADDRESS = re.compile(r"\\url\s*(?=\{)|\\href\s*\{[^{}]*\}\s*(?=\{)")  # macros whose last argument is printed
MARK = "\ufdd0"  # in place of what is kept; no character, so no text holds it
# Which pylatexenc does not know.
UNKNOWN_MACROS: Mapping[str, str] = {
    "\\textbraceleft": "\\{",
    "\\textbraceright": "\\}",
    "\\textless": "<",
    "\\textgreater": ">",
    "\\textbar": "|",
    "\\textasciicircum": "^",
}


def decode_latex(value: str) -> str:
    r"""The text that LaTeX would print; formulas stay as they are, and a bare % is a per cent sign, not a comment.

    >>> decode_latex(r"{\"U}ber {GAN}s, 50% \& $x^2$ --- \textit{d{\'e}j{\`a} vu}")
    'Über GANs, 50% & $x^2$ — déjà vu'
    >>> decode_latex("5% of $3 and $4, ~10^6 at 5'' on https://x.org/~moe, p {$<$} 0.05")
    "5% of $3 and $4, ~10^6 at 5'' on https://x.org/~moe, p < 0.05"
    """
    value = ESCAPED_TWICE.sub(lambda part: UNKNOWN_MACROS.get(f"\\{part[1]}", " "), value)
    value = ADDRESS.sub("", value)
    if not LATEX.search(ESCAPE.sub("", value)) and "$" not in value:
        return _plain(value)
    kept: list[str] = []
    text = _without_lone_quotes(KEPT.sub(lambda part: _keep(_shown(part[0]), kept), value), kept)
    # The decoder is slow: it is given the words that need it, with everything inside their braces.
    decoded: list[str] = []
    waiting: list[str] = []
    for word in _words(text):
        if LATEX.search(ESCAPE.sub("", word)) or (waiting and OPEN_COMMAND.search(waiting[-1])):
            waiting.append(word)
            continue
        decoded += [_decode(waiting), _plain(word)]
        waiting = []
    return _restored(" ".join(" ".join([*decoded, _decode(waiting)]).split()), kept)


def _keep(text: str, kept: list[str]) -> str:
    """The mark for a text, which is added to the kept ones with its number in letters that LaTeX leaves alone."""
    kept.append(text)
    return f"{MARK}{len(kept) - 1}{MARK}"


def _restored(text: str, kept: Sequence[str]) -> str:
    whole = re.sub(rf"{MARK}(\d+){MARK}", lambda mark: kept[int(mark[1])], text)
    return " ".join(whole.split())


def _shown(part: str) -> str:
    sign = ONE_SIGN.fullmatch(part)
    return part if sign is None else sign[1] or "\\"


def _without_lone_quotes(text: str, kept: list[str]) -> str:
    """The text with '' kept where no `` opens it: inches, minutes of arc, or two quotes of another program."""
    pairs = [range(*pair.span()) for pair in QUOTED.finditer(text)]
    return QUOTES.sub(
        lambda quote: quote[0] if any(quote.start() in pair for pair in pairs) else _keep(quote[0], kept),
        text,
    )


def _plain(text: str) -> str:
    return " ".join(ESCAPE_OR_BRACE.sub(lambda mark: mark[1] or "", text).split())


def _decode(words: Sequence[str]) -> str:
    if not words:
        return ""
    text = " ".join(words)
    try:
        return _decoder()(without_unknown_macros(text)).replace("\xa0", " ")
    except RecursionError:  # nested as no text is
        return _plain(text)


def _words(value: str) -> Iterator[str]:
    """The words of a text; one that opens a brace or an environment goes on to its end."""
    start = depth = 0
    for mark in WORD_MARKS.finditer(value):
        sign = mark[0]
        if sign in DEEPER:
            depth = max(depth + DEEPER[sign], 0)
        elif sign[0] != "\\" and depth == 0:
            if mark.start() > start:
                yield value[start : mark.start()]
            start = mark.end()
    if start < len(value):
        yield value[start:]


@cache
def _decoder() -> Callable[[str], str]:
    """The decoder of pylatexenc, its tables built once instead of for every text."""
    from pylatexenc.latex2text import LatexNodes2Text, MacroTextSpec, get_default_latex_context_db
    from pylatexenc.latexwalker import LatexMacroNode, LatexWalker
    from pylatexenc.latexwalker import get_default_latex_context_db as get_macros

    def unknown(node: LatexMacroNode) -> str:
        """A macro that is not known: left out before an argument, else no macro but a backslash of a plain text."""
        end = node.pos + node.len
        return "" if node.parsing_state.s[end : end + 1] == "{" else str(node.latex_verbatim())

    texts = get_default_latex_context_db()
    texts.set_unknown_macro_spec(MacroTextSpec("", simplify_repl=unknown))
    macros = get_macros()
    printer = LatexNodes2Text(latex_context=texts, math_mode="verbatim", keep_comments=True)

    def decode(text: str) -> str:
        for macro, sign in UNKNOWN_MACROS.items():
            text = text.replace(macro, sign)
        nodes, _, _ = LatexWalker(text, latex_context=macros, tolerant_parsing=True).get_latex_nodes()
        return str(printer.nodelist_to_text(nodes))

    return decode
