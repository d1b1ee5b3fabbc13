"""Mutants, line map -> an outcome of each, by sessions in copies of the repository."""

import queue
import re
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Literal

from benchmarks.mutation.copies import Finished, Workplace
from benchmarks.mutation.lines import LineMap, Plan
from benchmarks.mutation.mutants import Mutant

TIMES_UNMUTATED, MORE_SECONDS = 10, 30.0
FAILED, COLLECTION_STOPPED, USAGE_ERROR = 1, 2, 4
Verdict = Literal["killed", "survived", "not covered", "timeout", "error"]


@dataclass(frozen=True)
class Outcome:
    """What became of a mutant.

    tests: how many were named. left_out: how many more reach it but were over the budget. detail: the test that
    noticed it, "import", or the end of the output of an error.
    """

    mutant: Mutant
    verdict: Verdict
    seconds: float = 0.0
    tests: int = 0
    left_out: int = 0
    status: int | None = None
    detail: str = ""

    @property
    def survivor(self) -> bool:
        return self.verdict in ("survived", "not covered", "timeout")


Outcomes = Generator[Outcome, None, None]


@dataclass(frozen=True)
class Campaign:
    """lines: which tests reach what. budget: seconds of unmutated tests for one mutant."""

    lines: LineMap
    workplaces: Sequence[Workplace]
    budget: float

    def run(self, mutants: Sequence[Mutant]) -> Outcomes:
        """In the order in which they end, one at a time in each workplace; closed, it ends what still runs."""
        return self._each(mutants, self.judge, self.workplaces)

    def run_again(self, timeouts: Sequence[Mutant]) -> Outcomes:
        """Each with nothing beside it: what ran out of time because of the others has its chance."""
        return self._each(timeouts, self.judge, self.workplaces[:1])

    def run_unmutated(self, mutants: Sequence[Mutant]) -> Outcomes:
        """The tests of these mutants on the code as it is: whatever is not "survived" is a fault of tests or tool."""
        return self._each(mutants, self._judge_unmutated, self.workplaces)

    def judge(self, mutant: Mutant, workplace: Workplace) -> Outcome:
        plan = self.lines.plan(mutant, budget=self.budget)
        if not plan.tests:
            return Outcome(mutant, "not covered")
        source = (workplace.snapshot.root / mutant.file).read_bytes()
        return _outcome(mutant, plan, _finish(plan, workplace, {mutant.file: mutant.applied(source)}))

    def _judge_unmutated(self, mutant: Mutant, workplace: Workplace) -> Outcome:
        plan = self.lines.plan(mutant, budget=self.budget)
        return _outcome(mutant, plan, _finish(plan, workplace, {}))

    @staticmethod
    def _each(
        mutants: Sequence[Mutant], judge: Callable[[Mutant, Workplace], Outcome], workplaces: Sequence[Workplace]
    ) -> Outcomes:
        free: queue.Queue[Workplace] = queue.Queue()
        for workplace in workplaces:
            free.put(workplace)

        def judge_in_a_free_one(mutant: Mutant) -> Outcome:
            workplace = free.get()
            try:
                return judge(mutant, workplace)
            finally:
                free.put(workplace)

        with ThreadPoolExecutor(len(workplaces)) as pool:
            waiting = [pool.submit(judge_in_a_free_one, mutant) for mutant in mutants]
            try:
                for done in as_completed(waiting):
                    yield done.result()
            finally:
                pool.shutdown(wait=False, cancel_futures=True)
                for workplace in workplaces:
                    workplace.stop()


def _finish(plan: Plan, workplace: Workplace, edits: dict[str, bytes]) -> Finished:
    return workplace.run(["-x", *plan.tests], edits=edits, timeout=TIMES_UNMUTATED * plan.seconds + MORE_SECONDS)


def _outcome(mutant: Mutant, plan: Plan, finished: Finished) -> Outcome:
    verdict, detail = judged(finished, mutant.file)
    return Outcome(mutant, verdict, round(finished.seconds, 2), len(plan.tests), plan.left_out, finished.status, detail)


def judged(finished: Finished, file: str) -> tuple[Verdict, str]:
    """The verdict, and what noticed the mutant or what went wrong.

    pytest ends with 1 for a failed test, but so does any Python process that breaks: a test must be named. A module
    that fails to import ends pytest with 2, or, where conftest.py imports it, with 4, as other faults do: only a
    traceback through the mutated file counts.
    """
    if finished.status is None:
        return "timeout", ""
    if finished.status == 0:
        return "survived", ""
    named = re.search(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", finished.output, re.MULTILINE)
    if finished.status == FAILED and named:
        return "killed", named[1]
    told = {COLLECTION_STOPPED: "during collection", USAGE_ERROR: "ImportError while loading conftest"}
    through_file = re.search(rf"(^|[\s\"/]){re.escape(file)}[:\"]", finished.output, re.MULTILINE)
    if through_file and told.get(finished.status, "\0") in finished.output:
        return "killed", "import"
    return "error", finished.output[-2000:]
