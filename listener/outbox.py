"""Sends the deliveries in the store's outbox: a separate, retried step that never loses a message.

What goes into one message is written down before it is sent, so that a later attempt is the same message again.

Each channel has a thread of its own and sends one message at a time, so that a channel that hangs holds up nobody
else's alerts. A delivery is marked in the database after its message was handed over: only a crash between the two
sends it again, and then under the same message id. A mark that the database refuses is made later.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from listener.alerts import Planner, channel_pause
from listener.errors import StorageError
from listener.lazy import LazyModule
from listener.storage import RETRY_ASKED, Store
from listener.types import Channel

if TYPE_CHECKING:
    from listener import notify
    from listener.notify import Sent
else:
    notify = LazyModule("listener.notify")

#: By channel, in the database: until when it is left alone, also after a restart or a reload, and by which request of a
#: person it was tried.
PAUSED = "channel_paused:"
#: No pause is longer; one that seems to be is of a clock that was set back since.
PAUSE_LIMIT = timedelta(days=2)
#: Deliveries looked at for one message; what a message can't hold, it counts and points at.
BATCH = 500


class Delivered(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one message to one channel."""

    channel: str
    #: Alerts, not messages.
    sent: int = 0
    retried: int = 0
    dead: int = 0
    error: str = ""


class Outbox:
    """Delivers alerts that are due. One thread calls it."""

    def __init__(
        self, store: Store, channels: Mapping[str, Channel], planner: Planner, clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._channels = channels
        self._planner = planner
        self._clock = clock
        self._pool = ThreadPoolExecutor(max(1, len(channels)), thread_name_prefix="send")
        self._running: dict[str, Future[Delivered]] = {}
        self._last_sent: dict[str, datetime] = {}
        #: How often in a row a channel itself has failed, whatever was sent.
        self._failures: dict[str, int] = {}
        #: Until when a channel is left alone, and by which request of a person it was tried.
        self._paused: dict[str, tuple[datetime, str | None]] = {}
        self._recalled = False
        #: What became of messages that could not be marked, by channel: the database was locked, or its disk full.
        self._unmarked: dict[str, tuple[Sent, datetime]] = {}

    def start_due(self, now: datetime) -> list[Delivered]:
        """Begin a message for each channel that has something due and isn't sending; return those that have ended."""
        if not self._recalled:
            self._recall(now)
        ended = [name for name, future in self._running.items() if future.done()]
        results = [self._running.pop(name).result() for name in ended]
        for name in self._store.channels_due(now):
            if name not in self._running and self._earliest(name, now) <= now:
                self._running[name] = self._pool.submit(self._deliver, name, now)
        return results

    def send_due(self, now: datetime) -> list[Delivered]:
        """Send everything that is due, to the end."""
        results: list[Delivered] = []
        while True:
            results += self.start_due(now)
            if not self._running:
                return results
            wait(self._running.values())

    def close(self, timeout: timedelta) -> None:
        """Wait for messages under way, at most `timeout`, and mark what could not be marked."""
        under_way = wait(self._running.values(), timeout=timeout.total_seconds()).not_done
        self._pool.shutdown(wait=False, cancel_futures=True)
        for name, (became, at) in list(self._unmarked.items()):
            if self._running.get(name) not in under_way:
                with suppress(StorageError):  # nobody is left to try again; it is sent twice
                    self._mark(name, became, at)

    def _recall(self, now: datetime) -> None:
        """Take over the pauses of whoever sent before."""
        self._recalled = True
        for key, told in self._store.list_meta(PAUSED).items():
            until, _, asked = told.partition(" ")
            if now < (moment := datetime.fromisoformat(until)) < now + PAUSE_LIMIT:
                self._paused[key.removeprefix(PAUSED)] = moment, asked or None
                self._failures[key.removeprefix(PAUSED)] = 1

    def _earliest(self, name: str, now: datetime) -> datetime:
        """Return when a channel may next be used: after its gap, its quiet hours, and what its service asked for.

        A person who asks for another attempt ends a pause.
        """
        earliest = self._planner.earliest(name, now, last_sent=self._last_sent.get(name))
        until, asked = self._paused.get(name, (earliest, None))
        return max(earliest, until) if until > now and asked == self._store.find_meta(RETRY_ASKED) else earliest

    def _deliver(self, name: str, now: datetime) -> Delivered:
        """Send one message with what is due on a channel, and mark what became of it.

        Raises StorageError; what was sent by then is not sent again, but marked first the next time.
        """
        if name in self._unmarked:
            self._mark(name, *self._unmarked[name])
        channel = self._channels.get(name)
        asked = self._store.find_meta(RETRY_ASKED)
        with self._store.write() as tx:
            batch = tx.take_batch(name, now, BATCH)
        if channel is None:
            gone = tuple(notify.Dead(id=one.id, error="this channel is no longer in the settings") for one in batch)
            became = notify.Sent(dead=gone)
        else:
            became = notify.send_batch(channel, batch, now)
        after = self._clock()
        self._unmarked[name] = became, after
        self._mark(name, became, after)
        sent = len(became.sent) + len(became.partly)
        if sent:
            self._last_sent[name] = after
        if became.trouble is not None:
            self._failures[name] = failures = self._failures.get(name, 0) + 1
            until = channel_pause(failures, became.trouble, after, key=name)
            self._paused[name] = until, asked
            with self._store.write() as tx:
                tx.set_meta(PAUSED + name, f"{until.isoformat()} {asked or ''}")
        elif sent and self._failures.pop(name, 0):
            # What it failed with needn't wait as long as it would have for a service that stays away.
            with self._store.write() as tx:
                tx.hurry_channel(name, after)
                tx.set_meta(PAUSED + name, None)
        return Delivered(channel=name, sent=sent, retried=len(became.retry), dead=len(became.dead), error=became.error)

    def _mark(self, name: str, became: Sent, at: datetime) -> None:
        """Write down what became of a message. Raises StorageError."""
        with self._store.write() as tx:
            tx.mark_sent(became.sent, at)
            for partly in became.partly:
                tx.mark_sent([partly.id], at, partly.error)
            for retry in became.retry:
                tx.mark_retry([retry.id], retry.at, retry.error, retry.delivered_to)
            for dead in became.dead:
                tx.mark_dead([dead.id], dead.error)
        del self._unmarked[name]


def describe(delivered: Delivered) -> str:
    """Return one log line for a message."""
    text = (
        f"channel={delivered.channel} sent={delivered.sent} retried={delivered.retried} undeliverable={delivered.dead}"
    )
    return f"{text} error={delivered.error!r}" if delivered.error else text
