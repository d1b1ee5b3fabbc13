"""Config, papers, machines -> RunPlan: what a run will do, why, and what it will cost, without running it."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass

from pydantic import BaseModel

from pipeline.build.preflight import Estimate, Machines, estimate, in_gb, most_papers, shortage
from pipeline.build.preflight_rates import Rates
from pipeline.clusterer.sample import MOST_FITTED
from pipeline.clusterer.search import TopicPlan, plan_topics
from pipeline.config import Config, CorpusConfig
from pipeline.corpus import Corpus, read_corpus
from pipeline.embedding import choose_backend
from pipeline.errors import ConfigError
from pipeline.neighbours.partitioned_search import EXACT_TO, PARTITION_SIZE, PROBED


@dataclass(frozen=True)
class RunPlan:
    """What `paperatlas plan` shows. read, duplicates, rejected: rows of the corpus, None where a number of papers was
    given instead. steps: (stage, what will run, why). estimate: of a run on a machine that does nothing else, no
    vector cached; rates: measured here, that it is made of. notes: what has to be so for it to come true.
    """

    papers: int
    read: int | None
    duplicates: int | None
    rejected: int | None
    run_folder: str
    steps: tuple[tuple[str, str, str], ...]
    estimate: Estimate
    rates: Rates
    machines: Machines
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, object]:
        """Its fields by name, and the sums of the estimate."""
        return asdict(self) | {"seconds": round(self.estimate.seconds, 1), "memory_mb": self.estimate.memory_mb}


def default_config() -> Config:
    """The settings of a run for which no config is given."""
    return Config(name="plan", corpus=CorpusConfig(files=("papers.jsonl",)))


def plan_run(config: Config, rates: Rates, machines: Machines, *, papers: int | None = None) -> RunPlan:
    """Reads the papers, unless their number is given, and computes nothing else.

    Raises what `run` would raise for bad input, and ConfigError for a run that does not fit into the memory or onto the
    disk of the machine that runs the stages, with what would make it fit.
    """
    corpus = None if papers is not None else _read(config)
    n = len(corpus) if corpus is not None else papers or 0
    estimated = estimate(n, config, rates, machines=machines)
    if (lacking := shortage(estimated, machines)) is not None:
        raise ConfigError(
            f"{n:,} papers do not fit: {lacking}; {_way_out(estimated, config, rates, machines=machines)}"
        )
    tables = None if corpus is None else corpus.tables
    return RunPlan(
        papers=n,
        read=None if tables is None else tables.read,
        duplicates=None if tables is None else tables.duplicates.num_rows,
        rejected=None if tables is None else tables.rejected.num_rows,
        run_folder=str(config.run_folder),
        steps=tuple(_steps(n, config, machines)),
        estimate=estimated,
        rates=rates,
        machines=machines,
        notes=tuple(_notes(n, config, machines)),
    )


def _read(config: Config) -> Corpus:
    return read_corpus(config.corpus, config.folder, vectors_column=config.embedding.vectors_column)


def _way_out(estimated: Estimate, config: Config, rates: Rates, *, machines: Machines) -> str:
    """The first setting that alone makes the run fit; else how many papers do, and what machine would."""
    changes: dict[str, dict[str, BaseModel]] = {
        "embedding.sentences = false": {"embedding": config.embedding.model_copy(update={"sentences": False})},
        "embedding.cache = false": {"embedding": config.embedding.model_copy(update={"cache": False})},
        "neighbours.k = 15": {"neighbours": config.neighbours.model_copy(update={"k": min(15, config.neighbours.k)})},
    }
    for setting, update in changes.items():
        changed = config.model_copy(update=update)
        if shortage(estimate(estimated.papers, changed, rates, machines=machines), machines) is None:
            return f"set {setting}"
    most = most_papers(config, rates, machines)
    return (
        f"give corpus.files of at most {most:,} papers, or a machine with {in_gb(estimated.memory_mb)} of memory and"
        f" {in_gb(estimated.disk_mb)} of disk"
    )


def _steps(n: int, config: Config, machines: Machines) -> Iterator[tuple[str, str, str]]:
    topics = plan_topics(min(n, MOST_FITTED), config.reducer, config.clusterer)
    backend = choose_backend(config.embedding)
    if backend.backend in ("tfidf", "vectors"):
        yield "embedding", backend.backend, backend.why
    elif machines.gpus:
        what = f"sentence-transformers on {machines.gpus * machines.nodes} GPUs, model {config.embedding.model}"
        yield "embedding", what, "GPUs, as asked"
    else:
        yield "embedding", f"{backend.backend} on {backend.device}, model {config.embedding.model}", backend.why
    within = f"partitions of {PARTITION_SIZE:,}, in the {PROBED} nearest"
    found = "exact" if n <= EXACT_TO else within
    yield "neighbours", f"the {min(config.neighbours.k, max(n - 1, 0))} nearest of each, {found}", f"{n:,} papers"
    yield "reducer", *_describe_reducer(topics)
    yield "topics", *_describe_topics(topics, sampled=n > MOST_FITTED)
    yield "map", *_describe_map(config)


def _notes(n: int, config: Config, machines: Machines) -> Iterator[str]:
    if machines.nodes > 1 and config.run.executor != "ray":
        yield 'several nodes: set run.executor = "ray"'
    if machines.nodes > 1 and n <= config.run.shard_papers:
        yield f"one shard holds all papers, so nodes share nothing: set run.shard_papers below {n:,}"


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


def _describe_topics(plan: TopicPlan, *, sampled: bool) -> tuple[str, str]:
    if plan.one_topic:
        return "all papers are one topic", "too few to tell topics apart"
    fit = plan.fit
    among = f"a sample of {MOST_FITTED:,}, the others by the vote of their neighbours: " if sampled else ""
    what = f"{among}HDBSCAN, smallest topic {fit.min_cluster_size}, {fit.method}, min_samples {fit.min_samples}"
    if plan.settled and plan.granularity == "auto":
        return what, "the consensus of all fits"
    if plan.granularity == "auto":
        return what, "topics merged to the number that the neighbour graph supports best; the consensus of all fits"
    return what, f"topics merged to the granularity {plan.granularity}; the consensus of all fits"
