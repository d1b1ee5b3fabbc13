"""Reading path -> why each step is in it: who cites it, what it cites, what it shares with a step before."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipeline.recommender.query import query_of_row
from pipeline.recommender.reading_path_links import PaperLinks, Rows
from pipeline.recommender.reasons import shared_terms

SHOWN_WORDS = 3
SHOWN_REFERENCES = 2


@dataclass(frozen=True)
class StepReasons:
    """after: place of the step before that this one is linked with most strongly, from 1; None for the first.

    similarity: cosine with that step. shared_words: the most telling words of both. shared_references: works that both
    cite, by name, those that link them most first. cites, cited_by: places of the steps before that it cites, and that
    cite it. cited_here: papers of its topic that cite it, None where no paper has references. why: that in words.
    """

    after: int | None
    similarity: float | None
    shared_words: tuple[str, ...]
    shared_references: tuple[str, ...]
    cites: tuple[int, ...]
    cited_by: tuple[int, ...]
    cited_here: int | None
    why: tuple[str, ...] = ()


def give_step_reasons(links: PaperLinks, rows: Sequence[int], *, topics: Rows, between: bool) -> list[StepReasons]:
    """The reasons of the steps of a path. topics: (n,) topic of every paper. between: whether the path leads from paper
    to paper, each linked with the one before; else it is a list, and each step is compared with all before.
    """
    reasons: list[StepReasons] = []
    for place, row in enumerate(rows):
        of_topic = topics == topics[row]
        counts = links.cited_by(of_topic)
        cited = None if links.references is None else int(counts[row])
        step = StepReasons(None, None, (), (), (), (), cited)
        if place:
            step = _compared(links, rows[: place + 1], cited=cited, between=between)
        most = bool(cited) and np.count_nonzero(counts[of_topic] >= cited) == 1
        years = links.atlas.column("year")
        own, others = years[row].as_py(), [years[other].as_py() for other in rows[1:]]
        earliest = (
            not between
            and place > 0
            and len(rows) > 2
            and own is not None
            and own == min(year for year in others if year)
        )
        standing = f"{', more than any other' if most else ''}{', the earliest of the list' if earliest else ''}"
        reasons.append(replace(step, why=tuple(_sentences(step, standing, between=between))))
    return reasons


def _compared(links: PaperLinks, rows: Sequence[int], *, cited: int | None, between: bool) -> StepReasons:
    """The last of these papers beside those before it."""
    earlier, row = np.array(rows[:-1], dtype=np.int64), rows[-1]
    own = np.full(len(earlier), row, dtype=np.int64)
    at = len(earlier) - 1 if between else int(links.strengths(earlier, own).argmax())
    return StepReasons(
        after=at + 1,
        similarity=float(links.cosines(earlier[at : at + 1], own[:1])[0]),
        shared_words=_words(links, rows[at], row),
        shared_references=_references(links, rows[at], row),
        cites=tuple((np.flatnonzero(links.cites(own, earlier)) + 1).tolist()),
        cited_by=tuple((np.flatnonzero(links.cites(earlier, own)) + 1).tolist()),
        cited_here=cited,
    )


def _sentences(step: StepReasons, standing: str, *, between: bool) -> Iterator[str]:
    """standing: what is said behind the count of citations."""
    if step.after is None:
        yield "where the path begins" if between else "the paper you start from"
    if step.cited_here:
        whose = "its" if between or step.after is None else "this"
        yield f"cited by {step.cited_here:,} paper{'' if step.cited_here == 1 else 's'} of {whose} topic{standing}"
    elif standing:
        yield standing.removeprefix(", ")
    if step.cites:
        yield f"cites {_steps(step.cites)}"
    if step.cited_by:
        yield f"cited by {_steps(step.cited_by)}"
    if step.shared_references:
        yield f"both cite {_named(step.shared_references)} (with step {step.after})"
    if step.after is not None:
        words = f": {', '.join(step.shared_words)}" if step.shared_words else ""
        yield f"similarity {step.similarity:.2f} with step {step.after}{words}"


def _named(works: Sequence[str]) -> str:
    """The first works that have a name, and how many more there are.

    >>> _named(["10.1000/x", "Larsen 2002", "Moe 2001"]), _named(["Moe 2001"]), _named(["10.1000/x"])
    ('Larsen 2002, Moe 2001 and 1 more', 'Moe 2001', '1 work')
    """
    named = [work for work in works if " " in work][:SHOWN_REFERENCES]
    rest = len(works) - len(named)
    if not named:
        return f"{rest:,} work{'' if rest == 1 else 's'}"
    return f"{', '.join(named)} and {rest:,} more" if rest else " and ".join(named)


def _steps(places: Sequence[int]) -> str:
    """Steps by their places, in words.

    >>> _steps([2]), _steps([1, 3, 4])
    ('step 2', 'steps 1, 3 and 4')
    """
    *rest, last = map(str, places)
    return f"steps {', '.join(rest)} and {last}" if rest else f"step {last}"


def _words(links: PaperLinks, left: int, right: int) -> tuple[str, ...]:
    lexical = links.atlas.lexical
    if lexical is None:
        return ()
    shared = shared_terms(lexical, query_of_row(links.atlas, left), np.array([right]), count=SHOWN_WORDS)[0]
    return tuple(lexical.vocabulary[term] for term in shared.tolist() if term >= 0)


def _references(links: PaperLinks, left: int, right: int) -> tuple[str, ...]:
    own = links.references
    return () if own is None else tuple(own.name(work) for work in own.shared(own.list_of([left]), right))
