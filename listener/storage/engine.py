"""Opening a database: connections that are set up alike, and transactions that begin the way one writer needs.

SQLite: WAL, so that readers and the writer don't wait for each other; foreign keys; `BEGIN IMMEDIATE` for whoever will
write, so that a lock is waited for at the start and never met in the middle. `synchronous=NORMAL` loses no transaction
to a killed process; a power cut can take the last ones but leaves the database whole, https://sqlite.org/wal.html.
PostgreSQL: an advisory lock for the length of a writing transaction stands for `BEGIN IMMEDIATE`.
"""

from __future__ import annotations

import os
import sqlite3
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from listener.errors import StorageError
from listener.storage.direct import execute, in_transaction
from listener.storage.failures import raise_failures_typed

BUSY_TIMEOUT = timedelta(seconds=10)
#: Upserts need 3.24, RETURNING 3.35 (2021).
SQLITE_AT_LEAST = (3, 35, 0)
#: In the header of our files, so that another program's database isn't taken for one: "LSTN".
APPLICATION_ID = 0x4C53544E
#: Of the lock that writing transactions take on PostgreSQL, and of the one that a daemon holds: "LSTN" and a number.
WRITE_LOCK = APPLICATION_ID << 8 | 1
DAEMON_LOCK = APPLICATION_ID << 8 | 2
#: Options of a connection: it writes; it reads more than once and wants all of it from one moment. Without either a
#: query is a transaction of its own, which saves a third of the cost of a small one.
WRITING = {"listener_begins": "writing"}
SNAPSHOT = {"listener_begins": "snapshot"}

PRAGMAS = (
    f"PRAGMA busy_timeout = {int(BUSY_TIMEOUT.total_seconds() * 1000)}",
    "PRAGMA synchronous = NORMAL",
    "PRAGMA foreign_keys = ON",
    # In KiB, of each connection: there may be as many as threads.
    "PRAGMA cache_size = -1000",
    # In pages, 16 MB: a page that many polls change is copied into the database once for all of them.
    "PRAGMA wal_autocheckpoint = 4000",
    "PRAGMA journal_size_limit = 67108864",
)
WAL_PAUSE_SECONDS = 0.01
#: The writer's: the indexes' upper pages stay in memory with millions of rows below them.
WRITER_CACHE = "PRAGMA cache_size = -8000"


def url_of(database: str | Path) -> sa.URL:
    """Return the URL of a database given as a file or a URL. Raises StorageError for a URL that can't be used."""
    if isinstance(database, Path) or "://" not in database:
        return sa.URL.create("sqlite", database=str(Path(database).expanduser()))
    try:
        url = sa.make_url(database)
    except (sa.exc.ArgumentError, ValueError) as error:
        raise StorageError("the database's URL can't be read; expected a file or postgresql://...") from error
    if url.drivername in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    if url.drivername not in ("sqlite", "postgresql+psycopg"):
        raise StorageError(
            f"{url.drivername} is not a database that listener can use; expected a file or postgresql://..."
        )
    return url


def name_of(url: sa.URL) -> str:
    """Return what to call a database in messages: the file, or the URL with its password masked."""
    return str(url.database) if url.drivername == "sqlite" else url.render_as_string(hide_password=True)


def engine_of(url: sa.URL) -> sa.Engine:
    """Make the engine: connections set up, errors typed. Connects to nothing yet."""
    if url.drivername == "sqlite":
        if sqlite3.sqlite_version_info < SQLITE_AT_LEAST:
            raise StorageError(f"SQLite {sqlite3.sqlite_version} is too old; listener needs 3.35 or newer")
        engine = sa.create_engine(url, pool_size=10, max_overflow=20, pool_use_lifo=True)
        sa.event.listen(engine, "connect", _set_up_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
    else:
        engine = _postgresql_engine(url)
        sa.event.listen(engine, "begin", _begin_postgresql)
    raise_failures_typed(engine, name_of(url))
    return engine


def _postgresql_engine(url: sa.URL) -> sa.Engine:
    wait = int(BUSY_TIMEOUT.total_seconds() * 1000)
    try:
        return sa.create_engine(
            url,
            pool_size=10,
            max_overflow=20,
            pool_pre_ping=True,
            connect_args={
                "application_name": f"listener {os.getpid()}",
                "connect_timeout": 10,
                "options": f"-c lock_timeout={wait} -c timezone=UTC -c client_encoding=UTF8",
            },
        )
    except ModuleNotFoundError as error:
        raise StorageError(
            "PostgreSQL needs the driver psycopg: install social-listener with its extra, social-listener[postgresql]"
        ) from error


def _set_up_sqlite(connection: Any, _record: object) -> None:
    # The driver's own transactions are switched off: `begin` says when one starts, and how.
    connection.isolation_level = None
    for pragma in PRAGMAS:
        connection.execute(pragma).close()
    _use_wal(connection)


def _use_wal(connection: Any) -> None:
    """Switch to a write-ahead log. Of many that open a new file one does; SQLite lets the others wait by themselves."""
    give_up = time.monotonic() + BUSY_TIMEOUT.total_seconds()
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL").close()
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > give_up:
                raise
            time.sleep(WAL_PAUSE_SECONDS)


def close_all(engine: sa.Engine) -> None:
    """Close all connections; one that a thread still uses is closed when the thread gives it back."""
    sa.event.listen(engine, "checkin", _close_late)
    engine.dispose()


def _close_late(_connection: object, entry: sa.pool.ConnectionPoolEntry) -> None:
    entry.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    begins = connection.get_execution_options().get("listener_begins")
    # The store begins its writing transactions itself; SQLAlchemy, which runs some statements in them, doesn't know.
    if begins is not None and not in_transaction(connection):
        execute(connection, "BEGIN IMMEDIATE" if begins == "writing" else "BEGIN")


def _begin_postgresql(connection: sa.Connection) -> None:
    if connection.get_execution_options().get("listener_begins") == "writing":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITE_LOCK})")
