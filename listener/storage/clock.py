"""Corrects times after the clock was set back: nothing waits for a time that only the wrong clock showed."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from listener.storage.polled_tables import alerts, deliveries, hosts, sources
from listener.storage.timestamps import day_of, stamp
from listener.types import DeliveryStatus

#: Processes read the clock at different moments, and a clock that is kept by NTP is set back by less.
SLACK = timedelta(hours=1)
#: A host's wish to be left alone is kept up to here, as nobody knows which clock it was told by.
HOST_LIMIT = timedelta(days=1)
#: A delivery that waits longer waits by a wrong clock: digests, quiet hours and retries ask for a day each.
WAIT_LIMIT = timedelta(days=3)
SEEN = ("last_poll_at", "last_success_at", "last_item_at", "failing_since", "added_at")


def ran_ahead(connection: sa.Connection, now: datetime) -> bool:
    """Return whether something was written at a time that is still to come."""
    s = sources.c
    latest = sa.select(sa.func.max(s.last_poll_at), sa.func.max(s.added_at), sa.func.max(s.failing_since))
    found = [
        *connection.execute(latest).one(),
        connection.execute(sa.select(sa.func.max(alerts.c.created_at))).scalar(),
    ]
    d = deliveries.c
    waits = sa.select(sa.func.max(d.due_at)).where(d.status == DeliveryStatus.PENDING.value)
    last = connection.execute(waits).scalar()
    return any(at is not None and at > stamp(now + SLACK) for at in found) or (
        last is not None and last > stamp(now + WAIT_LIMIT)
    )


def mend(connection: sa.Connection, now: datetime) -> None:
    """Bring what lies ahead back to `now`: polls and deliveries are due at once, hosts at most a day from now."""
    present, ahead = stamp(now), stamp(now + SLACK)
    s, d, h = sources.c, deliveries.c, hosts.c
    lost = sa.or_(s.last_poll_at > ahead, s.added_at > ahead, s.failing_since > ahead)
    connection.execute(sa.update(sources).where(lost).values(due_at=present))
    for name in SEEN:
        connection.execute(sa.update(sources).where(s[name] > present).values({name: present}))
    connection.execute(sa.update(sources).where(s.read_on > day_of(present)).values(read_on=None))
    limit = stamp(now + HOST_LIMIT)
    for column in (h.not_before, h.robots_until):
        connection.execute(sa.update(hosts).where(column > limit).values({column.name: limit}))
    connection.execute(sa.update(hosts).where(h.robots_failing_since > present).values(robots_failing_since=present))
    late = sa.select(alerts.c.id).where(alerts.c.created_at > ahead)
    connection.execute(
        sa.update(deliveries)
        .where(d.status == DeliveryStatus.PENDING.value, d.due_at > present)
        .where(sa.or_(d.alert_id.in_(late), d.due_at > stamp(now + WAIT_LIMIT)))
        .values(due_at=present)
    )
    connection.execute(sa.update(alerts).where(alerts.c.created_at > ahead).values(created_at=present))
