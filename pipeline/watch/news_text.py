"""News -> news.md: new papers by topic, each with its nearest known paper and why; topics that grow."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.report.markdown import escape
from pipeline.watch.news_items import News
from pipeline.watch.topic_growth import GROWTH_DAYS, GrowingTopic
from pipeline.watch.watch_state import NOISE, NewsEntry
from pipeline.words.display import shorten

MOST_OF_TOPIC = 10  # papers of a topic that are listed; feeds have them all
MOST_VERSIONS = 10
LONGEST_WHY = 300
SHOWN_AUTHORS = 3


@dataclass(frozen=True)
class NewsHead:
    """title: of the run; time: RFC 3339; origin: what was watched; looked_at: papers that came from it.

    total: papers that growth counts; notes: sentences that the reader should know, such as that a new run is due.
    """

    title: str
    time: str
    origin: str
    looked_at: int
    total: int
    notes: tuple[str, ...]


def write_news(head: NewsHead, news: News, growing: Sequence[GrowingTopic]) -> str:
    """The text as Markdown; texts of papers are shown as they are."""
    return "\n".join(_lines(head, news, growing)) + "\n"


def by_topic(entries: Sequence[NewsEntry]) -> list[tuple[int, list[NewsEntry]]]:
    """(topic, its entries in their order), the most first, papers between topics last."""
    groups: dict[int, list[NewsEntry]] = {}
    for entry in entries:
        groups.setdefault(entry.topic, []).append(entry)
    return sorted(groups.items(), key=lambda group: (group[0] == NOISE, -len(group[1]), group[0]))


def _lines(head: NewsHead, news: News, growing: Sequence[GrowingTopic]) -> Iterator[str]:
    count = len(news.entries)
    yield f"# {escape(head.title)}: {count:,} new paper{'' if count == 1 else 's'}"
    yield ""
    origin = escape(shorten(head.origin, 300))
    looked_at = f"{head.looked_at:,} paper{'' if head.looked_at == 1 else 's'} looked at"
    yield f"{head.time[:10]} {head.time[11:16]} UTC, from {origin}; {looked_at}."
    yield ""
    for note in head.notes:
        yield f"**{escape(note)}**"
        yield ""
    for topic, entries in by_topic(news.entries):
        yield from _topic_lines(topic, entries)
    if news.entries:
        yield from _growth_lines(head, growing)
    yield from _version_lines(news)


def _topic_lines(topic: int, entries: Sequence[NewsEntry]) -> Iterator[str]:
    name = "Between topics" if topic == NOISE else f"{escape(entries[0].label)} (topic {topic})"
    yield f"## {name}: {len(entries):,}"
    yield ""
    for entry in entries[:MOST_OF_TOPIC]:
        yield from _entry_lines(entry)
    if len(entries) > MOST_OF_TOPIC:
        feed = "all.atom" if topic == NOISE else f"topic-{topic}.atom"
        yield f"* and {len(entries) - MOST_OF_TOPIC:,} more: {feed}"
    yield ""


def _entry_lines(entry: NewsEntry) -> Iterator[str]:
    year = "" if entry.year is None else f" ({entry.year})"
    yield f"* **{link(entry.title, entry.addresses[0] if entry.addresses else '')}**{year}{_authors(entry.authors)}"
    if entry.is_noise:
        yield f"    * nearest topic: {escape(entry.label)}"
    if entry.known is not None:
        known = entry.known
        year = "" if known.year is None else f" ({known.year})"
        why = f": {escape(shorten(entry.why, LONGEST_WHY))}" if entry.why else ""
        title = link(known.title, known.address)
        yield f"    * nearest known paper: {title}{year}, similarity {known.similarity:.2f}{why}"


def _authors(names: Sequence[str]) -> str:
    if not names:
        return ""
    between = "; " if any("," in name for name in names) else ", "
    shown = between.join(escape(shorten(name, 60)) for name in names[:SHOWN_AUTHORS])
    return f", {shown}" + (f" and {len(names) - SHOWN_AUTHORS} more" if len(names) > SHOWN_AUTHORS else "")


def link(text: str, address: str) -> str:
    r"""A text that leads to a web address; the text alone where there is none.

    >>> print(link("On [ice]", "https://example.org/a)b"))
    [On \[ice\]](<https://example.org/a)b>)
    """
    shown = escape(shorten(text, 200))
    return f"[{shown}](<{address}>)" if address and not set(address) & set("<>\\\n") else shown


def _growth_lines(head: NewsHead, growing: Sequence[GrowingTopic]) -> Iterator[str]:
    yield "## Topics that grow"
    yield ""
    for one in growing:
        yield (
            f"* {escape(one.label)} (topic {one.topic}): {one.new:,} of the {one.total:,} new papers of the last"
            f" {GROWTH_DAYS} days; its share of the papers before says {one.expected:.1f}"
        )
    if not growing:
        papers = f"{head.total:,} new paper{'' if head.total == 1 else 's'}"
        yield f"None: of the {papers} of the last {GROWTH_DAYS} days, no topic has clearly more than its share."
    yield ""


def _version_lines(news: News) -> Iterator[str]:
    if not news.versions:
        return
    yield "## Other versions of papers known, no news"
    yield ""
    for version in news.versions[:MOST_VERSIONS]:
        known = "" if version.title == version.of_title else f" ({escape(shorten(version.of_title, 200))})"
        yield f"* {escape(shorten(version.title, 200))}: another version of {escape(version.of_id)}{known}"
    if len(news.versions) > MOST_VERSIONS:
        yield f"* and {len(news.versions) - MOST_VERSIONS:,} more"
    yield ""


def counted(entries: Sequence[NewsEntry]) -> Mapping[int, int]:
    """Entries by their nearest topic."""
    counts: dict[int, int] = {}
    for entry in entries:
        counts[entry.nearest] = counts.get(entry.nearest, 0) + 1
    return dict(sorted(counts.items()))
