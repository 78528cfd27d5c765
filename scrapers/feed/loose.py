"""The last resort: feedparser, where neither the strict nor the mending reader finds what the raw text holds.

It gets small input only: some of its regular expressions take quadratic time on long fields
(https://github.com/kurtmckee/feedparser/pull/580), and it is 20 times slower anyway.
"""

from __future__ import annotations

import calendar
import io
import re
from datetime import UTC, datetime
from typing import Any

from listener.types import Item
from listener.urls import absolute
from listener_scrapers.feed.entries import Channel, language
from listener_scrapers.feed.extras import article_or_post
from listener_scrapers.feed.fields import TEXT_LIMIT, body_of, distinct, title_of

#: Characters of a document that are handed over.
DOCUMENT_LIMIT = 100_000
#: What feedparser raises on some broken markup.
_STUMBLES = (ArithmeticError, AssertionError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
#: What feedparser's pattern for mail addresses goes through again from each of its characters.
_LONG_RUN = re.compile(r"([\w.+-]{500})[\w.+-]+", re.ASCII)
#: The same, written as references.
_PLAIN_REFERENCE = re.compile(r"&#(?:x0*([2-7][0-9a-f])|0*([3-9]\d|1[01]\d|12[0-2]));", re.IGNORECASE)


def items_of(text: str, channel: Channel) -> list[Item]:
    """Return the items that feedparser finds; none for a document that is too long for it."""
    if len(text) > DOCUMENT_LIMIT:
        return []
    text = _LONG_RUN.sub(r"\1", _PLAIN_REFERENCE.sub(_resolved, text))
    import feedparser  # here, because its import costs more than a hundred feeds and is hardly ever needed

    try:
        # Bytes in a stream: a string would be taken for an address or a file name.
        parsed = feedparser.parse(
            io.BytesIO(text.encode("utf-8", "replace")),
            response_headers={"content-type": "application/xml; charset=utf-8"},
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except _STUMBLES:
        return []
    return [item for entry in parsed.entries if (item := _item(entry, channel)) is not None]


def _item(entry: Any, channel: Channel) -> Item | None:
    title = title_of(entry.get("title") or "")
    contents = [content.get("value") or "" for content in entry.get("content") or ()]
    text = max((body_of(content) for content in (*contents, entry.get("summary") or "")), key=len, default="")
    guid = entry.get("id") or ""
    url = absolute(entry.get("link"), channel.base) or (absolute(guid) if guid.startswith("http") else None)
    if not (title or text or url):
        return None
    # Asked for when it isn't there, feedparser answers with the other date and a warning.
    updated = _moment(entry.get("updated_parsed")) if "updated_parsed" in entry else None
    return Item(
        title=title,
        text=text[:TEXT_LIMIT],
        url=url,
        guid=guid[:1000] or None,
        author=title_of(entry.get("author") or "")[:200] or channel.author,
        published=_moment(entry.get("published_parsed")) or updated,
        updated=updated,
        lang=language((entry.get("title_detail") or {}).get("language") or "") or channel.lang,
        kind=channel.kind or article_or_post(title, text, url),
        categories=distinct((title_of(tag.get("term") or "") for tag in entry.get("tags") or ()), 50),
    )


def _resolved(reference: re.Match[str]) -> str:
    character = chr(int(reference[1], 16) if reference[1] else int(reference[2]))
    return character if character.isalnum() or character in "_.+-" else reference[0]


def _moment(parts: Any) -> datetime | None:
    try:
        moment = datetime.fromtimestamp(calendar.timegm(parts), UTC) if parts else None
    except (ValueError, OverflowError, OSError):
        return None
    return moment if moment is not None and 1900 <= moment.year <= 2100 and moment.timestamp() != 0 else None
