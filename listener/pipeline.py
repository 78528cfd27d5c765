"""Poll one source: fetch, parse, analyse, store. Results are values: one bad source never stops a run.

Knows nothing of threads or schedules; polls share only what is in `Parts`. All results of a poll are stored in one
transaction together with the validators, so a crash before it costs a repeated request, never an item. With more items
than `PORTION`, the first ones are stored in earlier transactions, so that a source with ten thousand new items doesn't
hold up the others.
"""

from __future__ import annotations

import logging
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from listener.alerts import FLOOD_WINDOW
from listener.errors import ParseError
from listener.facts import PageFacts
from listener.lazy import LazyModule
from listener.mentions.identity import item_keys
from listener.parts import Parts
from listener.poll_items import Found, new_items, store_items, understand
from listener.schedule import Polled, after_poll, rhythm_of
from listener.storage import Transaction
from listener.types import (
    Alert,
    FetchResult,
    Hub,
    Item,
    Outcome,
    Request,
    Response,
    Source,
    SourceState,
    Validators,
)

if TYPE_CHECKING:
    from listener import poll_page
    from listener.pages import notices
else:
    poll_page = LazyModule("listener.poll_page")
    notices = LazyModule("listener.pages.notices")

log = logging.getLogger(__name__)

#: Detail of a poll whose response ended early.
BROKEN_OFF = (
    "The response was incomplete. The next poll requests all of it again; if this persists, look for a shorter feed on "
    "the site."
)
#: Items that one poll reads, and stores, before others have their turn: some seconds' work at the most.
PORTION = 250
#: Requests of one poll, next pages included.
REQUESTS_LIMIT = 20


class PollResult(msgspec.Struct, frozen=True, kw_only=True):
    """The result of polling one source, for the log and the terminal."""

    source: str
    outcome: Outcome
    detail: str = ""
    requests: int = 0
    items: int = 0
    new_items: int = 0
    mentions: int = 0
    #: Of a page, reported with this poll.
    changes: int = 0
    alerts: int = 0
    elapsed: timedelta = timedelta(0)
    #: False: the host was to be left alone, and nothing was sent to it.
    asked: bool = True
    #: The source's hub, where this poll's response names one.
    hub: Hub | None = None
    #: When the source is polled next; None for what isn't polled.
    due_at: datetime | None = None

    @property
    def worked(self) -> bool:
        """Whether the source answered, with or without new content."""
        return self.outcome in (Outcome.OK, Outcome.NOT_MODIFIED)


class Gathered(msgspec.Struct, frozen=True, kw_only=True):
    """The combined results of a poll's requests."""

    items: tuple[Item, ...]
    polled: Polled
    #: That were sent, or would have been but for what they ask for; not those to a host that is to be left alone.
    requests: int
    #: Of a page: the response that its facts were read from, and these.
    page: tuple[Response, PageFacts] | None = None
    hub: Hub | None = None


def poll(source: Source, state: SourceState, parts: Parts) -> PollResult:
    """Poll one source and store the results. Raises StorageError, but nothing that the web can cause."""
    started = parts.clock()
    gathered = gather(source, state, parts)
    now = parts.clock()
    # Nobody waits for a turn at reading who has nothing to read.
    with parts.reader if gathered.items else nullcontext():
        keys = item_keys(gathered.items)
        known = parts.store.find_known(source.name, [key for item in keys for key in item]) if keys else {}
        fresh = new_items(gathered.items, keys, known)
        found = understand(source, fresh[:PORTION], parts)
    history = state.last_success_at is None
    mentions = added = 0
    for start in range(PORTION, len(fresh), PORTION):
        mentions += mentions_in(found)
        added += store_portion(source, found, now, parts, history=history)
        with parts.reader:
            found = understand(source, fresh[start : start + PORTION], parts)
    polled = gathered.polled
    if gathered.items:
        polled = replace(polled, new_items=len(fresh), rhythm=rhythm_of(gathered.items, now))
    watched = None
    if polled.worked and (gathered.page or state.page_state):
        watched = poll_page.look(source, state, gathered.page, parts, now)
    if watched is not None and watched.gone:
        polled = replace(
            polled,
            outcome=Outcome.BLOCKED,
            detail=notices.facts_gone(source.name),
            validators=state.validators,
        )
        watched = None
    after = after_poll(state, source, polled, now, parts.bounds, pushed=parts.pushed(source.name))
    if watched is not None:
        after = poll_page.after_look(after, watched)
    with parts.store.write() as tx:
        alerts = store_items(tx, source, found, now, parts, history=history)
        if watched is not None:
            alerts += poll_page.store_look(tx, source, watched, gathered.page, now, parts)
        trouble, after = parts.rules.source_alerts(source, state, after, now)
        added += add_alerts(tx, [*alerts, *trouble], now, parts)
        if known:
            tx.touch_keys(source.name, list(known), now)
        if polled.outcome is not Outcome.DEFERRED:
            tx.add_coverage(source.name, now, ok=polled.worked, items=len(found))
        tx.save_source(after)
    return PollResult(
        source=source.name,
        outcome=polled.outcome,
        detail=polled.detail,
        requests=gathered.requests,
        items=len(gathered.items),
        new_items=len(fresh),
        mentions=mentions + mentions_in(found),
        changes=len(watched.changes) if watched is not None else 0,
        alerts=added,
        elapsed=now - started,
        asked=gathered.requests > 0 or polled.worked,
        hub=gathered.hub,
        due_at=after.due_at,
    )


def record(source: Source, item: Item, parts: Parts) -> PollResult:
    """Store one item that wasn't polled, such as a note, adding its source if needed.

    Raises StorageError.
    """
    now = parts.clock()
    keys = item_keys([item])
    with parts.store.write() as tx:
        tx.keep_source(source, now)
        known = tx.find_known(source.name, keys[0])
        found = understand(source, new_items([item], keys, known), parts)
        alerts = store_items(tx, source, found, now, parts, history=False)
        added = add_alerts(tx, alerts, now, parts)
    return PollResult(
        source=source.name,
        outcome=Outcome.OK,
        items=1,
        new_items=len(found),
        mentions=mentions_in(found),
        alerts=added,
    )


def store_portion(source: Source, found: Sequence[Found], now: datetime, parts: Parts, *, history: bool) -> int:
    """Store the first items of a poll, before its remaining ones are analysed; return the number of new alerts.

    The poll itself and its validators are stored with its last items.
    """
    with parts.store.write() as tx:
        alerts = store_items(tx, source, found, now, parts, history=history)
        tx.add_coverage(source.name, now, ok=None, items=len(found))
        return add_alerts(tx, alerts, now, parts)


def mentions_in(found: Sequence[Found]) -> int:
    """Return the number of mentions in items."""
    return sum(len(one.readings) for one in found)


def gather(source: Source, state: SourceState, parts: Parts) -> Gathered:
    """Make the requests of one poll and parse the responses.

    The poll's outcome is its first failure. The results of the other requests are kept, but not their validators, so
    the next poll requests everything again. A failed fetch keeps its own validators, because it may have found that a
    redirect no longer holds. The scraper's state is kept for every parsed response, so that one failing search query
    doesn't keep the others from advancing.
    """
    scraper = parts.scrapers.get(source.scraper)
    queue: deque[Request] = deque(scraper.requests(source, state.scraper_state))
    items: list[Item] = []
    results: list[FetchResult] = []
    validators: dict[str, Validators] = {}
    validators_of_failed: dict[str, Validators] = {}
    scraper_state: dict[str, Any] = {}
    ttl: timedelta | None = None
    page: tuple[Response, PageFacts] | None = None
    #: By address, whether the bytes alone decide what is missing.
    unsure: dict[str, bool] = {}
    missing = False
    lacking = ""
    hub: Hub | None = None
    while queue and len(results) < REQUESTS_LIMIT:
        request = queue.popleft()
        known = state.validators.get(request.url, Validators())
        result = parts.fetcher.fetch(request, known, under_way=bool(results))
        if result.outcome is Outcome.DEFERRED and results:
            # The host has no time for the next page; what the first ones brought is a poll that worked.
            missing = True
            break
        response = result.response
        if response is not None and not result.same_body:
            try:
                with parts.reader:
                    parsed = scraper.parse(response, source)
            except ParseError as error:
                result = replace(result, outcome=Outcome.PARSE, detail=str(error))
            else:
                if parsed.facts is not None and parsed.facts.trouble is not None:
                    detail = notices.detail_of(parsed.facts.trouble)
                    result = replace(result, outcome=Outcome.BLOCKED, detail=detail)
                elif parsed.facts is not None:
                    page = (response, parsed.facts)
                items += parsed.items
                queue.extend(parsed.more)
                if parsed.cut or parsed.more:
                    unsure[request.url] = not parsed.more
                missing = missing or parsed.cut
                lacking = lacking or parsed.missed or (BROKEN_OFF if parsed.cut else "")
                ttl = parsed.rhythm or ttl
                hub = parsed.hub or hub
                scraper_state.update(parsed.state or {})
                for reason in parsed.skipped[:3]:
                    log.info("source=%s skipped=%r", source.name, reason)
        results.append(result)
        validators[request.url] = _kept(result, known)
        if result.response is None and not result.worked:
            validators_of_failed[request.url] = result.validators
    if missing:
        validators |= _unsure(validators, unsure)
    failed = next((result for result in results if not result.worked), None)
    unchanged = all(result.outcome is Outcome.NOT_MODIFIED or result.same_body for result in results)
    return Gathered(
        items=tuple(items),
        requests=sum(result.asked for result in results),
        page=page,
        hub=hub,
        polled=Polled(
            outcome=failed.outcome if failed else Outcome.NOT_MODIFIED if unchanged else Outcome.OK,
            # What broke off has no validators: nothing new means that the same bytes came.
            detail=failed.detail if failed else BROKEN_OFF if unchanged and state.detail == BROKEN_OFF else lacking,
            validators={**state.validators, **validators_of_failed} if failed else validators,
            scraper_state={**state.scraper_state, **scraper_state} if scraper_state else None,
            retry_after=max((r.retry_after for r in results if r.retry_after is not None), default=None),
            fresh_for=max((r.fresh_for for r in results if r.fresh_for is not None), default=None),
            ttl=ttl,
        ),
    )


def _kept(result: FetchResult, known: Validators) -> Validators:
    """Return the validators to keep of a fetch: none of the server's for the bytes that broke off before."""
    if result.response is not None and result.same_body and not (known.etag or known.last_modified):
        return replace(result.validators, etag=None, last_modified=None)
    return result.validators


def _unsure(validators: Mapping[str, Validators], unsure: Mapping[str, bool]) -> dict[str, Validators]:
    """Return the validators to keep of what broke off, or led to pages that were put off.

    With its own the server would say that nothing is new, and what is missing would never come. Broken bytes that come
    again need not be read again.
    """
    return {
        url: replace(validators[url], etag=None, last_modified=None)
        if by_bytes
        else Validators(moved_to=validators[url].moved_to)
        for url, by_bytes in unsure.items()
    }


def add_alerts(tx: Transaction, alerts: Sequence[Alert], now: datetime, parts: Parts) -> int:
    """Store alerts with the due times of their deliveries; return the number of new ones."""
    recent: Counter[str] = Counter()
    due: dict[tuple[str, str], datetime] = {}
    for alert in alerts:
        if alert.rule not in recent:
            recent[alert.rule] = tx.count_alerts(alert.rule, now - FLOOD_WINDOW)
        for channel, at in parts.planner.plan(alert, now, recent=recent[alert.rule]).items():
            due[alert.key, channel] = at
        recent[alert.rule] += 1
    return tx.add_alerts(alerts, due)
