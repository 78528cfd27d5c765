"""One daemon per database: a lock held by its process and released by the system when the process ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from listener.errors import DatabaseInUse, StorageError
from listener.storage.engine import DAEMON_LOCK

HOLDER = sa.text(
    "SELECT a.application_name, a.client_addr FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid"
    " WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1"
    " AND (l.classid::bigint << 32 | l.objid::bigint) = :lock"
)


@contextmanager
def hold_file(database: Path) -> Iterator[None]:
    """Hold the lock of a SQLite file, which lies beside it. Raises DatabaseInUse with the holder's process id."""
    path = Path(f"{database}.lock")
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
    except OSError as error:
        raise StorageError(f"can't make the lock file {path}: {error.strerror}") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip()
            pid = int(holder) if holder.isdecimal() else None
            raise in_use(str(database), pid) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        # The file stays: removing it would let two processes lock two files of one name.
        os.close(descriptor)


@contextmanager
def hold_server(engine: sa.Engine, name: str) -> Iterator[None]:
    """Hold an advisory lock on PostgreSQL for as long as a connection of its own lives. Raises DatabaseInUse."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not connection.execute(sa.select(sa.func.pg_try_advisory_lock(DAEMON_LOCK))).scalar():
            holder = connection.execute(HOLDER, {"lock": DAEMON_LOCK}).scalar() or ""
            number = holder.rpartition(" ")[2]
            raise in_use(name, int(number) if number.isdecimal() else None)
        try:
            yield
        finally:
            connection.execute(sa.select(sa.func.pg_advisory_unlock(DAEMON_LOCK)))


def in_use(name: str, pid: int | None) -> DatabaseInUse:
    """Return the error that names who holds the database."""
    who = "another listener" if pid is None else f"another listener, process {pid},"
    return DatabaseInUse(f"{who} is running on the database {name}; stop it first, or use another database", pid=pid)
