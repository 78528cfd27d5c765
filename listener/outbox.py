"""Sends what the outbox holds: a step of its own, retried, that never loses a message.

Each channel is served by a thread of its own, one message at a time, so that a channel that hangs holds up nobody
else's alerts. A delivery is marked in the database after its message was handed over: only a crash between the two
sends it again, under the same message id.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from listener.storage import Store
from listener.types import Channel

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """What became of one message to one channel."""

    channel: str
    sent: int = 0
    retried: int = 0
    dead: int = 0
    error: str = ""


class Outbox:
    """Delivers alerts that are due. One thread calls it."""

    def __init__(self, store: Store, channels: Mapping[str, Channel], clock: Callable[[], datetime]) -> None:
        self._store = store
        self._channels = channels
        self._clock = clock
        self._pool = ThreadPoolExecutor(max(1, len(channels)), thread_name_prefix="send")
        self._running: dict[str, Future[Delivered]] = {}

    def start_due(self, now: datetime) -> int:
        """Begin one message for each channel that has something due and is not sending already."""
        for name in [name for name, future in self._running.items() if future.done()]:
            done = self._running.pop(name).result()
            log.info(
                "channel=%s sent=%d retried=%d dead=%d%s",
                name, done.sent, done.retried, done.dead, f" error={done.error!r}" if done.error else "",
            )  # fmt: skip
        started = 0
        for name in self._store.channels_due(now):
            if name not in self._running:
                self._running[name] = self._pool.submit(self._deliver, name, now)
                started += 1
        return started

    def running(self) -> int:
        """Return the number of messages under way."""
        return sum(not future.done() for future in self._running.values())
