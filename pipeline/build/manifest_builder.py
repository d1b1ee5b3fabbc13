"""The results of a build -> its manifest: settings, row counts, how the topics were selected, libraries, machine."""

import hashlib
import importlib.metadata
import json
from dataclasses import dataclass
from datetime import UTC, datetime

from pipeline.atlas import Cpu, Manifest, RowCounts, SeededTopicInfo, SelectionInfo
from pipeline.clusterer.assignment import NOISE
from pipeline.clusterer.cluster import Clustering
from pipeline.clusterer.search import TopicPlan
from pipeline.clusterer.selection import Selection
from pipeline.config import Config
from pipeline.corpus import CorpusTables, find_files
from pipeline.corpus.quality import CorpusQuality
from pipeline.corpus.sources import shown_name
from pipeline.embedding import EmbeddingInfo
from pipeline.reducer.umap import TINY
from pipeline.topics.grouping import Grouping
from pipeline.version import __version__
from pipeline.workers.machine import core_count, cpu_features, cpu_model

LIBRARIES = (
    *("numpy", "pyarrow", "umap-learn", "numba", "hdbscan", "scikit-learn", "scipy", "matplotlib"),
    *("openvino", "tokenizers", "torch", "transformers", "sentence-transformers"),
)


def config_hash(config: Config) -> str:
    """sha256 over every setting that the result depends on."""
    settings = config.model_dump(mode="json", exclude={"output", "run"})
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Measured:
    """How two stages did. preservation: mean neighbourhood preservation of the map, in [0, 1]; neighbour_recall:
    share of the nearest papers that were found, None where all were compared. laid_out: as in SelectionInfo.
    """

    preservation: float
    neighbour_recall: float | None
    laid_out: int | None


def build_manifest(
    config: Config,
    digest: str,
    *,
    tables: CorpusTables,
    quality: CorpusQuality,
    embedding: EmbeddingInfo,
    clustering: Clustering,
    grouping: Grouping,
    measured: Measured,
) -> Manifest:
    """The manifest of a build that ends now; stages are added when they are over.

    digest: of the input. preservation: mean neighbourhood preservation of the map, in [0, 1].
    """
    return Manifest(
        name=config.name,
        version=__version__,
        config=config,
        config_hash=config_hash(config),
        input_digest=digest,
        sources=tuple(shown_name(path) for path in find_files(config.corpus.files, config.folder)),
        counts=RowCounts(
            read=tables.read,
            kept=tables.papers.num_rows,
            duplicates=tables.duplicates.num_rows,
            rejected=tables.rejected.num_rows,
            topics=len(grouping.ids),
            noise=int((grouping.core == NOISE).sum()),
        ),
        embedding=embedding,
        selection=_selection(config, clustering, measured),
        quality=quality,
        stages=(),
        libraries={name: importlib.metadata.version(name) for name in LIBRARIES},
        cpu=Cpu(cpu_model(), core_count(), tuple(cpu_features())),
        finished=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _selection(config: Config, clustering: Clustering, measured: Measured) -> SelectionInfo:
    selection, plan = clustering.selection, clustering.plan
    seeded = zip(config.topics.seeded.items(), clustering.thresholds, strict=False)
    return SelectionInfo(
        reducer=plan.fit.reducer,
        restarts=plan.fits,
        explanation=_explain(selection, plan),
        warnings=clustering.warnings,
        selected=selection.selected,
        merged_to=selection.merged_to,
        scores=selection.scores,
        resamples=clustering.resamples,
        agreement=clustering.agreement,
        neighbourhood_preservation=round(measured.preservation, 4),
        seeded=tuple(
            SeededTopicInfo(name, sentence, None if least is None else round(least, 4))
            for (name, sentence), least in seeded
        ),
        neighbour_recall=measured.neighbour_recall,
        laid_out=measured.laid_out,
        sampled=clustering.sampled,
    )


def _explain(selection: Selection, plan: TopicPlan) -> str:
    """How the topics were selected, in words."""
    if plan.one_topic:
        return "fewer than five papers are too few to tell topics apart: all are one topic"
    if selection.core is None:
        return "no HDBSCAN tree told two topics apart: all papers are one topic"
    fit = plan.fit
    made = (
        f"{plan.fits} UMAP fits, each clustered by HDBSCAN (min_samples {fit.min_samples}, min_cluster_size"
        f" {fit.min_cluster_size}, {fit.method})"
    )
    if len(selection.core) < TINY:
        return f"{made}; selected: the topics that most fits agreed on"
    merged = f"topics merged until {selection.merged_to} were left" if selection.merged_to else "topics as they were"
    tried = len(selection.scores)
    why = f", the best of {tried} numbers of topics by how well neighbours share them" if tried > 1 else ""
    return f"{made}; {merged}{why}; selected: the consensus of the fits (agreement {selection.agreement or 0:.2f} of 1)"
