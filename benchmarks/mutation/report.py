"""Outcomes -> a file that a later run goes on from, and the words of the summary."""

import json
import math
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import Any

from benchmarks.mutation.campaign import Outcome
from benchmarks.mutation.mutants import Mutant

Z95 = 1.959964
CONTEXT = 25  # characters shown on either side of a difference
SHOWN = 90


@dataclass
class Results:
    """The outcomes so far and what they were made from; written anew, whole or not at all, after each.

    made_from: whatever must be equal for a resumed run to be the same run.
    """

    path: Path
    made_from: dict[str, Any]
    outcomes: dict[str, Outcome] = field(default_factory=dict)

    def add(self, outcome: Outcome) -> None:
        self.outcomes[outcome.mutant.key] = outcome
        self.save()

    def save(self) -> None:
        content = {
            "made_from": self.made_from,
            "summary": summary(self.outcomes.values()),
            "outcomes": [{"key": key} | asdict(outcome) for key, outcome in self.outcomes.items()],
        }
        draft = self.path.with_name(f".{self.path.name}.draft")
        draft.write_text(json.dumps(content, indent=1), encoding="utf-8")
        draft.replace(self.path)

    def resume(self) -> None:
        """Take over the outcomes of an earlier run, but not its errors."""
        if not self.path.is_file():
            return
        content = json.loads(self.path.read_text(encoding="utf-8"))
        if content["made_from"] != self.made_from:
            raise SystemExit(f"{self.path}: made from other sources or with other options; run without --resume")
        self.outcomes = {each.mutant.key: each for each in read_outcomes(self.path) if each.verdict != "error"}


def read_outcomes(path: Path) -> list[Outcome]:
    """Those that `Results` wrote, in their order."""
    outcomes = []
    for found in json.loads(path.read_text(encoding="utf-8"))["outcomes"]:
        lines = found["mutant"]["lines"]
        mutant = Mutant(**found["mutant"] | {"lines": tuple(lines) if lines else None})
        rest = {name: value for name, value in found.items() if name not in ("key", "mutant")}
        outcomes.append(Outcome(mutant, **rest))
    return outcomes


def wilson(part: int, total: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share (E. B. Wilson, JASA 1927); (0, 1) of nothing.

    >>> [round(end, 3) for end in wilson(9, 10)]
    [0.596, 0.982]
    """
    if not total:
        return 0.0, 1.0
    share, square = part / total, Z95**2 / total
    middle = share + square / 2
    half = Z95 * math.sqrt(share * (1 - share) / total + square / (4 * total))
    return max(0.0, (middle - half) / (1 + square)), min(1.0, (middle + half) / (1 + square))


def summary(outcomes: Iterable[Outcome]) -> dict[str, Any]:
    """Counts by verdict; share and interval: of killed among all but errors."""
    verdicts = [outcome.verdict for outcome in outcomes]
    counts = {name: verdicts.count(name) for name in ("killed", "survived", "not covered", "timeout", "error")}
    total = len(verdicts) - counts["error"]
    return counts | {
        "total": total,
        "share": counts["killed"] / total if total else None,
        "interval": wilson(counts["killed"], total),
    }


def read_equivalents(path: Path) -> dict[str, str]:
    """Key of a mutant -> why no test can notice it. Empty where there is no file.

    [[equivalent]]
    mutant = "pipeline/neighbours/exact_search.py::nearest constant: 1024 -> 1025 #1"
    reason = "the answer is the same for any block"
    """
    if not path.is_file():
        return {}
    entries = tomllib.loads(path.read_text(encoding="utf-8")).get("equivalent", [])
    return {entry["mutant"]: entry["reason"] for entry in entries}


def describe(outcome: Outcome, equivalents: dict[str, str]) -> str:
    """`file:line  before -> after`, the line of code, and what there is to say."""
    mutant = outcome.mutant
    before, after = difference(mutant.before, mutant.after)
    notes = [outcome.verdict if outcome.verdict != "survived" else f"{outcome.tests} tests passed"]
    notes += [f"{outcome.left_out} over the budget"] if outcome.left_out else []
    notes += [f"equivalent: {equivalents[mutant.key]}"] if mutant.key in equivalents else []
    return f"{mutant.file}:{mutant.line}  {before} -> {after}\n    {mutant.code}  ({'; '.join(notes)})"


def difference(before: str, after: str) -> tuple[str, str]:
    """Two texts, of long ones only what surrounds their difference.

    >>> difference("x" * 100 + "a < b", "x" * 100 + "a <= b")
    ('...xxxxxxxxxxxxxxxxxxxxxxa < b', '...xxxxxxxxxxxxxxxxxxxxxxa <= b')
    """
    if max(len(before), len(after)) <= SHOWN:
        return before, after
    shared = _same(before, after)
    same_end = _same(before[shared:][::-1], after[shared:][::-1])
    return _around(before, shared, same_end), _around(after, shared, same_end)


def _same(one: str, other: str) -> int:
    """How many characters both begin with."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _around(text: str, shared: int, same_end: int) -> str:
    start, end = max(0, shared - CONTEXT), len(text) - max(0, same_end - CONTEXT)
    middle = text[start:end]
    if len(middle) > 2 * SHOWN:
        middle = f"{middle[:SHOWN]}...{middle[-CONTEXT:]}"
    return f"{'...' if start else ''}{middle}{'...' if end < len(text) else ''}"


def summary_lines(outcomes: Sequence[Outcome], equivalents: dict[str, str]) -> list[str]:
    """The whole report: survivors in the order of the files, errors, counts, the share at last."""
    numbers = summary(outcomes)
    ordered = sorted(outcomes, key=lambda each: (each.mutant.file, each.mutant.line))
    survivors = [each for each in ordered if each.survivor]
    errors = [each for each in outcomes if each.verdict == "error"]
    told = [describe(each, equivalents) for each in survivors]
    told += [f"ERROR (status {each.status}) {describe(each, {})}\n{each.detail}" for each in errors]
    told.append(
        f"{numbers['survived']} survived, {numbers['not covered']} not covered, {numbers['timeout']} timed out twice,"
        f" {len(errors)} errors of the tool, not counted;"
        f" {sum(each.mutant.key in equivalents for each in survivors)} survivors are noted as equivalent"
    )
    at_import = sum(each.verdict == "killed" and each.detail == "import" for each in outcomes)
    low, high = numbers["interval"]
    if numbers["total"]:
        told.append(
            f"killed {numbers['killed']} of {numbers['total']} ({at_import} at import):"
            f" {numbers['share']:.1%}, 95 % interval {low:.1%} to {high:.1%}"
        )
    return told
