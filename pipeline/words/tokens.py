"""text -> tokens: prose without formulas, and one normal form for singular and plural."""

import re
import unicodedata

import numpy as np
from numpy.typing import NDArray

from pipeline.words.plurals import singular_of

NOT_PROSE = re.compile(r"\$[^$]{0,300}\$|\\[a-zA-Z]+\*?|https?://\S+|[{}^~_]")
TOKEN = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*|[^\s\w]")
ACCENTS = {"'": "\u0301", "`": "\u0300", "^": "\u0302", '"': "\u0308", "~": "\u0303", "c": "\u0327", "v": "\u030c"}
LATEX_ACCENT = re.compile(r"""\{?\\(?P<mark>['`^"~]|[cv](?=\{))\s*(?:\{\\?)?(?P<letter>[A-Za-z])\}?\}?""")


def prose(text: str) -> str:
    r"""The text with accents composed, LaTeX's too, and formulas, commands and addresses replaced by a break.

    >>> prose(r"Schr\"odinger's $\psi$ and Su\'{a}rez")
    "Schrödinger's  ;  and Suárez"
    """
    whole = text if text.isascii() else unicodedata.normalize("NFC", text)
    return NOT_PROSE.sub(" ; ", compose_accents(whole))


def compose_accents(text: str) -> str:
    r"""The text with LaTeX's accents as letters.

    >>> compose_accents(r"Schr\"odinger")
    'Schrödinger'
    """
    return LATEX_ACCENT.sub(_compose_accent, text) if "\\" in text else text


def _compose_accent(match: re.Match[str]) -> str:
    return unicodedata.normalize("NFC", match["letter"] + ACCENTS[match["mark"]])


def fold(word: str) -> str:
    """The word in lower case, plural as singular, so that both count as one word.

    >>> [fold(word) for word in ("GANs", "Models", "studies", "series", "physics", "Gauss", "LLM's")]
    ['gan', 'model', 'study', 'series', 'physics', 'gauss', 'llm']
    """
    return singular_of(word.lower().replace("’", "'").removesuffix("'s"))


class TokenNumbers(dict[str, int]):
    """Number of every distinct token of some texts, in the order in which they are first met.

    What is done for each distinct token need not be done again for each of its places in the texts.
    """

    def __missing__(self, token: str) -> int:
        return self.setdefault(token, len(self))

    def of(self, text: str) -> NDArray[np.int32]:
        """(t,) numbers of the tokens of the text's prose, one after another.

        >>> TokenNumbers().of("a map, a list").tolist()
        [0, 1, 2, 0, 3]
        """
        return np.fromiter(map(self.__getitem__, TOKEN.findall(prose(text))), dtype=np.int32)
