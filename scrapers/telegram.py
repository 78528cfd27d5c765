"""Telegram: posts of a public channel, from its web preview.

Format: the page at https://t.me/s/NAME, as described at https://core.telegram.org/api/links#public-username-links.
`url` is the channel's URL, `https://t.me/NAME` or `https://t.me/s/NAME`. Channels without a preview, and groups, can't
be read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any

import msgspec

from listener.dates import parse_date
from listener.errors import ParseError
from listener.html import Element, decode, parse, readable
from listener.types import Item, Parsed, Request, Response, Source
from listener.urls import absolute

_CHANNEL = re.compile(
    r"(?:https?://)?(?:www\.)?(?:t\.me|telegram\.me)/(?:s/)?([A-Za-z0-9_]{3,64})(?:[/?#].*)?", re.ASCII
)
_POST = re.compile(r"[A-Za-z0-9_]{1,64}/\d{1,12}", re.ASCII)
_COUNT = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)\s*([KMB]?)", re.ASCII)
_SCALE = {"": 1, "K": 1_000, "M": 1_000_000, "B": 1_000_000_000}
_POSTS_LIMIT = 200
_TEXT_LIMIT = 100_000


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Options of a channel in the settings."""

    #: Pages of about 20 posts that are read in one poll, newest first.
    pages: Annotated[int, msgspec.Meta(ge=1, le=20)] = 1


class Telegram:
    """Reads public channels."""

    name = "telegram"
    version = 1
    Options = Options

    def requests(self, source: Source, state: Mapping[str, Any]) -> Iterable[Request]:
        """Ask for the newest posts."""
        channel = _CHANNEL.fullmatch(source.url)
        yield Request(url=f"https://t.me/s/{channel[1]}" if channel else source.url, tag="1")

    def parse(self, response: Response, source: Source) -> Parsed:
        """Read the posts of a page. Raises ParseError where there is no preview."""
        page = parse(decode(response.body, charset="utf-8"))
        posts = page.select("[data-post]")[-_POSTS_LIMIT:]
        if not posts and page.select_one(".tgme_channel_info, .tgme_channel_history") is None:
            raise ParseError("a page without posts: no such channel, or it has no preview on the web")
        items = tuple(item for post in posts if (item := _item(post)) is not None)
        options = source.options if isinstance(source.options, Options) else Options()
        word = response.request.tag
        number = int(word) if word.isdecimal() and len(word) < 6 else 1
        link = page.select_one('link[rel~="prev"]')
        url = absolute(link.attr("href"), "https://t.me/") if link is not None else None
        older = (Request(url=url, tag=str(number + 1)),) if url and url.startswith("https://t.me/s/") else ()
        more = older if number < options.pages else ()
        left_out = len(posts) - len(items)
        return Parsed(
            items=items, more=more, older=older, skipped=(f"{left_out} posts without words",) if left_out else ()
        )


def _item(post: Element) -> Item | None:
    name = (post.attr("data-post") or "").strip()
    body = post.select_one(".tgme_widget_message_text")
    text = readable(body)[:_TEXT_LIMIT] if body is not None else ""
    # A picture or a survey without words has nothing to be found by.
    if not text or not _POST.fullmatch(name):
        return None
    time = post.select_one(".tgme_widget_message_date time, time[datetime]")
    owner = post.select_one(".tgme_widget_message_from_author") or post.select_one(".tgme_widget_message_owner_name")
    views = _count(post.select_one(".tgme_widget_message_views"))
    return Item(
        text=text,
        url=f"https://t.me/{name}",
        guid=name,
        author=(" ".join(readable(owner).split())[:200] or None) if owner is not None else None,
        published=parse_date(time.attr("datetime")) if time is not None else None,
        kind="post",
        metrics={} if views is None else {"views": views},
    )


def _count(element: Element | None) -> float | None:
    """Read a number of views such as "1.2K"."""
    found = _COUNT.fullmatch(element.text.strip()[:20]) if element is not None else None
    return float(found[1]) * _SCALE[found[2]] if found else None


scraper = Telegram()
