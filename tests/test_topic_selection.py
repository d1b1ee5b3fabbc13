"""Selection of topics on abstracts that read like real ones, by the real encoder: neither shards nor a giant.

The bounds are wide: they catch a selection that breaks, and decide nothing between two good ones. The fits also hold
clusterings of 2 to dozens of topics, so that a rule that chose among them badly would be seen.
"""

from collections import Counter
from typing import Any

import numpy as np
import pytest
from filelock import FileLock
from sklearn.metrics import adjusted_mutual_info_score

from pipeline.atlas import AtlasData, load_atlas
from pipeline.config import parse_config
from tests.planted import atlas_of, settings_of, write_jsonl
from tests.planted_abstracts import (
    FEWEST_WORDS,
    MOST_WORDS,
    NOWHERE,
    SIZES,
    SUBJECTS,
    is_between,
    is_core,
    planted_abstracts,
)

SEED = 1  # of the corpus


@pytest.fixture(scope="module")
def papers():
    return planted_abstracts(SEED)


@pytest.fixture(scope="module")
def build(common, session_cache):
    """The atlas of some papers with some settings of [clusterer], built by the first worker that asks for its name."""

    def make(name: str, papers, **clusterer: Any) -> AtlasData:
        folder = common / name
        with FileLock(common / f"{name}.lock"), pytest.MonkeyPatch.context() as patch:
            if (folder / "run").is_dir():
                return load_atlas(folder / "run")
            folder.mkdir()
            write_jsonl(folder / "papers.jsonl", papers)
            sections = {"embedding": {"backend": "auto"}, "clusterer": clusterer}
            patch.setenv("PAPERATLAS_CACHE", str(session_cache))
            settings = settings_of("papers.jsonl", folder / "run", **sections)
            return atlas_of(parse_config(settings, folder / "selection.toml"))

    return make


@pytest.fixture(scope="module")
def atlas(build, papers):
    return build("twelve-subjects", papers)


def planted_in(atlas: AtlasData, papers) -> list[dict[str, Any]]:
    """The papers, row by row of the atlas."""
    by_id = {paper["id"]: paper for paper in papers}
    return [by_id[paper] for paper in atlas.column("id").to_pylist()]


# --- the corpus itself


def test_papers_are_of_very_different_subjects_and_repeat_with_their_seed(papers):
    assert planted_abstracts(SEED) == papers != planted_abstracts(SEED + 1)
    assert len({paper["id"] for paper in papers}) == len(papers)
    counts = Counter(paper["subject"] for paper in papers if is_core(paper))
    assert set(counts) == set(SUBJECTS)
    assert sorted(counts.values(), reverse=True) == list(SIZES)
    between = {tuple(paper["subject"].split(" + ")) for paper in papers if is_between(paper)}
    assert len(between) == 12, "three pairs of subjects in each of four areas"
    assert all(SUBJECTS[one].area == SUBJECTS[other].area for one, other in between)


def test_abstracts_are_as_long_as_real_ones_and_their_slots_are_filled(papers):
    for paper in papers:
        assert FEWEST_WORDS <= len(paper["abstract"].split()) <= MOST_WORDS, paper
        assert not set("{}_") & set(paper["title"] + paper["abstract"]), paper


def test_two_papers_of_a_subject_are_alike_but_no_near_duplicates(atlas, papers):
    subjects = np.array([paper["subject"] for paper in planted_in(atlas, papers)])
    assert len(atlas) == len(papers), "none is taken for another"
    cosines = np.asarray(atlas.vectors) @ np.asarray(atlas.vectors).T
    np.fill_diagonal(cosines, 0)
    same = (subjects[:, None] == subjects) & ~np.eye(len(subjects), dtype=bool)
    assert (cosines[same] > 0.95).mean() < 0.001
    assert 0.4 < np.median(cosines[same]) < 0.8
    assert np.median(cosines[~same]) < 0.3


# --- its topics


def test_topics_are_neither_shards_nor_a_giant(atlas):
    sizes = np.bincount(atlas.column("nearest_topic").to_numpy())
    assert 8 <= len(sizes) <= 20
    assert sizes.max() <= 0.4 * len(atlas)


def test_topics_are_the_planted_subjects(atlas, papers):
    topics = atlas.column("nearest_topic").to_numpy()
    planted = planted_in(atlas, papers)
    core = np.array([is_core(paper) for paper in planted])
    subjects = np.array([paper["subject"] for paper in planted])
    assert adjusted_mutual_info_score(subjects[core], topics[core]) >= 0.9


def test_papers_between_two_subjects_belong_to_their_topic_less_strongly(atlas, papers):
    strengths = atlas.column("strength").to_numpy()
    planted = planted_in(atlas, papers)
    core = np.array([is_core(paper) for paper in planted])
    between = np.array([is_between(paper) for paper in planted])
    assert strengths[between].mean() < strengths[core].mean() - 0.1


@pytest.mark.usefixtures("atlas")  # which embeds the same papers
def test_asked_for_four_topics_they_go_by_area(build, papers):
    four = build("four-areas", papers, granularity=4)
    topics = four.column("nearest_topic").to_numpy()
    areas = np.array([paper["area"] for paper in planted_in(four, papers)])
    somewhere = areas != NOWHERE
    assert len(four.topics) == 4
    assert adjusted_mutual_info_score(areas[somewhere], topics[somewhere]) >= 0.5


def test_one_subject_does_not_fall_into_dozens_of_topics(build):
    """Its topics follow the species, of which most sentences speak."""
    alone = build("one-subject", planted_abstracts(SEED, sizes={"bird migration": 200}, generic=0))
    assert len(alone.topics) <= 15
