"""A write transaction: everything that one poll, delivery or correction changes, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from listener.facts import Change, PageFacts
from listener.lazy import lazy_modules
from listener.storage import outbox, sources
from listener.storage.additions import NewItem, NewMention, Story
from listener.storage.meta import set_meta
from listener.storage.prepared import Prepared
from listener.storage.timestamps import hour_of, stamp
from listener.types import Alert, Delivery, HostState, Source, SourceState

if TYPE_CHECKING:
    from listener.storage import items, mentions, pages, revision, scores, stories, tables
    from listener.storage.records import ChangeStatus
    from listener.storage.revision import NewReading, Revised
else:
    # Most polls bring no items.
    items, mentions, pages, revision, scores, stories, tables = lazy_modules(
        "listener.storage", "items mentions pages revision scores stories tables"
    )

LAST_ID = {
    "items": Prepared(lambda _: sa.select(sa.func.max(tables.items.c.id))),
    "mentions": Prepared(lambda _: sa.select(sa.func.max(tables.mentions.c.id))),
    "stories": Prepared(lambda _: sa.select(sa.func.max(tables.stories.c.id))),
}


class SourceIds:
    """The ids of sources by name. A source is never deleted, so an id once read holds."""

    def __init__(self) -> None:
        self._ids: dict[str, int] = {}

    def get(self, connection: sa.Connection, name: str) -> int:
        """Return a source's id. Raises StorageError for one that was never in the settings."""
        if name not in self._ids:
            # All at once: each will be asked for, and ten thousand are read as quickly as a hundred one by one.
            self._ids = sources.source_ids(connection)
        if name not in self._ids:
            raise sources.unknown_source(name)
        return self._ids[name]

    def forget(self) -> None:
        """Forget all: what was read in a transaction that is rolled back doesn't hold."""
        self._ids = {}


class Transaction:
    """Writes of one transaction. Made by `Store.write`, and of no use after it has ended."""

    def __init__(self, connection: sa.Connection, source_ids: SourceIds, queue: Callable[[], stories.Queue]) -> None:
        self._connection = connection
        self._source_ids = source_ids
        self._queue = queue
        self._likely: stories.Likely | None = None
        self._last_ids: dict[str, int] = {}

    def _take_ids(self, table: str, count: int) -> int:
        """Return the first of `count` ids that nothing has. The newest row is never deleted, so none comes again."""
        last = self._last_ids.get(table)
        if last is None:
            [(newest,)] = LAST_ID[table].read(self._connection, {})
            last = newest or 0
        self._last_ids[table] = last + count
        return last + 1

    # --- sources and hosts

    def sync_sources(self, wanted: Sequence[Source], now: datetime, *, spread: timedelta) -> None:
        """Do what `Store.sync_sources` does, in this transaction."""
        sources.sync_sources(self._connection, wanted, now, spread=spread)

    def save_source(self, state: SourceState) -> None:
        """Write what a poll learned. Raises StorageError for a source that was never in the settings."""
        sources.save_source(self._connection, state)

    def reschedule(self, names: Collection[str], due_at: datetime) -> int:
        """Let sources be due at a moment, also those that were stopped; return how many."""
        return sources.reschedule(self._connection, names, due_at)

    def hasten(self, names: Collection[str], due_at: datetime) -> int:
        """Let sources be due at a moment that would be due later, but those that were stopped; return how many."""
        return sources.hasten(self._connection, names, due_at)

    def save_host(self, state: HostState) -> None:
        """Write what was learned of a host."""
        sources.save_host(self._connection, state)

    def add_coverage(self, source: str, at: datetime, *, ok: bool | None, items: int) -> None:
        """Count a poll in its hour: whether it worked, and how many items it brought.

        None: it hasn't ended yet, and the items alone count.
        """
        source_id = self._source_ids.get(self._connection, source)
        sources.add_coverage(self._connection, source_id, hour_of(stamp(at)), ok=ok, items=items)

    def keep_source(self, source: Source, now: datetime) -> None:
        """Make sure that a source is known which is never polled."""
        sources.keep_source(self._connection, source, now)

    # --- items

    def find_known(self, source: str, keys: Iterable[str]) -> dict[str, int]:
        """Return those of the keys that the source has shown before, with the id of the item."""
        return items.find_known(self._connection, self._source_ids.get(self._connection, source), keys)

    def add_items(self, source: str, new: Sequence[NewItem], now: datetime) -> list[int]:
        """Store items first seen now, and count survey answers among them; return their ids in order."""
        if not new:
            return []
        source_id = self._source_ids.get(self._connection, source)
        first = self._take_ids("items", len(new))
        items.add_items(self._connection, source_id, new, first, now)
        tally = None
        for entry in new:
            metric = items.survey_of(entry)
            if metric is not None and entry.brand is not None and entry.item.rating is not None:
                tally = tally or scores.ScoreTally()
                tally.add(
                    scores.Answer(
                        at=stamp(entry.at or now),
                        brand=entry.brand,
                        source_id=source_id,
                        metric=metric,
                        rating=entry.item.rating,
                        rating_max=entry.item.rating_max,
                        segment=entry.item.segment,
                    )
                )
        if tally is not None:
            tally.write(self._connection)
        return list(range(first, first + len(new)))

    def touch_keys(self, source: str, keys: Iterable[str], now: datetime) -> None:
        """Mark items as still served by their source, so that retention doesn't forget them.

        To be called with all keys of each parsed response; writes once a day.
        """
        items.touch_keys(self._connection, self._source_ids.get(self._connection, source), keys, now)

    # --- mentions and stories

    def add_mentions(self, new: Sequence[NewMention], now: datetime) -> list[int]:
        """Store mentions first seen now, count them in the trends, and return their ids in order.

        An item has one mention of a brand: a second one breaks the transaction.
        """
        if not new:
            return []
        first = self._take_ids("mentions", len(new))
        source_ids = {entry.source: self._source_ids.get(self._connection, entry.source) for entry in new}
        mentions.add_mentions(self._connection, new, source_ids, first, now)
        return list(range(first, first + len(new)))

    def revise(self, new: Sequence[NewReading]) -> list[Revised]:
        """Let mentions be what is new of them, under what persons said; return each before and after.

        Mentions that are gone are left out. Raises ValueError for the reading of another brand.
        """
        return revision.revise(self._connection, new)

    def correct(self, mention_id: int, said: Mapping[str, object], *, at: datetime, by: str) -> Revised:
        """Keep what a person said of a mention, by field of `Correction`, and let it count at once.

        None as a value takes back what was said. Raises StorageError where there is no such mention, or no such story.
        """
        return revision.add_corrections(self._connection, mention_id, said, at=at, by=by)

    def add_story_of(self, mention_id: int) -> int:
        """Store a story for one mention that a person takes out of another; return its id.

        Nothing joins it by being like it. Raises StorageError where there is no such mention.
        """
        at, title = revision.told_by(self._connection, mention_id)
        return self.add_story(b"", (), at, title)

    def set_meta(self, key: str, value: str | None) -> None:
        """Keep a fact by its name; None forgets it."""
        set_meta(self._connection, key, value)

    def mentions_of_items(self, item_ids: Sequence[int]) -> dict[int, dict[str, int | None]]:
        """Return by item the brands that it is a mention of, each with the mention's story."""
        return mentions.mentions_of_items(self._connection, item_ids)

    def look_up_bands(self, bands: Iterable[int]) -> None:
        """Read at once what `story_candidates` will be asked of many items."""
        self._likely_stories().read(bands)

    def story_candidates(self, bands: Sequence[int], since: datetime) -> list[Story]:
        """Return stories that share a band and have items at or after `since`, the newest first."""
        return self._likely_stories().find(bands, since)

    def add_story(self, signature: bytes, bands: Sequence[int], at: datetime, title: str) -> int:
        """Store a story with one item so far; return its id."""
        story_id = self._take_ids("stories", 1)
        self._likely_stories()
        stories.add_story(self._connection, self._queue(), story_id, signature, bands, at, title)
        return story_id

    def _likely_stories(self) -> stories.Likely:
        """Return what finds stories; the queue of bands was read then."""
        if self._likely is None:
            queue = self._queue()
            queue.read(self._connection)
            self._likely = stories.Likely(self._connection, queue)
        return self._likely

    def join_story(
        self, story_id: int, at: datetime, signature: bytes | None = None, bands: Sequence[int] = ()
    ) -> None:
        """Count one more item of a story; a new `signature` of the story comes with the `bands` of the item."""
        stories.join_story(self._connection, story_id, at)
        self._likely_stories().joined(story_id, at, signature, bands)

    def brands_of_stories(self, story_ids: Collection[int]) -> dict[int, frozenset[str]]:
        """Return the brands that each story has mentions of: a brand that isn't there gets its first one."""
        return stories.brands_of_stories(self._connection, story_ids)

    def voices_of_story(self, story_id: int, source: str) -> list[tuple[str | None, str | None]]:
        """Return author and address of one source's items of a story, a hundred at most."""
        return stories.voices_of_story(self._connection, story_id, self._source_ids.get(self._connection, source))

    # --- pages

    def add_snapshot(
        self, source: str, *, url: str, taken_at: datetime, body_hash: str, body: bytes, headers: Mapping[str, str]
    ) -> int:
        """Store a version of a page, or mark the newest as still there when its bytes are the same; return its id."""
        source_id = self._source_ids.get(self._connection, source)
        return pages.add_snapshot(self._connection, source_id, url, taken_at, body_hash, body, headers)

    def add_changes(
        self, source: str, brand: str | None, url: str, changes: Sequence[Change], at: datetime, status: ChangeStatus
    ) -> list[int]:
        """Store changes of a page; return their ids."""
        source_id = self._source_ids.get(self._connection, source)
        return pages.add_changes(self._connection, source_id, brand, url, changes, at, status)

    def set_change_status(self, change_ids: Sequence[int], status: ChangeStatus, at: datetime) -> None:
        """Say what became of changes that waited for a second look."""
        pages.set_change_status(self._connection, change_ids, status, at)

    def save_facts(self, source: str, brand: str | None, facts: PageFacts, at: datetime) -> None:
        """Enter a page's prices, copy and answers into their ledgers."""
        source_id = self._source_ids.get(self._connection, source)
        pages.save_prices(self._connection, source_id, brand, facts.plans, at)
        pages.save_claims(self._connection, source_id, brand, facts.copy, at)
        pages.save_answers(self._connection, source_id, brand, facts.questions, at)

    def renew_snapshot(self, source: str, body_hash: str, at: datetime) -> None:
        """Store a version of a page again as its newest: it went back to that."""
        pages.renew_snapshot(self._connection, source, body_hash, at)

    def drop_snapshots(self, source: str, body_hash: str) -> None:
        """Let go of a version of a page."""
        pages.drop_snapshots(self._connection, self._source_ids.get(self._connection, source), body_hash)

    def touch_facts(self, source: str, stood_at: datetime, at: datetime) -> None:
        """Note that everything that a page said at one moment still stands there at another."""
        pages.touch_facts(self._connection, self._source_ids.get(self._connection, source), stood_at, at)

    # --- alerts

    def add_alerts(self, alerts: Sequence[Alert], due: Mapping[tuple[str, str], datetime] = outbox.AT_ONCE) -> int:
        """Store alerts with a delivery for each of their channels; return how many were new.

        An alert whose key is known changes nothing. `due` says by (key, channel) when a delivery goes out; one that
        isn't named there is due when the alert was created.
        """
        return outbox.add_alerts(self._connection, alerts, due)

    def count_alerts(self, rule: str, since: datetime) -> int:
        """Return how many alerts a rule has made since a moment."""
        return outbox.count_alerts(self._connection, rule, since)

    def told_since(self, rule: str, thread: str, since: datetime) -> bool:
        """Say whether a rule has made an alert in a thread since a moment."""
        return outbox.told_since(self._connection, rule, thread, since)

    def take_batch(self, channel: str, now: datetime, limit: int) -> list[Delivery]:
        """Return the deliveries of one message, and remember that they belong together.

        One that was begun before, and not finished, comes first and as it was.
        """
        return outbox.take_batch(self._connection, channel, now, limit)

    def mark_sent(self, delivery_ids: Sequence[int], now: datetime, error: str = "") -> int:
        """Mark deliveries as handed over; return how many were still waiting.

        `error` says which receivers were refused for good, if any.
        """
        return outbox.mark_sent(self._connection, delivery_ids, now, error)

    def mark_retry(
        self, delivery_ids: Sequence[int], due_at: datetime, error: str, delivered_to: Sequence[str] = ()
    ) -> int:
        """Put deliveries off after a failed attempt; return how many were still waiting.

        `delivered_to` are the receivers who have them nevertheless.
        """
        return outbox.mark_retry(self._connection, delivery_ids, due_at, error, delivered_to)

    def mark_dead(self, delivery_ids: Sequence[int], error: str) -> int:
        """Give deliveries up after a failed attempt; return how many were still waiting."""
        return outbox.mark_dead(self._connection, delivery_ids, error)

    def requeue_dead(self, delivery_ids: Sequence[int] | None, due_at: datetime) -> int:
        """Let dead deliveries (None: all) wait again, with their attempts forgotten; return how many."""
        return outbox.requeue_dead(self._connection, delivery_ids, due_at)

    def hurry_failed(self, delivery_ids: Sequence[int] | None, due_at: datetime) -> int:
        """Let deliveries that wait after a failure (None: all) wait until `due_at` only; return how many."""
        return outbox.hurry_failed(self._connection, delivery_ids, due_at)

    def hurry_channel(self, channel: str, due_at: datetime) -> int:
        """Let what waits on a channel after a failure wait until `due_at` at the most; return how much it was."""
        return outbox.hurry_channel(self._connection, channel, due_at)
