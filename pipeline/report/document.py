"""Atlas -> the report as Markdown."""

from collections.abc import Iterator, Mapping, Sequence

from pipeline.atlas import AtlasData, SelectionInfo
from pipeline.clusterer.selection import CutScore
from pipeline.config import to_toml
from pipeline.report.methods import mean_stability, methods, resampled_from
from pipeline.report.notes import cleaned_in_words, notes
from pipeline.topics import Topic
from pipeline.words.display import safe, shorten

TITLE_LENGTH = 120
NAMED_BY = {
    "keywords": "its keywords",
    "hand": "hand",
    "seeded": "the config",
    "baseline": "an earlier run",
    "chat": "a language model",
}


def write_report(atlas: AtlasData) -> str:
    """The report as Markdown; texts from papers are escaped."""
    return "\n".join(_lines(atlas)) + "\n"


def _lines(atlas: AtlasData) -> Iterator[str]:
    manifest = atlas.manifest
    yield f"# {escape(manifest.name)}"
    yield ""
    yield f"Made by paperatlas {manifest.version}, {manifest.finished}."
    yield ""
    yield "![map of the papers](map.png)"
    yield ""
    yield from _papers(atlas)
    yield from _topics(atlas)
    yield from _how(atlas)
    yield from _costs(atlas)
    yield from _methods(atlas)


def _papers(atlas: AtlasData) -> Iterator[str]:
    counts, embedding = atlas.manifest.counts, atlas.manifest.embedding
    yield "## Papers"
    yield ""
    yield f"* {counts.read:,} rows read from {escape(', '.join(atlas.manifest.sources))}"
    yield (
        f"* {counts.kept:,} papers kept + {counts.duplicates:,} duplicates (duplicates.csv)"
        f" + {counts.rejected:,} rejected (rejected.csv) = {counts.read:,} read"
    )
    for reason, count in reject_reasons(atlas).items():
        yield f"  * {count:,} rejected: {escape(reason)}"
    if embedding.max_tokens:
        share = embedding.long_papers / counts.kept
        fate = "their end was not read" if embedding.long_text == "truncate" else "read in several windows"
        yield (
            f"* {embedding.long_papers:,} papers ({share:.0%}) are longer than the {embedding.max_tokens}"
            f" tokens that the model reads at once; {fate}"
        )
    yield from _quality(atlas)
    yield ""


def _quality(atlas: AtlasData) -> Iterator[str]:
    """What was read and what is missing in it."""
    quality = atlas.manifest.quality
    for reason, count in quality.duplicates.items():
        yield f"  * {count:,} duplicates: {escape(reason)}"
    yield f"* formats: {escape(', '.join(f'{name} {count:,}' for name, count in quality.formats.items()))}"
    if quality.missing:
        yield f"* missing: {escape(', '.join(f'{name} in {count:,}' for name, count in quality.missing.items()))}"
    languages = ", ".join(
        f"{language or 'too short to tell'} {share:.0%}" for language, share in quality.languages.items()
    )
    yield f"* languages: {escape(languages)}"
    yield f"* abstracts of {quality.words:,} words, half of them shorter"
    if cleaned := ", ".join(cleaned_in_words(quality)):
        yield f"* cleaned before embedding, shown as they are: {cleaned}"
    embedding = atlas.manifest.embedding
    model = embedding.model if embedding.max_tokens else None
    for note in notes(quality, model=model):
        yield ""
        yield f"**Careful:** {escape(note)}."
    yield ""
    yield f"{'![papers by year](years.svg) ' if quality.years else ''}![words of abstracts](lengths.svg)"


def reject_reasons(atlas: AtlasData) -> Mapping[str, int]:
    """How many rows were rejected for each reason, the most frequent first."""
    reasons = atlas.tables.whole.rejected.column("reason").to_pylist()
    ranked = sorted(set(reasons), key=lambda reason: (-reasons.count(reason), reason))
    return {reason: reasons.count(reason) for reason in ranked}


def _topics(atlas: AtlasData) -> Iterator[str]:
    counts = atlas.manifest.counts
    titles = dict(zip(atlas.column("id").to_pylist(), atlas.column("title").to_pylist(), strict=True))
    yield "## Topics"
    yield ""
    yield (
        f"{counts.topics} topics. {counts.noise:,} papers ({counts.noise / counts.kept:.0%}) lie between"
        " topics: HDBSCAN calls them noise (topic -1); their nearest topic is given beside it, with the share of their"
        " neighbours that supports it (strength, 0 to 1)."
    )
    yield ""
    yield from _confidence(atlas)
    yield from _tree(atlas)
    for topic in atlas.topics:
        yield f"### {topic.id}. {escape(topic.label)}"
        yield ""
        yield f"{topic.size:,} papers, {topic.assigned:,} with those nearest to it. {_figures(topic)}"
        yield ""
        if topic.seeded:
            yield (
                f"Seeded by “{escape(topic.seeded.sentence)}”; its papers have a similarity of at least"
                f" {topic.seeded.threshold:.2f} to this sentence."
            )
            yield ""
        if topic.label != topic.keyword_label:
            by = NAMED_BY[topic.named_by]
            yield f"Named by {by}; its keywords alone would call it {escape(topic.keyword_label)}."
            yield ""
        yield f"Keywords: {escape(', '.join(keyword.term for keyword in topic.keywords))}"
        yield ""
        for heading, papers in (
            ("Most central papers:", topic.representatives),
            (
                "Central and unlike each other (MMR):",
                tuple(paper for paper in topic.mmr_representatives if paper not in topic.representatives),
            ),
            ("At its boundary:", tuple(paper for paper in topic.boundary if paper not in topic.representatives)),
        ):
            if papers:
                yield heading
                yield ""
                yield from (_paper(paper, titles[paper]) for paper in papers)
                yield ""


def _paper(paper: str, title: str) -> str:
    return f"* {escape(shorten(title or '(no title)', TITLE_LENGTH))} ({escape(paper)})"


def _figures(topic: Topic) -> str:
    known = "" if topic.stability is None else f"Stability {topic.stability:.0%}, "
    mean = f"mean strength {topic.strength:.2f}, neighbourhood preservation {topic.neighbourhood_preservation:.0%}."
    return known + (mean if known else mean.capitalize())


def _confidence(atlas: AtlasData) -> Iterator[str]:
    """How sure all of it is, and what should make the reader careful."""
    selection = atlas.manifest.selection
    if selection.resamples:
        yield (
            f"Resampling stability: in {selection.resamples} resamples {resampled_from(atlas)}, a topic was recovered"
            f" {mean_stability(atlas):.0%} of the time on average (some topic of the resample had more than half in"
            f" common with it); adjusted mutual information with the resamples {selection.agreement or 0:.2f} of 1."
        )
        yield ""
    yield (
        f"Neighbourhood preservation of the map: {selection.neighbourhood_preservation:.0%} of the papers most similar"
        " to a paper lie near it on the map, on average."
    )
    yield ""
    for warning in selection.warnings:
        yield f"**Careful:** {escape(warning)}."
        yield ""
    for seeded in selection.seeded:
        if seeded.threshold is None:
            yield f"**Careful:** no paper is close enough to the seeded topic {escape(seeded.name)}."
            yield ""


def _tree(atlas: AtlasData) -> Iterator[str]:
    """Areas, their topics, and the subtopics inside each."""
    hierarchy = atlas.hierarchy
    if not hierarchy.areas and not hierarchy.subtopics:
        return
    for line in hierarchy.lines():
        name = f"{line.topic.id}. {escape(line.topic.label)}" if line.level == "topic" else escape(line.topic.label)
        yield f"{'  ' * line.depth}* {f'**{name}**' if line.level == 'area' else name} ({line.topic.size:,})"
    yield ""


def _methods(atlas: AtlasData) -> Iterator[str]:
    paragraph, references = methods(atlas)
    yield ""
    yield "## Methods, to paste"
    yield ""
    yield paragraph
    yield ""
    yield "```bibtex"
    yield references
    yield "```"


def _how(atlas: AtlasData) -> Iterator[str]:
    manifest = atlas.manifest
    embedding, selection = manifest.embedding, manifest.selection
    yield "## How"
    yield ""
    yield (
        f"* embedding: {escape(embedding.model)}, {embedding.dimensions} dimensions, by {embedding.backend} on"
        f" {embedding.device} in {embedding.precision}; {embedding.embedded:,} texts embedded,"
        f" {embedding.from_cache:,} taken from the cache"
    )
    yield f"* neighbours: the {atlas.neighbours.k} most similar papers of each by cosine, exact"
    yield f"* reducer: {describe_reducer(selection)}"
    yield f"* topics: {selection.explanation}"
    if selection.scores:
        yield ""
        if len(selection.scores) > 1:
            yield "![scores of all cuts tried](topic_selection.svg)"
            yield ""
        yield from _scores(selection.scores)
    yield ""
    yield "Settings:"
    yield ""
    yield "```toml"
    yield to_toml(manifest.config).strip()
    yield "```"
    yield ""


def describe_reducer(selection: SelectionInfo) -> str:
    """The reducer in words."""
    plan = selection.reducer
    if plan.method == "pca":
        return "principal components; fewer than five papers are too few for UMAP"
    fits = f", {selection.restarts} fits" if selection.restarts > 1 else ""
    return (
        f"UMAP to {plan.n_components} dimensions with {plan.n_neighbors} neighbours, {plan.init} start{fits};"
        " to 2 for the map"
    )


def _scores(scores: Sequence[CutScore]) -> Iterator[str]:
    """The ten best cuts tried."""
    yield "| smallest topic | min_samples | selection | topics | noise | largest | score | UMAP fits that gave it |"
    yield "|---|---|---|---|---|---|---|---|"
    for score in sorted(scores, key=lambda score: -score.score)[:10]:
        limit = "" if score.max_cluster_share is None else f" {score.max_cluster_share:.0%}"
        shown = (
            score.min_cluster_size,
            score.min_samples,
            f"{score.method}{limit}",
            score.count,
            f"{score.noise:.0%}",
            f"{score.largest:.0%}",
            f"{score.score:.4f}",
            score.fits,
        )
        yield f"| {' | '.join(map(escape, map(str, shown)))} |"


def _costs(atlas: AtlasData) -> Iterator[str]:
    yield "## Cost"
    yield ""
    yield "| stage | seconds | most memory so far (MB) |"
    yield "|---|---|---|"
    for stage in atlas.manifest.stages:
        memory = "not measured" if stage.peak_memory_mb is None else f"{stage.peak_memory_mb:.0f}"
        yield f"| {stage.stage} | {stage.seconds:.1f} | {memory} |"


def escape(text: str) -> str:
    r"""The text so that Markdown shows it as it is, on one line.

    >>> print(escape("<b>*bold*</b>\n# no heading"))
    &lt;b&gt;\*bold\*&lt;/b&gt; # no heading
    """
    text = safe(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return "".join("\\" + letter if letter in "\\`*_[]|" else letter for letter in text)
