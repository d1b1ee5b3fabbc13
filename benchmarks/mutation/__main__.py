"""Plant faults in the package, one at a time, and see which the suite notices.

    python -m benchmarks.mutation --modules pipeline/clusterer pipeline/neighbours --count 400 --seed 1 --jobs 2 \
        --tests tests/test_topics.py --output FILE.json [--resume]
    python -m benchmarks.mutation --modules pipeline/clusterer --only-survivors FILE.json --output AGAIN.json

The working tree is copied once, at the start, and never changed. Survivors that no test can notice are told by hand in
benchmarks/mutation_equivalent.toml and still count as survivors.
"""

import argparse
import json
import random
import shlex
import signal
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks.mutation.campaign import Campaign, Outcomes
from benchmarks.mutation.copies import Snapshot, Workplace, take_snapshot
from benchmarks.mutation.lines import LineMap, digest, find_importers, line_map, load_or_record
from benchmarks.mutation.mutants import Mutant, collect, packages_of
from benchmarks.mutation.report import Results, describe, read_equivalents, read_outcomes, summary_lines

REPOSITORY = Path(__file__).parent.parent.parent
EQUIVALENT = Path(__file__).parent.parent / "mutation_equivalent.toml"


def main(arguments: Sequence[str] | None = None) -> int:
    """0, or 1 if a test fails on the code as it is or the tool erred somewhere."""
    options = _parser().parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        packages = packages_of(options.modules)
        memory = int(options.memory * 2**30)
        snapshot = take_snapshot(
            options.repository.resolve(), Path(folder) / "snapshot", packages=packages, jobs=options.jobs, memory=memory
        )
        return _run(options, snapshot, Path(folder))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mutation", description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--modules", nargs="+", required=True, help="files, or folders with all below, from the repository's root")
    add("--count", type=int, default=400, help="mutants to draw, each as likely as any other")
    add("--seed", type=int, default=1)
    add("--jobs", type=int, default=1, help="mutants at a time")
    add("--tests", nargs="*", default=[], help="paths or pytest arguments; default: the project's testpaths")
    add("--noconftest", action="store_true", help="for tests that use no fixture of the project: sessions start faster")
    add("--coverage", type=Path, help="which tests reach which line; made if absent; default: beside the output")
    add("--budget", type=float, default=60.0, help="seconds of unmutated tests for one mutant")
    add("--memory", type=float, default=8.0, help="GiB that one session may write to")
    add("--unmutated", type=int, default=5, help="mutants whose tests also run on the code as it is, and must pass")
    add("--output", type=Path, required=True)
    add("--resume", action="store_true", help="skip the mutants that the output has already")
    add("--only-survivors", type=Path, metavar="FILE", help="the survivors of an earlier output instead of a draw")
    add("--equivalent", type=Path, default=EQUIVALENT, help="survivors that no test can notice")
    add("--repository", type=Path, default=REPOSITORY)
    return parser


def _run(options: argparse.Namespace, snapshot: Snapshot, folder: Path) -> int:
    pytest_options = ("--noconftest",) if options.noconftest else ()
    jobs = range(max(1, options.jobs))
    workplaces = [Workplace(snapshot, folder / str(number), options=pytest_options) for number in jobs]
    for workplace in workplaces:
        workplace.check()
    possible = collect(snapshot.root, options.modules)
    equivalents = read_equivalents(options.equivalent)
    _warn_of_unknown(equivalents, possible)
    chosen = _survivors(options.only_survivors, possible) if options.only_survivors else _draw(options, possible)
    results = Results(options.output, _made_from(options, snapshot))
    if options.resume:
        results.resume()
    campaign = Campaign(_line_map(options, workplaces[0]), workplaces, options.budget)
    if not _passes_unmutated(campaign, chosen, options.unmutated):
        return 1
    judge_all(campaign, chosen, results)
    outcomes = list(results.outcomes.values())
    print("\n".join(summary_lines(outcomes, equivalents)))
    return int(any(outcome.verdict == "error" for outcome in outcomes))


def _draw(options: argparse.Namespace, possible: list[Mutant]) -> list[Mutant]:
    count = min(options.count, len(possible))
    print(f"{count} of {len(possible)} possible mutants, drawn with seed {options.seed}")
    return random.Random(options.seed).sample(possible, count)


def _survivors(path: Path, possible: list[Mutant]) -> list[Mutant]:
    """The mutants that survived in an earlier output and are still possible, lines moved or not."""
    keys = {outcome.mutant.key for outcome in read_outcomes(path) if outcome.survivor}
    still = [mutant for mutant in possible if mutant.key in keys]
    print(f"{len(still)} of {len(keys)} survivors of {path}; the code of the others is gone")
    return still


def _warn_of_unknown(equivalents: dict[str, str], possible: list[Mutant]) -> None:
    keys, files = {mutant.key for mutant in possible}, {mutant.file for mutant in possible}
    for key in equivalents:
        if key not in keys and key.split("::")[0] in files:
            print(f"noted as equivalent, but there is no such mutant: {key}")


def _made_from(options: argparse.Namespace, snapshot: Snapshot) -> dict[str, Any]:
    return {
        "modules": list(options.modules),
        "count": options.count,
        "seed": options.seed,
        "budget": options.budget,
        "tests": list(options.tests),
        "survivors_of": str(options.only_survivors) if options.only_survivors else None,
        "sources": digest(snapshot.root, snapshot.packages),
    }


def _line_map(options: argparse.Namespace, workplace: Workplace) -> LineMap:
    snapshot = workplace.snapshot
    path = options.coverage or options.output.with_suffix(".lines.json")
    wanted = {"tests": list(options.tests), "sources": digest(snapshot.root, [*snapshot.packages, "tests"])}

    def record() -> dict[str, Any]:
        asked = [part for text in options.tests for part in shlex.split(text)]
        print(f"recording which tests reach which line: pytest {shlex.join(asked)}", flush=True)
        finished = workplace.run(asked, edits={}, timeout=None, record=True)
        print("\n".join(finished.output.splitlines()[-5:]))
        if not workplace.lines.is_file():
            raise SystemExit(f"nothing recorded, status {finished.status}:\n{finished.output[-3000:]}")
        content: dict[str, Any] = json.loads(workplace.lines.read_text(encoding="utf-8"))
        return content

    content = load_or_record(path, wanted, record)
    unusable = [name for name, test in content["tests"].items() if not test["usable"]]
    print(f"{path}: {len(content['tests'])} tests, {len(unusable)} failed or skipped and not used {unusable[:10]}")
    return line_map(content, find_importers(snapshot.root, snapshot.packages))


def judge_all(campaign: Campaign, chosen: Sequence[Mutant], results: Results) -> None:
    """The outcomes that are missing; then, with nothing beside them, what ran out of time gets a second chance."""
    todo = [mutant for mutant in chosen if mutant.key not in results.outcomes]
    _add_all(campaign.run(todo), len(todo), results)
    slow = [outcome.mutant for outcome in results.outcomes.values() if outcome.verdict == "timeout"]
    if slow:
        print(f"{len(slow)} ran out of time; again, one at a time:")
        _add_all(campaign.run_again(slow), len(slow), results)


def _add_all(outcomes: Outcomes, count: int, results: Results) -> None:
    with closing(outcomes):
        for number, outcome in enumerate(outcomes, start=1):
            results.add(outcome)
            print(f"[{number}/{count}] {outcome.seconds:.1f} s, {outcome.verdict}: {describe(outcome, {})}", flush=True)


def _passes_unmutated(campaign: Campaign, mutants: Sequence[Mutant], count: int) -> bool:
    """Whether the tests of the first `count` mutants pass where nothing was planted; else no verdict means anything."""
    covered = [mutant for mutant in mutants if campaign.lines.direct(mutant)]
    failing = [each for each in campaign.run_unmutated(covered[:count]) if each.verdict != "survived"]
    for outcome in failing:
        print(f"on the code as it is, the tests of {outcome.mutant.key}: {outcome.verdict} {outcome.detail}")
    return not failing


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # as Ctrl-C does: end the sessions and remove the copies
    sys.exit(main())
