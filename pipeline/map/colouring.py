"""Atlas -> the colour of every paper on a picture: its topic's, or by year, strength, preservation or a column."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.atlas import AtlasData
from pipeline.errors import PaperatlasError
from pipeline.map.colours import HUES, NOISE_COLOUR, PALETTE, scale
from pipeline.map.columns import OTHER, Column, map_columns
from pipeline.reducer.neighbourhood_preservation import neighbourhood_preservation
from pipeline.words.did_you_mean import did_you_mean


@dataclass(frozen=True)
class Colouring:
    """colours: of each paper, "#rrggbb". topics: of each topic's label.

    name: of the column shown, "" for topics. scale: colours of its numbers, from `ends[0]` to `ends[1]`; groups: (name,
    colour) of its groups; both empty where the colours are those of the topics.
    """

    colours: tuple[str, ...]
    topics: tuple[str, ...]
    name: str = ""
    scale: tuple[str, ...] = ()
    ends: tuple[str, str] = ("", "")
    groups: tuple[tuple[str, str], ...] = ()


def colour_papers(atlas: AtlasData, by: str = "topic") -> Colouring:
    """by: "topic", "year", "strength", "preservation" (of neighbourhoods), or a column of the source.

    Raises PaperatlasError for any other, and for a column of numbers without a value.
    """
    core = atlas.column("topic").to_numpy()
    if by == "topic":
        colours = {topic.id: PALETTE[topic.colour] for topic in atlas.topics}
        return Colouring(tuple(colours.get(topic, NOISE_COLOUR) for topic in core.tolist()), tuple(colours.values()))
    dark = ("#3A414A",) * len(atlas.topics)
    columns = {column.name: column for column in map_columns(atlas)}
    if by in columns and columns[by].groups:
        return _by_groups(columns[by], dark)
    if by == "year":
        years = [np.nan if year is None else year for year in atlas.column("year").to_pylist()]
        return _by_numbers(by, np.array(years, dtype=np.float64), dark)
    if by == "strength":
        return _by_numbers(by, atlas.column("strength").to_numpy().astype(np.float64), dark)
    if by == "preservation":
        shares = neighbourhood_preservation(atlas.neighbours, atlas.points)
        return _by_numbers(by, shares.astype(np.float64), dark)
    if by in columns:
        return _by_numbers(by, columns[by].values.astype(np.float64), dark)
    choices = ["topic", "year", "strength", "preservation", *columns]
    hint = did_you_mean(by, choices, otherwise="choose one of")
    raise PaperatlasError(f"{by}: the map cannot be coloured by it; {hint}")


def _by_groups(column: Column, topics: tuple[str, ...]) -> Colouring:
    shown = column.groups[: len(HUES)]
    table = [*HUES[: len(shown)], *[NOISE_COLOUR] * (OTHER + 1 - len(shown))]
    groups = list(zip(shown, HUES, strict=False))
    if len(column.groups) > len(shown) or (column.values == OTHER).any():
        groups.append(("others", NOISE_COLOUR))
    return Colouring(tuple(table[code] for code in column.values.tolist()), topics, column.name, groups=tuple(groups))


def _by_numbers(name: str, values: NDArray[np.float64], topics: tuple[str, ...]) -> Colouring:
    """Scaled from the 1st to the 99th percentile, so that outliers do not press all other values together."""
    finite = np.isfinite(values)
    if not finite.any():
        raise PaperatlasError(f"{name}: no paper has a value to colour it by")
    low = float(np.quantile(values[finite], 0.01, method="lower"))
    high = float(np.quantile(values[finite], 0.99, method="higher"))
    stops = scale()
    parts = np.clip((values - low) / (high - low) if high > low else np.full(len(values), 0.5), 0, 1)
    numbers = np.rint(np.nan_to_num(parts) * (len(stops) - 1)).astype(int)
    colours = tuple(
        stops[number] if has_value else NOISE_COLOUR
        for number, has_value in zip(numbers.tolist(), finite.tolist(), strict=True)
    )
    return Colouring(colours, topics, name, stops, (f"{low:g}", f"{high:g}"))
