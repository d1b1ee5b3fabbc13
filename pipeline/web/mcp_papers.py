"""Papers and works of a run -> the form in which agents get them."""

from collections.abc import Iterable

from pipeline.corpus.identifiers import links
from pipeline.recommender import MissingWork, Recommended
from pipeline.web import mcp_answers as forms
from pipeline.web.mcp_run import AgentRun


def found_papers(run: AgentRun, found: Iterable[Recommended]) -> Iterable[forms.FoundPaper]:
    """Recommended papers, in their order."""
    for one in found:
        pair, common = one.reasons.sentences, one.reasons.references
        yield forms.FoundPaper(
            id=one.id,
            title=one.title,
            year=one.year,
            topic=one.topic,
            topic_label=one.label,
            similarity=one.similarity,
            reasons=forms.WhyFound(
                shared_words=one.reasons.shared_terms,
                topics=one.reasons.topics,
                closest_sentences=pair and forms.ClosestSentences.model_validate(pair, from_attributes=True),
                references=common and forms.CommonReferences.model_validate(common, from_attributes=True),
                ranks=one.reasons.ranks,
            ),
            links=paper_links(run, one.id),
        )


def paper_links(run: AgentRun, paper: str) -> tuple[str, ...]:
    """Addresses where a paper can be read, by its id, the best place first."""
    return tuple(link.address for link in run.atlas.links(run.atlas.ids.row(paper)))


def paper_in_brief(run: AgentRun, row: int) -> forms.PaperInBrief:
    """The paper of a row, as lists show it."""
    paper, title, year = (run.atlas.column(name)[row].as_py() for name in ("id", "title", "year"))
    return forms.PaperInBrief(id=paper, title=title, year=year, links=paper_links(run, paper))


def cited_work(work: MissingWork) -> forms.CitedWork:
    """A work that is missing."""
    return forms.CitedWork(
        work=work.work,
        title=work.title,
        first_author=work.record.author or None,
        year=work.record.year,
        count=work.count,
        cited_by=work.cited_by,
        topics=work.topics,
        links=tuple(link.address for link in links(work.to_paper())),
    )
