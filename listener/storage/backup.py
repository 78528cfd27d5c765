"""Copies a SQLite database in use into one file, which appears only when complete."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from listener.errors import DatabaseCorrupt, StorageError
from listener.storage.failures import failure_of


def backup_file(database: Path, target: Path) -> None:
    """Copy `database` to `target` by SQLite's online backup, checked, under a temporary name until it is whole.

    The copy is of one moment; the writer isn't held up, as its changes wait in the WAL. Raises StorageError.
    """
    if target.exists() and target.samefile(database):
        raise StorageError(f"{target} is the database itself; name another file")
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        # Made first, so that the copy of a database that others may not read can't be read by them either.
        os.close(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, database.stat().st_mode & 0o777))
        _copy(database, partial)
        with partial.open("rb") as copied:
            os.fsync(copied.fileno())
        partial.replace(target)
        _sync_folder(target.parent)
    except OSError as error:
        raise StorageError(f"can't write the backup {target}: {error.strerror}") from error
    except sqlite3.Error as error:
        raise failure_of(error, f"{database} or its backup {target}") or error from error
    finally:
        partial.unlink(missing_ok=True)


def _copy(database: Path, partial: Path) -> None:
    source = sqlite3.connect(database, isolation_level=None)
    copy = sqlite3.connect(partial, isolation_level=None)
    with closing(source), closing(copy):
        # All pages in one step: in smaller ones each write of the daemon would make it begin anew.
        source.backup(copy, pages=-1)
        # One file, without a WAL beside it.
        copy.execute("PRAGMA journal_mode = DELETE").close()
        problem = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
    if problem != "ok":
        raise DatabaseCorrupt(f"the copy of {database} is damaged ({problem}), so the database is, too")


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
