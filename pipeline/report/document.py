"""Atlas -> the report as Markdown."""

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.atlas import Atlas
from pipeline.quality import Quality, cleaned_in_words, notes
from pipeline.report.methods import mean_stability, methods, refits_on
from pipeline.text import safe, shorten
from pipeline.topics import Topic

TITLE_LENGTH = 120
NAMED_BY = {
    "keywords": "its keywords",
    "hand": "hand",
    "known": "the config",
    "baseline": "an earlier run",
    "chat": "a language model",
}


def write_report(atlas: Atlas) -> str:
    """The report as Markdown; texts from papers are escaped."""
    return "\n".join(_lines(atlas)) + "\n"


def _lines(atlas: Atlas) -> Iterator[str]:
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


def _papers(atlas: Atlas) -> Iterator[str]:
    counts, embedding = atlas.manifest.counts, atlas.manifest.embedding
    yield "## Papers"
    yield ""
    yield f"* {counts['read']:,} rows read from {escape(', '.join(atlas.manifest.sources))}"
    yield (
        f"* {counts['kept']:,} papers kept + {counts['duplicates']:,} duplicates (duplicates.csv)"
        f" + {counts['rejected']:,} rejected (rejected.csv) = {counts['read']:,} read"
    )
    for reason, count in reject_reasons(atlas).items():
        yield f"  * {count:,} rejected: {escape(reason)}"
    if embedding["max_tokens"]:
        share = embedding["long_papers"] / counts["kept"]
        fate = "their end was not read" if embedding["long_text"] == "truncate" else "read in several windows"
        yield (
            f"* {embedding['long_papers']:,} papers ({share:.0%}) are longer than the {embedding['max_tokens']}"
            f" tokens that the model reads at once; {fate}"
        )
    yield from _quality(atlas)
    yield ""


def _quality(atlas: Atlas) -> Iterator[str]:
    """What was read and what is missing in it."""
    quality = Quality(**atlas.manifest.quality)
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
    model = str(embedding["model"]) if embedding["max_tokens"] else None
    for note in notes(quality, model=model):
        yield ""
        yield f"**Careful:** {escape(note)}."
    yield ""
    yield f"{'![papers by year](years.svg) ' if quality.years else ''}![words of abstracts](lengths.svg)"


def reject_reasons(atlas: Atlas) -> Mapping[str, int]:
    """How many rows were rejected for each reason, the most frequent first."""
    reasons = atlas.table("rejected").column("reason").to_pylist()
    ranked = sorted(set(reasons), key=lambda reason: (-reasons.count(reason), reason))
    return {reason: reasons.count(reason) for reason in ranked}


def _topics(atlas: Atlas) -> Iterator[str]:
    counts = atlas.manifest.counts
    titles = dict(zip(atlas.column("id").to_pylist(), atlas.column("title").to_pylist(), strict=True))
    yield "## Topics"
    yield ""
    yield (
        f"{counts['topics']} topics. {counts['noise']:,} papers ({counts['noise'] / counts['kept']:.0%}) lie between"
        " topics: HDBSCAN calls them noise (topic -1); their nearest topic is given beside it, with the share of their"
        " neighbours that speaks for it (strength, 0 to 1)."
    )
    yield ""
    yield from _trust(atlas)
    yield from _tree(atlas)
    for topic in atlas.topics:
        yield f"### {topic.id}. {escape(topic.label)}"
        yield ""
        yield f"{topic.size:,} papers, {topic.assigned:,} with those nearest to it. {_figures(topic)}"
        yield ""
        if topic.known:
            yield (
                f"Known beforehand: “{escape(topic.known.sentence)}”; its papers have a similarity of at least"
                f" {topic.known.threshold:.2f} to this sentence."
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
            ("A varied few:", tuple(paper for paper in topic.diverse if paper not in topic.representatives)),
            ("At its edge:", tuple(paper for paper in topic.boundary if paper not in topic.representatives)),
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
    mean = f"mean strength {topic.strength:.2f}, map trust {topic.map_trust:.0%}."
    return known + (mean if known else mean.capitalize())


def _trust(atlas: Atlas) -> Iterator[str]:
    """How sure all of it is, and what should make the reader careful."""
    choice = atlas.manifest.choice
    if choice["refits"]:
        yield (
            f"Stability: in {choice['refits']} refits {refits_on(atlas)}, a topic came back in"
            f" {mean_stability(atlas):.0%} of the cases on average (some topic of the refit had more than"
            f" half in common with it); adjusted mutual information with the refits {choice['agreement']:.2f} of 1."
        )
        yield ""
    trust = choice["map_trust"]
    yield f"Map trust: {trust:.0%} of the most similar papers of a paper lie near it on the map, on average."
    yield ""
    for doubt in choice["doubts"]:
        yield f"**Careful:** {escape(doubt)}."
        yield ""
    for known_topic in choice["known"]:
        if known_topic["threshold"] is None:
            yield f"**Careful:** no paper is close enough to the known topic {escape(known_topic['name'])}."
            yield ""


def _tree(atlas: Atlas) -> Iterator[str]:
    """Fields, their topics, and the fine topics inside each."""
    tree = atlas.tree
    if not tree.fields and not tree.fine:
        return
    for line in tree.lines():
        name = f"{line.topic.id}. {escape(line.topic.label)}" if line.layer == "topic" else escape(line.topic.label)
        yield f"{'  ' * line.depth}* {f'**{name}**' if line.layer == 'field' else name} ({line.topic.size:,})"
    yield ""


def _methods(atlas: Atlas) -> Iterator[str]:
    paragraph, references = methods(atlas)
    yield ""
    yield "## Methods, to paste"
    yield ""
    yield paragraph
    yield ""
    yield "```bibtex"
    yield references
    yield "```"


def _how(atlas: Atlas) -> Iterator[str]:
    manifest = atlas.manifest
    embedding, choice = manifest.embedding, manifest.choice
    yield "## How"
    yield ""
    yield (
        f"* embedding: {escape(embedding['model'])}, {embedding['dimensions']} dimensions, by {embedding['backend']} on"
        f" {embedding['device']} in {embedding['precision']}; {embedding['embedded']:,} texts embedded,"
        f" {embedding['from_cache']:,} taken from the cache"
    )
    yield f"* neighbours: the {atlas.neighbours.k} most similar papers of each by cosine, exact"
    yield f"* reducer: {describe_reducer(choice)}"
    yield f"* topics: {choice['explanation']}"
    if choice["curve"]:
        yield ""
        if len(choice["curve"]) > 1:
            yield "![scores of all cuts tried](topic_choice.svg)"
            yield ""
        yield from _curve(choice["curve"])
    yield ""
    yield "Settings:"
    yield ""
    yield "```toml"
    yield manifest.config["toml"].strip()
    yield "```"
    yield ""


def describe_reducer(choice: Mapping[str, Any]) -> str:
    """The reducer in words."""
    plan = choice["reducer"]
    if plan["method"] == "pca":
        return "principal components; fewer than five papers are too few for UMAP"
    fits = f", {choice['restarts']} fits" if choice["restarts"] > 1 else ""
    return (
        f"UMAP to {plan['n_components']} dimensions with {plan['n_neighbors']} neighbours,"
        f" {plan['init']} start{fits}; to 2 for the map"
    )


def _curve(curve: list[Mapping[str, Any]]) -> Iterator[str]:
    """The ten best cuts tried."""
    yield "| smallest topic | min_samples | selection | topics | noise | largest | score | UMAP fits that gave it |"
    yield "|---|---|---|---|---|---|---|---|"
    for cut in sorted(curve, key=lambda cut: -cut["score"])[:10]:
        shown = (
            cut["min_cluster_size"],
            cut["min_samples"],
            cut["method"] if cut["cap"] is None else f"{cut['method']} at {cut['cap']:.0%}",
            cut["count"],
            f"{cut['noise']:.0%}",
            f"{cut['largest']:.0%}",
            f"{cut['score']:.4f}",
            cut["fits"],
        )
        yield f"| {' | '.join(map(str, shown))} |"


def _costs(atlas: Atlas) -> Iterator[str]:
    yield "## Cost"
    yield ""
    yield "| stage | seconds | most memory so far (MB) |"
    yield "|---|---|---|"
    for stage in atlas.manifest.stages:
        yield f"| {stage.stage} | {stage.seconds:.1f} | {stage.peak_memory_mb:.0f} |"


def escape(text: str) -> str:
    r"""The text so that Markdown shows it as it is, on one line.

    >>> print(escape("<b>*bold*</b>\n# no heading"))
    &lt;b&gt;\*bold\*&lt;/b&gt; # no heading
    """
    text = safe(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return "".join("\\" + letter if letter in "\\`*_[]|" else letter for letter in text)
