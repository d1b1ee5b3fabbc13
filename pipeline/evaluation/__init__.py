"""Atlas -> how good its topics are: against a column, by their keywords, in the embedding, and when resampled."""

from pipeline.evaluation.evaluate import Evaluation, Figure, evaluate

__all__ = ["Evaluation", "Figure", "evaluate"]
