"""Row counts and integrity of the database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa

from listener.storage.records import Counts
from listener.storage.tables import alerts, deliveries, items, mentions, sources, stories
from listener.storage.timestamps import moment_or_none
from listener.types import DeliveryStatus


def counts(connection: sa.Connection) -> Counts:
    """Return the store in numbers."""
    s, d = sources.c, deliveries.c

    def count(table: sa.Table, *where: sa.ColumnElement[bool]) -> int:
        return connection.execute(sa.select(sa.func.count()).select_from(table).where(*where)).scalar() or 0

    def only(value: Any) -> Any:
        return connection.execute(sa.select(value)).scalar()

    waiting = d.status == DeliveryStatus.PENDING.value
    return Counts(
        sources=count(sources, s.active),
        failing=count(sources, s.active, s.failures > 0),
        stopped=count(sources, s.active, s.stopped),
        items=count(items),
        mentions=count(mentions),
        stories=count(stories),
        alerts=count(alerts),
        pending=count(deliveries, waiting),
        dead=count(deliveries, d.status == DeliveryStatus.DEAD.value),
        oldest_pending=moment_or_none(connection.execute(sa.select(sa.func.min(d.due_at)).where(waiting)).scalar()),
        last_poll=moment_or_none(only(sa.func.max(s.last_poll_at))),
        size_bytes=_size_bytes(connection),
    )


def _size_bytes(connection: sa.Connection) -> int:
    if connection.dialect.name == "postgresql":
        return int(connection.execute(sa.select(sa.func.pg_database_size(sa.func.current_database()))).scalar() or 0)
    database = str(connection.engine.url.database)
    paths = [Path(database + ending) for ending in ("", "-wal")]
    return sum(path.stat().st_size for path in paths if path.exists())


def check(connection: sa.Connection, *, full: bool) -> list[str]:
    """Return what SQLite finds wrong with its file; PostgreSQL keeps checksums itself.

    The full check compares indexes with their tables and foreign keys with what they point at.
    """
    if connection.dialect.name == "postgresql":
        return []
    pragma = "PRAGMA integrity_check(20)" if full else "PRAGMA quick_check(20)"
    problems = [str(row[0]) for row in connection.exec_driver_sql(pragma) if row[0] != "ok"]
    if full and not problems:
        problems = [
            f"{row[0]}: row {row[1]} points at nothing in {row[2]}"
            for row in connection.exec_driver_sql("PRAGMA foreign_key_check")
        ]
    return problems
