"""JSON Feed 1.0 and 1.1 (https://www.jsonfeed.org/version/1.1/), and what is nearly it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import tzinfo
from typing import Any

from listener.dates import parse_date
from listener.errors import ParseError
from listener.types import Hub, Item, ItemKind, Parsed, Request
from listener.urls import absolute
from listener_scrapers.feed.entries import ENTRY_LIMIT, language, told_empty
from listener_scrapers.feed.extras import article_or_post
from listener_scrapers.feed.fields import body_of, distinct, title_of


def parsed(text: str, url: str, *, zone: tzinfo, kind: ItemKind | None) -> Parsed:
    """Read a JSON Feed. Raises ParseError for other JSON."""
    try:
        feed = json.loads(text, strict=False)
    except (ValueError, RecursionError) as error:
        raise ParseError(f"invalid JSON instead of a feed: {error}") from error
    entries = feed.get("items") if isinstance(feed, dict) else None
    if not isinstance(entries, list):
        raise ParseError("other JSON instead of a feed: it has no list of items")
    lang = language(_word(feed, "language"))
    base = absolute(_word(feed, "home_page_url"), url) or url
    author = _author(feed)
    read = [
        _item(entry, base, lang, author, zone, kind) if isinstance(entry, dict) else None
        for entry in entries[:ENTRY_LIMIT]
    ]
    items = [item for item in read if item is not None]
    skipped = told_empty([number for number, item in enumerate(read, start=1) if item is None])
    if len(entries) > ENTRY_LIMIT:
        skipped.append(f"{len(entries) - ENTRY_LIMIT:,} entries beyond the first {ENTRY_LIMIT:,}")
    older = absolute(_word(feed, "next_url"), url)
    return Parsed(
        items=tuple(items),
        skipped=tuple(skipped),
        older=(Request(url=older),) if older and items else (),
        hub=_hub(feed, url),
    )


def _hub(feed: Mapping[str, Any], url: str) -> Hub | None:
    """Return the WebSub hub among those that a feed names."""
    hubs = feed.get("hubs")
    for hub in hubs[:20] if isinstance(hubs, list) else ():
        if isinstance(hub, dict) and _word(hub, "type").lower() in ("websub", "pubsubhubbub"):
            address = absolute(_word(hub, "url"), url)
            if address is not None:
                return Hub(url=address, topic=absolute(_word(feed, "feed_url"), url) or url)
    return None


def _item(
    entry: Mapping[str, Any], base: str, lang: str | None, author: str | None, zone: tzinfo, kind: ItemKind | None
) -> Item | None:
    title = title_of(_word(entry, "title"))
    text = body_of(_word(entry, "content_html")) or _plain_text(entry)
    url = absolute(_word(entry, "url"), base) or absolute(_word(entry, "external_url"), base)
    guid = _word(entry, "id")
    if url is None and guid[:4] == "http":
        url = absolute(guid)
    if not (title or text or url or guid):
        return None
    updated = parse_date(_word(entry, "date_modified"), zone=zone)
    tags = entry.get("tags")
    return Item(
        title=title,
        text=text,
        url=url,
        guid=guid[:1000] or None,
        author=_author(entry) or author,
        published=parse_date(_word(entry, "date_published"), zone=zone) or updated,
        updated=updated,
        lang=language(_word(entry, "language")) or lang,
        kind=kind or article_or_post(title, text, url),
        categories=distinct((title_of(tag) for tag in tags if isinstance(tag, str)), 50)
        if isinstance(tags, list)
        else (),
    )


def _plain_text(entry: Mapping[str, Any]) -> str:
    return body_of(_word(entry, "content_text") or _word(entry, "summary"), html=False)


def _word(record: Mapping[str, Any], name: str) -> str:
    """Return a field as text; numbers count, as ids are often written as such."""
    value = record.get(name)
    if isinstance(value, bool):
        return ""
    return str(value) if isinstance(value, int | float) else value if isinstance(value, str) else ""


def _author(record: Mapping[str, Any]) -> str | None:
    authors = record.get("authors")
    if not isinstance(authors, list):
        authors = [record.get("author")]
    names = (
        title_of((_word(author, "name") or _word(author, "url")) if isinstance(author, dict) else str(author or ""))
        for author in authors
    )
    return ", ".join(distinct(names, 10))[:200] or None
