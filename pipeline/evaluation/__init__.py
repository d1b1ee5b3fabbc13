"""Atlas -> how good its topics are: against a column, by themselves, and against another run."""

from pipeline.evaluation.evaluate import Evaluation, Figure, evaluate

__all__ = ["Evaluation", "Figure", "evaluate"]
