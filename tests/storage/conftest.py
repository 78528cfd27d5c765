"""Databases to test on: a SQLite file each, and a PostgreSQL schema each where a server can be had."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from listener.storage import Store
from listener.storage.engine import url_of
from tests.storage.stored_samples import NOW, emptied


def server_programs() -> Path | None:
    """Return the folder that holds initdb and postgres, from a package or the system; None where there is none."""
    folders = [Path(sys.prefix) / "lib"]
    found = [path.parent for folder in folders for path in folder.glob("python3*/site-packages/*/pginstall/bin/initdb")]
    found += sorted((path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")), reverse=True)
    on_path = shutil.which("initdb")
    return found[0] if found else None if on_path is None else Path(on_path).resolve().parent


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[sa.URL]:
    """Give the URL of a server: the one in LISTENER_TEST_POSTGRESQL, or one started for this run on a socket."""
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    given = os.environ.get("LISTENER_TEST_POSTGRESQL")
    if given:
        yield url_of(given)
        return
    programs = server_programs()
    if programs is None:
        pytest.skip("no PostgreSQL: set LISTENER_TEST_POSTGRESQL to a server's URL, or install postgresql")
    # PostgreSQL refuses to run as root.
    user = "nobody" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="listener-pg-", dir="/tmp"))
    if user is not None:
        shutil.chown(folder, user)
    data = folder / "data"

    def run(*command: str) -> None:
        subprocess.run(command, check=True, user=user, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    run(str(programs / "initdb"), "-D", str(data), "-U", "listener", "--auth=trust", "--encoding=UTF8", "--no-sync")
    options = f"-k {folder} -c listen_addresses= -c fsync=off -c max_connections=50"
    try:
        run(str(programs / "pg_ctl"), "-D", str(data), "-w", "-l", str(folder / "log"), "-o", options, "start")
        yield sa.URL.create("postgresql+psycopg", username="listener", database="postgres", query={"host": str(folder)})
    finally:
        run(str(programs / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgresql_url(postgresql_server: sa.URL, tmp_path: Path) -> Iterator[str]:
    """Give the URL of an empty database."""
    name = f"listener_{os.getpid()}_{abs(hash(tmp_path)) % 10**9}"
    engine = sa.create_engine(postgresql_server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    yield postgresql_server.set(database=name).render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    engine.dispose()


@pytest.fixture(scope="session")
def migrated_postgresql(postgresql_server: sa.URL) -> str:
    """Give the URL of a database with empty tables, which `database` empties again before each test."""
    engine = sa.create_engine(postgresql_server, isolation_level="AUTOCOMMIT")
    name = f"listener_{os.getpid()}"
    with engine.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    url = postgresql_server.set(database=name).render_as_string(hide_password=False)
    Store.open(url, now=NOW).close()
    return url


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a file with empty tables, for tests to copy: making them costs 0.2 s."""
    path = tmp_path_factory.mktemp("migrated") / "listener.db"
    Store.open(path, now=NOW).close()
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, migrated_sqlite: Path, tmp_path: Path) -> str:
    """Give an empty database of each kind."""
    if request.param == "postgresql":
        return emptied(request.getfixturevalue("migrated_postgresql"))
    return str(shutil.copy(migrated_sqlite, tmp_path / "listener.db"))


@pytest.fixture
def open_store() -> Iterator[Callable[..., Store]]:
    """Open stores that are closed after the test."""
    opened: list[Store] = []

    def open_one(url: str | Path, now: datetime = NOW) -> Store:
        opened.append(Store.open(url, now=now))
        return opened[-1]

    yield open_one
    for store in opened:
        store.close()


@pytest.fixture
def store(database: str, open_store: Callable[..., Store]) -> Store:
    """Give an empty store of each kind."""
    return open_store(database)


@pytest.fixture
def sqlite_store(migrated_sqlite: Path, tmp_path: Path, open_store: Callable[..., Store]) -> Store:
    """Give an empty store in a file."""
    return open_store(shutil.copy(migrated_sqlite, tmp_path / "listener.db"))
