"""int8: quantised once on texts of the package, bits that no batch changes, refused where it finds too few."""

import sys
from pathlib import Path

import numpy as np
import pytest

from pipeline.cli import main
from pipeline.config import EmbeddingConfig
from pipeline.embedding import choose_backend, embed_texts, int8_recall, make_encoder
from pipeline.embedding.int8_model import calibration_texts, int8_digest, load_int8, quantise
from pipeline.embedding.int8_recall import recall_of, require_recall
from pipeline.embedding.model_files import ModelFiles, find_model
from pipeline.errors import ConfigError
from tests.planted import planted_papers, run, write_jsonl
from tests.tiny_model import write_tiny_model


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return write_tiny_model(tmp_path_factory.mktemp("tiny") / "model")


@pytest.fixture(scope="module")
def cache(tmp_path_factory) -> Path:
    """A cache in which the quantised model lies."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def files(folder) -> ModelFiles:
    return find_model(EmbeddingConfig(model=str(folder)))


@pytest.fixture(scope="module")
def encoder(folder, cache):
    return make_encoder(EmbeddingConfig(model=str(folder), precision="int8"), cache)[0]


def test_the_quantised_model_gives_nearly_the_same_vectors_and_not_the_same(folder, cache, encoder):
    full, _ = make_encoder(EmbeddingConfig(model=str(folder)), cache)
    texts = calibration_texts()[:60]
    coarse, exact = embed_texts(texts, encoder).vectors, embed_texts(texts, full).vectors
    cosines = (coarse * exact).sum(axis=1)
    assert cosines.min() > 0.98
    assert not np.array_equal(coarse, exact)


def test_bits_depend_on_the_text_alone(encoder):
    texts = [*calibration_texts()[:24], "x", "Ice. " * 90]
    together = embed_texts(texts, encoder).vectors
    np.testing.assert_array_equal(embed_texts(texts[::-1], encoder).vectors[::-1], together)
    for row in (0, 7, 24, 25):
        np.testing.assert_array_equal(embed_texts([texts[row]], encoder).vectors[0], together[row])


def test_the_digest_is_that_of_the_quantised_model(files, cache, encoder, tmp_path):
    assert encoder.info.precision == "int8"
    assert encoder.info.model_digest == int8_digest(files, cache) == load_int8(files, cache).digest != files.digest
    assert int8_digest(files, tmp_path) is None, "it says what is there, and makes nothing"
    other = quantise(files, [text.upper()[:40] for text in calibration_texts()[:8]])
    assert other.digest != encoder.info.model_digest, "other ranges are other numbers"


def test_without_nncf_the_way_out_is_named(files, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "nncf", None)
    with pytest.raises(ConfigError, match=r"NNCF.*not installed: pip install 'paperatlas\[int8\]', or leave"):
        load_int8(files, tmp_path)


@pytest.mark.parametrize("settings", [{"backend": "sentence-transformers"}, {"device": "cuda"}])
def test_only_openvino_on_the_cpu_computes_it(settings):
    with pytest.raises(ConfigError, match="only the OpenVINO backend, on the CPU"):
        choose_backend(EmbeddingConfig(precision="int8", **settings))


def test_two_hundred_texts_of_our_own_calibrate_it():
    assert len(set(calibration_texts())) == 200
    assert np.mean([len(text.split()) for text in calibration_texts()]) > 60


# --- the comparison with full precision


def by_loop(coarse, exact, k):
    kept = []
    for row in range(len(exact)):
        others = [other for other in range(len(exact)) if other != row]
        nearest = [sorted(others, key=lambda other: -float(v[row] @ v[other]))[:k] for v in (coarse, exact)]
        kept.append(len(set(nearest[0]) & set(nearest[1])) / k)
    return np.mean(kept)


def test_recall_counts_the_nearest_that_are_kept():
    rng = np.random.default_rng(0)
    exact = rng.normal(size=(40, 8)).astype(np.float32)
    exact /= np.linalg.norm(exact, axis=1, keepdims=True)
    coarse = exact + rng.normal(scale=0.2, size=exact.shape).astype(np.float32)
    coarse /= np.linalg.norm(coarse, axis=1, keepdims=True)
    assert recall_of(coarse, exact, k=5) == pytest.approx(by_loop(coarse, exact, 5))
    assert 0.3 < recall_of(coarse, exact, k=5) < 1
    assert recall_of(exact, exact, k=10) == 1
    assert [recall_of(coarse[:n], exact[:n], k=10) for n in (0, 1, 2, 6)] == [1, 1, 1, 1]
    with pytest.raises(ConfigError, match=r'among 40 papers.*it keeps 0\.\d{3} of the 10 nearest.*precision = "auto"'):
        require_recall(rng.permutation(exact), exact, "bfloat16")


def test_a_run_that_finds_too_few_is_refused_with_the_figure(folder, cache, make_config, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PAPERATLAS_CACHE", str(cache))
    write_jsonl(tmp_path / "p.jsonl", planted_papers(["glaciers", "bees"], 12))
    settings = f'[embedding]\nmodel = "{folder}"\nprecision = "int8"\n[topics]\nresamples = 0\n[map]\nhtml = false\n'
    (tmp_path / "c.toml").write_text(f'[corpus]\nfiles = ["p.jsonl"]\n{settings}')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(int8_recall, "LEAST_RECALL", 1.01)
    assert main(["run", "c.toml", "-q"]) == 2
    said = capsys.readouterr().err.strip().splitlines()
    assert len(said) == 1
    assert "among 24 papers of this corpus it keeps" in said[0]
    assert said[0].endswith('set embedding.precision = "auto"')
    assert not (tmp_path / "outputs" / "c").exists()
    monkeypatch.setattr(int8_recall, "LEAST_RECALL", 0.5)
    made = run(tmp_path / "c.toml").manifest
    assert (made.embedding.precision, made.embedding.model_digest) == ("int8", load_int8_digest(folder, cache))
    assert main(["run", "c.toml", "-q"]) == 0
    assert "outputs/c is up to date" in capsys.readouterr().out


def load_int8_digest(folder: Path, cache: Path) -> str | None:
    return int8_digest(find_model(EmbeddingConfig(model=str(folder))), cache)
