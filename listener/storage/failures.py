"""Converts database driver exceptions into StorageErrors that an operator can act on."""

from __future__ import annotations

import sqlite3
from typing import NoReturn

import sqlalchemy as sa

from listener.errors import DatabaseBusy, DatabaseCorrupt, DatabaseFull, StorageError

#: SQLite's primary result codes, https://sqlite.org/rescode.html
SQLITE_KINDS: dict[int, tuple[type[StorageError], str]] = {
    sqlite3.SQLITE_BUSY: (DatabaseBusy, "is locked by another program; try again, or look who has it open"),
    sqlite3.SQLITE_LOCKED: (DatabaseBusy, "is locked by another part of the program; try again"),
    sqlite3.SQLITE_FULL: (DatabaseFull, "can't grow: no space is left on its disk; make room, nothing is lost"),
    sqlite3.SQLITE_CORRUPT: (DatabaseCorrupt, "is damaged; restore a backup, or try `sqlite3 FILE .recover`"),
    sqlite3.SQLITE_NOTADB: (DatabaseCorrupt, "is no SQLite database"),
    sqlite3.SQLITE_CANTOPEN: (StorageError, "can't be opened; does its folder exist, and may this user write there?"),
    sqlite3.SQLITE_READONLY: (StorageError, "can't be written; may this user write the file and its folder?"),
    sqlite3.SQLITE_PERM: (StorageError, "can't be opened; may this user read and write it?"),
    sqlite3.SQLITE_IOERR: (StorageError, "can't be read or written: its disk reports an error or a limit"),
}
#: SQLSTATE, whole or its class of two characters, https://www.postgresql.org/docs/current/errcodes-appendix.html
POSTGRESQL_KINDS: dict[str, tuple[type[StorageError], str]] = {
    "53100": (DatabaseFull, "can't grow: no space is left on the server's disk; make room, nothing is lost"),
    "55P03": (DatabaseBusy, "is locked by another program; try again"),
    "57014": (DatabaseBusy, "took too long to answer; try again"),
    "40": (DatabaseBusy, "was changed by another program at the same time; try again"),
    "XX": (DatabaseCorrupt, "is damaged; restore a backup"),
    "28": (StorageError, "refuses this user or password"),
    "3D": (StorageError, "does not exist; create it with `createdb`"),
    "42501": (StorageError, "may not be changed by this user"),
}
#: What a lost or refused connection looks like has no SQLSTATE or one of these classes.
UNREACHABLE = "can't be reached; is the server running, and is the URL right?"


def failure_of(error: BaseException, where: str) -> StorageError | None:
    """Return the typed error for what a driver raised; None for what is a bug and should fly.

    `where` names the database without its password.
    """
    if isinstance(error, sqlite3.Error):
        return _of_sqlite(error, where)
    state = getattr(error, "sqlstate", None)
    if state is not None:
        kind = POSTGRESQL_KINDS.get(state) or POSTGRESQL_KINDS.get(state[:2])
        if kind is not None:
            return kind[0](f"the database {where} {kind[1]} ({first_line(error)})")
        if state[:2] in ("08", "57"):
            return StorageError(f"the database {where} {UNREACHABLE} ({first_line(error)})")
    elif type(error).__name__ == "OperationalError":
        return StorageError(f"the database {where} {UNREACHABLE} ({first_line(error)})")
    return None


def _of_sqlite(error: sqlite3.Error, where: str) -> StorageError | None:
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return None
    kind = SQLITE_KINDS.get(code & 0xFF)
    return None if kind is None else kind[0](f"the database {where} {kind[1]} ({error})")


def first_line(error: BaseException) -> str:
    """Return what an error says first, without the hints that a server adds."""
    return str(error).strip().partition("\n")[0]


def raise_failures_typed(engine: sa.Engine, where: str) -> None:
    """Make an engine raise StorageErrors, with the driver's error as their cause."""

    def handle(context: sa.ExceptionContext) -> None:
        failure = failure_of(context.original_exception, where)
        if failure is not None:
            _raise(failure, context.original_exception)

    sa.event.listen(engine, "handle_error", handle)


def _raise(failure: StorageError, cause: BaseException) -> NoReturn:
    raise failure from cause
