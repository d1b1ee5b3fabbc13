"""`plan`: what a run costs, by formulas that can be worked out by hand, and what does not fit."""

import json
from dataclasses import replace

import pytest

from pipeline.build import preflight_rates
from pipeline.build.plan import default_config, plan_run
from pipeline.build.preflight import Machines, estimate, most_papers, shortage
from pipeline.build.preflight_machine import free_disk_mb, memory_mb
from pipeline.build.preflight_rates import Rates, known_rates, measure_rates, typical_texts
from pipeline.cli import main
from pipeline.config import EmbeddingConfig
from pipeline.errors import ConfigError
from pipeline.workers.machine import core_count, cpu_model
from tests.planted import planted_papers, write_jsonl

RATES = Rates(
    machine="a machine",
    cores=2,
    texts=10_000.0,
    pairs=1e8,
    lists=8_000.0,
    edges=1.5e7,
    embedder="openvino on cpu, model m, precision auto",
    embedded=100.0,
)
HERE = Machines(memory_mb=24_000.0, disk_mb=500_000.0)
# A run of 18,540 papers, processor seconds (benchmarks/RESULTS.md, Growth with the corpus); its topics on two cores.
MEASURED = {
    "reading": 1.7,
    "neighbours": 7.4,
    "topics": 29.4,
    "map": 7.7,
    "keywords": 15.5,
    "row counts": 1.7,
    "page": 7.1,
}
MEASURED_RATES = replace(RATES, texts=13_436.0, pairs=9.3e7, lists=7_460.0, edges=1.5e7, embedded=112.0)


def seconds(papers, config=None, rates=RATES, machines=HERE):
    found = estimate(papers, config or default_config(), rates, machines=machines)
    return {stage.stage: stage.seconds for stage in found.stages}


def test_a_plan_is_within_a_factor_of_two_of_the_run_that_was_measured():
    planned = seconds(18_540, rates=MEASURED_RATES)
    for stage, measured in MEASURED.items():
        assert measured / 2 < planned[stage] < 2 * measured, stage
    assert planned["embedding"] == pytest.approx(18_540 / 112)


@pytest.mark.parametrize(
    ("papers", "measured"), [(10_000, 1_090), (30_000, 1_470), (100_000, 2_670), (1_000_000, 7_590)]
)
def test_its_memory_is_within_a_fifth_of_the_peaks_that_were_measured(papers, measured):
    """With vectors given (benchmarks/RESULTS.md): no model is loaded."""
    given = replace(RATES, embedder="vectors on none", embedded=None)
    assert estimate(papers, default_config(), given, machines=HERE).memory_mb == pytest.approx(measured, rel=0.2)


def test_stages_grow_as_they_say():
    few, many, huge = (seconds(papers) for papers in (10_001, 100_000, 1_000_000))
    assert few["neighbours"] == pytest.approx(1.0002 + 10_001 / 8_000, rel=1e-3)
    assert many["neighbours"] == pytest.approx(100 + 12.5)
    assert many["keywords"] == pytest.approx(10 * 100_000 / 10_000)
    assert huge["keywords"] == pytest.approx((1e6 + 9 * 150_000) / 10_000), "phrases of a sample"
    for stage in ("reading", "embedding", "row counts", "writing"):
        assert huge[stage] == pytest.approx(10 * many[stage])
    # 24 partitions of 2,000 each, and 500 centres, 1.256 times (k-means), at three times the price.
    compared = 1e6 * 24 * 2_000 + 1e6 * 500 * 1.256 * 3
    assert huge["neighbours"] == pytest.approx(compared / 1e8 + 1.5e6 / 8_000)
    assert huge["topics"] == pytest.approx(seconds(50_000)["topics"] + 20), "a sample, and a vote of all"
    assert huge["map"] == pytest.approx((50_000 * 30 * 200 + 1e6 * 15 * 40) / 1.5e7), "a sample, and all beside it"
    assert huge["page"] < 10 * many["page"], "within the page's budget"


def test_nodes_and_gpus_take_what_is_shared():
    one, eight = seconds(1_000_000), seconds(1_000_000, machines=replace(HERE, nodes=8))
    assert eight["embedding"] == pytest.approx(one["embedding"] / 8)
    assert eight["neighbours"] == pytest.approx(one["neighbours"] / 16), "two workers on each"
    assert one["reading"] - eight["reading"] == pytest.approx(1e6 / 10_000 * 15 / 16)
    assert one["keywords"] - eight["keywords"] == pytest.approx(0.8 * 1e6 / 10_000 * 15 / 16), "words by all"
    with_gpus = seconds(1_000_000, machines=replace(HERE, nodes=2, gpus=4, gpu_rate=1_000.0))
    assert with_gpus["embedding"] == pytest.approx(1_000_000 / 8_000)


def test_what_does_not_fit_is_refused_with_the_setting_that_would():
    config = default_config()
    with_sentences = config.model_copy(update={"embedding": EmbeddingConfig(sentences=True)})
    with pytest.raises(ConfigError, match=r"1,000,000 papers do not fit: .*; set embedding.sentences = false$"):
        plan_run(with_sentences, RATES, replace(HERE, memory_mb=12_000.0), papers=1_000_000)
    with pytest.raises(ConfigError, match=r"of disk, and 18\.5 GB are free; set embedding\.cache = false$"):
        plan_run(config, RATES, replace(HERE, disk_mb=18_500.0), papers=1_000_000)
    with pytest.raises(ConfigError, match=r"files of at most 4,100,000 papers, or a machine with 33 GB of memory"):
        plan_run(config, RATES, HERE, papers=6_000_000)
    assert plan_run(config, RATES, replace(HERE, memory_mb=None, disk_mb=None), papers=10**9).papers == 10**9


def test_as_many_papers_as_are_named_fit_and_few_more_do_not():
    config = default_config()
    for machines in (HERE, replace(HERE, disk_mb=3_000.0), replace(HERE, memory_mb=500.0)):
        most = most_papers(config, RATES, machines)
        assert most == 0 or shortage(estimate(most, config, RATES, machines=machines), machines) is None
        assert shortage(estimate(max(int(most * 1.12), 10), config, RATES, machines=machines), machines) is not None
    assert most == 0, "no run at all fits into 500 MB"


# --- what is measured


def test_rates_are_measured_once_for_a_machine_and_encoder(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(
        "pipeline.build.preflight_rates.measure_rates",
        lambda config, folder: (
            asked.append(config.backend)
            or replace(RATES, machine=cpu_model(), cores=core_count(), embedder=f"{config.backend} on cpu")
        ),
    )
    tfidf = EmbeddingConfig(backend="tfidf")
    first, now = known_rates(tfidf, tmp_path)
    assert now
    assert known_rates(tfidf, tmp_path) == (first, False)
    assert known_rates(tfidf, tmp_path, again=True) == (first, True)
    known_rates(EmbeddingConfig(), tmp_path)
    (tmp_path / "rates.json").write_text("[]")
    known_rates(tfidf, tmp_path)
    (tmp_path / "rates.json").write_text((tmp_path / "rates.json").read_text().replace("10000.0", "-1"))
    known_rates(tfidf, tmp_path)
    assert asked == ["tfidf", "tfidf", "auto", "tfidf", "tfidf"]


def test_what_is_measured_is_there_and_plausible(tmp_path, monkeypatch):
    monkeypatch.setattr(preflight_rates, "LAID_OUT", 200)
    monkeypatch.setattr(preflight_rates, "ROWS", 4_000)
    rates = measure_rates(EmbeddingConfig(backend="tfidf"), tmp_path)
    assert 100 < rates.texts < 1e6
    assert 1e5 < rates.pairs < 1e12
    assert 10 < rates.lists < 1e7
    assert 1e4 < rates.edges < 1e10
    assert rates.embedded
    assert {len(text) for text in typical_texts()} == {1_300}


def test_the_machine_says_what_it_has(tmp_path):
    assert memory_mb() > 500
    assert free_disk_mb(tmp_path / "not" / "there") == pytest.approx(free_disk_mb(tmp_path), rel=0.1)


# --- the command


@pytest.fixture
def measured(monkeypatch):
    """The rates above, without measuring."""
    monkeypatch.setattr("pipeline.build.preflight_rates.known_rates", lambda config, folder, again: (RATES, again))


def test_plan_shows_steps_costs_and_rates(tmp_path, monkeypatch, capsys, measured):
    monkeypatch.chdir(tmp_path)
    write_jsonl(tmp_path / "p.jsonl", planted_papers(["glaciers", "bees"], 12))
    (tmp_path / "mine.toml").write_text('[corpus]\nfiles = ["p.jsonl"]\n')
    assert main(["plan", "mine.toml"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    for words in ("24 rows = 24 papers", "UMAP", "HDBSCAN", "roughly", "GB of memory", "100 papers embedded"):
        assert words in shown
    assert not (tmp_path / "outputs").exists()
    assert (
        main(["plan", "mine.toml", "--papers", "2e6", "--memory", "64", "--disk", "99", "--nodes", "3", "--json"]) == 0
    )
    planned = json.loads(capsys.readouterr().out)
    assert (planned["papers"], planned["read"], planned["machines"]["nodes"]) == (2_000_000, None, 3)
    assert planned["seconds"] == pytest.approx(
        sum(stage["seconds"] for stage in planned["estimate"]["stages"]), rel=0.01
    )
    assert planned["notes"] == ['several nodes: set run.executor = "ray"']


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--papers", "1e6", "--memory", "4"], "1,000,000 papers do not fit: it needs 8.0 GB"),
        ([], "name a config, or a number of papers: --papers 1e6"),
        (["--papers", "100", "--set", "neighbours.k=3"], "--set changes a config: name one"),
        (["--papers", "1e6", "--gpus", "1"], "--gpus: no GPU here whose rate could be measured"),
    ],
)
def test_refusals_are_one_line(arguments, said, capsys, measured, monkeypatch):
    monkeypatch.setattr("pipeline.embedding.backends._device", lambda configured: "cpu")
    assert main(["plan", *arguments]) == 2
    errors = capsys.readouterr().err.strip().splitlines()
    assert len(errors) == 1
    assert said in errors[0]
