"""What a build found -> its manifest: settings, counts, how the topics were chosen, libraries, machine."""

import hashlib
import importlib.metadata
import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from pipeline.atlas import Manifest
from pipeline.clusterer.assignment import NOISE
from pipeline.clusterer.choice import Choice
from pipeline.clusterer.finder import TopicPlan
from pipeline.clusterer.stage import Clustering
from pipeline.config import Config, to_toml
from pipeline.corpus import Corpus, find_files
from pipeline.corpus.files import shown_name
from pipeline.embedding.result import EmbeddingInfo
from pipeline.machine import core_count, cpu_features, cpu_model
from pipeline.quality import Quality
from pipeline.reducer import TINY
from pipeline.topics.grouping import Grouping
from pipeline.version import __version__

LIBRARIES = (
    *("numpy", "pyarrow", "umap-learn", "numba", "hdbscan", "scikit-learn", "scipy", "matplotlib"),
    *("openvino", "tokenizers", "torch", "transformers", "sentence-transformers"),
)


def config_hash(config: Config) -> str:
    """sha256 over every setting that the result depends on."""
    settings = config.model_dump(mode="json", exclude={"output"})
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()


def make_manifest(
    config: Config,
    digest: str,
    corpus: Corpus,
    quality: Quality,
    embedding: EmbeddingInfo,
    clustering: Clustering,
    grouping: Grouping,
) -> Manifest:
    """The manifest of a build that ends now; stages are added when they are over."""
    return Manifest(
        name=config.name,
        version=__version__,
        config=config.model_dump(mode="json") | {"toml": to_toml(config)},
        config_hash=config_hash(config),
        input_digest=digest,
        sources=tuple(shown_name(path) for path in find_files(config.corpus.files, config.folder)),
        counts={
            "read": corpus.read,
            "kept": len(corpus),
            "duplicates": corpus.duplicates.num_rows,
            "rejected": corpus.rejected.num_rows,
            "topics": len(grouping.ids),
            "noise": int((grouping.core == NOISE).sum()),
        },
        embedding=asdict(embedding),
        choice=_choice(config, clustering, grouping),
        stages=(),
        libraries={name: importlib.metadata.version(name) for name in LIBRARIES},
        cpu={"model": cpu_model(), "cores": core_count(), "features": cpu_features()},
        finished=datetime.now(UTC).isoformat(timespec="seconds"),
        quality=quality.to_json(),
    )


def _choice(config: Config, clustering: Clustering, grouping: Grouping) -> dict[str, Any]:
    choice, plan = clustering.choice, clustering.plan
    known = zip(config.topics.known.items(), clustering.thresholds, strict=False)
    return {
        "reducer": asdict(plan.reducer),
        "restarts": plan.restarts,
        "explanation": _explain(choice, plan),
        "doubts": list(clustering.doubts),
        "taken": choice.taken,
        "merged_to": choice.merged_to,
        "curve": [asdict(scored) for scored in choice.curve],
        "refits": clustering.refits,
        "agreement": clustering.agreement,
        "map_trust": round(float(grouping.map_trust.mean()), 4),
        "known": [
            {"name": name, "sentence": sentence, "threshold": None if least is None else round(least, 4)}
            for (name, sentence), least in known
        ],
    }


def _explain(choice: Choice, plan: TopicPlan) -> str:
    """How the topics were chosen, in words."""
    if plan.one_topic:
        return "fewer than five papers are too few to tell topics apart: all are one topic"
    if choice.cut is None:
        return "no cut of the HDBSCAN trees told two topics apart: all papers are one topic"
    tried, tiny = len(choice.curve), len(choice.cut.topics) < TINY
    why = "the one that most fits agreed on" if tiny else "by how much a paper's topic tells of its neighbours' topics"
    trees = len(plan.min_samples) * plan.restarts
    cap = f", no topic above {choice.cut.cap:.0%} of the papers" if choice.cut.cap else ""
    merged = f"; topics joined until {choice.merged_to} were left" if choice.merged_to else ""
    return (
        f"{tried} cut{'s' * (tried != 1)} of {trees} HDBSCAN tree{'s' * (trees != 1)} tried; taken: min_samples"
        f" {choice.cut.min_samples}, min_cluster_size {choice.cut.min_cluster_size}, {choice.cut.method}{cap}, {why}"
        f"{merged}"
    )
