"""What the tools for agents take and answer, field by field: each model is the schema that a client is shown."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

MOST_PAPERS = 50  # in one answer
DEFAULT_PAPERS = 10
MOST_CITED = 500  # references of a draft
LONGEST_QUERY = 100_000  # characters, of which the recommender reads as many

Count = Annotated[int, Field(ge=1, le=MOST_PAPERS, description="How many to give.")]
Topic = Annotated[str, Field(max_length=300, description="Only papers of this topic: its number or its label.")]
Where = Annotated[
    str,
    Field(
        max_length=2000,
        description='Only papers that meet a condition, e.g. year >= 2020 and title contains "graph".',
    ),
]


class _Arguments(BaseModel):
    """An empty text stands for what is not given: a schema without null is understood by every client."""

    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)


class SearchArguments(_Arguments):
    """Words to search for."""

    words: str = Field(
        min_length=1, max_length=2000, description='Words, or a question; a "phrase" in double quotes must occur.'
    )
    k: Count = DEFAULT_PAPERS


class SimilarArguments(_Arguments):
    """A paper or a text, and filters of what is found."""

    id: str = Field("", max_length=1000, description="Id of a paper of the run. Give either this or text.")
    text: str = Field("", max_length=LONGEST_QUERY, description="An abstract, or any other text.")
    topic: Topic = ""
    where: Where = ""
    k: Count = DEFAULT_PAPERS


class TopicArguments(_Arguments):
    """One topic, or none for the list of all."""

    topic: str = Field("", max_length=300, description="Number or label of a topic; leave out to list all topics.")


class PaperArguments(_Arguments):
    """One paper."""

    id: str = Field(min_length=1, max_length=1000, description="Id of a paper of the run.")


class CheckArguments(_Arguments):
    """A draft, and what it cites."""

    text: str = Field(min_length=1, max_length=LONGEST_QUERY, description="The draft: its abstract, or all of it.")
    cited: list[Annotated[str, Field(max_length=2000)]] = Field(
        default=[],
        max_length=MOST_CITED,
        description="What the draft cites, one entry a reference: id of a paper of the run, DOI, arXiv id, title, or"
        " the reference as it is printed.",
    )
    k: Count = DEFAULT_PAPERS


class MissingArguments(_Arguments):
    """Whose references are asked."""

    topic: Topic = ""
    k: Count = DEFAULT_PAPERS


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class _Answer(_Part):
    truncated: tuple[str, ...] = Field(
        (), description="What was shortened, and to how much, to keep the answer small; empty where nothing was."
    )


class ClosestSentences(_Part):
    """The sentence of the query and that of the paper which are most alike."""

    query: str
    paper: str
    similarity: float = Field(description="Cosine, from -1 to 1.")


class CommonReferences(_Part):
    """What references say of a paper and the one asked about."""

    shared: tuple[str, ...] = Field(description="Works that both cite, the most telling first.")
    count: int = Field(description="How many works both cite.")
    cites: bool = Field(description="Whether it cites the paper asked about.")
    cited_by: bool = Field(description="Whether the paper asked about cites it.")


class WhyFound(_Part):
    """Why a paper was found."""

    shared_words: tuple[str, ...] = Field(description="Words that query and paper share, the most telling first.")
    references: CommonReferences | None = Field(description="Null where references say nothing of the two.")
    topics: Literal["same topic", "bridge", "other topic"] | None = Field(
        description="How the topics of both papers relate; null where a text was asked about."
    )
    closest_sentences: ClosestSentences | None = Field(description="Null where the run keeps no sentences.")
    ranks: dict[str, int] = Field(description="The place that each measure alone would give the paper, from 1.")


class FoundPaper(_Part):
    """One paper that was found."""

    id: str
    title: str
    year: int | None
    topic: int
    topic_label: str
    similarity: float = Field(description="Cosine of the embeddings, from -1 to 1.")
    reasons: WhyFound
    links: tuple[str, ...] = Field(description="Where it can be read: DOI, arXiv, web page; the best place first.")


class FoundPapers(_Answer):
    """Papers, best first."""

    papers: tuple[FoundPaper, ...]


class PaperInBrief(_Part):
    """A paper in a list."""

    id: str
    title: str
    year: int | None
    links: tuple[str, ...]


class TopicInBrief(_Part):
    """A topic in a list. papers: those whose nearest topic it is."""

    id: int
    label: str
    area: str | None
    papers: int
    keywords: tuple[str, ...]


class TopicInFull(TopicInBrief):
    """A topic with the papers that stand for it."""

    core_papers: int = Field(description="Papers that lie inside the topic, not only nearest to it.")
    stability: float | None = Field(description="Share of the resamples in which it was found again, 0 to 1.")
    subtopics: tuple[str, ...]
    years: dict[str, int] = Field(description="How many of its papers are of each year.")
    representatives: tuple[PaperInBrief, ...] = Field(description="Its most central papers.")


class TopicAnswer(_Answer):
    """One topic in full, or the list of all, the largest first."""

    run: str
    papers_in_run: int
    topics: tuple[TopicInFull | TopicInBrief, ...]


class PaperAnswer(_Answer):
    """All that the run holds of a paper."""

    id: str
    title: str
    authors: tuple[str, ...]
    year: int | None
    abstract: str
    topic: int = Field(description="Its nearest topic.")
    topic_label: str
    in_core: bool = Field(description="Whether it lies inside the topic, not only nearest to it.")
    strength: float = Field(description="Share of its neighbours' vote for the topic, 0 to 1.")
    references: int | None = Field(description="Entries of its reference list; null where its source gave none.")
    cites: tuple[PaperInBrief, ...] = Field(description="Papers of the run that it cites.")
    cited_by: tuple[PaperInBrief, ...] = Field(description="Papers of the run that cite it.")
    fields: dict[str, str] = Field(description="What else its source says of it.")
    links: tuple[str, ...]


class NoveltyOfDraft(_Part):
    """How far the draft lies from the run's papers, measured as these lie from each other."""

    percentile: float = Field(description="Of a hundred papers of the run, how many lie closer to their nearest.")
    low: float = Field(description="Least of that figure over the 5, 10 and 20 nearest papers.")
    high: float
    closeness: float = Field(description="Mean cosine to the nearest papers.")


class MatchedReference(_Part):
    """A reference of the draft that is a paper of the run."""

    reference: str
    id: str
    by: str


class CitedWork(_Part):
    """A work that papers of the run cite and that is none of them."""

    work: str = Field(description="Its first identifier, or author, year and title.")
    title: str | None
    first_author: str | None
    year: int | None
    count: int = Field(description="How many papers of the run cite it.")
    cited_by: tuple[str, ...] = Field(description="Ids of papers of the run that cite it.")
    topics: tuple[int, ...] = Field(description="Topics of these papers, that of most of them first.")
    links: tuple[str, ...]


class CheckAnswer(_Answer):
    """What a draft may have missed."""

    papers: tuple[FoundPaper, ...] = Field(description="Papers near the draft that it does not cite, best first.")
    novelty: NoveltyOfDraft | None
    cited_in_run: tuple[MatchedReference, ...]
    cited_elsewhere: tuple[str, ...] = Field(description="References that are no paper of the run.")
    missing_works: tuple[CitedWork, ...] = Field(
        description="Works cited most by the papers nearest to the draft that are neither cited by it nor in the run."
    )


class MissingAnswer(_Answer):
    """Works by falling number of citing papers."""

    papers_with_references: int = Field(
        description="Papers of the run whose source gave references; the others have no say."
    )
    works: tuple[CitedWork, ...]
