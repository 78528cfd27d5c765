"""Hacker News: stories and comments by search, the newest first.

Format: https://hn.algolia.com/api, Algolia's index of Hacker News: JSON, open to all, no key. The same search as a
feed is at https://hnrss.org (preset `hnrss`). `url` may name a single item of the official API
(https://github.com/HackerNews/API).

Comments have no title: with that of their story, every comment below a story about a brand would be a mention of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal
from urllib.parse import quote

from listener.errors import ParseError
from listener.fields import Fields, read_json
from listener.searching import (
    Dialect,
    PagedSearchOptions,
    Turn,
    oldest_of,
    page_read,
    questions_of,
    search_requests,
    turn_of,
    with_parameters,
)
from listener.types import Item, Parsed, Request, Response, Source

_API = "https://hn.algolia.com/api/v1/search_by_date"
_SITE = "https://news.ycombinator.com/item?id="
_PER_PAGE = 100
#: Algolia knows phrases but no OR.
_DIALECT = Dialect(either=None, longest=200)
_TAGS = {"all": "(story,comment)", "stories": "story", "comments": "comment"}


class Options(PagedSearchOptions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Options of a search on Hacker News."""

    #: "stories", "comments" or "all".
    what: Literal["all", "stories", "comments"] = "all"


class HackerNews:
    """Reads Algolia's answers."""

    name = "hacker-news"
    version = 1
    Options = Options

    def requests(self, source: Source, state: Mapping[str, Any]) -> Iterable[Request]:
        """Ask once for each name in the brands' queries, or at the source's own address."""
        options = source.options if isinstance(source.options, Options) else Options()
        return search_requests(source, questions_of(source, _DIALECT), state, lambda turn: _url(turn, options))

    def parse(self, response: Response, source: Source) -> Parsed:
        """Read one page of hits. Raises ParseError for anything else."""
        answer = read_json(response)
        if "by" in answer or answer.is_true("deleted"):
            return Parsed(items=tuple(_official(answer)))
        if not answer.within("hits").is_list():
            raise ParseError("JSON without a list of hits: not a response of Algolia's search")
        turn = turn_of(response.request)
        more = (answer.number("nbPages") or 0) > turn.page
        items = list(_items(answer))
        return page_read(
            response, items, following={"page": turn.page} if more else None, earlier=_earlier(turn, oldest_of(items))
        )


def _url(turn: Turn, options: Options) -> str:
    url = f"{_API}?query={quote(turn.question)}&tags={_TAGS[options.what]}&hitsPerPage={_PER_PAGE}"
    url += "&advancedSyntax=true&typoTolerance=false"
    return url if turn.since is None else with_parameters(url, {"numericFilters": f"created_at_i>{turn.since}"})


def _earlier(turn: Turn, oldest: int | None) -> dict[str, str | int] | None:
    """Return what asks for older hits: Algolia shows the first thousand of a search, and no more."""
    if oldest is None or not turn.question:
        return None
    since = "" if turn.since is None else f"created_at_i>{turn.since},"
    return {"numericFilters": f"{since}created_at_i<={oldest}", "page": 0}


def _items(answer: Fields) -> Iterator[Item]:
    for hit in answer.each("hits"):
        number = hit.raw("objectID")
        is_comment = "comment" in hit.lines("_tags") or bool(hit.raw("comment_text"))
        text = hit.markup("comment_text") if is_comment else hit.markup("story_text") or hit.markup("text")
        title = "" if is_comment else hit.line("title") or hit.line("story_title")
        link = "" if is_comment else hit.line("url")
        if title or text:
            yield Item(
                title=title,
                text="\n".join(part for part in (text, link) if part),
                url=_SITE + number if number.isdigit() else None,
                guid=number[:100] or None,
                author=hit.line("author") or None,
                published=hit.moment("created_at_i") or hit.moment("created_at"),
                kind="comment" if is_comment else "post",
                metrics=hit.metrics(points="points", comments="num_comments"),
            )


def _official(entry: Fields) -> Iterator[Item]:
    """Yield an item of the official API."""
    text, title, number = entry.markup("text"), entry.line("title"), entry.raw("id")
    if entry.is_true("deleted") or entry.is_true("dead") or not (title or text):
        return
    yield Item(
        title=title,
        text="\n".join(part for part in (text, entry.line("url")) if part),
        url=_SITE + number if number.isdigit() else None,
        guid=number[:100] or None,
        author=entry.line("by") or None,
        published=entry.moment("time"),
        kind="comment" if entry.raw("type") == "comment" else "post",
        metrics=entry.metrics(points="score", comments="descendants"),
    )


scraper = HackerNews()
