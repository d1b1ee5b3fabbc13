"""What a picture of the map looks like: shades of areas, labels that leave points free, points that fill the frame."""

import numpy as np
import pytest

from pipeline.map.colours import DARK_PALETTE, HUES, PALETTE, SHADES, hue_numbers, mix, shade_numbers
from pipeline.map.label_placement import Box, PointCounts, place_labels
from pipeline.map.picture import _frame


def test_the_palette_is_the_hues_and_their_shades_all_different():
    assert PALETTE[: len(HUES)] == HUES
    assert len(PALETTE) == len(DARK_PALETTE) == len(HUES) * len(SHADES)
    assert len(set(PALETTE)) == len(PALETTE)
    assert mix("#000000", "#FFFFFF", 0.2) == "#333333"


def test_topics_of_an_area_have_shades_of_its_hue():
    numbers = shade_numbers(np.array([3, 3, 3, 3, 3, 5]), {})
    assert [number % 10 for number in numbers] == [3, 3, 3, 3, 3, 5]
    assert len(set(numbers[:4])) == 4, "as many as there are shades"


def test_a_topic_of_an_earlier_run_keeps_its_colour():
    assert shade_numbers(np.array([3, 3]), {1: 27})[1] == 27


def test_areas_side_by_side_have_different_hues():
    hues = hue_numbers(np.array([[0.0, 0], [1, 0], [0, 1], [9, 9]]))
    assert len(set(hues)) == 4


def test_points_under_a_box_are_counted_by_cells():
    points = np.random.default_rng(0).uniform(0, 200, size=(500, 2))
    counts = PointCounts(points, width=200, height=200)
    for box in (Box(100, 100, 40, 24), Box(20, 180, 40, 40), Box(100, 100, 400, 400)):
        low, high = np.array([box.x - box.width / 2, box.y - box.height / 2]), np.array([box.x, box.y])
        high = high + np.array([box.width / 2, box.height / 2])
        inside = ((points >= low) & (points < high)).all(axis=1).mean()
        assert counts.share_under(box) == pytest.approx(inside, abs=1e-9), "the sides lie between cells"


def test_a_label_moves_beside_the_crowd_that_it_names():
    crowd = np.random.default_rng(1).normal(loc=200, scale=12, size=(400, 2))
    (free,) = place_labels(np.array([[200.0, 200.0]]), [(60, 14)], width=400, height=400, points=crowd)
    (covering,) = place_labels(np.array([[200.0, 200.0]]), [(60, 14)], width=400, height=400)
    counts = PointCounts(crowd, width=400, height=400)
    assert (covering.x, covering.y) == (200, 200)
    assert counts.share_under(free) < 0.1 * counts.share_under(covering)
    assert abs(free.x - 200) + abs(free.y - 200) < 120, "but not far"


def test_the_line_of_a_label_crosses_no_other_label():
    crowd = np.concatenate([np.random.default_rng(2).normal(loc=at, scale=14, size=(300, 2)) for at in (200, 245)])
    anchors = np.array([[200.0, 200.0], [245, 245], [222, 222], [210, 230]])
    places = place_labels(anchors, [(90, 14)] * 4, width=480, height=480, points=crowd, radius=3)
    placed = [(box, anchor) for box, anchor in zip(places, anchors.tolist(), strict=True) if box is not None]
    assert len(placed) >= 3
    for number, (box, anchor) in enumerate(placed):
        line = np.linspace(box.towards(*anchor), anchor, 200)
        for other, _ in placed[:number] + placed[number + 1 :]:
            half = np.array([other.width, other.height]) / 2
            assert not (np.abs(line - [other.x, other.y]) < half).all(axis=1).any()


def test_a_label_keeps_off_the_whole_disc_of_a_point():
    crowd = np.random.default_rng(1).normal(loc=200, scale=12, size=(400, 2))
    (box,) = place_labels(np.array([[200.0, 200.0]]), [(60, 14)], width=400, height=400, points=crowd, radius=9)
    counts = PointCounts(crowd, width=400, height=400)
    assert counts.share_under(box.grown(9)) < 0.02


class _Axes:
    def set_xlim(self, low, high):
        self.x = low, high

    def set_ylim(self, low, high):
        self.y = low, high


@pytest.mark.parametrize(("width", "height"), [(10.0, 10.0), (10.0, 7.0), (4.0, 9.0)])
def test_points_fill_the_frame_below_the_title(width, height):
    axes = _Axes()
    corners = np.array([[0, 0], [width, height]], np.float32)
    _frame(axes, corners, (1600, 1100))
    filled = [width / (axes.x[1] - axes.x[0]), height / (axes.y[1] - axes.y[0])]
    assert max(filled) > 0.84
    assert axes.x[0] < 0 < width < axes.x[1]
    assert axes.y[0] < 0
    assert axes.y[1] - height > 0.09 * (axes.y[1] - axes.y[0]), "room for the title"
    stretched = (axes.x[1] - axes.x[0]) / 1600 / ((axes.y[1] - axes.y[0]) / 1100)
    assert 1 / 1.51 < stretched < 1.51
