"""Migrates a database to the current version in one transaction, or refuses it.

Alembic costs 0.1 to 0.3 s to import and as much to go through the steps, so that a new database is made as it stands
today, in 0.03 s, and only an older one goes through them; a test compares the two.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from listener.errors import DatabaseNewer, StorageError
from listener.storage.engine import APPLICATION_ID, WRITING

if TYPE_CHECKING:
    from alembic.config import Config

#: Alembic's own table, as it makes it.
_VERSION = sa.Table(
    "alembic_version",
    sa.MetaData(),
    sa.Column("version_num", sa.String(32), nullable=False),
    sa.PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)
#: The newest step in `migrations/versions`; a test compares.
HEAD = "v0007"


def migrate(engine: sa.Engine, name: str) -> None:
    """Bring a database to `HEAD`; a new one gets its tables.

    Raises DatabaseNewer for one that a newer program wrote, StorageError for one that isn't listener's.
    """
    with engine.connect() as connection:
        if version_of(connection, name) == HEAD:
            return
    with engine.connect().execution_options(**WRITING) as connection, connection.begin():
        # Another process may have done it while this one waited for the lock.
        version = version_of(connection, name)
        if version is None:
            _create(connection)
        elif version != HEAD:
            upgrade(connection, version, name)


def version_of(connection: sa.Connection, name: str) -> str | None:
    """Return the step a database stands at; None for an empty one. Raises StorageError for another program's."""
    tables = sa.inspect(connection).get_table_names()
    if "alembic_version" in tables and ("sources" in tables or len(tables) == 1):
        version: str | None = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
        return version
    if tables and not (connection.dialect.name == "postgresql" and "sources" not in tables):
        raise StorageError(f"the database {name} belongs to another program; give listener one of its own")
    return None


def config_of(connection: sa.Connection | None = None) -> Config:
    """Return Alembic's configuration, which other programs read from an ini file."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _create(connection: sa.Connection) -> None:
    """Make all tables and views in an empty database, and note where it stands as Alembic does."""
    from listener.storage.tables import METADATA
    from listener.storage.views import VIEWS, create_view

    METADATA.create_all(connection, checkfirst=False)
    for view in VIEWS:
        connection.exec_driver_sql(create_view(view))
    _VERSION.create(connection, checkfirst=False)
    connection.execute(_VERSION.insert().values(version_num=HEAD))
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")


def upgrade(connection: sa.Connection, version: str | None, name: str) -> None:
    """Bring a database from the step `version`, None before the first, to `HEAD`. Raises DatabaseNewer."""
    from alembic import command
    from alembic.script import ScriptDirectory

    config = config_of(connection)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if version is not None and version not in known:
        raise DatabaseNewer(
            f"the database {name} was written by a newer version of listener (its schema is {version}, "
            f"the newest known here is {HEAD}); upgrade listener, or restore an older backup"
        )
    command.upgrade(config, "head")
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
