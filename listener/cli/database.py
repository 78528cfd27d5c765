"""Opens the database of a command: the one in the settings, or another named on the command line."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from listener.config import Settings, load
from listener.storage import Store

F = TypeVar("F", bound=Callable[..., Any])


def database_option(function: F) -> F:
    """Give a command the option `--database`."""
    return click.option(
        "--database",
        metavar="FILE|URL",
        help="Use this database instead of the one in the settings; no settings file is needed.",
    )(function)


def find_settings(path: Path, database: str | None) -> Settings | None:
    """Read the settings; None where there is no file and none is needed, as the database was named."""
    if database is not None and not path.exists():
        return None
    return load(path, environ=os.environ, need_secrets=False)


@contextmanager
def opened(settings: Settings | None, database: str | None) -> Iterator[Store]:
    """Open a database that is there already, and close it."""
    assert settings is not None or database is not None
    where = database if database is not None else settings.database if settings is not None else ""
    store = Store.open(where, now=datetime.now(UTC), must_exist=True)
    try:
        yield store
    finally:
        store.close()
