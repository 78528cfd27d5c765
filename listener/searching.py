"""Searches a network for what brands' queries look for, page by page, from where the last poll ended. Pure.

A search finds too much, by design: a query is translated to what the network understands, at best to an OR of
phrases, and what comes back is matched exactly like any other item. What a search must not do is find too little.

Cursors are dates, one for each question. A poll reads backwards from now until it meets what the last one has seen, or
until it has read as many pages as it may; the cursor moves only when it has come to the end. An hour is read twice,
because networks index late; items that are known are not stored again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import msgspec
from msgspec.structs import replace

from listener.types import EMPTY, Item, Parsed, Request, Response, Source

#: How late a network may index what it has published.
OVERLAP = timedelta(hours=1)
#: Before the name of a question, in the state.
_NEWEST = "newest: "
#: The question that was asked last, in the state: the next poll begins after it, so that the last ones have their turn
#: also where there are more of them than a poll may make requests.
_LAST = "last"
#: From when on answers are wanted, in the state, where no poll has been before: see `back_to`.
_BACK_TO = "back to"


class Addressed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Options of a scraper that makes its addresses itself: its sources need no `url`."""


class SearchOptions(Addressed, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Options that all searches have."""

    #: Search for these terms instead of the brands' queries, one search each, in the network's own query syntax.
    ask: tuple[Annotated[str, msgspec.Meta(min_length=1, max_length=500)], ...] = ()


class SiteSearchOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Options of a site that can be read as it is, or searched."""

    #: Use the site's search for what the brands' queries look for, instead of reading everything new.
    search: bool = False
    #: Search for these terms instead, one search each, in its own query syntax.
    ask: Annotated[
        tuple[Annotated[str, msgspec.Meta(min_length=1, max_length=300)], ...], msgspec.Meta(max_length=20)
    ] = ()


class PagedSearchOptions(SearchOptions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Options of searches that read page after page, back to where the last poll ended."""

    #: Maximum pages per poll, if there are more new items than fit into one.
    pages: Annotated[int, msgspec.Meta(ge=1, le=20)] = 3


class Dialect(msgspec.Struct, frozen=True, kw_only=True):
    """How one network's search is asked for a phrase, and for any of several."""

    #: Around each phrase.
    quotes: str = '"'
    #: Between alternatives; None where the search knows no OR: then each is a question of its own.
    either: str | None = " OR "
    #: Characters of a question at most; more alternatives than fit become several questions.
    longest: int = 400

    def questions(self, terms: Iterable[str]) -> tuple[str, ...]:
        """Return the questions that together ask for any of `terms`."""
        asked: list[str] = []
        phrases = dict.fromkeys(phrase for term in terms if (phrase := self._phrase(term)))
        for phrase in phrases:
            joined = f"{asked[-1]}{self.either}{phrase}" if asked and self.either is not None else None
            if joined is not None and len(joined) <= self.longest:
                asked[-1] = joined
            else:
                asked.append(phrase)
        return tuple(asked)

    def _phrase(self, term: str) -> str:
        """Return a term as a phrase. Searches know no `refund*`: the word itself is asked for."""
        words = " ".join(term.replace("*", " ").replace('"', " ").split())[: self.longest - 2 * len(self.quotes)]
        return f"{self.quotes}{words}{self.quotes}" if any(map(str.isalnum, words)) else ""


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """One question and how far its answer has been read. It travels in `Request.tag`."""

    #: In the network's language.
    question: str = ""
    #: Counts from 1.
    page: int = 1
    #: Unix time; None: never asked before, so only the first page is read.
    since: int | None = None
    #: Unix time of the newest item on the pages before.
    newest: int | None = None
    #: How many pages may be read.
    pages: int = 1
    #: Whatever the scraper needs to find again.
    note: str = ""

    @property
    def tag(self) -> str:
        """The turn as text."""
        return msgspec.json.encode(self).decode()

    @property
    def since_moment(self) -> datetime | None:
        """`since` as a date."""
        return None if self.since is None else datetime.fromtimestamp(self.since, UTC)


def turn_of(request: Request) -> Turn:
    """Return the turn that a request was made for; an empty one for a request of another kind."""
    try:
        return msgspec.json.decode(request.tag, type=Turn)
    except (msgspec.MsgspecError, ValueError):
        return Turn()


def turns(source: Source, questions: Sequence[str], state: Mapping[str, Any]) -> Iterator[Turn]:
    """Yield what a poll asks first: each question once, with the time from which its answers are news."""
    options = source.options if isinstance(source.options, PagedSearchOptions) else PagedSearchOptions()
    last = state.get(_LAST)
    start = questions.index(last) + 1 if last in questions else 0
    back = going_back_to(state)
    for question in (*questions[start:], *questions[:start]):
        newest = state.get(_NEWEST + question)
        since = newest - int(OVERLAP.total_seconds()) if isinstance(newest, int) else None
        yield Turn(question=question, since=since if back is None else int(back.timestamp()), pages=options.pages)


def search_requests(
    source: Source,
    questions: Sequence[str],
    state: Mapping[str, Any],
    url_of: Callable[[Turn], str],
    *,
    headers: Mapping[str, str] = EMPTY,
) -> Iterator[Request]:
    """Yield the requests of one poll of a documented API: each question in its turn, or the source's own address."""
    if source.url:
        yield Request(url=source.url, headers=headers, robots=False)
        return
    for turn in turns(source, questions, state):
        yield Request(url=url_of(turn), headers=headers, robots=False, tag=turn.tag)


def searches(options: Any, url: str) -> bool:
    """Return whether a source with these options is asked for what the brands' queries look for."""
    if isinstance(options, SiteSearchOptions):
        return options.search
    return isinstance(options, SearchOptions) and not url


def questions_of(source: Source, dialect: Dialect) -> tuple[str, ...]:
    """Return what a source asks its network: `ask` of its options, or what the brands' queries look for."""
    options = source.options
    if isinstance(options, SearchOptions | SiteSearchOptions) and options.ask:
        return tuple(dict.fromkeys(options.ask))
    return tuple(dict.fromkeys(q for search in source.searches for q in dialect.questions(search.terms)))


def tags_of(source: Source) -> tuple[str, ...]:
    """Return hashtags for what a source searches: the terms of brands' queries, or of `ask`, without what isn't a word.

    `Acme Cloud` is #acmecloud.
    """
    options = source.options
    asked = options.ask if isinstance(options, SearchOptions) else ()
    terms = asked or tuple(term for search in source.searches for term in search.terms)
    tags = ("".join(filter(str.isalnum, term)).lower() for term in terms)
    return tuple(dict.fromkeys(tag for tag in tags if tag and not tag.isdigit()))


def back_to(moment: datetime) -> Mapping[str, Any]:
    """Return the state with which a search asks for everything since `moment`. What it leaves is not to be kept."""
    return {_BACK_TO: int(moment.timestamp())}


def going_back_to(state: Mapping[str, Any]) -> datetime | None:
    """Return since when everything is asked for, of a state made by `back_to`; None of others."""
    moment = state.get(_BACK_TO)
    return datetime.fromtimestamp(moment, UTC) if isinstance(moment, int) else None


def oldest_of(items: Iterable[Item]) -> int | None:
    """Return the Unix time of the oldest item; None where none has a date."""
    return min((int(item.published.timestamp()) for item in items if item.published is not None), default=None)


def page_read(
    response: Response,
    items: Iterable[Item],
    *,
    following: Mapping[str, str | int] | Request | None,
    earlier: Mapping[str, str | int] | Request | None = None,
    rest: timedelta | None = None,
    skipped: tuple[str, ...] = (),
) -> Parsed:
    """Return what one page of an answer, newest first, comes to: its items, and the next page or the cursor.

    `following` holds the parameters that differ on the next page, or is a request like this one for it; None: there is
    none. `earlier` is the same for what is older, where that isn't the next page: networks show some pages of a search
    and no more, but what was before a date can be asked for anew.
    """
    items = tuple(items)
    turn = turn_of(response.request)
    now = int(response.fetched_at.timestamp())
    # A post from the future would hide everything that follows it.
    times = [min(int(item.published.timestamp()), now) for item in items if item.published is not None]
    newest = max((*times, *([] if turn.newest is None else [turn.newest])), default=None)
    more_news = turn.since is not None and bool(times) and min(times) > turn.since
    onward = replace(turn, page=turn.page + 1, newest=newest)
    back = following if earlier is None else earlier
    start = onward if earlier is None else replace(turn, page=1, newest=newest)
    older = () if back is None or not items else (_request_for(response.request, back, start),)
    if more_news and following is not None and turn.page < turn.pages:
        more = _request_for(response.request, following, onward)
        return Parsed(items=items, more=(more,), older=older, rest=rest, skipped=skipped)
    missed = ""
    if more_news and following is not None:
        missed = f"There is more news than fits into {turn.pages} pages: raise `pages`, or ask more often."
    state: dict[str, Any] = {_LAST: turn.question}
    if newest is not None or turn.since is not None:
        state[_NEWEST + turn.question] = max(newest or 0, (turn.since or 0) + int(OVERLAP.total_seconds()))
    return Parsed(
        items=items, older=older, rest=rest, state=state if turn.question else None, skipped=skipped, missed=missed
    )


def _request_for(request: Request, change: Mapping[str, str | int] | Request, turn: Turn) -> Request:
    if isinstance(change, Request):
        return replace(change, tag=turn.tag, conditional=False)
    return replace(request, url=with_parameters(request.url, change), tag=turn.tag, conditional=False)


def with_parameters(url: str, parameters: Mapping[str, str | int]) -> str:
    """Return a URL whose query holds these parameters, in place of those of the same name."""
    split = urlsplit(url)
    kept = [(name, value) for name, value in parse_qsl(split.query, keep_blank_values=True) if name not in parameters]
    return urlunsplit(split._replace(query=urlencode([*kept, *parameters.items()], quote_via=quote)))
