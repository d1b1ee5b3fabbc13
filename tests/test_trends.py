"""`trends`: statistics beside a slower truth, and a corpus in which one topic grows, one shrinks, one stays."""

import csv
import io
import json

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import fisher_exact

from pipeline.cli.main import main
from pipeline.trends import draw_trends, find_trends
from pipeline.trends.statistics import difference_p, log_odds_slope, significant, wilson
from pipeline.trends.trend_picture import order_by_growth
from tests.planted import planted_papers, run_once, write_jsonl

YEARS = range(2000, 2010)
EMPTY = 2004


def yearly(topic, count_of):
    """Papers of one topic: as many in each year as told, none in 2004."""
    counts = {year: count_of(year - 2000) for year in YEARS if year != EMPTY}
    papers = planted_papers([topic], sum(counts.values()))
    years = [year for year, count in counts.items() for _ in range(count)]
    return [paper | {"year": year} for paper, year in zip(papers, years, strict=True)]


@pytest.fixture(scope="module")
def atlas(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trends")
    papers = [
        *yearly("glaciers", lambda year: 2 + 2 * year),
        *yearly("bees", lambda year: 20 - 2 * year),
        *yearly("bridges", lambda year: 8),
    ]
    for number, paper in enumerate(papers):
        paper["venue"] = "Ice Letters" if paper["id"].startswith("glaciers") else ["Hive", "Span"][number % 2]
        if paper["year"] == 2009 and paper["id"].startswith("bridges"):
            paper["title"] += " seen by a drone"
    papers[0]["year"], papers[1]["year"] = "n.d.", "2001-05"
    return run_once(folder, papers)


def of(trends, atlas, kind):
    """The topic that most papers of a kind are in."""
    ids, nearest = atlas.column("id").to_pylist(), atlas.column("nearest_topic").to_pylist()
    inside = [topic for paper, topic in zip(ids, nearest, strict=True) if paper.startswith(kind)]
    return next(trend for trend in trends.topics if trend.topic == max(set(inside), key=inside.count))


def test_wilson_intervals_are_those_of_the_book():
    # Newcombe (Statistics in Medicine, 1998), table I: 81/263, 15/148, 0/20, 1/29.
    low, high = wilson(np.array([81, 15, 0, 1]), np.array([263, 148, 20, 29]))
    assert low.round(4).tolist() == [0.2553, 0.0624, 0.0, 0.0061]
    assert high.round(4).tolist() == [0.3662, 0.1605, 0.1611, 0.1718]


def test_the_slope_maximises_the_penalised_likelihood():
    times, totals = np.arange(8.0), np.array([30, 0, 41, 22, 35, 60, 18, 50])
    counts = np.array([2, 0, 5, 3, 9, 16, 7, 22])

    def loss(found):
        chance = 1 / (1 + np.exp(-(found[0] + found[1] * times)))
        weight = totals * chance * (1 - chance)
        design = np.column_stack([np.ones(8), times])
        information = design.T @ (design * weight[:, None])
        fit = counts @ np.log(chance) + (totals - counts) @ np.log(1 - chance)
        return -fit - 0.5 * np.log(np.linalg.det(information))

    truth = minimize(loss, np.zeros(2), method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-10}).x[1]
    slope = log_odds_slope(times, counts, totals)
    assert slope.value == pytest.approx(truth, abs=1e-5)
    assert slope.low < slope.value < slope.high
    assert slope.p < 0.01


def test_a_topic_of_one_year_has_a_finite_slope_and_one_without_papers_none_to_speak_of():
    times, totals = np.arange(10.0), np.full(10, 20)
    sudden = log_odds_slope(times, np.array([0] * 9 + [20]), totals)
    assert np.isfinite([sudden.value, sudden.low, sudden.high]).all()
    assert sudden.value > 0
    nothing = log_odds_slope(times, np.zeros(10, dtype=np.int64), totals)
    assert nothing.p > 0.5
    assert log_odds_slope(times[:2], np.array([1, 2]), np.array([5, 5])) is None, "two years make no trend"


def test_five_in_a_hundred_intervals_miss_the_truth():
    rng, times, totals, slope = np.random.default_rng(0), np.arange(12.0), np.full(12, 80), 0.1
    chance = 1 / (1 + np.exp(-(-2 + slope * times)))
    found = [log_odds_slope(times, rng.binomial(totals, chance), totals) for _ in range(400)]
    inside = np.mean([one.low <= slope <= one.high for one in found])
    assert 0.93 <= inside <= 0.99


def test_differences_are_fishers_and_a_family_without_one_has_none_significant():
    counts, totals = np.array([5, 0, 30]), np.array([20, 9, 40])
    rest, rest_totals = 35 - counts, 69 - totals
    p = difference_p(counts, totals, rest=rest, rest_totals=rest_totals)
    for place in range(3):
        inside = [int(counts[place]), int(totals[place] - counts[place])]
        outside = [int(rest[place]), int(rest_totals[place] - rest[place])]
        tails = [fisher_exact([inside, outside], alternative=side).pvalue for side in ("less", "greater")]
        assert p[place] == pytest.approx(min(1.0, 2 * min(tails)))
    assert not significant(np.linspace(0.02, 1, 50)).any()


def test_growing_and_shrinking_topics_are_told_apart_from_steady_ones(atlas):
    found = find_trends(atlas)
    glaciers, bees, bridges = (of(found, atlas, kind) for kind in ("glaciers", "bees", "bridges"))
    assert (glaciers.growth.verdict, bees.growth.verdict) == ("growing", "shrinking")
    assert glaciers.growth.low > 1 > bees.growth.high
    assert bridges.growth.verdict == "steady"
    assert [trend.topic for trend in order_by_growth(found.topics)] == [glaciers.topic, bees.topic, bridges.topic]


def test_every_year_is_there_and_an_empty_one_is_zero(atlas):
    found = find_trends(atlas)
    assert [group.name for group in found.groups] == [str(year) for year in YEARS]
    place = EMPTY - 2000
    assert found.groups[place].papers == 0
    for trend in found.topics:
        cell = trend.cells[place]
        assert (cell.papers, cell.share, cell.low, cell.high, cell.words) == (0, 0, 0, 1, ())
    shares = np.array([[cell.share for cell in trend.cells] for trend in found.topics]).sum(axis=0)
    assert np.delete(shares, place) == pytest.approx(1.0, abs=1e-5)


def test_years_as_text_are_read_and_papers_without_one_counted(atlas):
    found = find_trends(atlas)
    assert found.left_out == 1, "'n.d.' is no year, '2001-05' is one"
    assert sum(group.papers for group in found.groups) == len(atlas) - 1


def test_words_of_a_period_come_from_that_period_alone(atlas):
    bridges = of(find_trends(atlas), atlas, "bridges")
    said = [any("drone" in word for word in cell.words) for cell in bridges.cells]
    assert said == [year == 2009 for year in YEARS]


def test_longer_periods_join_years(atlas):
    found = find_trends(atlas, every=5)
    assert [group.name for group in found.groups] == ["2000-2004", "2005-2009"]
    assert all(trend.growth is None for trend in found.topics), "two periods make no trend"


def test_a_column_shows_what_its_groups_have_more_of(atlas):
    found = find_trends(atlas, by="venue")
    assert {group.name for group in found.groups} == {"Ice Letters", "Hive", "Span"}
    ice = [group.name for group in found.groups].index("Ice Letters")
    assert of(found, atlas, "glaciers").cells[ice].than_elsewhere == "more"
    assert of(found, atlas, "glaciers").cells[ice].share == 1.0
    assert of(found, atlas, "bridges").cells[ice].than_elsewhere == "less"


def test_the_command_writes_a_table_a_drawing_and_a_picture(atlas, tmp_path, capsys):
    files = [tmp_path / name for name in ("t.csv", "t.svg", "t.png")]
    options = [text for file in files for text in (f"--{file.suffix[1:]}", str(file))]
    assert main(["trends", str(atlas.folder), *options]) == 0
    told = capsys.readouterr().out
    assert "growing" in told
    assert "1 paper left out: no year" in told
    rows = list(csv.DictReader(io.StringIO(files[0].read_text())))
    assert len(rows) == 3 * len(YEARS)
    assert float(rows[0]["low"]) <= float(rows[0]["share"]) <= float(rows[0]["high"])
    assert files[1].read_bytes().startswith(b"<?xml")
    assert files[2].read_bytes().startswith(b"\x89PNG")
    again = find_trends(atlas)
    assert draw_trends(again, "svg") == files[1].read_bytes(), "the same bytes every time"
    assert main(["trends", str(atlas.folder), "--by", "venue", "--png", str(files[2])]) == 0
    assert "Ice Letters" in capsys.readouterr().out


def test_trends_as_json_carry_every_figure(atlas, capsys):
    assert main(["trends", str(atlas.folder), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {"odds_ratio", "low", "high", "verdict"} == set(found["topics"][0]["growth"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--by", "venu"], "did you mean venue?"),
        (["--by", "venue", "--every", "5"], "every counts years"),
        (["--csv", "/nowhere/t.csv"], "/nowhere/t.csv: cannot be written"),
    ],
)
def test_mistakes_are_one_line(atlas, options, message, capsys):
    assert main(["trends", str(atlas.folder), *options]) == 2
    told = capsys.readouterr().err
    assert message in told
    assert told.count("\n") == 1


def test_a_corpus_without_years_says_so(make_atlas, tmp_path, capsys):
    papers = [{name: value for name, value in paper.items() if name != "year"} for paper in planted_papers(["bees"], 6)]
    write_jsonl(tmp_path / "papers.jsonl", papers)
    folder = make_atlas("papers.jsonl").folder
    assert main(["trends", str(folder)]) == 2
    assert "no paper has a year" in capsys.readouterr().err


def test_one_paper_in_one_year_is_a_result(make_atlas, tmp_path):
    write_jsonl(tmp_path / "papers.jsonl", planted_papers(["bees"], 1))
    found = find_trends(make_atlas("papers.jsonl"))
    assert [(group.name, group.papers) for group in found.groups] == [("2000", 1)]
    assert found.topics[0].growth is None
    assert draw_trends(found, "png")
