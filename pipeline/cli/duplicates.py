"""`paperatlas duplicates`: the groups of near-duplicates of a run."""

from pipeline.cli import show
from pipeline.cli.arguments import Json, Run

COLUMNS = [
    *(("group", "right"), ("cosine", "right"), ("words in common", "right")),
    *(("id", "left"), ("title", "fold")),
]


def duplicates(run: Run, *, as_json: Json = False) -> None:
    """List near-duplicates: other versions of one paper.

    They are alike by meaning and by words, and stay papers; rows that were merged are in duplicates.csv instead. cosine
    and words in common (TF-IDF cosine) are those with the most similar paper of the group.
    """
    from pipeline.atlas import load_run
    from pipeline.recommender import find_near_duplicates

    groups = find_near_duplicates(load_run(run))
    if as_json:
        show.print_json([group.to_json() for group in groups])
        return
    if not groups:
        show.line("no near-duplicates: no paper is another version of one of its neighbours")
        return
    papers = sum(len(group.versions) for group in groups)
    show.line(f"{show.count(len(groups), 'group')} of near-duplicates, {show.count(papers, 'paper')}")
    show.table(
        COLUMNS,
        [
            (
                group.number,
                f"{one.similarity:.3f}",
                "-" if one.words_in_common is None else f"{one.words_in_common:.3f}",
                one.id,
                one.title,
            )
            for group in groups
            for one in group.versions
        ],
    )
