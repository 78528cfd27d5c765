"""The page of a poll: its comparison with stored versions, and the alerts that changes raise."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from listener.alerts import ChangeEvent, PricePoint
from listener.changes.confirm import Verdict
from listener.errors import ParseError
from listener.facts import Change, PageFacts, Price
from listener.parts import Parts
from listener.storage import Snapshot, StoredPrice, Transaction
from listener.types import Alert, Request, Response, Source, SourceState
from listener.watch import Watched, states_of, watch

log = logging.getLogger(__name__)


def look(
    source: Source, state: SourceState, page: tuple[Response, PageFacts] | None, parts: Parts, now: datetime
) -> Watched:
    """Judge what a poll that worked shows of a page. `page` is None where the server said that nothing has changed."""
    stored = {key: parts.store.pages.find_snapshot(source.name, key) for key in states_of(state.page_state)}
    scraper = parts.scrapers.get(source.scraper)

    def read(body_hash: str) -> PageFacts | None:
        snapshot = stored.get(body_hash)
        if snapshot is None:
            return None
        try:
            return scraper.parse(response_of(snapshot), source).facts
        except ParseError as error:
            log.warning("source=%s an earlier version can't be read any more: %s", source.name, error)
            return None

    response, facts = page or (None, None)
    body_hash = None if response is None else hashlib.sha256(response.body).hexdigest()
    return watch(state.page_state, body_hash, facts, read, parts.confirm, now)


def response_of(snapshot: Snapshot) -> Response:
    """Return a stored version of a page as if it had just come."""
    return Response(
        request=Request(url=snapshot.url),
        url=snapshot.url,
        status=200,
        headers=snapshot.headers,
        body=snapshot.body,
        fetched_at=snapshot.taken_at,
    )


def after_look(state: SourceState, watched: Watched) -> SourceState:
    """Remember a look; a change that waits for a second one brings the next poll forward."""
    due_at = state.due_at if watched.again_at is None else min(state.due_at, watched.again_at)
    return replace(state, due_at=due_at, page_state=watched.page_state)


def store_look(
    tx: Transaction,
    source: Source,
    watched: Watched,
    page: tuple[Response, PageFacts] | None,
    now: datetime,
    parts: Parts,
) -> list[Alert]:
    """Store what a look at a page came to, and return what is worth an alert."""
    if page is not None and watched.keep:
        response, _ = page
        tx.add_snapshot(
            source.name,
            url=response.url,
            taken_at=now,
            body_hash=hashlib.sha256(response.body).hexdigest(),
            body=response.body,
            headers={name: value for name, value in response.headers.items() if name == "content-type"},
        )
        if watched.drop is not None:
            tx.drop_snapshots(source.name, watched.drop)
    if watched.facts is not None:
        tx.save_facts(source.name, source.brand, watched.facts, now)
    elif watched.stood_at is not None:
        tx.touch_facts(source.name, watched.stood_at, now)
    if watched.verdict is Verdict.WITHDRAWN and watched.told is not None:
        # The newest version is the one that retention keeps, and the next look is compared with.
        tx.renew_snapshot(source.name, watched.told, now)
    alerts = parts.rules.flapping_alerts(source, watched.first_seen or now, now) if watched.flaps else []
    return alerts + change_alerts(tx, source, watched, now, parts)


def change_alerts(tx: Transaction, source: Source, watched: Watched, now: datetime, parts: Parts) -> list[Alert]:
    """Store the changes that a look confirmed, and return what is worth an alert."""
    if not watched.changes:
        return []
    first_seen = watched.first_seen or now
    ids = tx.add_changes(source.name, source.brand, source.url, watched.changes, first_seen, "confirmed")
    tx.set_change_status(ids, "confirmed", now)
    history = [one for one in parts.store.pages.iter_prices() if one.source == source.name]
    return [
        alert
        for change_id, change in zip(ids, watched.changes, strict=True)
        for alert in parts.rules.change_alerts(
            ChangeEvent(
                change=change,
                change_id=change_id,
                source=source,
                brand=source.brand,
                seen_at=now,
                url=source.url,
                history=points_of(history, change),
            ),
            now,
        )
    ]


def points_of(history: Sequence[StoredPrice], change: Change) -> tuple[PricePoint, ...]:
    """Return what the plan of a change cost before, oldest first."""
    if not isinstance(change.after, Price):
        return ()
    after = change.after
    return tuple(
        PricePoint(
            since=one.first_seen, price=Price(price=one.price, currency=one.currency or None, period=after.period)
        )
        for one in sorted(history, key=lambda one: one.first_seen)
        if one.plan == change.subject and one.period == (after.period or "")
    )
