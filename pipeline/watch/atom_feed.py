"""Entries -> an Atom feed (RFC 4287): the newest first, texts of papers escaped, ids that stay."""

import re
import uuid
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.watch.watch_state import MOST_ENTRIES, NewsEntry, WatchState

NAMESPACE = uuid.UUID("6f1f2d4e-7f57-5c0b-9d5f-5b7a3c1f8a52")  # of this program's feeds, for ids by name (RFC 9562)
# What XML 1.0 cannot hold, however it is escaped.
NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Feed:
    """name: its own among the feeds of its watch. title: of it; about: what is in it, in a sentence."""

    name: str
    title: str
    about: str


def write_feed(state: WatchState, feed: Feed, entries: Sequence[NewsEntry]) -> bytes:
    """The feed's file. entries: the newest first; those beyond the first hundred are left out."""
    shown = entries[:MOST_ENTRIES]
    root = ET.Element("feed", {"xmlns": "http://www.w3.org/2005/Atom"})
    _add(root, "title", feed.title)
    _add(root, "subtitle", feed.about)
    _add(root, "id", _urn(state, f"feed {feed.name}"))
    _add(root, "updated", max((entry.time for entry in shown), default=state.created))
    _add(ET.SubElement(root, "author"), "name", "paperatlas")
    _add(root, "generator", "paperatlas")
    for entry in shown:
        _add_entry(root, entry, _urn(state, f"paper {entry.hash}"))
    ET.indent(root, " ")
    content: bytes = ET.tostring(root, encoding="utf-8")
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + content + b"\n"


def _add_entry(root: ET.Element, entry: NewsEntry, identity: str) -> None:
    """A paper without a web address has its text as content: an entry needs one of the two."""
    element = ET.SubElement(root, "entry")
    _add(element, "title", entry.title)
    _add(element, "id", identity)
    _add(element, "updated", entry.time)
    for name in entry.authors:
        _add(ET.SubElement(element, "author"), "name", name)
    for place, address in enumerate(entry.addresses):
        ET.SubElement(element, "link", {"rel": "related" if place else "alternate", "href": plain(address)})
    term = "between-topics" if entry.is_noise else f"topic-{entry.topic}"
    label = "between topics" if entry.is_noise else entry.label
    ET.SubElement(element, "category", {"term": term, "label": plain(label)})
    _add(element, "summary", summary(entry))
    if not entry.addresses:
        _add(element, "content", summary(entry))


def summary(entry: NewsEntry) -> str:
    """What a feed says of a paper, as plain text: its topic, the nearest known paper and why, then its abstract."""
    place = f"between topics, nearest to “{entry.label}”." if entry.is_noise else f"topic “{entry.label}”."
    parts = [place[0].upper() + place[1:] if entry.year is None else f"{entry.year}, {place}"]
    if entry.known is not None:
        year = "" if entry.known.year is None else f" ({entry.known.year})"
        why = f": {entry.why}" if entry.why else ""
        parts.append(f"Nearest known paper: “{entry.known.title}”{year}, similarity {entry.known.similarity:.2f}{why}.")
    return "\n\n".join([" ".join(parts), *([entry.abstract] if entry.abstract else [])])


def _add(parent: ET.Element, tag: str, text: str) -> None:
    """A text construct without a type is plain text (section 3.1.1): no reader takes markup from it."""
    ET.SubElement(parent, tag).text = plain(text)


def plain(text: str) -> str:
    r"""The text without what XML cannot hold.

    >>> plain("a\x00b\ufffe<c>")
    'ab<c>'
    """
    return NO_XML.sub("", text)


def _urn(state: WatchState, name: str) -> str:
    """An id made of names alone: the same each time the feed is written."""
    return uuid.uuid5(NAMESPACE, f"{state.run}\n{state.created}\n{name}").urn
