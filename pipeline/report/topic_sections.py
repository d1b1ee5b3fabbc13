"""Atlas -> the part of the report on its topics, as lines of Markdown."""

from collections.abc import Iterator, Mapping, Sequence

from pipeline.atlas import AtlasData
from pipeline.report.markdown import counted, escape
from pipeline.report.methods import mean_stability, preservation_in_words, resamples_in_words
from pipeline.topics import Topic
from pipeline.words.display import shorten

TITLE_LENGTH = 120
OF_TWO_SAMPLES, OF_SAMPLE_AND_ALL = 0.77, 0.73  # adjusted mutual information: measured, benchmarks/RESULTS.md
LABEL_SOURCES = {
    "keywords": "the keywords",
    "hand": "the config ([topics.edits])",
    "seeded": "the config ([topics.seeded])",
    "baseline": "the baseline run",
    "chat": "a language model",
}


def topics_section(atlas: AtlasData) -> Iterator[str]:
    """How many topics, how reliable they are, their hierarchy, and each of them."""
    counts = atlas.manifest.counts
    titles = dict(zip(atlas.column("id").to_pylist(), atlas.column("title").to_pylist(), strict=True))
    yield "## Topics"
    yield ""
    yield (
        f"{counted(counts.topics, 'topic')}. HDBSCAN left {counted(counts.noise, 'paper')}"
        f" ({counts.noise / counts.kept:.0%}) without a topic (noise, topic -1). Every paper also has a nearest topic,"
        " chosen by a similarity-weighted vote of its neighbours; strength is that topic's share of the vote (0 to 1)."
    )
    yield ""
    yield from _reliability(atlas)
    yield from _hierarchy(atlas)
    for topic in atlas.topics:
        yield from _topic(topic, titles)


def _reliability(atlas: AtlasData) -> Iterator[str]:
    """How stable the topics are, how faithful the map is, and all warnings."""
    selection = atlas.manifest.selection
    if selection.sampled is not None:
        yield (
            f"The topics were found in a sample of {selection.sampled:,} papers; the other"
            f" {len(atlas) - selection.sampled:,} joined by the vote of their neighbours in it. How well another sample"
            " would agree was not measured in this run. In a trial with 100,000 papers, the adjusted mutual information"
            f" between the topics of two samples was {OF_TWO_SAMPLES:.2f}, between those of a sample and of all papers"
            f" {OF_SAMPLE_AND_ALL:.2f}."
        )
        yield ""
    if selection.resamples:
        yield (
            f"Resampling stability: in {resamples_in_words(atlas)}, a topic was recovered {mean_stability(atlas):.0%}"
            " of the time on average, that is, had a Jaccard index above 0.5 with some topic of the resample. The"
            " adjusted mutual information between the topics and those of a resample was"
            f" {selection.agreement or 0:.2f} on average (1 for identical topics)."
        )
        yield ""
    if len(atlas) > 1:
        yield f"Neighbourhood preservation of the map: {preservation_in_words(atlas)}."
        yield ""
    warnings = [
        *selection.warnings,
        *(
            f"no paper is similar enough to the seeded topic {seeded.name}"
            for seeded in selection.seeded
            if seeded.threshold is None
        ),
    ]
    for warning in warnings:
        yield f"**Warning:** {escape(warning)}."
        yield ""


def _hierarchy(atlas: AtlasData) -> Iterator[str]:
    """Areas, their topics, and the subtopics of each."""
    hierarchy = atlas.hierarchy
    if not hierarchy.areas and not hierarchy.subtopics:
        return
    for line in hierarchy.lines():
        name = f"{line.topic.id}. {escape(line.topic.label)}" if line.level == "topic" else escape(line.topic.label)
        yield f"{'  ' * line.depth}* {f'**{name}**' if line.level == 'area' else name} ({line.topic.size:,})"
    yield ""


def _topic(topic: Topic, titles: Mapping[str, str]) -> Iterator[str]:
    """titles: of all papers, by id."""
    yield f"### {topic.id}. {escape(topic.label)}"
    yield ""
    noise = f", {topic.assigned:,} including the noise papers nearest to it" if topic.assigned > topic.size else ""
    yield f"{counted(topic.size, 'core paper')}{noise}. {_figures(topic)}"
    yield ""
    if topic.seeded:
        yield (
            f"Seeded by “{escape(topic.seeded.sentence)}”; its papers have a similarity of at least"
            f" {topic.seeded.threshold:.2f} to this sentence."
        )
        yield ""
    if topic.label != topic.keyword_label:
        source = LABEL_SOURCES[topic.named_by]
        yield f"Label from {source}; the keywords alone would give {escape(topic.keyword_label)}."
        yield ""
    yield f"Keywords: {escape(', '.join(keyword.term for keyword in topic.keywords))}"
    yield ""
    central = topic.representatives
    yield from _papers("Most central papers:", central, titles)
    unlike = [paper for paper in topic.mmr_representatives if paper not in central]
    yield from _papers("Central papers that differ from each other (MMR):", unlike, titles)
    yield from _papers("Papers at the boundary:", [paper for paper in topic.boundary if paper not in central], titles)


def _figures(topic: Topic) -> str:
    stability = "" if topic.stability is None else f"Stability {topic.stability:.0%}{' (unstable)' * topic.unstable}, "
    mean = f"mean strength {topic.strength:.2f}, neighbourhood preservation {topic.neighbourhood_preservation:.0%}."
    return stability + (mean if stability else mean.capitalize())


def _papers(heading: str, papers: Sequence[str], titles: Mapping[str, str]) -> Iterator[str]:
    """A list of papers by their ids; nothing where there are none."""
    if not papers:
        return
    yield heading
    yield ""
    yield from (f"* {escape(shorten(titles[id] or '(no title)', TITLE_LENGTH))} ({escape(id)})" for id in papers)
    yield ""
