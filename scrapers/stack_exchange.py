"""Stack Exchange: questions on Stack Overflow and its sister sites, by search.

Format: https://api.stackexchange.com/docs/advanced-search. Without a key, three hundred requests a day are allowed per
IP address; the `key` of your own app (https://stackapps.com/apps/oauth/register) raises that to ten thousand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import quote

import msgspec

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
)
from listener.types import Item, Parsed, Request, Response, Source
from listener.urls import absolute

_API = "https://api.stackexchange.com/2.3/search/advanced"
_PER_PAGE = 100
#: The search knows phrases but no OR.
_DIALECT = Dialect(either=None, longest=200)


class Options(PagedSearchOptions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Options of a search on Stack Exchange."""

    #: Sites as the API names them: "stackoverflow", "serverfault", "superuser", ...
    sites: tuple[Annotated[str, msgspec.Meta(pattern=r"^[a-z.]{2,60}$")], ...] = ("stackoverflow",)
    #: Key of your app. It isn't secret, as it is part of each request's URL.
    key: Annotated[str, msgspec.Meta(pattern=r"^[\x21-\x7e]{0,100}$")] = ""


class StackExchange:
    """Reads questions."""

    name = "stack-exchange"
    version = 1
    Options = Options

    def requests(self, source: Source, state: Mapping[str, Any]) -> Iterable[Request]:
        """Ask each site for each name in the brands' queries."""
        options = source.options if isinstance(source.options, Options) else Options()
        asked = [f"{site}: {question}" for site in options.sites for question in questions_of(source, _DIALECT)]
        return search_requests(source, asked, state, lambda turn: _url(turn, options))

    def parse(self, response: Response, source: Source) -> Parsed:
        """Read one page of questions, answers or comments. Raises ParseError for anything else."""
        answer = read_json(response)
        if answer.raw("error_id"):
            raise ParseError(f"Stack Exchange says: {answer.line('error_message')[:200]!r}")
        if not answer.within("items").is_list():
            raise ParseError("JSON without a list of items: not a response of Stack Exchange")
        page = turn_of(response.request).page
        # `backoff` asks to wait before the same is asked again: the next poll will.
        backoff = answer.number("backoff")
        more = answer.is_true("has_more")
        read = [_item(entry) for entry in _entries(answer)]
        items = [item for item in read if item is not None]
        empty = len(read) - len(items)
        skipped = (f"{empty} of {len(read)} entries have no words",) if empty else ()
        oldest = oldest_of(items)
        return page_read(
            response,
            items,
            following={"page": page + 1} if more and backoff is None else None,
            # Without a key no page beyond the 25th is shown.
            earlier={"todate": oldest, "page": 1} if more and oldest is not None else None,
            rest=timedelta(seconds=min(backoff, 86_400)) if backoff is not None and backoff > 0 else None,
            skipped=skipped,
        )


def _url(turn: Turn, options: Options) -> str:
    site, _, question = turn.question.partition(": ")
    url = f"{_API}?site={site}&q={quote(question)}&sort=creation&order=desc&filter=withbody&pagesize={_PER_PAGE}"
    url += f"&key={quote(options.key, safe='')}" if options.key else ""
    return url if turn.since is None else f"{url}&fromdate={turn.since}"


def _entries(answer: Fields) -> Iterator[Fields]:
    """Yield questions, and below each its answers and comments where the answer has them."""
    for entry in answer.each("items"):
        yield entry
        for name in ("answers", "comments"):
            yield from entry.each(name)


def _item(entry: Fields) -> Item | None:
    number = entry.raw("answer_id") or entry.raw("comment_id") or entry.raw("question_id")
    title = " ".join(entry.markup("title").split("\n"))[:1000]
    text = entry.markup("body") or entry.markup("body_markdown") or entry.markup("excerpt")
    is_question = not (entry.raw("answer_id") or entry.raw("comment_id"))
    if not number or not (text or (title and is_question)):
        return None
    return Item(
        title=title if is_question else "",
        text=text,
        url=absolute(entry.raw("link")),
        guid=(entry.raw("link") or number)[:1000],
        author=" ".join(entry.markup("owner", "display_name").split("\n"))[:200] or None,
        published=entry.moment("creation_date"),
        updated=entry.moment("last_edit_date"),
        kind="post" if is_question else "comment",
        categories=entry.lines("tags"),
        metrics=entry.metrics(points="score", views="view_count", answers="answer_count", comments="comment_count"),
    )


scraper = StackExchange()
