"""`evaluate`: every figure by hand, beside a library, or on a corpus whose answer is known."""

import json

import numpy as np
import pyarrow as pa
import pytest

from pipeline.atlas.column_groups import column_groups, group_values
from pipeline.cli.main import main
from pipeline.errors import PaperatlasError
from pipeline.evaluation import evaluate
from pipeline.evaluation.agreement import purity
from pipeline.evaluation.coherence import diversity, npmi
from pipeline.evaluation.density import dbcv, distances, sample_rows, silhouette
from tests.planted import planted_papers, run_once, write_jsonl
from tests.test_topics import blobs

TOPICS = ("glaciers", "bees", "bridges")


@pytest.fixture(scope="module")
def atlas(tmp_path_factory):
    folder = tmp_path_factory.mktemp("evaluate")
    papers = planted_papers(TOPICS, 40)
    for number, paper in enumerate(papers):
        paper["venue"] = paper["id"].split("-")[0] if number % 4 else None
        paper["letter"] = ["a", "b"][number % 2]
        paper["nothing"] = None
    return run_once(folder, papers)


def test_planted_topics_get_full_marks_against_their_own_names_and_none_against_chance(atlas):
    found = evaluate(atlas, labels="venue")
    assert found["venue: labelled"] == 90, "three of four papers have a venue"
    for figure in ("AMI", "ARI", "V-measure", "purity"):
        assert found[f"venue: {figure}"] == pytest.approx(1.0)
    chance = evaluate(atlas, labels="letter")
    assert abs(chance["letter: AMI"]) < 0.1
    assert chance["letter: purity"] == pytest.approx(0.5, abs=0.15)
    assert found["topics"] == 3
    assert found["assign by lookup"] == 1.0
    assert found["assign, left out"] == 1.0
    assert found["keyword diversity"] > 0.9
    assert found["map recall"] <= found["neighbourhood preservation"] <= 1


def test_every_figure_says_in_one_line_what_it_means(atlas):
    for figure in evaluate(atlas).figures:
        assert 10 < len(figure.meaning) < 130, figure.name
        assert "\n" not in figure.meaning


def test_the_command_prints_a_table_and_json(atlas, capsys):
    assert main(["evaluate", str(atlas.folder), "--labels", "venue"]) == 0
    assert "venue: AMI" in capsys.readouterr().out
    assert main(["evaluate", str(atlas.folder), "--labels", "venue", "--json"]) == 0
    figures = {figure["name"]: figure["value"] for figure in json.loads(capsys.readouterr().out)["figures"]}
    assert figures["venue: ARI"] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("column", "message"),
    [("venu", "did you mean venue?"), ("nothing at all", "there are"), ("abstract", "no column abstract")],
)
def test_a_column_that_is_not_there_is_told_in_one_line(atlas, column, message, capsys):
    assert main(["evaluate", str(atlas.folder), "--labels", column]) == 2
    told = capsys.readouterr().err
    assert message in told
    assert told.count("\n") == 1


def test_groups_of_a_column_without_values_are_an_error(atlas):
    class Empty:
        column_names = ("venue",)

        def column(self, name):
            return pa.chunked_array([pa.array([None, ""])])

    with pytest.raises(PaperatlasError, match="no paper has a value"):
        column_groups(Empty(), "venue")


def test_groups_are_named_by_the_first_value_and_ordered_by_size():
    found = group_values([["x", "y"], ["x"], [], "y", float("nan"), 3, True])
    assert found.names == ("x", "3", "True", "y")
    assert found.codes.tolist() == [0, 0, -1, 3, -1, 1, 2]


def test_purity_by_hand():
    assert purity(np.array([5, 5, 5, 5]), np.array([1, 1, 2, 3])) == 0.5


def test_keywords_of_one_kind_cohere_and_strangers_do_not():
    texts = ["stars shine", "a star shines"] * 4 + ["bees buzz"] * 8
    together, never, alone = npmi([["star", "shine"], ["stars", "bees"], ["star"]], texts)
    assert together == pytest.approx(1.0), "always together, singular or plural"
    assert never == -1.0
    assert alone == 0.0
    half = ["a b", "a c", "d b", "d c"]
    assert npmi([["a", "b"]], [f"{text} x" for text in half]) == [pytest.approx(0.0)], "independent words"


def test_phrases_must_stand_side_by_side_to_be_counted():
    texts = ["dark matter halo", "matter in the dark halo", "dark matter", "nothing"]
    # "dark matter" is in two papers, "halo" in two, both in one: independent by chance.
    assert npmi([["dark matter", "halo"]], texts) == [pytest.approx(0.0)]


def test_diversity_counts_words_over_all_topics():
    assert diversity([["galaxies", "star"], ["galaxy"]]) == pytest.approx(2 / 3)
    assert diversity([]) == 1.0


def test_silhouette_and_dbcv_are_those_of_the_libraries():
    from hdbscan.validity import validity_index
    from sklearn.metrics import silhouette_score

    vectors, groups = blobs([40, 30, 50], spread=0.35)
    topics = groups.astype(np.int64)
    topics[::10] = -1
    apart = distances(vectors)
    core = topics != -1
    assert silhouette(apart, topics) == pytest.approx(silhouette_score(vectors[core], topics[core]), abs=1e-5)
    # The library's first figure of each topic is what ours is made of; it keeps no digits for a high dimension,
    # so a low one is given to both.
    expected = validity_index(apart.copy(), topics, metric="precomputed", d=3)
    assert dbcv(apart, topics, dimension=3) == pytest.approx(expected, abs=1e-6)


def test_density_figures_are_none_where_they_mean_nothing():
    apart = distances(np.eye(4, dtype=np.float32))
    one = np.zeros(4, dtype=np.int64)
    assert silhouette(apart, one) is None
    assert dbcv(apart, one, dimension=4) is None
    assert dbcv(apart, np.array([0, 0, 1, -1]), dimension=4) is None, "the second topic has one paper"
    same = distances(np.ones((6, 2), dtype=np.float32) / np.sqrt(2, dtype=np.float32))
    assert dbcv(same, np.array([0, 0, 0, 1, 1, 1]), dimension=2) == pytest.approx(0.0), "equal papers are no error"


def test_large_runs_are_sampled_without_repeats():
    rows = sample_rows(np.zeros(10_000, dtype=np.int64), seed=1)
    assert len(rows) == len(set(rows.tolist())) == 4_000
    assert (np.diff(rows) > 0).all()


@pytest.mark.parametrize("count", [1, 2, 4])
def test_tiny_runs_are_evaluated_too(make_atlas, tmp_path, count):
    papers = planted_papers(("glaciers", "bees"), 2)[:count]
    write_jsonl(tmp_path / "few.jsonl", papers)
    found = evaluate(make_atlas("few.jsonl"), labels="title")
    assert found["papers"] == count
    assert all(figure.value is None or np.isfinite(figure.value) for figure in found.figures)
