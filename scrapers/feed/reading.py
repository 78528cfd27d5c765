"""An answer as the items of a feed: which format it is, dates that can be read in two ways, entries that got lost."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from msgspec.structs import replace

from listener.types import Item, ItemKind, Parsed, Response
from listener_scrapers.feed import jsonfeed, loose
from listener_scrapers.feed.document import Document, read, text_of_bytes
from listener_scrapers.feed.entries import (
    ENTRY_LIMIT,
    Channel,
    channel_of,
    day_first_of,
    entries_of,
    item_of,
    told_empty,
)
from listener_scrapers.feed.extras import rhythm_of
from listener_scrapers.feed.paging import hub_of, links_of, older_page


def parsed(response: Response, *, zone: ZoneInfo, day_first: bool | None, kind: ItemKind | None) -> Parsed:
    """Return what a feed says. Raises ParseError where the answer is none."""
    text = text_of_bytes(response.body, response.headers.get("content-type")).lstrip("\ufeff \t\r\n\0")
    if text[:1] in ("{", "["):
        found = jsonfeed.parsed(text, response.url, zone=zone, kind=kind)
        return replace(found, older=tuple(replace(response.request, url=one.url) for one in found.older))
    document = read(text, ENTRY_LIMIT)
    channel = channel_of(document, response.url, zone=zone, day_first=day_first, kind=kind)
    items, skipped = _items(document, channel)
    links = links_of(channel.fields.element, response.headers.get("link", ""))
    url = older_page(links, channel.base, response.url) if items else None
    older = () if url is None else (replace(response.request, url=url),)
    return Parsed(
        items=items,
        older=older,
        cut=document.cut,
        hub=hub_of(links, channel.base, response.url),
        skipped=skipped,
        rhythm=rhythm_of(channel.fields, response.fetched_at),
    )


def _items(document: Document, channel: Channel) -> tuple[tuple[Item, ...], tuple[str, ...]]:
    entries = entries_of(document)
    read = [item_of(entry, channel) for entry in entries[:ENTRY_LIMIT]]
    if channel.day_first is None and any(item is not None and item.published is None for item in read):
        day_first = day_first_of(entries[:ENTRY_LIMIT])
        if day_first is not None:
            channel = replace(channel, day_first=day_first)
            read = [item_of(entry, channel) for entry in entries[:ENTRY_LIMIT]]
    items = [item for item in read if item is not None]
    skipped = told_empty([number for number, item in enumerate(read, start=1) if item is None])
    if document.broken_off:
        skipped.append("the answer breaks off inside its last entry")
    beyond = document.beyond + max(len(entries) - ENTRY_LIMIT, 0)
    if beyond:
        skipped.append(f"{beyond:,} entries beyond the first {ENTRY_LIMIT:,}")
    elif not document.sound and len(items) < (openings := document.openings()):
        others = loose.items_of(document.text, channel)
        if len(others) > len(items):
            items = others
        if len(items) < openings:
            skipped.append(f"{openings - len(items):,} of {openings:,} entries could not be read")
    return tuple(items), tuple(skipped)
