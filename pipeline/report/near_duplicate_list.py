"""Atlas -> near-duplicates: their section of the report, as lines of Markdown, and near_duplicates.csv."""

import csv
import io
from collections.abc import Iterator, Sequence

from pipeline.atlas import AtlasData
from pipeline.recommender import NearDuplicates, find_near_duplicates
from pipeline.recommender.near_duplicates import CONTAINED, SAME_TITLE_MEANING
from pipeline.recommender.recommend import SAME_MEANING, SAME_WORDS
from pipeline.report.markdown import counted, escape
from pipeline.words.display import harmless, shorten

CSV_COLUMNS = ("group", "id", "similarity", "words_in_common", "closest", "title")
GROUPS_SHOWN, VERSIONS_SHOWN = 10, 5
TITLE_LENGTH = 120


def near_duplicates_section(atlas: AtlasData) -> Iterator[str]:
    """How many groups there are, by what rule, and the first of them."""
    groups = find_near_duplicates(atlas)
    rule = f"a cosine of at least {SAME_MEANING:g}"
    if atlas.lexical is not None:
        rule += (
            f" and a TF-IDF cosine of the words of at least {SAME_WORDS:g}, or one title inside the other, a cosine of"
        )
        rule += f" at least {SAME_TITLE_MEANING:g} and {CONTAINED:.0%} of the shorter text's words in the longer"
    yield "## Near-duplicates"
    yield ""
    if not groups:
        yield f"No paper is another version of one of its neighbours ({rule})."
        yield ""
        return
    papers = sum(len(group.versions) for group in groups)
    yield (
        f"{counted(len(groups), 'group')} of papers that are other versions of each other,"
        f" {papers:,} papers in all (near_duplicates.csv): joined by {rule}. They stay papers and are not counted as"
        " duplicates."
    )
    yield ""
    for group in groups[:GROUPS_SHOWN]:
        yield from _group(group)
    if len(groups) > GROUPS_SHOWN:
        yield f"* and {len(groups) - GROUPS_SHOWN:,} more"
    yield ""


def _group(group: NearDuplicates) -> Iterator[str]:
    first = group.versions[0]
    others = len(group.versions) - 1
    yield (
        f"* {_title(first.title)} ({escape(first.id)}) and {counted(others, 'other version')}, cosine"
        f" up to {max(version.similarity for version in group.versions):.3f}"
    )
    for version in group.versions[1 : VERSIONS_SHOWN + 1]:
        yield f"  * {_title(version.title)} ({escape(version.id)})"
    if others > VERSIONS_SHOWN:
        yield f"  * and {others - VERSIONS_SHOWN:,} more"


def _title(title: str) -> str:
    return escape(shorten(title or "(no title)", TITLE_LENGTH))


def near_duplicates_csv(groups: Sequence[NearDuplicates]) -> bytes:
    """One row a paper, group by group; similarity and words_in_common are those that it shares with `closest`."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(CSV_COLUMNS)
    for group in groups:
        for one in group.versions:
            words = "" if one.words_in_common is None else f"{one.words_in_common:.6f}"
            row = (group.number, one.id, f"{one.similarity:.6f}", words, one.closest, harmless(one.title))
            writer.writerow(row)
    return buffer.getvalue().encode()
