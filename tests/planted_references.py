"""Twelve papers with thirty references in every form, whose works and relations were worked out on paper.

The papers are a to l, of 2010 to 2022; x1 to x6 are works outside. Who cites whom, after matching:

    a: x1 x2 x3      b: x1 x2 a      c: x1 x3 a x4      d: x2 b x4      e: a b x5      f: x5 x6
    g: x6 h, itself  h: x1 twice     i: nothing known   j: no list      k: x4 x5 x6 a  l: x2 x3, and "undefined"
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.corpus.cited_references import REFERENCES, to_references
from pipeline.references import CitedWorks

NAMES = "abcdefghijkl"
YEARS = (2010, 2011, 2012, 2013, 2014, 2015, 2016, 2018, 2019, 2020, 2021, 2022)
X3 = "Berg, K., Dahl, T., A field guide to drifting ice floes (2003) Polar Notes, 12, pp. 1-9"
LISTS: Sequence[Sequence[object] | None] = (
    ["10.1000/x1", "Larsen IB, 2002, J SNOW RES, V7, P101", X3],
    ["Moe P, 2001, ICE LETT, V3, P14, DOI 10.1000/X1", "Larzen IB, 2002, J SNOW RES, V7, P101", "10.1000/A"],
    [
        {"DOI": "10.1000/X1", "author": "Moe", "year": "2001", "journal-title": "Ice Letters"},
        "Berg K., Dahl T., A field guide to drifting ice floes, Polar Notes, 12, pp. 1-9, (2003)",
        "Aas, N., Mapping sea ice from small planes (2010)",
        "Stone H, 1999, FROST",
    ],
    [
        "Larsen, I.B., Melting of layered snow in spring (2002) Journal of Snow Research, 7 (2), pp. 101-118",
        "Bo L, 2011, SNOW REV, V2, P33",
        "Stone Helen, 1999, FROST",
    ],
    ["arXiv:1001.00001", "https://doi.org/10.1000/b", "https://openalex.org/W500"],
    ["https://openalex.org/W500", {"citation": "Snow Rev. 2006 Dec;19(4):504-22", "pmid": "16000006"}],
    [{"pmid": "16000006", "doi": "10.1000/x6"}, "10.1000/g", "10.1000/h"],
    ["https://doi.org/10.1000/x1", "Moe P, 2001, ICE LETT, V3, P14"],
    [],
    None,
    [
        {"author": "Stone", "title": "Frost", "year": 1999},
        {"id": "https://openalex.org/W500", "title": "Snow and light", "publication_year": 2005},
        "10.1000/X6",
        "a",
    ],
    ["undefined", "Larsen IB, 2002, J SNOW RES, V7, P101", X3.replace("field", "feild").partition(" Polar")[0]],
)
CITED: Mapping[str, str] = {  # by paper, as above
    **{"a": "x1 x2 x3", "b": "x1 x2 a", "c": "x1 x3 a x4", "d": "x2 b x4", "e": "a b x5", "f": "x5 x6", "g": "x6 h"},
    **{"h": "x1", "i": "", "j": "", "k": "x4 x5 x6 a", "l": "x2 x3"},
}
# One reference by which each work can be recognised: paper, and place in its list.
PLACES: Mapping[str, tuple[str, int]] = {
    **{"x1": ("a", 0), "x2": ("a", 1), "x3": ("a", 2), "x4": ("c", 3), "x5": ("e", 2), "x6": ("f", 1)},
    **{"a": ("b", 2), "b": ("e", 1), "h": ("g", 2), "g": ("g", 1)},
}


def numbers(works: CitedWorks) -> dict[str, int]:
    """The work of each name, by the reference that stands for it."""
    starts = np.searchsorted(works.lists.citing, np.arange(len(works.papers)))
    return {name: int(works.cited[starts[NAMES.index(paper)] + at]) for name, (paper, at) in PLACES.items()}


def columns_of(papers: Sequence[Mapping[str, Any]], lists: Sequence[object]) -> dict[str, pa.ChunkedArray]:
    """Columns of papers as a run keeps them. lists: what each paper cites, as its source has it."""
    names = dict.fromkeys(name for paper in papers for name in paper)
    columns = {name: pa.chunked_array([[paper.get(name) for paper in papers]]) for name in names}
    references = [None if one is None else to_references(one, source="planted") for one in lists]
    return {**columns, "references": pa.chunked_array([pa.array(references, REFERENCES)])}


def planted() -> dict[str, pa.ChunkedArray]:
    """The columns of the twelve papers."""
    papers: list[dict[str, Any]] = [
        {"id": name, "title": f"Paper {name}", "authors": ["Ola Li"], "year": year, "doi": f"10.1000/{name}"}
        for name, year in zip(NAMES, YEARS, strict=True)
    ]
    papers[0] |= {"title": "Mapping sea ice from small planes", "authors": ["Nils Aas"], "arxiv": "1001.00001"}
    papers[1] |= {"authors": ["Liv Bo"], "journal": "Snow Review", "volume": "2", "pages": "33-40"}
    return columns_of(papers, LISTS)
