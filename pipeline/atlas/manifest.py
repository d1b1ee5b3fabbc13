"""What a run was asked for, what it was given, what ran, and what it cost: manifest.json, typed.

Stored names change only with the schema's number, and the schema before is still read: `from_schema_3`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from pydantic import ConfigDict, TypeAdapter, ValidationError

from pipeline.atlas.run_folder import REBUILD
from pipeline.clusterer.selection import CutScore
from pipeline.config import Config, rename_old_settings
from pipeline.corpus.quality import CorpusQuality
from pipeline.embedding.embedding import EmbeddingInfo
from pipeline.errors import RunFolderError
from pipeline.reducer.umap import ReducerPlan
from pipeline.references import ReferenceCoverage

SCHEMA_VERSION = 4
Json = dict[str, object]
STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True)
class StageCost:
    """Wall seconds of a stage, and the most memory the process had used by its end, in MB; None where not measured."""

    stage: str
    seconds: float
    peak_memory_mb: float | None


@dataclass(frozen=True)
class RowCounts:
    """Rows read = kept + duplicates + rejected; topics, and the papers kept that lie between them (noise)."""

    read: int
    kept: int
    duplicates: int
    rejected: int
    topics: int
    noise: int


@dataclass(frozen=True)
class SeededTopicInfo:
    """A topic of [topics.seeded]. threshold: least similarity of its papers, None where no paper is close enough."""

    name: str
    sentence: str
    threshold: float | None


@dataclass(frozen=True)
class ChatSummary:
    """named: topics that the language model named. kept_keyword_label: topic -> why it has no name of the model."""

    model: str
    named: int
    kept_keyword_label: Mapping[str, str]


@dataclass(frozen=True)
class SelectionInfo:
    """How topics were found. scores: of every cut tried; selected: the place of the one selected, None where none was.

    reducer: what UMAP was asked for; restarts: how many fits. explanation, warnings: sentences. merged_to: number of
    topics that the cut's own were merged to. resamples: how many resampling stability was measured on; agreement: their
    mean adjusted mutual information with the topics. neighbourhood_preservation: mean of the map, in [0, 1].
    neighbour_recall: share of the fifteen nearest papers that were found, on a sample; None where all were compared.
    laid_out: papers that UMAP laid out, the others put beside them; None where it laid out all.
    sampled: papers that topics were found among, the others joined by the vote; None where they were found among all.
    """

    reducer: ReducerPlan
    restarts: int
    explanation: str
    warnings: tuple[str, ...]
    selected: int | None
    merged_to: int | None
    scores: tuple[CutScore, ...]
    resamples: int
    agreement: float | None
    neighbourhood_preservation: float
    seeded: tuple[SeededTopicInfo, ...] = ()
    chat: ChatSummary | None = None
    neighbour_recall: float | None = None
    laid_out: int | None = None
    sampled: int | None = None

    @property
    def selected_score(self) -> CutScore | None:
        """The score of the cut selected."""
        return None if self.selected is None else self.scores[self.selected]


@dataclass(frozen=True)
class Addition:
    """Papers added after the run: how many, of how many rows read, from which files, when (ISO 8601, UTC)."""

    papers: int
    read: int
    sources: tuple[str, ...]
    finished: str


@dataclass(frozen=True)
class Cpu:
    """model: the processor's name for itself. features: instruction sets that matter here."""

    model: str
    cores: int
    features: tuple[str, ...]


@dataclass(frozen=True)
class Manifest:
    """Everything about a run that is not its result. files: sha256 of every other file of the folder; stamps: the size
    in bytes and the time of the last change, in nanoseconds, that each had when it was written.

    version: of paperatlas. config_hash, input_digest: sha256 of what the result depends on. sources: names of the files
    read. finished: ISO 8601, UTC. added: each addition since the run. references: how much of what the papers cite is
    known; None where no source has a column of references, or the run was made before they were counted.
    """

    __pydantic_config__ = STRICT

    name: str
    version: str
    config: Config
    config_hash: str
    input_digest: str
    sources: tuple[str, ...]
    counts: RowCounts
    embedding: EmbeddingInfo
    selection: SelectionInfo
    quality: CorpusQuality
    stages: tuple[StageCost, ...]
    libraries: Mapping[str, str]
    cpu: Cpu
    finished: str
    added: tuple[Addition, ...] = ()
    references: ReferenceCoverage | None = None
    files: Mapping[str, str] = field(default_factory=dict)
    stamps: Mapping[str, tuple[int, int]] = field(default_factory=dict, compare=False)
    schema_version: int = SCHEMA_VERSION

    def to_json(self) -> Json:
        """Its fields by name, down to texts and numbers."""
        content: Json = _adapter().dump_python(self, mode="json")
        return content

    @classmethod
    def from_json(cls, content: Json, *, where: str) -> "Manifest":
        """Raises RunFolderError for a schema that is not read, or a field that is missing, new or of another type."""
        version = content.get("schema_version")
        if version == 3:
            content = from_schema_3("manifest.json", content)
        elif version != SCHEMA_VERSION:
            raise RunFolderError(
                f"{where}: run folder of schema {version}, this version reads 3 and {SCHEMA_VERSION}; {REBUILD}"
            )
        try:
            manifest = _adapter().validate_python(content)
        except ValidationError as problem:
            first = problem.errors()[0]
            key = ".".join(str(part) for part in first["loc"])
            raise RunFolderError(f"{where}: damaged manifest.json: {key}: {first['msg']}; {REBUILD}") from None
        if outside := [name for name in manifest.files if not _is_plain(name)]:
            raise RunFolderError(
                f"{where}: damaged manifest.json: files: {outside[0]!r} is no name of a file; {REBUILD}"
            )
        return manifest


def _is_plain(name: str) -> bool:
    """Whether a name stays inside the folder."""
    return name not in ("", ".", "..") and not set(name) & set("/\\:\0")


@cache
def _adapter() -> TypeAdapter[Manifest]:
    return TypeAdapter(Manifest)


RENAMED_IN_TOPICS = {"diverse": "mmr_representatives", "map_trust": "neighbourhood_preservation", "known": "seeded"}
RENAMED_IN_SELECTION = {
    "doubts": "warnings",
    "taken": "selected",
    "curve": "scores",
    "refits": "resamples",
    "map_trust": "neighbourhood_preservation",
    "known": "seeded",
}
RENAMED_LEVELS = {"fields": "areas", "fine": "subtopics"}
RENAMED_COLUMNS = {"fine_topic": "subtopic"}
RENAMED_FILES = {"hierarchy.json": "layers.json"}  # name in this schema -> name in schema 3


def from_schema_3(name: str, content: object) -> Json:
    """The content of a file of schema 3 as schema 4 has it: "manifest.json", "topics.json" or "hierarchy.json".

    topics.json holds a list: its topics come back as {"topics": [...]}.
    """
    if name == "topics.json":
        return {"topics": [_topic(topic) for topic in _list(content)]}
    fields = _object(content)
    if name == "hierarchy.json":
        return {RENAMED_LEVELS[level]: [_topic(topic) for topic in _list(fields[level])] for level in RENAMED_LEVELS}
    config, _ = rename_old_settings({key: value for key, value in _object(fields["config"]).items() if key != "toml"})
    selection = _renamed(_object(fields["choice"]), RENAMED_IN_SELECTION)
    selection["scores"] = [_score(score) for score in _list(selection["scores"])]
    added = [{"read": _object(entry)["papers"]} | _object(entry) for entry in _list(fields["added"])]
    rest = {key: value for key, value in fields.items() if key != "choice"}
    return rest | {"config": config, "selection": selection, "added": added, "schema_version": SCHEMA_VERSION}


def _score(score: object) -> Json:
    renamed = _renamed(_object(score), {"cap": "max_cluster_share"})
    return renamed | {"method": "max_cluster_size"} if renamed.get("method") == "capped" else renamed


def _topic(topic: object) -> Json:
    renamed = _renamed(_object(topic), RENAMED_IN_TOPICS)
    return renamed | {"named_by": "seeded"} if renamed.get("named_by") == "known" else renamed


def _renamed(fields: Json, names: Mapping[str, str]) -> Json:
    return {names.get(key, key): value for key, value in fields.items()}


def _object(content: object) -> Json:
    if not isinstance(content, dict):
        raise TypeError(f"expected an object, found {type(content).__name__}")
    return content


def _list(content: object) -> list[object]:
    if not isinstance(content, list):
        raise TypeError(f"expected a list, found {type(content).__name__}")
    return content
