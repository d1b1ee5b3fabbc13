"""Papers, rates, machines -> seconds, memory and disk of every stage of a run, and whether it fits.

How each stage grows is a formula of its algorithm; how fast its kind of work goes was measured on this machine
(`build.preflight_rates`). The factors between the two are those of a run of 18,540 papers whose processor seconds are
in benchmarks/RESULTS.md. Real runs were within a factor of two (same file).
"""

import math
from dataclasses import dataclass

from pipeline.build.preflight_rates import Rates
from pipeline.clusterer.sample import MOST_FITTED
from pipeline.clusterer.search import plan_topics
from pipeline.config import Config
from pipeline.neighbours import EXACT_TO
from pipeline.neighbours.lance_index import INDEXED_FROM
from pipeline.neighbours.partitioned_search import PARTITION_SIZE, PROBED, ROUNDS, TRAINED_ON
from pipeline.reducer.sampled_layout import EPOCHS, PULLED_BY, sample_size
from pipeline.topics.word_sample import MOST_READ

# Of the seconds that it takes to count a paper's words, these many are spent on it by
READING, COLLECTING = 1.0, 0.2  # and for duplicates, the order of all, their tables
KEYWORDS, ROW_COUNTS, PAGE, WRITING, INDEX = 9.0, 1.2, 5.0, 0.3, 0.4
COUNTING, WEIGHING = 0.8, 0.2  # its own, and to weigh the words once those of all papers are counted
VOTING = 0.2  # all votes of a paper that was not fitted
CLUSTERING = 1_200  # HDBSCAN and the score of a fit: as long as so many edges of UMAP take, for a paper
FIT_SECONDS = 3.0  # a worker process starts, and imports UMAP
MAP_EPOCHS, MAP_EPOCHS_OF_FEW, FEW = 200, 500, 10_000  # UMAP's own
RANKED_CENTRES = 3.0  # a centre of a partition is compared and sorted: as long as so many pairs
MERGED_LISTS = 1.5  # the lists of the partitions of a paper become one: as long as so many lists
BASE_MB, MODEL_MB, WORKER_MB = 650.0, 300.0, 200.0
BYTES_A_PAPER = 5_000  # of the process that runs the stages: vectors, neighbours, words counted, tables
BYTES_A_PAPER_READ = 11_000  # and of each whose phrases are counted for keywords
BYTES_A_SENTENCE, SENTENCES = 800, 9
PAPER_ON_DISK, FILES_MB = 1_350, 6.0  # words, titles, abstracts; pictures and report
INDEX_BYTES = 1_600  # of a paper in the index of a large corpus
PAGE_BYTES = 900  # of a paper on map.html, up to its budget
CACHED_BEYOND_VECTOR = 64
SHARD_BYTES = 8_000  # rows read, texts, their words, lists of neighbours, while a run lasts


@dataclass(frozen=True)
class Machines:
    """nodes: machines like this one; gpus: on each; gpu_rate: papers a second that one embeds. memory_mb, disk_mb: of
    the one that runs the stages; None where it is not known.
    """

    nodes: int = 1
    gpus: int = 0
    gpu_rate: float | None = None
    memory_mb: float | None = None
    disk_mb: float | None = None


@dataclass(frozen=True)
class StageEstimate:
    """stage: its name in a manifest. growth: how it grows with n papers. seconds: with all machines at work."""

    stage: str
    growth: str
    seconds: float


@dataclass(frozen=True)
class Estimate:
    """stages: in their order. memory_mb: peak of the machine that runs the stages, workers included. run_mb: of the run
    folder; cache_mb: of vectors kept for the next run; working_mb: beside them until the run is over.
    """

    papers: int
    stages: tuple[StageEstimate, ...]
    memory_mb: float
    run_mb: float
    cache_mb: float
    working_mb: float

    @property
    def seconds(self) -> float:
        """Of the whole run."""
        return sum(stage.seconds for stage in self.stages)

    @property
    def disk_mb(self) -> float:
        """All that the run needs at its peak: the folder before it, if there is one, included in working_mb."""
        return self.run_mb + self.cache_mb + self.working_mb


def estimate(papers: int, config: Config, rates: Rates, *, machines: Machines) -> Estimate:
    """What a run of so many papers costs, no vector cached, nothing else running."""
    text = papers / rates.texts
    stages = [
        StageEstimate("reading", "n", (READING / _workers(rates, config, machines) + COLLECTING) * text),
        StageEstimate("embedding", "n", _embedding_seconds(papers, rates, machines)),
        StageEstimate("neighbours", *_neighbours_seconds(papers, config, rates, machines=machines)),
        StageEstimate("topics", *_topics_seconds(papers, config, rates, machines=machines)),
        StageEstimate("map", *_map_seconds(papers, config, rates)),
        StageEstimate("keywords", *_keywords_seconds(papers, config, rates, machines=machines)),
        StageEstimate("row counts", "n", ROW_COUNTS * text),
        StageEstimate("page", *_page_seconds(papers, config, rates)),
        StageEstimate("writing", "n", WRITING * text),
    ]
    if papers >= INDEXED_FROM:
        stages.append(StageEstimate("index", "n", INDEX * text))
    return Estimate(
        papers, tuple(stages), _memory_mb(papers, config, rates, machines=machines), *_disk_mb(papers, config)
    )


def _workers(rates: Rates, config: Config, machines: Machines) -> int:
    """Processes that share the shards: those of all nodes, or one where the run's own process does the work."""
    return rates.cores * machines.nodes if config.run.executor != "local" or machines.nodes > 1 else 1


def _embedding_seconds(papers: int, rates: Rates, machines: Machines) -> float:
    if rates.embedded is None:
        return 0.1 * papers / rates.texts
    if machines.gpus and machines.gpu_rate:
        return papers / (machines.gpu_rate * machines.gpus * machines.nodes)
    return papers / (rates.embedded * machines.nodes)


def _neighbours_seconds(papers: int, config: Config, rates: Rates, *, machines: Machines) -> tuple[str, float]:
    if papers <= EXACT_TO:
        return "n * n", papers**2 / rates.pairs + papers / rates.lists
    centres = papers / PARTITION_SIZE
    compared = papers * PROBED * PARTITION_SIZE
    ranked = papers * centres * (1 + ROUNDS * TRAINED_ON / PARTITION_SIZE) * RANKED_CENTRES
    workers = _workers(rates, config, machines)
    seconds = (compared + ranked) / rates.pairs + papers * MERGED_LISTS / rates.lists
    return "n, and n * n / 2,000 for the nearest partitions", seconds / workers


def _topics_seconds(papers: int, config: Config, rates: Rates, *, machines: Machines) -> tuple[str, float]:
    fitted = min(papers, MOST_FITTED)
    plan = plan_topics(fitted, config.reducer, config.clusterer)
    if plan.one_topic:
        return "none", 0.0
    fits = plan.fits + config.topics.resamples
    edges = fitted * (plan.fit.reducer.n_neighbors * plan.fit.epochs + CLUSTERING)
    at_once = min(fits, rates.cores * (machines.nodes if _workers(rates, config, machines) > 1 else 1))
    seconds = math.ceil(fits / at_once) * (edges / rates.edges + FIT_SECONDS)
    if papers <= MOST_FITTED:
        return "n", seconds
    return f"a sample of {MOST_FITTED:,}; n for the vote", seconds + VOTING * papers / rates.texts


def _map_seconds(papers: int, config: Config, rates: Rates) -> tuple[str, float]:
    epochs, sampled = MAP_EPOCHS_OF_FEW if papers <= FEW else MAP_EPOCHS, sample_size(papers)
    if sampled is None:
        return "n", papers * config.reducer.n_neighbors * epochs / rates.edges
    edges = sampled * config.reducer.n_neighbors * epochs + papers * PULLED_BY * EPOCHS
    return f"a sample of {sampled:,}; n for the others", edges / rates.edges


def _keywords_seconds(papers: int, config: Config, rates: Rates, *, machines: Machines) -> tuple[str, float]:
    """The words of all papers are counted, the phrases of so many as keywords need."""
    growth = "n" if papers <= MOST_READ else f"n for words; phrases of {MOST_READ:,}"
    counting = COUNTING * papers / _workers(rates, config, machines)
    return growth, (counting + WEIGHING * papers + KEYWORDS * min(papers, MOST_READ)) / rates.texts


def _page_seconds(papers: int, config: Config, rates: Rates) -> tuple[str, float]:
    """The page holds no more than its budget; the pictures draw every paper."""
    most = config.map.budget_mb * 1e6 / PAGE_BYTES if config.map.html else 0.0
    return "n, to the page's budget", (PAGE * min(papers, most) + 0.5 * papers) / rates.texts


def _memory_mb(papers: int, config: Config, rates: Rates, *, machines: Machines) -> float:
    sentences = SENTENCES * BYTES_A_SENTENCE * config.embedding.sentences
    model = 0.0 if rates.embedder.startswith(("tfidf", "vectors")) else MODEL_MB
    workers = WORKER_MB * rates.cores
    if config.run.executor == "ray" or machines.nodes > 1:
        workers += model * rates.cores
    read = min(papers, MOST_READ) * BYTES_A_PAPER_READ
    return round(BASE_MB + model + workers + (read + papers * (BYTES_A_PAPER + sentences)) / 1e6, 1)


def _disk_mb(papers: int, config: Config) -> tuple[float, float, float]:
    """Of the run folder, of the cache, and beside them while the run lasts: the folder before, and shards."""
    vector = 4 * 384
    sentences = SENTENCES * (384 + 8) * config.embedding.sentences
    page = min(config.map.budget_mb * 1e6, papers * PAGE_BYTES) * config.map.html
    run = FILES_MB + (papers * (vector + 8 * config.neighbours.k + 32 + PAPER_ON_DISK + sentences) + page) / 1e6
    run += papers * INDEX_BYTES / 1e6 * (papers >= INDEXED_FROM)
    cached = papers * (vector + CACHED_BEYOND_VECTOR + sentences) / 1e6
    cached = min(cached, config.embedding.cache_gb * 1000) if config.embedding.cache else 0.0
    shards = papers * SHARD_BYTES / 1e6 if papers > config.run.shard_papers else 0.0
    return round(run, 1), round(cached, 1), round(run + shards, 1)


def most_papers(config: Config, rates: Rates, machines: Machines) -> int:
    """The largest corpus whose run fits into memory and onto the disk, to two digits; 0 where none does."""
    low, high = 0, 10**10
    while high - low > max(1, low // 200):
        middle = (low + high) // 2
        fits = shortage(estimate(middle, config, rates, machines=machines), machines) is None
        low, high = (middle, high) if fits else (low, middle)
    digits = int("1" + "0" * max(len(str(low)) - 2, 0))
    return low // digits * digits


def shortage(estimated: Estimate, machines: Machines) -> str | None:
    """What a run lacks, in words; None where it fits, or what the machine has is not known."""
    if machines.memory_mb is not None and estimated.memory_mb > machines.memory_mb:
        return (
            f"it needs {in_gb(estimated.memory_mb)} of memory in one process, and there are {in_gb(machines.memory_mb)}"
        )
    if machines.disk_mb is not None and estimated.disk_mb > machines.disk_mb:
        return f"it needs {in_gb(estimated.disk_mb)} of disk, and {in_gb(machines.disk_mb)} are free"
    return None


def in_gb(megabytes: float) -> str:
    """1,234 MB as "1.2 GB", a few thousand GB in whole ones."""
    gigabytes = megabytes / 1000
    return f"{gigabytes:,.0f} GB" if gigabytes >= 20 else f"{gigabytes:.1f} GB"
