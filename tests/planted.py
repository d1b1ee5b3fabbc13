"""Corpora with a planted answer: each topic has words of its own, so that word counts alone find it."""

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.atlas import AtlasData, exclusive, save_atlas
from pipeline.build import build_atlas, corpus_digest, run_config
from pipeline.build.stages import Stages
from pipeline.config import Config, load_config, parse_config
from pipeline.progress import Progress, Silent

VOCABULARIES: Mapping[str, tuple[str, ...]] = {
    "glaciers": ("glacier", "ice sheet", "meltwater", "snowpack", "moraine", "crevasse", "albedo", "calving front"),
    "bees": ("honeybee", "pollen", "hive", "forager", "queen bee", "nectar", "waggle dance", "brood comb"),
    "bridges": ("suspension bridge", "girder", "pylon", "deck", "stay cable", "flutter", "abutment", "live load"),
    "bread": ("sourdough", "gluten", "yeast", "crumb", "fermentation", "oven spring", "rye flour", "proofing"),
    "violins": ("violin", "soundpost", "varnish", "bow hair", "tonewood", "luthier", "bridge tuning", "arching"),
}


def planted_papers(topics: Sequence[str], each: int, *, seed: int = 0) -> list[dict[str, Any]]:
    """`each` papers of every topic, id "<topic>-<number>"; a paper uses five of its topic's eight words."""
    rng = np.random.default_rng(seed)
    papers = []
    for topic in topics:
        words = VOCABULARIES[topic]
        for number in range(each):
            used = [words[place] for place in rng.permutation(len(words))[:5]]
            papers.append(
                {
                    "id": f"{topic}-{number}",
                    "title": f"On the {used[0]} and the {used[1]}, part {number}",
                    "abstract": f"The {used[2]} meets the {used[3]}. A {used[4]} follows the {used[0]} in {number}.",
                    "year": 2000 + number % 20,
                }
            )
    return papers


def write_jsonl(path: Path, papers: Sequence[Mapping[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(paper, ensure_ascii=False) + "\n" for paper in papers), encoding="utf-8")
    return path


def settings_of(
    files: str | list[str], folder: str | Path, *, name: str = "planted", **sections: Any
) -> dict[str, Any]:
    """A config's settings for the cheapest run that is a whole one: TF-IDF needs no model, topics are fitted once.

    sections: settings in place of these, e.g. `topics={"resamples": 5}` where stability is asserted.
    """
    settings: dict[str, Any] = {
        "name": name,
        "corpus": {"files": [files] if isinstance(files, str) else files},
        "embedding": {"backend": "tfidf"},
        "topics": {"resamples": 0},
        "map": {"html": False},
        "output": {"folder": str(folder)},
    }
    for key, section in sections.items():
        settings[key] = settings.get(key, {}) | section if isinstance(section, dict) else section
    return settings


def run(config: Config | str | Path, *, force: bool = False, progress: Progress | None = None) -> AtlasData:
    """What `pipeline.run` builds or loads, as data."""
    loaded = config if isinstance(config, Config) else load_config(config)
    return run_config(loaded, force=force, progress=progress).atlas


def atlas_of(config: Config) -> AtlasData:
    """The atlas of a config, written without pictures and report: drawing takes longer than all the rest."""
    atlas = build_atlas(config, corpus_digest(config), Stages(Silent()))
    folder = config.run_folder.resolve()
    with exclusive(folder):
        return save_atlas(atlas, folder, pictures={})


def run_once(folder: Path, papers: Sequence[Mapping[str, Any]], *, drawn: bool = False, **sections: Any) -> AtlasData:
    """The atlas of these papers, with a cache of its own: for fixtures that many tests share and none changes.

    drawn: by a whole run, with pictures, page and report.
    """
    write_jsonl(folder / "p.jsonl", papers)
    sections["map"] = {"html": drawn} | sections.get("map", {})
    config = parse_config(settings_of("p.jsonl", folder / "run", **sections), folder / "planted.toml")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PAPERATLAS_CACHE", str(folder / "cache"))
        return run(config) if drawn else atlas_of(config)


def copy_of(atlas: AtlasData, folder: Path) -> Path:
    """The run folder of a shared atlas, copied for a test that writes into it."""
    assert atlas.folder is not None
    return shutil.copytree(atlas.folder, folder)
