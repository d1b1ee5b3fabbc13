"""Atlas -> the colour of every paper on a picture: its topic's, or by year, strength, preservation or a column."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.atlas import AtlasData
from pipeline.did_you_mean import did_you_mean
from pipeline.errors import PaperatlasError
from pipeline.map.colours import NOISE_COLOUR, PALETTE, scale
from pipeline.map.columns import OTHER, Column, map_columns
from pipeline.reducer.neighbourhood_preservation import neighbourhood_preservation


@dataclass(frozen=True)
class Colouring:
    """colours: of each paper, "#rrggbb". topics: of each topic's name.

    scale: the colours from `ends[0]` to `ends[1]` where they stand for numbers of `name`; groups: (name, colour) where
    they stand for groups; both empty where they are the topics' own.
    """

    colours: tuple[str, ...]
    topics: tuple[str, ...]
    name: str = ""
    scale: tuple[str, ...] = ()
    ends: tuple[str, str] = ("", "")
    groups: tuple[tuple[str, str], ...] = ()


def colour_papers(atlas: AtlasData, by: str = "topic") -> Colouring:
    """by: "topic", "year", "strength", "preservation" (of neighbourhoods), or a column of the source.

    Raises PaperatlasError for any other.
    """
    core = atlas.column("topic").to_numpy()
    if by == "topic":
        named = {topic.id: PALETTE[topic.colour] for topic in atlas.topics}
        return Colouring(tuple(named.get(topic, NOISE_COLOUR) for topic in core.tolist()), tuple(named.values()))
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
    known = ["topic", "year", "strength", "preservation", *columns]
    hint = did_you_mean(by, known, otherwise="it can be")
    raise PaperatlasError(f"{by}: nothing that a map can be coloured by; {hint}")


def _by_groups(column: Column, topics: tuple[str, ...]) -> Colouring:
    shown = column.groups[: len(PALETTE)]
    table = [*PALETTE[: len(shown)], *[NOISE_COLOUR] * (OTHER + 1 - len(shown))]
    groups = list(zip(shown, PALETTE, strict=False))
    if len(column.groups) > len(shown) or (column.values == OTHER).any():
        groups.append(("others", NOISE_COLOUR))
    return Colouring(tuple(table[code] for code in column.values.tolist()), topics, column.name, groups=tuple(groups))


def _by_numbers(name: str, values: NDArray[np.float64], topics: tuple[str, ...]) -> Colouring:
    """From the 1st to the 99th of a hundred values, so that a few far-off ones do not press the others together."""
    known = values[np.isfinite(values)]
    if not len(known):
        raise PaperatlasError(f"{name}: no paper has a value to colour it by")
    low, high = float(np.quantile(known, 0.01, method="lower")), float(np.quantile(known, 0.99, method="higher"))
    stops = scale()
    places = np.clip((values - low) / (high - low) if high > low else np.full(len(values), 0.5), 0, 1)
    numbers = np.rint(np.nan_to_num(places) * (len(stops) - 1)).astype(int)
    colours = tuple(
        stops[number] if known else NOISE_COLOUR
        for number, known in zip(numbers.tolist(), np.isfinite(values).tolist(), strict=True)
    )
    return Colouring(colours, topics, name, tuple(stops), (f"{low:g}", f"{high:g}"))
