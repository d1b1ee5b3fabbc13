"""What a run was asked for, what it was given, what ran, and what it cost: manifest.json."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from pipeline.errors import RunFolderError

SCHEMA_VERSION = 3


@dataclass(frozen=True)
class StageCost:
    """Wall seconds of a stage, and the most memory the process had used by its end, in MB."""

    stage: str
    seconds: float
    peak_memory_mb: float


@dataclass(frozen=True)
class Manifest:
    """Everything about a run that is not its result. files: sha256 of every other file of the folder.

    counts: read, kept, duplicates, rejected, topics, noise. embedding: fields of EmbeddingInfo. choice: how topics
    were found, with every cut tried. quality: what was read, fields of Quality. added: papers, sources and time of each
    addition since the run.
    """

    name: str
    version: str
    config: Mapping[str, Any]
    config_hash: str
    input_digest: str
    sources: tuple[str, ...]
    counts: Mapping[str, int]
    embedding: Mapping[str, Any]
    choice: Mapping[str, Any]
    stages: tuple[StageCost, ...]
    libraries: Mapping[str, str]
    cpu: Mapping[str, Any]
    finished: str
    quality: Mapping[str, Any] = field(default_factory=dict)
    added: tuple[Mapping[str, Any], ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    schema_version: int = SCHEMA_VERSION

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, fields: dict[str, Any], where: str) -> Self:
        """Raises RunFolderError for another schema version or a field that is missing or new."""
        if fields.get("schema_version") != SCHEMA_VERSION:
            raise RunFolderError(
                f"{where}: run folder of schema {fields.get('schema_version')}, this version reads {SCHEMA_VERSION};"
                " run its config again"
            )
        try:
            stages = tuple(StageCost(**stage) for stage in fields["stages"])
            told = {"stages": stages, "sources": tuple(fields["sources"]), "added": tuple(fields["added"])}
            return cls(**fields | told)
        except (TypeError, KeyError) as problem:
            raise RunFolderError(f"{where}: damaged manifest.json: {problem}; run its config again") from None
