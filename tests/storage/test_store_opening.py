"""Opening a database: made, migrated, refused; and what happens when the disk or another program is in the way."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from listener.errors import (
    DatabaseBusy,
    DatabaseCorrupt,
    DatabaseFull,
    DatabaseInUse,
    DatabaseNewer,
    StorageError,
)
from listener.storage import NewItem, Store
from listener.storage.engine import WRITING, engine_of, name_of, url_of
from listener.storage.migrate import HEAD, config_of, upgrade, version_of
from listener.storage.tables import METADATA
from listener.types import Item
from tests.storage.stored_samples import NOW, add_mention, emptied, new_item, with_sources

OpenStore = Callable[..., Store]


def schema_of(engine: sa.Engine) -> dict[str, object]:
    """Return tables with columns, keys and indexes, and views with columns, as the database tells them."""
    seen: dict[str, object] = {}
    inspector = sa.inspect(engine)
    for table in sorted(set(inspector.get_table_names()) - {"alembic_version"}):
        columns = [(c["name"], repr(c["type"]), c["nullable"]) for c in inspector.get_columns(table)]
        indexes = sorted((str(i["name"]), str(i["column_names"]), i["unique"]) for i in inspector.get_indexes(table))
        keys = sorted((str(k["constrained_columns"]), k["referred_table"]) for k in inspector.get_foreign_keys(table))
        seen[table] = (columns, inspector.get_pk_constraint(table)["constrained_columns"], indexes, keys)
    for view in sorted(inspector.get_view_names()):
        seen[view] = [(column["name"], repr(column["type"])) for column in inspector.get_columns(view)]
    return seen


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_migrated_database_equals_a_fresh_one(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, migrated_sqlite: Path
) -> None:
    fresh, migrated = migrated_sqlite, tmp_path / "migrated.db"
    if kind == "postgresql":
        fresh, migrated = request.getfixturevalue("migrated_postgresql"), request.getfixturevalue("postgresql_url")
    seen = []
    for url in (fresh, migrated):
        engine = engine_of(url_of(url))
        if url == migrated:
            with engine.connect().execution_options(**WRITING) as connection, connection.begin():
                upgrade(connection, None, name_of(engine.url))
        with engine.connect() as connection:
            version = connection.exec_driver_sql("SELECT version_num FROM alembic_version").fetchall()
        seen.append((schema_of(engine), [tuple(row) for row in version]))
        engine.dispose()
    assert seen[0] == seen[1]
    assert seen[0][1] == [(HEAD,)]


def test_the_database_of_an_older_version_is_brought_to_todays(tmp_path: Path, open_store: OpenStore) -> None:
    path = tmp_path / "listener.db"
    engine = engine_of(url_of(path))
    with engine.connect().execution_options(**WRITING) as connection, connection.begin():
        command.upgrade(config_of(connection), "v0002")
        connection.exec_driver_sql("INSERT INTO meta VALUES ('kept', 'yes')")
        connection.exec_driver_sql(
            "INSERT INTO alerts VALUES (1, 'k', 'angry', 'mention', 'acme', NULL, '2026-11-01T00:00:00.000000Z',"
            " 'Acme broke', '', NULL, 'bad', '[]', '', '[\"mail\"]', 'now')"
        )
        connection.exec_driver_sql(
            "INSERT INTO deliveries VALUES (1, 1, 'mail', 'pending', 2, '2026-11-01T00:00:00.000000Z', 'busy', NULL, 1)"
        )
    store = open_store(path)
    assert store.find_meta("kept") == "yes"
    (waiting,) = store.deliveries()
    assert (waiting.alert.weight, waiting.attempts, waiting.delivered_to) == (0.0, 2, ())
    with engine.connect() as connection:
        assert version_of(connection, str(path)) == HEAD
    engine.dispose()


def test_alembic_finds_nothing_to_migrate(database: str, open_store: OpenStore) -> None:
    open_store(database)
    engine = engine_of(url_of(database))
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
    engine.dispose()


def test_an_empty_server_database_is_made_ready(postgresql_url: str, open_store: OpenStore) -> None:
    store = open_store(postgresql_url)
    with_sources(store, "blog")
    assert add_mention(store, 1) == 1


def test_head_is_the_newest_step() -> None:
    assert ScriptDirectory.from_config(config_of()).get_heads() == [HEAD]


def test_opening_again_changes_nothing(tmp_path: Path, open_store: OpenStore) -> None:
    path = tmp_path / "listener.db"
    open_store(path).close()
    before = path.read_bytes()
    open_store(str(path)).close()
    open_store(f"sqlite:///{path}").close()
    assert path.read_bytes() == before


def test_many_may_open_a_new_database_at_once(tmp_path: Path) -> None:
    failures: list[BaseException] = []

    def open_one() -> None:
        try:
            Store.open(tmp_path / "listener.db", now=NOW).close()
        except StorageError as error:
            failures.append(error)

    threads = [threading.Thread(target=open_one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_newer_database_is_refused(database: str, open_store: OpenStore) -> None:
    store = open_store(database)
    with store.write() as transaction:
        transaction._connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'v9999'")
    try:
        with pytest.raises(DatabaseNewer, match=r"v9999.*upgrade listener"):
            Store.open(database, now=NOW)
    finally:
        with store.write() as transaction:
            transaction._connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{HEAD}'")


def test_the_database_of_another_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE sources (id)")
    with pytest.raises(StorageError, match="another program"):
        Store.open(path, now=NOW)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (1,)


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("This is no database. " * 100)
    with pytest.raises(DatabaseCorrupt, match="no SQLite database"):
        Store.open(path, now=NOW)
    assert path.read_text().startswith("This is no database. ")


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="does its folder exist"):
        Store.open(tmp_path / "nowhere" / "listener.db", now=NOW)


@pytest.mark.parametrize("url", ["mysql://localhost/x", "post gres://", "://"])
def test_a_url_of_something_else_is_refused(url: str) -> None:
    with pytest.raises(StorageError, match=r"postgresql://\.\.\."):
        Store.open(url, now=NOW)


def test_a_server_that_is_not_there_is_told_without_the_password() -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(StorageError, match="can't be reached") as raised:
        Store.open("postgresql://ann:geheim@127.0.0.1:9/x", now=NOW)
    assert "geheim" not in str(raised.value)
    assert "geheim" not in name_of(url_of("postgresql://ann:geheim@127.0.0.1/x"))


def test_a_damaged_file_is_found_by_a_check(sqlite_store: Store, tmp_path: Path, open_store: OpenStore) -> None:
    with_sources(sqlite_store, "blog")
    for number in range(300):
        add_mention(sqlite_store, number)
    assert sqlite_store.check(full=True) == []
    sqlite_store.close()
    path = tmp_path / "listener.db"
    with closing(sqlite3.connect(path)) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'mentions'").fetchone()
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xff" * 4096)
    damaged = open_store(path)
    assert damaged.check() != []
    with pytest.raises(DatabaseCorrupt, match="restore a backup"):
        list(damaged.iter_mentions())


def test_trends_that_disagree_are_found_by_a_full_check(store: Store) -> None:
    with_sources(store, "blog")
    add_mention(store, 1)
    with store.write() as transaction:
        transaction._connection.exec_driver_sql("UPDATE trends SET negative = 7")
    assert store.check() == []
    assert len(store.check(full=True)) == 2


def test_a_database_that_is_full_keeps_what_it_had_and_goes_on_when_there_is_room(sqlite_store: Store) -> None:
    with_sources(sqlite_store, "blog")
    add_mention(sqlite_store, 1)
    writer = sqlite_store._writer
    pages = writer.exec_driver_sql("PRAGMA page_count").scalar()
    writer.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    writer.rollback()
    large = [NewItem(item=Item(text="x" * 100_000), keys=(str(number),)) for number in range(20)]
    with pytest.raises(DatabaseFull, match="no space is left"), sqlite_store.write() as transaction:
        transaction.add_items("blog", large, NOW)
    assert sqlite_store.counts().items == 1
    writer.exec_driver_sql("PRAGMA max_page_count = 1000000")
    writer.rollback()
    with sqlite_store.write() as transaction:
        assert len(transaction.add_items("blog", large, NOW)) == 20
    assert sqlite_store.check(full=True) == []


FILL = """
import resource, sys
from datetime import UTC, datetime
from listener.errors import StorageError
from listener.storage import NewItem, Store
from listener.types import Item
from tests.storage.stored_samples import with_sources

now = datetime(2026, 1, 1, tzinfo=UTC)
store = Store.open(sys.argv[1], now=now)
with_sources(store, "blog")
resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))
stored = 0
try:
    while True:
        with store.write() as transaction:
            transaction.add_items("blog", [NewItem(item=Item(text="x" * 100_000), keys=(str(stored),))], now)
        stored += 1
except StorageError as error:
    print(stored, type(error).__name__, error)
"""


def test_a_file_that_may_not_grow_loses_nothing_that_was_stored(tmp_path: Path, open_store: OpenStore) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FILL, str(tmp_path / "listener.db")], capture_output=True, text=True, check=True
    )
    stored, kind, message = done.stdout.strip().split(" ", 2)
    assert kind in ("StorageError", "DatabaseFull")
    assert "disk" in message
    assert int(stored) > 5
    store = open_store(tmp_path / "listener.db")
    assert store.counts().items == int(stored)
    assert store.check(full=True) == []


def test_a_database_that_another_program_keeps_locked_is_told(sqlite_store: Store, tmp_path: Path) -> None:
    with_sources(sqlite_store, "blog")
    sqlite_store._writer.exec_driver_sql("PRAGMA busy_timeout = 20")
    sqlite_store._writer.rollback()
    with closing(sqlite3.connect(tmp_path / "listener.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseBusy, match="locked by another program"):
            add_mention(sqlite_store, 1)
        # Readers don't mind.
        assert sqlite_store.counts().mentions == 0
        other.execute("ROLLBACK")
    assert add_mention(sqlite_store, 1) == 1


def connections_to(path: Path) -> int:
    """Return how many times this process has a file open."""
    found = 0
    for link in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # the one of this very look
            found += link.readlink() == path
    return found


def test_a_connection_in_use_is_closed_when_it_is_given_back_to_a_closed_store(
    sqlite_store: Store, tmp_path: Path
) -> None:
    with_sources(sqlite_store, "blog")
    add_mention(sqlite_store, 1)
    mentions = sqlite_store.iter_mentions()
    next(mentions)
    sqlite_store.close()
    assert connections_to(tmp_path / "listener.db") > 0
    assert list(mentions) == []
    assert connections_to(tmp_path / "listener.db") == 0


def test_reading_goes_on_while_a_transaction_is_open(store: Store) -> None:
    with_sources(store, "blog")
    with store.write() as transaction:
        transaction.add_items("blog", [new_item(1)], NOW)
        assert store.counts().items == 0
        assert store.find_known("blog", ["guid:1"]) == {}
    assert store.counts().items == 1


def test_writers_of_many_threads_take_turns(store: Store) -> None:
    with_sources(store, "blog")

    def write(worker: int) -> None:
        for number in range(10):
            add_mention(store, worker * 100 + number)

    threads = [threading.Thread(target=write, args=(worker,)) for worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.counts().mentions == 40
    assert [row.mentions for row in store.iter_trends()] == [40]


def test_a_transaction_inside_a_transaction_is_a_mistake(store: Store) -> None:
    with store.write(), pytest.raises(RuntimeError, match="open in this thread"), store.write():
        pass


def test_a_server_that_drops_the_connection_is_told_and_met_again(
    migrated_postgresql: str, open_store: OpenStore
) -> None:
    store = open_store(emptied(migrated_postgresql))
    with_sources(store, "blog")
    other = sa.create_engine(url_of(migrated_postgresql), isolation_level="AUTOCOMMIT")
    with other.connect() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    other.dispose()
    with pytest.raises(StorageError, match="can't be reached"):
        add_mention(store, 1)
    assert add_mention(store, 1) == 1


def test_two_stores_on_one_database_hand_out_different_ids(database: str, open_store: OpenStore) -> None:
    one, other = open_store(database), open_store(database)
    with_sources(one, "blog")
    ids = [add_mention((one, other)[number % 2], number) for number in range(6)]
    assert ids == [1, 2, 3, 4, 5, 6]


def test_a_second_daemon_is_refused_with_the_process_of_the_first(database: str, open_store: OpenStore) -> None:
    first, second = open_store(database), open_store(database)
    with first.hold():
        with pytest.raises(DatabaseInUse, match=f"process {os.getpid()}") as raised, second.hold():
            pass
        assert raised.value.pid == os.getpid()
    with second.hold():
        pass


HOLD_AND_WRITE = """
import sys
from datetime import UTC, datetime
from listener.storage import Store
from tests.storage.stored_samples import add_mention, with_sources

store = Store.open(sys.argv[1], now=datetime(2026, 1, 1, tzinfo=UTC))
with store.hold():
    with_sources(store, "blog")
    number = 0
    while True:
        number += 1
        add_mention(store, number)
        print(number, flush=True)
"""


def test_a_killed_daemon_leaves_a_sound_database_that_nobody_holds(database: str, open_store: OpenStore) -> None:
    command = [sys.executable, "-c", HOLD_AND_WRITE, database]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as daemon:
        assert daemon.stdout is not None
        written = [int(daemon.stdout.readline()) for _ in range(20)]
        store = open_store(database)
        with pytest.raises(DatabaseInUse) as raised, store.hold():
            pass
        assert raised.value.pid == daemon.pid
        daemon.send_signal(signal.SIGKILL)
        written += [int(line) for line in daemon.stdout]
    assert store.counts().mentions in (len(written), len(written) + 1)
    assert store.verify_trends() == []
    assert store.check(full=True) == []
    if store._engine.dialect.name == "sqlite":
        with store.hold():
            assert store.counts().items == store.counts().mentions
