"""Texts of papers and numbers of them -> Markdown."""

from pipeline.words.display import safe


def escape(text: str) -> str:
    r"""The text so that Markdown shows it as it is, on one line.

    >>> print(escape("<b>*bold*</b>\n# no heading"))
    &lt;b&gt;\*bold\*&lt;/b&gt; # no heading
    """
    text = safe(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return "".join("\\" + letter if letter in "\\`*_[]|" else letter for letter in text)


def counted(number: int, what: str) -> str:
    """A number with what it counts.

    >>> counted(1, "paper"), counted(1200, "paper")
    ('1 paper', '1,200 papers')
    """
    return f"{number:,} {what}{'' if number == 1 else 's'}"
