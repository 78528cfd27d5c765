"""Loads a source's history, page by page, back to a date. Results are values.

History enters the trends at its own dates and alerts nobody: nothing of it is news. What has no date can't be placed
and is left out. Each page is stored with the place where the next one begins, in one transaction, so that a backfill
that was broken off goes on where it stopped. The schedule of the source, its cursors and its health stay as they are.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
from msgspec.structs import replace

from listener import bookmark
from listener.errors import ParseError
from listener.mentions.identity import item_keys
from listener.parts import Parts
from listener.poll_items import new_items, store_items, understand
from listener.searching import back_to
from listener.types import FetchResult, Item, Outcome, Parsed, Request, Source, Validators

#: Longest rest that a host or source may ask for; where it wants a longer one, the backfill stops for now.
PATIENCE = timedelta(minutes=5)
#: Of one request, while its host comes first with others or is in trouble.
TRIES_LIMIT = 4
RETRY_AFTER = timedelta(seconds=30)
#: Worth another try after a rest.
_PASSING = frozenset({Outcome.DEFERRED, Outcome.RATE_LIMITED, Outcome.TIMEOUT, Outcome.CONNECT, Outcome.SERVER_ERROR})
#: How servers end a row of pages that they don't count.
_NO_FURTHER = frozenset({Outcome.NOT_FOUND, Outcome.GONE, Outcome.CLIENT_ERROR})

FindKnown = Callable[[str, Sequence[str]], Mapping[str, int]]


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a backfill has come."""

    requests: int = 0
    #: Dated within the time that was asked for; new ones among them.
    items: int = 0
    new_items: int = 0
    mentions: int = 0
    #: Without a date.
    undated: int = 0
    oldest: datetime | None = None
    #: The source has shown how to go further back than its first answers.
    pages_back: bool = False
    #: Goes on from where an earlier run was broken off.
    resumed: bool = False
    #: An earlier run was broken off at a place that the source no longer knows, so this one began with now.
    place_lost: bool = False
    #: Why it stopped before its end; "" where it came to it.
    stopped: str = ""


class Backfill:
    """One source's past, read until a date. For one thread."""

    def __init__(
        self,
        source: Source,
        since: datetime,
        parts: Parts,
        *,
        sleep: Callable[[float], None],
        find_known: FindKnown | None = None,
    ) -> None:
        """Take what a poll takes. `find_known` knows items that are stored elsewhere, for a trial that stores nothing.

        `sleep` waits seconds.
        """
        self._source = source
        self._since = since
        self._parts = parts
        self._sleep = sleep
        self._find_known = find_known or parts.store.find_known
        self._scraper = parts.scrapers.get(source.scraper)
        self._first = self._begins(since)
        self._queue: deque[Request] = deque()
        #: What an earlier run left, without the headers that signing in is to give.
        self._unsigned: tuple[Request, ...] = ()
        #: The headers that signing in gave.
        self._session: Mapping[str, str] | None = None
        #: The first request of what an earlier run left, until its answer shows that the source still knows the place.
        self._doubtful: tuple[str, bytes | None] | None = None
        self._asked: set[tuple[str, bytes | None]] = set()
        self.progress = Progress()

    def run(self, *, limit: int, anew: bool = False, told: Callable[[Progress], None] = lambda _: None) -> Progress:
        """Read page after page, `limit` requests at most; call `told` after each. Raises StorageError.

        `anew` begins with now, also where an earlier run was broken off.
        """
        with self._parts.store.write() as tx:
            tx.keep_source(self._source, self._parts.clock())
        self._begin(None if anew else self._left())
        while self._queue:
            if self.progress.requests >= limit:
                self._stop(f"{limit:,} requests were made")
                break
            request = self._queue.popleft()
            self._asked.add(_identity(request))
            parsed = self._ask(request)
            if parsed is None:
                self._queue.appendleft(request)
                break
            if self._doubtful == _identity(request):
                self._doubtful = None
                if not parsed.items:
                    self._begin(None)
                    self.progress = replace(self.progress, place_lost=True)
                    continue
            self._store(request, parsed)
            told(self.progress)
            if parsed.rest is not None and self._queue and not self._rested(parsed.rest, "the source"):
                break
        return self.progress

    def _left(self) -> bookmark.Left | None:
        kept = self._parts.store.find_meta(_key(self._source))
        return bookmark.from_text(kept, self._since, self._begins)

    def _begin(self, left: bookmark.Left | None) -> None:
        """Begin where an earlier run was broken off; None: with now."""
        self._asked.clear()
        self._unsigned = left.requests if left is not None and left.signs_in else ()
        self._queue = deque(self._first if left is None or left.signs_in else left.requests)
        self._doubtful = None if left is None else _identity(left.requests[0])
        self._trust(self._first)
        self.progress = replace(self.progress, resumed=left is not None)

    def _trust(self, questions: Iterable[Request]) -> None:
        """Doubt no place that is the beginning of a question: it finds nothing where nobody wrote of it."""
        if any(_identity(question) == self._doubtful for question in questions):
            self._doubtful = None

    def _stop(self, why: str) -> None:
        self.progress = replace(self.progress, stopped=why)

    def _ask(self, request: Request) -> Parsed | None:
        """Return what a request brought; nothing of it where the row of pages ends; None where the backfill stops."""
        for attempt in range(TRIES_LIMIT):
            result = self._parts.fetcher.fetch(request, Validators(), under_way=True)
            self.progress = replace(self.progress, requests=self.progress.requests + 1)
            if result.outcome not in _PASSING or attempt == TRIES_LIMIT - 1:
                break
            if not self._rested(result.retry_after or RETRY_AFTER, "its host"):
                return None
        return self._read(result)

    def _read(self, result: FetchResult) -> Parsed | None:
        if result.outcome in _NO_FURTHER and result.request not in self._first:
            return Parsed()
        if result.response is None:
            self._stop(result.detail or result.outcome.value)
            return None
        try:
            parsed = self._scraper.parse(result.response, self._source)
        except ParseError as error:
            if result.request not in self._first:
                return Parsed()  # some answer with a page of words where their pages end
            self._stop(str(error))
            return None
        if parsed.facts is not None:
            self._stop("a page shows what it says now, and nothing of its past")
            return None
        return parsed

    def _rested(self, wanted: timedelta, who: str) -> bool:
        """Wait, unless it would take too long: then stop, and say until when."""
        if wanted > PATIENCE:
            until = self._parts.clock() + wanted
            self._stop(f"{who} must not be contacted until {until:%Y-%m-%d %H:%M} UTC")
            return False
        self._sleep(wanted.total_seconds())
        return True

    def _store(self, request: Request, parsed: Parsed) -> None:
        """Store what of a page belongs to the time asked for, with the place where the next one begins."""
        source, parts, now = self._source, self._parts, self._parts.clock()
        dated = [item for item in parsed.items if item.published is not None and item.published <= now]
        items = [item for item in dated if item.published is not None and item.published >= self._since]
        keys = item_keys(items)
        known = self._find_known(source.name, [key for own in keys for key in own]) if keys else {}
        found = understand(source, new_items(items, keys, known), parts)
        self._go_on(request, parsed, dated)
        with parts.store.write() as tx:
            # What would be worth an alert is no news.
            store_items(tx, source, found, now, parts, history=True)
            tx.set_meta(_key(source), self._place())
        dates = [item.published for item in items if item.published is not None]
        self.progress = replace(
            self.progress,
            items=self.progress.items + len(items),
            new_items=self.progress.new_items + len(found),
            mentions=self.progress.mentions + sum(len(one.readings) for one in found),
            undated=self.progress.undated + len(parsed.items) - len(dated),
            oldest=min([*dates, *([self.progress.oldest] if self.progress.oldest else [])], default=None),
            pages_back=self.progress.pages_back or bool(parsed.older),
        )

    def _go_on(self, request: Request, parsed: Parsed, dated: Sequence[Item]) -> None:
        """Queue what is to be asked next: older pages, unless all of this one is older than what was asked for."""
        newest = max((item.published for item in dated if item.published is not None), default=None)
        if newest is not None and newest < self._since:
            return
        following = parsed.older or parsed.more
        if parsed.more and request in self._first and parsed.more[0].headers != request.headers:
            self._session = parsed.more[0].headers
            self._trust(parsed.more)
            if self._unsigned:
                left, self._unsigned = bookmark.signed(self._unsigned, parsed.more[0]), ()
                lost = not left
                self.progress = replace(self.progress, resumed=not lost, place_lost=lost)
                following = left or following
        self._queue.extend(one for one in following if _identity(one) not in self._asked)

    def _place(self) -> str | None:
        """Return what is left to ask as text, without secrets; None where nothing is."""
        return bookmark.as_text((*self._queue, *self._unsigned), self._first, self._since, self._session)

    def _begins(self, since: datetime) -> tuple[Request, ...]:
        return tuple(self._scraper.requests(self._source, back_to(since)))


def _identity(request: Request) -> tuple[str, bytes | None]:
    """Return what a request asks, whoever asks it."""
    return request.url, request.body


def _key(source: Source) -> str:
    return f"backfill {source.name}"
