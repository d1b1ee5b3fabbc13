"""`paperatlas map`: pictures for papers and slides."""

import io
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from PIL import Image

from pipeline.cli import main
from pipeline.map.colouring import colour_papers
from pipeline.map.colours import NOISE_COLOUR, PALETTE, scale
from tests.planted import planted_papers, run_once


@pytest.fixture(scope="module")
def atlas(tmp_path_factory):
    papers = planted_papers(["glaciers", "bees"], 30)
    for number, paper in enumerate(papers):
        paper["venue"] = ["Cryosphere", "Apidologie"][number // 30]
        paper["cited"] = None if number == 0 else number
    return run_once(tmp_path_factory.mktemp("map"), papers)


def test_every_format_is_written_as_asked(atlas, tmp_path, capsys):
    files = {kind: tmp_path / f"m.{kind}" for kind in ("png", "svg", "pdf", "html")}
    options = [part for kind, path in files.items() for part in (f"--{kind}", str(path))]
    assert main(["map", str(atlas.folder), *options, "--width", "900", "--dpi", "150", "--title", "Ice & bees"]) == 0
    with Image.open(files["png"]) as picture:
        assert picture.size == (900, round(900 * 1100 / 1600))
    assert ET.parse(files["svg"]).getroot().tag.endswith("svg")
    assert files["pdf"].read_bytes().startswith(b"%PDF")
    assert b"<title>Ice &amp; bees</title>" in files["html"].read_bytes()
    assert capsys.readouterr().out.count("MB") == 4


def test_the_same_map_is_the_same_bytes(atlas, tmp_path):
    made = []
    for name in ("a.pdf", "b.pdf"):
        main(["map", str(atlas.folder), "--pdf", str(tmp_path / name), "--color-by", "year"])
        made.append((tmp_path / name).read_bytes())
    assert made[0] == made[1]


def test_a_highlighted_paper_is_ringed(atlas, tmp_path):
    pictures = {}
    for name, more in (("plain", []), ("ringed", ["--highlight", "bees-4"])):
        main(["map", str(atlas.folder), "--png", str(tmp_path / f"{name}.png"), *more])
        pictures[name] = np.asarray(Image.open(io.BytesIO((tmp_path / f"{name}.png").read_bytes())).convert("RGB"))
    mark = np.array([0xD1, 0x00, 0x6C])
    assert (pictures["plain"] == mark).all(axis=2).sum() == 0
    assert (pictures["ringed"] == mark).all(axis=2).sum() > 50


def test_colours_stand_for_what_was_asked(atlas):
    rows = [atlas.ids.row(f"{topic}-{number}") for topic in ("glaciers", "bees") for number in range(30)]
    venues = colour_papers(atlas, "venue")
    assert dict(venues.groups) == {"Apidologie": PALETTE[0], "Cryosphere": PALETTE[1]}
    assert [venues.colours[row] for row in rows] == [PALETTE[1]] * 30 + [PALETTE[0]] * 30
    cited = colour_papers(atlas, "cited")
    stops = scale()
    assert cited.colours[rows[0]] == NOISE_COLOUR  # no value
    assert [cited.colours[row] for row in (rows[1], rows[-1])] == [stops[0], stops[-1]]
    places = [stops.index(cited.colours[row]) for row in rows[1:]]
    assert places == sorted(places)
    assert cited.ends == ("1", "59")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ([], "say what to write"),
        (["--png", "x.png", "--color-by", "venu"], "did you mean venue?"),
        (["--png", "x.png", "--highlight", "nobody"], "no paper has the id"),
        (["--png", "no/such/folder/x.png"], "cannot be written"),
    ],
)
def test_what_cannot_be_drawn_is_told(atlas, tmp_path, monkeypatch, capsys, options, told):
    monkeypatch.chdir(tmp_path)
    assert main(["map", str(atlas.folder), *options]) == 2
    assert told in capsys.readouterr().err
