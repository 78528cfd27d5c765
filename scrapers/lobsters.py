"""Lobsters: its newest stories, or those with a tag, with points and comments.

Format: JSON at the addresses of its pages, https://lobste.rs/newest.json (https://lobste.rs/about). Its search returns
only HTML, so all new stories are read and matched here. For comments, use the feed https://lobste.rs/comments.rss.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any

import msgspec

from listener.errors import ParseError
from listener.fields import Fields, read_json
from listener.searching import Addressed
from listener.types import Item, Parsed, Request, Response, Source
from listener.urls import absolute

_SITE = "https://lobste.rs"
#: A list of stories, and its page.
_LIST = re.compile(r"(https?://[^?#]{1,500}?)(?:/page/(\d{1,5}))?\.json", re.ASCII)


class Options(Addressed, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Options of Lobsters."""

    #: Only stories with one of these tags. Default: all.
    tags: tuple[Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9_+-]{1,40}$")], ...] = ()


class Lobsters:
    """Reads stories."""

    name = "lobsters"
    version = 1
    Options = Options

    def requests(self, source: Source, state: Mapping[str, Any]) -> Iterable[Request]:
        """Ask for the newest stories."""
        options = source.options if isinstance(source.options, Options) else Options()
        page = f"/t/{','.join(options.tags)}.json" if options.tags else "/newest.json"
        yield Request(url=source.url or _SITE + page)

    def parse(self, response: Response, source: Source) -> Parsed:
        """Read a list of stories. Raises ParseError for anything else."""
        answer = read_json(response)
        if not answer.is_list():
            raise ParseError("JSON without a list of stories")
        items = tuple(_items(answer))
        return Parsed(items=items, older=tuple(_next_page(response.request)) if items else ())


def _next_page(request: Request) -> Iterator[Request]:
    """Yield the request for older stories: `/newest.json`, `/newest/page/2.json`, ..."""
    found = _LIST.fullmatch(request.url)
    if found is not None:
        yield Request(url=f"{found[1]}/page/{int(found[2] or 1) + 1}.json")


def _items(answer: Fields) -> Iterator[Item]:
    for story in answer.each():
        title, link = story.line("title"), story.line("url")
        text = story.text("description_plain") or story.markup("description")
        if not title:
            continue
        yield Item(
            title=title,
            text="\n".join(part for part in (text, link) if part),
            url=absolute(story.raw("comments_url")) or absolute(story.raw("short_id_url")),
            guid=story.raw("short_id")[:100] or None,
            author=story.line("submitter_user") or story.line("submitter_user", "username") or None,
            published=story.moment("created_at"),
            categories=story.lines("tags"),
            metrics=story.metrics(points="score", comments="comment_count"),
        )


scraper = Lobsters()
