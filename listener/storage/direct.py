"""SQL handed to SQLite's driver with nothing between: the statements of the write path.

SQLAlchemy takes 30 µs to pass a finished statement on, and more to hand out its rows, twice as long as SQLite takes to
run it. Errors are typed as the engine types them. What is written is written inside of a transaction of the connection.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import sqlalchemy as sa

from listener.storage.failures import failure_of

#: By name, or by position.
Values: TypeAlias = Mapping[str, Any] | Sequence[Any]


def is_direct(connection: sa.Connection) -> bool:
    """Return whether a connection's driver is SQLite's."""
    return connection.dialect.name == "sqlite"


def execute(connection: sa.Connection, sql: str, values: Values | None = None) -> int:
    """Run a statement with one set of values, and return how many rows it changed. Raises StorageError."""
    try:
        cursor = _driver(connection).execute(sql, values or ())
    except sqlite3.Error as error:
        raise _typed(error, connection) from error
    changed = cursor.rowcount
    cursor.close()
    return changed


def execute_many(connection: sa.Connection, sql: str, rows: Iterable[Values]) -> None:
    """Run a statement for each of some sets of values. Raises StorageError."""
    try:
        _driver(connection).executemany(sql, rows).close()
    except sqlite3.Error as error:
        raise _typed(error, connection) from error


def fetch(connection: sa.Connection, sql: str, values: Values) -> list[tuple[Any, ...]]:
    """Run a statement and return all its rows. Raises StorageError."""
    try:
        return _driver(connection).execute(sql, values).fetchall()
    except sqlite3.Error as error:
        raise _typed(error, connection) from error


def _driver(connection: sa.Connection) -> sqlite3.Connection:
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver


def _typed(error: sqlite3.Error, connection: sa.Connection) -> Exception:
    return failure_of(error, str(connection.engine.url.database)) or error
