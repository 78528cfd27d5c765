"""Metadata of the database: key and value."""

from __future__ import annotations

import sqlalchemy as sa

from listener.storage.polled_tables import meta
from listener.storage.prepared import replace

REPLACE = replace(meta)


def get_meta(connection: sa.Connection, key: str) -> str | None:
    """Return a fact; None where it was never set."""
    value: str | None = connection.execute(sa.select(meta.c.value).where(meta.c.key == key)).scalar()
    return value


def list_meta(connection: sa.Connection, prefix: str) -> dict[str, str]:
    """Return the facts whose names begin so."""
    found = sa.select(meta.c.key, meta.c.value).where(meta.c.key.startswith(prefix, autoescape=True))
    return {row.key: row.value for row in connection.execute(found)}


def set_meta(connection: sa.Connection, key: str, value: str | None) -> None:
    """Set a fact, or forget it."""
    if value is None:
        connection.execute(sa.delete(meta).where(meta.c.key == key))
    else:
        REPLACE.run(connection, {"key": key, "value": value})
