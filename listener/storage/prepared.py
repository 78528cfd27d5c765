"""Statements of the write path, turned into SQL once.

Executing a Core statement costs about 75 µs even when its SQL is cached, the same SQL handed to the driver 30 µs, and a
poll without news is two statements. Values must already be what the driver takes; `listener.storage.values` does that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

Row: TypeAlias = Mapping[str, Any]


class InsertMaker(Protocol):
    """The dialect's own `insert`; both call `on_conflict_do_update` and `on_conflict_do_nothing` by the same names."""

    def __call__(self, table: sa.Table) -> Any:
        """Return an INSERT into a table."""
        ...


INSERTS: Mapping[str, InsertMaker] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


class Prepared:
    """A statement, compiled for each dialect when it is first run there."""

    def __init__(self, build: Callable[[InsertMaker], Any]) -> None:
        self._build = build
        self._compiled: dict[str, tuple[str, Row]] = {}

    def run(self, connection: sa.Connection, values: Row | Sequence[Row]) -> sa.CursorResult[Any]:
        """Execute with one row of values, or for each of many (none at all is a mistake)."""
        name = connection.dialect.name
        compiled = self._compiled.get(name)
        if compiled is None:
            compiled = self._compiled[name] = self._compile(name)
        sql, constants = compiled
        if constants:
            if isinstance(values, Mapping):
                values = {**constants, **values}
            else:
                values = [{**constants, **row} for row in values]
        return connection.exec_driver_sql(sql, values)

    def _compile(self, name: str) -> tuple[str, Row]:
        """Return the SQL for a dialect, and the constants that stand in it as parameters."""
        # A dialect of its own: named parameters, where SQLite's would be positional by default.
        dialect = sqlite.dialect(paramstyle="named") if name == "sqlite" else postgresql.psycopg.dialect()  # type: ignore[no-untyped-call]
        compiled = self._build(INSERTS[name]).compile(dialect=dialect)
        return str(compiled), {key: value for key, value in compiled.params.items() if value is not None}


def insert(table: sa.Table) -> Prepared:
    """Return an INSERT of all columns."""
    return Prepared(lambda into: into(table).values({column.name: sa.bindparam(column.name) for column in table.c}))


def insert_new(table: sa.Table) -> Prepared:
    """Return an INSERT of all columns that leaves a row with the same key alone."""
    return Prepared(
        lambda into: (
            into(table)
            .values({column.name: sa.bindparam(column.name) for column in table.c})
            .on_conflict_do_nothing(index_elements=list(table.primary_key))
        )
    )


def replace(table: sa.Table) -> Prepared:
    """Return an INSERT of all columns that overwrites the row with the same key."""

    def build(into: InsertMaker) -> Any:
        statement = into(table).values({column.name: sa.bindparam(column.name) for column in table.c})
        others = {c.name: statement.excluded[c.name] for c in table.c if not c.primary_key}
        return statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=others)

    return Prepared(build)


def add(table: sa.Table, sums: Sequence[str]) -> Prepared:
    """Return an INSERT of all columns that adds the columns in `sums` to the row with the same key."""

    def build(into: InsertMaker) -> Any:
        statement = into(table).values({column.name: sa.bindparam(column.name) for column in table.c})
        added = {name: table.c[name] + statement.excluded[name] for name in sums}
        return statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=added)

    return Prepared(build)
