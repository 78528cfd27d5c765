"""Poll one source: fetch, parse, understand, store. Results are values: one bad source never stops a run.

Nothing here knows of threads or schedules, and nothing is shared between two polls but the parts given in `Parts`.
Everything that a poll found is stored in one transaction, with the validators that would keep it from being served
again: a crash before it costs a repeated request, never an item.
"""

from __future__ import annotations

import logging
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from listener.alerts import FLOOD_WINDOW, MentionEvent, Planner, Rules
from listener.errors import ParseError
from listener.mentions.identity import item_keys
from listener.mentions.matcher import Matcher
from listener.mentions.stories import fingerprint, same_story
from listener.mentions.understand import Understander
from listener.schedule import Bounds, Polled, after_poll, rhythm_of
from listener.storage import NewItem, NewMention, Store, Transaction
from listener.types import (
    Alert,
    FetchResult,
    Hit,
    Item,
    Match,
    Outcome,
    Reading,
    Request,
    Scraper,
    Source,
    SourceState,
    Validators,
)

log = logging.getLogger(__name__)

#: Requests of one poll, next pages included.
REQUESTS_LIMIT = 20
#: Copies of a story are looked for this far back.
STORY_WINDOW = timedelta(days=14)
#: Items of these kinds come from a place that is about its brand: nobody names the product in a review of it.
ABOUT_THEIR_BRAND = frozenset({"review", "ticket", "survey", "note", "incident"})


class Fetches(Protocol):
    """What the pipeline needs of a fetcher."""

    def fetch(self, request: Request, validators: Validators, *, under_way: bool) -> FetchResult:
        """Return how the request ended. Raises nothing that the web can cause.

        `under_way` says that the poll has made requests already: it rather waits for its host than being put off.
        """
        ...


class FindsScraper(Protocol):
    """What the pipeline needs of the loaded scrapers."""

    def get(self, name: str) -> Scraper:
        """Return the scraper of that name. Raises PluginError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a poll works with, built once by `listener.app`."""

    store: Store
    fetcher: Fetches
    scrapers: FindsScraper
    matcher: Matcher
    understander: Understander
    rules: Rules
    planner: Planner
    bounds: Bounds
    clock: Callable[[], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class PollResult:
    """What a poll of one source came to, for the log and the screen."""

    source: str
    outcome: Outcome
    detail: str = ""
    requests: int = 0
    items: int = 0
    new_items: int = 0
    mentions: int = 0
    alerts: int = 0
    elapsed: timedelta = timedelta(0)

    @property
    def worked(self) -> bool:
        """Whether the source answered, with news or without."""
        return self.outcome in (Outcome.OK, Outcome.NOT_MODIFIED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """Everything that a poll's requests brought."""

    items: tuple[Item, ...]
    polled: Polled
    requests: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A new item with the keys it is known by, and what it says about each brand."""

    item: Item
    keys: tuple[str, ...]
    readings: tuple[Reading, ...]


def poll(source: Source, state: SourceState, parts: Parts) -> PollResult:
    """Poll one source and store what it brought. Raises StorageError, and nothing that the web can cause."""
    started = parts.clock()
    gathered = gather(source, state, parts)
    now = parts.clock()
    keys = item_keys(gathered.items)
    known = parts.store.find_known(source.name, [key for item in keys for key in item]) if keys else {}
    found = understand(source, new_items(gathered.items, keys, known), parts)
    polled = replace(gathered.polled, new_items=len(found), rhythm=rhythm_of(gathered.items, now))
    after = after_poll(state, source, polled, now, parts.bounds)
    with parts.store.write() as tx:
        alerts = store_items(tx, source, found, now, parts, history=state.last_success_at is None)
        trouble, after = parts.rules.source_alerts(source, state, after, now)
        added = add_alerts(tx, [*alerts, *trouble], now, parts)
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
        new_items=len(found),
        mentions=sum(len(one.readings) for one in found),
        alerts=added,
        elapsed=now - started,
    )


def gather(source: Source, state: SourceState, parts: Parts) -> Gathered:
    """Make the requests of one poll and parse the answers.

    The poll fails with its first failure; what the other requests brought is kept, but neither their validators nor
    the scraper's new state, so that the next poll asks for everything again. A failed fetch keeps what it says itself:
    it may have learned that a redirect no longer holds.
    """
    scraper = parts.scrapers.get(source.scraper)
    queue: deque[Request] = deque(scraper.requests(source, state.scraper_state))
    items: list[Item] = []
    results: list[FetchResult] = []
    validators: dict[str, Validators] = {}
    validators_of_failed: dict[str, Validators] = {}
    scraper_state: Mapping[str, Any] | None = None
    ttl: timedelta | None = None
    while queue and len(results) < REQUESTS_LIMIT:
        request = queue.popleft()
        known = state.validators.get(request.url, Validators())
        result = parts.fetcher.fetch(request, known, under_way=bool(results))
        if result.outcome is Outcome.DEFERRED and results:
            # The host has no time for the next page; what the first ones brought is a poll that worked.
            break
        if result.response is not None and not result.same_body:
            try:
                parsed = scraper.parse(result.response, source)
            except ParseError as error:
                result = replace(result, outcome=Outcome.PARSE, detail=str(error))
            else:
                items += parsed.items
                queue.extend(parsed.more)
                ttl = parsed.rhythm or ttl
                scraper_state = parsed.state if parsed.state is not None else scraper_state
                for reason in parsed.skipped[:3]:
                    log.info("source=%s skipped=%r", source.name, reason)
        results.append(result)
        validators[request.url] = result.validators
        if result.response is None and not result.worked:
            validators_of_failed[request.url] = result.validators
    failed = next((result for result in results if not result.worked), None)
    unchanged = all(result.outcome is Outcome.NOT_MODIFIED or result.same_body for result in results)
    return Gathered(
        items=tuple(items),
        requests=len(results),
        polled=Polled(
            outcome=failed.outcome if failed else Outcome.NOT_MODIFIED if unchanged else Outcome.OK,
            detail=failed.detail if failed else "",
            validators={**state.validators, **validators_of_failed} if failed else validators,
            scraper_state=None if failed else scraper_state,
            retry_after=max((r.retry_after for r in results if r.retry_after is not None), default=None),
            fresh_for=max((r.fresh_for for r in results if r.fresh_for is not None), default=None),
            ttl=ttl,
        ),
    )


def new_items(
    items: Sequence[Item], keys: Sequence[tuple[str, ...]], known: Mapping[str, int]
) -> list[tuple[Item, tuple[str, ...]]]:
    """Return the items of which no key is known, each once, with their keys."""
    seen: set[str] = set()
    fresh: list[tuple[Item, tuple[str, ...]]] = []
    for item, own in zip(items, keys, strict=True):
        if not any(key in known or key in seen for key in own):
            fresh.append((item, own))
        seen.update(own)
    return fresh


def understand(source: Source, items: Sequence[tuple[Item, tuple[str, ...]]], parts: Parts) -> list[Found]:
    """Find whose mention each item is and read it for each of these brands."""
    found = []
    for item, keys in items:
        readings = (parts.understander.read(item, match, source) for match in matches(source, item, parts.matcher))
        found.append(Found(item=item, keys=keys, readings=tuple(one for one in readings if one is not None)))
    return found


def matches(source: Source, item: Item, matcher: Matcher) -> Sequence[Match]:
    """Return the brands that an item is about: by their queries, or because the source is about one of them."""
    if source.brand is not None and item.kind in ABOUT_THEIR_BRAND:
        hit = Hit(field="source", start=0, end=0, term=source.name)
        return [Match(brand=source.brand, hits=(hit,))]
    return matcher.match(item, source, only=source.brand)


def store_items(
    tx: Transaction, source: Source, found: Sequence[Found], now: datetime, parts: Parts, *, history: bool
) -> list[Alert]:
    """Store new items with their mentions and stories, and return what is worth an alert.

    `history` says that the source answered for the first time: its items without a date may be of any age.
    """
    if not found:
        return []
    ids = tx.add_items(source.name, [new_item(source, one, now) for one in found], now)
    mentions: list[tuple[Item, NewMention]] = []
    told: dict[int, set[str]] = {}
    for item_id, one in zip(ids, found, strict=True):
        if not one.readings:
            continue
        at = moment_of(one.item, now)
        story_id = find_story(tx, one.item, at)
        if story_id not in told:
            told[story_id] = set(tx.brands_of_stories([story_id]).get(story_id, ()))
        for reading in one.readings:
            first = reading.brand not in told[story_id]
            told[story_id].add(reading.brand)
            mention = NewMention(
                item_id=item_id, source=source.name, reading=reading, story_id=story_id, at=at, first_of_story=first
            )
            mentions.append((one.item, mention))
    mention_ids = tx.add_mentions([mention for _, mention in mentions], now)
    return [
        alert
        for mention_id, (item, mention) in zip(mention_ids, mentions, strict=True)
        for alert in parts.rules.mention_alerts(event_of(mention, mention_id, item, source, now, history=history), now)
    ]


def new_item(source: Source, found: Found, now: datetime) -> NewItem:
    """Return what the store needs of an item; the answers of a survey count for the source's brand."""
    return NewItem(item=found.item, keys=found.keys, brand=source.brand, at=moment_of(found.item, now))


def event_of(
    mention: NewMention, mention_id: int, item: Item, source: Source, now: datetime, *, history: bool
) -> MentionEvent:
    """Return what the rules look at."""
    assert mention.story_id is not None
    return MentionEvent(
        reading=mention.reading,
        item=item,
        source=source,
        mention_id=mention_id,
        story_id=mention.story_id,
        first_of_story=mention.first_of_story,
        seen_at=now,
        history=history,
    )


def add_alerts(tx: Transaction, alerts: Sequence[Alert], now: datetime, parts: Parts) -> int:
    """Store alerts with the moments of their deliveries; return how many are new."""
    recent: Counter[str] = Counter()
    due: dict[tuple[str, str], datetime] = {}
    for alert in alerts:
        if alert.rule not in recent:
            recent[alert.rule] = tx.count_alerts(alert.rule, now - FLOOD_WINDOW)
        for channel, at in parts.planner.plan(alert, now, recent=recent[alert.rule]).items():
            due[alert.key, channel] = at
        recent[alert.rule] += 1
    return tx.add_alerts(alerts, due)


def moment_of(item: Item, now: datetime) -> datetime:
    """Return the moment at which an item enters the trends: when it was published, unless that lies ahead."""
    return item.published if item.published is not None and item.published <= now else now


def find_story(tx: Transaction, item: Item, at: datetime) -> int:
    """Return the story that an item belongs to: one that is there, or a new one."""
    mark = fingerprint(item.title, item.text)
    if mark is None:
        # Too little text to have copies.
        return tx.add_story(b"", (), at, item.title)
    for story in tx.story_candidates(mark.bands, at - STORY_WINDOW):
        if same_story(mark.signature, story.signature):
            tx.join_story(story.id, at)
            return story.id
    return tx.add_story(mark.signature, mark.bands, at, item.title)
