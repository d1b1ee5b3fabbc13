"""Corpora with a planted answer: each topic has words of its own, so that word counts alone find it."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.atlas import Atlas
from pipeline.build.build import run
from pipeline.config import parse_config

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


def run_once(folder: Path, papers: Sequence[Mapping[str, Any]], *, name: str = "planted") -> Atlas:
    """The atlas of these papers by TF-IDF, with a cache of its own: for fixtures that many tests share."""
    write_jsonl(folder / "papers.jsonl", papers)
    settings = {
        "name": name,
        "corpus": {"files": ["papers.jsonl"]},
        "embedding": {"backend": "tfidf"},
        "output": {"folder": str(folder / "run")},
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PAPERATLAS_CACHE", str(folder / "cache"))
        return run(parse_config(settings, folder / "planted.toml"))
