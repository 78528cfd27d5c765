"""Alerts and their deliveries: stored with their cause and sent later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from listener.storage.meta import set_meta
from listener.storage.polled_tables import alerts, deliveries
from listener.storage.prepared import Prepared, chunks
from listener.storage.timestamps import moment, moment_or_none, stamp
from listener.storage.values import clean, clean_or_none, from_json, to_json
from listener.types import Alert, Delivery, DeliveryStatus

#: Fact by which the daemon learns that a person wants everything tried again.
RETRY_ASKED = "retry_asked"
#: No delivery waits.
AT_ONCE: Mapping[tuple[str, str], datetime] = MappingProxyType({})

INSERT_ALERT = Prepared(
    lambda into: (
        into(alerts)
        .values({column.name: sa.bindparam(column.name) for column in alerts.c if column.name != "id"})
        .on_conflict_do_nothing(index_elements=["key"])
        .returning(alerts.c.id)
    )
)
INSERT_DELIVERY = Prepared(
    lambda into: into(deliveries).values(
        {column.name: sa.bindparam(column.name) for column in deliveries.c if column.name != "id"}
    )
)
JOINED = sa.select(
    *(column.label(f"alert_{column.name}") for column in alerts.c),
    *(column.label(f"delivery_{column.name}") for column in deliveries.c),
).join_from(deliveries, alerts, alerts.c.id == deliveries.c.alert_id)
DUE = Prepared(
    lambda _: (
        JOINED.where(deliveries.c.status == DeliveryStatus.PENDING.value, deliveries.c.due_at <= sa.bindparam("now"))
        .order_by(deliveries.c.due_at, deliveries.c.id)
        .limit(sa.bindparam("most"))
    )
)


def add_alerts(
    connection: sa.Connection, new: Sequence[Alert], due: Mapping[tuple[str, str], datetime] = AT_ONCE
) -> int:
    """Store alerts with a delivery for each of their channels; return how many were new.

    An alert whose key is known changes nothing. `due` says by key and channel when a delivery goes out; one that isn't
    named there goes out at once.
    """
    added = 0
    for alert in new:
        alert_id = INSERT_ALERT.run(connection, _alert_columns(alert)).scalar()
        if alert_id is None:
            continue
        added += 1
        rows = [
            {
                "alert_id": alert_id,
                "channel": channel,
                "status": DeliveryStatus.PENDING.value,
                "attempts": 0,
                "due_at": stamp(due.get((alert.key, channel), alert.created_at)),
                "last_error": "",
                "sent_at": None,
                "batch": None,
                "delivered_to": "[]",
            }
            for channel in dict.fromkeys(alert.channels)
        ]
        if rows:
            INSERT_DELIVERY.run(connection, rows)
    return added


def _alert_columns(alert: Alert) -> dict[str, Any]:
    return {
        "key": clean(alert.key),
        "rule": alert.rule,
        "rule_on": alert.on,
        "brand": alert.brand,
        "source": alert.source,
        "created_at": stamp(alert.created_at),
        "title": clean(alert.title),
        "quote": clean(alert.quote),
        "url": clean_or_none(alert.url),
        "tone": alert.tone,
        "weight": alert.weight,
        "facts": to_json(alert.facts),
        "thread": clean(alert.thread),
        "channels": to_json(alert.channels),
        "send": alert.send,
    }


def delivery_of(row: Any) -> Delivery:
    """Return the delivery that a row of `JOINED` holds, with its alert."""
    alert = Alert(
        key=row.alert_key,
        rule=row.alert_rule,
        on=row.alert_rule_on,
        brand=row.alert_brand,
        source=row.alert_source,
        created_at=moment(row.alert_created_at),
        title=row.alert_title,
        quote=row.alert_quote,
        url=row.alert_url,
        tone=row.alert_tone,
        weight=row.alert_weight,
        facts=tuple((label, value) for label, value in from_json(row.alert_facts)),
        thread=row.alert_thread,
        channels=tuple(from_json(row.alert_channels)),
        send=row.alert_send,
    )
    return Delivery(
        id=row.delivery_id,
        alert_id=row.delivery_alert_id,
        alert=alert,
        channel=row.delivery_channel,
        status=DeliveryStatus(row.delivery_status),
        attempts=row.delivery_attempts,
        due_at=moment(row.delivery_due_at),
        last_error=row.delivery_last_error,
        sent_at=moment_or_none(row.delivery_sent_at),
        delivered_to=tuple(from_json(row.delivery_delivered_to)),
    )


def due_deliveries(connection: sa.Connection, now: datetime, limit: int) -> list[Delivery]:
    """Return deliveries that wait and are due, the longest overdue first."""
    return [delivery_of(row) for row in DUE.run(connection, {"now": stamp(now), "most": limit})]


def channels_due(connection: sa.Connection, now: datetime) -> list[str]:
    """Return the channels that have something waiting and due."""
    waiting = (deliveries.c.status == DeliveryStatus.PENDING.value) & (deliveries.c.due_at <= stamp(now))
    return sorted(connection.execute(sa.select(deliveries.c.channel).where(waiting).distinct()).scalars())


def take_batch(connection: sa.Connection, channel: str, now: datetime, limit: int) -> list[Delivery]:
    """Return the deliveries of one message, and remember that they belong together.

    One that was begun before, and not finished, comes first and as it was.
    """
    waiting = (deliveries.c.status == DeliveryStatus.PENDING.value) & (deliveries.c.channel == channel)
    due = waiting & (deliveries.c.due_at <= stamp(now))
    oldest = sa.select(deliveries.c.batch).where(due, deliveries.c.batch.is_not(None)).order_by(deliveries.c.batch)
    batch = connection.execute(oldest.limit(1)).scalar()
    if batch is None:
        fresh = sa.select(deliveries.c.id).where(due).order_by(deliveries.c.due_at, deliveries.c.id).limit(limit)
        ids = list(connection.execute(fresh).scalars())
        if not ids:
            return []
        # The smallest id of a batch names it: no other batch ever held that delivery.
        batch = min(ids)
        for some in chunks(ids):
            connection.execute(sa.update(deliveries).where(deliveries.c.id.in_(some)).values(batch=batch))
    found = JOINED.where(waiting, deliveries.c.batch == batch).order_by(deliveries.c.id)
    return [delivery_of(row) for row in connection.execute(found)]


def count_alerts(connection: sa.Connection, rule: str, since: datetime) -> int:
    """Return how many alerts a rule has made since a moment."""
    made = (alerts.c.rule == rule) & (alerts.c.created_at >= stamp(since))
    return connection.execute(sa.select(sa.func.count()).select_from(alerts).where(made)).scalar() or 0


def told_since(connection: sa.Connection, rule: str, thread: str, since: datetime) -> bool:
    """Say whether a rule has made an alert in a thread since a moment."""
    a = alerts.c
    found = sa.select(a.id).where(a.created_at > stamp(since), a.rule == rule, a.thread == thread).limit(1)
    return connection.execute(found).one_or_none() is not None


def dead_by_channel(connection: sa.Connection) -> dict[str, int]:
    """Return how many deliveries each channel could not make."""
    dead = sa.select(deliveries.c.channel, sa.func.count()).where(deliveries.c.status == DeliveryStatus.DEAD.value)
    rows = connection.execute(dead.group_by(deliveries.c.channel).order_by(deliveries.c.channel))
    return {row[0]: row[1] for row in rows}


def last_sent(connection: sa.Connection) -> list[Delivery]:
    """Return what was sent last on each channel."""
    d = deliveries.c
    sent = d.status == DeliveryStatus.SENT.value
    newest = sa.select(d.channel, sa.func.max(d.sent_at).label("at")).where(sent).group_by(d.channel).subquery()
    last = sa.select(sa.func.max(d.id)).join(newest, (newest.c.channel == d.channel) & (newest.c.at == d.sent_at))
    return [
        delivery_of(row) for row in connection.execute(JOINED.where(d.id.in_(last.where(sent).group_by(d.channel))))
    ]


def alerts_by_rule(connection: sa.Connection, after: int | None) -> tuple[int, dict[str, int]]:
    """Return the number of the last alert, and how many of each rule are newer than number `after`; None: none."""
    last = connection.execute(sa.select(sa.func.max(alerts.c.id))).scalar() or 0
    if after is None or last == after:
        return last, {}
    newer = sa.select(alerts.c.rule, sa.func.count()).where(alerts.c.id > after, alerts.c.id <= last)
    return last, dict(row._t for row in connection.execute(newer.group_by(alerts.c.rule)))


def next_delivery_due(connection: sa.Connection) -> datetime | None:
    """Return when the next delivery is due; None where none waits."""
    waiting = sa.select(sa.func.min(deliveries.c.due_at)).where(deliveries.c.status == DeliveryStatus.PENDING.value)
    return moment_or_none(connection.execute(waiting).scalar())


def list_deliveries(
    connection: sa.Connection,
    *,
    status: DeliveryStatus | None,
    channel: str | None,
    rule: str | None,
    brand: str | None,
    since: datetime | None,
    limit: int,
) -> list[Delivery]:
    """Return deliveries, those of the newest alerts first."""
    found = JOINED.order_by(alerts.c.created_at.desc(), deliveries.c.id.desc()).limit(limit)
    if status is not None:
        found = found.where(deliveries.c.status == status.value)
    if channel is not None:
        found = found.where(deliveries.c.channel == channel)
    if rule is not None:
        found = found.where(alerts.c.rule == rule)
    if brand is not None:
        found = found.where(alerts.c.brand == brand)
    if since is not None:
        found = found.where(alerts.c.created_at >= stamp(since))
    return [delivery_of(row) for row in connection.execute(found)]


def update_pending(connection: sa.Connection, delivery_ids: Sequence[int], values: Mapping[str, Any]) -> int:
    """Change deliveries that still wait and count the attempt; return how many. One that was sent stays sent."""
    return _update(connection, delivery_ids, DeliveryStatus.PENDING, {"attempts": deliveries.c.attempts + 1, **values})


def mark_sent(connection: sa.Connection, delivery_ids: Sequence[int], now: datetime, error: str) -> int:
    """Mark deliveries as handed over; return how many were still waiting. `error` says who was refused for good."""
    values = {
        "status": DeliveryStatus.SENT.value,
        "sent_at": stamp(now),
        "last_error": clean(error),
        "delivered_to": "[]",
    }
    return update_pending(connection, delivery_ids, values)


def mark_retry(
    connection: sa.Connection, delivery_ids: Sequence[int], due_at: datetime, error: str, delivered_to: Sequence[str]
) -> int:
    """Put deliveries off after a failed attempt, with who has them; return how many were still waiting."""
    values = {"due_at": stamp(due_at), "last_error": clean(error), "delivered_to": to_json(delivered_to)}
    return update_pending(connection, delivery_ids, values)


def mark_dead(connection: sa.Connection, delivery_ids: Sequence[int], error: str) -> int:
    """Give deliveries up; return how many were still waiting."""
    values = {"status": DeliveryStatus.DEAD.value, "last_error": clean(error)}
    return update_pending(connection, delivery_ids, values)


def requeue_dead(connection: sa.Connection, delivery_ids: Sequence[int] | None, due_at: datetime) -> int:
    """Let dead deliveries, or all of them, wait again with their attempts forgotten; return how many."""
    set_meta(connection, RETRY_ASKED, stamp(due_at))
    values = {"status": DeliveryStatus.PENDING.value, "attempts": 0, "due_at": stamp(due_at), "batch": None}
    return _update(connection, delivery_ids, DeliveryStatus.DEAD, values)


def hurry_failed(connection: sa.Connection, delivery_ids: Sequence[int] | None, due_at: datetime) -> int:
    """Let deliveries that wait after a failure, or all of them, wait until `due_at` only; return how many."""
    set_meta(connection, RETRY_ASKED, stamp(due_at))
    failed = (
        sa.update(deliveries)
        .where(deliveries.c.status == DeliveryStatus.PENDING.value, deliveries.c.attempts > 0)
        .values(due_at=stamp(due_at))
    )
    return _run(connection, failed, delivery_ids)


def hurry_channel(connection: sa.Connection, channel: str, due_at: datetime) -> int:
    """Let what waits on a channel after a failure wait until `due_at` at the most; return how much it was."""
    d = deliveries.c
    failed = (d.status == DeliveryStatus.PENDING.value) & (d.channel == channel) & (d.attempts > 0)
    later = sa.update(deliveries).where(failed, d.due_at > stamp(due_at))
    return connection.execute(later.values(due_at=stamp(due_at))).rowcount


def _update(
    connection: sa.Connection, delivery_ids: Sequence[int] | None, status: DeliveryStatus, values: Mapping[str, Any]
) -> int:
    update = sa.update(deliveries).where(deliveries.c.status == status.value).values(dict(values))
    return _run(connection, update, delivery_ids)


def _run(connection: sa.Connection, update: sa.Update, delivery_ids: Sequence[int] | None) -> int:
    """Update the deliveries named, or all; return how many."""
    if delivery_ids is None:
        return connection.execute(update).rowcount
    return sum(connection.execute(update.where(deliveries.c.id.in_(some))).rowcount for some in chunks(delivery_ids))
