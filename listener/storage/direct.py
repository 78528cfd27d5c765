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


def begin(connection: sa.Connection) -> None:
    """Begin a transaction that will write. Raises StorageError."""
    if is_direct(connection):
        execute(connection, "BEGIN IMMEDIATE")
    else:
        connection.begin()


def in_transaction(connection: sa.Connection) -> bool:
    """Return whether SQLite's driver has begun a transaction, whoever told it to."""
    return _driver(connection).in_transaction


def commit(connection: sa.Connection) -> None:
    """End the transaction that `begin` began, with all that it wrote. Raises StorageError."""
    # Where SQLAlchemy ran a statement itself, it thinks that it began the transaction.
    if not is_direct(connection) or connection.in_transaction():
        connection.commit()
        return
    try:
        _driver(connection).commit()
    except sqlite3.Error as error:
        raise _typed(error, connection) from error


def rollback(connection: sa.Connection) -> None:
    """End the transaction that `begin` began, if it did, with nothing of what it wrote."""
    connection.rollback()
    if is_direct(connection):
        _driver(connection).rollback()


def _driver(connection: sa.Connection) -> sqlite3.Connection:
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver


def _typed(error: sqlite3.Error, connection: sa.Connection) -> Exception:
    return failure_of(error, str(connection.engine.url.database)) or error
