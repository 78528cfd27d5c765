"""WebSub: subscribes to hubs, and polls sources at once when their hub notifies.

Subscriptions live in memory and are kept in the database by their tokens. Hubs are asked by one thread of its own, a
few at a time; their calls are answered from memory, in the server's thread; what follows from either is stored and
scheduled by `step`, which the daemon's tick calls.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable, Collection
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta

from listener.callbacks import Answer, Call
from listener.pipeline import PollResult
from listener.routing import Adapter
from listener.storage import Store
from listener.subscriptions import (
    PREFIX,
    Subscription,
    as_text,
    asked,
    is_signed,
    kept,
    leaving,
    refused,
    request_form,
    verified,
    wanted,
)
from listener.types import Outcome, Request, Validators

log = logging.getLogger(__name__)

#: A source is polled no sooner than this after the last time that its hub told of news.
HINT_GAP = timedelta(seconds=30)
#: A hub may be quicker than what stands between a site and the world: a poll that finds nothing is repeated once.
SECOND_LOOK = timedelta(minutes=5)
_TOKEN_BYTES = 24


class WebSub:
    """The subscriptions of one daemon."""

    def __init__(self, store: Store, web: Adapter, public_url: str, *, clock: Callable[[], datetime]) -> None:
        """Take what asks hubs, and the address at which they reach `answer`. Raises StorageError."""
        self._store = store
        self._web = web
        self._public_url = public_url.rstrip("/")
        self._clock = clock
        self._lock = threading.Lock()
        self._by_token = {one.token: one for one in kept(store.list_meta(PREFIX))}
        self._changed: set[str] = set()
        self._hinted: set[str] = set()
        #: When each source was last told of.
        self._told_at: dict[str, datetime] = {}
        self._second_look: set[str] = set()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="hubs")
        self._asking: tuple[str, Future[bool]] | None = None

    def keep_only(self, sources: Collection[str]) -> None:
        """End the subscriptions of sources that are no longer listened to."""
        now = self._clock()
        with self._lock:
            for one in [one for one in self._by_token.values() if one.source not in sources]:
                if one.state != "leaving":
                    self._put(leaving(one, now))

    def pushed(self, source: str) -> bool:
        """Return whether a hub has promised to tell of a source's news."""
        now = self._clock()
        with self._lock:
            return any(one.source == source and one.alive(now) for one in self._by_token.values())

    def polled(self, result: PollResult) -> None:
        """Take what a poll came to: a hub that the source offers, or no news where a hub told of some."""
        now = self._clock()
        if result.source in self._second_look and result.outcome is not Outcome.DEFERRED:
            self._second_look.discard(result.source)
            if result.worked and not result.new_items:
                with self._store.write() as tx:
                    tx.hasten([result.source], now + SECOND_LOOK)
        offer = result.hub
        if offer is None:
            return
        with self._lock:
            mine = [one for one in self._by_token.values() if one.source == result.source and one.state != "leaving"]
            if any((one.hub, one.topic) == (offer.url, offer.topic) for one in mine):
                return
            for one in mine:
                self._put(leaving(one, now))
            token, secret = secrets.token_urlsafe(_TOKEN_BYTES), secrets.token_hex(_TOKEN_BYTES)
            self._put(wanted(result.source, offer, now, token=token, secret=secret))
            log.info("source=%s hub=%s offered", result.source, offer.url)

    def answer(self, call: Call) -> Answer:
        """Answer a hub's call. Waits for nothing."""
        token = call.path.rpartition("/")[2]
        with self._lock:
            one = self._by_token.get(token)
        if one is None:
            return Answer(status=404 if call.method == "GET" else 410)
        if call.method == "GET":
            return self._verify(one, call)
        if call.method != "POST":
            return Answer(status=405)
        if one.state == "leaving":
            return Answer(status=410)
        if not is_signed(call.headers.get("x-hub-signature", ""), call.body, one.secret):
            log.warning("source=%s hub=%s called without a valid signature", one.source, one.hub)
            return Answer(status=403)
        with self._lock:
            self._hinted.add(one.source)
        return Answer(status=202)

    def _verify(self, one: Subscription, call: Call) -> Answer:
        verdict = verified(one, call.query, self._clock())
        with self._lock:
            if verdict.after is None:
                del self._by_token[one.token]
                self._changed.add(one.token)
            elif verdict.after != one:
                self._put(verdict.after)
        if verdict.after is None or verdict.after.state != one.state:
            state = "ended" if verdict.after is None else verdict.after.state
            log.info("source=%s hub=%s subscription=%s", one.source, one.hub, state)
        return Answer(status=verdict.status, text=verdict.text)

    def step(self, now: datetime) -> None:
        """Store what changed, make announced sources due, and ask the next hub. Raises StorageError."""
        self._take_asked(now)
        with self._lock:
            changed = {token: self._by_token.get(token) for token in self._changed}
            hinted, self._hinted = self._hinted, set()
            self._changed = set()
        try:
            self._store_step(changed, hinted, now)
        except BaseException:
            with self._lock:
                self._changed |= changed.keys()
                self._hinted |= hinted
            raise
        if self._asking is None:
            self._ask_next(now)

    def _store_step(self, changed: dict[str, Subscription | None], hinted: set[str], now: datetime) -> None:
        if not (changed or hinted):
            return
        with self._store.write() as tx:
            for token, one in changed.items():
                tx.set_meta(PREFIX + token, None if one is None else as_text(one))
            for source in hinted:
                soonest = self._told_at.get(source, now - HINT_GAP) + HINT_GAP
                self._told_at[source] = max(now, soonest)
                tx.hasten([source], max(now, soonest))
        self._second_look |= hinted

    def _ask_next(self, now: datetime) -> None:
        """Hand the hub that waits longest to the thread that asks."""
        with self._lock:
            over = [one.token for one in self._by_token.values() if one.over and one.next_at <= now]
            for token in over:
                del self._by_token[token]
                self._changed.add(token)
            due = [one for one in self._by_token.values() if one.next_at <= now]
        one = min(due, key=lambda one: one.next_at, default=None)
        if one is not None:
            self._asking = (one.token, self._pool.submit(self._ask, one))

    def _ask(self, one: Subscription) -> bool:
        """Ask a hub; return whether it took the request."""
        # It may verify before it answers.
        with self._lock:
            self._put(asked(one, self._clock()))
        result = self._web.fetch(
            Request(
                url=one.hub,
                method="POST",
                headers={"Content-Type": "application/x-www-form-urlencoded"},
                body=request_form(one, f"{self._public_url}/{one.token}"),
                conditional=False,
                robots=False,
            ),
            Validators(),
            under_way=True,
        )
        if not result.worked:
            log.warning("source=%s hub=%s not subscribed: %s", one.source, one.hub, result.detail or result.outcome)
        return result.worked

    def _take_asked(self, now: datetime) -> None:
        """Take the end of a request to a hub. One that failed is repeated later."""
        if self._asking is None or not self._asking[1].done():
            return
        token, future = self._asking
        self._asking = None
        worked = future.result()
        with self._lock:
            one = self._by_token.get(token)
            if one is not None and not worked and one.pending_until is not None:
                self._put(refused(one, now))

    def _put(self, one: Subscription) -> None:
        self._by_token[one.token] = one
        self._changed.add(one.token)

    def close(self) -> None:
        """Ask no more hubs. What was not stored yet is found out anew."""
        self._pool.shutdown(wait=True, cancel_futures=True)
