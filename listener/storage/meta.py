"""A few facts about the database itself, by name."""

from __future__ import annotations

import sqlalchemy as sa

from listener.storage.prepared import replace
from listener.storage.tables import meta

REPLACE = replace(meta)


def get_meta(connection: sa.Connection, key: str) -> str | None:
    """Return a fact; None where it was never set."""
    value: str | None = connection.execute(sa.select(meta.c.value).where(meta.c.key == key)).scalar()
    return value


def set_meta(connection: sa.Connection, key: str, value: str) -> None:
    """Set a fact."""
    REPLACE.run(connection, {"key": key, "value": value})
