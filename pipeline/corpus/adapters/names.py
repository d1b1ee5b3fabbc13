"""Text of a table's author column -> the names of its people, given name first."""

import html
import re
from collections.abc import Iterable
from functools import lru_cache

from pipeline.corpus.readers.latex import decode_latex

SUFFIXES = frozenset({"jr", "sr", "ii", "iii", "iv", "2nd", "3rd", "4th", "phd"})
# What stands in place of a name; compared in lower case, without brackets and stops.
NO_NAMES = frozenset(
    {"", "et al", "and others", "others", "anonymous", "anon", "null", "nan", "none", "na", "n/a", "not available"}
    | {"no author name available", "no authors listed", "no author", "no authors", "author not found", "and", "&"}
    | {"no author id available", "unknown author", "author unknown", "not applicable"}
)
GROUPS = re.compile(
    r"\b(?:group|consorti\w*|committees?|collaborat\w*|departments?|universit\w*|institut\w*|associations?|agency|council|"
    r"organi[sz]ations?|societ(?:y|ies)|ministry|cent(?:er|re)s?|team|network|study|investigators|office|commission|"
    r"federation|foundation|initiative|bureau|college|academy|hospital|school|library|inc|ltd|gmbh|llc)\b",
    re.IGNORECASE,
)
LISTED = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"")
NUMBERED = re.compile(r"\s*\((?:\d[\d\s,;-]*|\d{4}-\d{4}-\d{4}-\d{3}[\dX])\)\s*$")
MARKS = re.compile(r"(?<=[^\W\d_.)])[\s.]*(?:[\d*†‡§¶]|(?<=\d)\s*,\s*(?=\d))+\s*$")
ROLE = re.compile(
    r"(?:\s*\((?:eds?|dir|coord|comp|hrsg|org)\.?\)|,\s*(?:eds?|dir|coord|comp|hrsg|org)\.)\s*$", re.IGNORECASE
)
ET_AL = re.compile(r"(?<![\s,;])[\s,;]*(?:\bet\.?\s*al\b\.?|\band others\b|\.\.\.|…)\s*$", re.IGNORECASE)
BETWEEN_NAMES = re.compile(r"[;|]")
BLANKS = re.compile(r"\s{2,}")
AND = re.compile(r",?\s+(?:and|&)\s+")
LATEX_LETTER = re.compile(
    r"""\\(?:['`^"~=.](?=[\\{a-zA-Z])|[cvuHkrdb](?=[{ ])|(?:ss|[oOlLij]|ae|AE|oe|OE|aa|AA|dj|DJ|th|TH)(?![a-zA-Z]))"""
)
SLASHED = re.compile(r"[^/()\d:]{3,}(?:/[^/()\d:]{3,})+")  # "Aho, Pia/Suarez, Mar"
WITH_STOPS = re.compile(r"(?:[^\W\d_a-z][a-zà-ÿа-я]?\.[\s\-‐’]*)+[^\W\d_a-z]?")
SIMPLE = re.compile(r"(?:[A-Z][a-z]+ )+(?!(?:Al|Others)\b)[A-Z][a-z]+")  # "Pia Aho", which stays as it is
BEFORE_CAPITALS = ("Mc", "Mac", "De", "Del", "Della", "Di", "Du", "La", "Le", "Van", "Von", "Fitz", "Ó", "Al", "El")


def people(value: object, *, separator: str | None = None) -> list[str]:
    r"""The names in a text, or in a list of texts, given name first; what stands for no name is left out.

    separator: the one that the source always writes, so that a comma is known to be inside a name. Without it, a text
    is split at ";", "|" or line ends where it has one, else at "and", else at the commas that are between names.

    >>> people("Aho, Pia; Suarez, M. J."), people("Aho P., Suarez M."), people("Aho, P., Suarez, M.")
    (['Pia Aho', 'M. J. Suarez'], ['P. Aho', 'M. Suarez'], ['P. Aho', 'M. Suarez'])
    >>> people("Pia Aho, Mar Suarez and Per Moe"), people("Aho, P. and Suarez, M."), people("Aho, Pia")
    (['Pia Aho', 'Mar Suarez', 'Per Moe'], ['P. Aho', 'M. Suarez'], ['Pia Aho'])
    >>> people("Faggion, C.M., Jr.; Institute of Ice, Norway; et al."), people("[No author name available]")
    (['C.M. Faggion, Jr.', 'Institute of Ice, Norway'], [])
    >>> people("Aho, Pia and Suarez,\nMar and\nMoe, Per"), people("Aho, Pia/Suarez, Mar")
    (['Pia Aho', 'Mar Suarez', 'Per Moe'], ['Pia Aho', 'Mar Suarez'])
    """
    if isinstance(value, list | tuple):
        return [name for part in value if isinstance(part, str) and (name := given_name_first(part))]
    if not isinstance(value, str):
        return []
    text = html.unescape(value) if "&" in value else value
    if "\\" in text and LATEX_LETTER.search(text):
        text = decode_latex(text)
    text = BLANKS.sub(lambda blanks: "\n" if "\n" in blanks[0] else " ", text.strip())
    return [name for piece in _pieces(text, separator) if (name := given_name_first(piece))]


def names_of_line(line: str) -> list[str]:
    """The names in what stands for one author: one, or those that a program wrote on one line.

    >>> names_of_line("Aho, P., Jr."), names_of_line("Aho P, Suarez M, Moe PK"), names_of_line("Aho, Pia|Moe, Per")
    (['P. Aho, Jr.'], ['P Aho', 'M Suarez', 'PK Moe'], ['Pia Aho', 'Per Moe'])
    >>> names_of_line("Aho, Pia, Moe, Per"), names_of_line("Institute of Ice, Unit 2, Norway")
    (['Pia Aho', 'Per Moe'], ['Institute of Ice, Unit 2, Norway'])
    """
    if ";" in line or "|" in line:
        return [name for part in BETWEEN_NAMES.split(line) if (name := given_name_first(part))]
    name = given_name_first(line)
    if line.count(",") < 2 or name == line.strip():  # a body keeps its commas
        return [name] if name else []
    several = people(line)
    if len(several) > 1 and _whole_names(several):
        return several
    parts = [part.strip() for part in line.split(",")]
    if len(parts) > 3 and len(parts) % 2 == 0 and all(parts) and SUFFIXES.isdisjoint(map(_plain, parts)):
        return [given_name_first(", ".join(parts[place : place + 2])) for place in range(0, len(parts), 2)]
    return [name]


@lru_cache(maxsize=200_000)  # most authors wrote several papers of a pile
def given_name_first(name: str) -> str:
    """One name, its given name first, without numbers of its affiliation; "" for what stands in place of a name.

    >>> [given_name_first(name) for name in ("van der Berg J.H.", "Lee JK 3rd", "Aho, P., Jr.", "P. Aho1,2", "Plato")]
    ['J.H. van der Berg', 'JK Lee, 3rd', 'P. Aho, Jr.', 'P. Aho', 'Plato']
    """
    if SIMPLE.fullmatch(name) and name.lower() not in NO_NAMES:
        return name
    plain = ROLE.sub("", ET_AL.sub("", NUMBERED.sub("", " ".join(name.split()))))
    plain = " ".join(plain.split()).strip(" ;,|").removeprefix("null ")
    if is_no_name(plain):
        return ""
    if _is_group(plain):
        return plain
    plain = MARKS.sub("", plain)
    parts = [part for part in re.split(r"\s*,\s*", plain) if part and part.lower() != "null"]
    return _ordered(parts) if len(parts) > 1 else _from_words(parts[0] if parts else "")


def is_no_name(name: str) -> bool:
    """Whether a text stands in place of a name.

    >>> is_no_name("[Anonymous]"), is_no_name("et al."), is_no_name("Anon Ymous")
    (True, True, False)
    """
    return _plain(name) in NO_NAMES or not (name[0].isalpha() or any(map(str.isalpha, name)))


def unglued(names: str) -> list[str]:
    """The names of a text in which each follows the last without a space, as SpringerLink writes them.

    >>> unglued("Pia McAhoMar J. SuarezLi Wei 李伟Per Moe"), unglued("Pia AHOPer MOE"), unglued("Pia Aho; Per Moe")
    (['Pia McAho', 'Mar J. Suarez', 'Li Wei 李伟', 'Per Moe'], ['Pia AHO', 'Per MOE'], ['Pia Aho', 'Per Moe'])
    >>> unglued("Pia\u00a0AhoPer\u00a0Moe") == ["Pia\u00a0Aho", "Per\u00a0Moe"]
    True
    """
    if ";" in names:
        return people(names, separator=";")
    cuts = [place for place in range(1, len(names)) if _is_seam(names, place)]
    pieces: list[str] = []
    for start, end in zip([0, *cuts], [*cuts, len(names)], strict=True):
        if pieces and len(pieces[-1].split()) < 2:  # one word is no name: "XiaoWen Li" has a capital inside
            pieces[-1] += names[start:end]
        else:
            pieces.append(names[start:end])
    return [name for piece in pieces if not is_no_name(name := piece.strip())]


def _is_seam(names: str, place: int) -> bool:
    before, after = names[place - 1], names[place]
    shouted = names[max(place - 2, 0) : place + 1]
    if len(shouted) == 3 and shouted.isalpha() and shouted.isupper() and names[place + 1 : place + 2].islower():
        return True  # "Pia AHOPer Moe"
    if not after.isupper() or not (before.islower() or (before.isalpha() and not before.isupper())):
        return False
    return names[:place].split()[-1].rpartition("-")[2] not in BEFORE_CAPITALS


def _pieces(text: str, separator: str | None) -> list[str]:
    if text.startswith("[") and (listed := LISTED.findall(text)):
        return [single or double for single, double in listed]
    if separator is not None:
        return text.split(separator)
    if "\n" in text and AND.search(text):  # which ends lines anywhere, as BibTeX does
        text = " ".join(text.split())
    mark = next((mark for mark in (";", "|", "\n", "/") if mark in text), "")
    if mark == "/" and (_is_group(text) or not SLASHED.fullmatch(text)):
        mark = ""
    return text.split(mark) if mark else _without_marks(text)


def _without_marks(text: str) -> list[str]:
    """Names between which stand only "and" and commas."""
    parts = AND.split(ET_AL.sub("", text))
    if text.count(",") <= 1 and _is_group(parts[0].partition(",")[0]):
        return [text]
    if len(parts) > 1 and all(part.count(",") <= 1 for part in parts) and not _whole_names(",".join(parts).split(",")):
        return parts
    return _between_commas([piece.strip() for part in parts for piece in part.split(",") if piece.strip()])


def _between_commas(pieces: list[str]) -> list[str]:
    """Names out of the pieces between commas, some of which are given names or suffixes of the piece before."""
    if len(pieces) == 2 and not _whole_names(pieces):
        return [", ".join(pieces)]
    if _alternate(pieces):
        return [", ".join(pieces[place : place + 2]) for place in range(0, len(pieces), 2)]
    names: list[str] = []
    for piece in pieces:
        goes_on = _plain(piece) in SUFFIXES or (_are_initials(piece) and "," not in (names[-1:] or [","])[0])
        if names and goes_on:
            names[-1] = f"{names[-1]}, {piece}"
        else:
            names.append(piece)
    return names


def _alternate(pieces: list[str]) -> bool:
    """Whether family and given names alternate, as the words of a given name show: "Aho, Pia, Suarez, Mar J."."""
    families, given = pieces[::2], pieces[1::2]
    if len(families) != len(given) or any(_plain(piece) in SUFFIXES for piece in pieces):
        return False
    are_families = all(" " not in family and not _are_initials(family) for family in families)
    return are_families and any(" " in name and name[0].isupper() and not _are_initials(name) for name in given)


def _whole_names(pieces: Iterable[str]) -> bool:
    """Whether every piece has a given and a family name: two words, the first no particle of a family name."""
    return all(len(words := piece.split()) > 1 and not _is_family_only(words) for piece in pieces)


def _is_family_only(words: list[str]) -> bool:
    return words[0].islower() and not any(map(_are_initials, words))


def _ordered(parts: list[str]) -> str:
    """From a family name, a given name and perhaps a suffix, in the order of Scopus, BibTeX or PubMed."""
    suffix = next((part for part in parts[1:] if _plain(part) in SUFFIXES), "")
    if len(parts) == 2 and " " not in parts[0]:  # "Aho, IV" has no other given name
        suffix = ""
    rest = [part for part in parts if part is not suffix]
    family, _, last = rest[0].rpartition(" ")
    if family and not suffix and _plain(last) in SUFFIXES:  # "Aho Jr, P."
        rest[0], suffix = family, last
    if len(rest) == 3 and _are_initials(rest[0]):  # "P., Aho, Pia"
        rest = rest[1:]
    name = _from_words(rest[0]) if len(rest) == 1 else f"{' '.join(rest[1:])} {rest[0]}"
    return f"{name}, {suffix}" if suffix else name


def _from_words(name: str) -> str:
    """'Family IN' with the initials first."""
    words = name.split(" ")
    suffix = words.pop() if len(words) > 2 and _plain(words[-1]) in SUFFIXES else ""
    end = len(words)
    while end > 1 and _are_initials(words[end - 1]):
        end -= 1
    family, initials = words[:end], words[end:]
    shouted = name.isupper() and "." not in name  # "AHO P" has initials, "PIA AHO" and "LI WU" show none
    if not initials or (len(initials[0]) >= len(family[0]) if shouted else _are_initials(family[0])):
        return name
    ordered = " ".join([*initials, *family])
    return f"{ordered}, {suffix}" if suffix else ordered


def _are_initials(text: str) -> bool:
    """Whether a text is nothing but initials: "JH", "J.-P.", "J. P.", "Yu."; at most four letters without stops."""
    if WITH_STOPS.fullmatch(text):
        return True
    letters = re.sub(r"[\s\-‐’']", "", text.removesuffix("."))
    has_capitals = letters.isupper() and letters.lower() != letters  # letters of Chinese have no case
    return has_capitals and letters.isalpha() and len(letters) <= 4


def _is_group(text: str) -> bool:
    return GROUPS.search(text) is not None


def _plain(text: str) -> str:
    return text.lower().strip(" .,;[]()")
