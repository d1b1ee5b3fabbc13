"""pipeline.sklearn.PaperAtlas: scikit-learn's own checks, planted topics, the same answers as a run from files."""

import pickle
import tempfile

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import adjusted_rand_score
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import check_estimator, estimator_checks_generator

from pipeline import run
from pipeline.config import Config, parse_config
from pipeline.errors import PaperatlasError
from pipeline.sklearn import SECTIONS, PaperAtlas
from tests.planted import planted_papers, settings_of, write_jsonl

SUBJECTS = ("glaciers", "bees", "violins")
NEW = ["Meltwater on the ice sheet lowers its albedo.", "A forager brings pollen to the hive.", "Varnish on tonewood."]

# The checks give papers as vectors: no check of scikit-learn makes texts. Each of these sets n_components to 1.
TWO = "sets n_components = 1, and topics are looked for in at least 2 dimensions; passed below with 2"
EXCEPTIONS = dict.fromkeys(
    (
        "check_dont_overwrite_parameters",
        "check_fit2d_1feature",
        "check_fit2d_1sample",
        "check_fit2d_predict1d",
        "check_methods_sample_order_invariance",
        "check_methods_subset_invariance",
    ),
    TWO,
)


class TwoDimensions(PaperAtlas):
    """The same with at least 2 dimensions, whatever it is asked for."""

    def _sections(self):
        sections = super()._sections()
        sections["reducer"]["n_components"] = max(sections["reducer"]["n_components"], 2)
        return sections


@pytest.fixture
def few_fits(monkeypatch):
    """Topics are the consensus of 2 fits instead of 5 or 7: what the checks ask about does not depend on it."""
    monkeypatch.setattr("pipeline.clusterer.search.FITS", 2)
    monkeypatch.setattr("pipeline.clusterer.search.FITS_OF_FEW", 2)


def small(**settings):
    return PaperAtlas(**{"backend": "tfidf", "resamples": 0} | settings)


def texts_of(subjects=SUBJECTS, each=20, seed=0):
    papers = planted_papers(subjects, each, seed=seed)
    return [f"{paper['title']}. {paper['abstract']}" for paper in papers], [
        paper["id"].split("-")[0] for paper in papers
    ]


@pytest.fixture(scope="module")
def planted():
    return texts_of()


@pytest.fixture(scope="module")
def fitted(planted):
    return small().fit(planted[0])


def test_the_checks_of_scikit_learn_pass_but_for_those_listed(few_fits):
    results = check_estimator(
        PaperAtlas(resamples=0, n_components=2), expected_failed_checks=EXCEPTIONS, on_fail=None, on_skip=None
    )
    status = {}
    for result in results:
        status.setdefault(result["status"], {})[result["check_name"]] = repr(result["exception"])
    assert status.get("failed", {}) == {}
    assert set(status["xfail"]) == set(EXCEPTIONS)
    assert set(status["skipped"]) == {"check_array_api_input"}  # asks for another kind of arrays, by a variable
    assert len(status["passed"]) > 35


def test_the_checks_listed_pass_where_two_dimensions_stay_two(few_fits):
    checks = estimator_checks_generator(TwoDimensions(resamples=0, n_components=2))
    passed = set()
    for estimator, check in checks:
        if (name := check.func.__name__) in EXCEPTIONS:
            check(estimator)
            passed.add(name)
    assert passed == set(EXCEPTIONS)


def test_planted_subjects_are_its_topics(planted, fitted):
    subjects = planted[1]
    core = fitted.labels_ >= 0
    assert core.mean() > 0.8
    assert adjusted_rand_score(np.array(subjects)[core], fitted.labels_[core]) == 1.0
    assert [topic.id for topic in fitted.topics_] == [0, 1, 2]
    assert [topic.size for topic in fitted.topics_] == [int((fitted.labels_ == number).sum()) for number in range(3)]
    words = " ".join(keyword.term for keyword in fitted.topics_[fitted.labels_[subjects.index("bees")]].keywords)
    assert "pollen" in words
    assert "varnish" not in words
    assert ((fitted.strength_ >= 0) & (fitted.strength_ <= 1)).all()


def test_new_texts_go_to_the_topic_of_their_subject_whatever_comes_with_them(planted, fitted):
    subjects = planted[1]
    expected = [fitted.labels_[subjects.index(subject)] for subject in SUBJECTS]
    assert fitted.predict(NEW).tolist() == expected
    assert [fitted.predict([text])[0] for text in NEW] == expected
    assert fitted.predict(NEW[::-1]).tolist() == expected[::-1]


def test_papers_that_it_was_fitted_on_get_the_answer_of_the_fit(planted, fitted):
    texts = planted[0]
    assert fitted.predict(texts).tolist() == fitted.labels_.tolist()
    assert fitted.predict([f"  {texts[7]}\n", texts[3]]).tolist() == fitted.labels_[[7, 3]].tolist()
    assert fitted.transform(texts[::-1]).tobytes() == fitted.embedding_[::-1].tobytes()
    np.testing.assert_allclose(np.linalg.norm(fitted.embedding_, axis=1), 1, atol=1e-5)


def test_papers_between_topics_are_minus_one_and_still_have_a_nearest_topic():
    rng = np.random.default_rng(2)
    crowds = np.repeat(np.eye(50)[:3], 40, axis=0) + 0.1 * rng.normal(size=(120, 50))
    strays = rng.normal(size=(60, 50))  # how many are noise, two or sixteen, depends on the processor's rounding
    model = PaperAtlas(resamples=0, min_samples=10).fit(np.vstack([crowds, strays]))
    noise = np.flatnonzero(model.labels_ == -1)
    assert set(noise.tolist()) <= set(range(120, 180))
    assert len(noise) >= 1
    assert model.predict(strays).tolist() == model.labels_[120:].tolist()
    assert set(model.nearest_topic_.tolist()) == set(model.labels_.tolist()) - {-1}
    assert model.predict(crowds[:3] + 0.01).min() >= 0


def test_it_gives_what_a_run_from_files_gives(planted, tmp_path, fitted):
    write_jsonl(tmp_path / "p.jsonl", [{"id": f"p{row}", "abstract": text} for row, text in enumerate(planted[0])])
    atlas = run(parse_config(settings_of("p.jsonl", tmp_path / "run"), tmp_path / "planted.toml"))
    topics = dict(zip(atlas.column("id").to_pylist(), atlas.column("topic").to_pylist(), strict=True))
    assert fitted.labels_.tolist() == [topics[f"p{row}"] for row in range(len(planted[0]))]
    assert [topic.label for topic in fitted.topics_] == [topic.label for topic in atlas.topics]


def test_neither_order_nor_copies_nor_a_clone_change_the_answers(planted, fitted):
    texts = planted[0]
    order = np.random.default_rng(1).permutation(len(texts))
    shuffled = clone(fitted).fit([texts[row] for row in order])
    assert shuffled.labels_.tolist() == fitted.labels_[order].tolist()
    assert shuffled.embedding_.tobytes() == fitted.embedding_[order].tobytes()
    twice = clone(fitted).fit([*texts, texts[5], texts[5]])
    assert twice.labels_.tolist() == [*fitted.labels_, *[fitted.labels_[5]] * 2]
    assert len(twice.atlas_) == len(texts)
    marked = f"<p>{texts[5]}</p> © 2021 Elsevier B.V. All rights reserved."  # equal once it is cleaned
    again = clone(fitted).fit([*texts, marked])
    assert len(again.atlas_) == len(texts)
    assert again.labels_.tolist() == [*fitted.labels_, fitted.labels_[5]]
    assert again.predict([marked]).tolist() == [fitted.labels_[5]]
    assert again.embedding_[-1].tobytes() == again.embedding_[5].tobytes()


def test_texts_may_come_in_an_array_a_series_or_one_at_a_time(fitted):
    expected = fitted.predict(NEW).tolist()
    for papers in (np.array(NEW), np.array(NEW, dtype=object), pd.Series(NEW), tuple(NEW), (text for text in NEW)):
        assert fitted.predict(papers).tolist() == expected


def test_a_table_of_one_column_of_texts_is_that_column(fitted):
    expected = fitted.predict(NEW)
    for table in (np.array(NEW)[:, None], pd.DataFrame({"text": NEW}), pd.DataFrame({"text": NEW}, dtype="string")):
        np.testing.assert_array_equal(fitted.predict(table), expected)
    assert len(set(expected)) == 3
    two = pd.DataFrame({"title": NEW, "abstract": NEW})
    with pytest.raises(PaperatlasError, match="expected texts"):
        fitted.predict(two)


def test_own_vectors_are_clustered_by_direction_alone():
    rng = np.random.default_rng(0)
    centres = np.repeat(np.eye(6)[:2], 25, axis=0)
    vectors = centres + 0.1 * rng.normal(size=centres.shape)
    lengths = rng.uniform(0.5, 9, size=(50, 1))
    model = PaperAtlas(resamples=0).fit(vectors * lengths)
    assert adjusted_rand_score(np.repeat([0, 1], 25), model.labels_) == 1.0
    assert model.n_features_in_ == 6
    assert model.predict([[0, 3, 0, 0, 0, 0], [0.1, 0, 0, 0, 0, 0]]).tolist() == model.labels_[[30, 3]].tolist()
    np.testing.assert_allclose(
        model.transform(vectors), vectors / np.linalg.norm(vectors, axis=1, keepdims=True), atol=1e-6
    )
    with pytest.raises(PaperatlasError, match="expected vectors, as those that it was fitted on"):
        model.predict(["a text"])
    assert not hasattr(clone(model).set_params(backend="tfidf").fit(texts_of(each=3)[0]), "n_features_in_")
    refitted = model.set_params(backend="tfidf").fit(texts_of(each=3)[0])
    assert not hasattr(refitted, "n_features_in_")


def test_vectors_that_are_all_zeros_are_refused():
    with pytest.raises(PaperatlasError, match=r"^every vector is zeros alone"):
        PaperAtlas(resamples=0).fit(np.full((8, 4), -0.0))


@pytest.mark.parametrize("count", [*range(1, 8), 15, 16, 30])
def test_few_papers_are_few_and_not_a_failure(count):
    texts = texts_of(("glaciers", "bees"), 15)[0]
    papers = [texts[row // 2 + 15 * (row % 2)] for row in range(count)]
    model = small().fit(papers)
    assert model.labels_.shape == (count,)
    assert set(model.labels_.tolist()) <= {-1, *(topic.id for topic in model.topics_)}
    assert model.predict(NEW[:2]).min() >= 0
    if count >= 15:
        assert adjusted_rand_score([row % 2 for row in range(count)], model.nearest_topic_) == 1.0


def test_it_stands_in_a_pipeline_between_cleaned_texts_and_a_classifier(planted):
    texts, subjects = planted
    shouted = [text.upper() for text in texts]
    lower = FunctionTransformer(lambda papers: [text.lower() for text in papers])
    model = make_pipeline(lower, small(), LogisticRegression()).fit(shouted, subjects)
    assert model.predict([text.upper() for text in NEW]).tolist() == list(SUBJECTS)
    held_out, expected = texts_of(seed=9)
    assert model.score(held_out, expected) == 1.0


def test_a_grid_search_prefers_the_planted_number_of_topics(planted):
    search = GridSearchCV(small(), {"granularity": [2, 3]}, cv=3)
    order = np.random.default_rng(0).permutation(60)
    search.fit([planted[0][row] for row in order])
    assert search.best_params_ == {"granularity": 3}
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert len(search.best_estimator_.topics_) == 3


def crowds(directions, each, *, seed, size=8):
    """`each` vectors around each of the first so many axes."""
    rng = np.random.default_rng(seed)
    return np.repeat(np.eye(size)[list(directions)], each, axis=0) + 0.03 * rng.normal(
        size=(each * len(directions), size)
    )


def test_the_score_is_what_neighbours_share_beyond_chance_times_the_topics_entropy():
    """Where all neighbours among the papers scored are of one topic, chance cancels: by hand H2^0.75 is left."""
    model = PaperAtlas(resamples=0).fit(crowds([0, 1, 2], 20, seed=0))
    assert len(model.topics_) == 3
    assert model.score(crowds([0, 1, 2], 12, seed=1)) == pytest.approx(np.log(3) ** 0.75)
    assert model.score(crowds([0, 2], 12, seed=2)) == pytest.approx(np.log(2) ** 0.75)
    assert model.score(crowds([1], 12, seed=3)) == 0.0
    mixed = np.random.default_rng(4).normal(size=(60, 8))
    assert model.score(mixed) < 0.4


def test_parameters_are_the_settings_of_a_config_with_their_defaults():
    settings = Config.model_validate({"name": "x", "corpus": {"files": ["p.jsonl"]}})
    parameters = PaperAtlas().get_params()
    assert parameters.pop("random_state") == settings.seed
    for section, names in SECTIONS.items():
        for name in names:
            default = getattr(getattr(settings, section), name)
            assert parameters.pop(name) == (None if name == "seeded" else default), name
    assert parameters == {}


def test_settings_reach_the_run_and_numbers_of_numpy_are_numbers(planted):
    seeded = {"Ice": "meltwater of a glacier and its ice sheet"}
    model = small(granularity=np.int64(2), min_dist=np.float64(0.2), seeded=seeded, random_state=np.uint8(7))
    model.fit(planted[0])
    config = model.atlas_.manifest.config
    assert (config.seed, config.clusterer.granularity, config.reducer.min_dist) == (7, 2, 0.2)
    assert "Ice" in [topic.label for topic in model.topics_]


@pytest.mark.parametrize(
    ("settings", "papers", "message"),
    [
        ({}, [], "no paper: an empty list of texts"),
        ({}, "one text", r"one text, where a list of texts is expected; write \[text\]"),
        ({}, 7, "7, where a list of texts is expected"),
        ({}, ["Bees.", None], "paper 2: None, where a text is expected"),
        ({}, ["Bees.", float("nan")], "paper 2: nan, where a text is expected"),
        ({}, ["Bees.", " \n"], "paper 2: an empty text, which is like no other; leave it out"),
        ({}, ["Bees.", "\ud800"], "paper 2: broken Unicode"),
        ({}, ["Bees dance.", "Abstract:"], "paper 2: no title and no abstract"),
        ({}, np.eye(3), 'backend = "tfidf" makes vectors of texts; for a matrix of vectors say "vectors"'),
        ({"backend": "vectors"}, ["Bees."], 'backend = "vectors": expected a matrix of numbers, found texts'),
        ({"granularity": "all"}, ["Bees."], 'clusterer.granularity = "all": expected "auto", "coarse", "fine"'),
        ({"min_cluster_size": 1}, ["Bees."], "clusterer.min_cluster_size = 1: expected"),
        ({"random_state": None}, ["Bees."], "random_state = None: expected a whole number"),
    ],
)
def test_mistakes_are_told_in_one_line(settings, papers, message):
    with pytest.raises(PaperatlasError, match=message) as raised:
        small(**settings).fit(papers)
    assert "\n" not in str(raised.value)


def test_too_few_papers_have_no_score(fitted):
    with pytest.raises(PaperatlasError, match=r"too few papers \(3\): a score needs at least 4"):
        fitted.score(NEW)


def test_nothing_is_left_behind(planted, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    small().fit(planted[0]).predict(NEW)
    with pytest.raises(PaperatlasError):
        small().fit(["Bees dance.", "Abstract:"])
    assert list(tmp_path.iterdir()) == []


def test_a_fitted_one_is_asked_as_an_atlas_and_can_be_copied(planted, fitted):
    best = fitted.atlas_.similar(text="honeybee and pollen", k=3)
    texts = [str(fitted.atlas_.paper(paper.id)["abstract"]) for paper in best]
    assert [planted[1][planted[0].index(text)] for text in texts] == ["bees"] * 3
    copy = pickle.loads(pickle.dumps(fitted))
    assert copy.predict(NEW).tolist() == fitted.predict(NEW).tolist()


def test_columns_have_names(fitted):
    dimensions = fitted.embedding_.shape[1]
    assert fitted.get_feature_names_out().tolist() == [f"paperatlas{number}" for number in range(dimensions)]
    frame = clone(fitted).set_output(transform="pandas").fit_transform(texts_of(each=4)[0])
    assert frame.columns[0] == "paperatlas0"
    assert frame.shape[0] == 12
