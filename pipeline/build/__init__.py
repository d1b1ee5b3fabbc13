"""Config -> atlas: the stages in their order; the lock, freshness and writing beside them."""

from pipeline.build.build import build_atlas
from pipeline.build.compare import Comparison, compare
from pipeline.build.plan import RunPlan, plan_run
from pipeline.build.run import RunResult, corpus_digest, dry_run, run_config

__all__ = [
    "Comparison",
    "RunPlan",
    "RunResult",
    "build_atlas",
    "compare",
    "corpus_digest",
    "dry_run",
    "plan_run",
    "run_config",
]
