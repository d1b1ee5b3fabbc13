"""Config -> run folder: the lock, whether anything has to be computed, and what is written."""

import hashlib
import logging
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.atlas import (
    OUTPUTS,
    REBUILD,
    AtlasData,
    Manifest,
    changes,
    exclusive,
    load_atlas,
    read_manifest,
    refuse_foreign,
    save_atlas,
)
from pipeline.build.baseline import find_baseline
from pipeline.build.build import build_atlas
from pipeline.build.left_out import warn_of_left_out
from pipeline.build.llm_labels import ChatRequest, chat_requests, check_chat, name_by_chat
from pipeline.build.manifest_builder import config_hash
from pipeline.build.sharding import open_sharding
from pipeline.build.stages import Stages
from pipeline.config import Config, cache_folder
from pipeline.corpus import find_files, input_digest
from pipeline.embedding import model_digest
from pipeline.errors import RunFolderError
from pipeline.neighbours import ensure_index, needs_index
from pipeline.progress import Progress, Silent
from pipeline.report import draw_files, report_file
from pipeline.version import __version__

logger = logging.getLogger(__name__)

NAMED_BY_BASELINE = ("papers.parquet", "topics.json")  # files of a baseline that the run after it depends on


@dataclass(frozen=True)
class RunResult:
    """The atlas, and whether anything had to be computed for it."""

    atlas: AtlasData
    built: bool


def run_config(config: Config, *, force: bool = False, progress: Progress | None = None) -> RunResult:
    """The atlas of a config, built and written to its run folder, or loaded where that is up to date.

    Raises PaperatlasError for whatever the user can mend; then the old run folder, if any, is untouched.
    """
    folder = config.run_folder.resolve()  # what a link points to is replaced, never the link
    _check_own_baseline(config, folder)
    digest = corpus_digest(config)
    refuse_foreign(folder)  # beside a folder that is somebody else's, not even a lock is left
    with exclusive(folder):
        refuse_foreign(folder)
        there = None if force else _load_if_up_to_date(config, digest, folder)
        if there is not None:
            _index(there, folder, progress or Silent())
            return RunResult(there, built=False)
        built = _build(config, digest, folder, progress=progress or Silent())
        _index(built, folder, progress or Silent())
        return RunResult(built, built=True)


def _index(atlas: AtlasData, folder: Path, progress: Progress) -> None:
    """The index of a large corpus, beside the run folder, where it is not there yet."""
    if needs_index(atlas.vectors):
        with progress.stage("index", len(atlas)) as advance:
            ensure_index(atlas.vectors, folder, atlas.manifest.files["embedding.npy"], advance=advance)


def _check_own_baseline(config: Config, folder: Path) -> None:
    """Raises RunFolderError where a damaged run is its own baseline: to build it again cannot mend it then."""
    name = Path(config.baseline or ".").expanduser()
    places = {place.resolve() for place in (config.folder / name, OUTPUTS / name, name)}
    if not config.baseline or folder not in places or not folder.is_dir():
        return
    try:
        load_atlas(folder)
    except RunFolderError as problem:
        reason = str(problem).removesuffix(f"; {REBUILD}")
        raise RunFolderError(f"{reason}; it is its own baseline: build it once without `baseline`") from None


def corpus_digest(config: Config) -> str:
    """Of all files that a run of this config would read."""
    files = find_files(config.corpus.files, config.folder)
    own = [config.folder / config.embedding.vectors] if config.embedding.vectors else []
    digest = input_digest([*files, *own], ordered=bool(own))
    if not config.baseline:
        return digest
    before = find_baseline(config)
    if before.resolve() == config.run_folder.resolve():  # else a run would never be up to date with itself
        return digest
    earlier = read_manifest(before).files
    parts = [digest, *(str(earlier.get(name)) for name in NAMED_BY_BASELINE)]
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()


def _load_if_up_to_date(config: Config, digest: str, folder: Path) -> AtlasData | None:
    """The atlas in the folder, if it is the result of this config on this input by this version, all files intact."""
    if not (folder / "manifest.json").is_file():
        return None
    try:
        manifest = read_manifest(folder)
        wanted = (__version__, config_hash(config), digest)
        same = (manifest.version, manifest.config_hash, manifest.input_digest) == wanted
        if not same or not _has_same_model(config, manifest):
            return None
        damaged = next(changes(folder, manifest, manifest.files, trust_times=True), None)
        if damaged is None:
            return load_atlas(folder)
        logger.warning("%s: %s: %s; it is built again", folder, damaged.name, damaged.kind)
    except RunFolderError as problem:
        logger.warning("%s; it is built again", str(problem).removesuffix(f"; {REBUILD}"))
    return None


def _has_same_model(config: Config, manifest: Manifest) -> bool:
    """Whether the configured model is still the one that made the vectors."""
    if manifest.embedding.backend in ("tfidf", "vectors"):
        return True
    return model_digest(config.embedding, cache_folder()) == manifest.embedding.model_digest


def dry_run(config: Config, *, progress: Progress | None = None) -> list[ChatRequest]:
    """What a run would send to the service of [topics.chat]; nothing is sent or written but vectors to the cache."""
    check_chat(config.topics.chat)
    if not config.topics.chat.url:
        return []
    atlas = build_atlas(config, corpus_digest(config), Stages(progress or Silent()))
    return chat_requests(atlas, config.topics.chat)


def _build(config: Config, digest: str, folder: Path, *, progress: Progress) -> AtlasData:
    """The atlas, built, named, drawn and written."""
    check_chat(config.topics.chat)
    with open_sharding(config) as sharding:
        stages = Stages(progress, sharding)
        atlas = build_atlas(config, digest, stages)
        if config.topics.chat.url:
            with stages("names", len(atlas.topics)) as advance:
                atlas = name_by_chat(atlas, config.topics.chat, cache=cache_folder(), advance=advance)
        with stages("page", len(atlas)) as advance:
            pictures = draw_files(atlas, advance=advance)
        with stages("writing"):
            atlas = replace(atlas, manifest=replace(atlas.manifest, stages=tuple(stages.costs)))
            warn_of_left_out(folder, atlas)
            return save_atlas(atlas, folder, pictures=pictures | report_file(atlas))
