"""Recent item counts per source, for the list of sources."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from listener.insights.health import OLD_AFTER, WINDOW, Yield
from listener.storage.sources import host_of
from listener.storage.tables import hosts, items, snapshots, sources
from listener.storage.timestamps import stamp
from listener.types import HostState


def yields(connection: sa.Connection, now: datetime) -> dict[str, Yield]:
    """Return what each source brought within `WINDOW`, by name; none for a source that brought nothing."""
    since = stamp(now - WINDOW)
    i = items.c
    old = sa.and_(i.published_at < stamp(now - WINDOW - OLD_AFTER), i.seen_at > sources.c.added_at)
    counted: sa.Select[Any] = (
        sa.select(
            i.source_id,
            sa.func.count().label("items"),
            # What became a mention, or is the answer to a survey, is kept.
            sa.func.count(sa.case((i.kept, 1))).label("matched"),
            sa.func.count(sa.distinct(sa.case((old, i.seen_at)))).label("old_polls"),
            sa.func.count(sa.case((old, 1))).label("old_items"),
            (
                sa.func.count(sa.case((i.title != "", 1)))
                - sa.func.count(sa.distinct(sa.case((i.title != "", i.title))))
            ).label("repeated"),
        )
        .join(sources, sources.c.id == i.source_id)
        # Both values named, so that the index on (kept, seen_at) serves.
        .where(i.kept.in_([True, False]), i.seen_at >= since)
        .group_by(i.source_id)
    )
    pages = set(connection.execute(sa.select(snapshots.c.source_id).distinct()).scalars())
    names: dict[int, str] = {row.id: row.name for row in connection.execute(sa.select(sources.c.id, sources.c.name))}
    found = {
        row.source_id: Yield(
            items=row.items,
            matched=row.matched,
            old_polls=row.old_polls,
            old_items=row.old_items,
            repeated=row.repeated,
            page=row.source_id in pages,
        )
        for row in connection.execute(counted)
    }
    for source_id in pages - found.keys():
        found[source_id] = Yield(page=True)
    return {names[source_id]: one for source_id, one in found.items()}


def hosts_left_alone(connection: sa.Connection, now: datetime) -> dict[str, HostState]:
    """Return the hosts that must not be asked before a moment ahead, by name:port."""
    rows = connection.execute(sa.select(hosts).where(hosts.c.not_before > stamp(now)))
    return {row.host: host_of(row) for row in rows}
