"""Two configs of one corpus -> the figures of both side by side, and what became of the topics."""

from dataclasses import asdict, dataclass

from pipeline.build.build import build_atlas
from pipeline.build.stages import Stages
from pipeline.config import Config
from pipeline.corpus import find_files, input_digest
from pipeline.diff import Changes, find_changes
from pipeline.errors import PaperatlasError
from pipeline.evaluation import Evaluation, evaluate
from pipeline.progress import Progress, Silent


@dataclass(frozen=True)
class Comparison:
    """shared: stages that were run once for both configs, in their order."""

    before: Evaluation
    after: Evaluation
    changes: Changes
    shared: tuple[str, ...]

    def to_json(self) -> dict[str, object]:
        return asdict(self)


def compare(
    before: Config, after: Config, *, labels: str | None = None, progress: Progress | None = None
) -> Comparison:
    """Both atlases are made in memory; no run folder is read, written or asked for.

    labels: a column to compare the topics with. Raises PaperatlasError where the configs read different files.
    """
    digests = [input_digest(find_files(config.corpus.files, config.folder)) for config in (before, after)]
    if digests[0] != digests[1]:
        raise PaperatlasError(
            f"{before.name} and {after.name} read different papers; compare two configs of one corpus"
        )
    first = Stages(progress or Silent(), memory={})
    one = build_atlas(before, digests[0], first)
    second = Stages(progress or Silent(), memory=first.memory)
    other = build_atlas(after, digests[1], second)
    evaluations = evaluate(one, labels=labels), evaluate(other, labels=labels)
    return Comparison(*evaluations, find_changes(one, other), tuple(second.shared))
