"""Line whose words are in two encodings -> its text: what is pasted into a file stays in the encoding it came in.

A word is what stands between spaces and the ASCII signs below "0", which are part of a letter in hardly any encoding.
Beside UTF-8, files have whole words in the encoding that the config names, or in GB18030 (GBK, GB2312), which is told
from others by its letters: nine of ten are among the 3,755 usual ones. Lone letters of Windows-1252 are not for here:
they are mended in records (corpus/decoding.py).
"""

import re
from collections.abc import Iterable
from itertools import islice

# Behind the first letter of a line that was not in the encoding of the rest stands one of these halves of a surrogate
# pair, which no text has otherwise: so a record that is cut out of the lines shows what was mended in it.
GB_MARK, UTF8_MARK = "\udc01", "\udc02"
MARKS = re.compile(f"[{GB_MARK}{UTF8_MARK}]")
GB18030 = "gb18030"
LONGEST_RUN = 2  # bytes in a row that can be lone letters of Windows-1252
WORDS = re.compile(rb"[\x00-\x2f]+|[^\x00-\x2f]+")
RUN = re.compile(rb"[\x80-\xff]{%d}" % (LONGEST_RUN + 1))
LETTER = re.compile(rb"[\x81-\xfe][\x40-\x7e\x80-\xfe]|[\x80-\xff]")  # of GBK, or a byte that is none of its letters
USUAL = re.compile(rb"[\xb0-\xd7][\xa1-\xfe]")  # the first level of GB2312
PUNCTUATION = re.compile(rb"[\xa1-\xa3][\xa1-\xfe]")
LATE = b"\xc9"  # the usual letters from here on are none of EUC-KR, whose syllables are usual letters too
LEAST_USUAL = 0.9  # share of the letters in a file's words that are not UTF-8; in Chinese about 0.98
LEAST_IN_LINE = 0.5  # the same of a line, as names have rare letters
LEAST_LATE = 0.05  # share of the usual letters of a file; about 0.5 in Chinese
LEAST_LETTERS = 4  # of a file
MOST_LINES = 2000  # of a file, that are looked at
ASCII, OTHERS = bytes(range(128)), bytes(range(128, 256))
WIDE = re.compile(r"[\u0800-\U0010ffff]")
LATIN = re.compile(r"(?=.*[a-zA-Z])[\x00-\x7f\xc0-\u024f]+", re.DOTALL)
NOT_ASCII = re.compile(r"[^\x00-\x7f]")


def keeps_ascii(encoding: str) -> bool:
    """Whether ASCII bytes that are no part of a letter mean ASCII. Raises LookupError for an unknown encoding.

    >>> keeps_ascii("gbk"), keeps_ascii("cp1252"), keeps_ascii("utf-16"), keeps_ascii("iso2022_jp")
    (True, True, False, False)
    """
    letters = "éя中ア한".encode(encoding, errors="ignore")
    return ASCII.decode(encoding, errors="replace") == ASCII.decode() and not letters.isascii()


def in_encoding(line: str, encoding: str) -> str:
    """A line that was decoded as UTF-8 (lone surrogates for bytes that do not decode), read in an encoding; words that
    can only be UTF-8 stay, and are marked.

    >>> in_encoding("Größe", "latin-1") == f"Grö{UTF8_MARK}ße"
    True
    """
    one_byte = len(OTHERS.decode(encoding, errors="replace")) == len(OTHERS)
    words = _words(line, whole_script=not one_byte)
    first = next((word for word in words if isinstance(word, str) and not word.isascii()), None)
    return "".join(
        _decoded(word, encoding) if isinstance(word, bytes) else _marked(word, UTF8_MARK) if word is first else word
        for word in words
    )


def in_gb18030(line: str) -> str:
    """A line that was decoded as UTF-8, its words that are not UTF-8 read as GB18030, and marked; the line as it is
    where those words are not Chinese.
    """
    words = _words(line)
    usual, _, letters = _count_letters(words)
    if not letters or usual < LEAST_IN_LINE * letters:
        return line
    texts = [_decoded(word, GB18030) if isinstance(word, bytes) else word for word in words]
    first = next(place for place, word in enumerate(words) if isinstance(word, bytes))
    texts[first] = _marked(texts[first], GB_MARK)
    return "".join(texts)


def has_gb18030(lines: Iterable[str]) -> bool:
    """Whether the lines that do not decode as UTF-8 are mostly Chinese; those whose bytes can be lone letters of
    Windows-1252 do not count.
    """
    with_runs = (words for line in lines if _has_run(words := _words(line)))
    counts = [_count_letters(words) for words in islice(with_runs, MOST_LINES)]
    usual, late, letters = (sum(one) for one in zip(*counts, strict=True)) if counts else (0, 0, 0)
    return usual >= max(LEAST_LETTERS, LEAST_USUAL * letters) and late >= LEAST_LATE * usual


def _words(line: str, *, whole_script: bool = True) -> list[bytes | str]:
    """The words, and what stands between them: as text where they are UTF-8, else as bytes.

    whole_script: two bytes that could be one letter of UTF-8 could be a letter of another encoding as well.
    """
    words: list[bytes | str] = []
    for word in WORDS.findall(line.encode(errors="surrogateescape")):
        try:
            text = word.decode()
        except UnicodeDecodeError:
            words.append(word)
        else:
            words.append(text if not whole_script or is_certain(text) else word)
    return words


def is_certain(text: str) -> bool:
    """Whether the bytes of a word that decodes as UTF-8 are hardly letters of two bytes in another encoding.

    >>> is_certain("ice"), is_certain("Größe"), is_certain("冰川"), is_certain("ë")
    (True, True, True, False)
    """
    return text.isascii() or WIDE.search(text) is not None or LATIN.fullmatch(text) is not None


def _has_run(words: Iterable[bytes | str]) -> bool:
    return any(isinstance(word, bytes) and RUN.search(word) for word in words)


def _count_letters(words: Iterable[bytes | str]) -> tuple[int, int, int]:
    """Usual letters, those of them that EUC-KR has not, and all letters in the words that are not UTF-8."""
    letters = [letter for word in words if isinstance(word, bytes) for letter in LETTER.findall(word)]
    usual = [letter for letter in letters if USUAL.fullmatch(letter)]
    punctuation = sum(PUNCTUATION.fullmatch(letter) is not None for letter in letters)
    return len(usual), sum(letter >= LATE for letter in usual), len(letters) - punctuation


def _decoded(word: bytes, encoding: str) -> str:
    try:
        return word.decode(encoding, errors="surrogateescape")
    except UnicodeDecodeError:  # ASCII inside a letter
        return word.decode(errors="surrogateescape")


def _marked(word: str, mark: str) -> str:
    return NOT_ASCII.sub(lambda letter: letter[0] + mark, word, count=1)
