"""Statements of the write path, compiled to SQL once.

Executing a Core statement costs about 75 µs even when its SQL is cached, the same SQL handed to the driver 30 µs, and a
poll without news is two statements. Values must already be what the driver takes; `listener.storage.values` does that.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain, repeat
from typing import Any, Protocol, TypeAlias, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from listener.storage.direct import execute, execute_many, fetch, is_direct

Row: TypeAlias = Mapping[str, Any]
#: Below the number of parameters that any SQLite takes in one statement (32,766), with plans that stay small.
CHUNK = 512
T = TypeVar("T")


class InsertMaker(Protocol):
    """The dialect's own `insert`; both call `on_conflict_do_update` and `on_conflict_do_nothing` by the same names."""

    def __call__(self, table: sa.Table) -> Any:
        """Return an INSERT into a table."""
        ...


def tools_of(name: str) -> tuple[InsertMaker, Callable[..., sa.Dialect]]:
    """Return a dialect's `insert` and the dialect itself."""
    if name == "sqlite":
        return sqlite.insert, sqlite.dialect
    # 60 ms to import, and most never need it.
    from sqlalchemy.dialects import postgresql

    return postgresql.insert, postgresql.psycopg.dialect


class Prepared:
    """A statement, compiled for each dialect when it is first run there."""

    def __init__(self, build: Callable[[InsertMaker], Any], *, positional: bool = False) -> None:
        """Take what builds the statement.

        A `positional` one is run with tuples, in the order in which its parameters stand: of an INSERT, that of the
        table's columns. Binding by name takes twice as long.
        """
        self._build = build
        self._positional = positional
        self._compiled: dict[str, tuple[str, Row]] = {}

    def run(self, connection: sa.Connection, values: Row | Sequence[Row]) -> sa.CursorResult[Any]:
        """Execute with one row of values by name, or for each of many (none at all is a mistake)."""
        sql, constants = self._sql(connection)
        if constants:
            if isinstance(values, Mapping):
                values = {**constants, **values}
            else:
                values = [{**constants, **row} for row in values]
        return connection.exec_driver_sql(sql, values)

    def write(self, connection: sa.Connection, values: Row) -> int:
        """Execute with one row of values by name what returns no rows; return how many it changed."""
        if not is_direct(connection):
            return self.run(connection, values).rowcount
        sql, constants = self._sql(connection)
        return execute(connection, sql, {**constants, **values} if constants else values)

    def write_all(self, connection: sa.Connection, rows: Sequence[Row]) -> None:
        """Execute what returns no rows for each of some rows of values by name (none at all is a mistake)."""
        if not is_direct(connection):
            self.run(connection, rows)
            return
        sql, constants = self._sql(connection)
        execute_many(connection, sql, [{**constants, **row} for row in rows] if constants else rows)

    def run_rows(self, connection: sa.Connection, rows: Sequence[tuple[Any, ...]]) -> None:
        """Execute a positional statement that returns no rows for each of some rows (none at all is a mistake)."""
        sql = self._positional_sql(connection)
        if is_direct(connection):
            execute_many(connection, sql, rows)
        else:
            connection.exec_driver_sql(sql, list(rows))

    def read(self, connection: sa.Connection, values: Row | tuple[Any, ...]) -> list[Any]:
        """Return the rows that a statement finds, as tuples: `values` by name, or by position of a positional one."""
        if isinstance(values, tuple):
            sql: str = self._positional_sql(connection)
        else:
            sql, constants = self._sql(connection)
            values = {**constants, **values} if constants else values
        if is_direct(connection):
            return fetch(connection, sql, values)
        return list(connection.exec_driver_sql(sql, values))

    def _positional_sql(self, connection: sa.Connection) -> str:
        sql, constants = self._sql(connection)
        assert self._positional, "rows of a statement with names"
        assert not constants, "a constant would take a place among the positions"
        return sql

    def _sql(self, connection: sa.Connection) -> tuple[str, Row]:
        """Return the SQL for a connection's dialect, and the constants that stand in it as parameters."""
        name = connection.dialect.name
        compiled = self._compiled.get(name)
        if compiled is None:
            compiled = self._compiled[name] = self._compile(name)
        return compiled

    def _compile(self, name: str) -> tuple[str, Row]:
        # A dialect of its own for the style of its parameters: SQLite's would be positional, psycopg's named.
        insert_into, dialect = tools_of(name)
        styles = ("qmark", "named") if name == "sqlite" else ("format", "pyformat")
        compiled = self._build(insert_into).compile(dialect=dialect(paramstyle=styles[not self._positional]))
        return str(compiled), {key: value for key, value in compiled.params.items() if value is not None}


def among(column: sa.ColumnElement[Any], count: int) -> sa.ColumnElement[bool]:
    """Return the condition that a column holds one of `count` parameters, named as `one_of` names their values."""
    return column.in_([sa.bindparam(name) for name in _names(count)])


def one_of(values: Sequence[Any], count: int) -> dict[str, Any]:
    """Return values for `among`; where there are fewer than `count`, the last is said again."""
    return dict(zip(_names(count), chain(values, repeat(values[-1])), strict=False))


@functools.cache
def _names(count: int) -> tuple[str, ...]:
    return tuple(f"one{place}" for place in range(count))


def filled(values: Sequence[Any], count: int) -> tuple[Any, ...]:
    """Return values for `among` of a positional statement; where there are fewer than `count`, the last comes again."""
    return (*values, *(values[-1],) * (count - len(values)))


def chunks(values: Sequence[T], size: int = CHUNK) -> Iterator[Sequence[T]]:
    """Yield a sequence in pieces of at most `size`."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


def size_for(count: int) -> int:
    """Return for how many values to prepare a statement, so that few different ones are: 8, 16, 32, ..."""
    return max(8, 1 << (count - 1).bit_length())


def insert(table: sa.Table, *, positional: bool = False) -> Prepared:
    """Return an INSERT of all columns."""
    return Prepared(lambda into: into(table).values(_parameters(table)), positional=positional)


def insert_new(table: sa.Table, *, positional: bool = False) -> Prepared:
    """Return an INSERT of all columns that leaves a row with the same key alone."""
    key = list(table.primary_key)
    return Prepared(
        lambda into: into(table).values(_parameters(table)).on_conflict_do_nothing(index_elements=key),
        positional=positional,
    )


def replace(table: sa.Table) -> Prepared:
    """Return an INSERT of all columns that overwrites the row with the same key."""

    def build(into: InsertMaker) -> Any:
        statement = into(table).values(_parameters(table))
        others = {c.name: statement.excluded[c.name] for c in table.c if not c.primary_key}
        return statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=others)

    return Prepared(build)


def add(table: sa.Table, sums: Sequence[str]) -> Prepared:
    """Return an INSERT of all columns that adds the columns in `sums` to the row with the same key."""

    def build(into: InsertMaker) -> Any:
        statement = into(table).values(_parameters(table))
        added = {name: table.c[name] + statement.excluded[name] for name in sums}
        return statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=added)

    return Prepared(build)


def _parameters(table: sa.Table) -> dict[str, Any]:
    return {column.name: sa.bindparam(column.name) for column in table.c}
