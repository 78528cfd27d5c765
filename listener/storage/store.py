"""The store: one database with one writer at a time; readers never wait for it."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from listener.errors import DatabaseCorrupt, StorageError
from listener.lazy import lazy_modules
from listener.storage import clock, locks, outbox, sources
from listener.storage.direct import begin, commit, rollback
from listener.storage.engine import SNAPSHOT, WRITER_CACHE, WRITING, close_all, engine_of, name_of, url_of
from listener.storage.meta import get_meta, list_meta
from listener.storage.migrate import migrate
from listener.storage.transaction import SourceIds, Transaction
from listener.types import Delivery, DeliveryStatus, HostState, Source, SourceState

if TYPE_CHECKING:
    from listener.insights.health import Yield
    from listener.insights.series import CoverageHour, TrendHour
    from listener.storage import (
        backup,
        hours,
        items,
        listing,
        page_reads,
        pains,
        rebuild,
        records,
        retention,
        review,
        status,
        stories,
        yields,
    )
    from listener.storage.retention import Retained
else:
    # What people ask for, what is done once a day, and what news needs; other polls need none of it.
    backup, hours, items, listing, page_reads, pains, rebuild, retention = lazy_modules(
        "listener.storage", "backup hours items listing page_reads pains rebuild retention"
    )
    review, status, stories, yields = lazy_modules("listener.storage", "review status stories yields")

#: Between two steps of retention.
PAUSE_SECONDS = 0.001


class Store:
    """An open database. Thread-safe; call `close` when done."""

    def __init__(self, engine: sa.Engine, name: str) -> None:
        self._engine = engine
        #: What to call the database in messages: a file, or a URL without its password.
        self.name = name
        self._writer = engine.connect()
        if engine.dialect.name == "sqlite":
            self._writer.exec_driver_sql(WRITER_CACHE)
            self._writer.rollback()
        self._writer = self._writer.execution_options(**WRITING)
        self._lock = threading.Lock()
        self._writing_thread: int | None = None
        self._source_ids = SourceIds()
        #: Made for the first mention.
        self._queue: stories.Queue | None = None
        #: Those of which something is saved: most hosts give nothing to remember, and are not looked up.
        self._hosts: set[str] | None = None

    @classmethod
    def open(cls, url: str | Path, *, now: datetime, must_exist: bool = False) -> Store:
        """Open a database, given as a file or a PostgreSQL URL, and migrate it to the current version.

        A missing file is created, unless it `must_exist`. If the clock was set back since the last use, due times that
        lie too far ahead are corrected.
        Raises StorageError: DatabaseNewer, DatabaseCorrupt, DatabaseBusy, DatabaseFull, or one that says how to fix it.
        """
        where = url_of(url)
        name = name_of(where)
        if must_exist and where.drivername == "sqlite" and not Path(str(where.database)).exists():
            raise StorageError(f"there is no database {name}; `listener run` creates it")
        engine = engine_of(where)
        try:
            migrate(engine, name)
            store = cls(engine, name)
        except BaseException:
            engine.dispose()
            raise
        try:
            store.mend_clock(now)
        except BaseException:
            store.close()
            raise
        return store

    @cached_property
    def review(self) -> review.Review:
        """Mentions and corrections, for review."""
        return review.Review(self._read)

    @cached_property
    def pains(self) -> pains.PainReads:
        """Pain points and complaints."""
        return pains.PainReads(self._read)

    @cached_property
    def hours(self) -> hours.Hours:
        """Trends and coverage, hour by hour."""
        return hours.Hours(self._read)

    @cached_property
    def pages(self) -> page_reads.Pages:
        """Page versions, changes, and the history of their facts."""
        return page_reads.Pages(self._read)

    def close(self) -> None:
        """Close all connections. Those still in use are closed when their threads return them."""
        with self._lock:
            self._writer.close()
            close_all(self._engine)

    def hold(self) -> AbstractContextManager[None]:
        """Lock the database for a single daemon. Raises DatabaseInUse with the `pid` of the holder."""
        if self._engine.dialect.name == "sqlite":
            return locks.hold_file(Path(str(self._engine.url.database)).resolve())
        return locks.hold_server(self._engine, self.name)

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """Run a write transaction, rolled back if an exception leaves the block. Only one at a time; others wait.

        Raises DatabaseBusy when another process keeps the database locked, DatabaseFull when the disk is full.
        """
        if self._writing_thread == threading.get_ident():
            raise RuntimeError("a transaction is open in this thread already")
        with self._lock:
            self._writing_thread = threading.get_ident()
            try:
                begin(self._writer)
                yield Transaction(self._writer, self._source_ids, self._stories_waiting)
                commit(self._writer)
            except BaseException:
                rollback(self._writer)
                self._source_ids.forget()
                self._queue = None
                raise
            finally:
                self._writing_thread = None

    def _stories_waiting(self) -> stories.Queue:
        self._queue = self._queue or stories.Queue()
        return self._queue

    def _read(self, *, snapshot: bool = False) -> AbstractContextManager[sa.Connection]:
        connection = self._engine.connect()
        return connection.execution_options(**SNAPSHOT) if snapshot else connection

    # --- sources and hosts

    def sync_sources(self, wanted: Sequence[Source], now: datetime, *, spread: timedelta) -> None:
        """Synchronise the stored sources with the settings.

        New sources become due evenly within `spread`. Removed ones become inactive and keep their data. Existing ones
        keep their state, unless their URL or scraper changed.
        """
        with self.write() as transaction:
            transaction.sync_sources(wanted, now, spread=spread)

    def due(self, now: datetime, limit: int, *, exclude: Collection[str] = ()) -> list[str]:
        """Return up to `limit` sources that are due, the longest overdue first, without those named in `exclude`."""
        with self._read() as connection:
            return sources.due(connection, now, limit, exclude)

    def get_states(self, names: Sequence[str]) -> list[SourceState]:
        """Return the states of the named sources, in any order.

        Raises StorageError for a source that was never in the settings.
        """
        with self._read() as connection:
            return sources.get_states(connection, names)

    def next_due(self) -> datetime | None:
        """Return when the next source is due; None if there is none."""
        with self._read() as connection:
            return sources.next_due(connection)

    def stopped_sources(self) -> list[str]:
        """Return the names of the stopped sources (410 Gone)."""
        with self._read() as connection:
            return sources.stopped(connection)

    def list_sources(self) -> list[records.StoredSource]:
        """Return all sources that were ever in the settings, by name."""
        with self._read() as connection:
            return sources.list_sources(connection)

    def find_source(self, name: str) -> records.StoredSource | None:
        """Return a source; None for one that was never in the settings."""
        with self._read() as connection:
            return next(iter(sources.list_sources(connection, name)), None)

    def yields(self, now: datetime) -> dict[str, Yield]:
        """Return recent item counts of each source, by name."""
        with self._read() as connection:
            return yields.yields(connection, now)

    def hosts_left_alone(self, now: datetime) -> dict[str, HostState]:
        """Return the hosts that must not be contacted yet, by name:port."""
        with self._read() as connection:
            return yields.hosts_left_alone(connection, now)

    def get_host(self, host: str) -> HostState | None:
        """Return the saved state of a host; None if there was none when it was first looked up."""
        if self._hosts is None:
            with self._read() as connection:
                self._hosts = sources.host_names(connection)
        if host not in self._hosts:
            return None
        with self._read() as connection:
            return sources.get_host(connection, host)

    def save_host(self, state: HostState) -> None:
        """Save the state of a host, replacing the previous one."""
        with self.write() as transaction:
            transaction.save_host(state)
        if self._hosts is not None:
            self._hosts.add(state.host)

    def mend_clock(self, now: datetime) -> bool:
        """Correct due times that were set by a clock which has since been set back; return whether there were any.

        Call it when the clock jumps back. Jumps of less than an hour are ignored.
        """
        with self._read(snapshot=True) as connection:
            if not clock.ran_ahead(connection, now):
                return False
        with self.write():
            clock.mend(self._writer, now)
        return True

    # --- what was heard

    def find_known(self, source: str, keys: Sequence[str]) -> dict[str, int]:
        """Return the keys that are known for the source, with the ids of their items."""
        with self._read() as connection:
            return items.find_known(connection, self._source_ids.get(connection, source), keys)

    def iter_mentions(
        self,
        start: datetime | None = None,
        end: datetime | None = None,
        brands: Collection[str] = (),
        *,
        irrelevant: bool = False,
    ) -> Iterator[records.Mention]:
        """Yield relevant mentions from `start` until before `end`, in order of time; all brands if none are given."""
        with self._read(snapshot=True) as connection:
            yield from listing.iter_mentions(connection, start=start, end=end, brands=brands, irrelevant=irrelevant)

    def iter_trends(
        self, start: datetime | None = None, end: datetime | None = None, brands: Collection[str] = ()
    ) -> Iterator[TrendHour]:
        """Yield trend rows by hour; of all brands if none are given."""
        with self._read() as connection:
            yield from listing.iter_trends(connection, start=start, end=end, brands=brands)

    def iter_coverage(self, start: datetime | None = None, end: datetime | None = None) -> Iterator[CoverageHour]:
        """Yield coverage (polls by outcome) by source and hour."""
        with self._read() as connection:
            yield from listing.iter_coverage(connection, start=start, end=end)

    def iter_scores(
        self, start: datetime | None = None, end: datetime | None = None, brands: Collection[str] = ()
    ) -> Iterator[records.Score]:
        """Yield survey scores by hour and segment; of all brands if none are given."""
        with self._read() as connection:
            yield from listing.iter_scores(connection, start=start, end=end, brands=brands)

    def list_brands(self) -> list[str]:
        """Return the names of all brands that have ever had a mention."""
        with self._read() as connection:
            return listing.list_brands(connection)

    def rebuild_trends(self) -> None:
        """Recompute all trend rows from the mentions, one day per transaction; polls are stored in between."""
        with self._read() as connection:
            days = rebuild.days_to_rebuild(connection)
        for day in days:
            with self.write():
                rebuild.rebuild_day(self._writer, day)
            time.sleep(PAUSE_SECONDS)
        with self.write():
            rebuild.rebuild_scores(self._writer)

    def verify_trends(self) -> list[str]:
        """Return the differences between trend rows and mentions, one sentence each."""
        with self._read(snapshot=True) as connection:
            return rebuild.verify_trends(connection)

    # --- alerts

    def due_deliveries(self, now: datetime, *, limit: int) -> list[Delivery]:
        """Return up to `limit` pending deliveries that are due, the longest overdue first."""
        with self._read() as connection:
            return outbox.due_deliveries(connection, now, limit)

    def channels_due(self, now: datetime) -> list[str]:
        """Return the channels with pending deliveries that are due."""
        with self._read() as connection:
            return outbox.channels_due(connection, now)

    def dead_by_channel(self) -> dict[str, int]:
        """Return the number of dead deliveries by channel."""
        with self._read() as connection:
            return outbox.dead_by_channel(connection)

    def last_sent(self) -> list[Delivery]:
        """Return the last delivery that was sent on each channel."""
        with self._read() as connection:
            return outbox.last_sent(connection)

    def alerts_by_rule(self, after: int | None) -> tuple[int, dict[str, int]]:
        """Return the number of the last alert, and how many of each rule are newer than number `after`; None: none."""
        with self._read() as connection:
            return outbox.alerts_by_rule(connection, after)

    def next_delivery_due(self) -> datetime | None:
        """Return when the next delivery is due; None if none is pending."""
        with self._read() as connection:
            return outbox.next_delivery_due(connection)

    def deliveries(
        self,
        *,
        status: DeliveryStatus | None = None,
        channel: str | None = None,
        rule: str | None = None,
        brand: str | None = None,
        since: datetime | None = None,
        limit: int = 100,
    ) -> list[Delivery]:
        """Return deliveries, those of the newest alerts first."""
        with self._read() as connection:
            return outbox.list_deliveries(
                connection, status=status, channel=channel, rule=rule, brand=brand, since=since, limit=limit
            )

    def iter_alerts(
        self, start: datetime | None = None, end: datetime | None = None, brands: Collection[str] = ()
    ) -> Iterator[records.StoredAlert]:
        """Yield alerts with their deliveries, oldest first; of all brands if none are given."""
        with self._read(snapshot=True) as connection:
            yield from listing.iter_alerts(connection, start=start, end=end, brands=brands)

    # --- the database itself

    def counts(self) -> records.Counts:
        """Return row counts and sizes. Counting a million rows takes some 10 ms, so don't call it on every tick."""
        with self._read(snapshot=True) as connection:
            return status.counts(connection)

    def retain(
        self,
        now: datetime,
        *,
        items: timedelta | None,
        mentions: timedelta | None = None,
        snapshots: timedelta | None = None,
        deliveries: timedelta | None = None,
        copies: timedelta = timedelta(days=30),
        go_on: Callable[[], bool] = lambda: True,
    ) -> Retained:
        """Let go of what is older than these ages (None: keep for ever), in short transactions; return how much.

        `copies` is for how long copies of a story are looked for: no shorter than the `since` that
        `Transaction.story_candidates` is asked with. What it deletes, and what not: `listener.storage.retention`.
        Before each transaction `go_on` is asked whether there is to be another one.
        """
        gone: Counter[str] = Counter()
        for step in retention.steps(
            now, items=items, mentions=mentions, snapshots=snapshots, deliveries=deliveries, copies=copies
        ):
            while go_on():
                with self.write():
                    done = step(self._writer)
                if done is None:
                    break
                gone.update(done)
                # A lock that is released and taken in one breath leaves those that wait for it out.
                time.sleep(PAUSE_SECONDS)
        with self.write():
            # It was sorted into the index, where the old ones are gone.
            self._queue = None
        return retention.Retained(**gone)

    def backup(self, path: Path) -> None:
        """Back up a SQLite database to a file while it is in use; the file appears when complete.

        Raises StorageError for PostgreSQL (use `pg_dump`), and if the file can't be written.
        """
        if self._engine.dialect.name != "sqlite":
            raise StorageError("this database is on PostgreSQL; back it up with pg_dump")
        backup.backup_file(Path(str(self._engine.url.database)), path)

    def find_meta(self, key: str) -> str | None:
        """Return a metadata value set by `Transaction.set_meta`; None if it was never set."""
        with self._read() as connection:
            return get_meta(connection, key)

    def list_meta(self, prefix: str) -> dict[str, str]:
        """Return the metadata values whose keys have this prefix."""
        with self._read() as connection:
            return list_meta(connection, prefix)

    def check(self, *, full: bool = False) -> list[str]:
        """Return the problems of the database, one sentence each; empty if it is intact.

        A full check reads every page and index, and recomputes the trends; it takes minutes for a large database.
        """
        try:
            with self._read(snapshot=True) as connection:
                problems = status.check(connection, full=full)
        except DatabaseCorrupt as error:
            return [str(error)]
        return problems + (self.verify_trends() if full and not problems else [])
