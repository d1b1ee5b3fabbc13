"""Texts of papers -> texts that fit on a line, without control characters or formulas."""

import re

FORMULA = ("=", "+", "-", "@", "\t", "\r")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]+")


def safe(text: str) -> str:
    r"""The text on one line, without control characters and marks of text direction.

    >>> safe("red \x1b[31m title\n")
    'red [31m title'
    """
    return " ".join(CONTROL.sub(" ", text).split())


def shorten(text: str, length: int) -> str:
    """The text on one line, cut at a word with an ellipsis where it is longer.

    >>> shorten("Training Federated GANs with Theoretical Guarantees", 24)
    'Training Federated GANs…'
    """
    text = safe(text)
    if len(text) <= length:
        return text
    cut = text[: length - 1]
    if text[length - 1] != " " and " " in cut[length // 2 :]:
        cut = cut[: cut.rfind(" ")]
    return cut.rstrip(" ,;:") + "…"


def harmless(value: object) -> object:
    """The value, with a quote before a text that a spreadsheet would take for a formula, or that looks so quoted.

    >>> harmless("=1+1"), harmless("a=b"), harmless(-3)
    ("'=1+1", 'a=b', -3)
    """
    return f"'{value}" if isinstance(value, str) and value.lstrip("'").startswith(FORMULA) else value


def without_quote(value: str) -> str:
    """What `harmless` made a text from.

    >>> [without_quote(str(harmless(text))) for text in ("=1+1", "'=1+1", "'tis")]
    ['=1+1', "'=1+1", "'tis"]
    """
    return value[1:] if value[:1] == "'" and value.lstrip("'").startswith(FORMULA) else value
