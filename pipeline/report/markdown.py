"""Text of papers -> Markdown that shows it as it is."""

from pipeline.words.display import safe


def escape(text: str) -> str:
    r"""The text so that Markdown shows it as it is, on one line.

    >>> print(escape("<b>*bold*</b>\n# no heading"))
    &lt;b&gt;\*bold\*&lt;/b&gt; # no heading
    """
    text = safe(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return "".join("\\" + letter if letter in "\\`*_[]|" else letter for letter in text)
