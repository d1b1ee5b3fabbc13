"""XML element -> text, lists of texts, identifiers; what a dialect of XML is. For all readers of XML."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from pipeline.corpus.identifiers import WHOLE_DOI
from pipeline.corpus.mathml import math_text, raised
from pipeline.corpus.record import RawRow

SPACE = re.compile(r"\s+")
# Elements whose text alone would read as something else.
SET_SPECIALLY = ("{*}sup", "{*}math", "{*}tex-math", "{*}Superscript", "{*}br", "{*}break")


class Element(Protocol):
    """What is used of lxml's element; lxml itself has no types."""

    tag: str
    text: str | None
    tail: str | None

    def __iter__(self) -> Iterator["Element"]: ...

    def __len__(self) -> int: ...

    def get(self, name: str) -> str | None: ...

    def find(self, path: str) -> "Element | None": ...

    def iterfind(self, path: str) -> Iterator["Element"]: ...

    def iter(self, *tags: str) -> Iterator["Element"]: ...

    def itertext(self) -> Iterator[str]: ...

    def getparent(self) -> "Element | None": ...

    def getprevious(self) -> "Element | None": ...

    def clear(self) -> None: ...

    def remove(self, element: "Element") -> None: ...


@dataclass(frozen=True)
class Refused:
    """Why an element is no paper, and its id where it has one."""

    reason: str
    id: str | None = None


def always(_element: Element) -> bool:
    """For a dialect whose tag always means a paper."""
    return True


@dataclass(frozen=True)
class Dialect:
    """How the papers of one program or service look in XML.

    tag: of a paper's element. format: the program or service, or a function that tells it by the element. roots: local
    names of the root elements below which the tag means this; any where there are none. is_paper: whether an element of
    the tag is one at all; others belong to a paper that is read by itself.
    """

    tag: str
    format: str | Callable[[Element], str]
    read: Callable[[Element], RawRow | Refused]
    roots: frozenset[str] = frozenset()
    is_paper: Callable[[Element], bool] = always

    def format_of(self, element: Element) -> str:
        """The program or service that wrote an element."""
        return self.format if isinstance(self.format, str) else self.format(element)


def local(tag: object) -> str:
    """A tag without its namespace.

    >>> local("{http://www.w3.org/2005/Atom}entry"), local("record")
    ('entry', 'record')
    """
    return str(tag).rpartition("}")[2]


def whole(element: Element) -> str:
    """All text under an element, markup left out, on one line; MathML as text, numbers set high as high figures."""
    is_plain = not len(element) or next(iter(element.iter(*SET_SPECIALLY)), None) is None
    words = "".join(element.itertext()) if is_plain else _with_specials(element, "")
    return SPACE.sub(" ", words).strip()


def _with_specials(element: Element, before: str) -> str:
    """The text; before: what stands before the element."""
    words = element.text or ""
    children = list(element)
    has_math = any(local(child.tag) == "math" for child in children)
    for child in children:
        name = local(child.tag)
        if name == "math":
            words += math_text(child)
        elif name.lower() in ("sup", "superscript"):
            words += raised(_with_specials(child, before + words), before + words)
        elif not (has_math and name == "tex-math"):
            words += " " if name in ("br", "break") else _with_specials(child, before + words)
        words += child.tail or ""
    return words


def text(element: Element, *paths: str) -> str:
    """All text under the first element of the first path that has any."""
    targets = (element.find(path) for path in paths)
    return next((words for target in targets if target is not None and (words := whole(target))), "")


def texts(element: Element, path: str) -> list[str]:
    """The text of every element of a path, empty ones left out."""
    return [words for one in element.iterfind(path) if (words := whole(one))]


def without_empty(fields: Mapping[str, object]) -> dict[str, object]:
    """The fields that have a value."""
    return {name: value for name, value in fields.items() if value not in ("", [], None)}


def first_doi(values: Iterable[str]) -> str:
    """The first DOI among fields that hold one or a web address of one, without what stands around it; "" for none.

    >>> first_doi(["S0140-6736(20)30183-5", "doi: 10.1000/Ice.1 [doi]"])
    '10.1000/Ice.1'
    """
    matches = (WHOLE_DOI.search(value) for value in values)
    return next((match[1].rstrip(".,;") for match in matches if match), "")


def free(element: Element, *, siblings: bool = False) -> None:
    """Gives back the memory of an element that was read, and of those of its tag before it; siblings: of any tag."""
    element.clear()
    parent = element.getparent()
    while parent is not None and (before := element.getprevious()) is not None:
        if not siblings and before.tag != element.tag:
            return
        parent.remove(before)
