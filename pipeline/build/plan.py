"""Config -> RunPlan: what a run will do, why, and roughly what it will cost, without running it."""

from dataclasses import asdict, dataclass

from pipeline.clusterer.search import TopicPlan, plan_topics
from pipeline.config import Config
from pipeline.corpus import read_corpus
from pipeline.embedding import choose_backend
from pipeline.neighbours.partitioned_search import EXACT_TO, PARTITION_SIZE, PROBED
from pipeline.workers.machine import core_count

# Papers a second and core, measured on 2 cores with AVX-512; rough, other machines differ by factors.
PAIR_SECONDS = 2e-8  # to compare two papers
EMBEDDING_RATE = {"openvino": 35.0, "sentence-transformers": 13.0, "tfidf": 500.0, "vectors": 100_000.0}
FIRST_UMAP_SECONDS = 15.0
UMAP_SECONDS_PER_PAPER = 1.5e-3
PAGE_SECONDS_PER_PAPER = 1e-3
MODEL_MB = 700.0
PAPER_MB = 0.02


@dataclass(frozen=True)
class RunPlan:
    """What `paperatlas plan` shows. steps: (stage, what will run, why). seconds, memory_mb: rough, of a first run."""

    read: int
    papers: int
    duplicates: int
    rejected: int
    run_folder: str
    steps: tuple[tuple[str, str, str], ...]
    seconds: float
    memory_mb: float

    def to_json(self) -> dict[str, object]:
        """Its fields by name."""
        return asdict(self)


def plan_run(config: Config) -> RunPlan:
    """Reads the papers, computes nothing else. Raises what `run` would raise for bad input."""
    corpus = read_corpus(config.corpus, config.folder, vectors_column=config.embedding.vectors_column)
    n = len(corpus)
    topics = plan_topics(n, config.reducer, config.clusterer)
    backend = choose_backend(config.embedding)
    fits = (topics.fits + 1 + config.topics.resamples) * (not topics.one_topic)
    found = "exact" if n <= EXACT_TO else f"in the {PROBED} partitions nearest to it"
    compared = n if n <= EXACT_TO else PROBED * PARTITION_SIZE
    seconds = n / (EMBEDDING_RATE[backend.backend] * core_count()) + n * compared * PAIR_SECONDS
    seconds += fits * n * UMAP_SECONDS_PER_PAPER + (FIRST_UMAP_SECONDS if fits else 0)
    seconds += n * PAGE_SECONDS_PER_PAPER * config.map.html
    return RunPlan(
        read=corpus.tables.read,
        papers=n,
        duplicates=corpus.tables.duplicates.num_rows,
        rejected=corpus.tables.rejected.num_rows,
        run_folder=str(config.run_folder),
        steps=(
            ("embedding", f"{backend.backend} on {backend.device}, model {config.embedding.model}", backend.why)
            if backend.backend in ("openvino", "sentence-transformers")
            else ("embedding", backend.backend, backend.why),
            ("neighbours", f"the {min(config.neighbours.k, max(n - 1, 0))} nearest of each, {found}", f"{n:,} papers"),
            ("reducer", *_describe_reducer(topics)),
            ("topics", *_describe_topics(topics)),
            ("map", *_describe_map(config)),
        ),
        seconds=round(seconds, 1),
        memory_mb=round(MODEL_MB + n * PAPER_MB),
    )


def _describe_reducer(plan: TopicPlan) -> tuple[str, str]:
    if plan.one_topic:
        return "principal components", "fewer than five papers are too few for UMAP"
    reducer = plan.fit.reducer
    what = f"UMAP to {reducer.n_components} dimensions, {reducer.n_neighbors} neighbours, {reducer.init} start"
    return f"{what}, {plan.fits} fits", "as configured, within what this many papers allow"


def _describe_map(config: Config) -> tuple[str, str]:
    if not config.map.html:
        return "map.png, map.svg", "map.html = false"
    return f"map.png, map.svg, map.html of at most {config.map.budget_mb:g} MB", "as configured"


def _describe_topics(plan: TopicPlan) -> tuple[str, str]:
    if plan.one_topic:
        return "all papers are one topic", "too few to tell topics apart"
    fit = plan.fit
    what = f"HDBSCAN, smallest topic {fit.min_cluster_size}, {fit.method}, min_samples {fit.min_samples}"
    if plan.settled and plan.granularity == "auto":
        return what, "the consensus of all fits"
    if plan.granularity == "auto":
        return what, "topics merged to the number that the neighbour graph supports best; the consensus of all fits"
    return what, f"topics merged to the granularity {plan.granularity}; the consensus of all fits"
