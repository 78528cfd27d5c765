"""SQL handed to SQLite's driver with nothing between: the few statements that every poll makes.

SQLAlchemy takes 30 µs to pass a finished statement on, twice as long as SQLite takes to run it. Errors are typed as the
engine types them. Only inside of a transaction of the connection, and never for what returns rows to others.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from listener.storage.failures import failure_of


def is_direct(connection: sa.Connection) -> bool:
    """Return whether a connection's driver is SQLite's."""
    return connection.dialect.name == "sqlite"


def execute(connection: sa.Connection, sql: str, values: Mapping[str, Any] | None = None) -> int:
    """Run a statement with values by name, and return how many rows it changed. Raises StorageError."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    try:
        cursor = driver.execute(sql, values or {})
    except sqlite3.Error as error:
        raise failure_of(error, str(connection.engine.url.database)) or error from error
    changed = cursor.rowcount
    cursor.close()
    return changed
