"""MathML -> text on one line: "CO2", "10⁵", "(a+b)/c"; and numbers set high beside a number, whatever the markup."""

import re
from collections.abc import Iterator
from typing import Protocol

HIGH = str.maketrans("0123456789+-−–()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻⁽⁾ⁿ")
CAN_BE_HIGH = re.compile(r"[0-9+\-−–]{1,6}")
RELATIONS = frozenset("=<>≤≥≈∼≃≅≡≠≪≫→⟶←∈∝±×")
SPACE = re.compile(r"\s+")
INVISIBLE = re.compile("[\u200b\u2061-\u2064\ufeff]")
NOT_SHOWN = frozenset({"annotation", "annotation-xml", "tex-math"})
PARTS_WITHOUT_BRACKETS = re.compile(r"[\w.]+|\(.*\)")
DEEPEST = 60  # elements inside one another


class MathElement(Protocol):
    """What is used of an element of MathML."""

    tag: str
    text: str | None
    tail: str | None

    def __iter__(self) -> Iterator["MathElement"]: ...

    def get(self, name: str) -> str | None: ...


def raised(power: str, before: str) -> str:
    """What is set high: beside a number as high figures, which would be another number otherwise; else as it is.

    >>> "10" + raised("-3", "10"), "Ca" + raised("2+", "Ca"), "2020" + raised("th", "2020")
    ('10⁻³', 'Ca2+', '2020th')
    """
    plain = power.strip()
    return plain.translate(HIGH) if before[-1:].isdigit() and CAN_BE_HIGH.fullmatch(plain) else power


def math_text(math: MathElement) -> str:
    """The text of an element <math> or of one inside it."""
    return SPACE.sub(" ", INVISIBLE.sub("", _text(math, 0))).strip()


def _text(element: MathElement, depth: int) -> str:
    name = str(element.tag).rpartition("}")[2].rpartition(":")[2]
    if name in NOT_SHOWN or depth > DEEPEST:
        return ""
    if name == "mtext":
        return element.text or ""
    if name == "mspace":
        return " "
    own = (element.text or "").strip()
    if name == "mo":
        return f" {own} " if own in RELATIONS else own
    parts = [text.strip() if name in JOINED else text for one in element if (text := _text(one, depth + 1))]
    if name in JOINED and len(parts) > 1:
        return JOINED[name](parts)
    if name == "mfenced":
        has_signs = any(str(one.tag).endswith("mo") for one in element)
        return f"{element.get('open') or '('}{('' if has_signs else ', ').join(parts)}{element.get('close') or ')'}"
    if name in ("msqrt", "mroot"):
        return f"√{_bracketed(''.join(parts))}"
    return own + (" ".join(parts) if name in ("mtable", "mtr") else "".join(parts))


def _fraction(parts: list[str]) -> str:
    return f"{_bracketed(parts[0])}/{_bracketed(parts[1])}"


def _low(parts: list[str]) -> str:
    return parts[0] + (parts[1] if parts[1].isdigit() else f"_{_bracketed(parts[1])}")


def _high(parts: list[str]) -> str:
    if CAN_BE_HIGH.fullmatch(parts[1]):
        return parts[0] + parts[1].translate(HIGH)
    return f"{parts[0]}^{_bracketed(parts[1])}"


def _both(parts: list[str]) -> str:
    low = _low(parts)
    return low if len(parts) < 3 else _high([low, parts[2]])


def _over(parts: list[str]) -> str:
    """What is below an accent; an accent is a sign alone."""
    return parts[0] if not parts[1].isalnum() else _high(parts)


def _bracketed(part: str) -> str:
    return part if PARTS_WITHOUT_BRACKETS.fullmatch(part) else f"({part})"


JOINED = {
    **{"mfrac": _fraction, "msub": _low, "msup": _high, "msubsup": _both},
    **{"munder": _low, "mover": _over, "munderover": _both},
}
